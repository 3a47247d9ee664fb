//! Remembered devices within the sign-in (R-SE-10, security requirements 4.7).

use keyward::storage::Batch;
use serde_json::json;

use super::password_given;
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::mailbox::Mailbox;
use crate::support::page::Page;
use crate::support::people::Person;
use crate::support::relying_party::RelyingParty;

const COOKIE: &str = "__Host-keyward-remembered";
const DAY: u64 = 24 * 3600;

/// Ann signs in with password and code, and ticks the box.
async fn remembered(app: &TestApp, wiki: &RelyingParty, ann: &Person) -> Browser {
    let mut browser = Browser::new();
    let page = password_given(&mut browser, wiki, ann).await;
    assert!(page.has("remember") && page.body.contains("30 days"), "{}", page.body);
    assert!(browser.cookie(&app.issuer, COOKIE).is_none());
    let page = browser.submit(&page, "factor", &[("code", &ann.code(app)), ("remember", "yes")]).await;
    assert_eq!(wiki.complete(&wiki.request(), &page).await.claims["acr"], "urn:keyward:acr:mfa");
    assert!(browser.cookie(&app.issuer, COOKIE).is_some());
    // The session ends; what is remembered stays.
    app.pass(13 * 3600);
    browser
}

async fn claims(wiki: &RelyingParty, page: &Page) -> serde_json::Map<String, serde_json::Value> {
    wiki.complete(&wiki.request(), page).await.claims
}

#[tokio::test]
async fn r_se_10_a_remembered_device_spares_the_second_factor_and_the_token_says_so() {
    let app = app::start().await;
    let (wiki, ann) = (app.application().await, app.person("ann").await);
    let mut browser = remembered(&app, &wiki, &ann).await;
    let first = browser.cookie(&app.issuer, COOKIE).unwrap().to_owned();
    let page = password_given(&mut browser, &wiki, &ann).await;
    let said = claims(&wiki, &page).await;
    assert_eq!((&said["acr"], &said["amr"]), (&json!("urn:keyward:acr:mfa-low"), &json!(["pwd", "rmb"])));
    assert_eq!(said["auth_time"], json!(app.now()), "the time of the password");
    assert_ne!(browser.cookie(&app.issuer, COOKIE).unwrap(), first, "replaced at each use");

    // It never spares the password, and is worth nothing for another person.
    app.pass(13 * 3600);
    let bob = app.person("bob").await;
    let page = password_given(&mut browser, &wiki, &bob).await;
    assert!(page.has("factor"), "{}", page.body);
    // Without the box nothing is remembered.
    let mut other = Browser::new();
    let page = password_given(&mut other, &wiki, &ann).await;
    other.submit(&page, "factor", &[("code", &ann.code(&app))]).await;
    assert!(other.cookie(&app.issuer, COOKIE).is_none());
}

/// An essential level always gets the real thing, and a wish for less does not.
#[tokio::test]
async fn r_se_10_never_where_an_application_insists_on_more() {
    let app = app::start().await;
    let (wiki, ann) = (app.application().await, app.person("ann").await);
    let mut browser = remembered(&app, &wiki, &ann).await;
    let insists =
        json!({"id_token": {"acr": {"essential": true, "value": "urn:keyward:acr:mfa"}}}).to_string();
    let page = browser.open(wiki.request().with("claims", insists).url()).await;
    let fill = [("username", "ann"), ("password", ann.password.as_str())];
    let page = browser.submit(&page, "login", &fill).await;
    assert!(page.has("factor"), "{}", page.body);
}

/// R-SE-10: it ends after 14 days without use, after 30 days in all, and with every change of a proof.
#[tokio::test]
async fn r_se_10_it_ends_by_time_and_with_every_change_of_password_or_factor() {
    let app = app::start().await;
    let (wiki, ann) = (app.application().await, app.person("ann").await);
    let mut browser = remembered(&app, &wiki, &ann).await;
    app.pass(14 * DAY);
    assert!(password_given(&mut browser, &wiki, &ann).await.has("factor"), "14 days without use");

    let mut browser = remembered(&app, &wiki, &ann).await;
    for days in [10, 10] {
        app.pass(days * DAY);
        let page = password_given(&mut browser, &wiki, &ann).await;
        assert!(page.arrival().is_some(), "used in time: {}", page.body);
    }
    app.pass(10 * DAY);
    assert!(password_given(&mut browser, &wiki, &ann).await.has("factor"), "30 days in all");

    let mut browser = remembered(&app, &wiki, &ann).await;
    let mut batch = Batch::new();
    app.app.lifecycle.factor_changed(&mut batch, &ann.id, None).await.unwrap();
    app.store().commit(batch).await.unwrap();
    assert!(password_given(&mut browser, &wiki, &ann).await.has("factor"), "a factor was changed");
}

