//! Further passkeys in the portal (R-EN-01, R-EN-05, R-EN-06, R-SE-11).

use super::{FIREFOX, PHONE, at_portal, is_refused_from_elsewhere, is_signed_in};
use crate::support::app::{self, TestApp};
use crate::support::authenticator::SoftKey;
use crate::support::browser::Browser;
use crate::support::page::Page;

const KEY: &str = "/account/factors/key";

async fn options(browser: &mut Browser, page: &Page) -> Page {
    let form = page.form("new-key");
    let fields: Vec<_> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post_only(format!("{}/options", form.action), &fields).await
}

fn rows(page: &Page) -> Vec<String> {
    page.all(".row", |row| row.text().collect::<String>())
}

async fn factors(app: &TestApp, browser: &mut Browser) -> Vec<String> {
    rows(&browser.open(app.url("/account/factors")).await)
}

#[tokio::test]
async fn a_further_passkey_is_added_with_a_fresh_proof_and_signs_in_from_then_on() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let (mut phone, _) = at_portal(&app, &ann, PHONE).await;
    let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
    let page = browser.open(app.url(KEY)).await;
    is_refused_from_elsewhere(&mut browser, &page, "new-key", ("answer", "{}")).await;
    let asked = options(&mut browser, &page).await;
    let mut key = SoftKey::new(&app.issuer);
    let answer = key.create(&asked.body);
    let unnamed = browser.submit(&page, "new-key", &[("answer", &answer), ("name", "")]).await;
    assert!(unnamed.has("problem"), "{}", unnamed.body);
    browser.submit(&page, "new-key", &[("answer", &answer), ("name", "Laptop")]).await;
    let listed = factors(&app, &mut browser).await;
    assert!(listed.len() == 2 && listed.iter().any(|row| row.contains("Laptop")), "{listed:?}");
    assert!(is_signed_in(&app, &mut browser).await && !is_signed_in(&app, &mut phone).await, "R-SE-05");
    let mut fresh = Browser::new();
    let login = fresh.open(app.url("/account")).await;
    let form = login.form("passwordless");
    let fields: Vec<_> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let asked = fresh.post_only(format!("{}/options", form.action), &fields).await;
    let page = fresh.submit(&login, "passwordless", &[("answer", &key.get(&asked.body))]).await;
    assert_eq!(page.url.path(), "/account", "{}", page.body);
    let used = factors(&app, &mut fresh).await;
    assert!(used.iter().any(|row| row.contains("Laptop") && row.contains("last used")), "{used:?}");
}

#[tokio::test]
async fn r_en_01_no_key_is_added_by_an_old_proof_nor_to_somebody_else() {
    let app = app::start().await;
    let (ann, eve) = (app.person("ann").await, app.person("eve").await);
    let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
    let page = browser.open(app.url(KEY)).await;
    let asked = options(&mut browser, &page).await;
    let answer = SoftKey::new(&app.issuer).create(&asked.body);
    let (mut hers, _) = at_portal(&app, &eve, FIREFOX).await;
    let foreign = hers.open(app.url(KEY)).await;
    hers.submit(&foreign, "new-key", &[("answer", &answer), ("name", "Laptop")]).await;
    assert_eq!(factors(&app, &mut hers).await.len(), 1, "R-WA-01: a challenge of another session");
    app.pass(301);
    assert_ne!(options(&mut browser, &page).await.status, 200);
    let late = browser.submit(&page, "new-key", &[("answer", &answer), ("name", "Laptop")]).await;
    assert!(late.has("login"), "{}", late.body);
    assert_eq!(factors(&app, &mut browser).await.len(), 1);
}
