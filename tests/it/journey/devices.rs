//! The device cookie: after very many failures over all addresses a password is accepted only from browsers in which this
//! very person signed in before (R-RL-04).

use keyward::commands::user::Unlock;
use keyward::sessions::known_device::BROWSERS;
use keyward::storage::{Batch, Key};
use keyward::users::epoch;
use reqwest::header::HeaderValue;

use super::limits::{attempt, behind_a_proxy, from};
use super::password_given;
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::people::Person;
use crate::support::relying_party::RelyingParty;

/// The cookie's full name.
const DEVICE: &str = "__Host-keyward-device";

/// Fifty wrong passwords for `username`, five from each of ten addresses.
async fn fail_fifty_times(wiki: &RelyingParty, username: &str) {
    for number in 0..10 {
        let mut stranger = Browser::new();
        let address = HeaderValue::from_str(&format!("198.51.100.{number}")).unwrap();
        stranger.headers.insert("x-forwarded-for", address);
        for _ in 0..5 {
            assert!(attempt(&mut stranger, wiki, username, "wrong").await.has("login"));
        }
    }
}

async fn signed_in(app: &TestApp, wiki: &RelyingParty, browser: &mut Browser, person: &Person) {
    app.pass(60);
    wiki.sign_in(app, browser, person, wiki.request()).await;
}

/// A browser that was signed in long ago, at another address.
async fn known_browser(app: &TestApp, wiki: &RelyingParty, person: &Person) -> Browser {
    let mut browser = from("192.0.2.1");
    signed_in(app, wiki, &mut browser, person).await;
    app.pass(13 * 3600);
    browser.headers.insert("x-forwarded-for", HeaderValue::from_static("192.0.2.200"));
    browser
}

#[tokio::test]
async fn r_rl_04_after_fifty_failures_only_browsers_of_an_earlier_success_are_let_in() {
    let app = app::start_with(behind_a_proxy).await;
    let (ann, bob) = (app.person("ann").await, app.person("bob").await);
    let wiki = app.application().await;
    let mut own = known_browser(&app, &wiki, &ann).await;
    let mut bobs = known_browser(&app, &wiki, &bob).await;
    fail_fifty_times(&wiki, "ann@example.com").await;
    // The right password from a strange browser is as wrong as any: nobody learns that it was right.
    let right = password_given(&mut from("203.0.113.9"), &wiki, &ann).await;
    let wrong = attempt(&mut from("203.0.113.10"), &wiki, "ann", "wrong").await;
    assert_eq!((right.status, right.has("login")), (wrong.status, wrong.has("login")));
    assert!(password_given(&mut bobs, &wiki, &ann).await.has("login"), "another's browser is a stranger's");
    assert!(password_given(&mut from("203.0.113.11"), &wiki, &bob).await.has("factor"), "others are free");
    let told = app.events().await;
    assert!(told.iter().any(|event| event["reason"] == "unknown_device"));
    assert_eq!(told.iter().filter(|event| event["action"] == "many_failures").count(), 1);
    assert!(password_given(&mut own, &wiki, &ann).await.has("factor"));
    assert!(
        password_given(&mut from("203.0.113.12"), &wiki, &ann).await.has("factor"),
        "that success ended it"
    );
}

#[tokio::test]
async fn r_rl_04_an_administrator_ends_it_too() {
    let app = app::start_with(behind_a_proxy).await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    fail_fifty_times(&wiki, "ann").await;
    assert!(password_given(&mut from("203.0.113.9"), &wiki, &ann).await.has("login"));
    app.perform(Unlock { user: "ann".to_owned() }).await.unwrap();
    assert!(password_given(&mut from("203.0.113.9"), &wiki, &ann).await.has("factor"));
}

