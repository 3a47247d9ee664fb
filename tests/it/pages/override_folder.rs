//! A folder replaces pages file by file; a faulty file never locks anybody out (R-TP-03, R-TP-04, R-TP-05).

use std::path::Path;

use keyward::pages::{Pages, PagesError, PagesSettings};

const LOGIN: &str = "journey/login.html";
const OWN_LOGIN: &str = r#"{% extends "layout.html" %}{% block title %}Own{% endblock %}{% block main %}<h1>Own page</h1>
<form id="login" method="post" action="{{ page.form.action|link }}">{% include "partials/form_token.html" %}
<input name="username" value="{{ page.username }}"><input name="password" type="password"></form>{% endblock %}"#;

fn write(folder: &Path, path: &str, content: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    std::fs::write(path, content).expect("written");
}

fn login(pages: &Pages) -> String {
    pages.render(&super::sample(LOGIN), "n0nce").html
}

#[test]
fn a_file_in_the_folder_replaces_the_built_in_one_and_is_read_again_when_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let pages = super::with_folder(Some(folder.path().to_owned()));
    assert!(login(&pages).contains("<h1>Sign in</h1>"), "an empty folder changes nothing");
    write(folder.path(), LOGIN, OWN_LOGIN);
    assert!(login(&pages).contains("<h1>Own page</h1>"), "a new file counts at once");
    write(folder.path(), LOGIN, &OWN_LOGIN.replace("Own page", "A longer own page"));
    assert!(login(&pages).contains("<h1>A longer own page</h1>"), "a changed file counts at once");
    std::fs::remove_file(folder.path().join(LOGIN)).expect("removed");
    assert!(login(&pages).contains("<h1>Sign in</h1>"), "a removed file is forgotten");
    assert_eq!(pages.override_faults(), Vec::<String>::new());
}

#[test]
fn texts_and_assets_are_replaced_too() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "texts/en.json", r#"{"login.title": "Come in"}"#);
    write(folder.path(), "assets/style.css", "body { color: black }");
    let pages = super::with_folder(Some(folder.path().to_owned()));
    let html = login(&pages);
    assert!(html.contains("<h1>Come in</h1>") && html.contains("User name"), "other texts stay");
    let address = html.split('"').find(|part| part.ends_with("/style.css")).expect("a style sheet");
    assert_eq!(&*pages.asset(address).expect("it is served").bytes, b"body { color: black }");
    assert!(super::built_in().asset(address).is_none(), "another content has another address");
}

#[test]
fn r_tp_05_a_faulty_page_is_replaced_by_the_built_in_one_and_named() {
    let faulty = [
        ("it does not parse", "{% if %}".to_owned()),
        ("it asks for what is not there", OWN_LOGIN.replace("page.username", "page.nobody.at.all")),
        ("it uses a filter that does not exist", OWN_LOGIN.replace("page.username", "page.username|safe")),
        ("it includes itself", OWN_LOGIN.replace("<h1>", "{% include \"journey/login.html\" %}<h1>")),
        ("it reaches outside", OWN_LOGIN.replace("<h1>", "{% include \"../../etc/passwd\" %}<h1>")),
        ("it is too large", OWN_LOGIN.replace("Own page", &"x".repeat(300_000))),
        (
            "it runs for ever",
            OWN_LOGIN.replace(
                "<h1>",
                &format!("{}{}<h1>", "{% for key in page %}".repeat(8), "{% endfor %}".repeat(8)),
            ),
        ),
        ("it lacks the token", OWN_LOGIN.replace("{% include \"partials/form_token.html\" %}", "")),
        ("it lacks a field", OWN_LOGIN.replace("name=\"password\"", "name=\"pass\"")),
        ("it renames the form", OWN_LOGIN.replace("id=\"login\"", "id=\"own\"")),
    ];
    for (what, source) in faulty {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), LOGIN, &source);
        let pages = super::with_folder(Some(folder.path().to_owned()));
        assert!(login(&pages).contains("<h1>Sign in</h1>"), "{what}: the built-in page stands in");
        let faults = pages.override_faults();
        assert!(faults.iter().any(|fault| fault.starts_with(LOGIN)), "{what}: {faults:?}");
    }
}

