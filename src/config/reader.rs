//! Takes typed values out of a TOML table and remembers which names were asked for, so that a name nobody knows
//! is reported together with the nearest one that exists.

use std::time::Duration;

use toml::{Table, Value};

use super::duration;
use super::wrong::WrongSetting;

/// One table of the settings file.
#[derive(Debug)]
pub struct Section {
    file: String,
    /// `""` at the top, else `"sessions."` and so on.
    prefix: String,
    table: Table,
    known: Vec<&'static str>,
}

impl Section {
    /// The whole file.
    pub fn parse(file: &str, text: &str) -> Result<Self, WrongSetting> {
        let table = text.parse::<Table>().map_err(|error| not_toml(file, text, &error))?;
        Ok(Self { file: file.to_owned(), prefix: String::new(), table, known: Vec::new() })
    }

    /// Reads the section `name` with `read` and then insists that nothing in it is unknown. An absent one is empty.
    pub fn section<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section) -> Result<T, WrongSetting>,
    ) -> Result<T, WrongSetting> {
        let table = match self.take(name) {
            None => Table::new(),
            Some(Value::Table(table)) => table,
            Some(other) => {
                return Err(self.wrong(
                    name,
                    &show(&other),
                    &format!("write a section [{name}] with keys in it"),
                ));
            }
        };
        let prefix = format!("{}{name}.", self.prefix);
        let mut section = Section { file: self.file.clone(), prefix, table, known: Vec::new() };
        let value = read(&mut section).map_err(|wrong| wrong.in_file(&self.file))?;
        section.finish()?;
        Ok(value)
    }

    /// Fails when a name is left that nothing asked for.
    pub fn finish(self) -> Result<(), WrongSetting> {
        let Some((name, value)) = self.table.iter().next() else {
            return Ok(());
        };
        let what = if value.is_table() { "section" } else { "setting" };
        let right = match nearest(name, &self.known) {
            Some(near) => format!("write {}{near} if that is meant", self.prefix),
            None => format!("remove it; known here are {}", self.known.join(", ")),
        };
        Err(WrongSetting::new(format!("{}{name}", self.prefix), format!("is no {what} of Keyward"), right)
            .in_file(&self.file))
    }

    /// A text, when the key is there.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>, WrongSetting> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(name, &show(&other), "write a text in double quotes")),
        }
    }

    /// A list of texts; an absent one is empty.
    pub fn texts(&mut self, name: &'static str) -> Result<Option<Vec<String>>, WrongSetting> {
        let right = "write a list of texts, such as [\"one\", \"two\"]";
        match self.take(name) {
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

    /// A whole number between `least` and `most`, or `default`.
    pub fn number(
        &mut self,
        name: &'static str,
        default: u64,
        least: u64,
        most: u64,
    ) -> Result<u64, WrongSetting> {
        let found = match self.take(name) {
            None => return Ok(default),
            Some(found) => found,
        };
        let number = found.as_integer().and_then(|number| u64::try_from(number).ok());
        number.filter(|number| (least..=most).contains(number)).ok_or_else(|| {
            self.wrong(
                name,
                &show(&found),
                &format!("write a whole number from {least} to {most} (default {default})"),
            )
        })
    }

    /// A duration such as `"12h"`, or `default`.
    pub fn duration(&mut self, name: &'static str, default: Duration) -> Result<Duration, WrongSetting> {
        let found = match self.take(name) {
            None => return Ok(default),
            Some(found) => found,
        };
        found.as_str().and_then(duration::parse).ok_or_else(|| {
            let right = "write a whole number with s, m, h or d in double quotes, such as";
            self.wrong(name, &show(&found), &format!("{right} \"{}\"", duration::show(default)))
        })
    }

    /// One of a few words, or the first of them.
    pub fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&str, T)],
        default: T,
    ) -> Result<T, WrongSetting> {
        let Some(found) = self.take(name) else {
            return Ok(default);
        };
        let chosen = choices.iter().find(|(word, _)| found.as_str() == Some(word));
        chosen.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<_> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            self.wrong(name, &show(&found), &format!("write one of {}", words.join(", ")))
        })
    }

    /// A complaint about the key `name` of this section.
    pub fn wrong(&self, name: &str, seen: &str, right: &str) -> WrongSetting {
        WrongSetting::new(format!("{}{name}", self.prefix), seen, right).in_file(&self.file)
    }

    /// Whether nothing is set in it.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    pub(super) fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.table.remove(name)
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

fn not_toml(file: &str, text: &str, error: &toml::de::Error) -> WrongSetting {
    let line =
        error.span().map_or(1, |span| text.get(..span.start).unwrap_or(text).matches('\n').count() + 1);
    let fault = error.message().lines().collect::<Vec<_>>().join(", ");
    let right =
        "mend that line: settings are written as name = value, texts in double quotes, sections as [name]";
    WrongSetting::new("", format!("line {line} is not TOML ({fault})"), right).in_file(file)
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
