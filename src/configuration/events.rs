//! What an apply tells of: the whole, and each group and client that does not stay as it is (R-AU-01).

use std::collections::BTreeMap;

use super::Configuration;
use super::state::State;
use crate::audit::trail::Draft;
use crate::audit::{Action, Actor, Origin, Outcome};
use crate::storage::Batch;

/// Events of single objects that fit into the commit of the switch, each with its marker; the event of the whole says how
/// many objects have changed.
const EVENTS: usize = 450;

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
    /// Adds to `batch`, which makes `after` count in place of `before`, the events that tell of it.
    pub(super) fn tell(&self, before: &State, after: &State, by: &Actor, batch: &mut Batch) {
        let origin = Origin::default();
        let event = |action| self.parts.trail.event(action, Outcome::Success, &origin).by(by.clone());
        let groups = changes(&before.groups, &after.groups, &GROUP);
        let clients = changes(&before.clients, &after.clients, &CLIENT);
        let changed = groups.len().saturating_add(clients.len());
        let whole = event(Action::ConfigurationApplied);
        whole.count(u64::try_from(changed).unwrap_or(u64::MAX)).write(batch);
        let groups = groups.into_iter().map(|(group, action)| event(action).group(group.name.as_str()));
        let clients = clients.into_iter().map(|(client, action)| event(action).client(&client.id));
        let events: Vec<Draft<'_>> = groups.chain(clients).take(EVENTS).collect();
        events.into_iter().for_each(|event| event.write(batch));
    }
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
