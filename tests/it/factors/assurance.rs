//! What evidence is worth: level, methods, time (R-RC-06; security.md sections 4.2 to 4.4).

use std::time::Duration;

use keyward::factors::{Evidence, Factor, assurance};
use keyward::foundation::Timestamp;
use keyward::sessions::Assurance;
use keyward::storage::Batch;
use keyward::vocabulary::acr::Level;
use keyward::vocabulary::amr::Method;

use super::{SECRET, answer};
use crate::support::world::{GOOD, World, occasion};

#[tokio::test]
async fn what_evidence_is_worth() {
    let world = World::new().await;
    let user = world.person("ann").await;
    let ann = occasion(&user.id, "j");
    world.enrolment.import(&ann, SECRET, "phone", Batch::new()).await.unwrap();
    let codes = world.recovery.issue(&ann).await.unwrap();
    let keyward::directory::Answer::Authenticated(first) = world.sign_in("ann", GOOD, "192.0.2.1").await
    else {
        panic!()
    };
    let password = first.evidence;
    world.clock.advance(Duration::from_secs(60));
    let otp = world.try_code(&ann, &world.code()).await.evidence().unwrap();
    let recovery = world.recovery.verify(&ann, &answer(codes[0].expose())).await.unwrap().evidence().unwrap();
    let stolen: Evidence = {
        let mut json = serde_json::to_value(&otp).unwrap();
        json["user"] = "eve".into();
        serde_json::from_value(json).unwrap()
    };
    let (pwd, otp_only) = (vec![password.clone()], vec![otp.clone()]);
    let both = vec![password.clone(), otp.clone()];
    assert_eq!((assurance::level(&[]), assurance::level(&otp_only)), (None, None));
    assert_eq!((assurance::level(&pwd), assurance::amr(&pwd)), (Some(Level::Password), vec![Method::Pwd]));
    assert_eq!(assurance::level(&both), Some(Level::Mfa));
    assert_eq!(assurance::amr(&both), [Method::Pwd, Method::Otp, Method::Mfa]);
    assert_eq!(assurance::auth_time(&both), Some(otp.at()), "the proof that completed the level");
    let recovered = vec![password.clone(), recovery];
    assert_eq!(assurance::level(&recovered), Some(Level::Password), "R-RC-06");
    assert_eq!(assurance::amr(&recovered), [Method::Pwd, Method::Recovery]);
    assert_eq!(assurance::level(&[password, stolen]), None, "proofs of two people prove nothing");
}

/// A key's proof by `person`, as it stands in a stored session, `age` seconds old at [`NOW`].
fn proof(person: &str, factor: &str, key: Option<[bool; 3]>, age: i64) -> Evidence {
    let mut json = serde_json::json!({
        "factor": factor, "credential": "c", "at": NOW.0 - age * 1000, "journey": "j", "user": person,
    });
    if let Some([user_verified, backup_eligible, attested]) = key {
        json["key"] = serde_json::json!({
            "user_verified": user_verified, "backup_eligible": backup_eligible, "attested": attested,
        });
    }
    serde_json::from_value(json).unwrap()
}

const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// The table of section 4.4, as far as keys stand in it.
#[test]
fn what_keys_are_worth() {
    use Method::{Hwk, Mfa, Otp, Pop, Pwd, Swk, User};
    let password = || proof("ann", "password", None, 0);
    let key = |flags| proof("ann", "passkey", Some(flags), 0);
    let [plain, verified, synced] = [[false; 3], [true, false, false], [true, true, false]];
    let (hardware, synced_hardware) = ([true, false, true], [true; 3]);
    let table: [(Vec<Evidence>, Option<Level>, Vec<Method>); 8] = [
        (vec![key(plain)], None, vec![Swk, Pop, User]),
        (vec![password(), key(plain)], Some(Level::PhishingResistant), vec![Pwd, Swk, Pop, User, Mfa]),
        (vec![key(verified)], Some(Level::PhishingResistant), vec![Swk, Pop, User, Mfa]),
        (vec![key(synced)], Some(Level::PhishingResistant), vec![Swk, Pop, User, Mfa]),
        (vec![key(hardware)], Some(Level::PhishingResistantHardware), vec![Hwk, Pop, User, Mfa]),
        (vec![key(synced_hardware)], Some(Level::PhishingResistant), vec![Hwk, Pop, User, Mfa]),
        (
            vec![password(), key([false, false, true])],
            Some(Level::PhishingResistant),
            vec![Pwd, Hwk, Pop, User, Mfa],
        ),
        (
            vec![key(verified), proof("ann", "totp", None, 0)],
            Some(Level::PhishingResistant),
            vec![Otp, Swk, Pop, User, Mfa],
        ),
    ];
    for (evidence, level, methods) in table {
        assert_eq!(assurance::level(&evidence), level, "{evidence:?}");
        assert_eq!(assurance::amr(&evidence), methods, "{evidence:?}");
    }
    assert_eq!(assurance::level(&[proof("eve", "password", None, 0), key(verified)]), None, "two people");
}

/// A passkey stays the first factor of its session, and is a second one only while it is young.
#[test]
fn an_old_passkey_is_worth_a_password() {
    let hour = Duration::from_secs(3600);
    let worth = |evidence: Vec<Evidence>| {
        let fresh = Assurance::fresh(evidence, NOW, hour);
        Assurance::of_fresh(&fresh).map(|known| (known.level, known.methods.contains(&Method::Mfa)))
    };
    let key = |flags, age| proof("ann", "passkey", Some(flags), age);
    assert_eq!(worth(vec![key([true, true, false], 3600)]), Some((Level::PhishingResistant, true)));
    assert_eq!(worth(vec![key([true, true, false], 3601)]), Some((Level::Password, false)));
    assert_eq!(worth(vec![key([true, false, true], 3601)]), Some((Level::Password, false)));
    let renewed = vec![key([true, true, false], 9000), proof("ann", "totp", None, 60)];
    assert_eq!(worth(renewed), Some((Level::Mfa, true)));
    let unverified = vec![proof("ann", "password", None, 9000), key([false; 3], 3601)];
    assert_eq!(worth(unverified), Some((Level::Password, false)));
    assert_eq!(worth(vec![key([false; 3], 3601)]), None);
}
