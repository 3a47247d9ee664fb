//! One-time passwords: the standard's vectors, the window, good once, and failures that belong to the app (R-MF-01, R-MF-06, R-MF-10).

use std::process::Command;
use std::time::Duration;

use keyward::factors::totp::{self as otp, PERIOD};
use keyward::factors::{Factor, FactorError, FactorKind, Verdict};
use keyward::foundation::Timestamp;
use keyward::foundation::clock::Clock as _;
use keyward::foundation::ids::UserId;
use keyward::storage::{Batch, Key};
use proptest::prelude::*;

use super::{SECRET, answer, code, enrolled, pauses};
use crate::support::world::occasion;

#[test]
fn rfc_6238_appendix_b() {
    let vectors = [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ];
    for (seconds, eight_digits) in vectors {
        assert_eq!(code(SECRET, Timestamp(seconds * 1000)), eight_digits[2..], "at {seconds}");
    }
}

#[test]
fn a_foreign_implementation_shows_the_same_codes() {
    for (number, seconds) in [(1_u8, 0_i64), (77, 1_800_000_029), (200, 4_102_444_800)] {
        let secret: Vec<u8> = (0..20).map(|place| number.wrapping_mul(31).wrapping_add(place * 7)).collect();
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let run = Command::new("oathtool").args(["--totp", "--now", &format!("@{seconds}"), &hex]).output();
        let run = run.expect("oathtool must be installed (package oathtool)");
        assert_eq!(String::from_utf8_lossy(&run.stdout).trim(), code(&secret, Timestamp(seconds * 1000)));
    }
}

#[tokio::test]
async fn r_mf_06_the_window_is_one_step_to_each_side() {
    for (offset, good) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let (world, ann) = enrolled().await;
        world.clock.advance(Duration::from_secs(10 * PERIOD));
        let shown = code(SECRET, Timestamp(world.clock.now().0 + offset * 30_000));
        let accepted = matches!(world.try_code(&ann, &shown).await, Verdict::Accepted(_));
        assert_eq!(accepted, good, "offset {offset}");
    }
}

#[tokio::test]
async fn r_mf_01_evidence_names_person_journey_credential_and_time() {
    let (world, ann) = enrolled().await;
    let typed = world.code();
    let spaced = format!(" {} {} ", &typed[..3], &typed[3..]);
    let evidence = world.try_code(&ann, &spaced).await.evidence().unwrap();
    assert_eq!((evidence.user(), evidence.journey()), (&ann.user, &ann.journey));
    assert_eq!((evidence.factor(), evidence.at()), (FactorKind::Totp, world.clock.now()));
    let listed = world.totp.enrolled(&ann.user).await.unwrap();
    assert_eq!(Some(&listed[0].credential), evidence.credential());
    assert!(matches!(world.try_code(&ann, &typed).await, Verdict::Rejected), "good once");
}

