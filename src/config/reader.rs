//! Takes typed values out of a TOML table and remembers which names were asked for, so that a name nobody knows
//! is reported together with the nearest one that exists.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Value;

use super::duration;
use super::sources::{self, Form, Given, Place, Tree};
use super::wrong::WrongSetting;

/// One section of the settings, wherever they were given.
#[derive(Debug)]
pub struct Section {
    file: String,
    /// In which relative paths of the file start.
    folder: PathBuf,
    /// `""` at the top, else `"sessions."` and so on.
    prefix: String,
    tree: Tree,
    known: Vec<&'static str>,
    effective: Vec<Effective>,
}

/// What holds for one setting, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Its full name.
    pub key: String,
    /// Its value as TOML; empty where there is none.
    pub value: String,
    /// Where it was given; `None` for a default.
    pub place: Option<Place>,
}

/// What is asked for, which decides what a text typed outside the file means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    List,
    Number,
    /// Where a secret stands, as a small table.
    Reference,
}

impl Section {
    /// The whole of a file.
    pub fn parse(file: &str, text: &str) -> Result<Self, WrongSetting> {
        Ok(Self::new(file, Path::new(""), sources::parse(file, text)?))
    }

    /// The top of `tree`; `file` names its file in messages, relative paths in it start in `folder`.
    pub(super) fn new(file: &str, folder: &Path, tree: Tree) -> Self {
        let (file, folder, prefix) = (file.to_owned(), folder.to_owned(), String::new());
        Self { file, folder, prefix, tree, known: Vec::new(), effective: Vec::new() }
    }

    /// Reads the section `name` with `read` and then insists that nothing in it is unknown. An absent one is empty.
    pub fn section<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section) -> Result<T, WrongSetting>,
    ) -> Result<T, WrongSetting> {
        self.known.push(name);
        let tree = match self.tree.remove(name) {
            None => Tree::new(),
            Some(Given { form: Form::Section(tree), .. }) => tree,
            Some(other) => {
                let place = other.place.to_string();
                let seen = show(&other.value(Kind::Text));
                let right = format!("write a section [{name}] with keys in it");
                return Err(WrongSetting::new(format!("{}{name}", self.prefix), seen, right).in_file(&place));
            }
        };
        let mut section = Section::new(&self.file, &self.folder, tree);
        section.prefix = format!("{}{name}.", self.prefix);
        let value = read(&mut section).map_err(|wrong| wrong.in_file(&self.file))?;
        self.effective.extend(section.finish()?);
        Ok(value)
    }

    /// Fails when a name is left that nothing asked for; otherwise tells all that was asked for.
    pub fn finish(self) -> Result<Vec<Effective>, WrongSetting> {
        let Some((name, given)) = self.tree.iter().next() else {
            return Ok(self.effective);
        };
        let what = if matches!(given.form, Form::Section(_)) { "section" } else { "setting" };
        let meant = nearest(name, &self.known).map(|near| format!("{}{near}", self.prefix));
        let right = match &meant {
            Some(meant) => format!("write {meant} if that is meant"),
            None => format!("remove it; known here are {}", self.known.join(", ")),
        };
        let wrong =
            WrongSetting::new(format!("{}{name}", self.prefix), format!("is no {what} of Keyward"), right);
        Err(wrong.meaning(meant).in_file(&given.place.to_string()))
    }

    /// A text, when it is given.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>, WrongSetting> {
        let Some(found) = self.take(name, Kind::Text, "") else { return Ok(None) };
        match found {
            Value::String(text) => Ok(Some(text)),
            other => Err(self.wrong(name, &show(&other), "write a text in double quotes")),
        }
    }

    /// A text, or `default`.
    pub fn text_or(&mut self, name: &'static str, default: &str) -> Result<String, WrongSetting> {
        let text = self.text(name)?;
        self.note_default(name, &Value::from(default).to_string());
        Ok(text.unwrap_or_else(|| default.to_owned()))
    }

    /// A path, when it is given. In the file relative ones start in the file's folder, elsewhere in the working folder.
    pub fn path(&mut self, name: &'static str) -> Result<Option<PathBuf>, WrongSetting> {
        Ok(self.text(name)?.map(|path| self.start_of(name, &path)))
    }

    /// The `path` that was given for `name`, from where it starts.
    pub(super) fn start_of(&self, name: &str, path: &str) -> PathBuf {
        let typed = matches!(self.place(name), Some(Place::Variable(_) | Place::Option));
        if typed { PathBuf::from(path) } else { self.folder.join(path) }
    }

    /// A path, or `default` in the file's folder.
    pub fn path_or(&mut self, name: &'static str, default: &str) -> Result<PathBuf, WrongSetting> {
        let path = self.path(name)?;
        self.note_default(name, &Value::from(default).to_string());
        Ok(path.unwrap_or_else(|| self.folder.join(default)))
    }

    /// A list of texts, when it is given.
    pub fn texts(&mut self, name: &'static str) -> Result<Option<Vec<String>>, WrongSetting> {
        let right = "write a list of texts, such as [\"one\", \"two\"]";
        match self.take(name, Kind::List, "[]") {
            None => Ok(None),
            Some(Value::Array(list)) => list
                .into_iter()
                .map(|entry| match entry {
                    Value::String(text) => Ok(text),
                    other => Err(self.wrong(name, &format!("has the entry {}", plain(&other)), right)),
                })
                .collect::<Result<_, _>>()
                .map(Some),
            Some(other) => Err(self.wrong(name, &show(&other), right)),
        }
    }

    /// A list of texts, or `default`.
    pub fn texts_or(&mut self, name: &'static str, default: &[&str]) -> Result<Vec<String>, WrongSetting> {
        let texts = self.texts(name)?;
        self.note_default(name, &Value::from(default.to_vec()).to_string());
        Ok(texts.unwrap_or_else(|| default.iter().map(|text| (*text).to_owned()).collect()))
    }

    /// A whole number between `least` and `most`, or `default`.
    pub fn number(
        &mut self,
        name: &'static str,
        default: u64,
        least: u64,
        most: u64,
    ) -> Result<u64, WrongSetting> {
        let Some(found) = self.take(name, Kind::Number, &default.to_string()) else { return Ok(default) };
        let number = found.as_integer().and_then(|number| u64::try_from(number).ok());
        number.filter(|number| (least..=most).contains(number)).ok_or_else(|| {
            let right = format!("write a whole number from {least} to {most} (default {default})");
            self.wrong(name, &show(&found), &right)
        })
    }

    /// A duration such as `"12h"`, or `default`.
    pub fn duration(&mut self, name: &'static str, default: Duration) -> Result<Duration, WrongSetting> {
        let usual = format!("\"{}\"", duration::show(default));
        let Some(found) = self.take(name, Kind::Text, &usual) else { return Ok(default) };
        found.as_str().and_then(duration::parse).ok_or_else(|| {
            let right = "write a whole number with s, m, h or d in double quotes, such as";
            self.wrong(name, &show(&found), &format!("{right} {usual}"))
        })
    }

    /// One of a few words, or `default`.
    pub fn choice<T: Copy + PartialEq>(
        &mut self,
        name: &'static str,
        choices: &[(&str, T)],
        default: T,
    ) -> Result<T, WrongSetting> {
        let usual = choices.iter().find(|(_, value)| *value == default);
        let usual = usual.map(|(word, _)| format!("\"{word}\"")).unwrap_or_default();
        let Some(found) = self.take(name, Kind::Text, &usual) else { return Ok(default) };
        let chosen = choices.iter().find(|(word, _)| found.as_str() == Some(word));
        chosen.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<_> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            self.wrong(name, &show(&found), &format!("write one of {}", words.join(", ")))
        })
    }

    /// A complaint about the key `name` of this section.
    pub fn wrong(&self, name: &str, seen: &str, right: &str) -> WrongSetting {
        let place = self.place(name).map_or_else(|| self.file.clone(), ToString::to_string);
        WrongSetting::new(format!("{}{name}", self.prefix), seen, right).in_file(&place)
    }

    /// Whether nothing is set in it.
    pub fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// Whether `name`, which was asked for, was given.
    pub fn is_given(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    /// Where `name`, which was asked for, was given.
    pub(super) fn place(&self, name: &str) -> Option<&Place> {
        let key = format!("{}{name}", self.prefix);
        self.effective.iter().rev().find(|effective| effective.key == key)?.place.as_ref()
    }

    /// Takes what was given for `name`, and notes what holds: that, or `default` (as TOML).
    pub(super) fn take(&mut self, name: &'static str, kind: Kind, default: &str) -> Option<Value> {
        self.known.push(name);
        let given = self.tree.remove(name);
        let place = given.as_ref().map(|given| given.place.clone());
        let value = given.map(|given| given.value(kind));
        let shown = value.as_ref().map_or_else(|| default.to_owned(), ToString::to_string);
        self.effective.push(Effective { key: format!("{}{name}", self.prefix), value: shown, place });
        value
    }

    /// Notes the `default` of what was just asked for and not given.
    fn note_default(&mut self, name: &str, default: &str) {
        let key = format!("{}{name}", self.prefix);
        if let Some(last) = self.effective.last_mut().filter(|last| last.key == key && last.place.is_none()) {
            default.clone_into(&mut last.value);
        }
    }
}

