//! Keys as second factor (R-WA-01 to R-WA-04, R-WA-07, R-RL-03, R-RL-04).

use std::time::Duration;

use keyward::audit::{Action, Outcome};
use keyward::factors::{Factor as _, FactorKind, KeyKind, Occasion, Verdict};
use keyward::foundation::clock::Clock as _;
use serde_json::Value;

use super::{enrolled, person};
use crate::support::authenticator::{SoftKey, encoded};
use crate::support::world::{ORIGIN, World, occasion};

#[tokio::test]
async fn a_key_is_proved_once_for_each_challenge() {
    let (world, ann, mut key) = enrolled().await;
    let text = world.passkeys.ask(&ann).await.unwrap().unwrap();
    let options: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(options["allowCredentials"][0]["id"], Value::from(encoded(&key.id)));
    assert_eq!((&options["rpId"], &options["timeout"]), (&"id.example.test".into(), &300_000.into()));
    let answer = key.get(&text);
    let evidence = world.prove_by(&ann, &answer).await.evidence().unwrap();
    assert_eq!((evidence.factor(), evidence.user()), (FactorKind::Passkey, &ann.user));
    assert!(evidence.key().unwrap().user_verified);
    let shown = world.passkeys.enrolled(&ann.user).await.unwrap();
    assert_eq!(shown[0].last_used, Some(world.clock.now()));
    world.clock.advance(Duration::from_secs(1));
    assert!(matches!(world.prove_by(&ann, &answer).await, Verdict::Rejected), "a replay");
    let checks = world.events().await.into_iter().filter(|event| event.action == Action::FactorCheck);
    let checks: Vec<_> = checks.map(|event| event.outcome).collect();
    assert_eq!(checks, [Outcome::Success, Outcome::Failure]);
}

type Turn = fn(&mut SoftKey);

#[tokio::test]
async fn what_is_not_signed_here_and_now_proves_nothing() {
    let (world, ann, mut key) = enrolled().await;
    let turns: [(&str, Turn); 13] = [
        ("another origin", |key| key.origin = "https://evil.example".to_owned()),
        ("a subdomain", |key| key.origin = "https://a.id.example.test".to_owned()),
        ("another port", |key| key.origin = "https://id.example.test:8443".to_owned()),
        ("another spelling of the origin", |key| key.origin = "https://id.example.test:443".to_owned()),
        ("another scheme", |key| key.origin = "http://id.example.test".to_owned()),
        ("another RP ID", |key| key.rp_id = "example.test".to_owned()),
        ("a frame of another site", |key| key.cross_origin = true),
        ("a frame within another site", |key| key.top_origin = Some(ORIGIN.to_owned())),
        ("the wrong ceremony", |key| key.ceremony = Some("webauthn.create")),
        ("another challenge", |key| key.challenge = Some("A".repeat(43))),
        ("nobody present", |key| key.present = false),
        ("not verified, though a passkey", |key| key.verifies = false),
        ("to be backed up all of a sudden (R-WA-07)", |key| key.backup_eligible = true),
    ];
    for (what, turn) in turns {
        let mut turned = key.copy();
        turn(&mut turned);
        let verdict = world.prove(&ann, &mut turned).await;
        assert!(matches!(verdict, Verdict::Rejected), "{what}: {verdict:?}");
        world.prove(&ann, &mut key).await.evidence().unwrap();
    }
    let mut forger = SoftKey::new(ORIGIN);
    (forger.id, forger.handle) = (key.id.clone(), key.handle.clone());
    assert!(matches!(world.prove(&ann, &mut forger).await, Verdict::Rejected), "another's signature");
    let mut unknown = SoftKey::new(ORIGIN);
    assert!(matches!(world.prove(&ann, &mut unknown).await, Verdict::Rejected), "a key nobody has");
    for garbage in ["", "null", "[]", "{}", r#"{"type":"public-key"}"#] {
        world.passkeys.ask(&ann).await.unwrap().unwrap();
        assert!(matches!(world.prove_by(&ann, garbage).await, Verdict::Rejected), "{garbage}");
    }
}

