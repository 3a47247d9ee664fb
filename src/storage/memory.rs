//! The engine for tests: the same meaning as the others, nothing kept.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use super::embedded::Embedded;
use super::engine::{Engine, Row, Space, SpaceVisitor, Visitor};
use super::{SharedStore, StorageError};
use crate::foundation::Clock;

type Rows = BTreeMap<(Space, Vec<u8>), Vec<u8>>;

/// An empty store in memory.
#[expect(clippy::expect_used, reason = "only tests use it, and an empty map cannot refuse")]
pub fn open(clock: Arc<dyn Clock>) -> SharedStore {
    Arc::new(Embedded::start(Arc::new(Memory::default()), clock).expect("an empty store in memory"))
}

/// Rows in a sorted map. A view is a shared copy, so that a slow reader does not hold up the writer.
#[derive(Debug, Default)]
pub struct Memory(RwLock<Arc<Rows>>);

impl Memory {
    fn view(&self) -> Arc<Rows> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Engine for Memory {
    fn get(&self, space: Space, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StorageError> {
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Ok(keys.iter().map(|key| rows.get(&(space, key.to_vec())).cloned()).collect())
    }

    fn walk(&self, space: Space, from: &[u8], visit: &mut Visitor<'_>) -> Result<(), StorageError> {
        let view = self.view();
        let start = (space, from.to_vec());
        for ((found, key), value) in view.range((Bound::Included(start), Bound::Unbounded)) {
            if *found != space || visit(key, value)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn walk_all(&self, visit: &mut SpaceVisitor<'_>) -> Result<(), StorageError> {
        for ((space, key), value) in self.view().iter() {
            if visit(*space, key, value)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn apply(&self, rows: &[Row]) -> Result<(), StorageError> {
        let mut guard = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let target = Arc::make_mut(&mut guard);
        for row in rows {
            let place = (row.space, row.key.clone());
            match &row.value {
                Some(value) => drop(target.insert(place, value.clone())),
                None => drop(target.remove(&place)),
            }
        }
        Ok(())
    }
}