impl Given {
    /// The value as the file would give it. What was typed elsewhere is TOML of the wanted kind, or else a bare text.
    fn value(self, kind: Kind) -> Value {
        let typed = match self.form {
            Form::Value(value) => return value,
            Form::Section(tree) => {
                let values = tree.into_iter().map(|(name, given)| (name, given.value(Kind::Text)));
                return Value::Table(values.collect());
            }
            Form::Typed(typed) => typed,
        };
        let written = format!("value = {typed}").parse::<toml::Table>().ok();
        let written = written.and_then(|mut table| table.remove("value"));
        match (kind, written) {
            (Kind::Text, Some(value @ Value::String(_)))
            | (Kind::List, Some(value @ Value::Array(_)))
            | (Kind::Number, Some(value @ Value::Integer(_)))
            | (Kind::Reference, Some(value @ Value::Table(_))) => value,
            (Kind::List, _) => {
                let entries = typed.split(',').map(str::trim).filter(|entry| !entry.is_empty());
                Value::Array(entries.map(Value::from).collect())
            }
            _ => Value::String(typed),
        }
    }
}

fn show(value: &Value) -> String {
    format!("is {}", plain(value))
}

/// A value as the file shows it, cut short.
fn plain(value: &Value) -> String {
    let text = match value {
        Value::Table(_) => return "a section".to_owned(),
        other => other.to_string(),
    };
    if text.chars().count() <= 80 { text } else { text.chars().take(80).chain(['…']).collect() }
}

/// The known name that differs least from `name`, if few letters differ.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let (distance, near) = known.iter().map(|known| (edit_distance(&name, known), *known)).min()?;
    (distance <= 1 + near.len() / 4).then_some(near)
}

/// Levenshtein's distance: how many letters to insert, remove or replace.
fn edit_distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (above, other) in row.iter_mut().skip(1).zip(to.chars()) {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = *above;
            left = replaced.min(*above + 1).min(left + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}
