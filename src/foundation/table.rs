//! Tables in CSV (RFC 4180), as spreadsheets and makers of devices write them: cells are data, whatever they look like.

use csv::{ReaderBuilder, StringRecord, StringRecordsIntoIter, Trim};

/// The largest table: 2 MiB.
pub const LARGEST: usize = 2 * 1024 * 1024;

/// Why a text is no table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It is larger than [`LARGEST`].
    #[error("the file is larger than 2 MiB; split it")]
    TooLarge,
    /// It is no CSV. The sentence names no cell.
    #[error(transparent)]
    Csv(#[from] csv::Error),
}

/// A table: its first row, and one after the other the rest, each with its line, from 1. Rows may be shorter or longer than the
/// first.
pub struct Table<'a> {
    header: StringRecord,
    rows: StringRecordsIntoIter<&'a [u8]>,
    lines: Lines<'a>,
}

impl<'a> Table<'a> {
    /// `text` as a table, comma-separated, or separated by semicolons as spreadsheets write it where the comma is the decimal
    /// sign.
    pub fn open(text: &'a str) -> Result<Self, TableError> {
        if text.len() > LARGEST {
            return Err(TableError::TooLarge);
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let first = text.lines().next().unwrap_or_default();
        let delimiter = if first.contains(';') && !first.contains(',') { b';' } else { b',' };
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).flexible(true).trim(Trim::All);
        let mut reader = builder.from_reader(text.as_bytes());
        let header = reader.headers()?.clone();
        Ok(Self { header, rows: reader.into_records(), lines: Lines::new(text) })
    }

    /// The first row, which names the columns.
    pub fn header(&self) -> &StringRecord {
        &self.header
    }
}

impl Iterator for Table<'_> {
    type Item = Result<(u64, StringRecord), TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next()?;
        Some(row.map(|row| (self.lines.of(&row), row)).map_err(TableError::from))
    }
}

/// Counts lines as an editor does. The reader's own count stands before the line's end where that is CR LF, and before
/// empty lines.
struct Lines<'a> {
    text: &'a [u8],
    counted: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), counted: 0, line: 1 }
    }

    /// The line on which `record` begins; records come in order.
    fn of(&mut self, record: &StringRecord) -> u64 {
        let begun = record.position().and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or(self.counted);
        for (place, byte) in self.text.iter().enumerate().skip(self.counted) {
            if place >= begun && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.counted = place + 1;
        }
        self.line
    }
}
