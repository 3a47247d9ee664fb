//! Which language a page is shown in.

use keyward::pages::{LanguageWishes, Pages, PagesError, PagesSettings};

/// Pages that know Arabic besides the built-in languages, and speak `language` where nobody wishes a known one.
fn pages(language: Option<&str>) -> Result<Pages, PagesError> {
    let folder = tempfile::tempdir().expect("a folder").keep();
    std::fs::create_dir(folder.join("texts")).expect("a folder");
    std::fs::write(folder.join("texts/ar.json"), "{\"login.title\": \"تسجيل الدخول\"}").expect("written");
    Pages::new(PagesSettings {
        override_folder: Some(folder),
        language: language.map(str::to_owned),
        ..PagesSettings::default()
    })
}

fn wishes(application: &str, person: &str, browser: &str) -> LanguageWishes {
    let wish = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    LanguageWishes { application: wish(application), person: wish(person), browser: wish(browser) }
}

#[test]
fn the_application_is_heard_first_then_the_person_then_the_browser_then_the_settings() {
    let choose = |pages: &Pages, application: &str, person: &str, browser: &str| {
        pages.choose_language(&wishes(application, person, browser)).tag().to_owned()
    };
    let english = super::built_in();
    assert_eq!(choose(&english, "", "", ""), "en");
    assert_eq!(choose(&english, "xx de-AT fr", "fr", "fr"), "de", "the first that has texts");
    assert_eq!(choose(&english, "xx", "fr-CA", "de"), "fr");
    assert_eq!(choose(&english, "", "xx", "DE"), "de", "whatever the case of the letters");
    assert_eq!(choose(&english, "", "", "de;q=0.5, fr;q=0.9, en;q=0.1"), "fr", "the most wanted");
    assert_eq!(choose(&english, "", "", "fr;q=0, xx, *;q=0.5"), "en", "weight 0 means never");
    assert_eq!(choose(&english, "\u{0}<script>", "", ";;q=,,q=NaN,de;q=oops"), "en", "nonsense is nothing");
    let german = pages(Some("de")).expect("German is known");
    assert_eq!(choose(&german, "", "", ""), "de");
    assert_eq!(choose(&german, "", "", "xx"), "de");
    assert_eq!(choose(&german, "", "", "en-GB"), "en");
}

#[test]
fn a_language_of_the_own_folder_counts_and_may_be_written_from_right_to_left() {
    let pages = pages(Some("ar")).expect("its texts are in the folder");
    assert_eq!(super::tags(&pages), ["ar", "de", "en", "fr"]);
    let language = pages.choose_language(&LanguageWishes::default());
    assert_eq!((language.tag(), language.direction()), ("ar", "rtl"));
    let html = pages.render(&super::sample("journey/login.html").spoken_in(&language), "n0nce").html;
    assert!(html.contains("<html lang=\"ar\" dir=\"rtl\">") && html.contains("<h1>تسجيل الدخول</h1>"));
    assert!(html.contains("User name"), "English stands in for what it lacks");
}

#[test]
fn a_language_without_texts_is_refused_at_start_and_the_known_ones_are_named() {
    let error = pages(Some("it")).expect_err("there are no such texts").to_string();
    for part in ["pages.language", "\"it\"", "ar, de, en, fr", "texts/it.json"] {
        assert!(error.contains(part), "{error}");
    }
}
