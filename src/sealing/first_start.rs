//! Proves at each start that master key and store belong together, and makes the key at the very first (R-KS-05).

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::master_key::MasterKey;
use super::{Identity, Sealed, Sealing, SealingError};
use crate::foundation::Random;
use crate::storage::{Batch, Key, Record, Store};

const PROOF: Identity<'static> = Identity { kind: "sealing", field: "proof", id: "master-key" };
const WORDS: &[u8] = b"sealed by the master key of this store";

/// Known words, sealed when the store was new.
#[derive(Debug, Serialize, Deserialize)]
struct Proof {
    sealed: Sealed,
}

impl Record for Proof {}

pub(super) async fn start(
    folder: &Path,
    store: &dyn Store,
    random: Arc<dyn Random>,
) -> Result<Sealing, SealingError> {
    let found = MasterKey::read(folder)?;
    let proof = store.fetch::<Proof>(&proof_key()).await?;
    let is_new = proof.is_none() && store.scan(&Key::from_bytes(Vec::new()), None, 1).await?.is_empty();
    let master = match found {
        Some(master) => master,
        None if is_new => MasterKey::create(folder, &*random)?,
        None => return Err(missing(folder)),
    };
    let sealing = Sealing::new(&master, random);
    match proof {
        Some(proof) => verify(&sealing, &proof.value, folder)?,
        None if is_new => prove(&sealing, store, folder).await?,
        None => return Err(unproven()),
    }
    Ok(sealing)
}

/// Another node may have been first: then its proof decides.
async fn prove(sealing: &Sealing, store: &dyn Store, folder: &Path) -> Result<(), SealingError> {
    let proof = Proof { sealed: sealing.seal(PROOF, WORDS)? };
    let mut batch = Batch::new();
    batch.require_absent(proof_key()).put(proof_key(), &proof, None);
    if store.commit(batch).await?.is_done() {
        return Ok(());
    }
    let first = store.fetch::<Proof>(&proof_key()).await?.ok_or_else(unproven)?;
    verify(sealing, &first.value, folder)
}

fn verify(sealing: &Sealing, proof: &Proof, folder: &Path) -> Result<(), SealingError> {
    if !proof.sealed.is_of(&sealing.derivation) {
        return Err(wrong(folder));
    }
    let words = sealing.open(PROOF, &proof.sealed).map_err(|_| wrong(folder))?;
    if words.as_slice() == WORDS { Ok(()) } else { Err(wrong(folder)) }
}

fn proof_key() -> Key {
    Key::new(PROOF.kind, &[PROOF.field])
}

fn missing(folder: &Path) -> SealingError {
    SealingError::MasterKey(format!(
        "the master key {} is missing, but the store holds data sealed with it: put back your copy of this file",
        MasterKey::path(folder).display()
    ))
}

fn wrong(folder: &Path) -> SealingError {
    SealingError::MasterKey(format!(
        "the master key {} is not the one that sealed this store: put back the file that belongs to this data",
        MasterKey::path(folder).display()
    ))
}

fn unproven() -> SealingError {
    SealingError::MasterKey(
        "the store holds data but no proof of its master key, so it is damaged: restore the newest backup"
            .into(),
    )
}
