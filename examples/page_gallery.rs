//! Writes every page with sample content in every language into a folder, so that a person can look at them in a browser:
//! `cargo run --example page_gallery -- FOLDER [FOLDER-WITH-OWN-PAGES]`.
#![expect(clippy::print_stdout, reason = "a tool for the command line prints")]

use std::path::{Path, PathBuf};

use keyward::pages::{Pages, PagesSettings, samples};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("name the folder to write to")?;
    let pages = Pages::new(PagesSettings {
        override_folder: arguments.next(),
        organisation: "Northwind Studios".to_owned(),
        support_contact: Some("help@northwind.example, extension 4444".to_owned()),
        language: None,
    })?;
    for fault in pages.override_faults() {
        eprintln!("{fault}");
    }
    for language in pages.languages() {
        for (number, page) in samples::friendly().into_iter().enumerate() {
            let name = page.template().trim_end_matches(".html").replace('/', "-");
            let html = pages.render(&page.spoken_in(&language), "sample").html;
            let path = folder.join(language.tag()).join(format!("{number:02}-{name}.html"));
            write(&path, with_files(&pages, &folder, html)?.as_bytes())?;
            println!("{}", path.display());
        }
    }
    Ok(())
}

/// Writes the assets a page names and makes their addresses relative, so that the page opens without a server.
fn with_files(pages: &Pages, folder: &Path, html: String) -> std::io::Result<String> {
    for address in html.split('"').filter(|part| part.starts_with("/assets/")) {
        if let Some(asset) = pages.asset(address) {
            write(&folder.join(address.trim_start_matches('/')), &asset.bytes)?;
        }
    }
    Ok(html.replace("\"/assets/", "\"../assets/"))
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, bytes)
}