#[tokio::test]
async fn the_cookie_is_random_bound_to_the_person_and_void_after_a_change_of_password() {
    let app = app::start_with(behind_a_proxy).await;
    let (ann, bob) = (app.person("ann").await, app.person("bob").await);
    let wiki = app.application().await;
    let mut shared = known_browser(&app, &wiki, &ann).await;
    let line = shared.set_cookies.iter().find(|line| line.starts_with(DEVICE)).unwrap().clone();
    assert!(line.contains("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=15552000"), "{line}");
    let first = shared.cookie(&app.issuer, DEVICE).unwrap().to_owned();
    assert!(first.starts_with("kwd") && first.len() == 46);
    let kept = app.store().scan(&Key::prefix("known-device", &[]), None, 10).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert!(!kept.iter().any(|(key, raw)| format!("{key}{raw:?}").contains(&first)), "only its hash is kept");
    // A second person at the same browser gets a secret of their own; the first stays known.
    signed_in(&app, &wiki, &mut shared, &bob).await;
    let both = shared.cookie(&app.issuer, DEVICE).unwrap().to_owned();
    assert!(both.ends_with(&format!(".{first}")) && both.len() == 93, "{both}");
    // Known already: nothing is made anew.
    app.pass(13 * 3600);
    signed_in(&app, &wiki, &mut shared, &ann).await;
    assert_eq!(shared.cookie(&app.issuer, DEVICE), Some(both.as_str()));
    // The password changed: whoever knew the old one and signed in with it is a stranger again.
    let mut batch = Batch::new();
    epoch::present(app.store(), &ann.id).await.unwrap().end(&mut batch);
    app.store().commit(batch).await.unwrap();
    fail_fifty_times(&wiki, "ann").await;
    assert!(password_given(&mut shared, &wiki, &ann).await.has("login"));
    fail_fifty_times(&wiki, "bob").await;
    app.pass(13 * 3600);
    assert!(password_given(&mut shared, &wiki, &bob).await.has("factor"), "bob's is as good as ever");
}

#[tokio::test]
async fn a_stolen_cookie_gives_five_tries_wherever_it_is_used_and_does_not_lock_the_rest() {
    let app = app::start_with(behind_a_proxy).await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let own = known_browser(&app, &wiki, &ann).await;
    for number in 0..6 {
        let mut thief = own.clone();
        let address = HeaderValue::from_str(&format!("198.51.100.{number}")).unwrap();
        thief.headers.insert("x-forwarded-for", address);
        let page = attempt(&mut thief, &wiki, "ann", "wrong").await;
        assert_eq!(page.status.as_u16(), if number < 5 { 200 } else { 429 }, "try {number}");
    }
    assert!(password_given(&mut from("203.0.113.9"), &wiki, &ann).await.has("factor"));
}

#[tokio::test]
async fn r_rl_04_a_known_browser_that_fails_too_often_is_a_strangers_again() {
    let app = app::start_with(behind_a_proxy).await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let mut shared = known_browser(&app, &wiki, &ann).await;
    let prefix = Key::prefix("known-device", &[ann.id.as_str()]);
    for round in 0..10 {
        assert_eq!(app.store().scan(&prefix, None, 10).await.unwrap().len(), 1, "round {round}");
        for _ in 0..5 {
            assert!(attempt(&mut shared, &wiki, "ann", "wrong").await.has("login"));
        }
        app.pass(15 * 60);
    }
    assert_eq!(app.store().scan(&prefix, None, 10).await.unwrap().len(), 0);
    assert!(password_given(&mut shared, &wiki, &ann).await.has("login"), "fifty failures in all");
    app.perform(Unlock { user: "ann".to_owned() }).await.unwrap();
    assert!(password_given(&mut shared, &wiki, &ann).await.has("factor"));
}

#[tokio::test]
async fn so_many_browsers_are_known_of_one_person_and_the_oldest_gives_way() {
    let app = app::start_with(behind_a_proxy).await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let mut browsers = Vec::new();
    for _ in 0..BROWSERS + 3 {
        let mut browser = from("192.0.2.1");
        signed_in(&app, &wiki, &mut browser, &ann).await;
        browsers.push(browser);
    }
    let prefix = Key::prefix("known-device", &[ann.id.as_str()]);
    assert_eq!(app.store().scan(&prefix, None, 100).await.unwrap().len(), BROWSERS);
    app.pass(13 * 3600);
    fail_fifty_times(&wiki, "ann").await;
    assert!(password_given(&mut browsers[2], &wiki, &ann).await.has("login"), "its place was taken");
    assert!(password_given(&mut browsers[3], &wiki, &ann).await.has("factor"));
}
