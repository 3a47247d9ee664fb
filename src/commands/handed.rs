//! A secret on its way between a face and a command: the only kind that turns into JSON, and nowhere else.

use serde::{Deserialize, Serialize, Serializer};

use crate::foundation::secret::Hidden;

/// A password handed in, or a secret or one-time link handed out this once. Never printed by `Debug`, wiped on drop.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Handed(Hidden);

impl Handed {
    /// Hands `secret` over.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Hidden::new(secret))
    }

    /// The secret, still hidden.
    pub fn hidden(&self) -> &Hidden {
        &self.0
    }

    /// The secret, for the one place that checks or shows it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl Serialize for Handed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}
