//! Recovery codes: ten, good once each, counted down, not to be guessed (R-RC-04).

use std::time::Duration;

use keyward::factors::{Factor, FactorKind, Verdict};
use keyward::foundation::ids::UserId;
use keyward::storage::Key;

use super::{answer, pauses};
use crate::support::world::{World, occasion};

#[tokio::test]
async fn r_rc_04_ten_codes_good_once_each_and_counted_down() {
    let world = World::new().await;
    let ann = occasion(&UserId::from_text("ann"), "j1");
    let codes = world.recovery.issue(&ann).await.unwrap();
    let different: std::collections::BTreeSet<&str> = codes.iter().map(|code| &code.expose()[1..]).collect();
    assert_eq!((codes.len(), different.len(), codes[0].expose().len()), (10, 10, 19));
    let sloppy = codes[3].expose().to_uppercase().replace('-', " ").replace('0', "O").replace('1', "l");
    let before = world.passwords.workers().hashes();
    let used = world.recovery.verify(&ann, &answer(&sloppy)).await.unwrap();
    assert_eq!(used.evidence().unwrap().factor(), FactorKind::RecoveryCode);
    assert_eq!(world.passwords.workers().hashes() - before, 1, "one slow hash a try");
    assert!(matches!(world.recovery.verify(&ann, &answer(&sloppy)).await.unwrap(), Verdict::Rejected));
    assert_eq!(world.recovery.remaining(&ann.user).await.unwrap(), 9);
    world.recovery.issue(&ann).await.unwrap();
    assert!(
        matches!(world.recovery.verify(&ann, &answer(codes[4].expose())).await.unwrap(), Verdict::Rejected),
        "void"
    );
    assert_eq!(world.recovery.remaining(&ann.user).await.unwrap(), 10);
    let all = world.store.scan(&Key::from_bytes(Vec::new()), None, 1000).await.unwrap();
    let secret_part = &codes[5].expose().replace('-', "")[1..];
    assert!(all.iter().all(|(_, raw)| !String::from_utf8_lossy(&raw.json).contains(secret_part)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_equal_recovery_codes_at_once_at_most_one_is_accepted() {
    let world = World::new().await;
    let ann = UserId::from_text("ann");
    let codes = world.recovery.issue(&occasion(&ann, "j")).await.unwrap();
    let tasks: Vec<_> = (0..32)
        .map(|turn| {
            let (recovery, typed) = (world.recovery.clone(), answer(codes[0].expose()));
            let ann = occasion(&ann, &format!("j{turn}"));
            tokio::spawn(
                async move { matches!(recovery.verify(&ann, &typed).await, Ok(Verdict::Accepted(_))) },
            )
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        accepted += u32::from(task.await.unwrap());
    }
    assert_eq!((accepted, world.recovery.remaining(&ann).await.unwrap()), (1, 9));
}

#[tokio::test]
async fn recovery_codes_cannot_be_guessed_without_end() {
    let world = World::new().await;
    let ann = occasion(&UserId::from_text("ann"), "j");
    world.recovery.issue(&ann).await.unwrap();
    let before = world.passwords.workers().hashes();
    for guess in ["", "0000-0000-0000-0000", "x000-0000-0000-0000"] {
        let _rejected = world.recovery.verify(&ann, &answer(guess)).await.unwrap();
    }
    assert_eq!(world.passwords.workers().hashes() - before, 3, "the same work for every guess");
    let fourth = world.recovery.verify(&ann, &answer("1")).await.unwrap();
    assert!(matches!(fourth, Verdict::Throttled(_)));
}

#[tokio::test]
async fn r_st_07_tries_that_no_limit_counts_cannot_fill_the_trail() {
    let world = World::new().await;
    let ann = occasion(&UserId::from_text("ann"), "j");
    let flood = async |typed: &str| {
        for _ in 0..60 {
            let _not_accepted = world.recovery.verify(&ann, &answer(typed)).await.unwrap();
        }
        let told = world.events().await.len();
        world.clock.advance(Duration::from_secs(60));
        told
    };
    assert_eq!(flood("0000").await, 21, "no set");
    world.recovery.issue(&ann).await.unwrap();
    assert_eq!(flood("\0").await, 21 + 1 + 21, "text that no code can be");
    assert_eq!(flood("0000").await, 43 + 3 + 21, "three counted tries, then the pause");
}

#[tokio::test]
async fn r_rl_04_a_pause_of_a_second_from_the_third_failure_and_15_minutes_at_the_fifth() {
    let world = World::new().await;
    let ann = occasion(&UserId::from_text("ann"), "j");
    let codes = world.recovery.issue(&ann).await.unwrap();
    let wait = pauses(&world, &world.recovery, &ann, "0000").await;
    assert_eq!(wait, [0, 0, 1, 1, 900]);
    let right = world.recovery.verify(&ann, &answer(codes[0].expose())).await;
    assert!(matches!(right, Ok(Verdict::Accepted(_))), "{right:?}");
}
