//! `doctor`: looks at everything that can be wrong with an installation, and says of each thing in one sentence how it is and,
//! where it is not well, the mend. Nothing is changed.
//!
//! A new check: a type with its [`Check`], and its line in `app/doctor.rs`.

pub mod base_address;
pub mod clock;
pub mod disk;
pub mod keys;
pub mod mail;
pub mod office;
pub mod store;

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
    /// What is wrong, and the mend.
    Wrong(String, String),
    /// Not looked at, because it is not in use.
    Skipped(String),
}

impl Finding {
    /// Something is wrong.
    pub fn wrong(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Wrong(what.into(), mend.into())
    }
}

/// The things to look at.
#[derive(Clone)]
pub struct Doctor(Arc<Vec<Box<dyn Check>>>);

impl Doctor {
    /// Looks at these.
    pub fn new(checks: Vec<Box<dyn Check>>) -> Self {
        Self(Arc::new(checks))
    }
}

impl fmt::Debug for Doctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|check| check.name())).finish()
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
    /// Not as it should be.
    Wrong,
    /// Not in use.
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
    /// What to do, where something is wrong.
    pub mend: Option<String>,
}

#[async_trait]
impl Command for Examine {
    const NAME: &'static str = "doctor";
    const WHO: Who = Who::Operator;
    type Tools = Doctor;
    type Answer = Vec<Examined>;

    async fn perform(self, _by: &Administrator, doctor: &Doctor) -> Result<Vec<Examined>, Refused> {
        let mut examined = Vec::with_capacity(doctor.0.len());
        for check in doctor.0.iter() {
            let (condition, sentence, mend) = match check.look().await {
                Finding::Well(sentence) => (Condition::Well, sentence, None),
                Finding::Wrong(sentence, mend) => (Condition::Wrong, sentence, Some(mend)),
                Finding::Skipped(sentence) => (Condition::Skipped, sentence, None),
            };
            examined.push(Examined { check: check.name().to_owned(), condition, sentence, mend });
        }
        Ok(examined)
    }
}
