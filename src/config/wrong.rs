//! A wrong setting, said in one sentence: where it stands, key, what was seen, what would be right.

use std::fmt;

/// Why a start is refused. Its text is for the administrator who wrote the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongSetting {
    file: String,
    key: String,
    seen: String,
    right: String,
    meant: Option<String>,
}

impl WrongSetting {
    /// `key` (full name, with its section) holds `seen`; `right` says what to write instead, as a clause.
    pub fn new(key: impl Into<String>, seen: impl fmt::Display, right: impl fmt::Display) -> Self {
        let (seen, right) = (seen.to_string(), right.to_string());
        Self { file: String::new(), key: key.into(), seen, right, meant: None }
    }

    /// The key is no setting; `meant` is the one that was meant, as far as can be guessed.
    pub(super) fn meaning(mut self, meant: Option<String>) -> Self {
        self.meant = meant;
        self
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

    /// Where it stands, and what was seen.
    pub fn finding(&self) -> String {
        let Self { file, key, seen, .. } = self;
        if key.is_empty() { format!("{file}: {seen}") } else { format!("{file}: {key} {seen}") }
    }

    /// What would be right, as a clause.
    pub fn mend(&self) -> &str {
        &self.right
    }

    /// The full name of the key at fault; empty when the file as a whole is.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The full name of the setting that stays unknown by this.
    pub(super) fn concerns(&self) -> &str {
        self.meant.as_deref().unwrap_or(&self.key)
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
        write!(f, "{}; {}.", self.finding(), self.right)
    }
}

impl std::error::Error for WrongSetting {}
