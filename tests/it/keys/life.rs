//! The state machine, walked by chance with a clock that jumps, over two nodes and restarts.

use std::collections::HashMap;
use std::time::Duration;

use keyward::audit::{Action, Actor};
use keyward::foundation::{Clock as _, Timestamp};
use keyward::keys::Rotation;
use keyward::keys::rotation::{ANNOUNCED, Phase};
use keyward::vocabulary::client_metadata::SigningAlgorithm;

use super::{DAY, EVERY, HOUR, TOKENS_LAST, announced, node, published, signs};
use crate::support::world::World;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn r_ui_06_a_key_is_announced_a_day_before_it_signs_and_kept_a_day_after_its_last_token() {
    let world = World::new().await;
    let node = node(&world).await;
    let first = SigningAlgorithm::ALL.map(|one| signs(&node, one));
    world.clock.advance(EVERY - ANNOUNCED - MINUTE);
    node.turn().await.unwrap();
    assert_eq!(node.list().await.unwrap().len(), 2, "nothing is due yet");
    world.clock.advance(MINUTE);
    node.turn().await.unwrap();
    assert_eq!(announced(&node.list().await.unwrap()).len(), 2);
    assert_eq!(published(&node).len(), 4);
    world.clock.advance(ANNOUNCED - MINUTE);
    node.turn().await.unwrap();
    assert_eq!(SigningAlgorithm::ALL.map(|one| signs(&node, one)), first);
    world.clock.advance(MINUTE);
    node.turn().await.unwrap();
    let second = SigningAlgorithm::ALL.map(|one| signs(&node, one));
    assert!(second.iter().all(|kid| !first.contains(kid)));
    world.clock.advance(TOKENS_LAST + ANNOUNCED - MINUTE);
    node.turn().await.unwrap();
    assert!(first.iter().all(|kid| published(&node).contains(kid)), "still published");
    world.clock.advance(MINUTE);
    node.turn().await.unwrap();
    assert!(first.iter().all(|kid| !published(&node).contains(kid)));
    let told = |wanted| {
        let events = world.events();
        async move { events.await.iter().filter(|event| event.action == wanted).count() }
    };
    assert_eq!(told(Action::SigningKeyAnnounced).await, 2);
    assert_eq!(told(Action::SigningKeyUsed).await, 4);
    assert_eq!(told(Action::SigningKeyRetired).await, 2);
    assert_eq!(told(Action::SigningKeyRemoved).await, 2);
}

#[tokio::test]
async fn by_command_a_key_is_announced_once_and_only_what_does_not_sign_is_withdrawn() {
    let world = World::new().await;
    let node = node(&world).await;
    let present = signs(&node, SigningAlgorithm::RS256);
    let keys = node.announce(&Actor::CommandLine).await.unwrap();
    assert_eq!(announced(&keys).len(), 2);
    assert_eq!(node.announce(&Actor::CommandLine).await.unwrap(), keys, "they have successors already");
    let refusal = node.withdraw(&present, &Actor::CommandLine).await.unwrap_err().to_string();
    assert!(refusal.contains("signs at present") && refusal.contains("--now"), "{refusal}");
    assert!(
        node.withdraw("nobody", &Actor::CommandLine)
            .await
            .unwrap_err()
            .to_string()
            .contains("no signing key")
    );
    let next = announced(&keys)[0].kid.clone();
    let left = node.withdraw(&next, &Actor::CommandLine).await.unwrap();
    assert_eq!((left.len(), published(&node).contains(&next)), (3, false));
    world.clock.advance(ANNOUNCED);
    node.turn().await.unwrap();
    let signing = SigningAlgorithm::ALL.map(|one| signs(&node, one));
    assert_eq!(signing.iter().filter(|kid| keys.iter().any(|key| key.kid == **kid)).count(), 2);
    assert!(!signing.contains(&next), "what was withdrawn never signs");
    let events = world.events().await;
    let by_hand: Vec<_> = events.iter().filter(|event| event.actor == Actor::CommandLine).collect();
    assert_eq!(by_hand.len(), 3, "two announced, one withdrawn");
    assert!(by_hand.iter().all(|event| event.signing_key.is_some()));
}

