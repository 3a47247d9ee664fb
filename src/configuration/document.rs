//! Files of the model: JSON or TOML, read with every fault named, written without a secret (R-OP-02, R-OP-03, R-TR-10).

use serde::Deserialize as _;
use serde::de::{Deserializer, Error as _};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::model::Model;
use super::problem::{self, Problem, part};
use super::tree;

/// Larger files are not read, in bytes.
pub const LARGEST: usize = 2 * 1024 * 1024;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON (RFC 8259).
    Json,
    /// TOML 1.
    Toml,
}

/// The model that `text` holds.
///
/// # Errors
/// All that is wrong with it, though nothing that depends on the rest of the provider: see [`super::validate`].
pub fn read(text: &str, format: Format) -> Result<Model, Vec<Problem>> {
    if text.len() > LARGEST {
        let sentence = format!("it has {} bytes; {LARGEST} are allowed", text.len());
        return Err(vec![Problem::at("", sentence)]);
    }
    let (tree, name) = match format {
        Format::Json => (tree::of_json(text), "JSON"),
        Format::Toml => (tree::of_toml(text), "TOML"),
    };
    let sentence = |fault| format!("it cannot be read as {name} ({fault}); mend that place");
    model(tree.map_err(|fault| vec![Problem::at("", sentence(fault))])?)
}

/// `model` as a file. Only names of secrets are in a model, so none is written.
pub fn write(model: &Model, format: Format) -> Result<String, String> {
    let tree = without_nulls(serde_json::to_value(model).map_err(|error| error.to_string())?);
    match format {
        Format::Json => {
            serde_json::to_string_pretty(&tree).map(|text| text + "\n").map_err(|error| error.to_string())
        }
        Format::Toml => toml::to_string_pretty(&tree).map_err(|error| error.to_string()),
    }
}

/// A tree in which what is not there is left out.
pub fn without_nulls(tree: Value) -> Value {
    match tree {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        other => other,
    }
}

/// A model on its way between a face and the command, as strictly as from a file. For `#[serde(deserialize_with = "…")]`.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Model, D::Error> {
    model(Value::deserialize(deserializer)?)
        .map_err(|problems| D::Error::custom(problems.first().map(ToString::to_string).unwrap_or_default()))
}

/// Reads the tree as the model. What cannot be read is noted and taken out, until the rest can be.
fn model(mut tree: Value) -> Result<Model, Vec<Problem>> {
    let mut problems = Vec::new();
    keep_sections(&mut tree, &mut problems);
    let mut taken = Vec::new();
    loop {
        let (path, sentence) = match serde_path_to_error::deserialize::<_, Model>(&tree) {
            Ok(model) if problems.is_empty() => return Ok(model),
            Ok(_) => return Err(problems),
            Err(error) => (error.path().clone(), sentence(&error.inner().to_string())),
        };
        problems.push(Problem::at(shown(&path, &taken), sentence));
        let removed = take_out(&mut tree, &path, &mut taken);
        if !removed || problems.len() >= problem::MOST {
            return Err(problems);
        }
    }
}

/// In these sections every name stands for a section again.
const OF_SECTIONS: [&str; 4] = ["texts", "groups", "clients", "policy.rules"];

/// Takes out whatever else stands in place of a section. A list above all: the library would take its entries for the members
/// of the section, in their order, and nobody means that.
fn keep_sections(tree: &mut Value, problems: &mut Vec<Problem>) {
    let Value::Object(top) = tree else {
        problems.push(Problem::at("", "it holds no sections; begin with what keyward export writes"));
        *tree = Value::Object(serde_json::Map::new());
        return;
    };
    let known = serde_json::to_value(Model::default()).unwrap_or_default();
    let mut section = |path: String, value: &Value| {
        let is_one = value.is_object() || value.is_null();
        if !is_one {
            problems.push(Problem::at(path, "is no section; write one, with names in it"));
        }
        is_one
    };
    top.retain(|name, value| {
        let is_known = known.get(name).is_some_and(|usual| !usual.is_number());
        !is_known || section(part(name), value)
    });
    if let Some(Value::Object(policy)) = top.get_mut("policy") {
        policy.retain(|name, value| name != "rules" || section("policy.rules".to_owned(), value));
    }
    for of in OF_SECTIONS {
        let found = of
            .split('.')
            .skip(1)
            .fold(top.get_mut(of.split('.').next().unwrap_or(of)), |found, name| found?.get_mut(name));
        if let Some(Value::Object(sections)) = found {
            sections.retain(|name, value| section(format!("{of}.{}", part(name)), value));
        }
    }
    problems.truncate(problem::MOST);
}

