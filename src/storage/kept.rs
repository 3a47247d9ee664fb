//! Records as they were last decoded. Whoever asks reads the record all the same, so what it says is as new as ever; only one
//! that has changed is decoded again. One hop reads its session and its person three times within a second.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Raw, Record, Revision, StorageError};

/// Those used lately are kept: at least so many, at most twice as many.
const MOST: usize = 256;

/// The records of one kind that were used lately, by id.
#[derive(Debug)]
pub struct Kept<K, T>(RwLock<Generations<K, T>>);

type Decoded<K, T> = HashMap<K, (Revision, Arc<T>)>;

#[derive(Debug)]
struct Generations<K, T> {
    young: Decoded<K, T>,
    /// What has not been used since the young ones began; forgotten when they are enough.
    old: Decoded<K, T>,
}

impl<K, T> Default for Kept<K, T> {
    fn default() -> Self {
        Self(RwLock::new(Generations { young: HashMap::new(), old: HashMap::new() }))
    }
}

impl<K: Hash + Eq + Clone, T: Record> Kept<K, T> {
    /// The record of `id` as it was read last, which may have changed since.
    pub fn last(&self, id: &K) -> Option<Arc<T>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let known = kept.young.get(id).or_else(|| kept.old.get(id));
        known.map(|(_, value)| Arc::clone(value))
    }

    /// What `raw` says, which was just read for `id`.
    pub fn decode(&self, id: &K, raw: Raw) -> Result<Arc<T>, StorageError> {
        let revision = raw.revision;
        let is_same = |known: &&(Revision, Arc<T>)| known.0 == revision;
        let (young, old) = {
            let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
            let find =
                |decoded: &Decoded<K, T>| decoded.get(id).filter(is_same).map(|known| Arc::clone(&known.1));
            (find(&kept.young), find(&kept.old))
        };
        if let Some(young) = young {
            return Ok(young);
        }
        let value = old.map_or_else(|| raw.decode().map(|stored| Arc::new(stored.value)), Ok)?;
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.young.len() >= MOST {
            kept.old = std::mem::take(&mut kept.young);
        }
        kept.young.insert(id.clone(), (revision, Arc::clone(&value)));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Word(String);

    impl Record for Word {}

    fn raw(word: &str, revision: Revision) -> Raw {
        Raw::of(&Word(word.to_owned()), revision, None).unwrap()
    }

    #[test]
    fn only_a_changed_record_is_decoded_again() {
        let kept = Kept::<u32, Word>::default();
        let first = kept.decode(&1, raw("one", 7)).unwrap();
        assert!(Arc::ptr_eq(&first, &kept.decode(&1, raw("never looked at", 7)).unwrap()));
        assert_eq!(*kept.decode(&1, raw("two", 8)).unwrap(), Word("two".into()));
        // One batch writes many records under one revision.
        assert_eq!(*kept.decode(&2, raw("three", 8)).unwrap(), Word("three".into()));
        let damaged = Raw { json: b"{".to_vec(), revision: 9, expires: None };
        assert!(matches!(kept.decode(&1, damaged), Err(StorageError::Corrupt(_))));
    }

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let kept = Kept::<usize, Word>::default();
        let used = kept.decode(&0, raw("used", 1)).unwrap();
        let unused = kept.decode(&1, raw("unused", 1)).unwrap();
        for other in 2..10 * MOST {
            kept.decode(&other, raw("other", 1)).unwrap();
            assert!(Arc::ptr_eq(&used, &kept.decode(&0, raw("used", 1)).unwrap()));
        }
        assert!(!Arc::ptr_eq(&unused, &kept.decode(&1, raw("unused", 1)).unwrap()));
        let held = kept.0.into_inner().unwrap();
        assert!(held.young.len() + held.old.len() <= 2 * MOST);
    }
}
