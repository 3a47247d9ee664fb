//! The newest checkpoint, kept in the keys folder: so whoever can write to the data folder only, cannot cut off the end of the
//! chain, nor put an older copy in its place, without being noticed.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::block::{Block, Checkpoint};
use super::chain::Chain;
use crate::storage::StorageError;
use crate::telemetry::health::Check;

const FILE: &str = "audit.checkpoint";
/// Far longer than any checkpoint.
const MOST: usize = 1000;

/// The file.
#[derive(Debug)]
pub(super) struct Kept {
    path: PathBuf,
    /// What is wrong with it, so that it is logged once.
    trouble: Mutex<Option<String>>,
}

impl Kept {
    pub(super) fn at(keys_folder: &Path) -> Self {
        Self { path: keys_folder.join(FILE), trouble: Mutex::default() }
    }

    /// Whether there is such a file, readable or not.
    pub(super) fn stands(&self) -> bool {
        !matches!(self.path.try_exists(), Ok(false))
    }

    /// What it says; `None` if there is no such file.
    fn read(&self) -> Result<Option<Checkpoint>, String> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{} cannot be read: {error}", self.path.display())),
        };
        let read = Some(text).filter(|text| text.len() <= MOST).and_then(|text| Checkpoint::parse(&text));
        read.map(Some).ok_or_else(|| format!("{} holds no checkpoint", self.path.display()))
    }

    /// Writes it whole or not at all, for good, replacing the one before.
    fn write(&self, checkpoint: &Checkpoint) -> Result<(), String> {
        let unfinished = self.path.with_extension("checkpoint.new");
        let write = || -> io::Result<()> {
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
            file.write_all(format!("{}\n", checkpoint.to_text()).as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&unfinished, &self.path)?;
            self.path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        write().map_err(|error| format!("{} cannot be written: {error}", self.path.display()))
    }

    fn note(&self, trouble: Option<String>) {
        let mut noted = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = trouble.as_ref().filter(|_| *noted != trouble) {
            tracing::error!(reason, "the checkpoint in the keys folder does not stand for the audit trail");
        }
        *noted = trouble;
    }
}

impl Chain {
    /// The store was restored from a backup that was proven to be ours: it may be behind the checkpoint. Trouble shows in the
    /// next comparison.
    pub fn release_checkpoint(&self) {
        let _ = std::fs::remove_file(&self.kept.path);
    }

    /// Keeps the newest checkpoint, if the chain has grown since and goes on from the one that is kept. To be called at the
    /// start, once a minute, and at the end; trouble is logged, once.
    pub async fn keep_checkpoint(&self) -> Result<(), StorageError> {
        let trouble = match self.against_kept().await? {
            Some(problem) => Some(problem),
            None => self.replace_kept().await?,
        };
        self.kept.note(trouble);
        Ok(())
    }

    async fn replace_kept(&self) -> Result<Option<String>, StorageError> {
        let Some(newest) = self.newest().await? else { return Ok(None) };
        let kept = self.kept.clone();
        let written = tokio::task::spawn_blocking(move || match kept.read()? {
            Some(before) if before.number == newest.number => Ok(()),
            _ => kept.write(&newest),
        });
        Ok(written.await.unwrap_or_else(|error| Err(error.to_string())).err())
    }

    /// What the checkpoint in the keys folder says against the chain, in a sentence.
    pub(super) async fn against_kept(&self) -> Result<Option<String>, StorageError> {
        let kept: Arc<Kept> = self.kept.clone();
        let read = tokio::task::spawn_blocking(move || kept.read()).await;
        let found = match read.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(None) => return Ok(None),
            Ok(Some(checkpoint)) => checkpoint,
            Err(problem) => return Ok(Some(problem)),
        };
        Ok(self.against(&found).await?.map(|problem| {
            let file = self.kept.path.display();
            format!("{problem}; if you put an older copy there yourself, remove {file}, and the next checkpoint is kept")
        }))
    }

    /// What `checkpoint` says against the chain: that it was cut off, or is another one.
    pub(super) async fn against(&self, checkpoint: &Checkpoint) -> Result<Option<String>, StorageError> {
        let number = checkpoint.number;
        if !self.signer.made(checkpoint) {
            return Ok(Some("the checkpoint that was given was not made here".to_owned()));
        }
        let last = self.newest().await?.map_or(0, |head| head.number);
        if number > last {
            return Ok(Some(format!(
                "the chain was cut off: it ends with block {last}, the checkpoint says {number}"
            )));
        }
        let stone = self.tombstone().await?.map(|stone| stone.value.last);
        if number == 0 || stone.as_ref().is_some_and(|last| number < last.number) {
            // Its block is gone by the retention; the tombstone, signed, stands for it.
            return Ok(None);
        }
        let hash = match stone.filter(|last| last.number == number) {
            Some(last) => Some(last.hash),
            None => match self.store.fetch::<Block>(&Block::key(number)).await {
                Ok(block) => block.map(|block| block.value.hash(number)),
                Err(StorageError::Corrupt(_)) => None,
                Err(error) => return Err(error),
            },
        };
        let differs = hash.as_ref() != Some(&checkpoint.hash);
        Ok(differs.then(|| format!("block {number} is another than the checkpoint says")))
    }
}

/// Whether events are linked in time, and the trail is what the checkpoint in the keys folder says.
#[async_trait]
impl Check for Chain {
    async fn check(&self) -> Result<(), String> {
        if let Some(trouble) = self.kept.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Err(trouble);
        }
        match self.late().await.map_err(|error| error.to_string())? {
            None => Ok(()),
            Some(waited) => Err(format!("an audit event waits to be linked since {} s", waited.as_secs())),
        }
    }
}
