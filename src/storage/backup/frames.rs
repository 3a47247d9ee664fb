//! The records of a backup, one after another.
//!
//! Layout, big-endian: `keyward backup\n`, format (2), length (4) and JSON of the head, CRC-32C (4) of head; then a frame for
//! each record in key order: length of the key (4), length of the envelope (4), key, envelope, CRC-32C (4) over all of them;
//! then the end: zero (4), number of records (8), SHA-256 (32) over everything before the zero, HMAC-SHA256 (32) of that digest
//! under a key derived from the master key.

use std::io::{ErrorKind, Read, Write};

use aws_lc_rs::digest::{Context, SHA256};

use super::{Authentication, BackupError, Head, Summary, Whole};
use crate::foundation::Timestamp;
use crate::storage::{ExportSink, Key, StorageError, StoreMark, envelope, limits};

const MAGIC: &[u8] = b"keyward backup\n";
/// The format of the frames. Newer ones are refused (R-ST-04).
pub const FORMAT: u16 = 2;
const HEAD_BYTES: usize = 4 * 1024;
/// A value and the fields around it.
const ENVELOPE_BYTES: usize = limits::VALUE_BYTES + 64;

/// The bytes of one record.
pub fn frame(key: &Key, envelope: &[u8]) -> Vec<u8> {
    let key = key.as_bytes();
    let mut bytes = Vec::with_capacity(key.len() + envelope.len() + 12);
    bytes.extend_from_slice(&length(key));
    bytes.extend_from_slice(&length(envelope));
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(envelope);
    let checksum = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&checksum.to_be_bytes());
    bytes
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// Counts and digests what passes, so that two copies can be compared.
struct Tally {
    digest: Context,
    bytes: u64,
    records: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { digest: Context::new(&SHA256), bytes: 0, records: 0 }
    }
}

impl Tally {
    fn add(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    }

    fn summary(&self) -> Summary {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.digest.clone().finish().as_ref());
        Summary { records: self.records, bytes: self.bytes, digest }
    }
}

/// Writes an export as frames.
pub struct FrameWriter<W> {
    output: W,
    made_at: Timestamp,
    authentication: Authentication,
    tally: Tally,
}

impl<W: Write + Send> FrameWriter<W> {
    /// Frames of a copy made at `made_at`, to `output`.
    pub fn new(output: W, made_at: Timestamp, authentication: Authentication) -> Self {
        Self { output, made_at, authentication, tally: Tally::default() }
    }

    /// Writes the end. Answers the output, which its owner must still close.
    pub fn finish(mut self) -> Result<(W, Summary), StorageError> {
        let summary = self.tally.summary();
        let code = (self.authentication)(&summary.digest);
        let end = [&[0; 4], summary.records.to_be_bytes().as_slice(), &summary.digest, &code].concat();
        self.output.write_all(&end).map_err(unwritten)?;
        Ok((self.output, summary))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.tally.add(bytes);
        self.output.write_all(bytes).map_err(unwritten)
    }
}

impl<W: Write + Send> ExportSink for FrameWriter<W> {
    fn begin(&mut self, mark: StoreMark) -> Result<(), StorageError> {
        let product = env!("CARGO_PKG_VERSION").to_owned();
        let head = Head { store: mark.number, product, made_at: self.made_at, revision: mark.revision };
        let json = serde_json::to_vec(&head).map_err(|error| StorageError::Invalid(error.to_string()))?;
        let checksum = crc32c::crc32c(&json).to_be_bytes();
        let bytes = [MAGIC, &FORMAT.to_be_bytes(), &length(&json), &json, &checksum].concat();
        self.write(&bytes)
    }

    fn record(&mut self, key: &Key, envelope: &[u8]) -> Result<(), StorageError> {
        self.tally.records += 1;
        self.write(&frame(key, envelope))
    }
}

fn unwritten(error: std::io::Error) -> StorageError {
    StorageError::Failed(format!("the backup could not be written: {error}"))
}

/// Reads frames with bounded memory, and answers nothing that is not whole.
pub struct FrameReader<R> {
    input: R,
    head: Head,
    tally: Tally,
    last: Option<Key>,
    code: [u8; 32],
}

