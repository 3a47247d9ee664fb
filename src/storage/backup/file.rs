//! The file of a backup: made whole or not at all, read back before it counts.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use age::{DecryptError, Decryptor, Encryptor};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::frames::{FrameReader, FrameWriter};
use super::key::{Identity, Recipient};
use super::{Authentication, BackupError, Summary, Whole};
use crate::foundation::Timestamp;
use crate::storage::{ExportSink, Key, SharedStore, StorageError, StoreMark, new_folder};

/// An honest file's head is a few hundred bytes; a hostile one could go on for ever.
const HEAD_BYTES: usize = 16 * 1024;

/// A backup that is being read.
pub type Opened = FrameReader<MultiGzDecoder<age::stream::StreamReader<BufReader<File>>>>;

/// Writes a consistent copy of `store`, to become `path`, which must not exist, for `recipient` alone, and proves it by reading
/// it back: for that, and in this process only, it is encrypted to a key pair of the moment as well. Whoever stops waiting
/// stops the work too, and nothing is left of it.
pub async fn write(
    store: &SharedStore,
    path: &Path,
    recipient: &Recipient,
    made_at: Timestamp,
    authentication: Authentication,
) -> Result<Written, BackupError> {
    let (store, path, recipient) = (store.clone(), path.to_owned(), recipient.clone());
    let runtime = tokio::runtime::Handle::current();
    let waiting = Arc::new(());
    let asker = Asker(Arc::downgrade(&waiting));
    // Compressing and encrypting would keep a thread of the runtime from everything else.
    let written = aside(move || {
        let unfinished = Unfinished::beside(&path)?;
        let witness = Identity::generate();
        let mut frames = frames(&unfinished, [recipient, witness.recipient()], made_at, authentication)?;
        runtime.block_on(store.export(&mut Asked { asker: &asker, sink: &mut frames }))?;
        let summary = close(frames, &unfinished)?;
        if read_to_end(&unfinished.path, &witness, &asker)?.summary != summary {
            return Err(BackupError::Damaged("it does not read back as it was written".to_owned()));
        }
        Ok(Written { unfinished, path, summary })
    });
    let written = written.await;
    drop(waiting);
    written
}

/// A backup that is whole and has no name yet; it vanishes unless it gets one.
#[derive(Debug)]
pub struct Written {
    unfinished: Unfinished,
    path: PathBuf,
    /// What it holds.
    pub summary: Summary,
}

impl Written {
    /// Gives it its name, for good. What stands there by now is not replaced.
    pub async fn finish(self) -> Result<(), BackupError> {
        aside(move || self.unfinished.finish(&self.path)).await
    }
}

async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(BackupError::Place(format!("the backup stopped: {error}"))))
}

type Frames = FrameWriter<GzEncoder<age::stream::StreamWriter<BufWriter<File>>>>;

fn frames(
    unfinished: &Unfinished,
    recipients: [Recipient; 2],
    made_at: Timestamp,
    authentication: Authentication,
) -> Result<Frames, BackupError> {
    let named = |error: std::io::Error| unusable(&unfinished.path, &error);
    let recipients = recipients.each_ref().map(|recipient| &recipient.0 as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(recipients.into_iter());
    let encryptor = encryptor.map_err(|error| BackupError::Key(error.to_string()))?;
    let file = BufWriter::new(unfinished.file.try_clone().map_err(named)?);
    let encrypted = encryptor.wrap_output(file).map_err(named)?;
    Ok(FrameWriter::new(GzEncoder::new(encrypted, Compression::default()), made_at, authentication))
}

fn close(frames: Frames, unfinished: &Unfinished) -> Result<Summary, BackupError> {
    let named = |error: std::io::Error| unusable(&unfinished.path, &error);
    let (compressed, summary) = frames.finish()?;
    let mut file = compressed.finish().and_then(|encrypted| encrypted.finish()).map_err(named)?;
    file.flush().and_then(|()| file.get_ref().sync_all()).map_err(named)?;
    Ok(summary)
}

/// Whoever asked for a backup, as its work sees them.
#[derive(Debug)]
struct Asker(Weak<()>);

impl Asker {
    fn require(&self) -> Result<(), StorageError> {
        if self.0.strong_count() > 0 {
            return Ok(());
        }
        Err(StorageError::Failed("nobody waits for the backup any more".to_owned()))
    }
}

/// A sink that takes records as long as somebody waits for them.
struct Asked<'a> {
    asker: &'a Asker,
    sink: &'a mut Frames,
}

