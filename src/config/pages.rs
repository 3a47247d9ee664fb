//! `[pages]`: how pages look and whom they name.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::reader::Section;
use super::wrong::{WrongSetting, first};

/// The section `[pages]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    /// A folder whose templates stand before the built-in ones.
    pub folder: Option<PathBuf>,
    /// The organisation's name, shown on every page; `Keyward` by default.
    pub organisation: String,
    /// Whom to ask for help: shown with the request id on error pages. A mail address, number or sentence.
    pub support: Option<String>,
    /// The language where nobody wishes one that there are texts in; English by default.
    pub language: Option<String>,
}

/// Whom pages name, and in which language they speak to whoever wishes none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// The organisation's name, shown on every page; `Keyward` by default.
    pub organisation: String,
    /// Whom to ask for help: shown with the request id on error pages. A mail address, number or sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support: Option<String>,
    /// The language where nobody wishes one that there are texts in; English by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl Default for Names {
    fn default() -> Self {
        Self { organisation: "Keyward".to_owned(), support: None, language: None }
    }
}

impl Names {
    /// They are short and of one line.
    pub fn faults(&self) -> Vec<WrongSetting> {
        let fits =
            |text: &str| (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        let named = [
            ("pages.organisation", Some(&self.organisation)),
            ("pages.support", self.support.as_ref()),
            ("pages.language", self.language.as_ref()),
        ];
        let wrong = named.into_iter().filter(|(_, text)| text.is_some_and(|text| !fits(text)));
        let seen = "is empty, too long or has control characters";
        wrong.map(|(key, _)| WrongSetting::new(key, seen, "write 1 to 200 characters on one line")).collect()
    }
}

impl Pages {
    /// Whom they name.
    pub fn names(&self) -> Names {
        Names {
            organisation: self.organisation.clone(),
            support: self.support.clone(),
            language: self.language.clone(),
        }
    }

    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        Ok(Self {
            folder: section.path("folder")?,
            organisation: section.text_or("organisation", "Keyward")?,
            support: section.text("support")?,
            language: section.text("language")?,
        })
    }

    /// The folder exists; texts are short and of one line. Whether there are texts in the language is seen when the pages are read.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        if let Some(folder) = self.folder.as_ref().filter(|folder| !folder.is_dir()) {
            let seen = format!("is \"{}\", where there is no folder", folder.display());
            return Err(WrongSetting::new(
                "pages.folder",
                seen,
                "make the folder, or remove the setting to use the built-in pages",
            ));
        }
        first(self.names().faults())
    }
}
