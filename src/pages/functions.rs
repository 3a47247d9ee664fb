//! All that a template can call. Nothing else exists in a template: no file access, no `safe`, no `debug` (R-TP-01).

use std::sync::Arc;

use minijinja::value::{Rest, Value, ValueOrKwargs};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, filters, tests};

use super::assets::AssetIndex;
use super::texts::{Texts, Values};

/// Instructions one page may take; a usual page takes a few hundred (R-TP-03).
const FUEL: u64 = 100_000;
/// Depth of includes and loops; an include counts as ten (R-TP-03: sixteen includes).
const DEPTH: usize = 160;

/// An engine that knows the allowed functions and escapes everything, whatever a template says.
pub(super) fn environment(texts: Arc<Texts>, assets: Arc<AssetIndex>) -> Environment<'static> {
    let mut engine = engine(texts);
    engine.set_auto_escape_callback(|_| AutoEscape::Html);
    engine.set_formatter(write_escaped);
    engine.add_function("asset", move |name: String| {
        assets.address(&name).ok_or_else(|| fault(format!("there is no asset {name}")))
    });
    engine
}

/// An engine for plain text: nothing is escaped, and values have neither control characters nor line ends.
pub(super) fn plain_environment(texts: Arc<Texts>) -> Environment<'static> {
    let mut engine = engine(texts);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_formatter(write_plain);
    engine
}

fn engine(texts: Arc<Texts>) -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(DEPTH);
    engine.add_filter("length", filters::length);
    engine.add_filter("upper", filters::upper);
    engine.add_filter("link", link);
    engine.add_test("defined", tests::is_defined);
    engine.add_test("none", tests::is_none);
    engine.add_function("text", move |state: &mut State, id: String, values: Rest<ValueOrKwargs>| {
        text(&texts, state, &id, values)
    });
    engine
}

fn fault(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// `text("id", name=value)`: the sentence in the page's language. It is plain and is escaped like any value.
fn text(texts: &Texts, state: &mut State, id: &str, given: Rest<ValueOrKwargs>) -> Result<String, Error> {
    let language = state.lookup("language").and_then(|tag| tag.as_str().map(str::to_owned));
    let mut values = Values::default();
    for map in given.into_values() {
        for name in map.try_iter()? {
            values = values.and(&name.to_string(), map.get_item(&name)?);
        }
    }
    let found = texts.get(&language.unwrap_or_default(), id, &values);
    found.ok_or_else(|| fault(format!("there is no text {id}")))
}

/// Lets an address through only if following it cannot run script: web addresses, own paths, `otpauth:` and the
/// private-use schemes of native applications, which hold a dot (RFC 8252 section 7.1).
fn link(address: String) -> Result<String, Error> {
    let own_path = address.starts_with('/') && !address.starts_with("//") && !address.starts_with("/\\");
    let scheme = address.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase()).unwrap_or_default();
    let plain = scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
    let known =
        matches!(scheme.as_str(), "https" | "http" | "otpauth" | "mailto" | "tel") || scheme.contains('.');
    if own_path || (plain && known) {
        Ok(address)
    } else {
        Err(fault("this address must not be a link".to_owned()))
    }
}

fn write_plain(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "a value is missing"));
    }
    if value.is_none() {
        return Ok(());
    }
    let text = value.to_string();
    let kept: String = text.chars().filter(|letter| value.is_safe() || !letter.is_control()).collect();
    out.write_str(&kept).map_err(Error::from)
}

/// Writes a value escaped for HTML text and quoted attributes. `autoescape false` in a template changes nothing here.
fn write_escaped(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_none() {
        return Ok(());
    }
    if value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "a value is missing"));
    }
    let text = value.to_string();
    if value.is_safe() {
        return out.write_str(&text).map_err(Error::from);
    }
    let mut from = 0;
    for (at, letter) in text.char_indices() {
        if let Some(entity) = entity(letter) {
            out.write_str(text.get(from..at).unwrap_or_default())?;
            out.write_str(entity)?;
            from = at + letter.len_utf8();
        }
    }
    out.write_str(text.get(from..).unwrap_or_default()).map_err(Error::from)
}

fn entity(letter: char) -> Option<&'static str> {
    match letter {
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '&' => Some("&amp;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    }
}
