//! What evidence is worth: level, methods, time (R-RC-06; security.md sections 4.2 to 4.4).

use std::time::Duration;

use keyward::factors::{Evidence, Factor, assurance};
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