/// Section 4.7: an old secret that comes again was copied: the device is forgotten, the person told.
#[tokio::test]
async fn r_se_10_a_copied_secret_ends_it_for_both_and_the_person_is_told() {
    let mailbox = Mailbox::open().await;
    let app = app::start_with(mailbox.serves()).await;
    let (wiki, ann) = (app.application().await, app.person("ann").await);
    let mut browser = remembered(&app, &wiki, &ann).await;
    let copied = browser.cookie(&app.issuer, COOKIE).unwrap().to_owned();
    assert!(password_given(&mut browser, &wiki, &ann).await.arrival().is_some());

    // Another tab that sent the old one at the same time is no thief.
    let mut tab = Browser::new();
    tab.plant(&app.issuer, COOKIE, &copied);
    assert!(password_given(&mut tab, &wiki, &ann).await.arrival().is_some());
    assert_eq!(tab.cookie(&app.issuer, COOKIE), Some(copied.as_str()), "it gets no secret of its own");

    app.pass(61);
    let mut thief = Browser::new();
    thief.plant(&app.issuer, COOKIE, &copied);
    assert!(password_given(&mut thief, &wiki, &ann).await.has("factor"), "too late");
    app.pass(13 * 3600);
    assert!(password_given(&mut browser, &wiki, &ann).await.has("factor"), "the owner, too, is asked again");
    app.app.runner.run_due().await.unwrap();
    let told = |mail: &keyward::demo::inbox::Received| mail.subject.contains("remembered device");
    assert_eq!(mailbox.mails().iter().filter(|mail| told(mail)).count(), 1);
    let reused =
        |event: &&serde_json::Value| event["action"] == "reuse" && event["reason"] == "remembered_device";
    assert_eq!(app.events().await.iter().filter(reused).count(), 1);
}

#[tokio::test]
async fn r_se_10_never_for_administrators_nor_where_policy_says_no() {
    let app = app::start().await;
    let (wiki, root) = (app.application().await, app.person("root").await);
    let mut batch = Batch::new();
    app.app.users.make_administrator(&mut batch, &root.id).await.unwrap();
    app.store().commit(batch).await.unwrap();
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &wiki, &root).await;
    assert!(page.has("factor") && !page.has("remember"), "{}", page.body);
    browser.submit(&page, "factor", &[("code", &root.code(&app)), ("remember", "yes")]).await;
    assert!(browser.cookie(&app.issuer, COOKIE).is_none(), "a form made up remembers nothing");

    let strict =
        app::start_with(|settings| settings.policy.remembered_devices = std::time::Duration::ZERO).await;
    let (wiki, ann) = (strict.application().await, strict.person("ann").await);
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &wiki, &ann).await;
    assert!(!page.has("remember"), "{}", page.body);
}

/// Of 32 uses of one secret at once at most one rotates it, and none is taken for a thief.
#[tokio::test]
async fn r_co_03_thirty_two_tabs_at_once_rotate_the_secret_once() {
    let app = app::start().await;
    let (wiki, ann) = (app.application().await, app.person("ann").await);
    let browser = remembered(&app, &wiki, &ann).await;
    let held = browser.cookie(&app.issuer, COOKIE).unwrap().to_owned();
    let tabs = (0..32).map(|_| {
        let mut tab = Browser::new();
        tab.plant(&app.issuer, COOKIE, &held);
        let (wiki, ann, held, issuer) = (&wiki, &ann, &held, &app.issuer);
        async move {
            let page = password_given(&mut tab, wiki, ann).await;
            let rotated = tab.cookie(issuer, COOKIE) != Some(held.as_str());
            (page.arrival().is_some(), rotated)
        }
    });
    let seen = futures_util::future::join_all(tabs).await;
    assert_eq!(seen.iter().filter(|(_, rotated)| *rotated).count(), 1);
    let reused = |event: &&serde_json::Value| event["action"] == "reuse";
    assert_eq!(app.events().await.iter().filter(reused).count(), 0);
}