impl ExportSink for Asked<'_> {
    fn begin(&mut self, mark: StoreMark) -> Result<(), StorageError> {
        self.sink.begin(mark)
    }

    fn record(&mut self, key: &Key, envelope: &[u8]) -> Result<(), StorageError> {
        self.asker.require()?;
        self.sink.record(key, envelope)
    }
}

/// Opens the backup at `path`.
pub fn open(path: &Path, identity: &Identity) -> Result<Opened, BackupError> {
    let decryptor = decryptor(path)?;
    let keys = std::iter::once(&identity.0 as &dyn age::Identity);
    let decrypted = decryptor.decrypt(keys).map_err(|error| closed(&error))?;
    FrameReader::open(MultiGzDecoder::new(decrypted))
}

/// Reads all of it and answers what it holds; memory stays bounded whatever it holds.
pub fn verify(path: &Path, identity: &Identity) -> Result<Whole, BackupError> {
    let waiting = Arc::new(());
    read_to_end(path, identity, &Asker(Arc::downgrade(&waiting)))
}

fn read_to_end(path: &Path, identity: &Identity, asker: &Asker) -> Result<Whole, BackupError> {
    let mut reader = open(path, identity)?;
    while reader.read_record()?.is_some() {
        asker.require()?;
    }
    Ok(reader.into_whole())
}

/// Whether it looks like a backup. Nobody without the private half can know more.
pub fn verify_form(path: &Path) -> Result<(), BackupError> {
    decryptor(path).map(drop)
}

fn decryptor(path: &Path) -> Result<Decryptor<BufReader<File>>, BackupError> {
    let file = File::open(path).map_err(|error| unusable(path, &error))?;
    let mut input = BufReader::with_capacity(HEAD_BYTES, file);
    require_short_head(&mut input).map_err(|error| unusable(path, &error))??;
    Decryptor::new_buffered(input).map_err(|error| closed(&error))
}

fn require_short_head(input: &mut impl BufRead) -> std::io::Result<Result<(), BackupError>> {
    const END: &[u8] = b"\n--- ";
    let ends = input.fill_buf()?.windows(END.len()).any(|bytes| bytes == END);
    Ok(if ends { Ok(()) } else { Err(BackupError::Damaged("it does not begin as one".to_owned())) })
}

fn closed(error: &DecryptError) -> BackupError {
    match error {
        DecryptError::NoMatchingKeys => {
            BackupError::Key("this private key does not open this backup: it was made for another".to_owned())
        }
        other => BackupError::Damaged(other.to_string()),
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> BackupError {
    BackupError::Place(format!("{} cannot be used: {error}", path.display()))
}

fn taken(path: &Path) -> BackupError {
    BackupError::Place(format!(
        "{} exists already; name another file, so that no older backup is lost",
        path.display()
    ))
}

/// The file of a backup that does not count yet; it vanishes unless it is finished.
#[derive(Debug)]
struct Unfinished {
    path: PathBuf,
    file: File,
}

impl Unfinished {
    fn beside(path: &Path) -> Result<Self, BackupError> {
        if path.exists() {
            return Err(taken(path));
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.unfinished", new_folder::draw()));
        let path = path.with_file_name(name);
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        file.map(|file| Self { path: path.clone(), file }).map_err(|error| unusable(&path, &error))
    }

    fn finish(self, path: &Path) -> Result<(), BackupError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A link fails where a file stands; a rename would replace it.
        std::fs::hard_link(&self.path, path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => taken(path),
            _ => unusable(path, &error),
        })?;
        drop(self);
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| unusable(path, &error))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It has its own name by now, or is worth nothing.
        let _ = std::fs::remove_file(&self.path);
    }
}
