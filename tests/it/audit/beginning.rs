//! The chain begins once for each store: what an earlier version wrote is taken over then, and never again (R-AU-06).

use keyward::audit::Action;
use keyward::storage::{Batch, Key};

use super::{Any, DAY, KEEP, chain, tell};
use crate::support::world::World;

/// A store as the first version left it: three events with an end, and nothing of a chain. One more cannot be read.
async fn first_version() -> World {
    let world = World::new().await;
    tell(&world, &[Action::SignIn; 3]).await;
    let mut batch = Batch::new();
    for (key, event) in world.trail.read(&world.store, None, 10).await.unwrap() {
        batch.put(key, &event, Some(event.at.plus(KEEP)));
    }
    batch.put(Key::new("audit", &["event", "1", "strange"]), &Any("of another program".into()), None);
    world.store.commit(batch).await.unwrap();
    remove(&world, &["unlinked", "head", "adopted"]).await;
    world
}

async fn remove(world: &World, kinds: &[&str]) {
    let mut batch = Batch::new();
    for kind in kinds {
        for (key, _) in world.store.scan(&Key::prefix("audit", &[kind]), None, 100).await.unwrap() {
            batch.delete(key);
        }
    }
    assert!(world.store.commit(batch).await.unwrap().is_done());
}

#[tokio::test]
async fn events_from_before_there_was_a_chain_are_linked_with_the_first() {
    let world = first_version().await;
    let chain = chain(&world);
    chain.begin().await.unwrap();
    chain.begin().await.unwrap();
    tell(&world, &[Action::Started]).await;
    chain.link_all().await;
    world.clock.advance(KEEP + DAY / 2);
    let report = chain.verify(None).await.unwrap();
    assert_eq!((report.events, report.adopted), (4, 3), "nothing vanishes by itself");
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    assert!(report.problems[0].contains("event/1/strange was set aside at 2027"), "{:?}", report.problems);
}

#[tokio::test]
async fn a_trail_whose_chain_was_removed_is_not_taken_over() {
    for (kinds, kept) in [
        (["block", "head", "tombstone", "unlinked", "none"], false),
        (["block", "head", "tombstone", "unlinked", "adopted"], true),
        (["head", "tombstone", "unlinked", "adopted", "none"], false),
    ] {
        let world = World::new().await;
        let chain = chain(&world);
        tell(&world, &[Action::SignIn; 3]).await;
        chain.link_all().await;
        if kept {
            chain.keep_checkpoint().await.unwrap();
        }
        remove(&world, &kinds).await;
        let (key, _) = world.store.scan(&Key::prefix("audit", &["event"]), None, 1).await.unwrap().remove(0);
        let mut event = world.store.fetch::<Any>(&key).await.unwrap().unwrap().value;
        event.0["outcome"] = "failure".into();
        let mut batch = Batch::new();
        batch.put(key, &event, None);
        world.store.commit(batch).await.unwrap();

        chain.begin().await.unwrap();
        tell(&world, &[Action::Started]).await;
        chain.link_all().await;
        assert!(chain.link().await.unwrap_err().to_string().contains("head of the audit chain"));
        let problems = chain.verify(None).await.unwrap().problems;
        assert!(problems.iter().any(|problem| problem == "the head of the chain is missing"), "{problems:?}");
        assert_eq!(problems.iter().any(|problem| problem.contains("cut off")), kept, "{problems:?}");
    }
}

#[tokio::test]
async fn a_trail_that_was_removed_as_a_whole_is_missed() {
    let world = World::new().await;
    let chain = chain(&world);
    tell(&world, &[Action::SignIn; 3]).await;
    chain.link_all().await;
    chain.keep_checkpoint().await.unwrap();
    remove(&world, &["block", "head", "adopted", "event"]).await;
    chain.begin().await.unwrap();
    tell(&world, &[Action::Started]).await;
    chain.link_all().await;
    chain.keep_checkpoint().await.unwrap();
    let problems = chain.verify(None).await.unwrap().problems;
    assert!(problems.iter().any(|problem| problem.contains("block 1 is another")), "{problems:?}");
}
