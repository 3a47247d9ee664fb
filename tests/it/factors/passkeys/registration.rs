//! Enrolling keys (R-WA-01, R-WA-02, R-WA-03, R-WA-05, R-EN-06).

use std::time::Duration;

use keyward::audit::{Action, Outcome};
use keyward::config::Site;
use keyward::config::limits::Limits;
use keyward::factors::{Factor as _, FactorError, KeyKind, Passkeys, Placement, Verdict};
use keyward::limits::AuthenticatorLockout;
use serde_json::Value;

use super::{ANN, person};
use crate::support::authenticator::SoftKey;
use crate::support::world::{ORIGIN, occasion};

#[tokio::test]
async fn a_passkey_is_asked_for_as_one_and_enrolled_once() {
    let (world, ann, mut key) = person().await;
    let text = world.passkeys.begin_enrolment(&ann, KeyKind::Passkey, ANN, Placement::Beside).await.unwrap();
    let options: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(options["rp"]["id"], "id.example.test");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["attestation"], "none");
    assert!(options.get("extensions").is_none(), "browsers refuse some of them: {text}");
    assert!(options["challenge"].as_str().unwrap().len() >= 43, "R-WA-01: 32 bytes");
    assert_eq!(options["timeout"], 300_000);
    let answer = key.create(&text);
    let evidence = world.enrol_answer(&ann, &answer, " my laptop ").await.unwrap().evidence().unwrap();
    assert!(evidence.key().unwrap().user_verified && !evidence.key().unwrap().attested);
    let again = world.enrol_answer(&ann, &answer, "again").await;
    assert!(matches!(again, Err(FactorError::NotBegun)), "the challenge is spent");
    let shown = world.passkeys.enrolled(&ann.user).await.unwrap();
    assert_eq!((shown.len(), shown[0].name.as_str(), shown[0].last_used), (1, "my laptop", None));
    assert_eq!(evidence.credential(), Some(&shown[0].credential));
    let told = world.events().await.into_iter().filter(|event| event.action == Action::FactorEnrolled);
    let told: Vec<_> = told.map(|event| (event.outcome, event.credential)).collect();
    assert_eq!(told, [(Outcome::Success, Some(shown[0].credential.clone()))]);
}

#[tokio::test]
async fn a_security_key_need_not_verify_its_user_but_a_passkey_must() {
    let (world, ann, _) = person().await;
    let mut plain = SoftKey::plain(ORIGIN);
    let text =
        world.passkeys.begin_enrolment(&ann, KeyKind::SecurityKey, ANN, Placement::Beside).await.unwrap();
    let options: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(options["authenticatorSelection"]["residentKey"], "discouraged");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "preferred");
    let refused = world.enrol(&ann, &mut plain, KeyKind::Passkey).await;
    assert!(matches!(refused, Verdict::Rejected), "R-WA-03: by the signed flag");
    let evidence = world.enrol(&ann, &mut plain, KeyKind::SecurityKey).await.evidence().unwrap();
    assert!(!evidence.key().unwrap().user_verified);
}

type Turn = fn(&mut SoftKey);

