//! Second factors in the portal (R-PO-02, R-EN-01, R-EN-03, R-EN-05, R-EN-07, R-RC-04).

use keyward::config::policy::Floor;

use super::{FIREFOX, PHONE, at_portal, is_refused_from_elsewhere, is_signed_in};
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::mailbox::Mailbox;
use crate::support::page::Page;
use crate::support::people::{Person, code_of};

const FACTORS: &str = "/account/factors";
const DAY: u64 = 86_400;

fn rows(page: &Page) -> Vec<String> {
    page.all(".row", |row| row.text().collect::<String>())
}

/// The ids of the factors, as their forms name them.
fn ids(page: &Page) -> Vec<String> {
    page.all("input[name=factor]", |input| input.value().attr("value").unwrap().to_owned())
}

fn codes(page: &Page) -> Vec<String> {
    page.all("#codes code", |code| code.text().collect())
}

/// Adds an app under `name`; answers what it knows, and the page after it.
async fn add_app(app: &TestApp, browser: &mut Browser, name: &str) -> (Vec<u8>, Page) {
    let page = browser.open(app.url("/account/factors/app")).await;
    let groups = page.all(".secret span", |span| span.text().collect::<String>());
    let secret = totp_rs::Secret::try_from_base32(groups.concat()).unwrap().as_bytes().to_vec();
    let code = code_of(&secret, app.now());
    let page = browser.submit(&page, "enrol", &[("name", name), ("code", &code)]).await;
    (secret, page)
}

#[tokio::test]
async fn r_po_02_factors_are_seen_by_a_session_and_changed_with_a_fresh_proof() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
    let fresh = browser.open(app.url(FACTORS)).await;
    assert!(fresh.has("factor-1"), "{}", fresh.body);
    let rows = rows(&fresh);
    assert_eq!(rows.len(), 1, "{rows:?}");
    for said in ["phone", "Authenticator app", "added 2027-01-15 08:00 UTC", "last used 2027-01-15"] {
        assert!(rows[0].contains(said), "{said}: {rows:?}");
    }
    is_refused_from_elsewhere(&mut browser, &fresh, "factor-1", ("action", "remove")).await;
    app.pass(301);
    let page = browser.open(app.url(FACTORS)).await;
    assert!(!page.has("factor-1") && page.body.contains("phone"), "{}", page.body);
    let asked = browser.submit(&fresh, "factor-1", &[("name", "Mine")]).await;
    assert!(asked.has("login"), "R-EN-01: {}", asked.body);
    assert!(browser.open(app.url(FACTORS)).await.body.contains("phone"), "nothing was done");
    assert!(browser.open(app.url("/account/factors/app")).await.has("login"), "R-EN-01");
    let page = browser.open(app.url("/account/factors/confirm")).await;
    let page = browser.sign_in(&app, page, &ann).await;
    assert!(page.url.path() == FACTORS && page.has("factor-1"), "{}", page.body);
    let page = browser.submit(&page, "factor-1", &[("name", "Blue phone")]).await;
    assert!(page.body.contains("Blue phone"), "{}", page.body);
    let page = browser.submit(&page, "factor-1", &[("name", &"x".repeat(65))]).await;
    assert!(page.has("problem") && page.body.contains("Blue phone"), "R-EN-06: {}", page.body);
    assert!(app.events().await.iter().any(|event| event["action"] == "factor_renamed"));
}

