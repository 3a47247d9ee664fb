//! Who administers, and which commands that opens.

use crate::audit::Actor;

/// Somebody who asks for a command, known beyond doubt to the face that passes it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Administrator {
    /// The operator on this machine: whoever may open the data folder may do everything.
    Operator,
}

/// Whom a command obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The operator on this machine alone.
    Operator,
}

impl Administrator {
    /// Whether a command for `who` obeys them.
    pub fn may(&self, who: Who) -> bool {
        match (self, who) {
            (Self::Operator, Who::Operator) => true,
        }
    }

    /// As events name them.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Operator => Actor::CommandLine,
        }
    }
}
