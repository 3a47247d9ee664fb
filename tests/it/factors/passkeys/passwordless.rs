//! Passkeys without a password: who it is, the key alone says (R-WA-03, R-WA-04, R-WA-09).

use keyward::factors::{KeyKind, Verdict};
use keyward::foundation::ids::JourneyId;
use serde_json::Value;

use super::{enrolled, person};
use crate::support::authenticator::SoftKey;
use crate::support::world::{ORIGIN, occasion};

#[tokio::test]
async fn a_passkey_says_who_it_is() {
    let (world, ann, mut key) = enrolled().await;
    let journey = JourneyId::from_text("j5");
    let text = world.passkeys.ask_anybody(&journey).await.unwrap();
    let options: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(options["allowCredentials"], Value::Array(Vec::new()), "R-WA-09: nobody is named");
    assert_eq!(options["userVerification"], "required");
    let answer = key.get(&text);
    let evidence = world.recognise_by(&journey, None, &answer).await.unwrap();
    assert_eq!((evidence.user(), evidence.journey()), (&ann.user, &journey));
    assert!(evidence.is_first());
    assert!(world.recognise_by(&journey, None, &answer).await.is_none(), "a replay");
    assert!(world.recognise("j6", Some(&ann.user), &mut key).await.is_some(), "the journey's own person");
}

#[tokio::test]
async fn r_wa_03_without_a_password_the_signed_flag_must_say_that_the_user_was_verified() {
    let (world, _, mut key) = enrolled().await;
    key.verifies = false;
    assert!(world.recognise("j5", None, &mut key).await.is_none());
}

#[tokio::test]
async fn r_wa_04_another_person_than_the_journeys_is_refused() {
    let (world, ann, mut key) = enrolled().await;
    let eve = occasion(&world.person("eve").await.id, "j2");
    assert!(world.recognise("j5", Some(&eve.user), &mut key).await.is_none());
    let own = key.handle.clone();
    let mut hers = SoftKey::new(ORIGIN);
    world.enrol(&eve, &mut hers, KeyKind::Passkey).await.evidence().unwrap();
    for handle in [hers.handle.clone(), None, Some(b"nobody".to_vec()), Some(Vec::new())] {
        key.handle = handle;
        assert!(world.recognise("j5", None, &mut key).await.is_none(), "{:?}", key.handle);
    }
    key.handle = own;
    assert_eq!(world.recognise("j5", None, &mut key).await.unwrap().user(), &ann.user);
}

#[tokio::test]
async fn a_security_key_never_stands_alone() {
    let (world, ann, mut key) = person().await;
    let enrolled = world.enrol(&ann, &mut key, KeyKind::SecurityKey).await;
    assert!(matches!(enrolled, Verdict::Accepted(_)));
    assert!(world.recognise("j5", None, &mut key).await.is_none(), "even if it verifies its user");
}

#[tokio::test]
async fn an_unknown_key_is_refused_and_spends_the_challenge() {
    let (world, _, mut key) = enrolled().await;
    let journey = JourneyId::from_text("j5");
    let options = world.passkeys.ask_anybody(&journey).await.unwrap();
    let mut unknown = SoftKey::new(ORIGIN);
    unknown.handle = key.handle.clone();
    assert!(world.recognise_by(&journey, None, &unknown.get(&options)).await.is_none());
    assert!(world.recognise_by(&journey, None, &key.get(&options)).await.is_none());
}
