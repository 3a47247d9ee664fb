//! Secrets of the settings: never written out in the file, but named there as `{ file = "…" }` or `{ env = "…" }`.

use std::env::VarError;

use toml::Value;

use super::reader::{Kind, Section};
use super::wrong::WrongSetting;
use crate::foundation::secret::Hidden;

const RIGHT: &str =
    "write { file = \"PATH\" } or { env = \"NAME\" }, so that the settings file itself holds no secret";

/// The library's own words repeat the value that cannot be read.
fn unreadable(error: &VarError) -> &'static str {
    match error {
        VarError::NotPresent => "it is not set",
        VarError::NotUnicode(_) => "it is not UTF-8",
    }
}

impl Section {
    /// The secret that the key refers to, read now; relative paths start where those of settings do. One line end after it does not belong
    /// to it. What stands in the settings file in its place is never repeated in a message.
    pub fn secret(&mut self, name: &'static str) -> Result<Option<Hidden>, WrongSetting> {
        let reference = match self.take(name, Kind::Reference, "") {
            None => return Ok(None),
            Some(Value::Table(reference)) if reference.len() == 1 => reference,
            Some(_) => return Err(self.wrong(name, "is no reference to one place", RIGHT)),
        };
        let text = |key: &str| reference.get(key).and_then(Value::as_str);
        let (place, found) = match (text("file"), text("env")) {
            (Some(file), None) => (
                format!("file \"{file}\""),
                std::fs::read_to_string(self.start_of(name, file)).map_err(|error| error.to_string()),
            ),
            (None, Some(variable)) => (
                format!("environment variable \"{variable}\""),
                std::env::var(variable).map_err(|error| unreadable(&error).to_owned()),
            ),
            _ => return Err(self.wrong(name, "names no place that is known", RIGHT)),
        };
        let found = found.map(zeroize::Zeroizing::new).map_err(|why| {
            self.wrong(
                name,
                &format!("refers to the {place}, which gives nothing ({why})"),
                "put the secret there",
            )
        })?;
        let secret =
            found.strip_suffix('\n').map_or(found.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
        if secret.is_empty() || secret.chars().any(char::is_control) {
            let seen = format!("refers to the {place}, which is empty or has more than one line");
            return Err(self.wrong(name, &seen, "put the secret there, on one line"));
        }
        Ok(Some(Hidden::new(secret)))
    }
}
