//! `[storage]`: the embedded engine's settings.

use super::reader::Section;
use super::wrong::WrongSetting;

/// The section `[storage]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// Memory for the engine's page cache, in MiB; 64 by default.
    pub cache_mib: u64,
}

impl Storage {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        Ok(Self { cache_mib: section.number("cache_mib", 64, 1, 65_536)? })
    }

    /// Nothing beyond the range that was checked when reading.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        Ok(())
    }
}
