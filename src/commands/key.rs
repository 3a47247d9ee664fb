//! Signing keys: which there are, the next one, and all new ones when they are in foreign hands.
//!
//! Must not: hand out a private key.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Administrator, Command, Reason, Refused, Who};
use crate::keys::{KeyError, KeyStatus, Rotation};

/// `key.list`: all signing keys, the newest first.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {}

/// `key.rotate`: announces the next keys, which sign a day later.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// Instead, revokes every key and signs with new ones at once: the keys may be in foreign hands (R-KS-07).
    pub now: bool,
}

/// `key.retire`: takes a key that does not sign out of the JWK set at once.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retire {
    /// Which.
    pub kid: String,
}

#[async_trait]
impl Command for List {
    const NAME: &'static str = "key.list";
    const WHO: Who = Who::Operator;
    type Tools = Rotation;
    type Answer = Vec<KeyStatus>;

    async fn perform(self, _by: &Administrator, rotation: &Rotation) -> Result<Vec<KeyStatus>, Refused> {
        Ok(rotation.list().await?)
    }
}

#[async_trait]
impl Command for Rotate {
    const NAME: &'static str = "key.rotate";
    const WHO: Who = Who::Operator;
    type Tools = Rotation;
    type Answer = Vec<KeyStatus>;

    async fn perform(self, by: &Administrator, rotation: &Rotation) -> Result<Vec<KeyStatus>, Refused> {
        let by = by.actor();
        Ok(if self.now { rotation.replace_all(&by).await? } else { rotation.announce(&by).await? })
    }
}

#[async_trait]
impl Command for Retire {
    const NAME: &'static str = "key.retire";
    const WHO: Who = Who::Operator;
    type Tools = Rotation;
    type Answer = Vec<KeyStatus>;

    async fn perform(self, by: &Administrator, rotation: &Rotation) -> Result<Vec<KeyStatus>, Refused> {
        Ok(rotation.withdraw(&self.kid, &by.actor()).await?)
    }
}

impl From<KeyError> for Refused {
    fn from(error: KeyError) -> Self {
        let reason = match error {
            KeyError::Refused(_) => Reason::Rule,
            KeyError::Storage(_) | KeyError::Sealing(_) | KeyError::Unusable(_) => Reason::Failed,
        };
        Self::because(reason, error.to_string())
    }
}
