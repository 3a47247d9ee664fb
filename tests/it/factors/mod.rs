//! Factors: enrolment, one-time passwords that are good once, recovery codes, and what evidence is worth
//! (R-MF-01, R-MF-06, R-MF-10, R-EN-03, R-EN-06, R-RC-04, R-RC-06); passkeys and security keys (R-WA-01 to R-WA-10).

mod assurance;
mod enrolment;
mod oath;
mod passkeys;
mod pskc;
mod recovery_codes;
mod totp;

use std::sync::Arc;
use std::time::Duration;

use keyward::factors::totp::{self as otp};
use keyward::factors::{Answer, Factor, Occasion, Verdict};
use keyward::foundation::Timestamp;
use keyward::foundation::clock::{Clock as _, ManualClock};
use keyward::foundation::ids::UserId;
use keyward::foundation::secret::Hidden;
use keyward::storage::{self, Batch, Key};
use keyward::users::password_workers::WorkerSettings;

use crate::support::watched::Watched;
use crate::support::world::{World, occasion};

const SECRET: &[u8] = b"12345678901234567890";

fn answer(code: &str) -> Answer {
    Answer::Code(Hidden::new(code))
}

fn code(secret: &[u8], at: Timestamp) -> String {
    otp::generator(secret).unwrap().generate(u64::try_from(at.seconds()).unwrap()).to_string()
}

/// A person `ann` with an enrolled app that knows [`SECRET`].
async fn enrolled() -> (World, Occasion) {
    let world = World::new().await;
    let ann = occasion(&UserId::from_text("ann"), "j1");
    world.enrolment.import(&ann, SECRET, "phone", Batch::new()).await.unwrap();
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

/// A world in which two callers can be made to read the same before either writes.
async fn watched() -> (World, Arc<Watched>) {
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    let store = Arc::new(Watched::new(storage::memory::open(clock.clone())));
    let settings = WorkerSettings { patience: Duration::from_secs(60), ..WorkerSettings::default() };
    (World::over(store.clone(), clock, settings).await, store)
}

/// Two tries at once, each of which has read the record (twice) before the other writes it.
async fn two_abreast(store: &Watched, kind: &str, factor: &dyn Factor, code: &str) -> usize {
    let ann = UserId::from_text("ann");
    store.pair_reads(Key::new(kind, &[ann.as_str()]), 4);
    let (one, other) = (occasion(&ann, "one"), occasion(&ann, "other"));
    let typed = answer(code);
    let (one, other) = tokio::join!(factor.verify(&one, &typed), factor.verify(&other, &typed));
    [one, other].into_iter().filter(|verdict| matches!(verdict, Ok(Verdict::Accepted(_)))).count()
}

/// The seconds that each of five wrong answers makes one wait, each after the wait for the one before.
async fn pauses(world: &World, factor: &dyn Factor, occasion: &Occasion, wrong: &str) -> Vec<u64> {
    let typed = answer(wrong);
    let mut waits = Vec::new();
    for failure in 1..=5 {
        let judged = factor.verify(occasion, &typed).await.unwrap();
        assert!(matches!(judged, Verdict::Rejected), "failure {failure}: {judged:?}");
        let mut wait = 0;
        // What is not blocked would be counted, so the first two are not asked.
        if failure > 2
            && let Verdict::Throttled(throttled) = factor.verify(occasion, &typed).await.unwrap()
        {
            wait = throttled.retry_after.as_secs();
            let almost = throttled.retry_after - Duration::from_millis(1);
            world.clock.advance(almost);
            let early = factor.verify(occasion, &typed).await.unwrap();
            assert!(matches!(early, Verdict::Throttled(_)), "failure {failure}: {early:?}");
            world.clock.advance(Duration::from_millis(1));
        }
        waits.push(wait);
    }
    waits
}

#[tokio::test]
async fn of_two_who_stand_at_the_same_point_one_spends_the_code() {
    let (world, store) = watched().await;
    let ann = occasion(&UserId::from_text("ann"), "j");
    world.enrolment.import(&ann, SECRET, "phone", Batch::new()).await.unwrap();
    assert_eq!(two_abreast(&store, "factor_totp", &world.totp, &world.code()).await, 1);
    let codes = world.recovery.issue(&ann).await.unwrap();
    let accepted = two_abreast(&store, "factor_recovery_codes", &world.recovery, codes[0].expose()).await;
    assert_eq!((accepted, world.recovery.remaining(&ann.user).await.unwrap()), (1, 9));
}

fn typed_key(key: &str) -> Vec<u8> {
    totp_rs::Secret::try_from_base32(key.replace(' ', "")).unwrap().as_bytes().to_vec()
}