/// Whatever id a form names, only the person's own factors are looked at.
#[tokio::test]
async fn another_persons_factor_is_neither_renamed_nor_removed() {
    let app = app::start_with(|settings| settings.policy.floor = Floor::Password).await;
    let (ann, bob) = (app.person("ann").await, app.person("bob").await);
    app.pass(DAY);
    let (mut bobs, _) = at_portal(&app, &bob, PHONE).await;
    let page = bobs.open(app.url("/account/factors/confirm")).await;
    let page = bobs.sign_in(&app, page, &bob).await;
    let of_bob = ids(&page).remove(0);
    let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
    let page = browser.open(app.url("/account/factors/confirm")).await;
    let page = browser.sign_in(&app, page, &ann).await;
    let theirs = [("factor", of_bob.as_str()), ("name", "Stolen"), ("action", "remove")];
    browser.submit(&page, "factor-1", &theirs[..2]).await;
    browser.submit(&page, "factor-1", &theirs).await;
    let page = bobs.open(app.url(FACTORS)).await;
    assert_eq!(ids(&page), [of_bob]);
    assert!(!page.body.contains("Stolen"));
    assert_eq!(ids(&browser.open(app.url(FACTORS)).await).len(), 1);
}

#[tokio::test]
async fn r_en_01_a_further_app_ends_other_sessions_and_is_told_and_lets_in() {
    let mailbox = Mailbox::open().await;
    let app = app::start_with(mailbox.serves()).await;
    let ann = app.person("ann").await;
    let (mut laptop, _) = at_portal(&app, &ann, FIREFOX).await;
    let (mut phone, _) = at_portal(&app, &ann, PHONE).await;
    app.app.runner.run_due().await.unwrap();
    let before = mailbox.mails().len();
    let page = phone.open(app.url("/account/factors/app")).await;
    let wrong = phone.submit(&page, "enrol", &[("name", "Tablet"), ("code", "000000")]).await;
    assert!(wrong.has("problem") && wrong.body.contains("Tablet"), "{}", wrong.body);
    let (secret, page) = add_app(&app, &mut phone, "Tablet").await;
    let first = codes(&page);
    assert_eq!(first.len(), 10, "whoever has no recovery codes gets some: {}", page.body);
    assert!(!is_signed_in(&app, &mut laptop).await, "R-SE-05");
    app.app.runner.run_due().await.unwrap();
    let mut told: Vec<_> =
        mailbox.mails()[before..].iter().map(|mail| mail.subject.replace("Keyward: ", "")).collect();
    told.sort();
    assert_eq!(told, ["a second factor was added", "new recovery codes"], "R-EN-05");
    let unsaved = phone.submit(&page, "recovery-codes", &[]).await;
    assert_eq!(codes(&unsaved), first, "until they are saved");
    let page = phone.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    assert_eq!(rows(&page).len(), 2, "{}", page.body);
    assert!(page.body.contains("10 unused codes"), "{}", page.body);
    assert!(codes(&phone.open(app.url("/account/factors/recovery-codes")).await).is_empty(), "R-RC-04: once");
    let tablet = Person { secret: Some(secret), ..ann.clone() };
    at_portal(&app, &tablet, FIREFOX).await;
    at_portal(&app, &ann, FIREFOX).await;
    // A second one leaves the codes alone.
    let (mut again, _) = at_portal(&app, &ann, FIREFOX).await;
    let (_, page) = add_app(&app, &mut again, "Watch").await;
    assert_eq!(page.url.path(), FACTORS, "{}", page.body);
    assert_eq!(rows(&page).len(), 3);
}

#[tokio::test]
async fn r_en_06_five_apps_are_the_most() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
    for name in ["two", "three", "four", "five"] {
        let (_, page) = add_app(&app, &mut browser, name).await;
        if page.has("recovery-codes") {
            browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
        }
    }
    let page = browser.open(app.url(FACTORS)).await;
    assert_eq!(rows(&page).len(), 5);
    assert!(!page.body.contains("/account/factors/app"), "{}", page.body);
    assert_eq!(browser.open(app.url("/account/factors/app")).await.status, 400);
}

