//! `[storage]`: the embedded engine's settings.

use super::reader::Section;
use super::wrong::WrongSetting;

/// The embedded engines to choose from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EngineName {
    /// redb, unless something else is wanted.
    #[default]
    Redb,
    /// sled.
    Sled,
}

impl EngineName {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Redb, Self::Sled];

    /// Where its store stands in the data folder.
    pub fn place(self) -> &'static str {
        match self {
            Self::Redb => "store.redb",
            Self::Sled => "store.sled",
        }
    }
}

impl std::fmt::Display for EngineName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Redb => "redb",
            Self::Sled => "sled",
        })
    }
}

impl std::str::FromStr for EngineName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|name| name.to_string() == text);
        known.ok_or_else(|| "known are redb, sled".to_owned())
    }
}

/// The section `[storage]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// Which engine keeps the store.
    pub engine: EngineName,
    /// Memory for the engine's page cache, in MiB; 64 by default.
    pub cache_mib: u64,
}

impl Storage {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        let names = [("redb", EngineName::Redb), ("sled", EngineName::Sled)];
        let engine = section.choice("engine", &names, EngineName::default())?;
        Ok(Self { engine, cache_mib: section.number("cache_mib", 64, 1, 65_536)? })
    }

    /// [`Self::cache_mib`] in bytes.
    pub fn cache_bytes(&self) -> usize {
        usize::try_from(self.cache_mib).unwrap_or(64).saturating_mul(1024 * 1024)
    }

    /// Nothing beyond the range that was checked when reading.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        Ok(())
    }
}
