//! Enrolling an authenticator app, replacing and removing one (R-EN-03, R-EN-06).

use std::time::Duration;

use keyward::audit::Action;
use keyward::factors::{Factor, FactorError, FactorKind, Placement, Verdict};
use keyward::foundation::clock::Clock as _;
use keyward::foundation::ids::UserId;
use keyward::foundation::secret::Hidden;
use keyward::storage::Batch;

use super::{SECRET, code, enrolled, typed_key};
use crate::support::world::{World, occasion};

#[tokio::test]
async fn r_en_03_an_app_counts_only_after_one_right_code() {
    let world = World::new().await;
    let ann = occasion(&UserId::from_text("ann"), "j1");
    let setup = world.enrolment.begin(&ann, "ann:x").await.unwrap();
    let again = world.enrolment.begin(&ann, "ann:x").await.unwrap();
    assert_eq!(setup.key.expose(), again.key.expose(), "a reload shows the same key");
    assert!(setup.address.expose().starts_with("otpauth://totp/"), "for the QR code");
    assert!(world.totp.enrolled(&ann.user).await.unwrap().is_empty());
    let secret = typed_key(setup.key.expose());
    assert_eq!(secret.len(), 20, "160 bits");
    let shown = code(&secret, world.clock.now());
    assert!(matches!(world.try_code(&ann, &shown).await, Verdict::Rejected), "not active yet");
    let eve = occasion(&UserId::from_text("eve"), "j1");
    let foreign = world.enrolment.confirm(&eve, &Hidden::new(shown.as_str()), "phone").await;
    assert!(matches!(foreign, Err(FactorError::NotBegun)), "another person in that journey");
    let wrong = world.enrolment.confirm(&ann, &Hidden::new("000000"), "phone").await.unwrap();
    assert!(matches!(wrong, Verdict::Rejected));
    let done = world.enrolment.confirm(&ann, &Hidden::new(shown.as_str()), "phone").await.unwrap();
    assert_eq!(done.evidence().unwrap().factor(), FactorKind::Totp);
    assert!(matches!(world.try_code(&ann, &shown).await, Verdict::Rejected), "the confirming code is spent");
    let closed = world.enrolment.confirm(&ann, &Hidden::new(shown), "phone").await;
    assert!(matches!(closed, Err(FactorError::NotBegun)));
    let fresh = world.enrolment.begin(&ann, "ann").await.unwrap();
    assert_ne!(fresh.key.expose(), setup.key.expose(), "the old key is never shown again");
    let told = world.events().await.iter().filter(|event| event.action == Action::FactorEnrolled).count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn two_tabs_that_begin_at_once_show_one_key() {
    let world = World::new().await;
    let ann = occasion(&UserId::from_text("ann"), "j1");
    let (one, other) = tokio::join!(world.enrolment.begin(&ann, "ann"), world.enrolment.begin(&ann, "ann"));
    assert_eq!(one.unwrap().key.expose(), other.unwrap().key.expose());
}

#[tokio::test]
async fn a_removed_app_opens_nothing() {
    let (world, ann) = enrolled().await;
    assert_eq!(world.totp.remove(&ann, |_| false, Batch::new()).await.unwrap(), 0);
    assert_eq!(world.totp.remove(&ann, |_| true, Batch::new()).await.unwrap(), 1);
    assert!(matches!(world.try_code(&ann, &world.code()).await, Verdict::Rejected));
    assert!(world.totp.enrolled(&ann.user).await.unwrap().is_empty());
    let short = world.enrolment.import(&ann, &SECRET[..19], "phone", Batch::new()).await;
    assert!(matches!(short, Err(FactorError::Secret)));
}

#[tokio::test]
async fn a_replacement_removes_the_lost_apps_in_one_commit_however_many_there_were() {
    let world = World::new().await;
    let ann = occasion(&UserId::from_text("ann"), "j1");
    for number in 1..=5 {
        world.enrolment.import(&ann, &[number; 20], "old", Batch::new()).await.unwrap();
    }
    assert!(matches!(world.enrolment.begin(&ann, "ann").await, Err(FactorError::TooMany(5))));
    let setup = world.enrolment.begin_with(&ann, "ann", Placement::InPlaceOfAll).await.unwrap();
    let shown = Hidden::new(code(&typed_key(setup.key.expose()), world.clock.now()));
    let mut batch = Batch::new();
    let done =
        world.enrolment.confirm_into(&mut batch, &ann, &shown, "new", Placement::InPlaceOfAll).await.unwrap();
    assert!(matches!(done, Verdict::Accepted(_)));
    assert!(world.store.commit(batch).await.unwrap().is_done());
    let left: Vec<String> =
        world.totp.enrolled(&ann.user).await.unwrap().into_iter().map(|app| app.name).collect();
    assert_eq!(left, ["new"]);
    let removed = world.events().await.iter().filter(|event| event.action == Action::FactorRemoved).count();
    assert_eq!(removed, 5, "each removal is told");
}

#[tokio::test]
async fn an_enrolment_ends_after_half_an_hour() {
    let world = World::new().await;
    let ann = occasion(&UserId::from_text("ann"), "j1");
    let setup = world.enrolment.begin(&ann, "ann").await.unwrap();
    world.clock.advance(Duration::from_secs(30 * 60));
    let shown = code(&typed_key(setup.key.expose()), world.clock.now());
    let late = world.enrolment.confirm(&ann, &Hidden::new(shown), "phone").await;
    assert!(matches!(late, Err(FactorError::NotBegun)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_en_06_five_apps_at_most_even_at_once() {
    let world = World::new().await;
    let ann = UserId::from_text("ann");
    let tasks: Vec<_> = (0..32)
        .map(|turn| {
            let (enrolment, ann) = (world.enrolment.clone(), occasion(&ann, &format!("j{turn}")));
            tokio::spawn(async move {
                let secret = [turn; 20];
                loop {
                    match enrolment.import(&ann, &secret, "phone", Batch::new()).await {
                        Err(FactorError::Conflict) => {}
                        other => return other.is_ok(),
                    }
                }
            })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        made += u32::from(task.await.unwrap());
    }
    assert_eq!((made, world.totp.enrolled(&ann).await.unwrap().len()), (5, 5));
    let sixth = world.enrolment.begin(&occasion(&ann, "more"), "ann").await;
    assert!(matches!(sixth, Err(FactorError::TooMany(5))));
}
