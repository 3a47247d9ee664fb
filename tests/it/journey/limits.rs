//! Guessing: locks of passwords and codes, the same answer for everybody, and too much to hash (R-RL-01 to R-RL-06,
//! R-PW-01, R-PW-04; outcomes LF, SF, LK of the security requirements).

use std::sync::Arc;
use std::time::Duration;

use keyward::config::Settings;
use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;
use keyward::storage::{self, Batch};
use keyward::users::password_workers::WorkerSettings;
use keyward::users::user::State;
use keyward::users::{PasswordWorkers, Passwords, Pepper};
use reqwest::header::HeaderValue;

use super::model;
use super::{password_given, sent};
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::people::Person;
use crate::support::relying_party::RelyingParty;

pub(super) fn behind_a_proxy(settings: &mut Settings) {
    settings.proxies.trusted.push("127.0.0.1/32".parse().unwrap());
}

pub(super) fn from(address: &'static str) -> Browser {
    let mut browser = Browser::new();
    browser.headers.insert("x-forwarded-for", HeaderValue::from_static(address));
    browser
}

pub(super) async fn attempt(
    browser: &mut Browser,
    wiki: &RelyingParty,
    username: &str,
    password: &str,
) -> Page {
    let page = sent(browser, wiki).await;
    browser.submit(&page, "login", &[("username", username), ("password", password)]).await
}

/// The page without what differs by chance: nonces, tokens, journeys, request ids, and the name that was typed.
fn masked(page: &Page, username: &str) -> String {
    let mut body = page.body.clone();
    let journey = page.url.path().split('/').nth(2).unwrap_or_default().to_owned();
    let id = page.header("x-request-id").unwrap_or_default().to_owned();
    let tokens = page.all("[name=form_token]", |field| field.value().attr("value").unwrap().to_owned());
    let nonces = page.all("[nonce]", |element| element.value().attr("nonce").unwrap().to_owned());
    for chance in tokens.iter().chain(&nonces).chain([&journey, &id]).filter(|text| !text.is_empty()) {
        body = body.replace(chance.as_str(), "*");
    }
    body.replace(&format!("\"{username}\""), "\"name\"")
}

#[tokio::test]
async fn r_rl_04_five_wrong_passwords_lock_the_account_for_that_address() {
    let app = app::start_with(behind_a_proxy).await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let mut stranger = from("192.0.2.1");
    for _ in 0..5 {
        let page = attempt(&mut stranger, &wiki, "ann@example.com", "wrong").await;
        assert!(page.status == 200 && page.has("login"), "LF");
    }
    let mut same_address = from("192.0.2.1");
    let locked = password_given(&mut same_address, &wiki, &ann).await;
    assert_eq!(locked.status, 429, "LK, the right password too");
    assert_eq!(locked.header("retry-after"), Some("900"));
    super::assert_offers_support(&locked);
    let page = password_given(&mut from("192.0.2.2"), &wiki, &ann).await;
    assert!(page.has("factor"), "R-RL-05: another address is free");
    app.pass(899);
    assert_eq!(password_given(&mut same_address, &wiki, &ann).await.status, 429);
    app.pass(1);
    assert!(password_given(&mut same_address, &wiki, &ann).await.has("factor"));
}

#[tokio::test]
async fn r_rl_01_a_name_nobody_has_locks_alike() {
    let app = app::start_with(behind_a_proxy).await;
    app.person("ann").await;
    let wiki = app.application().await;
    let mut answers = Vec::new();
    for name in ["ann", "nobody-of-that-name"] {
        let mut browser = from("192.0.2.1");
        let mut pages = Vec::new();
        for _ in 0..6 {
            let page = attempt(&mut browser, &wiki, name, "wrong").await;
            pages.push((page.status, page.header("retry-after").map(str::to_owned), masked(&page, name)));
        }
        answers.push(pages);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0][5].0, 429);
}

#[tokio::test]
async fn r_pw_01_unknown_wrong_and_disabled_are_answered_alike() {
    let app = app::start().await;
    let wiki = app.application().await;
    let (ann, bob) = (app.person("ann").await, app.person("bob").await);
    app.app.users.set_state(&bob.id, State::Disabled, Batch::new()).await.unwrap();
    let mut answers = Vec::new();
    for (name, password) in [("ann", "wrong"), ("eve", "wrong"), ("bob", &*bob.password), ("ann", "nul\0")] {
        let page = attempt(&mut Browser::new(), &wiki, name, password).await;
        answers.push((page.status, masked(&page, name)));
    }
    let (first, others) = answers.split_first().unwrap();
    assert_eq!(first.0, 200);
    assert!(first.1.contains("That did not work."));
    assert!(others.iter().all(|other| other == first), "{answers:#?}");
    assert!(password_given(&mut Browser::new(), &wiki, &ann).await.has("factor"));
}

