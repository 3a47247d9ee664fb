//! What an embedded engine must offer: plain ordered bytes, one atomic and durable apply. All meaning stands above it.

use std::ops::ControlFlow;

use super::StorageError;

/// The key spaces of an engine, apart from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// The store's own records: its format, its number and its highest revision.
    Meta,
    /// The records, each in its envelope.
    Data,
    /// The expiry index: end and key of each record that has an end. The values are empty.
    Expiry,
}

impl Space {
    /// All of them, in the order in which [`Engine::walk_all`] visits them.
    pub const ALL: [Self; 3] = [Self::Meta, Self::Data, Self::Expiry];
}

/// One change of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where the row stands.
    pub space: Space,
    /// Its key.
    pub key: Vec<u8>,
    /// Its new value; `None` removes it.
    pub value: Option<Vec<u8>>,
}

/// Whether a walk goes on; an error ends it.
pub type Step = Result<ControlFlow<()>, StorageError>;

/// Is shown the rows of one space: key and value.
pub type Visitor<'a> = dyn FnMut(&[u8], &[u8]) -> Step + 'a;

/// Is shown the rows of every space.
pub type SpaceVisitor<'a> = dyn FnMut(Space, &[u8], &[u8]) -> Step + 'a;

/// A small synchronous engine. One thread writes, any number read; a reader never sees half an apply.
pub trait Engine: Send + Sync + std::fmt::Debug + 'static {
    /// The values at `keys` in one consistent view, in their order.
    fn get(&self, space: Space, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StorageError>;

    /// Visits the rows from `from` on (it included), in key order and in one consistent view, until told to stop.
    fn walk(&self, space: Space, from: &[u8], visit: &mut Visitor<'_>) -> Result<(), StorageError>;

    /// Visits every row of every space, in order and in one consistent view, until told to stop.
    fn walk_all(&self, visit: &mut SpaceVisitor<'_>) -> Result<(), StorageError>;

    /// Writes all rows in their order, or none. `Ok` means durable. After an error nothing may be written again (R-ST-02).
    fn apply(&self, rows: &[Row]) -> Result<(), StorageError>;
}
