//! Limits: counted before the secret is looked at, kept over a restart, never a way to lock others out (R-RL-01 to R-RL-06).

mod sources;

use std::sync::Arc;
use std::time::Duration;

use keyward::config::limits::Limits;
use keyward::foundation::Timestamp;
use keyward::foundation::clock::{Clock as _, ManualClock};
use keyward::foundation::ids::{CredentialId, UserId};
use keyward::limits::{
    Account, AddressClass, AuthenticatorLockout, Blocked, CountedProof, PasswordLockout, Source, Throttled,
};
use keyward::storage::{self, Batch, SharedStore};

fn ground() -> (SharedStore, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    (storage::memory::open(clock.clone()), clock)
}

fn class(text: &str) -> Source {
    Source::Address(AddressClass::of(text.parse().ok()))
}

fn ann() -> Account {
    Account::Known(UserId::from_text("ann"))
}

fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

fn waits(blocked: Blocked) -> Duration {
    match blocked {
        Blocked::Throttled(throttled) => throttled.retry_after,
        Blocked::Disabled => Duration::MAX,
    }
}

#[tokio::test]
async fn r_rl_04_five_failures_lock_one_account_for_one_address_for_15_minutes() {
    let (store, clock) = ground();
    let limits = PasswordLockout::new(store, clock.clone(), &Limits::default());
    for _ in 0..5 {
        let _failed = limits.count(ann(), class("192.0.2.1")).await.unwrap().unwrap();
        clock.advance(minutes(1));
    }
    let locked = limits.count(ann(), class("192.0.2.1")).await.unwrap().unwrap_err();
    assert_eq!(locked.retry_after, minutes(14), "15 minutes after the last failure");
    assert!(
        limits.count(ann(), class("192.0.2.2")).await.unwrap().is_ok(),
        "R-RL-05: elsewhere ann signs in"
    );
    let bob = Account::Known(UserId::from_text("bob"));
    assert!(limits.count(bob, class("192.0.2.1")).await.unwrap().is_ok(), "others are not locked");
    clock.advance(minutes(14));
    assert!(limits.count(ann(), class("192.0.2.1")).await.unwrap().is_ok());
}

#[tokio::test]
async fn unknown_names_count_alike_and_apart_from_people() {
    let (store, clock) = ground();
    let limits = PasswordLockout::new(store, clock, &Limits::default());
    let unknown = |hash: &str| Account::Unknown(hash.to_owned());
    for _ in 0..5 {
        let _failed = limits.count(unknown("ann"), class("192.0.2.1")).await.unwrap().unwrap();
    }
    assert!(limits.count(unknown("ann"), class("192.0.2.1")).await.unwrap().is_err());
    assert!(limits.count(unknown("eve"), class("192.0.2.1")).await.unwrap().is_ok());
    assert!(limits.count(ann(), class("192.0.2.1")).await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_rl_03_32_at_once_get_five_tries() {
    let (store, clock) = ground();
    let limits = PasswordLockout::new(store, clock, &Limits::default());
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let limits = limits.clone();
            tokio::spawn(async move { limits.count(ann(), class("192.0.2.1")).await.unwrap().is_ok() })
        })
        .collect();
    let mut allowed = 0;
    for task in tasks {
        allowed += u32::from(task.await.unwrap());
    }
    assert_eq!(allowed, 5);
}