/// Our own sentences begin with a verb; those of the library are explained.
fn sentence(fault: &str) -> String {
    match fault.split_once(", expected ") {
        Some((seen, expected)) if seen.starts_with("unknown field") => {
            format!("is not known; remove it, or write {expected}")
        }
        Some((seen, expected)) if seen.starts_with("invalid") || seen.starts_with("unknown variant") => {
            format!("has an {seen}; write {expected}")
        }
        _ => fault.to_owned(),
    }
}

/// Places in lists from which an entry was taken out: the list, and the entry's place at first.
type Taken = Vec<(String, usize)>;

/// The path as it stands in the file, with places in lists counted as they were at first.
fn shown(path: &Path, taken: &Taken) -> String {
    path.iter().fold(String::new(), |shown, segment| extended(shown, segment, taken))
}

fn at_first(index: usize, list: &str, taken: &Taken) -> usize {
    let mut gone: Vec<_> = taken.iter().filter(|(of, _)| of == list).map(|(_, place)| *place).collect();
    gone.sort_unstable();
    gone.into_iter().fold(index, |place, gone| if gone <= place { place + 1 } else { place })
}

/// Takes the value at `path` out of the tree. False where there is none, so that no more can be found.
fn take_out(tree: &mut Value, path: &Path, taken: &mut Taken) -> bool {
    let segments: Vec<_> =
        path.iter().filter(|segment| matches!(segment, Segment::Seq { .. } | Segment::Map { .. })).collect();
    let Some((last, before)) = segments.split_last() else { return false };
    let mut list = String::new();
    let mut place = tree;
    for segment in before {
        list = extended(list, segment, taken);
        let inside = match segment {
            Segment::Seq { index } => place.get_mut(*index),
            Segment::Map { key } => place.get_mut(key),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        let Some(inside) = inside else { return false };
        place = inside;
    }
    match (last, place) {
        (Segment::Map { key }, Value::Object(map)) => map.remove(key).is_some(),
        (Segment::Seq { index }, Value::Array(entries)) if *index < entries.len() => {
            taken.push((list.clone(), at_first(*index, &list, taken)));
            entries.remove(*index);
            true
        }
        _ => false,
    }
}

fn extended(mut list: String, segment: &Segment, taken: &Taken) -> String {
    match segment {
        Segment::Seq { index } => {
            let place = at_first(*index, &list, taken);
            list.push_str(&format!("[{place}]"));
        }
        Segment::Map { key } => {
            if !list.is_empty() {
                list.push('.');
            }
            list.push_str(&part(key));
        }
        Segment::Enum { .. } | Segment::Unknown => {}
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_named_where_it_stood() {
        let text = r#"{"policy": {"flor": "mfa", "floor": "none"}, "clients": {"a": {"redirect_uris": ["x", 1, "y", 2]},
            "b c": {"client_secret": "hunter2", "enabled": 3}}, "sessions": {"idle": 5}, "limits": {"factor_pause": "soon"}}"#;
        let problems = read(text, Format::Json).unwrap_err();
        let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        let expected = [
            "policy.flor",
            "policy.floor",
            "sessions.idle",
            "limits.factor_pause",
            "clients.a.redirect_uris[1]",
            "clients.a.redirect_uris[3]",
            "clients.\"b c\".client_secret",
            "clients.\"b c\".enabled",
        ];
        let mut sorted = (paths.clone(), expected.to_vec());
        sorted.0.sort_unstable();
        sorted.1.sort_unstable();
        assert_eq!(sorted.0, sorted.1, "{problems:#?}");
        assert!(!format!("{problems:?}").contains("hunter2"));
    }
}