#[tokio::test]
async fn what_is_not_signed_here_and_now_enrols_nothing() {
    let (world, ann, _) = person().await;
    let turns: [(&str, Turn); 13] = [
        ("another origin", |key| key.origin = "https://id.example.test.evil.example".to_owned()),
        ("a subdomain", |key| key.origin = "https://a.id.example.test".to_owned()),
        ("another port", |key| key.origin = "https://id.example.test:8443".to_owned()),
        ("another spelling of the origin", |key| key.origin = "https://id.example.test/".to_owned()),
        ("another scheme", |key| key.origin = "http://id.example.test".to_owned()),
        ("another RP ID", |key| key.rp_id = "example.test".to_owned()),
        ("a frame of another site", |key| key.cross_origin = true),
        ("a frame within another site", |key| key.top_origin = Some("https://evil.example".to_owned())),
        ("the wrong ceremony", |key| key.ceremony = Some("webauthn.get")),
        ("another challenge", |key| key.challenge = Some("A".repeat(43))),
        ("nobody present", |key| key.present = false),
        ("backed up, and not to be backed up", |key| key.backed_up = true),
        ("an algorithm that was not offered", |key| key.algorithm = 0x27), // -8, EdDSA
    ];
    for (what, turn) in turns {
        let mut key = SoftKey::new(ORIGIN);
        turn(&mut key);
        let verdict = world.enrol(&ann, &mut key, KeyKind::Passkey).await;
        assert!(matches!(verdict, Verdict::Rejected), "{what}: {verdict:?}");
        let late = world.enrol_answer(&ann, "{}", "late").await;
        assert!(
            matches!(late, Err(FactorError::NotBegun)),
            "R-WA-01: a failure spends the challenge: {what}"
        );
    }
    for id in [15, 1024] {
        let mut key = SoftKey::new(ORIGIN);
        key.id = vec![7; id];
        let verdict = world.enrol(&ann, &mut key, KeyKind::Passkey).await;
        assert!(matches!(verdict, Verdict::Rejected), "an id of {id} bytes");
    }
    for garbage in ["", "null", "[]", "{}", r#"{"type":"public-key"}"#] {
        world.passkeys.begin_enrolment(&ann, KeyKind::Passkey, ANN, Placement::Beside).await.unwrap();
        let verdict = world.enrol_answer(&ann, garbage, "garbage").await.unwrap();
        assert!(matches!(verdict, Verdict::Rejected), "{garbage}");
    }
    assert!(world.passkeys.enrolled(&ann.user).await.unwrap().is_empty());
}

#[tokio::test]
async fn r_wa_01_a_challenge_is_for_one_person_one_journey_and_five_minutes() {
    let (world, ann, mut key) = person().await;
    let text = world.passkeys.begin_enrolment(&ann, KeyKind::Passkey, ANN, Placement::Beside).await.unwrap();
    let answer = key.create(&text);
    let eve = occasion(&world.person("eve").await.id, "j1");
    let elsewhere = occasion(&ann.user, "j2");
    for other in [&eve, &elsewhere] {
        let refused = world.enrol_answer(other, &answer, "x").await;
        assert!(matches!(refused, Err(FactorError::NotBegun)), "{other:?}");
    }
    world.clock.advance(Duration::from_secs(300));
    let late = world.enrol_answer(&ann, &answer, "x").await;
    assert!(matches!(late, Err(FactorError::NotBegun)));
    let first = world.passkeys.begin_enrolment(&ann, KeyKind::Passkey, ANN, Placement::Beside).await.unwrap();
    let second =
        world.passkeys.begin_enrolment(&ann, KeyKind::Passkey, ANN, Placement::Beside).await.unwrap();
    assert_ne!(first, second);
    let old = world.enrol_answer(&ann, &key.create(&first), "x").await.unwrap();
    assert!(matches!(old, Verdict::Rejected), "the newest challenge alone counts");
}

#[tokio::test]
async fn r_wa_05_a_key_belongs_to_one_person_only() {
    let (world, ann, mut key) = person().await;
    let eve = occasion(&world.person("eve").await.id, "j2");
    // Both have begun before either has ended.
    let for_ann =
        world.passkeys.begin_enrolment(&ann, KeyKind::Passkey, ANN, Placement::Beside).await.unwrap();
    let for_eve =
        world.passkeys.begin_enrolment(&eve, KeyKind::Passkey, ANN, Placement::Beside).await.unwrap();
    let (to_ann, to_eve) = (key.create(&for_ann), key.create(&for_eve));
    let (one, other) =
        tokio::join!(world.enrol_answer(&ann, &to_ann, "a"), world.enrol_answer(&eve, &to_eve, "e"));
    let accepted = |verdict: &Result<Verdict, _>| matches!(verdict, Ok(Verdict::Accepted(_)));
    assert!(accepted(&one) != accepted(&other), "{one:?} {other:?}");
    let (_, loser) = if accepted(&one) { (&ann, &eve) } else { (&eve, &ann) };
    let again = world.enrol(loser, &mut key, KeyKind::Passkey).await;
    assert!(matches!(again, Verdict::Rejected));
    assert!(world.passkeys.enrolled(&loser.user).await.unwrap().is_empty());
}

