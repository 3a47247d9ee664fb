//! The language of a page: which there are, and which one is chosen of all that is wished.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The language that has every text.
pub(super) const ENGLISH: &str = "en";
/// Languages written from right to left.
const RIGHT_TO_LEFT: [&str; 4] = ["ar", "fa", "he", "ur"];
/// So many wishes of one source are heard.
const MOST: usize = 32;

/// A language that has texts, as a BCP 47 tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Language(Arc<str>);

impl Language {
    /// English, which has every text.
    pub fn english() -> Self {
        Self::of(ENGLISH)
    }

    pub(super) fn of(tag: &str) -> Self {
        Self(Arc::from(tag))
    }

    /// The tag for `<html lang>`.
    pub fn tag(&self) -> &str {
        &self.0
    }

    /// What its speakers call it; the tag where that is not known.
    pub fn own_name(&self) -> &str {
        let names = [("de", "Deutsch"), ("en", "English"), ("fr", "Français")];
        names.iter().find(|(tag, _)| *tag == &*self.0).map_or(&self.0, |(_, name)| name)
    }

    /// The value for `<html dir>`: `ltr` or `rtl`.
    pub fn direction(&self) -> &'static str {
        if RIGHT_TO_LEFT.contains(&primary(&self.0)) { "rtl" } else { "ltr" }
    }
}

/// The languages that are wished, by who wishes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageWishes {
    /// `ui_locales` of the application's request: tags, the most wanted first (OpenID Connect Core 3.1.2.1).
    pub application: Option<String>,
    /// What is set for the person, once it is known who that is.
    pub person: Option<String>,
    /// The browser's `Accept-Language` (RFC 9110 section 12.5.4).
    pub browser: Option<String>,
}

impl LanguageWishes {
    /// The first of the application's, the person's and the browser's wishes that is among `known`; else `default`.
    pub(super) fn choose<'a>(&self, known: impl Iterator<Item = &'a str> + Clone, default: &str) -> Language {
        let application = self.application.as_deref().unwrap_or_default();
        let application = application.split_whitespace().take(MOST).map(str::to_owned);
        let person = self.person.clone();
        let browser = by_preference(self.browser.as_deref().unwrap_or_default());
        let mut wishes = application.chain(person).chain(browser).chain([default.to_owned()]);
        let found = wishes.find_map(|wish| best_for(&wish, known.clone()));
        found.map_or_else(Language::english, Language::of)
    }
}

/// The tag itself, or the one of its primary language (RFC 4647 section 3.4, in one step).
fn best_for<'a>(wish: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let is = |wanted: &str| known.clone().find(|tag| tag.eq_ignore_ascii_case(wanted));
    is(wish).or_else(|| is(primary(wish)))
}

fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or_default()
}

/// The languages of an `Accept-Language` header, most wanted first; those with weight 0 are left out.
fn by_preference(header: &str) -> Vec<String> {
    let mut wishes: Vec<(f32, String)> = header.split(',').take(MOST).filter_map(weighed).collect();
    wishes.sort_by(|left, right| right.0.total_cmp(&left.0));
    wishes.into_iter().map(|(_, tag)| tag).collect()
}

fn weighed(part: &str) -> Option<(f32, String)> {
    let mut pieces = part.split(';').map(str::trim);
    let tag = pieces.next().filter(|tag| !tag.is_empty() && *tag != "*")?;
    let weight =
        pieces.find_map(|piece| piece.strip_prefix("q=")).map_or(Some(1.0), |text| text.parse().ok())?;
    (weight > 0.0).then(|| (weight, tag.to_owned()))
}
