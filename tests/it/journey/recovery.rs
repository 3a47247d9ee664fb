//! The lost phone: recovery codes and whom to ask (R-RC-04, R-RC-06, R-EN-01).

use super::{assert_offers_support, codes_of, enrol, password_given};
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::people::Person;
use crate::support::relying_party::RelyingParty;

/// A person who enrolled in a browser that is gone, and the codes that were saved.
async fn enrolled(app: &TestApp, wiki: &RelyingParty) -> (Person, Vec<String>) {
    let mut ann = app.person_without_factor("ann").await;
    let mut browser = Browser::new();
    let page = password_given(&mut browser, wiki, &ann).await;
    let page = enrol(app, &mut browser, &page, &mut ann).await;
    app.pass(30);
    (ann, codes_of(&page))
}

/// The page that asks for a recovery code.
async fn recovering(browser: &mut Browser, wiki: &RelyingParty, person: &Person) -> Page {
    let page = password_given(browser, wiki, person).await;
    browser.submit(&page, "factor", &[("action", "recovery_code")]).await
}

#[tokio::test]
async fn r_rc_06_a_recovery_code_is_good_once_and_only_to_replace_the_lost_app() {
    let app = app::start().await;
    let wiki = app.application().await;
    let (ann, codes) = enrolled(&app, &wiki).await;
    let mut browser = Browser::new();
    let page = recovering(&mut browser, &wiki, &ann).await;
    assert!(page.body.contains("You have 10 unused codes left."));
    let page = browser.submit(&page, "factor", &[("code", "0000-0000-0000-0000")]).await;
    assert!(page.status == 200 && page.has("problem"), "SF");
    let page = browser.submit(&page, "factor", &[("code", &codes[3])]).await;
    assert!(page.has("enrol"), "enrolment is forced: {}", page.body);
    assert!(browser.cookie(&app.issuer, super::SESSION).is_none(), "nothing was raised");

    // Left there: the code is spent, the old app still there, and the next sign-in begins as ever.
    let mut browser = Browser::new();
    let page = recovering(&mut browser, &wiki, &ann).await;
    assert!(page.body.contains("You have 9 unused codes left."));
    let page = browser.submit(&page, "factor", &[("code", &codes[3])]).await;
    assert!(page.has("problem"), "spent");
    let typed = codes[4].to_uppercase().replace('-', " ");
    let page = browser.submit(&page, "factor", &[("code", &typed)]).await;
    let mut with_new_app = ann.clone();
    let page = enrol(&app, &mut browser, &page, &mut with_new_app).await;
    let renewed = codes_of(&page);
    let page = browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    assert!(page.arrival().unwrap().get("code").is_some());
    app.pass(30);

    let mut browser = Browser::new();
    let page = password_given(&mut browser, &wiki, &ann).await;
    let page = browser.submit(&page, "factor", &[("code", &ann.code(&app))]).await;
    assert!(page.has("problem"), "the lost app was replaced");
    let page = browser.submit(&page, "factor", &[("action", "recovery_code")]).await;
    let page = browser.submit(&page, "factor", &[("code", &codes[5])]).await;
    assert!(page.has("problem"), "the old set is void");
    let page = browser.submit(&page, "factor", &[("action", "back")]).await;
    let page = browser.submit(&page, "factor", &[("code", &with_new_app.code(&app))]).await;
    assert!(page.arrival().unwrap().get("code").is_some());
    assert_eq!(renewed.len(), 10);
}

#[tokio::test]
async fn r_en_02_who_lost_everything_is_told_whom_to_ask() {
    let app = app::start().await;
    let wiki = app.application().await;
    let ann = app.person("ann").await;
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &wiki, &ann).await;
    assert!(!page.body.contains("value=\"recovery_code\""), "there are none to use");
    let lost = browser.submit(&page, "factor", &[("action", "lost_factor")]).await;
    assert!(lost.has("lost-factor"), "{}", lost.body);
    assert_offers_support(&lost);
    let page = browser.submit(&lost, "lost-factor", &[("action", "back")]).await;
    assert!(page.has("factor"));
}