#[tokio::test]
async fn r_ks_07_all_keys_are_replaced_at_once() {
    let world = World::new().await;
    let node = node(&world).await;
    node.announce(&Actor::CommandLine).await.unwrap();
    let before = published(&node);
    let keys = node.replace_all(&Actor::CommandLine).await.unwrap();
    assert!(keys.iter().all(|key| matches!(key.phase, Phase::Signing { successor: None, .. })));
    let after = published(&node);
    assert_eq!((before.len(), after.len()), (4, 2));
    assert!(before.iter().all(|kid| !after.contains(kid)));
    assert!(SigningAlgorithm::ALL.iter().all(|one| after.contains(&signs(&node, *one))));
    let revoked = world.events().await.into_iter().filter(|event| event.action == Action::SigningKeyRevoked);
    assert_eq!(revoked.count(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_one_makes_each_move_and_the_other_follows() {
    let world = World::new().await;
    let (one, two) = (node(&world).await, node(&world).await);
    for _ in 0..3 {
        world.clock.advance(EVERY - ANNOUNCED);
        let (a, b) = tokio::join!(one.turn(), two.turn());
        a.and(b).unwrap();
        assert_eq!(announced(&one.list().await.unwrap()).len(), 2, "one successor each");
        world.clock.advance(ANNOUNCED);
        let (a, b) = tokio::join!(one.turn(), two.turn());
        a.and(b).unwrap();
        assert_eq!(published(&one), published(&two));
        assert_eq!(one.list().await.unwrap().len(), 4, "the signing ones and those they follow");
    }
}

/// What the world outside may rely on.
struct Outside {
    /// Each state of the JWK set, and since when it stood.
    sets: Vec<(Timestamp, Vec<String>)>,
    /// When each key signed last.
    signed: HashMap<String, Timestamp>,
    /// No cache from before is owed anything.
    broken: Timestamp,
}

impl Outside {
    fn since(broken: Timestamp) -> Self {
        Self { sets: Vec::new(), signed: HashMap::new(), broken }
    }

    fn look(&mut self, node: &Rotation, now: Timestamp) {
        let present = published(node);
        for algorithm in SigningAlgorithm::ALL {
            let kid = signs(node, algorithm);
            let mut old =
                self.sets.iter().filter(|(since, _)| since.plus(HOUR) <= now.max(self.broken.plus(HOUR)));
            let cached = old.rfind(|(since, _)| *since >= self.broken);
            if let Some((_, cached)) = cached {
                assert!(cached.contains(&kid), "a set that was fetched an hour ago does not hold the key");
            }
            self.signed.insert(kid, now);
        }
        for (kid, last) in &self.signed {
            let of_use = last.plus(TOKENS_LAST).plus(HOUR) > now && *last >= self.broken;
            assert!(!of_use || present.contains(kid), "a token of an hour ago cannot be verified");
        }
        self.sets.push((now, present));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rg_20_whatever_happens_a_cached_set_verifies_every_token() {
    for seed in 0..4_u64 {
        let world = World::new().await;
        let mut nodes = [node(&world).await, node(&world).await];
        let mut outside = Outside::since(world.clock.now());
        let mut chance = seed;
        for _ in 0..120 {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let draw = usize::try_from(chance >> 40).unwrap();
            let acting = draw % 2;
            match draw / 2 % 40 {
                0 => drop(nodes[acting].announce(&Actor::CommandLine).await.unwrap()),
                1 => {
                    nodes[acting].replace_all(&Actor::CommandLine).await.unwrap();
                    outside = Outside::since(world.clock.now());
                }
                2 => nodes[acting] = node(&world).await,
                3 => {
                    let keys = nodes[acting].list().await.unwrap();
                    if let Some(key) = announced(&keys).first() {
                        nodes[acting].withdraw(&key.kid, &Actor::CommandLine).await.unwrap();
                    }
                }
                // Most steps are shorter than the hour for which sets are kept, some skip weeks.
                4 => world.clock.advance(20 * DAY),
                5..12 => world.clock.advance(DAY),
                n => world.clock.advance(MINUTE * u32::try_from(n).unwrap()),
            }
            for node in &nodes {
                node.turn().await.unwrap();
                outside.look(node, world.clock.now());
            }
            let keys = nodes[0].list().await.unwrap();
            let signing = keys.iter().filter(|key| matches!(key.phase, Phase::Signing { .. }));
            assert_eq!(signing.count(), 2, "one of each algorithm");
            assert!(announced(&keys).len() <= 2);
        }
    }
}