#[tokio::test]
async fn r_po_02_the_last_one_stays_where_policy_asks_for_it() {
    for (floor, left) in [(Floor::Mfa, 1), (Floor::Password, 0)] {
        let app = app::start_with(|settings| {
            settings.policy.floor = floor;
            settings.policy.first_enrolment_by_password = Vec::new();
        })
        .await;
        let ann = app.person("ann").await;
        let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
        let page = browser.open(app.url("/account/factors/confirm")).await;
        let page = browser.sign_in(&app, page, &ann).await;
        let page = browser.submit(&page, "factor-1", &[("action", "remove")]).await;
        assert_eq!(page.has("problem"), left == 1, "{}", page.body);
        assert_eq!(rows(&page).len(), left, "{}", page.body);
        let removed = app.events().await.iter().any(|event| event["action"] == "factor_removed");
        assert_eq!(removed, left == 0);
    }
}

/// R-EN-07: whoever got in and added an app cannot use it to throw the owner's out.
#[tokio::test]
async fn r_en_07_a_new_factor_proves_nothing_against_older_ones_for_a_day() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    app.pass(2 * DAY);
    let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
    let (secret, page) = add_app(&app, &mut browser, "Thief").await;
    browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    let thief = Person { secret: Some(secret), ..ann.clone() };
    app.pass(600);
    let (mut elsewhere, _) = at_portal(&app, &thief, PHONE).await;
    let page = elsewhere.open(app.url(FACTORS)).await;
    let page = elsewhere.submit(&page, "factor-1", &[("action", "remove")]).await;
    assert!(page.has("problem"), "the older one stays: {}", page.body);
    assert_eq!(rows(&page).len(), 2);
    let page = elsewhere.open(app.url("/account/factors/recovery-codes")).await;
    let page = elsewhere.submit(&page, "new-codes", &[("action", "issue")]).await;
    assert!(page.has("problem") && codes(&page).is_empty(), "{}", page.body);
    app.pass(DAY);
    let (mut later, _) = at_portal(&app, &thief, PHONE).await;
    let page = later.open(app.url(FACTORS)).await;
    let page = later.submit(&page, "factor-1", &[("action", "remove")]).await;
    assert_eq!(rows(&page).len(), 1, "{}", page.body);
    assert!(rows(&page)[0].contains("Thief"));
}

#[tokio::test]
async fn r_rc_04_a_new_set_of_recovery_codes_voids_the_old_one() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    app.pass(DAY);
    let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
    let mut sets = Vec::new();
    for _ in 0..2 {
        let page = browser.open(app.url("/account/factors/recovery-codes")).await;
        is_refused_from_elsewhere(&mut browser, &page, "new-codes", ("action", "issue")).await;
        let page = browser.submit(&page, "new-codes", &[("action", "issue")]).await;
        sets.push(codes(&page));
        browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    }
    assert_eq!((sets[0].len(), sets[1].len()), (10, 10));
    let mut elsewhere = Browser::new();
    let page = elsewhere.open(app.url("/sign-in")).await;
    let page = elsewhere.submit(&page, "login", &[("username", "ann"), ("password", &ann.password)]).await;
    let page = elsewhere.submit(&page, "factor", &[("action", "recovery_code")]).await;
    let page = elsewhere.submit(&page, "factor", &[("code", &sets[0][0])]).await;
    assert!(page.has("problem"), "void: {}", page.body);
    let page = elsewhere.submit(&page, "factor", &[("code", &sets[1][0])]).await;
    assert!(page.has("enrol"), "{}", page.body);
}

/// R-EN-02: the first factor of all needs more than a password here too.
#[tokio::test]
async fn r_en_02_a_first_factor_needs_a_permitted_network_or_the_mailbox() {
    for permitted in [false, true] {
        let app = app::start_with(|settings| {
            settings.policy.floor = Floor::Password;
            if !permitted {
                settings.policy.first_enrolment_by_password = Vec::new();
            }
        })
        .await;
        let ann = app.person_without_factor("ann").await;
        let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
        let page = browser.open(app.url("/account/factors/app")).await;
        assert_eq!(page.has("enrol"), permitted, "{}", page.body);
        assert_eq!(page.status.as_u16(), if permitted { 200 } else { 403 });
    }
}
