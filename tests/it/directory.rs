//! Our own store as a directory: one answer at one cost for every failure (R-PW-01, R-PW-02, R-RL-02, R-RL-03).

use std::sync::Arc;
use std::time::Duration;

use keyward::audit::{Action, Outcome};
use keyward::config::limits::Limits;
use keyward::directory::{Answer, Directory as _, PasswordAttempt};
use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;
use keyward::foundation::ids::JourneyId;
use keyward::foundation::secret::Hidden;
use keyward::limits::PasswordLockout;
use keyward::sessions::DeviceCookie;
use keyward::storage::{self, Batch, Key};
use keyward::users::State;
use keyward::users::password_workers::WorkerSettings;

use crate::support::watched::Watched;
use crate::support::world::{GOOD, World, origin};

const HERE: &str = "192.0.2.1";

async fn counted() -> (World, Arc<Watched>) {
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    let store = Arc::new(Watched::new(storage::memory::open(clock.clone())));
    let settings = WorkerSettings { patience: Duration::from_secs(60), ..WorkerSettings::default() };
    (World::over(store.clone(), clock, settings).await, store)
}

/// Reads, commits and slow hashes so far.
fn work(store: &Watched, world: &World) -> [u64; 3] {
    [store.gets(), store.commits(), world.passwords.workers().hashes()]
}

#[tokio::test]
async fn r_pw_02_unknown_wrong_disabled_and_locked_cost_the_same_and_answer_the_same() {
    let (world, store) = counted().await;
    for (name, state) in [("active", State::Active), ("disabled", State::Disabled), ("locked", State::Locked)]
    {
        let user = world.person(name).await;
        world.users.set_state(&user.id, state, Batch::new()).await.unwrap();
    }
    let mut expired = world.person("expired").await;
    expired = world
        .users
        .change(&expired.id, Batch::new(), |user| user.valid_until = Some(Timestamp(1)))
        .await
        .unwrap();
    world.users.create(crate::support::world::new("no-password", None), Batch::new()).await.unwrap();
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
        assert!(matches!(world.sign_in(name, password, HERE).await, Answer::Failed), "{name}");
        let after = work(&store, &world);
        let spent: Vec<u64> = after.iter().zip(before).map(|(after, before)| after - before).collect();
        assert_eq!(spent, [5, 2, 1], "reads, commits, hashes of {name}");
    }
    let reasons: Vec<_> = world.events().await.into_iter().filter_map(|event| event.reason).collect();
    let words: std::collections::BTreeSet<&str> = reasons.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(words.len(), 5, "only the audit trail knows why: {words:?}");
}

#[tokio::test]
async fn a_right_password_gives_person_and_evidence_and_forgets_failures() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    for _ in 0..3 {
        for _ in 0..4 {
            assert!(matches!(world.sign_in("ann", "a wrong password", HERE).await, Answer::Failed));
        }
        let Answer::Authenticated(right) = world.sign_in(" ANN ", GOOD, HERE).await else {
            panic!("refused")
        };
        assert_eq!((&right.user.id, right.must_change), (&ann.id, false));
        assert_eq!((right.evidence.user(), right.evidence.journey().as_str()), (&ann.id, "j"));
    }
    let events = world.events().await;
    let good = events.iter().filter(|e| e.action == Action::PasswordCheck && e.outcome == Outcome::Success);
    let good: Vec<_> = good.collect();
    assert_eq!((good.len(), &good[0].subject), (3, &Some(ann.id)));
    assert_eq!(good[0].origin.user_agent(), Some("Browser/1.0"), "R-AU-02");
    let text = serde_json::to_string(&events).unwrap();
    assert!(!text.contains("violet") && !text.contains("wrong password"), "R-AU-04");
}

#[tokio::test]
async fn r_rl_02_all_names_of_one_person_share_one_counter() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    let mail = crate::support::world::new("x", Some("ann@corp.example")).profile.mail;
    world.users.set_mail(&ann.id, mail, Batch::new()).await.unwrap();
    for name in ["ann", "ANN", "ann@corp.example", "Ann@Corp.Example", "ａｎｎ"] {
        assert!(matches!(world.sign_in(name, "a wrong password", HERE).await, Answer::Failed), "{name}");
    }
    assert!(matches!(world.sign_in("ann", GOOD, HERE).await, Answer::Throttled(_)));
    assert!(matches!(world.sign_in("ann", GOOD, "198.51.100.7").await, Answer::Authenticated(_)), "R-RL-05");
    world.clock.advance(Duration::from_secs(15 * 60));
    assert!(matches!(world.sign_in("ann", GOOD, HERE).await, Answer::Authenticated(_)));
}

