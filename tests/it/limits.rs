//! Limits: counted before the secret is looked at, kept over a restart, never a way to lock others out (R-RL-01 to R-RL-06).

use std::sync::Arc;
use std::time::Duration;

use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;
use keyward::foundation::ids::{CredentialId, UserId};
use keyward::limits::lockout::{Account, Blocked};
use keyward::limits::{AddressClass, AuthenticatorLockout, PasswordLockout, RateLimit, Throttled};
use keyward::storage::{self, Batch, SharedStore};

fn ground() -> (SharedStore, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    (storage::memory::open(clock.clone()), clock)
}

fn class(text: &str) -> AddressClass {
    AddressClass::of(text.parse().ok())
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
    let limits = PasswordLockout::new(store, clock.clone(), RateLimit::PASSWORD_BY_ADDRESS);
    for _ in 0..5 {
        let _failed = limits.count(ann(), class("192.0.2.1")).await.unwrap().unwrap();
        clock.advance(minutes(1));
    }
    let locked = limits
        .count(ann(), class("192.0.2.1"))
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(
        locked.retry_after,
        minutes(14),
        "15 minutes after the last failure"
    );
    assert!(
        limits.count(ann(), class("192.0.2.2")).await.unwrap().is_ok(),
        "R-RL-05: elsewhere ann signs in"
    );
    let bob = Account::Known(UserId::from_text("bob"));
    assert!(
        limits.count(bob, class("192.0.2.1")).await.unwrap().is_ok(),
        "others are not locked"
    );
    clock.advance(minutes(14));
    assert!(limits.count(ann(), class("192.0.2.1")).await.unwrap().is_ok());
}

#[tokio::test]
async fn unknown_names_count_alike_and_apart_from_people() {
    let (store, clock) = ground();
    let limits = PasswordLockout::new(store, clock, RateLimit::PASSWORD_BY_ADDRESS);
    let unknown = |hash: &str| Account::Unknown(hash.to_owned());
    for _ in 0..5 {
        let _failed = limits
            .count(unknown("ann"), class("192.0.2.1"))
            .await
            .unwrap()
            .unwrap();
    }
    assert!(
        limits
            .count(unknown("ann"), class("192.0.2.1"))
            .await
            .unwrap()
            .is_err()
    );
    assert!(
        limits
            .count(unknown("eve"), class("192.0.2.1"))
            .await
            .unwrap()
            .is_ok()
    );
    assert!(limits.count(ann(), class("192.0.2.1")).await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_rl_03_32_at_once_get_five_tries() {
    let (store, clock) = ground();
    let limits = PasswordLockout::new(store, clock, RateLimit::PASSWORD_BY_ADDRESS);
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
    let limits = PasswordLockout::new(store.clone(), clock, RateLimit::PASSWORD_BY_ADDRESS);
    for turn in 0..20 {
        let counted = limits.count(ann(), class("192.0.2.1")).await.unwrap().unwrap();
        let mut batch = Batch::new();
        counted.give_back(&mut batch);
        store.commit(batch).await.unwrap();
        if turn % 4 == 3 {
            let mut batch = Batch::new();
            limits
                .count(ann(), class("192.0.2.1"))
                .await
                .unwrap()
                .unwrap()
                .succeeded(&mut batch);
            store.commit(batch).await.unwrap();
        } else {
            let _failed = limits.count(ann(), class("192.0.2.1")).await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn an_address_that_guesses_at_many_accounts_comes_to_an_end() {
    let (store, clock) = ground();
    let limit = RateLimit {
        name: "password",
        bound: 10,
        window: minutes(15),
    };
    let limits = PasswordLockout::new(store, clock.clone(), limit);
    let name = |n: u32| Account::Known(UserId::from_text(format!("person {n}")));
    for n in 0..10 {
        let _failed = limits
            .count(name(n), class("2001:db8::1"))
            .await
            .unwrap()
            .unwrap();
    }
    let refused = limits
        .count(name(99), class("2001:db8::ffff"))
        .await
        .unwrap()
        .unwrap_err();
    assert!(refused.retry_after <= minutes(15) && refused.retry_after >= Duration::from_secs(1));
    assert!(
        limits
            .count(name(99), class("2001:db8:0:1::1"))
            .await
            .unwrap()
            .is_ok(),
        "another network"
    );
    clock.advance(refused.retry_after);
    assert!(
        limits
            .count(name(99), class("2001:db8::1"))
            .await
            .unwrap()
            .is_ok(),
        "a new window"
    );
}

#[tokio::test]
async fn r_rl_04_an_enrolled_factor_pauses_locks_and_is_disabled() {
    let (store, clock) = ground();
    let limits = AuthenticatorLockout::new(store, clock.clone());
    let id = CredentialId::from_text("c");
    for failure in 1..=50_u32 {
        assert_eq!(limits.count(&id).await.unwrap(), Ok(()), "failure {failure}");
        let wait = match failure {
            1 | 2 => continue,
            50 => break,
            n if n % 5 == 0 => minutes(15),
            _ => Duration::from_secs(1),
        };
        assert_eq!(
            limits.count(&id).await.unwrap().map_err(waits),
            Err(wait),
            "after failure {failure}"
        );
        clock.advance(wait);
    }
    clock.advance(minutes(60 * 24 * 365));
    assert_eq!(
        limits.count(&id).await.unwrap(),
        Err(Blocked::Disabled),
        "time does not heal it"
    );
    assert_eq!(
        limits.count(&CredentialId::from_text("d")).await.unwrap(),
        Ok(()),
        "another factor is another matter"
    );
}

#[tokio::test]
async fn r_rl_06_a_restart_resets_nothing_and_only_success_does() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    let id = CredentialId::from_text("c");
    let open = || storage::redb::open(folder.path(), storage::redb::CACHE_BYTES, clock.clone()).unwrap();
    let store = open();
    let limits = AuthenticatorLockout::new(store.clone(), clock.clone());
    for _ in 0..3 {
        limits.count(&id).await.unwrap().unwrap();
    }
    drop((limits, store));
    let store = open();
    let limits = AuthenticatorLockout::new(store.clone(), clock.clone());
    let throttled = Throttled {
        retry_after: Duration::from_secs(1),
    };
    assert_eq!(
        limits.count(&id).await.unwrap(),
        Err(Blocked::Throttled(throttled))
    );
    let mut batch = Batch::new();
    AuthenticatorLockout::succeeded(&id, &mut batch);
    store.commit(batch).await.unwrap();
    for _ in 0..3 {
        assert_eq!(limits.count(&id).await.unwrap(), Ok(()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_tries_at_one_factor_at_once_three_get_through() {
    let (store, clock) = ground();
    let limits = AuthenticatorLockout::new(store, clock);
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
