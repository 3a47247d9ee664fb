//! What an apply would change: a list of differences, secrets masked.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::without_nulls;
use super::error::Refused;
use super::model::{Model, client_secret_path};
use super::problem::part;
use super::validate::Target;
use crate::storage::{Generation, Revision};

/// For which configuration a plan was made. Applying it to another one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    generation: u64,
    revision: Option<Revision>,
}

impl Base {
    pub(super) fn of(generation: &Generation) -> Self {
        Self { generation: generation.number(), revision: generation.revision }
    }

    /// The number of the generation that counted.
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

/// What becomes of the value at a path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Added(Value),
    /// It is another one.
    Changed {
        /// What it is.
        before: Value,
        /// What it will be.
        after: Value,
    },
    /// It will be gone.
    Removed(Value),
    /// A secret will be another one. What it is, or was, is nobody's business.
    Secret(String),
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Where, as in the file.
    pub path: String,
    /// What.
    pub change: Change,
}

/// All that an apply would change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// For which configuration it was made.
    pub base: Base,
    /// The differences, in the order of the file.
    pub differences: Vec<Difference>,
}

impl Plan {
    /// What leads from `present` to `target`.
    pub(super) fn between(base: Base, present: &Model, target: &Target) -> Result<Self, Refused> {
        let tree = |model: &Model| {
            let tree = serde_json::to_value(model).map_err(|error| Refused::Impossible(error.to_string()));
            tree.map(without_nulls)
        };
        let mut differences = Vec::new();
        compare("", &tree(present)?, &tree(&Model::of(&target.state))?, &mut differences);
        let made = target
            .without_secret
            .iter()
            .map(|id| (client_secret_path(id.as_str()), "will be made, and shown once"));
        let given =
            target.new_secrets.iter().map(|path| (path.clone(), "will be the one that is referred to"));
        differences.extend(
            made.chain(given)
                .map(|(path, what)| Difference { path, change: Change::Secret(what.to_owned()) }),
        );
        Ok(Self { base, differences })
    }

    /// Whether nothing has another value.
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    /// Whether applying does anything: even the same values count from then on in place of the settings file's.
    pub fn does_something(&self) -> bool {
        !self.is_empty() || self.base.generation == 0
    }
}

/// Objects at these depths come and go as a whole: a client, a group.
pub(super) fn is_entry(path: &str) -> bool {
    path.starts_with("clients.") || path.starts_with("groups.")
}

fn compare(path: &str, before: &Value, after: &Value, differences: &mut Vec<Difference>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let names: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
            for name in names {
                let path = if path.is_empty() { part(name) } else { format!("{path}.{}", part(name)) };
                match (old.get(name), new.get(name)) {
                    (Some(before), Some(after)) => compare(&path, before, after, differences),
                    (Some(gone), None) => {
                        differences.push(Difference { path, change: Change::Removed(gone.clone()) })
                    }
                    (None, Some(new)) => {
                        differences.push(Difference { path, change: Change::Added(new.clone()) })
                    }
                    (None, None) => {}
                }
            }
        }
        (before, after) if before != after => {
            let change = Change::Changed { before: before.clone(), after: after.clone() };
            differences.push(Difference { path: path.to_owned(), change });
        }
        _ => {}
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = &self.path;
        match &self.change {
            Change::Added(_) | Change::Removed(_) if is_entry(path) && path.matches('.').count() == 1 => {
                let sign = if matches!(self.change, Change::Added(_)) { '+' } else { '-' };
                write!(f, "{sign} {path}")
            }
            Change::Added(value) => write!(f, "+ {path} = {value}"),
            Change::Removed(value) => write!(f, "- {path} = {value}"),
            Change::Changed { before, after } => write!(f, "~ {path}: {before} -> {after}"),
            Change::Secret(what) => write!(f, "~ {path}: {what}"),
        }
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for difference in &self.differences {
            writeln!(f, "{difference}")?;
        }
        match (self.differences.len(), self.does_something()) {
            (0, false) => writeln!(f, "Nothing differs."),
            (0, true) => writeln!(
                f,
                "No value differs. From the first apply on this configuration counts, and no longer the settings file's sections."
            ),
            (1, _) => writeln!(f, "1 difference."),
            (count, _) => writeln!(f, "{count} differences."),
        }
    }
}