#[tokio::test]
async fn r_wa_04_the_key_and_its_handle_are_those_of_the_person() {
    let (world, ann, mut key) = enrolled().await;
    let eve = occasion(&world.person("eve").await.id, "j1");
    let mut hers = SoftKey::new(ORIGIN);
    world.enrol(&eve, &mut hers, KeyKind::Passkey).await.evidence().unwrap();
    assert!(matches!(world.prove(&ann, &mut hers).await, Verdict::Rejected), "somebody else's key");
    let own_handle = key.handle.clone();
    key.handle = hers.handle.clone();
    assert!(matches!(world.prove(&ann, &mut key).await, Verdict::Rejected), "somebody else's handle");
    key.handle = Some(b"nobody".to_vec());
    assert!(matches!(world.prove(&ann, &mut key).await, Verdict::Rejected), "an unknown handle");
    for handle in [None, own_handle] {
        key.handle = handle;
        world.prove(&ann, &mut key).await.evidence().unwrap();
    }
    // The challenge of one person is none of another's, in the same journey.
    let options = world.passkeys.ask(&ann).await.unwrap().unwrap();
    assert!(matches!(world.prove_by(&eve, &hers.get(&options)).await, Verdict::Rejected));
}

#[tokio::test]
async fn r_wa_01_a_failure_spends_the_challenge_and_so_do_five_minutes() {
    let (world, ann, mut key) = enrolled().await;
    let options = world.passkeys.ask(&ann).await.unwrap().unwrap();
    let right = key.get(&options);
    assert!(matches!(world.prove_by(&ann, "{}").await, Verdict::Rejected));
    assert!(matches!(world.prove_by(&ann, &right).await, Verdict::Rejected), "spent by the failure");
    let options = world.passkeys.ask(&ann).await.unwrap().unwrap();
    world.clock.advance(Duration::from_secs(300));
    assert!(matches!(world.prove_by(&ann, &key.get(&options)).await, Verdict::Rejected), "too late");
    let discoverable = world.passkeys.ask_anybody(&ann.journey).await.unwrap();
    let other_kind = key.get(&discoverable);
    world.passkeys.ask(&ann).await.unwrap().unwrap();
    assert!(matches!(world.prove_by(&ann, &other_kind).await, Verdict::Rejected), "made for another purpose");
}

#[tokio::test]
async fn a_security_key_without_verification_proves_a_second_factor_only() {
    let (world, ann, _) = person().await;
    let mut plain = SoftKey::plain(ORIGIN);
    world.enrol(&ann, &mut plain, KeyKind::SecurityKey).await.evidence().unwrap();
    let evidence = world.prove(&ann, &mut plain).await.evidence().unwrap();
    assert!(!evidence.key().unwrap().user_verified && !evidence.is_first());
    plain.verifies = true;
    let evidence = world.prove(&ann, &mut plain).await.evidence().unwrap();
    assert!(evidence.key().unwrap().user_verified, "what was signed counts, not what was asked for");
}

#[tokio::test]
async fn r_rl_04_five_failures_in_a_row_make_a_key_wait() {
    let (world, ann, mut key) = enrolled().await;
    let mut wrong = key.copy();
    wrong.rp_id = "evil.example".to_owned();
    for _ in 0..5 {
        assert!(matches!(world.prove(&ann, &mut wrong).await, Verdict::Rejected));
        world.clock.advance(Duration::from_secs(1));
    }
    let verdict = world.prove(&ann, &mut key).await;
    assert!(matches!(verdict, Verdict::Throttled(_)), "{verdict:?}");
    world.clock.advance(Duration::from_secs(15 * 60));
    world.prove(&ann, &mut key).await.evidence().unwrap();
    assert!(matches!(world.prove(&ann, &mut wrong).await, Verdict::Rejected), "counted from nought again");
    world.prove(&ann, &mut key).await.evidence().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_who_send_the_same_answer_one_is_accepted_and_no_key_is_taken_for_a_copy() {
    for counter in [0, 7].repeat(10) {
        let (world, ann, mut key) = person().await;
        key.counter = counter;
        world.enrol(&ann, &mut key, KeyKind::Passkey).await.evidence().unwrap();
        let answer = key.get(&world.passkeys.ask(&ann).await.unwrap().unwrap());
        assert_eq!(accepted_of_32(&world, &ann, &answer).await, 1);
        assert!(
            world.passkeys.enrolled(&ann.user).await.unwrap()[0].usable,
            "R-WA-06: sent twice is no copy"
        );
        world.clock.advance(Duration::from_secs(15 * 60));
        world.prove(&ann, &mut key).await.evidence().unwrap();
    }
}

async fn accepted_of_32(world: &World, ann: &Occasion, answer: &str) -> u32 {
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let (passkeys, ann) = (world.passkeys.clone(), ann.clone());
            let answer = keyward::factors::Answer::Key(answer.to_owned());
            tokio::spawn(async move { passkeys.verify(&ann, &answer).await.unwrap().evidence().is_some() })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        accepted += u32::from(task.await.unwrap());
    }
    accepted
}
