//! `[pages]`: how pages look and whom they name.

use std::path::PathBuf;

use super::reader::Section;
use super::wrong::WrongSetting;

/// The section `[pages]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    /// A folder whose templates stand before the built-in ones.
    pub folder: Option<PathBuf>,
    /// The organisation's name, shown on every page; `Keyward` by default.
    pub organisation: String,
    /// Whom to ask for help: shown with the request id on error pages. A mail address, number or sentence.
    pub support: Option<String>,
}

impl Pages {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        Ok(Self {
            folder: section.path("folder")?,
            organisation: section.text_or("organisation", "Keyward")?,
            support: section.text("support")?,
        })
    }

    /// The folder exists; texts are short and of one line.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        if let Some(folder) = self.folder.as_ref().filter(|folder| !folder.is_dir()) {
            let seen = format!("is \"{}\", where there is no folder", folder.display());
            return Err(WrongSetting::new(
                "pages.folder",
                seen,
                "make the folder, or remove the setting to use the built-in pages",
            ));
        }
        for (key, text) in
            [("pages.organisation", Some(&self.organisation)), ("pages.support", self.support.as_ref())]
        {
            let fits = |text: &String| {
                (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control)
            };
            if text.is_some_and(|text| !fits(text)) {
                let right = "write 1 to 200 characters on one line";
                return Err(WrongSetting::new(key, "is empty, too long or has control characters", right));
            }
        }
        Ok(())
    }
}
