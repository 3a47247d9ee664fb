//! Where settings stand: the settings file, environment variables over it, and `--set` over both.
//!
//! `KEYWARD_SESSIONS__IDLE=30m` and `--set sessions.idle=30m` mean what `idle = "30m"` means in the section `[sessions]`.
//! Outside the file texts need no quotes, and a list may be written with commas; anything else is TOML.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::wrong::WrongSetting;

/// What the names of our environment variables begin with.
const PREFIX: &str = "KEYWARD_";
/// The variable that names the settings file, as `--settings` does.
const FILE: &str = "KEYWARD_SETTINGS";

/// What a start was given.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    file: Option<PathBuf>,
    variables: Vec<(String, String)>,
    options: Vec<String>,
}

/// Names and what stands at them.
pub(super) type Tree = BTreeMap<String, Given>;

/// A value or section, and where it was given.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) form: Form,
    pub(super) place: Place,
}

#[derive(Debug, Clone)]
pub(super) enum Form {
    Value(Value),
    /// As typed outside the file; what it means depends on what is asked for.
    Typed(String),
    Section(Tree),
}

/// Where a setting was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the file of this name, on this line, counted from 1.
    File(String, usize),
    /// In this environment variable.
    Variable(String),
    /// In an option `--set`.
    Option,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(name, line) => write!(f, "{name}, line {line}"),
            Self::Variable(name) => f.write_str(name),
            Self::Option => f.write_str("--set"),
        }
    }
}

impl Sources {
    /// The settings file alone, or nothing at all.
    pub fn file(file: Option<&Path>) -> Self {
        Self { file: file.map(Path::to_owned), ..Self::default() }
    }

    /// `file` (or the one that `KEYWARD_SETTINGS` names), the variables of this process's environment, and `options`, each
    /// `section.key=value`.
    pub fn of_process(file: Option<&Path>, options: &[String]) -> Self {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let all = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
        Self::new(file, all, options)
    }

    /// The same with an environment of the caller's own.
    pub fn new(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        options: &[String],
    ) -> Self {
        let ours = environment.filter(|(name, _)| name.starts_with(PREFIX));
        let (named, mut variables): (Vec<_>, Vec<_>) = ours.partition(|(name, _)| name == FILE);
        variables.sort();
        let named = named.into_iter().map(|(_, value)| PathBuf::from(value)).next();
        Self { file: file.map(Path::to_owned).or(named), variables, options: options.to_vec() }
    }

    /// The file's name in messages.
    pub(super) fn name(&self) -> String {
        self.file.as_ref().map_or_else(|| "(no settings file)".to_owned(), |path| path.display().to_string())
    }

    /// The folder in which relative paths of the file start.
    pub(super) fn folder(&self) -> &Path {
        self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""))
    }

    /// Everything, each setting from its strongest source.
    pub(super) fn tree(&self) -> Result<Tree, WrongSetting> {
        let mut tree = match &self.file {
            None => Tree::new(),
            Some(path) => {
                let read = std::fs::read_to_string(path);
                let text = read.map_err(|error| WrongSetting::unreadable(&self.name(), &error))?;
                parse(&self.name(), &text)?
            }
        };
        for (name, value) in &self.variables {
            let path = name.get(PREFIX.len()..).unwrap_or_default().to_ascii_lowercase().replace("__", ".");
            insert(&mut tree, &path, value, Place::Variable(name.clone()));
        }
        for option in &self.options {
            let (path, value) = option.split_once('=').ok_or_else(|| {
                let seen = format!("has no = in \"{option}\"");
                WrongSetting::new("", seen, "write --set section.name=value").in_file("--set")
            })?;
            insert(&mut tree, path.trim(), value, Place::Option);
        }
        Ok(tree)
    }
}

/// Puts `value` at the dotted `path`. A value that stands where a section should is left to be complained of.
fn insert(tree: &mut Tree, path: &str, value: &str, place: Place) {
    let Some((section, rest)) = path.split_once('.') else {
        tree.insert(path.to_owned(), Given { form: Form::Typed(value.to_owned()), place });
        return;
    };
    let empty = Given { form: Form::Section(Tree::new()), place: place.clone() };
    if let Form::Section(inner) = &mut tree.entry(section.to_owned()).or_insert(empty).form {
        insert(inner, rest, value, place);
    }
}

/// Takes out what stands at the dotted `path`, or else the section it would stand in. Whether there was any of it.
pub(super) fn remove(tree: &mut Tree, path: &str) -> bool {
    let Some((section, rest)) = path.split_once('.') else { return tree.remove(path).is_some() };
    let inside = match tree.get_mut(section) {
        Some(Given { form: Form::Section(inner), .. }) => remove(inner, rest),
        _ => false,
    };
    inside || tree.remove(section).is_some()
}

/// The tree of a file's `text`.
pub(super) fn parse(file: &str, text: &str) -> Result<Tree, WrongSetting> {
    let wrong = |error: toml::de::Error| not_toml(file, text, &error);
    let values = text.parse::<Table>().map_err(wrong)?;
    let spans = DeTable::parse(text).map_err(wrong)?;
    Ok(branch(values, spans.get_ref(), &|offset| Place::File(file.to_owned(), line(text, offset))))
}

fn branch(values: Table, spans: &DeTable<'_>, place: &dyn Fn(usize) -> Place) -> Tree {
    let mut tree = Tree::new();
    for (name, value) in values {
        let found = spans.iter().find(|(key, _)| key.get_ref().as_ref() == name.as_str());
        let place_of = place(found.map_or(0, |(key, _)| key.span().start));
        let form = match (value, found.map(|(_, value)| value.get_ref())) {
            (Value::Table(inner), Some(DeValue::Table(spans))) => Form::Section(branch(inner, spans, place)),
            (value, _) => Form::Value(value),
        };
        tree.insert(name, Given { form, place: place_of });
    }
    tree
}

fn line(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or(text).matches('\n').count() + 1
}

fn not_toml(file: &str, text: &str, error: &toml::de::Error) -> WrongSetting {
    let line = error.span().map_or(1, |span| line(text, span.start));
    let fault = error.message().lines().collect::<Vec<_>>().join(", ");
    let right =
        "mend that line: settings are written as name = value, texts in double quotes, sections as [name]";
    WrongSetting::new("", format!("line {line} is not TOML ({fault})"), right).in_file(file)
}
