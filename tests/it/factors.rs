//! Factors: enrolment, one-time passwords that are good once, recovery codes, and what evidence is worth
//! (R-MF-01, R-MF-06, R-MF-10, R-EN-03, R-EN-06, R-RC-04, R-RC-06).

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use keyward::audit::Action;
use keyward::factors::totp::{self, PERIOD};
use keyward::factors::{
    Answer, Evidence, Factor, FactorError, FactorKind, Occasion, Placement, Verdict, assurance,
};
use keyward::foundation::Timestamp;
use keyward::foundation::clock::{Clock as _, ManualClock};
use keyward::foundation::ids::UserId;
use keyward::foundation::secret::Hidden;
use keyward::storage::{self, Batch, Key};
use keyward::users::password_workers::WorkerSettings;
use keyward::vocabulary::acr::Level;
use keyward::vocabulary::amr::Method;
use proptest::prelude::*;

use crate::people::{GOOD, World, occasion};
use crate::watched::Watched;

const SECRET: &[u8] = b"12345678901234567890";

fn answer(code: &str) -> Answer {
    Answer::Code(Hidden::new(code))
}

fn code(secret: &[u8], at: Timestamp) -> String {
    totp::generator(secret)
        .unwrap()
        .generate(u64::try_from(at.seconds()).unwrap())
        .to_string()
}

/// A person `ann` with an enrolled app that knows [`SECRET`].
async fn enrolled() -> (World, Occasion) {
    let world = World::new().await;
    let ann = occasion(&UserId::from_text("ann"), "j1");
    world
        .enrolment
        .import(&ann, SECRET, "phone", Batch::new())
        .await
        .unwrap();
    (world, ann)
}

impl World {
    fn code(&self) -> String {
        code(SECRET, self.clock.now())
    }

    async fn try_code(&self, occasion: &Occasion, code: &str) -> Verdict {
        self.totp.verify(occasion, &answer(code)).await.unwrap()
    }
}

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
        assert_eq!(
            code(SECRET, Timestamp(seconds * 1000)),
            eight_digits[2..],
            "at {seconds}"
        );
    }
}

