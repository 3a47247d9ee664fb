//! Secrets of a configuration: the file only says where each stands. Whoever reads the file (the command line) looks there;
//! what was found travels beside the model, and this module never looks itself (R-OP-02).

use std::collections::BTreeMap;

use serde::de::{Deserializer, Error as _};
use serde::ser::{SerializeMap as _, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::foundation::secret::Hidden;

/// What to write, said whatever was seen: that could be the secret itself.
const RIGHT: &str = "must be { env = \"NAME\" } or { file = \"PATH\" }, so that the file itself holds no secret, or { set = true } to keep the one there is";

/// Where a secret stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// In an environment variable of whoever applies the file.
    Env(String),
    /// In a file that whoever applies the file can read.
    File(String),
    /// There is one already, and it stays (R-AD-06).
    Set,
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Env(name) => map.serialize_entry("env", name)?,
            Self::File(path) => map.serialize_entry("file", path)?,
            Self::Set => map.serialize_entry("set", &true)?,
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fault = || D::Error::custom(RIGHT);
        let Value::Object(object) = Value::deserialize(deserializer).map_err(|_| fault())? else {
            return Err(fault());
        };
        let mut members = object.into_iter();
        let read = match members.next() {
            Some((name, Value::String(place))) if name == "env" => Self::Env(place),
            Some((name, Value::String(place))) if name == "file" => Self::File(place),
            Some((name, Value::Bool(true))) if name == "set" => Self::Set,
            _ => return Err(fault()),
        };
        if members.next().is_some() { Err(fault()) } else { Ok(read) }
    }
}

/// The secrets that were found, by their paths in the file.
#[derive(Debug, Clone, Default)]
pub struct Secrets(BTreeMap<String, Hidden>);

impl Secrets {
    /// Adds what was found for `path`.
    pub fn add(&mut self, path: impl Into<String>, secret: Hidden) {
        self.0.insert(path.into(), secret);
    }

    /// What was found for `path`.
    pub fn get(&self, path: &str) -> Option<&Hidden> {
        self.0.get(path)
    }

    /// Each path with what was found for it.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Hidden)> {
        self.0.iter().map(|(path, secret)| (path.as_str(), secret))
    }
}
