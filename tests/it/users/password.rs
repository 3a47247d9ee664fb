//! Passwords: one form, rules, the block list, slow hashes on a bounded pool (R-PW-02 to R-PW-07).

use std::sync::Arc;
use std::time::Duration;

use keyward::storage::{Batch, Key};
use keyward::users::password_workers::{Cost, Recipe, WorkerSettings};
use keyward::users::{
    Busy, PasswordRules, PasswordWorkers, Passwords, Pepper, Prepared, UserError, WeakPassword, block_list,
};
use proptest::prelude::*;
use zeroize::Zeroizing;

use crate::support::world::{CHEAP, GOOD, World, new};

fn recipe(cost: Cost) -> Recipe {
    Recipe { cost, salt: *b"somesaltsomesalt", pepper: Arc::new(Zeroizing::new([7; 32])) }
}

fn prepared(text: &str) -> Prepared {
    Prepared::new(text).unwrap()
}

fn rules() -> PasswordRules {
    PasswordRules::with_second_factor(vec!["Example Works".to_owned()])
}

#[test]
fn r_pw_07_one_form_for_setting_and_checking_and_nothing_is_cut() {
    assert_eq!(prepared("cafe\u{301} noir").expose(), prepared("caf\u{e9}\u{a0}noir").expose());
    assert_ne!(prepared(" secret ").expose(), prepared("secret").expose(), "not trimmed");
    assert_ne!(prepared("Secret").expose(), prepared("secret").expose(), "case counts");
    assert!(Prepared::new(&"é".repeat(256)).is_ok());
    assert!(Prepared::new(&"e\u{301}".repeat(256)).is_ok(), "counted in normal form");
    assert!(matches!(Prepared::new(&"x".repeat(257)), Err(WeakPassword::TooLong)));
    assert!(matches!(Prepared::new(&"x".repeat(10_000_000)), Err(WeakPassword::TooLong)));
    assert!(matches!(Prepared::new("before\0after"), Err(WeakPassword::ControlCharacter)));
    assert_eq!(format!("{:?}", prepared("canary")), "(hidden)");
}

#[test]
fn r_pw_05_length_is_the_only_composition_rule() {
    let check = |rules: PasswordRules, text: &str| rules.check(&prepared(text), &[]);
    assert_eq!(check(rules(), "qzvx7pw"), Err(WeakPassword::TooShort(8)));
    assert_eq!(check(rules(), "qzvxpwkj"), Ok(()));
    assert_eq!(check(PasswordRules::alone(vec![]), "qzvxpwkjmmwrtb"), Err(WeakPassword::TooShort(15)));
    assert_eq!(check(PasswordRules::alone(vec![]), "qzvxpwkjmmwrtbh"), Ok(()));
    assert_eq!(check(rules(), "яблоко и ёжик"), Ok(()), "any script, and spaces");
}

#[test]
fn r_pw_06_common_and_telling_passwords_are_refused() {
    for common in [
        "password",
        "Password1",
        "12345678",
        "qwertyuiop",
        "letmein1",
        "iloveyou",
        "PASSW0RD",
        "aaaaaaaaaaaa",
        "abcdefghijklm",
        "9876543210",
    ] {
        assert_eq!(rules().check(&prepared(common), &[]), Err(WeakPassword::Common), "{common}");
    }
    for telling in [
        "keyward-2026",
        "Atlassian!12",
        "ExampleWorks",
        "example works",
        "Works2026!",
        "j.miller99",
        "MILLERmiller",
        "jira1234",
    ] {
        let names = ["j.miller", "j.miller@corp.example", "Jane Miller"];
        let refused = rules().check(&prepared(telling), &names);
        assert!(
            matches!(refused, Err(WeakPassword::Context | WeakPassword::Common)),
            "{telling}: {refused:?}"
        );
    }
    assert_eq!(rules().check(&prepared(GOOD), &["violet"]), Ok(()), "a word among others is fine");
}