#[test]
fn a_foreign_implementation_shows_the_same_codes() {
    for (number, seconds) in [(1_u8, 0_i64), (77, 1_800_000_029), (200, 4_102_444_800)] {
        let secret: Vec<u8> = (0..20)
            .map(|place| number.wrapping_mul(31).wrapping_add(place * 7))
            .collect();
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let run = Command::new("oathtool")
            .args(["--totp", "--now", &format!("@{seconds}"), &hex])
            .output();
        let run = run.expect("oathtool must be installed (package oathtool)");
        assert_eq!(
            String::from_utf8_lossy(&run.stdout).trim(),
            code(&secret, Timestamp(seconds * 1000))
        );
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
    assert_eq!(
        (evidence.factor(), evidence.at()),
        (FactorKind::Totp, world.clock.now())
    );
    let listed = world.totp.enrolled(&ann.user).await.unwrap();
    assert_eq!(Some(&listed[0].credential), evidence.credential());
    assert!(
        matches!(world.try_code(&ann, &typed).await, Verdict::Rejected),
        "good once"
    );
}

#[tokio::test]
async fn malformed_codes_are_merely_wrong() {
    for wrong in [
        "",
        "12345",
        "1234567",
        "١٢٣٤٥٦",
        "12345a",
        "\0\0\0\0\0\0",
        &"1".repeat(100_000),
    ] {
        let (world, ann) = enrolled().await;
        assert!(
            matches!(world.try_code(&ann, wrong).await, Verdict::Rejected),
            "{wrong:.10}"
        );
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

/// A world in which two callers can be made to read the same before either writes.
async fn watched() -> (World, Arc<Watched>) {
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    let store = Arc::new(Watched::new(storage::memory::open(clock.clone())));
    let settings = WorkerSettings {
        patience: Duration::from_secs(60),
        ..WorkerSettings::default()
    };
    (World::over(store.clone(), clock, settings).await, store)
}

/// Two tries at once, each of which has read the record (twice) before the other writes it.
async fn two_abreast(store: &Watched, kind: &str, factor: &dyn Factor, code: &str) -> usize {
    let ann = UserId::from_text("ann");
    store.pair_reads(Key::new(kind, &[ann.as_str()]), 4);
    let (one, other) = (occasion(&ann, "one"), occasion(&ann, "other"));
    let typed = answer(code);
    let (one, other) = tokio::join!(factor.verify(&one, &typed), factor.verify(&other, &typed));
    [one, other]
        .into_iter()
        .filter(|verdict| matches!(verdict, Ok(Verdict::Accepted(_))))
        .count()
}

#[tokio::test]
async fn of_two_who_stand_at_the_same_point_one_spends_the_code() {
    let (world, store) = watched().await;
    let ann = occasion(&UserId::from_text("ann"), "j");
    world
        .enrolment
        .import(&ann, SECRET, "phone", Batch::new())
        .await
        .unwrap();
    assert_eq!(
        two_abreast(&store, "factor_totp", &world.totp, &world.code()).await,
        1
    );
    let codes = world.recovery.issue(&ann).await.unwrap();
    let accepted = two_abreast(
        &store,
        "factor_recovery_codes",
        &world.recovery,
        codes[0].expose(),
    )
    .await;
    assert_eq!(
        (accepted, world.recovery.remaining(&ann.user).await.unwrap()),
        (1, 9)
    );
}

#[tokio::test]
async fn r_mf_10_failures_belong_to_the_app_whatever_the_journey() {
    let (world, ann) = enrolled().await;
    for turn in 0..3 {
        let other = occasion(&ann.user, &format!("journey {turn}"));
        assert!(matches!(
            world.try_code(&other, "000000").await,
            Verdict::Rejected
        ));
    }
    let right = world.code();
    assert!(
        matches!(world.try_code(&ann, &right).await, Verdict::Throttled(_)),
        "even the right code waits"
    );
    world.clock.advance(Duration::from_secs(1));
    assert!(matches!(world.try_code(&ann, &right).await, Verdict::Accepted(_)));
    let bob = occasion(&UserId::from_text("bob"), "j");
    assert!(
        matches!(world.try_code(&bob, &right).await, Verdict::Rejected),
        "nothing enrolled"
    );
}

#[tokio::test]
async fn a_sealed_secret_is_of_no_use_to_another_person() {
    let (world, ann) = enrolled().await;
    let from = Key::new("factor_totp", &[ann.user.as_str()]);
    let raw = world.store.get(&[from]).await.unwrap().pop().unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&raw.json).contains("GEZDGNBV"));
    let mut batch = Batch::new();
    batch.put(
        Key::new("factor_totp", &["eve"]),
        &raw.decode::<Copied>().unwrap().value,
        None,
    );
    world.store.commit(batch).await.unwrap();
    let eve = occasion(&UserId::from_text("eve"), "j");
    let stolen = world.totp.verify(&eve, &answer(&world.code())).await;
    assert!(matches!(stolen, Err(FactorError::Sealing(_))), "{stolen:?}");
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Copied(serde_json::Value);
impl keyward::storage::Record for Copied {}

fn typed_key(key: &str) -> Vec<u8> {
    totp_rs::Secret::try_from_base32(key.replace(' ', ""))
        .unwrap()
        .as_bytes()
        .to_vec()
}

#[tokio::test]
async fn r_en_03_an_app_counts_only_after_one_right_code() {
    let world = World::new().await;
    let ann = occasion(&UserId::from_text("ann"), "j1");
    let setup = world.enrolment.begin(&ann, "ann:x").await.unwrap();
    let again = world.enrolment.begin(&ann, "ann:x").await.unwrap();
    assert_eq!(
        setup.key.expose(),
        again.key.expose(),
        "a reload shows the same key"
    );
    assert!(
        setup.address.expose().starts_with("otpauth://totp/"),
        "for the QR code"
    );
    assert!(world.totp.enrolled(&ann.user).await.unwrap().is_empty());
    let secret = typed_key(setup.key.expose());
    assert_eq!(secret.len(), 20, "160 bits");
    let shown = code(&secret, world.clock.now());
    assert!(
        matches!(world.try_code(&ann, &shown).await, Verdict::Rejected),
        "not active yet"
    );
    let eve = occasion(&UserId::from_text("eve"), "j1");
    let foreign = world
        .enrolment
        .confirm(&eve, &Hidden::new(shown.as_str()), "phone")
        .await;
    assert!(
        matches!(foreign, Err(FactorError::NotBegun)),
        "another person in that journey"
    );
    let wrong = world
        .enrolment
        .confirm(&ann, &Hidden::new("000000"), "phone")
        .await
        .unwrap();
    assert!(matches!(wrong, Verdict::Rejected));
    let done = world
        .enrolment
        .confirm(&ann, &Hidden::new(shown.as_str()), "phone")
        .await
        .unwrap();
    assert_eq!(done.evidence().unwrap().factor(), FactorKind::Totp);
    assert!(
        matches!(world.try_code(&ann, &shown).await, Verdict::Rejected),
        "the confirming code is spent"
    );
    let closed = world.enrolment.confirm(&ann, &Hidden::new(shown), "phone").await;
    assert!(matches!(closed, Err(FactorError::NotBegun)));
    let fresh = world.enrolment.begin(&ann, "ann").await.unwrap();
    assert_ne!(
        fresh.key.expose(),
        setup.key.expose(),
        "the old key is never shown again"
    );
    let told = world
        .events()
        .await
        .iter()
        .filter(|event| event.action == Action::FactorEnrolled)
        .count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn two_tabs_that_begin_at_once_show_one_key() {
    let world = World::new().await;
    let ann = occasion(&UserId::from_text("ann"), "j1");
    let (one, other) = tokio::join!(
        world.enrolment.begin(&ann, "ann"),
        world.enrolment.begin(&ann, "ann")
    );
    assert_eq!(one.unwrap().key.expose(), other.unwrap().key.expose());
}

#[tokio::test]
async fn a_removed_app_opens_nothing() {
    let (world, ann) = enrolled().await;
    assert_eq!(world.totp.remove(&ann, |_| false, Batch::new()).await.unwrap(), 0);
    assert_eq!(world.totp.remove(&ann, |_| true, Batch::new()).await.unwrap(), 1);
    assert!(matches!(
        world.try_code(&ann, &world.code()).await,
        Verdict::Rejected
    ));
    assert!(world.totp.enrolled(&ann.user).await.unwrap().is_empty());
    let short = world
        .enrolment
        .import(&ann, &SECRET[..19], "phone", Batch::new())
        .await;
    assert!(matches!(short, Err(FactorError::Secret)));
}

#[tokio::test]
async fn a_replacement_removes_the_lost_apps_in_one_commit_however_many_there_were() {
    let world = World::new().await;
    let ann = occasion(&UserId::from_text("ann"), "j1");
    for number in 1..=5 {
        world
            .enrolment
            .import(&ann, &[number; 20], "old", Batch::new())
            .await
            .unwrap();
    }
    assert!(matches!(
        world.enrolment.begin(&ann, "ann").await,
        Err(FactorError::TooMany(5))
    ));
    let setup = world
        .enrolment
        .begin_with(&ann, "ann", Placement::InPlaceOfAll)
        .await
        .unwrap();
    let shown = Hidden::new(code(&typed_key(setup.key.expose()), world.clock.now()));
    let done = world
        .enrolment
        .confirm_with(&ann, &shown, "new", Placement::InPlaceOfAll, Batch::new())
        .await
        .unwrap();
    assert!(matches!(done, Verdict::Accepted(_)));
    let left: Vec<String> = world
        .totp
        .enrolled(&ann.user)
        .await
        .unwrap()
        .into_iter()
        .map(|app| app.name)
        .collect();
    assert_eq!(left, ["new"]);
    let removed = world
        .events()
        .await
        .iter()
        .filter(|event| event.action == Action::FactorRemoved)
        .count();
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

#[tokio::test]
async fn r_rc_04_ten_codes_good_once_each_and_counted_down() {
    let world = World::new().await;
    let ann = occasion(&UserId::from_text("ann"), "j1");
    let codes = world.recovery.issue(&ann).await.unwrap();
    let different: std::collections::BTreeSet<&str> = codes.iter().map(|code| &code.expose()[1..]).collect();
    assert_eq!(
        (codes.len(), different.len(), codes[0].expose().len()),
        (10, 10, 19)
    );
    let sloppy = codes[3]
        .expose()
        .to_uppercase()
        .replace('-', " ")
        .replace('0', "O")
        .replace('1', "l");
    let before = world.passwords.workers().hashes();
    let used = world.recovery.verify(&ann, &answer(&sloppy)).await.unwrap();
    assert_eq!(used.evidence().unwrap().factor(), FactorKind::RecoveryCode);
    assert_eq!(
        world.passwords.workers().hashes() - before,
        1,
        "one slow hash a try"
    );
    assert!(matches!(
        world.recovery.verify(&ann, &answer(&sloppy)).await.unwrap(),
        Verdict::Rejected
    ));
    assert_eq!(world.recovery.remaining(&ann.user).await.unwrap(), 9);
    world.recovery.issue(&ann).await.unwrap();
    assert!(
        matches!(
            world
                .recovery
                .verify(&ann, &answer(codes[4].expose()))
                .await
                .unwrap(),
            Verdict::Rejected
        ),
        "void"
    );
    assert_eq!(world.recovery.remaining(&ann.user).await.unwrap(), 10);
    let all = world
        .store
        .scan(&Key::from_bytes(Vec::new()), None, 1000)
        .await
        .unwrap();
    let secret_part = &codes[5].expose().replace('-', "")[1..];
    assert!(
        all.iter()
            .all(|(_, raw)| !String::from_utf8_lossy(&raw.json).contains(secret_part))
    );
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
    assert_eq!(
        world.passwords.workers().hashes() - before,
        3,
        "the same work for every guess"
    );
    let fourth = world.recovery.verify(&ann, &answer("1")).await.unwrap();
    assert!(matches!(fourth, Verdict::Throttled(_)));
}

#[tokio::test]
async fn what_evidence_is_worth() {
    let world = World::new().await;
    let user = world.person("ann").await;
    let ann = occasion(&user.id, "j");
    world
        .enrolment
        .import(&ann, SECRET, "phone", Batch::new())
        .await
        .unwrap();
    let codes = world.recovery.issue(&ann).await.unwrap();
    let keyward::directory::Answer::Authenticated(first) = world.sign_in("ann", GOOD, "192.0.2.1").await
    else {
        panic!()
    };
    let password = first.evidence;
    world.clock.advance(Duration::from_secs(60));
    let otp = world.try_code(&ann, &world.code()).await.evidence().unwrap();
    let recovery = world
        .recovery
        .verify(&ann, &answer(codes[0].expose()))
        .await
        .unwrap()
        .evidence()
        .unwrap();
    let stolen: Evidence = {
        let mut json = serde_json::to_value(&otp).unwrap();
        json["user"] = "eve".into();
        serde_json::from_value(json).unwrap()
    };
    let (pwd, otp_only) = (vec![password.clone()], vec![otp.clone()]);
    let both = vec![password.clone(), otp.clone()];
    assert_eq!((assurance::level(&[]), assurance::level(&otp_only)), (None, None));
    assert_eq!(
        (assurance::level(&pwd), assurance::amr(&pwd)),
        (Some(Level::Password), vec![Method::Pwd])
    );
    assert_eq!(assurance::level(&both), Some(Level::Mfa));
    assert_eq!(assurance::amr(&both), [Method::Pwd, Method::Otp, Method::Mfa]);
    assert_eq!(
        assurance::auth_time(&both),
        Some(otp.at()),
        "the proof that completed the level"
    );
    let recovered = vec![password.clone(), recovery];
    assert_eq!(assurance::level(&recovered), Some(Level::Password), "R-RC-06");
    assert_eq!(assurance::amr(&recovered), [Method::Pwd, Method::Recovery]);
    assert_eq!(
        assurance::level(&[password, stolen]),
        None,
        "proofs of two people prove nothing"
    );
}

proptest! {
    /// Whatever is typed and however the clock moves, steps that are accepted rise, and each lies in the window.
    #[test]
    fn r_mf_06_accepted_steps_rise(moves in proptest::collection::vec((0_u64..70, -3_i64..=3), 1..60)) {
        let generator = totp::generator(SECRET).unwrap();
        let mut now = Timestamp(1_800_000_000_000);
        let (mut last, mut model) = (None, None);
        for (seconds, offset) in moves {
            now = now.plus(Duration::from_secs(seconds));
            let meant = totp::step(now).saturating_add_signed(offset);
            let typed = generator.generate(meant * PERIOD).to_string();
            let expected = offset.abs() <= 1 && model.is_none_or(|model| meant > model);
            let found = totp::matching_step(&generator, &typed, now, last);
            prop_assert_eq!(found, expected.then_some(meant));
            last = found.or(last);
            model = if expected { Some(meant) } else { model };
        }
    }
}