#[test]
fn r_tp_01_an_own_page_cannot_switch_escaping_off() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = OWN_LOGIN
        .replace("{{ page.username }}", "{% autoescape false %}{{ page.application }}{% endautoescape %}");
    write(folder.path(), LOGIN, &source);
    let pages = super::with_folder(Some(folder.path().to_owned()));
    let mut hostile = keyward::pages::samples::hostile().into_iter();
    let page = hostile.find(|page| page.template() == LOGIN).expect("a login page");
    let html = pages.render(&page, "n0nce").html;
    assert!(html.contains("Own page") && !html.contains("<script>"), "escaped all the same");
}

#[test]
fn r_tp_04_the_token_partial_cannot_be_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "partials/form_token.html", "<input name=\"form_token\" value=\"chosen\">");
    let html = login(&super::with_folder(Some(folder.path().to_owned())));
    assert!(html.contains("name=\"form_token\" value=\"7Yd0sample\"") && !html.contains("chosen"));
}

#[test]
fn faulty_texts_leave_the_built_in_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "texts/en.json", "{ not json");
    let pages = super::with_folder(Some(folder.path().to_owned()));
    assert!(login(&pages).contains("<h1>Sign in</h1>"));
    assert!(pages.override_faults().iter().any(|fault| fault.starts_with("texts/en.json")));
}

#[test]
fn a_folder_that_is_not_there_is_named_at_start() {
    let folder = tempfile::tempdir().expect("a folder").path().join("missing");
    let settings = PagesSettings { override_folder: Some(folder.clone()), ..PagesSettings::default() };
    let error = Pages::new(settings).expect_err("it is refused");
    assert!(matches!(&error, PagesError::Folder { .. }));
    assert!(error.to_string().contains(&folder.display().to_string()), "{error}");
}

#[test]
fn a_folder_of_links_is_read_and_a_circle_of_folders_ends() {
    let real = tempfile::tempdir().expect("a folder");
    write(real.path(), "login.html", OWN_LOGIN);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("journey")).expect("a folder");
    std::os::unix::fs::symlink(real.path().join("login.html"), folder.path().join(LOGIN)).expect("a link");
    std::os::unix::fs::symlink(folder.path(), folder.path().join("circle")).expect("a link");
    let pages = super::with_folder(Some(folder.path().to_owned()));
    assert!(login(&pages).contains("<h1>Own page</h1>"));
}

#[test]
fn an_own_page_that_fails_only_with_real_content_is_replaced_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let source =
        OWN_LOGIN.replace("<h1>", "{% if not page.application %}{{ page.nobody.at.all }}{% endif %}<h1>");
    let plain = "{% if page.username == \"ann\" %}{{ page.nobody.at.all }}{% endif %}<h1>";
    write(folder.path(), LOGIN, &OWN_LOGIN.replace("<h1>", plain));
    let pages = super::with_folder(Some(folder.path().to_owned()));
    let content = keyward::pages::journey_pages::LoginPage {
        form: keyward::pages::Form { action: "/sign-in".to_owned(), token: "t".to_owned() },
        passwordless: None,
        application: None,
        username: "ann".to_owned(),
        username_fixed: false,
        can_reset: false,
        problem: None,
        can_cancel: false,
    };
    let page = keyward::pages::Page::new(&keyward::pages::Language::english(), &content);
    assert!(login(&pages).contains("<h1>Own page</h1>"), "it passed the samples");
    assert!(pages.render(&page, "n0nce").html.contains("<h1>Sign in</h1>"), "and failed for Ann");
    write(folder.path(), LOGIN, &source);
    assert!(login(&pages).contains("<h1>Sign in</h1>"), "a fault in any sample counts");
}