#[tokio::test]
async fn malformed_codes_are_merely_wrong() {
    for wrong in ["", "12345", "1234567", "١٢٣٤٥٦", "12345a", "\0\0\0\0\0\0", &"1".repeat(100_000)] {
        let (world, ann) = enrolled().await;
        assert!(matches!(world.try_code(&ann, wrong).await, Verdict::Rejected), "{wrong:.10}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_equal_codes_at_once_one_is_accepted() {
    let (world, ann) = enrolled().await;
    let shown = world.code();
    let tasks: Vec<_> = (0..32)
        .map(|turn| {
            let (totp, shown) = (world.totp.clone(), shown.clone());
            let ann = occasion(&ann.user, &format!("journey {turn}"));
            tokio::spawn(async move {
                matches!(totp.verify(&ann, &answer(&shown)).await, Ok(Verdict::Accepted(_)))
            })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        accepted += u32::from(task.await.unwrap());
    }
    assert_eq!(accepted, 1);
}

#[tokio::test]
async fn r_mf_10_failures_belong_to_the_app_whatever_the_journey() {
    let (world, ann) = enrolled().await;
    for turn in 0..3 {
        let other = occasion(&ann.user, &format!("journey {turn}"));
        assert!(matches!(world.try_code(&other, "000000").await, Verdict::Rejected));
    }
    let right = world.code();
    assert!(matches!(world.try_code(&ann, &right).await, Verdict::Throttled(_)), "even the right code waits");
    world.clock.advance(Duration::from_secs(1));
    assert!(matches!(world.try_code(&ann, &right).await, Verdict::Accepted(_)));
    let bob = occasion(&UserId::from_text("bob"), "j");
    assert!(matches!(world.try_code(&bob, &right).await, Verdict::Rejected), "nothing enrolled");
}

#[tokio::test]
async fn r_rl_04_a_pause_of_a_second_from_the_third_failure_and_15_minutes_at_the_fifth() {
    let (world, ann) = enrolled().await;
    assert_eq!(pauses(&world, &world.totp, &ann, "000000").await, [0, 0, 1, 1, 900]);
    let right = world.code();
    assert!(matches!(world.try_code(&ann, &right).await, Verdict::Accepted(_)));
}

#[tokio::test]
async fn r_rl_04_the_success_of_one_app_does_not_reset_another() {
    const OTHER: &[u8] = b"another secret of 20";
    let (world, ann) = enrolled().await;
    world.enrolment.import(&ann, OTHER, "tablet", Batch::new()).await.unwrap();
    world.clock.advance(Duration::from_secs(PERIOD));
    for _ in 0..2 {
        assert!(matches!(world.try_code(&ann, "000000").await, Verdict::Rejected));
    }
    assert!(matches!(world.try_code(&ann, &world.code()).await, Verdict::Accepted(_)));
    // The tablet has two failures and this one is its third; the phone has one.
    assert!(matches!(world.try_code(&ann, "000000").await, Verdict::Rejected));
    world.clock.advance(Duration::from_millis(1));
    let tablet = code(OTHER, world.clock.now());
    let paused = world.try_code(&ann, &tablet).await;
    assert!(matches!(paused, Verdict::Rejected), "only the phone is open: {paused:?}");
    world.clock.advance(Duration::from_secs(1));
    let accepted = world.try_code(&ann, &tablet).await;
    assert!(matches!(accepted, Verdict::Accepted(_)), "{accepted:?}");
}

#[tokio::test]
async fn r_rl_04_a_success_takes_back_its_own_try_from_the_other_apps() {
    let (world, ann) = enrolled().await;
    let other = b"another secret of 20";
    world.enrolment.import(&ann, other, "tablet", Batch::new()).await.unwrap();
    for _ in 0..60 {
        world.clock.advance(Duration::from_secs(PERIOD));
        let right = world.try_code(&ann, &world.code()).await;
        assert!(matches!(right, Verdict::Accepted(_)), "{right:?}");
    }
    let tablet = code(other, world.clock.now());
    assert!(matches!(world.try_code(&ann, &tablet).await, Verdict::Accepted(_)));
}

#[tokio::test]
async fn r_st_07_codes_of_people_without_an_app_cannot_fill_the_trail() {
    let (world, _) = enrolled().await;
    let before = world.events().await.len();
    let bob = occasion(&UserId::from_text("bob"), "j");
    for _ in 0..60 {
        assert!(matches!(world.try_code(&bob, "000000").await, Verdict::Rejected));
    }
    assert_eq!(world.events().await.len() - before, 21);
}

#[tokio::test]
async fn a_sealed_secret_is_of_no_use_to_another_person() {
    let (world, ann) = enrolled().await;
    let from = Key::new("factor_totp", &[ann.user.as_str()]);
    let raw = world.store.get(&[from]).await.unwrap().pop().unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&raw.json).contains("GEZDGNBV"));
    let mut batch = Batch::new();
    batch.put(Key::new("factor_totp", &["eve"]), &raw.decode::<Copied>().unwrap().value, None);
    world.store.commit(batch).await.unwrap();
    let eve = occasion(&UserId::from_text("eve"), "j");
    let stolen = world.totp.verify(&eve, &answer(&world.code())).await;
    assert!(matches!(stolen, Err(FactorError::Sealing(_))), "{stolen:?}");
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Copied(serde_json::Value);
impl keyward::storage::Record for Copied {}

proptest! {
    /// Whatever is typed and however the clock moves, steps that are accepted rise, and each lies in the window.
    #[test]
    fn r_mf_06_accepted_steps_rise(moves in proptest::collection::vec((0_u64..70, -3_i64..=3), 1..60)) {
        let generator = otp::generator(SECRET).unwrap();
        let mut now = Timestamp(1_800_000_000_000);
        let (mut last, mut model) = (None, None);
        for (seconds, offset) in moves {
            now = now.plus(Duration::from_secs(seconds));
            let meant = otp::step(now).saturating_add_signed(offset);
            let typed = generator.generate(meant * PERIOD).to_string();
            let expected = offset.abs() <= 1 && model.is_none_or(|model| meant > model);
            let found = otp::matching_step(&generator, &typed, now, last);
            prop_assert_eq!(found, expected.then_some(meant));
            last = found.or(last);
            model = if expected { Some(meant) } else { model };
        }
    }
}
