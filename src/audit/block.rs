//! The links of the chain: each block holds the digests of some events, the hash of the block before, and a signature, so that
//! nobody without the master key can change, remove, add or reorder what was linked. Every block is a checkpoint.

use aws_lc_rs::digest::{Context, SHA256, digest};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::trail;
use crate::foundation::Timestamp;
use crate::foundation::ids::EventId;
use crate::sealing::Sealing;
use crate::storage::{Key, Record};

/// The node whose chain this is. The embedded engines have one.
pub(super) const NODE: &str = "1";
/// The hash before the first block.
pub(super) const BEGINNING: &str = "";

/// One event in a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) at: Timestamp,
    pub(super) id: EventId,
    /// SHA-256 of the event's record, base64url.
    pub(super) digest: String,
}

/// Some events, linked at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Block {
    pub(super) at: Timestamp,
    /// The hash of the block before.
    pub(super) previous: String,
    pub(super) entries: Vec<Entry>,
    /// Of the checkpoint that this block is.
    pub(super) signature: String,
}

/// That the chain up to block `number` is as it was at `at`: the head of the chain, and what can be kept elsewhere to prove
/// later that nothing was cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The last block.
    pub number: u64,
    /// When it was linked.
    pub at: Timestamp,
    pub(super) hash: String,
    pub(super) signature: String,
}

/// What the retention left of the oldest blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tombstone {
    /// The last block that was removed, which the next one builds upon.
    pub(super) last: Checkpoint,
    /// Events removed so far.
    pub(super) events: u64,
    pub(super) at: Timestamp,
    pub(super) signature: String,
}

impl Record for Block {}
impl Record for Checkpoint {}
impl Record for Tombstone {}

impl Entry {
    pub(super) fn event_key(&self) -> Key {
        trail::event_key(self.at, &self.id)
    }
}

impl Block {
    pub(super) fn key(number: u64) -> Key {
        Key::new("audit", &["block", NODE, &format!("{number:016}")])
    }

    /// This block as number `number`, as a checkpoint.
    pub(super) fn checkpoint(&self, number: u64) -> Checkpoint {
        Checkpoint { number, at: self.at, hash: self.hash(number), signature: self.signature.clone() }
    }

    /// The hash of this block as number `number`. Every part has a fixed length or stands behind its length.
    pub(super) fn hash(&self, number: u64) -> String {
        let mut context = Context::new(&SHA256);
        part(&mut context, b"keyward audit block 1");
        part(&mut context, NODE.as_bytes());
        context.update(&number.to_be_bytes());
        context.update(&self.at.0.to_be_bytes());
        part(&mut context, self.previous.as_bytes());
        for entry in &self.entries {
            context.update(&entry.at.0.to_be_bytes());
            part(&mut context, entry.id.as_str().as_bytes());
            part(&mut context, entry.digest.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(context.finish())
    }
}

fn part(context: &mut Context, bytes: &[u8]) {
    context.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
    context.update(bytes);
}

/// SHA-256 of an event's record as it stands in the store.
pub(super) fn digest_of(record: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, record))
}

impl Checkpoint {
    pub(super) fn key() -> Key {
        Key::new("audit", &["head", NODE])
    }

    /// As one word, to be kept elsewhere.
    pub fn to_text(&self) -> String {
        format!("keyward-audit-1:{}:{}:{}:{}", self.number, self.at.0, self.hash, self.signature)
    }

    /// Reads [`Self::to_text`]; whether it is genuine is asked apart.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().strip_prefix("keyward-audit-1:")?.split(':');
        let (number, at) = (parts.next()?.parse().ok()?, Timestamp(parts.next()?.parse().ok()?));
        let (hash, signature) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        parts.next().is_none().then_some(Self { number, at, hash, signature })
    }

    fn statement(&self) -> Vec<u8> {
        format!("keyward audit checkpoint 1\n{NODE}\n{}\n{}\n{}", self.number, self.at.0, self.hash)
            .into_bytes()
    }
}

impl Tombstone {
    pub(super) fn key() -> Key {
        Key::new("audit", &["tombstone", NODE])
    }

    fn statement(&self) -> Vec<u8> {
        let last = String::from_utf8_lossy(&self.last.statement()).into_owned();
        format!("keyward audit tombstone 1\n{last}\n{}\n{}", self.events, self.at.0).into_bytes()
    }
}

/// Signs blocks with Ed25519 (RFC 8032), under a key made of the master key, so that the store cannot forge one.
pub(super) struct Signer(Ed25519KeyPair);

impl Signer {
    #[expect(clippy::expect_used, reason = "every 32 bytes are an Ed25519 seed (RFC 8032 section 5.1.5)")]
    pub(super) fn new(sealing: &Sealing) -> Self {
        let seed = sealing.key("audit chain");
        Self(Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).expect("32 bytes are a seed"))
    }

    /// Makes `block` number `number` of the chain.
    pub(super) fn sign_block(&self, block: &mut Block, number: u64) -> Checkpoint {
        let checkpoint = self.checkpoint(number, block.at, &block.hash(number));
        block.signature.clone_from(&checkpoint.signature);
        checkpoint
    }

    /// That the chain up to block `number` has this hash.
    pub(super) fn checkpoint(&self, number: u64, at: Timestamp, hash: &str) -> Checkpoint {
        let unsigned = Checkpoint { number, at, hash: hash.to_owned(), signature: String::new() };
        Checkpoint { signature: self.sign(&unsigned.statement()), ..unsigned }
    }

    pub(super) fn tombstone(&self, last: Checkpoint, events: u64, at: Timestamp) -> Tombstone {
        let unsigned = Tombstone { last, events, at, signature: String::new() };
        Tombstone { signature: self.sign(&unsigned.statement()), ..unsigned }
    }

    pub(super) fn made(&self, checkpoint: &Checkpoint) -> bool {
        self.is_good(&checkpoint.statement(), &checkpoint.signature)
    }

    pub(super) fn made_tombstone(&self, tombstone: &Tombstone) -> bool {
        self.made(&tombstone.last) && self.is_good(&tombstone.statement(), &tombstone.signature)
    }

    /// The public half, base64url: with it others can verify checkpoints.
    pub(super) fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public_key())
    }

    fn sign(&self, statement: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.0.sign(statement))
    }

    fn is_good(&self, statement: &[u8], signature: &str) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.0.public_key().as_ref());
        URL_SAFE_NO_PAD.decode(signature).is_ok_and(|signature| key.verify(statement, &signature).is_ok())
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "signer {}", self.public_key())
    }
}
