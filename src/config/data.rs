//! `[data]`: where records and the master key lie.

use std::path::PathBuf;

use super::reader::Section;
use super::wrong::WrongSetting;

/// The section `[data]`. Relative paths start in the folder of the settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// The data folder; `keyward-data` by default.
    pub folder: PathBuf,
    /// The folder of the master key, apart from what it seals; `keys` by default.
    pub keys: PathBuf,
}

impl Data {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        Ok(Self {
            folder: section.path_or("folder", "keyward-data")?,
            keys: section.path_or("keys", "keys")?,
        })
    }

    /// The master key may not lie among the data it seals: a copy of the folder would open itself.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        if self.folder.as_os_str().is_empty() {
            return Err(WrongSetting::new(
                "data.folder",
                "is empty",
                "name a folder, such as \"/var/lib/keyward\"",
            ));
        }
        if self.keys.starts_with(&self.folder) {
            let seen = format!("is \"{}\", inside data.folder", self.keys.display());
            let right = "choose a folder outside, so that a copy of the data does not carry its key";
            return Err(WrongSetting::new("data.keys", seen, right));
        }
        Ok(())
    }
}
