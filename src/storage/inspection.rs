//! The full check: every checksum, and that the expiry index asks for every record with an end (R-ST-03).

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::engine::{Engine, Space};
use super::{CheckReport, Key, Revision, StorageError, envelope, expiry, moving};
use crate::foundation::Timestamp;

/// Problems spelled out; more are only counted.
const SPELLED_OUT: usize = 100;

/// Reads everything in one consistent view and reports what is wrong.
pub(super) fn inspect(engine: &dyn Engine) -> Result<CheckReport, StorageError> {
    let mut inspection = Inspection::default();
    engine.walk_all(&mut |space, key, value| {
        inspection.visit(space, key, value);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(inspection.report())
}

#[derive(Default)]
struct Inspection {
    records: u64,
    newest: Revision,
    given_out: Option<Revision>,
    unindexed: BTreeMap<Key, Timestamp>,
    problems: Vec<String>,
    more: u64,
}

impl Inspection {
    fn visit(&mut self, space: Space, key: &[u8], value: &[u8]) {
        match space {
            Space::Data => self.visit_record(&Key::from_bytes(key.to_vec()), value),
            Space::Expiry => self.visit_index(key),
            Space::Meta => self.visit_meta(&Key::from_bytes(key.to_vec()), value),
        }
    }

    fn visit_record(&mut self, key: &Key, value: &[u8]) {
        self.records += 1;
        match envelope::decode(key, value) {
            Ok(raw) => {
                self.newest = self.newest.max(raw.revision);
                self.unindexed.extend(raw.expires.map(|end| (key.clone(), end)));
            }
            Err(error) => self.problem(error.to_string()),
        }
    }

    fn visit_index(&mut self, row: &[u8]) {
        match expiry::parse(row) {
            Some((at, key)) if self.unindexed.get(&key).is_some_and(|end| at <= *end) => {
                self.unindexed.remove(&key);
            }
            Some(_) => {}
            None => self.problem("the expiry index names nothing".to_owned()),
        }
    }

    fn visit_meta(&mut self, key: &Key, value: &[u8]) {
        if *key == moving::moved_key() {
            return;
        }
        match envelope::decode(key, value).and_then(|raw| raw.counter()) {
            Ok(number) if key.as_bytes() == b"revision" => self.given_out = Some(number),
            Ok(_) => {}
            Err(error) => self.problem(error.to_string()),
        }
    }

    fn problem(&mut self, sentence: String) {
        if self.problems.len() < SPELLED_OUT {
            self.problems.push(sentence);
        } else {
            self.more += 1;
        }
    }

    fn report(mut self) -> CheckReport {
        for key in std::mem::take(&mut self.unindexed).into_keys() {
            self.problem(format!("the expiry index does not name {key}"));
        }
        if self.given_out.is_none_or(|given_out| given_out < self.newest) {
            self.problem(format!("a record has revision {}, which the store never gave out", self.newest));
        }
        if self.more > 0 {
            self.problems.push(format!("and {} more", self.more));
        }
        CheckReport { records: self.records, problems: self.problems }
    }
}
