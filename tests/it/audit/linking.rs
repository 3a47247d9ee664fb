//! The chain: linked soon, by one, in order, without a write while nothing happens; shortened with a tombstone (R-AU-06).

use std::sync::Arc;
use std::time::Duration;

use keyward::audit::chain::MOST_IN_BLOCK;
use keyward::audit::search::Query;
use keyward::audit::{Action, Actor, Chain, Outcome};
use keyward::config::Live;
use keyward::foundation::clock::{ClockWatch, Jump};
use keyward::foundation::{Clock as _, Timestamp};
use keyward::storage::{Batch, Key, SharedStore};

use super::{DAY, KEEP, chain, tell};
use crate::support::app;
use crate::support::watched::Watched;
use crate::support::world::{World, origin};

/// How many records stand below `audit/<kind>`.
async fn stand(store: &SharedStore, kind: &str) -> usize {
    store.scan(&Key::prefix("audit", &[kind]), None, 10_000).await.unwrap().len()
}

#[tokio::test]
async fn r_au_06_every_event_is_linked_once_in_full_blocks() {
    let world = World::new().await;
    let chain = chain(&world);
    assert_eq!(chain.newest().await.unwrap(), None);
    let many = 2 * MOST_IN_BLOCK + 7;
    for _ in 0..many {
        let mut batch = Batch::new();
        world.trail.event(Action::SignIn, Outcome::Success, &origin("192.0.2.1")).write(&mut batch);
        world.store.commit(batch).await.unwrap();
    }
    let waiting = chain.verify(None).await.unwrap();
    assert_eq!((waiting.unlinked, waiting.events, waiting.problems.len()), (many as u64, 0, 0));
    world.clock.advance(Duration::from_secs(90));
    assert_eq!(chain.verify(None).await.unwrap().oldest_unlinked, 90);
    chain.link_all().await;
    let report = chain.verify(None).await.unwrap();
    assert_eq!((report.blocks, report.events, report.unlinked), (3, many as u64, 0));
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!(stand(&world.store, "unlinked").await, 0);
    assert_eq!(stand(&world.store, "address").await, many);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_eight_that_link_at_once_each_event_is_linked_once() {
    let world = World::new().await;
    for _ in 0..5 {
        tell(&world, &[Action::SignIn; 20]).await;
        let linking: Vec<_> = (0..8)
            .map(|_| chain(&world))
            .map(|one| tokio::spawn(async move { one.link().await.unwrap() }))
            .collect();
        let mut linked = 0;
        for one in linking {
            linked += one.await.unwrap();
        }
        assert_eq!(linked, 20);
    }
    let report = chain(&world).verify(None).await.unwrap();
    assert_eq!((report.blocks, report.events, report.problems.len()), (5, 100, 0), "{:?}", report.problems);
}

#[tokio::test]
async fn without_an_event_nothing_is_written() {
    let app = app::start().await;
    let store = Arc::new(Watched::new(app.store().clone()));
    let ground = &app.app.ground;
    let chain = Chain::new(
        store.clone(),
        ground.clock.clone(),
        app.app.trail.clone(),
        &ground.sealing,
        app.app.live.clone(),
    );
    chain.link_all().await;
    let written = store.commits();
    assert!(written > 0, "the first keys were told of");
    for _ in 0..100 {
        chain.link_all().await;
        chain.shorten().await.unwrap();
        app.app.trail.tell_left_out(app.store()).await.unwrap();
    }
    assert_eq!(store.commits(), written);
    let before = app.events().await.len();
    let mut upkeep = app.app.upkeep();
    for _ in 0..10 {
        app.pass(60);
        upkeep.look_around(Duration::from_secs(60)).await;
    }
    assert_eq!(app.events().await.len(), before);
}

#[tokio::test]
async fn r_au_01_start_stop_and_a_jump_of_the_clock_are_told() {
    let app = app::start().await;
    let mut upkeep = app.app.upkeep();
    upkeep.started().await.unwrap();
    app.pass(60);
    upkeep.look_around(Duration::from_secs(60)).await;
    app.pass(4000);
    upkeep.look_around(Duration::from_secs(60)).await;
    upkeep.stopped().await;
    let events = app.events().await;
    let told = |action: &str| events.iter().find(|event| event["action"] == action).unwrap();
    let (started, jump, stopped) = (told("started"), told("clock_jumped"), told("stopped"));
    let at = |event: &serde_json::Value| event["at"].as_i64().unwrap();
    assert!(at(started) < at(jump) && at(jump) <= at(stopped));
    assert_eq!((jump["reason"].as_str(), jump["count"].as_u64()), (Some("forward"), Some(3940)));
    assert_eq!(jump["actor"]["kind"], "system");
    let report = app.app.chain.verify(None).await.unwrap();
    assert_eq!((report.unlinked, report.problems.len()), (0, 0), "what was told is linked at the end");
}

#[test]
fn a_clock_that_only_runs_has_not_jumped() {
    let start = Timestamp(1_800_000_000_000);
    let (minute, second) = (Duration::from_secs(60), Duration::from_secs(1));
    let look = |shows: Timestamp| ClockWatch::new(start).jump(shows, minute);
    assert_eq!(look(start.plus(minute)), None);
    assert_eq!(look(start.plus(minute + 30 * second)), None);
    assert_eq!(look(start.plus(minute + 31 * second)), Some(Jump::Forward(31 * second)));
    assert_eq!(look(start.plus(29 * second)), Some(Jump::Backward(31 * second)));
}

#[tokio::test]
async fn the_retention_leaves_a_tombstone_on_which_the_chain_stands() {
    let world = World::new().await;
    let chain = chain(&world);
    for _ in 0..3 {
        tell(&world, &[Action::SignIn; 200]).await;
        chain.link_all().await;
        world.clock.advance(100 * DAY);
    }
    let kept = chain.newest().await.unwrap().unwrap();
    world.clock.advance(100 * DAY);
    assert_eq!(chain.shorten().await.unwrap(), 0, "a round begins when a day's worth is due");
    world.clock.advance(2 * DAY);
    assert_eq!(chain.shorten().await.unwrap(), 200);
    assert_eq!(chain.shorten().await.unwrap(), 0);
    chain.link_all().await;
    let report = chain.verify(Some(&kept)).await.unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!((report.removed, report.events), (200, 401), "the round is an event too");
    let last = world.events().await.pop().unwrap();
    assert_eq!((last.action, last.actor), (Action::TrailShortened, Actor::System));
    world.clock.advance(2 * KEEP);
    assert_eq!(chain.shorten().await.unwrap(), 401);
    let report = chain.verify(None).await.unwrap();
    assert_eq!((report.removed, report.events, report.unlinked), (601, 0, 1));
    assert_eq!(report.problems, Vec::<String>::new());
    tell(&world, &[Action::SignIn]).await;
    chain.link_all().await;
    assert_eq!(chain.verify(Some(&kept)).await.unwrap().problems, Vec::<String>::new());
    let rest = chain.show(&Query::default(), 10, &Actor::CommandLine).await.unwrap();
    assert_eq!(rest.len(), 3, "removed ones are not found, nor are their search keys left");
    assert_eq!(stand(&world.store, "person").await, 0);
}

#[tokio::test]
async fn events_from_before_there_was_a_chain_are_linked_with_the_first() {
    let world = World::new().await;
    tell(&world, &[Action::SignIn; 3]).await;
    // As the first version wrote them: with an end, without a marker.
    let page = world.trail.read(&world.store, None, 10).await.unwrap();
    let mut batch = Batch::new();
    for (key, event) in page {
        batch.put(key, &event, Some(event.at.plus(KEEP)));
    }
    for (marker, _) in world.store.scan(&Key::prefix("audit", &["unlinked"]), None, 10).await.unwrap() {
        batch.delete(marker);
    }
    world.store.commit(batch).await.unwrap();
    tell(&world, &[Action::Started]).await;
    let chain = chain(&world);
    chain.link_all().await;
    chain.link_all().await;
    world.clock.advance(KEEP + DAY / 2);
    let report = chain.verify(None).await.unwrap();
    assert_eq!((report.events, report.problems), (4, Vec::new()), "nothing vanishes by itself");
}

#[tokio::test]
async fn the_chain_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    let open = || keyward::storage::redb::open(folder.path(), 1024 * 1024, world.clock.clone()).unwrap();
    for round in 1..=3 {
        let store = open();
        let chain = Chain::new(
            store.clone(),
            world.clock.clone(),
            world.trail.clone(),
            &world.sealing,
            Live::default(),
        );
        for _ in 0..10 {
            let mut batch = Batch::new();
            world.trail.event(Action::SignIn, Outcome::Success, &origin("192.0.2.1")).write(&mut batch);
            store.commit(batch).await.unwrap();
        }
        // What was told before the end and not linked is linked after it.
        assert_eq!(chain.verify(None).await.unwrap().unlinked, if round == 1 { 10 } else { 20 });
        if round > 1 {
            assert_eq!(chain.link().await.unwrap(), 20);
        }
        let mut batch = Batch::new();
        if round > 1 {
            for _ in 0..10 {
                world.trail.event(Action::SignOut, Outcome::Success, &origin("192.0.2.1")).write(&mut batch);
            }
        }
        store.commit(batch).await.unwrap();
        assert_eq!(chain.verify(None).await.unwrap().problems, Vec::<String>::new());
    }
    assert!(world.clock.now() > Timestamp(0));
}