#[test]
fn the_block_list_is_small_and_takes_few_others_for_listed() {
    assert!(include_bytes!("../../../src/users/block_list.bin").len() <= 1024 * 1024);
    let wrong =
        (0..100_000).filter(|number| block_list::contains(&format!("unlisted {number} phrase"))).count();
    assert!(wrong <= 50, "{wrong} of 100,000");
    let filter = block_list::build(["one", "two"].into_iter(), 64);
    assert!(filter.iter().any(|byte| *byte != 0));
}

#[tokio::test]
async fn hashes_as_argon2id_says() {
    let workers = PasswordWorkers::start(WorkerSettings { threads: 1, ..WorkerSettings::default() }).unwrap();
    for (cost, text) in [(Cost::default(), "one"), (CHEAP, "two"), (Cost::default(), "three")] {
        let made = workers.hash(prepared(text), recipe(cost)).await.unwrap();
        let params = argon2::Params::new(cost.memory, cost.passes, cost.lanes, Some(32)).unwrap();
        let argon = argon2::Argon2::new_with_secret(
            &[7; 32],
            argon2::Algorithm::Argon2id,
            argon2::Version::V0x13,
            params,
        );
        let mut expected = [0; 32];
        argon.unwrap().hash_password_into(text.as_bytes(), b"somesaltsomesalt", &mut expected).unwrap();
        assert_eq!(*made, expected, "reused memory of another size leaves no trace");
    }
}

#[tokio::test]
async fn memory_is_freed_without_work() {
    let settings = WorkerSettings { threads: 1, idle: Duration::ZERO, ..WorkerSettings::default() };
    let workers = PasswordWorkers::start(settings).unwrap();
    workers.hash(prepared("x"), recipe(CHEAP)).await.unwrap();
    while workers.buffers() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(workers.hashes(), 1);
}

#[tokio::test]
async fn one_after_another_they_are_made_where_the_memory_is_already() {
    let workers = PasswordWorkers::start(WorkerSettings { threads: 6, ..WorkerSettings::default() }).unwrap();
    for _ in 0..24 {
        while workers.idle() < 6 {
            tokio::task::yield_now().await;
        }
        workers.hash(prepared("x"), recipe(CHEAP)).await.unwrap();
    }
    assert_eq!(workers.buffers(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_pw_04_overload_is_refused_and_the_memory_stays_bounded() {
    let settings = WorkerSettings {
        threads: 2,
        queue: 8,
        patience: Duration::from_secs(60),
        idle: Duration::from_secs(60),
    };
    let workers = Arc::new(PasswordWorkers::start(settings).unwrap());
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let workers = workers.clone();
            tokio::spawn(async move { workers.hash(prepared("x"), recipe(Cost::default())).await.err() })
        })
        .collect();
    let mut refused = 0;
    for task in tasks {
        refused += u64::from(task.await.unwrap() == Some(Busy));
    }
    assert!(refused > 0, "64 at once cannot all be taken");
    assert_eq!((workers.shed(), workers.hashes() + refused), (refused, 64));
    assert!(workers.buffers() <= 2);
}

#[tokio::test]
async fn who_waits_too_long_is_told_so_and_costs_no_hash() {
    let settings = WorkerSettings { threads: 1, patience: Duration::ZERO, ..WorkerSettings::default() };
    let workers = PasswordWorkers::start(settings).unwrap();
    let long = recipe(Cost { memory: 64 * 1024, passes: 4, lanes: 1 });
    let (first, second) =
        tokio::join!(workers.hash(prepared("x"), long.clone()), workers.hash(prepared("x"), long));
    assert_eq!((first.err(), second.err()), (Some(Busy), Some(Busy)));
}

#[tokio::test]
async fn a_password_is_checked_and_nothing_of_it_is_in_the_store() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    assert!(world.passwords.verify(Some(&ann.id), &prepared(GOOD)).await.unwrap().is_some());
    assert!(
        world
            .passwords
            .verify(Some(&ann.id), &prepared("violet harbour 43 lantern"))
            .await
            .unwrap()
            .is_none()
    );
    assert!(world.passwords.verify(None, &prepared(GOOD)).await.unwrap().is_none());
    let all = world.store.scan(&Key::from_bytes(Vec::new()), None, 1000).await.unwrap();
    assert!(!all.is_empty());
    assert!(all.iter().all(|(_, raw)| !String::from_utf8_lossy(&raw.json).contains("violet")));
}