#[tokio::test]
async fn unknown_names_are_throttled_like_people() {
    let world = World::new().await;
    for name in ["ghost", "GHOST", " ghost", "ghost", "Ghost"] {
        assert!(matches!(world.sign_in(name, GOOD, HERE).await, Answer::Failed));
    }
    assert!(matches!(world.sign_in("ghost", GOOD, HERE).await, Answer::Throttled(_)));
    let before = world.passwords.workers().hashes();
    assert!(matches!(world.sign_in("ghost", GOOD, HERE).await, Answer::Throttled(_)));
    assert_eq!(world.passwords.workers().hashes(), before, "the limit stands before the workers");
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
    let world =
        World::with(WorkerSettings { threads: 1, queue: 0, patience, ..WorkerSettings::default() }).await;
    world.users.create(crate::support::world::new("ann", None), Batch::new()).await.unwrap();
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
            assert!(matches!(world.sign_in(name, password, HERE).await, Answer::Failed));
        }
    }
    assert_eq!(work(&store, &world), before);
}

#[tokio::test]
async fn r_st_07_throttled_tries_write_20_events_a_minute_then_one_that_stands_for_the_rest() {
    let world = World::new().await;
    let flood = async || {
        for _ in 0..60 {
            let _failed_or_throttled = world.sign_in("ghost", GOOD, HERE).await;
        }
    };
    let throttled = async || {
        let events = world.events().await.into_iter();
        events.filter(|event| event.action == Action::Throttled).collect::<Vec<_>>()
    };
    flood().await;
    let told = throttled().await;
    assert_eq!(told.len(), 21);
    let reasons: Vec<_> = told.iter().filter_map(|event| event.reason.as_ref()).collect();
    let collective = reasons.iter().filter(|reason| reason.as_str() == "more_than_20_a_minute");
    assert_eq!(collective.count(), 1);
    world.clock.advance(Duration::from_secs(60));
    flood().await;
    assert_eq!(throttled().await.len(), 42, "a new minute");
    assert_eq!(world.events().await.len(), 42 + 5, "and one for each try that was counted");
}

#[tokio::test]
async fn r_rl_04_50_failures_over_all_addresses_are_told_once_and_lock_strangers_out() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    let told = async || {
        let events = world.events().await.into_iter();
        let many = events.filter(|event| event.action == Action::ManyFailures);
        many.collect::<Vec<_>>()
    };
    let fail = async |times: u32, net: u8| {
        for turn in 0..times {
            let address = format!("10.0.{net}.{turn}");
            let answer = world.sign_in("ann", "a wrong password", &address).await;
            assert!(matches!(answer, Answer::Failed), "{address}");
        }
    };
    fail(49, 1).await;
    world.clock.advance(Duration::from_secs(24 * 60 * 60));
    assert_eq!(told().await, []);
    fail(20, 2).await;
    let many = told().await;
    assert_eq!((many.len(), &many[0].subject), (1, &Some(ann.id.clone())));
    assert!(matches!(world.sign_in("ann", GOOD, HERE).await, Answer::Failed), "from a strange browser");
    let lockout = PasswordLockout::new(world.store.clone(), world.clock.clone(), &Limits::default());
    let mut batch = Batch::new();
    lockout.forget(&ann.id, &mut batch).await.unwrap();
    assert!(world.store.commit(batch).await.unwrap().is_done());
    assert!(matches!(world.sign_in("ann", GOOD, HERE).await, Answer::Authenticated(_)));
    fail(49, 3).await;
    assert_eq!(told().await.len(), 1, "it began anew");
    fail(1, 4).await;
    assert_eq!(told().await.len(), 2);
}

#[tokio::test]
async fn r_st_07_names_nobody_has_leave_nothing_behind() {
    let world = World::new().await;
    for name in 0..40 {
        let _failed = world.sign_in(&format!("ghost {name}"), GOOD, HERE).await;
    }
    world.clock.advance(Duration::from_secs(15 * 60));
    let left = world.store.scan(&Key::prefix("limit_password_everywhere", &[]), None, 100).await;
    assert_eq!(left.unwrap().len(), 0);
}

/// The try was counted while the account was open, and others failed before its success was stored.
#[tokio::test]
async fn r_rl_04_a_success_that_comes_after_too_many_failures_is_one_more() {
    let world = World::new().await;
    world.person("ann").await;
    let attempt = PasswordAttempt {
        login_name: "ann",
        password: &Hidden::new(GOOD),
        device: &DeviceCookie::default(),
        journey: &JourneyId::from_text("j"),
        origin: &origin(HERE),
    };
    let Answer::Authenticated(person) = world.directory.authenticate(&attempt).await.unwrap() else {
        panic!("refused")
    };
    for number in 0..50 {
        let address = format!("198.51.100.{number}");
        assert!(matches!(world.sign_in("ann", "a wrong password", &address).await, Answer::Failed));
    }
    world.clock.advance(Duration::from_secs(1));
    assert!(!world.store.commit(person.success.clone()).await.unwrap().is_done(), "nothing may rest on it");
    assert!(!world.directory.store_success(&attempt, *person).await.unwrap());
    let last = world.events().await.pop().unwrap();
    assert_eq!((last.action, last.outcome), (Action::PasswordCheck, Outcome::Failure));
    assert_eq!(last.reason.unwrap().as_str(), "unknown_device");
}