#[tokio::test]
async fn success_forgets_and_a_try_given_back_never_was() {
    let (store, clock) = ground();
    let now = clock.now();
    let limits = PasswordLockout::new(store.clone(), clock, &Limits::default());
    for turn in 0..20 {
        let counted = limits.count(ann(), class("192.0.2.1")).await.unwrap().unwrap();
        let mut batch = Batch::new();
        counted.give_back(now, &mut batch);
        store.commit(batch).await.unwrap();
        if turn % 4 == 3 {
            let mut batch = Batch::new();
            limits.count(ann(), class("192.0.2.1")).await.unwrap().unwrap().succeeded(&mut batch);
            store.commit(batch).await.unwrap();
        } else {
            let _failed = limits.count(ann(), class("192.0.2.1")).await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn an_address_that_guesses_at_many_accounts_comes_to_an_end() {
    let (store, clock) = ground();
    let limit = Limits { address_attempts: 10, ..Limits::default() };
    let limits = PasswordLockout::new(store, clock.clone(), &limit);
    let name = |n: u32| Account::Known(UserId::from_text(format!("person {n}")));
    for n in 0..10 {
        let _failed = limits.count(name(n), class("2001:db8::1")).await.unwrap().unwrap();
    }
    let refused = limits.count(name(99), class("2001:db8::ffff")).await.unwrap().unwrap_err();
    assert!(refused.retry_after <= minutes(15) && refused.retry_after >= Duration::from_secs(1));
    assert!(limits.count(name(99), class("2001:db8:0:1::1")).await.unwrap().is_ok(), "another network");
    clock.advance(refused.retry_after);
    assert!(limits.count(name(99), class("2001:db8::1")).await.unwrap().is_ok(), "a new window");
}

#[tokio::test]
async fn r_rl_04_an_enrolled_factor_pauses_locks_and_is_disabled() {
    let (store, clock) = ground();
    let limits = AuthenticatorLockout::new(store, clock.clone(), &Limits::default());
    let id = CredentialId::from_text("c");
    for failure in 1..=50_u32 {
        assert!(limits.count(&id).await.unwrap().is_ok(), "failure {failure}");
        let wait = match failure {
            1 | 2 => continue,
            50 => break,
            n if n % 5 == 0 => minutes(15),
            _ => Duration::from_secs(1),
        };
        assert_eq!(
            limits.count(&id).await.unwrap().map_err(waits).err(),
            Some(wait),
            "after failure {failure}"
        );
        clock.advance(wait);
    }
    clock.advance(minutes(60 * 24 * 365));
    assert_eq!(limits.count(&id).await.unwrap().err(), Some(Blocked::Disabled), "time does not heal it");
    assert!(
        limits.count(&CredentialId::from_text("d")).await.unwrap().is_ok(),
        "another factor is another matter"
    );
}

/// Tries whose failure is not given back.
async fn fail(limits: &AuthenticatorLockout, id: &CredentialId, times: u32) {
    for _ in 0..times {
        let _failed = limits.count(id).await.unwrap().unwrap();
    }
}

async fn give_back(store: &SharedStore, limits: &AuthenticatorLockout, counted: &CountedProof) {
    let mut batch = Batch::new();
    limits.give_back(counted, &mut batch).await.unwrap();
    assert!(store.commit(batch).await.unwrap().is_done());
}

#[tokio::test]
async fn r_rl_04_a_try_given_back_takes_its_own_block_with_it_and_no_other() {
    let (store, clock) = ground();
    let limits = AuthenticatorLockout::new(store.clone(), clock.clone(), &Limits::default());
    let id = CredentialId::from_text("c");
    fail(&limits, &id, 3).await;
    clock.advance(Duration::from_secs(1));
    let fourth = limits.count(&id).await.unwrap().unwrap();
    clock.advance(Duration::from_secs(1));
    let fifth = limits.count(&id).await.unwrap().unwrap();
    give_back(&store, &limits, &fourth).await;
    assert_eq!(
        limits.count(&id).await.unwrap().map_err(waits).err(),
        Some(minutes(15)),
        "the fifth locked it, and may still have failed"
    );
    give_back(&store, &limits, &fifth).await;
    fail(&limits, &id, 1).await;
    assert_eq!(
        limits.count(&id).await.unwrap().map_err(waits).err(),
        Some(Duration::from_secs(1)),
        "both are gone, so this was the fourth failure"
    );
}

#[tokio::test]
async fn r_rl_04_a_password_try_given_back_does_not_shorten_the_lock() {
    let (store, clock) = ground();
    let limits = PasswordLockout::new(store.clone(), clock.clone(), &Limits::default());
    let early = limits.count(ann(), class("192.0.2.1")).await.unwrap().unwrap();
    clock.advance(minutes(1));
    for _ in 0..4 {
        let _failed = limits.count(ann(), class("192.0.2.1")).await.unwrap().unwrap();
    }
    let mut batch = Batch::new();
    early.give_back(clock.now(), &mut batch);
    store.commit(batch).await.unwrap();
    let _fifth_failure = limits.count(ann(), class("192.0.2.1")).await.unwrap().unwrap();
    clock.advance(minutes(15) - Duration::from_millis(1));
    assert!(limits.count(ann(), class("192.0.2.1")).await.unwrap().is_err());
}

#[tokio::test]
async fn r_rl_04_the_settings_decide_when_a_password_is_locked_and_for_how_long() {
    let (store, clock) = ground();
    let strict = Limits { password_failures: 2, password_pause: minutes(60), ..Limits::default() };
    let limits = PasswordLockout::new(store, clock.clone(), &strict);
    for _ in 0..2 {
        let _failed = limits.count(ann(), class("192.0.2.1")).await.unwrap().unwrap();
    }
    let locked = limits.count(ann(), class("192.0.2.1")).await.unwrap().unwrap_err();
    assert_eq!(locked.retry_after, minutes(60));
    clock.advance(minutes(60));
    assert!(limits.count(ann(), class("192.0.2.1")).await.unwrap().is_ok());
}

#[tokio::test]
async fn r_rl_04_the_settings_decide_when_a_factor_is_locked_for_how_long_and_when_it_is_disabled() {
    let (store, clock) = ground();
    let strict =
        Limits { factor_failures: 2, factor_pause: minutes(60), factor_ceiling: 5, ..Limits::default() };
    let limits = AuthenticatorLockout::new(store, clock.clone(), &strict);
    let id = CredentialId::from_text("c");
    for wait in
        [None, Some(minutes(60)), Some(Duration::from_secs(1)), Some(minutes(60)), Some(Duration::MAX)]
    {
        fail(&limits, &id, 1).await;
        if let Some(wait) = wait {
            assert_eq!(limits.count(&id).await.unwrap().map_err(waits).err(), Some(wait));
            clock.advance(wait.min(minutes(60)));
        }
    }
    assert_eq!(limits.count(&id).await.unwrap().err(), Some(Blocked::Disabled));
}

#[tokio::test]
async fn r_rl_06_a_restart_resets_nothing_and_only_success_does() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    let id = CredentialId::from_text("c");
    let open = || storage::redb::open(folder.path(), storage::redb::CACHE_BYTES, clock.clone()).unwrap();
    let store = open();
    let limits = AuthenticatorLockout::new(store.clone(), clock.clone(), &Limits::default());
    for _ in 0..3 {
        let _failed = limits.count(&id).await.unwrap().unwrap();
    }
    drop((limits, store));
    let store = open();
    let limits = AuthenticatorLockout::new(store.clone(), clock.clone(), &Limits::default());
    let throttled = Throttled { retry_after: Duration::from_secs(1) };
    assert_eq!(limits.count(&id).await.unwrap().err(), Some(Blocked::Throttled(throttled)));
    let mut batch = Batch::new();
    AuthenticatorLockout::succeeded(&id, &mut batch);
    store.commit(batch).await.unwrap();
    for _ in 0..3 {
        assert!(limits.count(&id).await.unwrap().is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_tries_at_one_factor_at_once_three_get_through() {
    let (store, clock) = ground();
    let limits = AuthenticatorLockout::new(store, clock, &Limits::default());
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let limits = limits.clone();
            tokio::spawn(async move { limits.count(&CredentialId::from_text("c")).await.unwrap().is_ok() })
        })
        .collect();
    let mut allowed = 0;
    for task in tasks {
        allowed += u32::from(task.await.unwrap());
    }
    assert_eq!(allowed, 3, "the third failure begins the pause");
}
