//! Every page with the content an attacker would choose (R-TP-01, R-TP-05).

use keyward::pages::{Pages, PagesSettings, samples};

fn pages() -> Pages {
    let settings = PagesSettings {
        override_folder: None,
        organisation: samples::HOSTILE.to_owned(),
        support_contact: Some(samples::HOSTILE.to_owned()),
    };
    Pages::new(settings).expect("the built-in pages are sound")
}

#[test]
fn r_tp_05_no_page_reflects_hostile_content_unescaped() {
    let pages = pages();
    for page in samples::hostile() {
        let html = pages.render(&page, "n0nce").html;
        assert!(
            html.contains("</html>") && html.len() > 1000,
            "{} was made",
            page.template()
        );
        assert!(!html.contains("<script>alert"), "{}", page.template());
        assert!(!html.contains("<img"), "{}", page.template());
        assert!(!html.contains("onerror='"), "{}", page.template());
    }
}
