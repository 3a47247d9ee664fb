//! Every visible sentence by its id, in each language.
//!
//! A file `texts/<language>.json` maps ids to texts with `{name}` places. A text is plain: it is escaped as a whole when it
//! is written into a page. With a value `count` of 1 the id with `.one` behind it is preferred.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::language::ENGLISH;
use crate::config::Live;

/// Values for the places of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Values(pub BTreeMap<String, String>);

impl Values {
    /// One value.
    pub fn one(name: &str, value: impl ToString) -> Self {
        Self(BTreeMap::from([(name.to_owned(), value.to_string())]))
    }

    /// The same with one more.
    pub fn and(mut self, name: &str, value: impl ToString) -> Self {
        self.0.insert(name.to_owned(), value.to_string());
        self
    }
}

/// All texts in all languages.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    languages: BTreeMap<Arc<str>, BTreeMap<String, String>>,
    settings: Live,
}

impl Texts {
    /// None yet; those that `settings` hold stand before all that are added.
    pub(super) fn under(settings: Live) -> Self {
        Self { languages: BTreeMap::new(), settings }
    }

    /// Adds or replaces the texts of one language from a flat JSON object.
    ///
    /// # Errors
    /// A sentence saying what is wrong with the JSON.
    pub(super) fn add(&mut self, language: &str, json: &[u8]) -> Result<(), String> {
        let read: BTreeMap<String, String> =
            serde_json::from_slice(json).map_err(|error| error.to_string())?;
        self.languages.entry(Arc::from(language)).or_default().extend(read);
        Ok(())
    }

    /// The text of an id with its places filled; English where the language lacks it, `None` where that does too.
    pub fn get(&self, language: &str, id: &str, values: &Values) -> Option<String> {
        let single = values.0.get("count").is_some_and(|count| count == "1");
        let settings = self.settings.now();
        let find = |id: &str| {
            let own = settings.texts.get(language).and_then(|texts| texts.get(id));
            own.map(String::as_str).or_else(|| self.built_in(language, id)).map(|text| fill(text, values))
        };
        let preferred = if single { find(&format!("{id}.one")) } else { None };
        preferred.or_else(|| find(id))
    }

    /// The tags of all languages there are texts in.
    pub fn tags(&self) -> impl Iterator<Item = &str> + Clone {
        self.languages.keys().map(|tag| &**tag)
    }

    /// Every id English has.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.languages.get(ENGLISH).into_iter().flat_map(|texts| texts.keys().map(String::as_str))
    }

    /// The text itself, places unfilled, whatever the settings hold.
    pub(super) fn built_in(&self, language: &str, id: &str) -> Option<&str> {
        let own = self.languages.get(language).and_then(|texts| texts.get(id));
        own.or_else(|| self.languages.get(ENGLISH)?.get(id)).map(String::as_str)
    }
}

fn fill(text: &str, values: &Values) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        match after.split_once('}') {
            Some((name, behind)) if values.0.contains_key(name) => {
                filled.push_str(&isolated(values.0.get(name).map_or("", String::as_str)));
                rest = behind;
            }
            _ => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// A value that cannot turn the sentence around it: direction marks are taken out, and a value with right-to-left
/// letters is set apart by isolates (Unicode Standard Annex 9).
fn isolated(value: &str) -> String {
    let plain: String = value.chars().filter(|letter| !is_direction_mark(*letter)).collect();
    if plain.chars().any(is_right_to_left) { format!("\u{2068}{plain}\u{2069}") } else { plain }
}

fn is_direction_mark(letter: char) -> bool {
    matches!(letter, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn is_right_to_left(letter: char) -> bool {
    matches!(letter, '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}
