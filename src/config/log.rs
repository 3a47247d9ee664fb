//! `[log]`: what is logged to the standard error stream, and how.

use super::reader::Section;
use super::wrong::WrongSetting;

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// From which weight on an event is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What needs mending.
    Error,
    /// And what may need it.
    Warn,
    /// And what happens in normal operation.
    Info,
    /// And why.
    Debug,
}

/// The section `[log]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// How a line looks; text by default.
    pub format: Format,
    /// From which weight on; `info` by default.
    pub level: Level,
}

impl Log {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        let formats = [("text", Format::Text), ("json", Format::Json)];
        let levels =
            [("error", Level::Error), ("warn", Level::Warn), ("info", Level::Info), ("debug", Level::Debug)];
        Ok(Self {
            format: section.choice("format", &formats, Format::Text)?,
            level: section.choice("level", &levels, Level::Info)?,
        })
    }
}
