//! Whoever has the store in hand, but not the master key, leaves a trace whatever is done (R-AU-06).

use std::sync::Arc;

use keyward::audit::{Action, Chain, Checkpoint};
use keyward::config::Live;
use keyward::storage::{Batch, Key, SharedStore};

use super::{Any, chain, tell};
use crate::support::world::World;

/// A chain of four blocks, the first two of which are of five events, and a forger's hands.
pub struct Forger {
    pub store: SharedStore,
    pub chain: Chain,
    pub world: World,
}

impl Forger {
    pub async fn new() -> Self {
        let world = World::new().await;
        let chain = chain(&world);
        for _ in 0..4 {
            tell(
                &world,
                &[Action::SignIn, Action::Consent, Action::TokenIssued, Action::SignOut, Action::PasswordSet],
            )
            .await;
            chain.link_all().await;
        }
        assert_eq!(chain.verify(None).await.unwrap().problems, Vec::<String>::new());
        Self { store: world.store.clone(), chain, world }
    }

    pub async fn keys(&self, kind: &str) -> Vec<Key> {
        let found = self.store.scan(&Key::prefix("audit", &[kind]), None, 1000).await.unwrap();
        found.into_iter().map(|(key, _)| key).collect()
    }

    pub async fn read(&self, key: &Key) -> Any {
        self.store.fetch::<Any>(key).await.unwrap().unwrap().value
    }

    pub async fn write(&self, key: &Key, record: &Any) {
        let mut batch = Batch::new();
        batch.put(key.clone(), record, None);
        assert!(self.store.commit(batch).await.unwrap().is_done());
    }

    pub async fn remove(&self, key: &Key) {
        let mut batch = Batch::new();
        batch.delete(key.clone());
        assert!(self.store.commit(batch).await.unwrap().is_done());
    }

    pub async fn swap(&self, one: &Key, other: &Key) {
        let (first, second) = (self.read(one).await, self.read(other).await);
        self.write(one, &second).await;
        self.write(other, &first).await;
    }

    /// The verification finds something, and says `word`.
    pub async fn is_found(&self, word: &str) {
        let report = self.chain.verify(None).await.unwrap();
        assert!(
            report.problems.iter().any(|problem| problem.contains(word)),
            "{word}: {:?}",
            report.problems
        );
    }

    /// Puts back the head as it was after the third of four blocks, signature and all; the fourth is gone with its events.
    pub async fn cut_off(&self) {
        let blocks = self.keys("block").await;
        let (third, fourth) = (self.read(&blocks[2]).await.0, self.read(&blocks[3]).await.0);
        for event in &self.keys("event").await[15..] {
            self.remove(event).await;
        }
        self.remove(&blocks[3]).await;
        let head = serde_json::json!({
            "number": 3, "at": third["at"], "hash": fourth["previous"], "signature": third["signature"],
        });
        self.write(&Key::new("audit", &["head", "1"]), &Any(head)).await;
    }
}

#[tokio::test]
async fn a_changed_event_is_found() {
    let forger = Forger::new().await;
    let key = forger.keys("event").await.swap_remove(7);
    let mut event = forger.read(&key).await;
    event.0["outcome"] = "failure".into();
    forger.write(&key, &event).await;
    forger.is_found("of block 2 was changed").await;
}

#[tokio::test]
async fn a_removed_event_is_found() {
    let forger = Forger::new().await;
    let key = forger.keys("event").await.swap_remove(3);
    forger.remove(&key).await;
    forger.is_found("of block 1 was removed").await;
}

#[tokio::test]
async fn exchanged_events_are_found() {
    let forger = Forger::new().await;
    let keys = forger.keys("event").await;
    forger.swap(&keys[1], &keys[12]).await;
    forger.is_found("was changed").await;
}

#[tokio::test]
async fn an_inserted_event_is_found() {
    let forger = Forger::new().await;
    let event = forger.read(&forger.keys("event").await[2]).await;
    for time in ["0000000000000001", "1800000003000000", "nonsense"] {
        let key = Key::new("audit", &["event", time, "AAAAAAAAAAAAAAAAAAAAAA"]);
        forger.write(&key, &event).await;
        forger.is_found("it was inserted").await;
        forger.remove(&key).await;
    }
    assert_eq!(forger.chain.verify(None).await.unwrap().problems, Vec::<String>::new());
}

#[tokio::test]
async fn an_event_that_is_linked_again_is_found() {
    let forger = Forger::new().await;
    tell(&forger.world, &[Action::SignIn]).await;
    let key = forger.keys("unlinked").await.remove(0);
    let marker = forger.read(&key).await;
    forger.chain.link_all().await;
    forger.write(&key, &marker).await;
    forger.chain.link_all().await;
    forger.is_found("linked twice").await;
}

#[tokio::test]
async fn an_event_removed_before_it_was_linked_is_found_before_and_after() {
    let forger = Forger::new().await;
    tell(&forger.world, &[Action::SignIn]).await;
    let key = forger.keys("event").await.pop().unwrap();
    forger.remove(&key).await;
    forger.is_found("removed before it was linked").await;
    forger.chain.link_all().await;
    forger.is_found("of block 5 was removed").await;
}

