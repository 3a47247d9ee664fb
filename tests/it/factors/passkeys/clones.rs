//! Copies of keys, by their counters (R-WA-06).

use keyward::audit::Action;
use keyward::factors::{Factor as _, KeyKind, Verdict};
use serde_json::json;

use super::{enrolled, person};
use crate::support::authenticator::SoftKey;
use crate::support::world::{ORIGIN, World, occasion};

/// A person with a key that counts.
async fn counting() -> (World, keyward::factors::Occasion, SoftKey) {
    let (world, ann, mut key) = person().await;
    key.counter = 5;
    world.enrol(&ann, &mut key, KeyKind::Passkey).await.evidence().unwrap();
    (world, ann, key)
}

#[tokio::test]
async fn r_wa_06_a_counter_that_does_not_rise_locks_the_key_for_all() {
    for behind in [0, 1] {
        let (world, ann, mut key) = counting().await;
        let mut copy = key.copy();
        copy.counter -= behind;
        world.prove(&ann, &mut key).await.evidence().unwrap();
        let verdict = world.prove(&ann, &mut copy).await;
        assert!(matches!(verdict, Verdict::Disabled), "{verdict:?}");
        assert_eq!(world.passkeys.ask(&ann).await.unwrap(), None, "no key is left to ask for");
        assert!(world.recognise("j9", None, &mut key).await.is_none(), "not even the owner's");
        let locked = world.events().await.into_iter().filter(|event| event.action == Action::FactorLocked);
        let locked: Vec<_> = locked.map(|event| event.credential.unwrap()).collect();
        assert_eq!(locked, [world.passkeys.enrolled(&ann.user).await.unwrap()[0].credential.clone()]);
    }
}

#[tokio::test]
async fn the_counter_is_compared_with_the_one_of_now() {
    let (world, ann, mut key) = counting().await;
    let elsewhere = occasion(&ann.user, "j2");
    let mut copy = key.copy();
    // Both are asked before either answers.
    let (one, other) =
        (world.passkeys.ask(&ann).await.unwrap(), world.passkeys.ask(&elsewhere).await.unwrap());
    let (first, second) = (key.get(&one.unwrap()), copy.get(&other.unwrap()));
    world.prove_by(&ann, &first).await.evidence().unwrap();
    assert!(matches!(world.prove_by(&elsewhere, &second).await, Verdict::Disabled));
}

#[tokio::test]
async fn a_lock_stands_while_other_keys_go_on() {
    let (world, ann, mut key) = counting().await;
    let mut other = SoftKey::new(ORIGIN);
    world.enrol(&ann, &mut other, KeyKind::SecurityKey).await.evidence().unwrap();
    let options = world.passkeys.ask(&ann).await.unwrap().unwrap();
    let mut copy = key.copy();
    copy.counter = 0;
    assert!(matches!(world.prove_by(&ann, &copy.get(&options)).await, Verdict::Disabled));
    let options = world.passkeys.ask(&ann).await.unwrap().unwrap();
    let asked: serde_json::Value = serde_json::from_str(&options).unwrap();
    assert_eq!(asked["allowCredentials"].as_array().unwrap().len(), 1);
    let verdict = world.prove_by(&ann, &key.get(&options)).await;
    assert!(matches!(verdict, Verdict::Disabled), "it was not asked for, and is locked");
    world.prove(&ann, &mut other).await.evidence().unwrap();
}

#[tokio::test]
async fn keys_that_do_not_count_are_never_locked() {
    let (world, ann, mut key) = enrolled().await;
    for _ in 0..3 {
        world.prove(&ann, &mut key).await.evidence().unwrap();
    }
    assert_eq!(json!(key.counter), json!(0));
}
