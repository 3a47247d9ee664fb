//! The words of mails (R-TP-07).

use keyward::pages::mails::{Addressee, Mail, Notice};
use keyward::pages::samples::HOSTILE;

fn to(name: &str, language: Option<&str>) -> Addressee {
    Addressee { name: name.to_owned(), username: name.to_owned(), language: language.map(str::to_owned) }
}

#[test]
fn r_tp_07_every_mail_has_a_subject_a_text_and_the_same_in_html_in_every_language() {
    let pages = super::built_in();
    for language in pages.languages() {
        let language = language.tag();
        for mail in Mail::samples() {
            let rendered = pages.mail(&mail, &to("Maria Lindqvist", Some(language))).unwrap();
            assert!(rendered.subject.starts_with("Northwind Studios"), "{}", rendered.subject);
            assert!(rendered.html.contains(&format!("<html lang=\"{language}\"")));
            let text = scraper::Html::parse_document(&rendered.html);
            let said: String = text.root_element().text().collect();
            let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            for line in rendered.text.lines().filter(|line| !line.is_empty() && *line != "-- ") {
                assert!(plain(&said).contains(&plain(line)), "{language}: {line:?} is not in\n{said}");
            }
            for part in [&rendered.subject, &rendered.text, &rendered.html] {
                assert!(!part.contains('{'), "a place was left open: {part}");
            }
        }
    }
}

#[test]
fn r_tp_07_no_value_reaches_a_subject_ends_a_line_or_becomes_a_tag() {
    let pages = super::built_in();
    let evil = format!("{HOSTILE}\r\nBcc: victim@example.com");
    for notice in
        [Notice::FactorAdded { factor: evil.clone() }, Notice::AddressChanged { address: Some(evil.clone()) }]
    {
        let mail = Mail::Notice { notice, at: "now".to_owned(), network: Some(evil.clone()) };
        let rendered = pages.mail(&mail, &to(&evil, None)).unwrap();
        assert!(!rendered.subject.contains("Bcc") && !rendered.subject.contains(char::is_control));
        assert!(!rendered.text.lines().any(|line| line.starts_with("Bcc")), "{}", rendered.text);
        assert!(!rendered.html.contains("<script") && !rendered.html.contains("<img"), "{}", rendered.html);
    }
}

#[test]
fn links_lead_to_the_configured_address_only() {
    let pages = super::built_in();
    for mail in Mail::samples() {
        let rendered = pages.mail(&mail, &to("https://evil.example/", None)).unwrap();
        let document = scraper::Html::parse_document(&rendered.html);
        let links = scraper::Selector::parse("[href], [src]").unwrap();
        let targets: Vec<_> =
            document.select(&links).filter_map(|link| link.attr("href").or(link.attr("src"))).collect();
        let expected: &[&str] = match &mail {
            Mail::Invitation { link, .. } => &[link.as_str()],
            Mail::Link(mail) => &[mail.link.as_str()],
            _ => &[],
        };
        assert_eq!(targets, expected);
    }
}

#[test]
fn an_own_template_that_loses_the_link_or_fails_is_replaced_by_the_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("email")).unwrap();
    std::fs::write(folder.path().join("email/invitation.txt"), "Welcome!").unwrap();
    std::fs::write(folder.path().join("email/test.txt"), "Own words for {{ page.name }}.").unwrap();
    let pages = super::with_folder(Some(folder.path().to_owned()));
    assert!(pages.override_faults().iter().any(|fault| fault.contains("email/invitation")));
    let link = "https://id.example.com/invitation/kwi1";
    let invitation = Mail::Invitation { password: true, link: link.to_owned(), hours: 24 };
    assert!(pages.mail(&invitation, &to("Maria", None)).unwrap().text.contains(link));
    assert_eq!(pages.mail(&Mail::Test, &to("<Maria>", None)).unwrap().text, "Own words for <Maria>.");
}
