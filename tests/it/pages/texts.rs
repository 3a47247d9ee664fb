//! Every visible sentence has an id, every id is used, and the language is chosen by wish.

use std::collections::{BTreeMap, BTreeSet};

use keyward::pages::consent_pages::ScopeInWords;
use keyward::pages::journey_pages::RestartReason;
use keyward::pages::{Message, Problem, samples};
use scraper::{Html, Selector};

fn english() -> BTreeMap<String, String> {
    let (_, json) = super::sources("texts/en.json").remove(0);
    serde_json::from_str(&json).expect("a flat object of texts")
}

fn used() -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for (_, source) in super::sources(".html") {
        let calls = source.split("text(\"").skip(1).filter_map(|rest| rest.split('"').next());
        ids.extend(calls.map(str::to_owned));
    }
    ids.extend(Message::samples().iter().map(|message| message.text_id().to_owned()));
    ids.extend(RestartReason::ALL.iter().map(|reason| reason.text_id().to_owned()));
    let scopes = ["openid", "profile", "email", "phone", "address", "groups", "offline_access", "other"];
    ids.extend(scopes.iter().map(|scope| ScopeInWords::of(scope).text_id().to_owned()));
    for problem in Problem::samples("") {
        ids.insert(format!("problem.{}.title", problem.name()));
        ids.insert(format!("problem.{}.sentence", problem.name()));
    }
    ids
}

#[test]
fn every_text_used_exists_and_every_text_is_used() {
    let (texts, used) = (english(), used());
    let missing: Vec<_> = used.iter().filter(|id| !texts.contains_key(*id)).collect();
    assert!(missing.is_empty(), "ids without a text: {missing:?}");
    let known = |id: &&String| used.contains(id.strip_suffix(".one").unwrap_or(id));
    let idle: Vec<_> = texts.keys().filter(|id| !known(id)).collect();
    assert!(idle.is_empty(), "texts that nothing uses: {idle:?}");
}

#[test]
fn no_template_holds_a_visible_word_of_its_own() {
    for (path, source) in super::sources(".html") {
        let source = source.replace("{% block width %}wide", "");
        let bare = without(&without(&without(&source, "<script", "</script>"), "{%", "%}"), "{{", "}}");
        let visible = without(&bare, "<", ">").replace("Keyward", "");
        let words: Vec<_> = visible.split_whitespace().filter(|word| *word != "·").collect();
        assert!(words.is_empty(), "{path} holds {words:?}");
    }
}

fn without(text: &str, open: &str, close: &str) -> String {
    let mut pieces = text.split(open);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |kept, piece| kept + " " + piece.split_once(close).map_or("", |(_, behind)| behind))
}

#[test]
fn every_place_in_a_text_is_filled() {
    let pages = super::built_in();
    for page in samples::friendly() {
        let html = pages.render(&page, "n0nce").html;
        let document = Html::parse_document(&html.replace("<pre", "<script").replace("</pre", "</script"));
        for element in
            document.select(&Selector::parse("title, h1, h2, p, li, label, a, button, dt, td").expect("one"))
        {
            let text: String = element.text().collect();
            assert!(!text.contains('{'), "{}: {text}", page.template());
        }
    }
}

#[test]
fn one_is_said_in_its_own_words() {
    let pages = super::built_in();
    let all: String = samples::friendly().iter().map(|page| pages.render(page, "n0nce").html).collect();
    assert!(all.contains("try again in one minute") && all.contains("try again in 15 minutes"));
    assert!(!all.contains(" 1 minutes") && !all.contains(" 1 unused codes"));
}

#[test]
fn the_language_follows_ui_locales_then_the_browser() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("texts")).expect("a folder");
    for language in ["de", "fr", "ar"] {
        let texts = format!("{{\"login.title\": \"title in {language}\"}}");
        std::fs::write(folder.path().join(format!("texts/{language}.json")), texts).expect("written");
    }
    let pages = super::with_folder(Some(folder.path().to_owned()));
    let choose = |ui, accept| pages.choose_language(ui, accept).tag().to_owned();
    assert_eq!(choose(None, None), "en");
    assert_eq!(choose(Some("xx de-AT fr"), Some("fr")), "de", "the first that has texts");
    assert_eq!(choose(None, Some("de;q=0.5, fr;q=0.9, en;q=0.1")), "fr", "the most wanted");
    assert_eq!(choose(None, Some("fr;q=0, xx, *;q=0.5")), "en", "weight 0 means never");
    assert_eq!(choose(Some("\u{0}<script>"), Some(";;q=,,q=NaN,de;q=oops")), "en", "nonsense is nothing");
    assert_eq!(pages.choose_language(Some("ar"), None).direction(), "rtl");
    let english = samples::friendly().remove(0);
    assert!(
        pages.render(&english, "n0nce").html.contains("<h1>Sign in</h1>"),
        "each page in its own language"
    );
    assert_eq!(super::built_in().choose_language(Some("de"), Some("fr")).tag(), "en");
}
