//! `doctor`: looks at everything that can be wrong with an installation, and says of each thing in one sentence how it is and,
//! where it is not well, the mend. Nothing is changed.
//!
//! A new check: a type with its [`Check`], and its line in `app/doctor.rs`.

pub mod base_address;
pub mod clock;
pub mod data_folder;
pub mod disk;
pub mod forwarding;
pub mod keys;
pub mod mail;
pub mod master_key;
pub mod office;
pub mod passkeys;
pub mod store;
pub mod visit;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Administrator, Command, Refused, Who};

/// One thing to look at.
#[async_trait]
pub trait Check: Send + Sync {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// Looks at it.
    async fn look(&self) -> Finding;
}

/// How a thing is; sentences without full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// As it should be.
    Well(String),
    /// It works, but should be mended: what, and how.
    Warning(String, String),
    /// What is wrong, and the mend.
    Wrong(String, String),
    /// Not looked at, and why.
    Skipped(String),
}

impl Finding {
    /// Something is wrong.
    pub fn wrong(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Wrong(what.into(), mend.into())
    }

    /// Something should be mended.
    pub fn warning(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Warning(what.into(), mend.into())
    }

    /// The finding of what is called `check`, as it is told.
    pub fn of(self, check: &str) -> Examined {
        let (condition, sentence, mend) = match self {
            Self::Well(sentence) => (Condition::Well, sentence, None),
            Self::Warning(sentence, mend) => (Condition::Warning, sentence, Some(mend)),
            Self::Wrong(sentence, mend) => (Condition::Wrong, sentence, Some(mend)),
            Self::Skipped(sentence) => (Condition::Skipped, sentence, None),
        };
        Examined { check: check.to_owned(), condition, sentence, mend }
    }
}

/// The things to look at.
#[derive(Clone)]
pub struct Doctor(Vec<Arc<dyn Check>>);

impl Doctor {
    /// Looks at these.
    pub fn new(checks: Vec<Arc<dyn Check>>) -> Self {
        Self(checks)
    }

    /// Looks at all of them, at the same time, since some wait for others; told in their order.
    pub async fn examine(&self) -> Vec<Examined> {
        let look = |check: &Arc<dyn Check>| {
            let looking = Arc::clone(check);
            (check.name(), tokio::spawn(async move { looking.look().await }))
        };
        let looks: Vec<_> = self.0.iter().map(look).collect();
        let mut examined = Vec::with_capacity(looks.len());
        for (name, look) in looks {
            let failed = |error| {
                Finding::wrong(format!("this check failed ({error})"), "report this as a fault of Keyward")
            };
            examined.push(look.await.unwrap_or_else(failed).of(name));
        }
        examined
    }
}

impl fmt::Debug for Doctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|check| check.name())).finish()
    }
}

/// A check that cannot be made, because its settings are wrong.
#[derive(Debug)]
pub struct Unsettled(pub &'static str);

#[async_trait]
impl Check for Unsettled {
    fn name(&self) -> &'static str {
        self.0
    }

    async fn look(&self) -> Finding {
        Finding::Skipped("not looked at before its settings are mended".to_owned())
    }
}

/// The command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examine {}

/// How a thing is, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// As it should be.
    Well,
    /// It works, but should be mended.
    Warning,
    /// Not as it should be.
    Wrong,
    /// Not looked at.
    Skipped,
}

/// What was found of one thing. Field names are stable: scripts read them.
#[derive(Debug, Serialize, Deserialize)]
pub struct Examined {
    /// What was looked at.
    pub check: String,
    /// How it is.
    pub condition: Condition,
    /// In one sentence.
    pub sentence: String,
    /// What to do, where something should be mended.
    pub mend: Option<String>,
}

#[async_trait]
impl Command for Examine {
    const NAME: &'static str = "doctor";
    const WHO: Who = Who::Operator;
    type Tools = Doctor;
    type Answer = Vec<Examined>;

    async fn perform(self, _by: &Administrator, doctor: &Doctor) -> Result<Vec<Examined>, Refused> {
        Ok(doctor.examine().await)
    }
}
