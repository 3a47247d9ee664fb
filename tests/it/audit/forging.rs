//! Nobody without the master key gets anything linked, and what is of no use stops nothing (R-AU-06).

use std::time::Duration;

use keyward::audit::search::Query;
use keyward::audit::{Action, Actor, Event, Origin, Outcome};
use keyward::foundation::ids::UserId;
use keyward::foundation::{Clock as _, Timestamp};
use keyward::storage::{Batch, Key};
use keyward::telemetry::health::Check as _;
use serde_json::{Value, json};

use super::tampering::Forger;
use super::{Any, DAY, chain, tell};
use crate::support::world::{World, origin};
use crate::support::{app, relying_party};

/// Puts `event` where the time `at` belongs, with this marker, if any.
async fn insert(forger: &Forger, at: Timestamp, mut event: Value, marker: Option<Value>) {
    event["at"] = at.0.into();
    event["id"] = "AAAAAAAAAAAAAAAAAAAAAA".into();
    let key = |kind: &[&str]| {
        Key::new("audit", &[kind, &[&format!("{:016}", at.0), "AAAAAAAAAAAAAAAAAAAAAA"]].concat())
    };
    forger.write(&key(&["event"]), &Any(event)).await;
    if let Some(marker) = marker {
        forger.write(&key(&["unlinked", "1"]), &Any(marker)).await;
    }
}

#[tokio::test]
async fn an_inserted_event_with_a_marker_is_set_aside_and_told() {
    let genuine = Forger::new().await;
    tell(&genuine.world, &[Action::SignIn]).await;
    let proof = genuine.read(&genuine.keys("unlinked").await[0]).await.0;
    for marker in [json!({}), json!({"proof": ""}), json!({"proof": "AAAA"}), json!(7), proof] {
        let forger = Forger::new().await;
        let event = forger.read(&forger.keys("event").await[2]).await.0;
        insert(&forger, forger.world.clock.now().minus(DAY), event, Some(marker.clone())).await;
        forger.is_found("nobody with the master key wrote it").await;
        let shown = forger.chain.show(&Query::default(), 100, &Actor::CommandLine).await.unwrap();
        assert_eq!(shown.len(), 21, "it is not shown: 20 and the reading");
        tell(&forger.world, &[Action::SignOut]).await;
        forger.chain.link_all().await;
        forger.chain.link_all().await;
        forger.is_found("was set aside at 2027-01-15T").await;
        let report = forger.chain.verify(None).await.unwrap();
        assert_eq!((report.events, report.problems.len()), (23, 1), "{marker}: {:?}", report.problems);
        let events = forger.world.events().await;
        let told = events.iter().find(|event| event.action == Action::EventSetAside).unwrap();
        assert_eq!((told.count, told.outcome), (Some(1), Outcome::Failure));
        assert!(events.iter().all(|event| event.id.as_str() != "AAAAAAAAAAAAAAAAAAAAAA"));

        let aside = forger.store.scan(&Key::prefix("set_aside", &[]), None, 10).await.unwrap();
        forger.remove(&aside[0].0).await;
        forger.is_found("1 records of the trail were set aside, but only 0 stand there").await;
    }
}

#[tokio::test]
async fn an_event_changed_before_it_was_linked_is_set_aside() {
    let forger = Forger::new().await;
    tell(&forger.world, &[Action::SignIn]).await;
    let key = forger.keys("event").await.pop().unwrap();
    let mut event = forger.read(&key).await;
    event.0["outcome"] = "failure".into();
    forger.write(&key, &event).await;
    forger.chain.link_all().await;
    forger.is_found("was set aside").await;
}

