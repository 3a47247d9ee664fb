//! Every page with the content an attacker would choose (R-TP-01, R-TP-05, R-TR-03, R-TR-07).

use keyward::pages::hand_over_pages::{FormPostPage, HandOverPage};
use keyward::pages::{Language, Page, Pages, PagesSettings, samples};
use scraper::{Html, Selector};

const NONCE: &str = "n0nce";

fn hostile_pages() -> Vec<(&'static str, String)> {
    let pages = Pages::new(PagesSettings {
        override_folder: None,
        organisation: samples::HOSTILE.to_owned(),
        support_contact: Some(samples::HOSTILE.to_owned()),
        language: None,
    });
    let pages = pages.expect("the built-in pages are sound");
    let made = |page: &Page| (page.template(), pages.render(page, NONCE).html);
    samples::hostile().iter().map(made).collect()
}

fn count(document: &Html, selector: &str) -> usize {
    document.select(&Selector::parse(selector).expect("a selector")).count()
}

#[test]
fn r_tp_05_no_page_reflects_hostile_content_unescaped() {
    for (template, html) in hostile_pages() {
        assert!(html.len() > 1000, "{template} was made, not the last resort");
        assert!(html.contains("&lt;script&gt;alert(1)"), "{template} holds the hostile text, escaped");
        assert!(!html.contains("<script>") && !html.contains("<img"), "{template}");
        assert!(!html.contains("onerror='"), "{template}");
    }
}

#[test]
fn r_tr_03_only_our_scripts_run_and_nothing_is_styled_or_handled_inline() {
    for (template, html) in hostile_pages() {
        let document = Html::parse_document(&html);
        let all = count(&document, "script");
        assert_eq!(all, count(&document, "script[nonce=n0nce]"), "{template}: every script has the nonce");
        let forbidden =
            "[style], style, [onerror], [onload], [onclick], [onsubmit], img, object, embed, base";
        assert_eq!(count(&document, forbidden), 0, "{template}");
        let frames = count(&document, "iframe");
        let boxed = "iframe[sandbox='allow-scripts allow-same-origin'], iframe[sandbox='']";
        assert_eq!(frames, count(&document, boxed), "{template}: R-LO-08");
    }
}

#[test]
fn hostile_direction_marks_never_reach_a_sentence() {
    let pages = Pages::new(PagesSettings::default()).expect("the built-in pages are sound");
    let login = samples::hostile().into_iter().find(|page| page.template() == "journey/login.html");
    let html = pages.render(&login.expect("a login page"), NONCE).html;
    let lead = html.split("class=\"lead\">").nth(1).and_then(|rest| rest.split("</p>").next());
    let lead = lead.expect("the sentence that names the application");
    assert!(!lead.contains('\u{202E}'), "no override");
    assert!(lead.contains('\u{2068}') && lead.contains('\u{2069}'), "right-to-left letters are set apart");
}

#[test]
fn r_az_23_a_form_post_sends_values_untouched_and_only_to_a_web_address() {
    let pages = Pages::new(PagesSettings::default()).expect("the built-in pages are sound");
    let (_, html) =
        hostile_pages().into_iter().find(|(name, _)| *name == "journey/form_post.html").expect("one");
    let document = Html::parse_document(&html);
    let field = Selector::parse("#form-post input[name=state]").expect("a selector");
    let value =
        document.select(&field).next().and_then(|field| field.value().attr("value")).expect("a value");
    assert!(value.starts_with(samples::HOSTILE), "escaping is undone by the browser, nothing is lost");
    assert!(!html.contains("form_token"), "our token is not sent elsewhere");
    for target in
        ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "//evil.example", "java\tscript:x"]
    {
        let target = target.to_owned();
        let post = FormPostPage { target: target.clone(), fields: Vec::new(), application: None };
        let over = HandOverPage { target: target.clone(), application: None };
        for page in [Page::new(&Language::english(), &post), Page::new(&Language::english(), &over)] {
            let html = pages.render(&page, NONCE).html;
            assert!(!html.contains(&target) && !html.contains("<script"), "{target} is refused");
        }
    }
}

#[test]
fn r_tr_08_the_hand_over_goes_on_with_and_without_script() {
    let pages = super::built_in();
    let target = "com.example.app:/callback?code=a&state=b".to_owned();
    let page = Page::new(&Language::english(), &HandOverPage { target, application: None });
    let html = pages.render(&page, NONCE).html;
    assert!(html.contains("location.replace("));
    assert!(html.contains("<noscript><meta http-equiv=\"refresh\" content=\"0;url=com.example.app:/callback?code=a&amp;state=b\"></noscript>"));
    assert!(
        html.contains("id=\"go\" rel=\"noreferrer\" href=\"com.example.app:/callback?code=a&amp;state=b\"")
    );
}

#[test]
fn r_tr_07_no_template_or_asset_names_a_foreign_address() {
    for (path, source) in [".html", ".css", ".js", ".svg"].into_iter().flat_map(super::sources) {
        let source = source.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        assert!(!source.contains("//") || path.ends_with(".js"), "{path} names an address");
        assert!(!source.contains("http:") && !source.contains("https:"), "{path} names an address");
    }
}

#[test]
fn r_tp_01_templates_cannot_switch_escaping_off_and_every_address_is_checked() {
    for (path, source) in super::sources(".html") {
        for word in ["safe", "autoescape", "{% raw", "{% import", "{% macro"] {
            assert!(!source.contains(word), "{path} uses {word}");
        }
        for attribute in ["href=\"{{", "src=\"{{", "action=\"{{", "url={{"] {
            for value in source.split(attribute).skip(1) {
                let value = value.split("}}").next().unwrap_or_default().trim();
                assert!(
                    value.ends_with("|link") || value.contains("asset("),
                    "{path}: {value} is not checked"
                );
            }
        }
    }
}
