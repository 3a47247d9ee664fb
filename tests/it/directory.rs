//! Our own store as a directory: one answer at one cost for every failure (R-PW-01, R-PW-02, R-RL-02, R-RL-03).

use std::sync::Arc;
use std::time::Duration;

use keyward::audit::{Action, Outcome};
use keyward::directory::Answer;
use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;
use keyward::storage::{self, Batch};
use keyward::users::State;
use keyward::users::password_workers::WorkerSettings;

use crate::support::world::{GOOD, World};
use crate::support::watched::Watched;

const HERE: &str = "192.0.2.1";

async fn counted() -> (World, Arc<Watched>) {
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    let store = Arc::new(Watched::new(storage::memory::open(clock.clone())));
    let settings = WorkerSettings {
        patience: Duration::from_secs(60),
        ..WorkerSettings::default()
    };
    (World::over(store.clone(), clock, settings).await, store)
}

/// Reads, commits and slow hashes so far.
fn work(store: &Watched, world: &World) -> [u64; 3] {
    [store.gets(), store.commits(), world.passwords.workers().hashes()]
}

#[tokio::test]
async fn r_pw_02_unknown_wrong_disabled_and_locked_cost_the_same_and_answer_the_same() {
    let (world, store) = counted().await;
    for (name, state) in [
        ("active", State::Active),
        ("disabled", State::Disabled),
        ("locked", State::Locked),
    ] {
        let user = world.person(name).await;
        world
            .users
            .set_state(&user.id, state, Batch::new())
            .await
            .unwrap();
    }
    let mut expired = world.person("expired").await;
    expired = world
        .users
        .change(&expired.id, Batch::new(), |user| {
            user.valid_until = Some(Timestamp(1))
        })
        .await
        .unwrap();
    world
        .users
        .create(crate::support::world::new("no-password", None), Batch::new())
        .await
        .unwrap();
    let tries = [
        ("nobody", GOOD),
        ("active", "a wrong password"),
        ("disabled", GOOD),
        ("disabled", "a wrong password"),
        ("locked", GOOD),
        (expired.username.as_str(), GOOD),
        ("no-password", GOOD),
        ("", GOOD),
    ];
    for (name, password) in tries {
        let before = work(&store, &world);
        assert!(
            matches!(world.sign_in(name, password, HERE).await, Answer::Failed),
            "{name}"
        );
        let after = work(&store, &world);
        let spent: Vec<u64> = after
            .iter()
            .zip(before)
            .map(|(after, before)| after - before)
            .collect();
        assert_eq!(spent, [3, 2, 1], "reads, commits, hashes of {name}");
    }
    let reasons: Vec<_> = world
        .events()
        .await
        .into_iter()
        .filter_map(|event| event.reason)
        .collect();
    let words: std::collections::BTreeSet<&str> = reasons.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(words.len(), 5, "only the audit trail knows why: {words:?}");
}

#[tokio::test]
async fn a_right_password_gives_person_and_evidence_and_forgets_failures() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    for _ in 0..3 {
        for _ in 0..4 {
            assert!(matches!(
                world.sign_in("ann", "a wrong password", HERE).await,
                Answer::Failed
            ));
        }
        let Answer::Authenticated(right) = world.sign_in(" ANN ", GOOD, HERE).await else {
            panic!("refused")
        };
        assert_eq!((&right.user.id, right.must_change), (&ann.id, false));
        assert_eq!(
            (right.evidence.user(), right.evidence.journey().as_str()),
            (&ann.id, "j")
        );
    }
    let events = world.events().await;
    let good = events
        .iter()
        .filter(|e| e.action == Action::PasswordCheck && e.outcome == Outcome::Success);
    let good: Vec<_> = good.collect();
    assert_eq!((good.len(), &good[0].subject), (3, &Some(ann.id)));
    assert_eq!(good[0].origin.user_agent(), Some("Browser/1.0"), "R-AU-02");
    let text = serde_json::to_string(&events).unwrap();
    assert!(
        !text.contains("violet") && !text.contains("wrong password"),
        "R-AU-04"
    );
}

#[tokio::test]
async fn r_rl_02_all_names_of_one_person_share_one_counter() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    let mail = crate::support::world::new("x", Some("ann@corp.example")).profile.mail;
    world.users.set_mail(&ann.id, mail, Batch::new()).await.unwrap();
    for name in ["ann", "ANN", "ann@corp.example", "Ann@Corp.Example", "ａｎｎ"] {
        assert!(
            matches!(
                world.sign_in(name, "a wrong password", HERE).await,
                Answer::Failed
            ),
            "{name}"
        );
    }
    assert!(matches!(
        world.sign_in("ann", GOOD, HERE).await,
        Answer::Throttled(_)
    ));
    assert!(
        matches!(
            world.sign_in("ann", GOOD, "198.51.100.7").await,
            Answer::Authenticated(_)
        ),
        "R-RL-05"
    );
    world.clock.advance(Duration::from_secs(15 * 60));
    assert!(matches!(
        world.sign_in("ann", GOOD, HERE).await,
        Answer::Authenticated(_)
    ));
}

#[tokio::test]
async fn unknown_names_are_throttled_like_people() {
    let world = World::new().await;
    for name in ["ghost", "GHOST", " ghost", "ghost", "Ghost"] {
        assert!(matches!(world.sign_in(name, GOOD, HERE).await, Answer::Failed));
    }
    assert!(matches!(
        world.sign_in("ghost", GOOD, HERE).await,
        Answer::Throttled(_)
    ));
    let before = world.passwords.workers().hashes();
    assert!(matches!(
        world.sign_in("ghost", GOOD, HERE).await,
        Answer::Throttled(_)
    ));
    assert_eq!(
        world.passwords.workers().hashes(),
        before,
        "the limit stands before the workers"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_rl_03_32_guesses_at_once_are_five_guesses() {
    let world = Arc::new(World::new().await);
    world.person("ann").await;
    let before = world.passwords.workers().hashes();
    let tasks: Vec<_> = (0..32)
        .map(|turn| {
            let world = world.clone();
            tokio::spawn(async move { world.sign_in("ann", &format!("guess number {turn}"), HERE).await })
        })
        .collect();
    let mut failed = 0;
    for task in tasks {
        failed += u32::from(matches!(task.await.unwrap(), Answer::Failed));
    }
    assert_eq!((failed, world.passwords.workers().hashes() - before), (5, 5));
}

#[tokio::test]
async fn r_pw_04_too_busy_is_not_a_failure() {
    let patience = Duration::ZERO;
    let world = World::with(WorkerSettings {
        threads: 1,
        queue: 0,
        patience,
        ..WorkerSettings::default()
    })
    .await;
    world
        .users
        .create(crate::support::world::new("ann", None), Batch::new())
        .await
        .unwrap();
    for _ in 0..20 {
        assert!(matches!(world.sign_in("ann", GOOD, HERE).await, Answer::Busy));
    }
}

#[tokio::test]
async fn r_pw_07_impossible_passwords_fail_before_any_work_whoever_is_meant() {
    let (world, store) = counted().await;
    world.person("ann").await;
    let before = work(&store, &world);
    for name in ["ann", "nobody"] {
        for password in ["with\0nul", &"x".repeat(257)] {
            assert!(matches!(
                world.sign_in(name, password, HERE).await,
                Answer::Failed
            ));
        }
    }
    assert_eq!(work(&store, &world), before);
}