#[tokio::test]
async fn r_rl_06_a_restart_does_not_forget_failures() {
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    let store = storage::memory::open(clock.clone());
    let keys = tempfile::tempdir().unwrap();
    let with_keys = |settings: &mut Settings| keys.path().clone_into(&mut settings.data.keys);
    let before = app::start_over(store.clone(), clock.clone(), with_keys).await;
    let ann = before.person("ann").await;
    let wiki = before.application().await;
    for _ in 0..5 {
        attempt(&mut Browser::new(), &wiki, "ann", "wrong").await;
    }
    drop(before);
    let after = app::start_over(store, clock, with_keys).await;
    let wiki = after.application().await;
    assert_eq!(password_given(&mut Browser::new(), &wiki, &ann).await.status, 429);
}

/// Types wrong codes in fresh sign-ins, waiting out every pause; answers the last page.
async fn wrong_codes(app: &TestApp, wiki: &RelyingParty, ann: &Person, count: usize) -> Page {
    let mut last = None;
    for number in 1..=count {
        let mut browser = Browser::new();
        let page = password_given(&mut browser, wiki, ann).await;
        let page = browser.submit(&page, "factor", &[("code", "000000")]).await;
        assert!(page.status == 200 && page.has("problem"), "SF at {number}: {}", page.status);
        last = Some(page);
        app.pass(if number % 5 == 0 { 901 } else { 2 });
    }
    last.unwrap()
}

#[tokio::test]
async fn r_rl_04_five_wrong_codes_pause_the_app_whatever_the_browser() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    wrong_codes(&app, &wiki, &ann, 4).await;
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &wiki, &ann).await;
    browser.submit(&page, "factor", &[("code", "000000")]).await;
    let mut other = Browser::new();
    let page = password_given(&mut other, &wiki, &ann).await;
    let locked = other.submit(&page, "factor", &[("code", &ann.code(&app))]).await;
    assert_eq!((locked.status.as_u16(), locked.header("retry-after")), (429, Some("900")));
    super::assert_offers_support(&locked);
    app.pass(900);
    let page = password_given(&mut other, &wiki, &ann).await;
    let page = other.submit(&page, "factor", &[("code", &ann.code(&app))]).await;
    assert!(page.arrival().unwrap().get("code").is_some());
}

#[tokio::test]
async fn r_rl_04_fifty_wrong_codes_disable_the_app_until_an_administrator() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    wrong_codes(&app, &wiki, &ann, 50).await;
    app.pass(86_400);
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &wiki, &ann).await;
    let page = browser.submit(&page, "factor", &[("code", &ann.code(&app))]).await;
    assert!(page.has("lost-factor"), "{} {}", page.status, page.body);
    super::assert_offers_support(&page);
    assert!(!super::is_signed_in(&mut browser, &wiki).await);
}

#[tokio::test]
async fn r_pw_04_with_too_much_to_hash_the_answer_is_to_come_back_and_no_failure_counts() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let ground = &app.app.ground;
    let settings =
        WorkerSettings { queue: 0, patience: Duration::from_millis(50), ..WorkerSettings::default() };
    let pepper = Pepper::load(&ground.store, &ground.sealing, ground.random.as_ref()).await.unwrap();
    let workers = PasswordWorkers::start(settings).unwrap();
    let (clock, random) = (ground.clock.clone(), ground.random.clone());
    let passwords = Passwords::new(ground.store.clone(), clock, random, workers, pepper);
    let wire = model::browser::Wire {
        router: app.app.clone().with_passwords(passwords).router(),
        host: app.host().to_owned(),
        issuer: app.issuer.clone(),
    };
    let mut browser = model::browser::Browser::default();
    for _ in 0..6 {
        let begun = browser.request(&wire, "/sign-in", None).await;
        let page = browser.request(&wire, begun.location.as_deref().unwrap(), None).await;
        let (_, action, token) = page.form().unwrap();
        let fields = format!("form_token={token}&username=ann&password=whatever");
        let answer = browser.request(&wire, action, Some(&fields)).await;
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert!(answer.retry_after.is_some());
    }
    let wiki = app.application().await;
    assert!(password_given(&mut Browser::new(), &wiki, &ann).await.has("factor"), "nothing was counted");
}
