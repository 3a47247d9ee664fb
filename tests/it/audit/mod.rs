//! The trail: written with the change or not at all, without secrets (R-AU-02, R-AU-04, R-AU-05), linked, searched,
//! verified and shortened (R-AU-03, R-AU-06).

mod beginning;
mod bounded;
mod checkpoint;
mod forging;
mod linking;
mod reading;
mod retention;
mod tampering;

use std::time::Duration;

use keyward::audit::{Action, Actor, Chain, Origin, Outcome};
use keyward::config::Live;
use keyward::foundation::Clock as _;
use keyward::foundation::ids::{SessionId, UserId};
use keyward::storage::{Batch, Key, Record, SharedStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::support::world::World;

pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long these tests keep events.
pub const KEEP: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// The chain over the store of `world`.
pub fn chain(world: &World) -> Chain {
    over(world, world.store.clone())
}

/// The same over another store.
pub fn over(world: &World, store: SharedStore) -> Chain {
    let (clock, trail) = (world.clock.clone(), world.trail.clone());
    Chain::new(store, clock, trail, &world.sealing, Live::default(), world.keys.path())
}

/// Any record, as a forger sees it.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Any(pub Value);

impl Record for Any {}

/// Writes one event of each action, a second apart.
pub async fn tell(world: &World, actions: &[Action]) {
    for action in actions {
        let mut batch = Batch::new();
        world.trail.event(*action, Outcome::Success, &Origin::default()).write(&mut batch);
        assert!(world.store.commit(batch).await.unwrap().is_done());
        world.clock.advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn r_au_05_the_event_stands_or_falls_with_the_change() {
    let world = World::new().await;
    for (present, told) in [(true, 0), (false, 1)] {
        let mut batch = Batch::new();
        let key = Key::new("nothing", &["here"]);
        if present {
            batch.require_present(key)
        } else {
            batch.require_absent(key)
        };
        world.trail.event(Action::SignIn, Outcome::Success, &Origin::default()).write(&mut batch);
        assert_eq!(world.store.commit(batch).await.unwrap().is_done(), !present);
        assert_eq!(world.events().await.len(), told);
    }
}

#[tokio::test]
async fn r_au_02_an_event_tells_who_what_whence_and_names_the_session_by_hash_only() {
    let world = World::new().await;
    let (ann, session) = (UserId::from_text("ann"), SessionId::from_text("canary-session"));
    let agent = format!("Agent\r\n\u{1b}[31m\u{202e}{}", "x".repeat(1000));
    let origin = Origin::new("2001:db8::1".parse().ok(), Some(&agent), Some("r-7".to_owned()));
    let mut batch = Batch::new();
    let draft = world.trail.event(Action::SignIn, Outcome::Failure, &origin);
    draft.by(Actor::User(ann.clone())).about(&ann).session(&session).because("policy").write(&mut batch);
    world.store.commit(batch).await.unwrap();
    let event = world.events().await.pop().unwrap();
    assert_eq!(
        (event.at, event.action, event.outcome),
        (world.clock.now(), Action::SignIn, Outcome::Failure)
    );
    assert_eq!((event.subject, event.actor), (Some(ann.clone()), Actor::User(ann)));
    assert_eq!(event.reason.as_ref().map(|reason| reason.as_str()), Some("policy"));
    assert_eq!(event.origin.request.as_deref(), Some("r-7"));
    let shown = event.origin.user_agent().unwrap();
    assert_eq!(shown.chars().count(), 200);
    assert!(
        shown.starts_with("Agent[31mxxx"),
        "no control characters, nothing that turns text around: {shown:?}"
    );
    assert!(!event.session.unwrap().contains("canary"));
}

#[tokio::test]
async fn events_are_read_in_order_of_time() {
    let world = World::new().await;
    for action in [Action::UserCreated, Action::SignIn, Action::SignOut] {
        let mut batch = Batch::new();
        world.trail.event(action, Outcome::Success, &Origin::default()).write(&mut batch);
        world.store.commit(batch).await.unwrap();
        world.clock.advance(Duration::from_millis(1));
    }
    let first = world.trail.read(&world.store, None, 1).await.unwrap();
    let rest = world.trail.read(&world.store, Some(&first[0].0), 9).await.unwrap();
    let actions: Vec<_> = first.iter().chain(&rest).map(|(_, event)| event.action).collect();
    assert_eq!(actions, [Action::UserCreated, Action::SignIn, Action::SignOut]);
}
