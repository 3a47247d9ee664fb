//! Unique secondary keys (user name, mail, …): ordinary records that say who owns a name, written in the owner's own batch.
//!
//! The one layer for this: each step carries its condition, so two claims of one name cannot both succeed.

use serde::{Deserialize, Serialize};

use super::{Batch, Key, Record, StorageError, Store, Stored};

/// The names of one kind, each owned once. Names must come in their normal form.
#[derive(Debug, Clone, Copy)]
pub struct UniqueIndex {
    kind: &'static str,
}

/// Who owns a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The owner's identifier.
    pub owner: String,
}

impl Record for Claim {}

impl UniqueIndex {
    /// The index whose keys are `kind/name`.
    pub const fn new(kind: &'static str) -> Self {
        Self { kind }
    }

    /// Where the claim of `name` stands.
    pub fn key(&self, name: &str) -> Key {
        Key::new(self.kind, &[name])
    }

    /// Claims `name` for `owner`; the batch is refused if anybody has it, the owner included.
    pub fn claim(&self, batch: &mut Batch, name: &str, owner: &str) {
        let claim = Claim { owner: owner.to_owned() };
        batch.require_absent(self.key(name)).put(self.key(name), &claim, None);
    }

    /// Gives `name` back; the batch is refused if its claim is no longer the one that was `held`.
    pub fn release(&self, batch: &mut Batch, name: &str, held: &Stored<Claim>) {
        batch.require_revision(self.key(name), held.revision).delete(self.key(name));
    }

    /// Moves the owner of `from` to the name `to`. The same name stays claimed, and only the claim is checked.
    pub fn rename(&self, batch: &mut Batch, from: &str, held: &Stored<Claim>, to: &str) {
        if from == to {
            batch.require_revision(self.key(from), held.revision);
            return;
        }
        self.release(batch, from, held);
        self.claim(batch, to, &held.value.owner);
    }

    /// Who owns `name`, with the revision that [`Self::release`] and [`Self::rename`] need.
    pub async fn find(&self, store: &dyn Store, name: &str) -> Result<Option<Stored<Claim>>, StorageError> {
        store.fetch(&self.key(name)).await
    }
}