#[tokio::test]
async fn keys_that_are_enrolled_are_excluded_and_ten_are_enough() {
    let (world, ann, mut key) = person().await;
    world.enrol(&ann, &mut key, KeyKind::Passkey).await.evidence().unwrap();
    let text = world.passkeys.begin_enrolment(&ann, KeyKind::Passkey, ANN, Placement::Beside).await.unwrap();
    let options: Value = serde_json::from_str(&text).unwrap();
    let id = crate::support::authenticator::encoded(&key.id);
    assert_eq!(options["excludeCredentials"][0]["id"], Value::from(id));
    let twice = world.enrol_answer(&ann, &key.create(&text), "twice").await.unwrap();
    assert!(matches!(twice, Verdict::Rejected), "R-WA-05: also where the browser does not exclude it");
    for _ in 1..10 {
        let mut next = SoftKey::new(ORIGIN);
        world.enrol(&ann, &mut next, KeyKind::SecurityKey).await.evidence().unwrap();
    }
    let eleventh = world.passkeys.begin_enrolment(&ann, KeyKind::Passkey, ANN, Placement::Beside).await;
    assert!(matches!(eleventh, Err(FactorError::TooMany(10))), "R-EN-06");
}

#[tokio::test]
async fn names_have_1_to_64_characters_and_a_wrong_one_spends_nothing() {
    let (world, ann, mut key) = person().await;
    let text = world.passkeys.begin_enrolment(&ann, KeyKind::Passkey, ANN, Placement::Beside).await.unwrap();
    let answer = key.create(&text);
    for name in ["", "  ", "a\nb", &"x".repeat(65)] {
        assert!(matches!(world.enrol_answer(&ann, &answer, name).await, Err(FactorError::Name)), "{name:?}");
    }
    world.enrol_answer(&ann, &answer, &"é".repeat(64)).await.unwrap().evidence().unwrap();
}

#[tokio::test]
async fn an_ip_address_has_no_passkeys_and_localhost_has() {
    let (world, ann, _) = person().await;
    let lockout = AuthenticatorLockout::new(world.store.clone(), world.clock.clone(), &Limits::default());
    let of = |issuer: &str| {
        let (store, trail) = (world.store.clone(), world.trail.clone());
        let site = Site::new(issuer).unwrap();
        Passkeys::new(&site, store, world.clock.clone(), world.random.clone(), lockout.clone(), trail)
    };
    for address in ["https://192.0.2.1", "https://[2001:db8::1]:8443"] {
        let none = of(address);
        assert_eq!(none.bound_to(), None);
        let begun = none.begin_enrolment(&ann, KeyKind::Passkey, ANN, Placement::Beside).await;
        assert!(matches!(begun, Err(FactorError::NoPasskeys)));
    }
    let local = of("http://localhost:8443");
    assert_eq!(local.bound_to(), Some("localhost"));
    let mut key = SoftKey::new("http://localhost:8443");
    let options = local.begin_enrolment(&ann, KeyKind::Passkey, ANN, Placement::Beside).await.unwrap();
    let mut batch = keyward::storage::Batch::new();
    let enrolled =
        local.enrol_into(&mut batch, &ann, &key.create(&options), "x", Placement::Beside).await.unwrap();
    assert!(matches!(enrolled, Verdict::Accepted(_)));
    assert!(world.store.commit(batch).await.unwrap().is_done());
    assert_eq!(local.lost_with().await.unwrap(), None);
    let moved = world.passkeys.lost_with().await.unwrap();
    assert_eq!(moved.as_deref(), Some("localhost"), "R-WA-10: they are dead here");
}
