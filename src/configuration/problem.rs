//! What is wrong with a configuration: each time the path in the file, what was seen, what would be right.

use serde::{Deserialize, Serialize};

/// No more are listed; who has so many has written another kind of file.
pub const MOST: usize = 100;

/// Something wrong, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// Where, such as `clients.jira.redirect_uris[0]`; empty for the file as a whole.
    pub path: String,
    /// What was seen and what would be right. Never holds a secret.
    pub sentence: String,
}

impl Problem {
    /// At `path`, in these words.
    pub fn at(path: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { path: path.into(), sentence: sentence.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, sentence } = self;
        if path.is_empty() { write!(f, "{sentence}.") } else { write!(f, "{path} {sentence}.") }
    }
}

/// A part of a path, quoted where it could be read otherwise.
pub fn part(name: &str) -> String {
    let plain =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let shown: String = name.chars().take(100).collect();
    if plain && shown.len() == name.len() { shown } else { format!("{shown:?}") }
}
