//! Weight, addresses of assets, contrast, and the honest picture of a QR code.

use std::collections::BTreeMap;

use keyward::pages::picture::QrPicture;
use keyward::pages::samples;

#[test]
fn the_sign_in_page_weighs_at_most_60_kb_in_all() {
    let pages = super::built_in();
    let heaviest = samples::friendly().into_iter().filter(|page| page.template() == "journey/login.html");
    let html =
        heaviest.map(|page| pages.render(&page, "n0nce").html).max_by_key(String::len).expect("a page");
    let addresses = html.split('"').filter(|part| part.starts_with("/assets/"));
    let assets: Vec<_> = addresses.map(|address| pages.asset(address).expect("it is served")).collect();
    assert_eq!(assets.len(), 3, "style, script and icon");
    let weight = html.len() + assets.iter().map(|asset| asset.bytes.len()).sum::<usize>();
    assert!(weight <= 60 * 1024, "{weight} bytes");
}

#[test]
fn every_asset_a_page_names_is_served_at_an_address_of_its_content() {
    let pages = super::built_in();
    for page in samples::friendly() {
        let html = pages.render(&page, "n0nce").html;
        for address in html.split('"').filter(|part| part.starts_with("/assets/")) {
            let asset = pages.asset(address).expect("it is served");
            let hash = asset.etag.trim_matches('"').to_owned();
            assert!(address.starts_with(&format!("/assets/{hash}/")) && hash.len() >= 16);
            assert_eq!(pages.asset(address.trim_start_matches("/assets/")), Some(asset));
        }
    }
    for address in ["", "/", "/assets/", "x/style.css", "../texts/en.json", "/assets/x/../../Cargo.toml"] {
        assert!(pages.asset(address).is_none(), "{address}");
    }
}

#[test]
fn colours_have_the_contrast_of_wcag_aa_in_light_and_dark() {
    let read = |path: &str| super::sources(path).remove(0).1;
    let pairs: [(&str, &str, f64); 14] = [
        ("ink", "card", 4.5),
        ("ink", "ground", 4.5),
        ("ink", "tint", 4.5),
        ("soft", "card", 4.5),
        ("soft", "ground", 4.5),
        ("soft", "glow", 4.5),
        ("soft", "tint", 4.5),
        ("brand", "card", 4.5),
        ("brand", "tint", 4.5),
        ("brand-strong", "tint", 4.5),
        ("on-brand", "brand", 4.5),
        ("bad", "bad-ground", 4.5),
        ("field-edge", "card", 3.0),
        ("focus", "card", 3.0),
    ];
    let style = read("assets/style.css");
    let themes = themes(&style);
    assert_eq!(themes.len(), 2, "light and dark");
    for (theme, (front, back, least)) in themes.iter().flat_map(|theme| pairs.map(|pair| (theme, pair))) {
        let ratio = contrast(&theme[front], &theme[back]);
        assert!(ratio >= least, "{front} on {back}: {ratio:.2}");
    }
}

fn themes(style: &str) -> Vec<BTreeMap<String, String>> {
    let blocks = style.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap_or_default());
    let line = |line: &str| {
        let (name, value) = line.trim().strip_prefix("--")?.split_once(": ")?;
        Some((name.to_owned(), value.trim_end_matches(';').to_owned()))
    };
    blocks.map(|block| block.lines().filter_map(line).collect()).collect()
}

/// WCAG 2.2, contrast ratio.
fn contrast(front: &str, back: &str) -> f64 {
    let (front, back) = (luminance(front), luminance(back));
    (front.max(back) + 0.05) / (front.min(back) + 0.05)
}

fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("a colour")) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

#[test]
fn the_qr_picture_draws_exactly_the_dark_modules_with_a_quiet_zone() {
    let text = "otpauth://totp/Example:ann?secret=JBSWY3DPEHPK3PXP&issuer=Example";
    let picture = QrPicture::of(text).expect("it fits");
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).expect("it fits");
    assert_eq!(picture.size, code.width() + 8);
    let mut drawn = vec![vec![false; picture.size]; picture.size];
    for run in picture.path.split('M').skip(1) {
        let (place, rest) = run.split_once('h').expect("a run");
        let (column, row) = place.split_once(' ').expect("a place");
        let (column, row): (usize, usize) = (column.parse().expect("one"), row.parse().expect("one"));
        let length: usize = rest.split('v').next().and_then(|text| text.parse().ok()).expect("a length");
        drawn[row][column..column + length].fill(true);
    }
    for (row, column) in (0..picture.size).flat_map(|row| (0..picture.size).map(move |column| (row, column)))
    {
        let inside = (4..picture.size - 4).contains(&row) && (4..picture.size - 4).contains(&column);
        let dark = inside && code[(column - 4, row - 4)] == qrcode::Color::Dark;
        assert_eq!(drawn[row][column], dark, "row {row}, column {column}");
    }
    assert!(QrPicture::of(&"x".repeat(5000)).is_none(), "too long for a code");
}
