//! Every kind of record in the source has its place in one of the two lists of a restore (R-OP-09).

use std::collections::BTreeSet;

use keyward::lifecycle::restore::{DEAD, LIVING};

use crate::architecture::source::{Source, sources};

/// Rows about the store itself, which a backup does not hold; and a record that is asked for and never written.
const NO_RECORDS: &[&str] = &["format", "moved", "number", "revision", "health/probe"];
/// Where the kind is what the caller says: one of the constants that are found by their words.
const SAYS_NOTHING: &str = "src/storage/generation.rs";

fn literal(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix('"')?.split_once('"').map(|(literal, _)| literal)
}

/// The value of the constant, or of the field `kind` of the constant, in this file.
fn constant<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let named = text.split_once(&format!("const {} ", name.split('.').next()?.to_owned() + ":"))?.1;
    let value = if name.contains('.') { named.split_once("kind:")?.1 } else { named.split_once('=')?.1 };
    literal(value)
}

/// `kind` or, where the first part is spelled out too, `kind/part` of each key that `source` makes.
fn keys(source: &Source) -> Vec<String> {
    let text = source.text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    for call in ["Key::new(", "Key::prefix("] {
        for (at, _) in text.match_indices(call) {
            let before = &text[..at];
            let of_another_kind = before.ends_with("hmac::") || before.ends_with(char::is_alphanumeric);
            if of_another_kind || source.name() == SAYS_NOTHING && literal(&text[at + call.len()..]).is_none()
            {
                continue;
            }
            let arguments = &text[at + call.len()..];
            let (first, rest) = arguments.split_once(',').unwrap();
            let kind = literal(first).or_else(|| constant(text, first.trim()));
            let kind = kind.unwrap_or_else(|| panic!("{}: which kind is {first}?", source.name()));
            let part = rest.trim_start().strip_prefix("&[").and_then(literal);
            found.push(part.map_or_else(|| kind.to_owned(), |part| format!("{kind}/{part}")));
        }
    }
    found
}

/// The kinds of what a generation holds, by the words of their constants.
fn kinds_by_their_words(source: &Source) -> Vec<String> {
    let told = source.text.split("/// The kind of ").skip(1);
    let told = told.filter(|words| !words.starts_with("the jobs") && words.contains(": &str = "));
    told.filter_map(|words| literal(words.split_once(": &str = ")?.1).map(str::to_owned)).collect()
}

fn in_the_source() -> BTreeSet<String> {
    let sources = sources("src");
    sources.iter().flat_map(|source| [keys(source), kinds_by_their_words(source)].concat()).collect()
}

fn is_listed(key: &str, list: &[&str]) -> bool {
    list.iter().any(|entry| *entry == key || key.split_once('/').is_some_and(|(kind, _)| *entry == kind))
}

#[test]
fn r_op_09_every_kind_of_record_is_named_as_living_or_dead() {
    let kinds = in_the_source();
    assert!(kinds.len() > 40 && kinds.contains("settings") && kinds.contains("sealing"), "{kinds:?}");
    let unknown: Vec<_> = kinds
        .iter()
        .filter(|key| ![LIVING, DEAD, NO_RECORDS].iter().any(|list| is_listed(key, list)))
        .collect();
    assert!(
        unknown.is_empty(),
        "a restore does not know what becomes of {unknown:?}: see lifecycle/restore.rs"
    );
    let both: Vec<_> = kinds.iter().filter(|key| is_listed(key, LIVING) && is_listed(key, DEAD)).collect();
    assert!(both.is_empty(), "{both:?} cannot live and be dead");
}

#[test]
fn no_kind_is_named_that_is_not_there() {
    let kinds = in_the_source();
    let is_there = |entry: &&&str| kinds.iter().any(|key| is_listed(key, &[**entry]));
    let idle: Vec<_> = LIVING.iter().chain(DEAD).filter(|entry| !is_there(entry)).collect();
    assert!(idle.is_empty(), "{idle:?}");
}