#[tokio::test]
async fn what_cannot_be_read_stops_nothing() {
    let forger = Forger::new().await;
    let event = forger.read(&forger.keys("event").await[2]).await.0;
    let with = |name: &str, value: Value| {
        let mut event = event.clone();
        event[name] = value;
        event
    };
    let before = forger.chain.verify(None).await.unwrap().events;
    let records = [
        with("action", "juggled".into()),
        json!("no event at all"),
        with("group", "\"".repeat(20_000).into()),
        json!(vec![0; 9000]),
    ];
    for (number, record) in records.into_iter().enumerate() {
        let (time, id) = (format!("{number:016}"), format!("strange{number}"));
        forger.write(&Key::new("audit", &["event", &time, &id]), &Any(record)).await;
        forger.write(&Key::new("audit", &["unlinked", "1", &time, &id]), &Any(json!({}))).await;
    }
    forger.write(&Key::new("audit", &["unlinked", "1", "nonsense"]), &Any(json!({}))).await;
    tell(&forger.world, &[Action::SignIn]).await;
    forger.chain.link_all().await;
    forger.chain.link_all().await;
    let report = forger.chain.verify(None).await.unwrap();
    assert_eq!((report.events, report.unlinked), (before + 2, 0), "the event, and the one that tells");
    let aside = |problem: &&String| problem.contains("was set aside");
    assert_eq!(report.problems.iter().filter(aside).count(), 5, "{:?}", report.problems);
    assert_eq!(report.problems.len(), 5, "{:?}", report.problems);
}

#[tokio::test]
async fn a_forged_head_is_not_built_upon() {
    let forger = Forger::new().await;
    let key = Key::new("audit", &["head", "1"]);
    let mut head = forger.read(&key).await;
    head.0["number"] = 0.into();
    forger.write(&key, &head).await;
    tell(&forger.world, &[Action::SignIn]).await;
    assert!(forger.chain.link().await.unwrap_err().to_string().contains("was forged"));
    assert_eq!(forger.keys("block").await.len(), 4);
}

#[tokio::test]
async fn an_older_head_is_not_built_upon_while_its_blocks_stand() {
    let forger = Forger::new().await;
    let blocks = forger.keys("block").await;
    let (third, fourth) = (forger.read(&blocks[2]).await.0, forger.read(&blocks[3]).await.0);
    let head = json!({
        "number": 3, "at": third["at"], "hash": fourth["previous"], "signature": third["signature"],
    });
    forger.write(&Key::new("audit", &["head", "1"]), &Any(head)).await;
    tell(&forger.world, &[Action::SignIn]).await;
    assert!(forger.chain.link().await.unwrap_err().to_string().contains("block 4 stands beyond"));
    assert_eq!(forger.read(&blocks[3]).await.0, fourth);
}

/// Tells of a jump back by `seconds`, as the upkeep does.
async fn jump_back(world: &World, by: Duration) {
    world.clock.set(world.clock.now().minus(by));
    let mut batch = Batch::new();
    let event = world.trail.event(Action::ClockJumped, Outcome::Success, &Origin::default());
    event.because("backward").count(by.as_secs()).write(&mut batch);
    world.store.commit(batch).await.unwrap();
}

#[tokio::test]
async fn an_event_that_was_held_back_is_found_out_of_its_place() {
    let forger = Forger::new().await;
    tell(&forger.world, &[Action::SignIn]).await;
    let (event, marker) =
        (forger.keys("event").await.pop().unwrap(), forger.keys("unlinked").await.remove(0));
    let held = forger.store.fetch::<Event>(&event).await.unwrap().unwrap().value;
    let proof = forger.read(&marker).await;
    forger.remove(&event).await;
    forger.remove(&marker).await;
    forger.world.clock.advance(2 * DAY);
    tell(&forger.world, &[Action::SignOut]).await;
    forger.chain.link_all().await;
    assert_eq!(forger.chain.verify(None).await.unwrap().problems, Vec::<String>::new());
    let mut batch = Batch::new();
    batch.put(event, &held, None).put(marker, &proof, None);
    forger.store.commit(batch).await.unwrap();
    forger.chain.link_all().await;
    forger.is_found("of block 6 does not stand where its time belongs").await;
    // A jump of some other time is no excuse.
    forger.world.clock.advance(30 * DAY);
    jump_back(&forger.world, Duration::from_secs(3600)).await;
    forger.chain.link_all().await;
    forger.is_found("of block 6 does not stand where its time belongs").await;
}

