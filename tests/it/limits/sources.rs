//! Strangers' browsers and known ones, applications, and everybody together (R-RL-01, R-RL-04).

use keyward::config::limits::Limits;
use keyward::foundation::ids::{ClientId, UserId};
use keyward::limits::{Account, ApplicationLimit, PasswordLockout, Source};
use keyward::storage::Batch;

use super::{ann, class, ground, minutes};

#[tokio::test]
async fn r_rl_04_a_known_browser_is_held_by_its_own_failures_alone() {
    let (store, clock) = ground();
    let strict = Limits { address_attempts: 10, all_attempts: 100, ..Limits::default() };
    let limits = PasswordLockout::new(store, clock.clone(), &strict);
    let device = || Source::Device("hash of one".to_owned());
    for _ in 0..5 {
        let _failed = limits.count(ann(), class("192.0.2.1")).await.unwrap().unwrap();
    }
    assert!(limits.count(ann(), class("192.0.2.1")).await.unwrap().is_err());
    for n in 0..5 {
        let other = Account::Known(UserId::from_text(format!("person {n}")));
        let _failed = limits.count(other, class("192.0.2.1")).await.unwrap().unwrap();
    }
    for _ in 0..5 {
        let _failed = limits.count(ann(), device()).await.unwrap().expect("strangers are not in its way");
    }
    let locked = limits.count(ann(), device()).await.unwrap().unwrap_err();
    assert_eq!(locked.retry_after, minutes(15), "its own failures are");
    assert!(limits.count(ann(), Source::Device("another".to_owned())).await.unwrap().is_ok());
}

#[tokio::test]
async fn r_rl_04_after_fifty_failures_over_all_addresses_only_known_browsers_succeed_until_somebody_forgets()
{
    let (store, clock) = ground();
    let limits = PasswordLockout::new(store.clone(), clock.clone(), &Limits::default());
    let succeeds = |source: Source| {
        let (limits, store) = (limits.clone(), store.clone());
        async move {
            let counted = limits.count(ann(), source).await.unwrap().unwrap();
            let mut batch = Batch::new();
            counted.succeeded(&mut batch);
            store.commit(batch).await.unwrap().is_done()
        }
    };
    let address = |n: u32| class(&format!("198.51.100.{n}"));
    let fail = |n: u32| {
        let limits = limits.clone();
        async move { drop(limits.count(ann(), address(n)).await.unwrap().unwrap()) }
    };
    for n in 0..49 {
        fail(n).await;
    }
    assert!(succeeds(address(60)).await, "the fiftieth try may still be right, and all is forgotten");
    for n in 60..110 {
        fail(n).await;
    }
    assert!(!succeeds(address(120)).await);
    clock.advance(minutes(60 * 24 * 365));
    assert!(!succeeds(address(121)).await, "time does not heal it");
    assert!(succeeds(Source::Device("one".to_owned())).await);
    assert!(succeeds(address(122)).await, "that success ended it");
    for n in 130..180 {
        fail(n).await;
    }
    for _ in 0..4 {
        fail(130).await;
    }
    assert!(limits.count(ann(), address(130)).await.unwrap().is_err());
    let mut batch = Batch::new();
    limits.forget(&UserId::from_text("ann"), &mut batch).await.unwrap();
    assert!(store.commit(batch).await.unwrap().is_done());
    assert!(succeeds(address(130)).await, "an administrator forgets pauses too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_rl_03_of_parallel_right_passwords_none_passes_the_ceiling() {
    let (store, clock) = ground();
    let limits = PasswordLockout::new(store.clone(), clock, &Limits::default());
    for n in 0..50 {
        let _failed = limits.count(ann(), class(&format!("198.51.100.{n}"))).await.unwrap().unwrap();
    }
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            let (limits, store) = (limits.clone(), store.clone());
            tokio::spawn(async move {
                let counted = limits.count(ann(), class(&format!("203.0.113.{n}"))).await.unwrap().unwrap();
                let mut batch = Batch::new();
                counted.succeeded(&mut batch);
                store.commit(batch).await.unwrap().is_done()
            })
        })
        .collect();
    for task in tasks {
        assert!(!task.await.unwrap());
    }
}

#[tokio::test]
async fn r_rl_01_strangers_from_everywhere_come_to_an_end_together() {
    let (store, clock) = ground();
    let strict = Limits { all_attempts: 100, ..Limits::default() };
    let limits = PasswordLockout::new(store, clock.clone(), &strict);
    let attempt = |n: u32| {
        let limits = limits.clone();
        let name = Account::Known(UserId::from_text(format!("person {n}")));
        async move { limits.count(name, class(&format!("198.51.{}.{}", n / 250, n % 250))).await.unwrap() }
    };
    for n in 0..100 {
        let _failed = attempt(n).await.unwrap();
    }
    let refused = attempt(7).await.unwrap_err();
    assert!(attempt(101).await.is_ok(), "nobody's first try is refused because of others");
    assert!(attempt(101).await.is_err());
    assert!(limits.count(ann(), Source::Device("one".to_owned())).await.unwrap().is_ok());
    clock.advance(refused.retry_after);
    assert!(attempt(7).await.is_ok());
}

#[tokio::test]
async fn r_rl_01_a_subscribers_whole_ipv6_network_comes_to_an_end() {
    let (store, clock) = ground();
    let strict = Limits { address_attempts: 5, ..Limits::default() };
    let limits = PasswordLockout::new(store, clock.clone(), &strict);
    let attempt = |n: u32, address: String| {
        let limits = limits.clone();
        let name = Account::Known(UserId::from_text(format!("person {n}")));
        async move { limits.count(name, class(&address)).await.unwrap() }
    };
    for n in 0..25 {
        let _failed = attempt(n, format!("2001:db8:1:{n:x}::1")).await.unwrap();
    }
    let refused = attempt(25, "2001:db8:1:99::1".to_owned()).await.unwrap_err();
    assert!(attempt(26, "2001:db8:2::1".to_owned()).await.is_ok(), "a neighbour is free");
    clock.advance(refused.retry_after);
    assert!(attempt(27, "2001:db8:1:99::1".to_owned()).await.is_ok());
}

#[tokio::test]
async fn r_rl_01_an_application_and_all_together_have_their_minute() {
    let (store, clock) = ground();
    let strict = Limits { application_requests: 60, all_requests: 100, ..Limits::default() };
    let limits = ApplicationLimit::new(store, clock.clone(), &strict);
    let ask = |name: &'static str| {
        let limits = limits.clone();
        async move { limits.count_alone(&ClientId::from_text(name)).await.unwrap() }
    };
    for _ in 0..60 {
        assert_eq!(ask("wiki").await, None);
    }
    let refused = ask("wiki").await.unwrap();
    for _ in 0..40 {
        assert_eq!(ask("jira").await, None);
    }
    assert!(ask("jira").await.is_some(), "all together");
    clock.advance(refused.retry_after);
    assert_eq!(ask("wiki").await, None);
}
