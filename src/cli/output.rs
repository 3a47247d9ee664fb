//! What a command's answer looks like: for people, or as JSON for scripts.

use serde::Serialize;

use super::installation::Installation;
use super::{Failed, Place, say};
use crate::commands::Command;

/// Where a command is performed, and how its answer is written.
#[derive(Debug, Clone, clap::Args)]
pub struct Asking {
    /// Write the answer as JSON, for scripts
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub(super) place: Place,
}

impl Asking {
    /// Has `command` performed, and writes its answer: as JSON, or as `words` says.
    pub async fn of<C: Command>(
        &self,
        command: C,
        words: impl FnOnce(&C::Answer) -> String,
    ) -> Result<(), Failed> {
        let answer = Installation::at(&self.place)?.perform(command).await?;
        self.write(&answer, words)
    }

    /// Writes an answer: as JSON, or as `words` says.
    pub fn write<A: Serialize + ?Sized>(
        &self,
        answer: &A,
        words: impl FnOnce(&A) -> String,
    ) -> Result<(), Failed> {
        if self.json {
            let text = serde_json::to_string_pretty(answer).map_err(Failed::from_error)?;
            say(&format!("{text}\n"));
        } else {
            say(&words(answer));
        }
        Ok(())
    }
}

/// Lines in columns as wide as their widest cell, under a heading; a sentence where there are none.
pub fn table<const N: usize>(heading: [&str; N], lines: &[[String; N]], none: &str) -> String {
    if lines.is_empty() {
        return format!("{none}\n");
    }
    let heading = heading.map(str::to_owned);
    let all = || std::iter::once(&heading).chain(lines);
    let mut widths = [0; N];
    for line in all() {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for line in all() {
        let cells = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A name and its value on each line.
pub fn facts(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    lines.iter().map(|(name, value)| format!("{name:width$}  {value}\n")).collect()
}
