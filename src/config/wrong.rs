//! A wrong setting, said in one sentence: where it stands, key, what was seen, what would be right.

use std::fmt;

/// Why a start is refused. Its text is for the administrator who wrote the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongSetting {
    file: String,
    key: String,
    seen: String,
    right: String,
}

impl WrongSetting {
    /// `key` (full name, with its section) holds `seen`; `right` says what to write instead, as a clause.
    pub fn new(key: impl Into<String>, seen: impl fmt::Display, right: impl fmt::Display) -> Self {
        Self { file: String::new(), key: key.into(), seen: seen.to_string(), right: right.to_string() }
    }

    /// Names the file, variable or option, unless one is named already.
    pub fn in_file(mut self, file: &str) -> Self {
        if self.file.is_empty() {
            file.clone_into(&mut self.file);
        }
        self
    }

    /// What was seen, and what would be right.
    pub fn sentence(&self) -> String {
        format!("{}; {}", self.seen, self.right)
    }

    /// The full name of the key at fault; empty when the file as a whole is.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The file cannot be read.
    pub(super) fn unreadable(file: &str, error: &std::io::Error) -> Self {
        let right = "name a readable file with --settings, or leave --settings out to use the defaults";
        Self::new("", format!("cannot be read ({error})"), right).in_file(file)
    }
}

/// The first of `faults`, if there is one.
pub fn first(faults: Vec<WrongSetting>) -> Result<(), WrongSetting> {
    faults.into_iter().next().map_or(Ok(()), Err)
}

impl fmt::Display for WrongSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, key, seen, right } = self;
        if key.is_empty() {
            write!(f, "{file}: {seen}; {right}.")
        } else {
            write!(f, "{file}: {key} {seen}; {right}.")
        }
    }
}

impl std::error::Error for WrongSetting {}
