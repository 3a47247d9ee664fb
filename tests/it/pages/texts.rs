//! Every visible sentence has an id, every id is used, and every language has them all.

use std::collections::{BTreeMap, BTreeSet};

use keyward::pages::consent_pages::ScopeInWords;
use keyward::pages::journey_pages::RestartReason;
use keyward::pages::link_mail::Purpose;
use keyward::pages::mails::{Mail, Notice};
use keyward::pages::portal_pages::{EventInWords, FactorInWords, ProfileField};
use keyward::pages::{Message, Problem, samples};
use scraper::{Html, Selector};

type Texts = BTreeMap<String, String>;

/// The built-in texts of one language.
fn texts(language: &str) -> Texts {
    let (_, json) = super::sources(&format!("texts/{language}.json")).remove(0);
    serde_json::from_str(&json).expect("a flat object of texts")
}

/// All languages but English.
fn translations() -> Vec<(String, Texts)> {
    let tags = super::tags(&super::built_in());
    assert_eq!(tags, ["de", "en", "fr"]);
    tags.into_iter().filter(|tag| tag != "en").map(|tag| (tag.clone(), texts(&tag))).collect()
}

/// The places of a text, each as often as it stands there.
fn places(text: &str) -> Vec<&str> {
    let mut found: Vec<_> =
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
    found.sort_unstable();
    found
}

fn used() -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for (_, source) in super::sources(".html").into_iter().chain(super::sources(".txt")) {
        let calls = source.split("text(\"").skip(1).filter_map(|rest| rest.split('"').next());
        ids.extend(calls.map(str::to_owned));
    }
    for mail in Mail::samples() {
        let (subject, sentence) = mail.text_ids();
        ids.extend([subject, sentence].map(str::to_owned));
    }
    for purpose in Purpose::ALL {
        let (button, advice) = purpose.further_ids();
        ids.extend([button, advice].map(str::to_owned));
    }
    for notice in Notice::samples() {
        ids.insert(notice.advice_id().to_owned());
    }
    ids.extend(Message::samples().iter().map(|message| message.text_id().to_owned()));
    ids.extend(RestartReason::ALL.iter().map(|reason| reason.text_id().to_owned()));
    let scopes = ["openid", "profile", "email", "phone", "address", "groups", "offline_access", "other"];
    ids.extend(scopes.iter().map(|scope| ScopeInWords::of(scope).text_id().to_owned()));
    ids.extend(EventInWords::ALL.iter().map(|words| words.text_id().to_owned()));
    ids.extend(ProfileField::labels());
    ids.extend(FactorInWords::ALL.iter().map(|words| words.text_id().to_owned()));
    for problem in Problem::samples("") {
        ids.insert(format!("problem.{}.title", problem.name()));
        ids.insert(format!("problem.{}.sentence", problem.name()));
    }
    ids
}

#[test]
fn every_text_used_exists_and_every_text_is_used() {
    let (texts, used) = (texts("en"), used());
    let missing: Vec<_> = used.iter().filter(|id| !texts.contains_key(*id)).collect();
    assert!(missing.is_empty(), "ids without a text: {missing:?}");
    let known = |id: &&String| used.contains(id.strip_suffix(".one").unwrap_or(id));
    let idle: Vec<_> = texts.keys().filter(|id| !known(id)).collect();
    assert!(idle.is_empty(), "texts that nothing uses: {idle:?}");
}

#[test]
fn every_language_has_exactly_the_texts_of_english_with_exactly_their_places() {
    let english = texts("en");
    for (language, texts) in translations() {
        let ids = |texts: &Texts| texts.keys().cloned().collect::<BTreeSet<_>>();
        let (all, own) = (ids(&english), ids(&texts));
        assert_eq!(all.difference(&own).collect::<Vec<_>>(), Vec::<&String>::new(), "{language} lacks these");
        assert_eq!(
            own.difference(&all).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "only {language} has these"
        );
        for (id, text) in &texts {
            assert_eq!(places(text), places(&english[id]), "{language}: the places of {id}");
        }
    }
}

#[test]
fn texts_follow_the_typography_of_their_language() {
    for language in super::tags(&super::built_in()) {
        for (id, text) in texts(&language) {
            let place = format!("{language}: {id}: {text}");
            assert!(!text.is_empty() && text.trim() == text && !text.contains("  "), "{place}");
            assert!(!text.contains(['"', '\'', '\u{A0}']) && !text.contains("..."), "{place}");
            let count = |mark: char| text.chars().filter(|letter| *letter == mark).count();
            match language.as_str() {
                "en" => assert_eq!(count('“'), count('”'), "{place}"),
                "de" => assert!(count('„') == count('“') && !text.contains(['”', '«', '»']), "{place}"),
                "fr" => assert!(is_french(&text), "{place}"),
                _ => {}
            }
        }
    }
}

/// A narrow no-break space before `: ; ? !` and within « », and no other quotation marks.
fn is_french(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let kept = |pair: &[char]| match pair {
        [before, ':' | ';' | '?' | '!' | '»'] => *before == '\u{202F}',
        ['«', after] => *after == '\u{202F}',
        _ => true,
    };
    letters.windows(2).all(kept) && !text.contains(['“', '”', '„'])
}

/// Nobody forgot to translate: what is the same as in English is a name or a word of both languages.
#[test]
fn translations_differ_from_english() {
    let english = texts("en");
    for (language, texts) in translations() {
        let same = texts.iter().filter(|(id, text)| english[*id] == **text).map(|(id, _)| id.as_str());
        let alike = ["code.label", "demo.boards", "demo.name", "demo.error_description"];
        let untranslated: Vec<_> = same.filter(|id| !alike.contains(id)).collect();
        assert!(untranslated.is_empty(), "{language}: {untranslated:?}");
    }
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
    for page in super::in_every_language(&samples::friendly()) {
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
