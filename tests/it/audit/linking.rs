//! The chain: linked soon, by one, in order, without a write while nothing happens; shortened with a tombstone (R-AU-06).

use std::sync::Arc;
use std::time::Duration;

use keyward::audit::linking::MOST_IN_BLOCK;
use keyward::audit::retention::Pace;
use keyward::audit::{Action, Chain, Outcome};
use keyward::foundation::clock::{ClockWatch, Jump};
use keyward::foundation::{Clock as _, Timestamp};
use keyward::storage::{Batch, Key, SharedStore};

use super::{DAY, chain, over, tell};
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
    assert_eq!(chain.newest().await.unwrap().unwrap().number, 0);
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
    let (clock, trail, keys) = (ground.clock.clone(), app.app.trail.clone(), &ground.settings.data.keys);
    let chain = Chain::new(store.clone(), clock, trail, &ground.sealing, app.app.live.clone(), keys);
    let mut pace = Pace::new(app.clock.monotonic());
    app.clock.advance(2 * DAY);
    chain.link_all().await;
    chain.keep_checkpoint().await.unwrap();
    let checkpoint = || std::fs::metadata(keys.join("audit.checkpoint")).unwrap().modified().unwrap();
    let kept = checkpoint();
    let written = store.commits();
    assert!(written > 0, "the first keys were told of");
    for _ in 0..100 {
        chain.link_all().await;
        chain.shorten(&mut pace).await.unwrap();
        chain.keep_checkpoint().await.unwrap();
        app.app.trail.tell_left_out(app.store()).await.unwrap();
    }
    assert_eq!(store.commits(), written);
    let before = app.events().await.len();
    let mut upkeep = app.app.upkeep();
    for _ in 0..10 {
        app.pass(60);
        upkeep.look_around().await;
    }
    assert_eq!((app.events().await.len(), checkpoint()), (before, kept));
}

#[tokio::test]
async fn r_au_01_start_stop_and_a_jump_of_the_clock_are_told() {
    let app = app::start().await;
    let mut upkeep = app.app.upkeep();
    upkeep.started().await.unwrap();
    app.pass(60);
    upkeep.look_around().await;
    app.pass(60);
    app.clock.set(app.clock.now().plus(Duration::from_secs(3940)));
    upkeep.look_around().await;
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
async fn the_chain_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    let open = || keyward::storage::redb::open(folder.path(), 1024 * 1024, world.clock.clone()).unwrap();
    for round in 1..=3 {
        let store = open();
        let chain = over(&world, store.clone());
        chain.begin().await.unwrap();
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