#[tokio::test]
async fn a_jump_of_the_clock_and_a_long_wait_are_no_problem() {
    let forger = Forger::new().await;
    tell(&forger.world, &[Action::SignIn]).await;
    jump_back(&forger.world, Duration::from_secs(3600)).await;
    forger.chain.link_all().await;
    tell(&forger.world, &[Action::SignIn]).await;
    forger.chain.link_all().await;
    // Events of commands, while no server ran.
    forger.world.clock.advance(DAY);
    tell(&forger.world, &[Action::UserCreated; 200]).await;
    forger.world.clock.advance(5 * DAY);
    forger.chain.link_all().await;
    assert_eq!(forger.chain.verify(None).await.unwrap().problems, Vec::<String>::new());
}

#[tokio::test]
async fn a_search_key_that_was_removed_or_planted_is_found() {
    let world = World::new().await;
    let chain = chain(&world);
    let mut batch = Batch::new();
    let event = world.trail.event(Action::SignIn, Outcome::Success, &origin("192.0.2.1"));
    event.about(&UserId::from_text("ann")).write(&mut batch);
    world.store.commit(batch).await.unwrap();
    tell(&world, &[Action::SignOut]).await;
    chain.link_all().await;
    assert_eq!(chain.verify(None).await.unwrap().problems, Vec::<String>::new());
    let record = Any(json!({}));
    let put = async |key: &Key| {
        let mut batch = Batch::new();
        batch.put(key.clone(), &record, None);
        world.store.commit(batch).await.unwrap();
    };
    for kind in ["person", "address"] {
        let (key, _) = world.store.scan(&Key::prefix("audit", &[kind]), None, 1).await.unwrap().remove(0);
        let mut batch = Batch::new();
        batch.delete(key.clone());
        world.store.commit(batch).await.unwrap();
        let problems = chain.verify(None).await.unwrap().problems;
        assert_eq!(problems, [format!("the search key {key} was removed")]);
        put(&key).await;
    }
    let (key, _) = world.store.scan(&Key::prefix("audit", &["person"]), None, 1).await.unwrap().remove(0);
    let swapped = Key::from_bytes(key.to_string().replace("/ann/", "/bob/").into_bytes());
    let nobody = Key::new("audit", &["application", "x", "9998199999999999", "AAAAAAAAAAAAAAAAAAAAAA"]);
    let nonsense = Key::new("audit", &["application", "x", "nonsense"]);
    for planted in [&swapped, &nobody, &nonsense] {
        put(planted).await;
    }
    let mut problems = chain.verify(None).await.unwrap().problems;
    problems.sort();
    assert_eq!(
        problems,
        [&nobody, &nonsense, &swapped].map(|key| format!("the search key {key} is of no event"))
    );
}

#[tokio::test]
async fn what_waits_for_more_than_a_minute_while_the_server_runs_is_a_problem() {
    let app = app::start().await;
    let chain = &app.app.chain;
    chain.link_all().await;
    let ready =
        async || relying_party::read(crate::support::browser::http().get(app.url("/ready"))).await.body;
    app.pass(DAY.as_secs());
    // Commands wrote it while no server ran.
    let mut batch = Batch::new();
    app.app.trail.event(Action::UserCreated, Outcome::Success, &Origin::default()).write(&mut batch);
    app.store().commit(batch).await.unwrap();
    app.pass(DAY.as_secs());
    assert_eq!((ready().await.as_str(), chain.verify(None).await.unwrap().problems.len()), ("ready\n", 0));
    chain.keep_linking();
    app.pass(60);
    assert_eq!((ready().await.as_str(), chain.verify(None).await.unwrap().problems.len()), ("ready\n", 0));
    app.pass(1);
    assert_eq!(ready().await, "ready, but impaired\n");
    let problems = chain.verify(None).await.unwrap().problems;
    assert_eq!(problems, ["an event waits to be linked since 61 s, although the server runs"]);
    chain.link_all().await;
    assert!(chain.check().await.is_ok());
}
