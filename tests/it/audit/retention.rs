//! The trail is shortened with a tombstone (R-AU-06), slowly enough that a wrong clock does not erase it.

use keyward::audit::retention::Pace;
use keyward::audit::search::Query;
use keyward::audit::{Action, Actor};
use keyward::foundation::{Clock as _, Timestamp};
use keyward::storage::Key;

use super::{DAY, KEEP, chain, tell};
use crate::support::app;
use crate::support::world::World;

#[tokio::test]
async fn the_retention_leaves_a_tombstone_on_which_the_chain_stands() {
    let world = World::new().await;
    let chain = chain(&world);
    let mut pace = Pace::new(world.clock.monotonic());
    for _ in 0..3 {
        tell(&world, &[Action::SignIn; 200]).await;
        chain.link_all().await;
        world.clock.advance(100 * DAY);
    }
    let kept = chain.newest().await.unwrap().unwrap();
    assert_eq!(chain.shorten(&mut pace).await.unwrap(), 0, "nothing is due");
    world.clock.advance(102 * DAY);
    assert_eq!(chain.shorten(&mut pace).await.unwrap(), 200);
    assert_eq!(chain.shorten(&mut pace).await.unwrap(), 0);
    chain.link_all().await;
    let report = chain.verify(Some(&kept)).await.unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!((report.removed, report.events), (200, 401), "the round is an event too");
    let last = world.events().await.pop().unwrap();
    assert_eq!((last.action, last.actor), (Action::TrailShortened, Actor::System));
    world.clock.advance(2 * KEEP);
    for removed in [200, 200, 1] {
        assert_eq!(chain.shorten(&mut pace).await.unwrap(), removed);
        assert_eq!(chain.shorten(&mut pace).await.unwrap(), 0, "once a day");
        world.clock.advance(DAY);
    }
    let report = chain.verify(None).await.unwrap();
    assert_eq!((report.removed, report.events, report.unlinked), (601, 0, 3));
    assert_eq!(report.problems, Vec::<String>::new());
    tell(&world, &[Action::SignIn]).await;
    chain.link_all().await;
    assert_eq!(chain.verify(Some(&kept)).await.unwrap().problems, Vec::<String>::new());
    let rest = chain.show(&Query::default(), 10, &Actor::CommandLine).await.unwrap();
    assert_eq!(rest.len(), 5, "removed ones are not found, nor are their search keys left");
    let left = world.store.scan(&Key::prefix("audit", &["person"]), None, 10).await.unwrap();
    assert!(left.is_empty());
}

/// A day's worth of events for each of ten days.
async fn ten_days(app: &app::TestApp) {
    for _ in 0..10 {
        let mut batch = keyward::storage::Batch::new();
        let event =
            app.app.trail.event(Action::SignIn, keyward::audit::Outcome::Success, &Default::default());
        event.write(&mut batch);
        app.store().commit(batch).await.unwrap();
        app.app.chain.link_all().await;
        app.pass(DAY.as_secs());
    }
}

/// How many events the retention has removed so far.
async fn removed(app: &app::TestApp) -> u64 {
    let report = app.app.chain.verify(None).await.unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    report.removed
}

#[tokio::test]
async fn a_start_with_a_clock_far_ahead_erases_nothing_for_a_day_and_then_little() {
    let app = app::start().await;
    ten_days(&app).await;
    let (right, all) = (app.clock.now(), removed(&app).await);
    assert_eq!(all, 0);
    app.clock.set(right.plus(3 * KEEP));
    let mut upkeep = app.app.upkeep();
    upkeep.started().await.unwrap();
    for _ in 0..23 {
        app.pass(3600);
        upkeep.look_around().await;
    }
    assert_eq!(removed(&app).await, 0);
    for expected in [4, 6, 8, 10] {
        app.pass(DAY.as_secs());
        upkeep.look_around().await;
        upkeep.look_around().await;
        let days = removed(&app).await;
        assert!(days <= expected, "two days' worth a day at most: {days}");
        assert!(days >= expected - 2, "it goes on: {days}");
    }
}

#[tokio::test]
async fn a_jump_forward_stops_the_retention_for_a_day() {
    let app = app::start().await;
    ten_days(&app).await;
    let mut upkeep = app.app.upkeep();
    app.pass(2 * DAY.as_secs());
    upkeep.look_around().await;
    assert_eq!(removed(&app).await, 0);
    app.clock.set(app.clock.now().plus(3 * KEEP));
    upkeep.look_around().await;
    app.pass(23 * 3600);
    upkeep.look_around().await;
    assert_eq!(removed(&app).await, 0);
    // Once the clock is right again, all is well.
    app.clock.set(Timestamp(app.clock.now().0 - 3 * i64::try_from(KEEP.as_millis()).unwrap()));
    app.pass(2 * DAY.as_secs());
    upkeep.look_around().await;
    assert_eq!(removed(&app).await, 0);
}
