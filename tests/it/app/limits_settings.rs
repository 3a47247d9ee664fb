//! The composition root: what the settings say reaches the module that obeys it.

use std::time::Duration;

use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::people::Person;

const HOUR: Duration = Duration::from_secs(60 * 60);

async fn sign_in_page(app: &TestApp, browser: &mut Browser) -> Page {
    let wiki = app.application().await;
    browser.open(wiki.request().url()).await
}

async fn with_password(browser: &mut Browser, page: &Page, ada: &Person, password: &str) -> Page {
    let fill = [("username", ada.username.as_str()), ("password", password)];
    browser.submit(page, "login", &fill).await
}

/// Too many tries, and to come back in an hour.
fn locked_for_an_hour(page: &Page) {
    assert_eq!(page.status, 429, "{}", page.body);
    assert_eq!(page.header("retry-after"), Some("3600"));
}

#[tokio::test]
async fn r_rl_04_password_failures_and_password_pause_are_obeyed() {
    let app = app::start_with(|settings| {
        settings.limits.password_failures = 2;
        settings.limits.password_pause = HOUR;
    })
    .await;
    let ada = app.person("ada").await;
    let mut browser = Browser::new();
    let page = sign_in_page(&app, &mut browser).await;
    for _ in 0..2 {
        let again = with_password(&mut browser, &page, &ada, "a wrong password").await;
        assert!(again.has("login"), "{}", again.body);
    }
    locked_for_an_hour(&with_password(&mut browser, &page, &ada, &ada.password).await);
    app.pass(3600);
    let page = sign_in_page(&app, &mut browser).await;
    let next = with_password(&mut browser, &page, &ada, &ada.password).await;
    assert!(next.has("factor"), "{}", next.body);
}

#[tokio::test]
async fn r_rl_04_factor_failures_factor_pause_and_factor_ceiling_are_obeyed() {
    let app = app::start_with(|settings| {
        settings.limits.factor_failures = 2;
        settings.limits.factor_pause = HOUR;
        settings.limits.factor_ceiling = 5;
    })
    .await;
    let ada = app.person("ada").await;
    let mut browser = Browser::new();
    let code = async |browser: &mut Browser, code: &str| {
        let page = sign_in_page(&app, browser).await;
        let page = match page.has("login") {
            true => with_password(browser, &page, &ada, &ada.password).await,
            false => page,
        };
        browser.submit(&page, "factor", &[("code", code)]).await
    };
    for (failure, wait) in [(1, 0), (2, 3600), (3, 1), (4, 3600), (5, 3600)] {
        let wrong = code(&mut browser, "000000").await;
        assert!(wrong.has("factor"), "failure {failure}: {}", wrong.body);
        if failure == 2 {
            locked_for_an_hour(&code(&mut browser, &ada.code(&app)).await);
        }
        app.pass(wait);
    }
    let disabled = code(&mut browser, &ada.code(&app)).await;
    assert_eq!(
        disabled.title(),
        "No phone or app at hand?",
        "after the fifth failure even the right code is of no use"
    );
}

#[tokio::test]
async fn r_rl_01_address_attempts_and_address_window_are_obeyed() {
    let app = app::start_with(|settings| {
        settings.limits.address_attempts = 3;
        settings.limits.address_window = HOUR;
    })
    .await;
    let mut browser = Browser::new();
    let page = sign_in_page(&app, &mut browser).await;
    for name in ["one", "two", "three"] {
        let fill = [("username", name), ("password", "a wrong password")];
        let again = browser.submit(&page, "login", &fill).await;
        assert!(again.has("login"), "{}", again.body);
    }
    let fill = [("username", "four"), ("password", "a wrong password")];
    let refused = browser.submit(&page, "login", &fill).await;
    assert_eq!(refused.status, 429, "{}", refused.body);
}
