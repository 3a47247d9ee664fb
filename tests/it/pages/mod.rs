//! Pages: templates, texts, assets and the override folder.

mod appearance;
mod forms;
mod hostile;
mod language;
mod mails;
mod override_folder;
mod texts;

use std::path::{Path, PathBuf};

use keyward::pages::{Page, Pages, PagesSettings, samples};

/// The built-in pages of an organisation with an ordinary name.
fn built_in() -> Pages {
    with_folder(None)
}

fn with_folder(override_folder: Option<PathBuf>) -> Pages {
    let settings = PagesSettings {
        override_folder,
        organisation: "Northwind Studios".to_owned(),
        support_contact: Some("help@northwind.example".to_owned()),
        language: None,
    };
    Pages::new(settings).expect("the pages are sound")
}

/// The first friendly sample of a template.
fn sample(template: &str) -> Page {
    let mut all = samples::friendly().into_iter();
    all.find(|page| page.template() == template).expect("every template has a sample")
}

/// The tags of the languages that `pages` speak.
fn tags(pages: &Pages) -> Vec<String> {
    pages.languages().iter().map(|language| language.tag().to_owned()).collect()
}

/// Each page in each built-in language.
fn in_every_language(pages: &[Page]) -> Vec<Page> {
    let languages = built_in().languages();
    let spoken = |language| pages.iter().map(move |page| page.clone().spoken_in(language));
    languages.iter().flat_map(spoken).collect()
}

/// All files under `templates/` with an ending, by path and content.
fn sources(ending: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut waiting = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for item in std::fs::read_dir(folder).expect("a folder") {
            let path = item.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                let name = path.strip_prefix(&root).expect("inside").to_string_lossy().into_owned();
                found.push((name, std::fs::read_to_string(&path).expect("text")));
            }
        }
    }
    assert!(!found.is_empty(), "there are files with {ending}");
    found
}