#[tokio::test]
async fn a_changed_order_within_a_block_is_found() {
    let forger = Forger::new().await;
    let key = forger.keys("block").await.swap_remove(1);
    let mut block = forger.read(&key).await;
    block.0["entries"].as_array_mut().unwrap().swap(0, 1);
    forger.write(&key, &block).await;
    forger.is_found("block 2 was changed").await;
    forger.is_found("block 3 does not follow").await;
}

#[tokio::test]
async fn exchanged_blocks_are_found() {
    let forger = Forger::new().await;
    let keys = forger.keys("block").await;
    forger.swap(&keys[1], &keys[2]).await;
    forger.is_found("block 2 was changed").await;
}

#[tokio::test]
async fn a_block_removed_with_all_its_events_is_found_wherever_it_stood() {
    for place in 0..4 {
        let forger = Forger::new().await;
        let events = forger.keys("event").await;
        for event in &events[place * 5..place * 5 + 5] {
            forger.remove(event).await;
        }
        forger.remove(&forger.keys("block").await[place]).await;
        forger.is_found("is missing").await;
    }
}

#[tokio::test]
async fn a_tail_that_was_cut_off_is_found_by_a_checkpoint_kept_elsewhere() {
    let forger = Forger::new().await;
    let kept = forger.chain.newest().await.unwrap().unwrap();
    forger.cut_off().await;
    assert_eq!(
        forger.chain.verify(None).await.unwrap().problems,
        Vec::<String>::new(),
        "nothing inside tells"
    );
    let report = forger.chain.verify(Some(&kept)).await.unwrap();
    assert!(
        report.problems[0].contains("cut off: it ends with block 3, the checkpoint says 4"),
        "{report:?}"
    );
    // What is told afterwards makes another fourth block.
    tell(&forger.world, &[Action::SignIn]).await;
    forger.chain.link_all().await;
    let report = forger.chain.verify(Some(&kept)).await.unwrap();
    assert!(report.problems[0].contains("block 4 is another than the checkpoint says"), "{report:?}");
}

#[tokio::test]
async fn a_head_that_was_moved_or_removed_is_found() {
    let forger = Forger::new().await;
    let key = Key::new("audit", &["head", "1"]);
    let mut head = forger.read(&key).await;
    head.0["number"] = 3.into();
    forger.write(&key, &head).await;
    forger.is_found("the head of the chain is not that of block 3").await;
    forger.is_found("block 4 stands beyond the head").await;
    forger.remove(&key).await;
    forger.is_found("block 1 stands beyond the head").await;
    forger.is_found("it was inserted").await;
}

#[tokio::test]
async fn a_forged_tombstone_is_found() {
    let forger = Forger::new().await;
    let block = forger.read(&forger.keys("block").await[1]).await.0;
    let checkpoint =
        serde_json::json!({"number": 1, "at": 1, "hash": block["previous"], "signature": block["signature"]});
    let stone =
        serde_json::json!({"last": checkpoint, "events": 5, "at": 1, "signature": block["signature"]});
    for event in &forger.keys("event").await[..5] {
        forger.remove(event).await;
    }
    forger.remove(&forger.keys("block").await[0]).await;
    forger.write(&Key::new("audit", &["tombstone", "1"]), &Any(stone)).await;
    forger.is_found("forged").await;
}

#[tokio::test]
async fn a_chain_made_anew_without_the_master_key_is_found() {
    let forger = Forger::new().await;
    let stranger = World::new().await;
    for kind in ["block", "head", "adopted"] {
        for key in forger.keys(kind).await {
            forger.remove(&key).await;
        }
    }
    let (store, trail) = (forger.store.clone(), forger.world.trail.clone());
    let (folder, sealing) = (stranger.keys.path(), Arc::new(other_key().await));
    let own = Chain::new(store, stranger.clock.clone(), trail, &sealing, Live::default(), folder);
    own.begin().await.unwrap();
    own.link_all().await;
    assert_eq!(own.verify(None).await.unwrap().problems, Vec::<String>::new());
    forger.is_found("block 1 was changed").await;
}

/// Another installation's master key.
async fn other_key() -> keyward::sealing::Sealing {
    use keyward::foundation::random::SeededRandom;
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(keyward::foundation::clock::ManualClock::new(keyward::foundation::Timestamp(0)));
    let store = keyward::storage::memory::open(clock);
    keyward::sealing::Sealing::start(folder.path(), &*store, Arc::new(SeededRandom::new(99))).await.unwrap()
}

#[tokio::test]
async fn a_checkpoint_reads_back_and_a_forged_one_is_none_of_ours() {
    let forger = Forger::new().await;
    let kept = forger.chain.newest().await.unwrap().unwrap();
    assert_eq!(Checkpoint::parse(&kept.to_text()), Some(kept.clone()));
    assert_eq!(forger.chain.verify(Some(&kept)).await.unwrap().problems, Vec::<String>::new());
    for text in ["", "keyward-audit-1:4", "keyward-audit-2:1:2:a:b", "keyward-audit-1:1:2:a:b:c"] {
        assert_eq!(Checkpoint::parse(text), None, "{text}");
    }
    let forged = kept.to_text().replace("keyward-audit-1:4:", "keyward-audit-1:3:");
    let report = forger.chain.verify(Checkpoint::parse(&forged).as_ref()).await.unwrap();
    assert!(report.problems[0].contains("was not made here"), "{report:?}");
}
