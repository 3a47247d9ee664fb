//! What an apply tells of: the whole, and each group and client that does not stay as it is, with the values before and after
//! (R-AU-01).

use std::collections::BTreeMap;

use super::Configuration;
use super::plan::{Change, Difference, is_entry};
use super::problem::part;
use super::state::State;
use crate::audit::trail::Draft;
use crate::audit::{Action, Actor, Origin, Outcome, ValueChange};
use crate::storage::Batch;

/// Events of single objects that fit into the commit of the switch, each with its marker; the event of the whole says how
/// many objects have changed.
const EVENTS: usize = 450;

/// Values that one event tells of, and bytes kept of each, so that it fits into a record.
const VALUES: usize = 40;
const EXCERPT: usize = 250;
/// Bytes that all events of an apply together spend on values, so that they fit into its commit.
const ROOM: usize = 1024 * 1024;

/// What is told of an object that is new, changed, or gone.
struct Words {
    added: Action,
    changed: Action,
    removed: Action,
}

const GROUP: Words =
    Words { added: Action::GroupCreated, changed: Action::GroupChanged, removed: Action::GroupDeleted };
const CLIENT: Words =
    Words { added: Action::ClientRegistered, changed: Action::ClientChanged, removed: Action::ClientRemoved };

impl Configuration {
    /// Adds to `batch`, which makes `after` count in place of `before`, the events that tell of it; `differences` are between
    /// the two.
    pub(super) fn tell(
        &self,
        (before, after): (&State, &State),
        differences: &[Difference],
        by: &Actor,
        batch: &mut Batch,
    ) {
        let origin = Origin::default();
        let event = |action| self.parts.trail.event(action, Outcome::Success, &origin).by(by.clone());
        let groups = changes(&before.groups, &after.groups, &GROUP);
        let clients = changes(&before.clients, &after.clients, &CLIENT);
        let changed = groups.len().saturating_add(clients.len());
        let mut values = Values { differences, room: ROOM };
        let whole = event(Action::ConfigurationApplied).count(u64::try_from(changed).unwrap_or(u64::MAX));
        values.told_in(whole, |path| !is_entry(path)).write(batch);
        let groups = groups.into_iter().map(|(group, action)| {
            let name = group.name.as_str();
            (event(action).group(name), format!("groups.{}", part(name)))
        });
        let clients = clients.into_iter().map(|(client, action)| {
            (event(action).client(&client.id), format!("clients.{}", part(client.id.as_str())))
        });
        let events: Vec<(Draft<'_>, String)> = groups.chain(clients).take(EVENTS).collect();
        for (event, entry) in events {
            let within = |path: &str| {
                path.strip_prefix(&entry).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            values.told_in(event, within).write(batch);
        }
    }
}

/// The values that have changed, as far as there is room to tell of them.
struct Values<'a> {
    differences: &'a [Difference],
    room: usize,
}

impl Values<'_> {
    /// Tells in `event` of those whose paths are `concerned`.
    fn told_in<'e>(&mut self, event: Draft<'e>, concerned: impl Fn(&str) -> bool) -> Draft<'e> {
        let (mut told, mut left_out) = (Vec::new(), 0);
        for difference in self.differences.iter().filter(|difference| concerned(&difference.path)) {
            let change = value_change(difference);
            let parts = [Some(&change.path), change.before.as_ref(), change.after.as_ref()];
            let bytes: usize = parts.into_iter().flatten().map(String::len).sum();
            if told.len() < VALUES && bytes <= self.room {
                self.room -= bytes;
                told.push(change);
            } else {
                left_out += 1;
            }
        }
        event.changes(told, left_out)
    }
}

fn value_change(Difference { path, change }: &Difference) -> ValueChange {
    let (before, after) = match change {
        Change::Added(value) => (None, Some(value)),
        Change::Removed(value) => (Some(value), None),
        Change::Changed { before, after } => (Some(before), Some(after)),
        Change::Secret(_) => (None, None),
    };
    ValueChange { path: path.clone(), before: before.map(excerpt), after: after.map(excerpt) }
}

fn excerpt(value: &serde_json::Value) -> String {
    let text = value.to_string();
    if text.len() <= EXCERPT {
        return text;
    }
    format!("{}…", text.get(..text.floor_char_boundary(EXCERPT)).unwrap_or_default())
}

/// What becomes of each object that does not stay as it is.
fn changes<'a, I: Ord, T: PartialEq>(
    before: &'a BTreeMap<I, T>,
    after: &'a BTreeMap<I, T>,
    words: &Words,
) -> Vec<(&'a T, Action)> {
    let removed = before.iter().filter(|(id, _)| !after.contains_key(id));
    let removed = removed.map(|(_, object)| (object, words.removed));
    let others = after.iter().filter_map(|(id, object)| match before.get(id) {
        None => Some((object, words.added)),
        Some(was) if was != object => Some((object, words.changed)),
        Some(_) => None,
    });
    removed.chain(others).collect()
}