#[tokio::test]
async fn r_pw_03_a_hash_is_worthless_without_the_pepper_and_each_has_its_salt() {
    let world = World::new().await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let mut records = Vec::new();
    for user in [&ann, &bob] {
        let key = keyward::users::passwords::key(&user.id);
        records.push(world.store.get(&[key]).await.unwrap().pop().unwrap().unwrap().json);
    }
    assert_ne!(records[0], records[1], "one password, two hashes");
    let other = keyward::storage::memory::open(world.clock.clone());
    let folder = tempfile::tempdir().unwrap();
    let sealing = keyward::sealing::Sealing::start(
        folder.path(),
        &*other,
        Arc::new(keyward::foundation::random::SystemRandom),
    )
    .await
    .unwrap();
    let pepper = Pepper::load(&other, &sealing, world.random.as_ref()).await.unwrap();
    let again = Pepper::load(&world.store, &world.sealing, world.random.as_ref()).await.unwrap();
    for (pepper, opens) in [(pepper, false), (again, true)] {
        let workers = PasswordWorkers::start(WorkerSettings::default()).unwrap();
        let passwords =
            Passwords::new(world.store.clone(), world.clock.clone(), world.random.clone(), workers, pepper)
                .with_cost(CHEAP);
        assert_eq!(passwords.verify(Some(&ann.id), &prepared(GOOD)).await.unwrap().is_some(), opens);
    }
}

#[tokio::test]
async fn a_new_cost_is_followed_at_the_next_right_password_only() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    let dearer = Cost { memory: 128, ..CHEAP };
    let workers = PasswordWorkers::start(WorkerSettings::default()).unwrap();
    let pepper = Pepper::load(&world.store, &world.sealing, world.random.as_ref()).await.unwrap();
    let passwords =
        Passwords::new(world.store.clone(), world.clock.clone(), world.random.clone(), workers, pepper)
            .with_cost(dearer);
    let hashes = |expected: u64| assert_eq!(passwords.workers().hashes(), expected);
    assert!(passwords.verify(Some(&ann.id), &prepared("a wrong one")).await.unwrap().is_none());
    hashes(1);
    assert!(passwords.verify(Some(&ann.id), &prepared(GOOD)).await.unwrap().is_some());
    hashes(3);
    assert!(passwords.verify(Some(&ann.id), &prepared(GOOD)).await.unwrap().is_some());
    hashes(4);
}

#[tokio::test]
async fn must_change_is_told_and_ends_with_the_next_password() {
    let world = World::new().await;
    let ann = world.users.create(new("ann", None), Batch::new()).await.unwrap();
    for must_change in [true, false] {
        let mut batch = Batch::new();
        world.passwords.set(&ann, GOOD, must_change, &rules(), &mut batch).await.unwrap();
        world.store.commit(batch).await.unwrap();
        let verified = world.passwords.verify(Some(&ann.id), &prepared(GOOD)).await.unwrap().unwrap();
        assert_eq!(verified.must_change(), must_change);
    }
    let refused = world.passwords.set(&ann, "ann", false, &rules(), &mut Batch::new()).await;
    assert!(matches!(refused, Err(UserError::Weak(WeakPassword::TooShort(8)))));
}

proptest! {
    #[test]
    fn what_is_set_composed_is_checked_decomposed(text in "[a-zà-öø-ÿ ]{1,60}") {
        use unicode_normalization::UnicodeNormalization as _;
        let (one, other) = (text.nfc().collect::<String>(), text.nfd().collect::<String>());
        let (one, other) = (prepared(&one), prepared(&other));
        prop_assert_eq!(one.expose(), other.expose());
    }
}