impl<R: Read> FrameReader<R> {
    /// Reads the head of `input`.
    pub fn open(input: R) -> Result<Self, BackupError> {
        let nothing = Head { store: 0, product: String::new(), made_at: Timestamp(0), revision: 0 };
        let mut reader = Self { input, head: nothing, tally: Tally::default(), last: None, code: [0; 32] };
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(damaged("it does not begin as one"));
        }
        let format = reader.number::<2>()?;
        if format != u64::from(FORMAT) {
            let newer = format!("it has format {format}, this program reads {FORMAT}");
            return Err(BackupError::Damaged(newer));
        }
        let length = bounded(reader.number::<4>()?, HEAD_BYTES)?;
        let json = reader.take(length)?;
        if reader.number::<4>()? != u64::from(crc32c::crc32c(&json)) {
            return Err(damaged("its head is damaged"));
        }
        reader.head = serde_json::from_slice(&json).map_err(|_| damaged("its head is damaged"))?;
        Ok(reader)
    }

    /// What stands before the records.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The next record; `None` once all was read and found whole.
    pub fn read_record(&mut self) -> Result<Option<(Key, Vec<u8>)>, BackupError> {
        let mut first = [0; 4];
        self.input.read_exact(&mut first).map_err(|error| unread(&error))?;
        if first == [0; 4] {
            return self.end().map(|()| None);
        }
        self.tally.add(&first);
        let length = bounded(u64::from(u32::from_be_bytes(first)), limits::KEY_BYTES)?;
        let envelope_length = bounded(self.number::<4>()?, ENVELOPE_BYTES)?;
        let key = Key::from_bytes(self.take(length)?);
        let envelope = self.take(envelope_length)?;
        let checksum = self.number::<4>()?;
        let whole = frame(&key, &envelope);
        if whole.last_chunk::<4>().map(|sum| u64::from(u32::from_be_bytes(*sum))) != Some(checksum) {
            return Err(damaged("a record is damaged"));
        }
        self.accept(&key, &envelope)?;
        Ok(Some((key, envelope)))
    }

    /// What was read; whole only after [`Self::read_record`] has answered `None`.
    pub fn into_whole(self) -> Whole {
        Whole { summary: self.tally.summary(), head: self.head, code: self.code }
    }

    fn accept(&mut self, key: &Key, envelope: &[u8]) -> Result<(), BackupError> {
        if self.last.as_ref().is_some_and(|last| last >= key) {
            return Err(damaged("its records are out of order"));
        }
        let raw = envelope::decode(key, envelope).map_err(|_| damaged("a record is damaged"))?;
        if raw.revision > self.head.revision {
            return Err(damaged("a record is newer than the whole"));
        }
        self.last = Some(key.clone());
        self.tally.records += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<(), BackupError> {
        let read = self.tally.summary();
        let mut end = [0; 40];
        self.input.read_exact(&mut end).map_err(|error| unread(&error))?;
        if end != *[read.records.to_be_bytes().as_slice(), &read.digest].concat() {
            return Err(damaged("its number of records or its digest is wrong"));
        }
        self.input.read_exact(&mut self.code).map_err(|error| unread(&error))?;
        match self.input.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(damaged("something stands behind its end")),
            Err(error) => Err(unread(&error)),
        }
    }

    fn number<const N: usize>(&mut self) -> Result<u64, BackupError> {
        let bytes = self.take(N)?;
        Ok(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, BackupError> {
        let mut bytes = vec![0; length];
        self.input.read_exact(&mut bytes).map_err(|error| unread(&error))?;
        self.tally.add(&bytes);
        Ok(bytes)
    }
}

fn bounded(length: u64, most: usize) -> Result<usize, BackupError> {
    let length = usize::try_from(length).ok().filter(|length| *length <= most);
    length.ok_or_else(|| damaged("a length in it is impossible"))
}

fn damaged(why: &str) -> BackupError {
    BackupError::Damaged(why.to_owned())
}

fn unread(error: &std::io::Error) -> BackupError {
    match error.kind() {
        ErrorKind::UnexpectedEof => damaged("it ends too early"),
        _ => BackupError::Damaged(format!("it cannot be read: {error}")),
    }
}

/// Counts and digests the records of an export, whichever store and engine they come from.
#[derive(Default)]
pub struct Comparison(Tally);

impl Comparison {
    /// What the records amount to.
    pub fn summary(&self) -> Summary {
        self.0.summary()
    }
}

impl ExportSink for Comparison {
    fn begin(&mut self, _: StoreMark) -> Result<(), StorageError> {
        Ok(())
    }

    fn record(&mut self, key: &Key, envelope: &[u8]) -> Result<(), StorageError> {
        self.0.records += 1;
        self.0.add(&frame(key, envelope));
        Ok(())
    }
}
