//! The walks.

use keyward::foundation::Clock as _;
use keyward::foundation::clock::SystemClock;
use totp_rs::{Builder, Secret};

use crate::chromium::Chromium;
use crate::demo::Demo;

/// The code that an authenticator app would show now for the typed key.
pub fn code(key: &str, steps_ahead: u64) -> String {
    let secret = Secret::try_from_base32(key.replace(char::is_whitespace, "")).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    let now = u64::try_from(SystemClock.now().seconds()).unwrap();
    totp.generate(now + 30 * steps_ahead).to_string()
}

async fn password(browser: &Chromium, demo: &Demo) {
    browser.wait_for("form#login").await;
    browser.fill("input[name=username]", demo.person("username")).await;
    browser.fill("input[name=password]", demo.person("password")).await;
    browser.click("form#login button.main").await;
}

/// Sets up an authenticator app; answers its key.
async fn enrol(browser: &Chromium) -> String {
    browser.wait_for("form#enrol").await;
    browser.pictures("enrol").await;
    let key = browser.text(".secret").await;
    browser.fill("form#enrol input[name=code]", &code(&key, 0)).await;
    browser.click("form#enrol button.main").await;
    browser.wait_for("form#recovery-codes").await;
    browser.pictures("recovery-codes").await;
    browser.click("input[name=saved]").await;
    browser.click("form#recovery-codes button.main").await;
    key
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_with_a_second_factor_and_out_of_everything() {
    let _turn = crate::TURN.lock().await;
    let demo = Demo::start(&[]).await;
    let browser = Chromium::start().await;
    browser.open(demo.application(0)).await;
    browser.wait_for("form#login").await;
    browser.pictures("login").await;
    password(&browser, &demo).await;
    let key = enrol(&browser).await;
    browser.wait_for("#claim-username").await;
    assert_eq!(browser.text("#claim-username").await, demo.person("username"));
    assert_eq!(browser.text("#claim-email").await, demo.person("email"));
    browser.pictures("demo-home").await;

    browser.open(demo.application(1)).await;
    browser.wait_for("#claim-username").await;
    assert!(
        browser.page.url().await.unwrap().unwrap().starts_with(demo.application(1)),
        "no prompt in between"
    );

    browser.open(demo.issuer()).await;
    browser.wait_for("form#logout").await;
    browser.pictures("home").await;
    browser.click("form#logout button").await;
    browser.wait_for("#sign-out-status").await;
    for place in [1, 2] {
        browser.wait_for(&format!("#sign-out-status li:nth-child({place})[data-state=told]")).await;
    }
    browser.pictures("sign-out-status").await;
    for place in [0, 1] {
        browser.open(demo.application(place)).await;
        browser.wait_for("form#login").await;
    }
    password(&browser, &demo).await;
    browser.wait_for("form#factor").await;
    browser.pictures("factor").await;
    browser.fill("form#factor input[name=code]", &code(&key, 1)).await;
    browser.click("form#factor button.main").await;
    browser.wait_for("#claim-username").await;
    browser.click("#sign-out-everywhere").await;
    browser.wait_for("#log-in").await;
    browser.pictures("demo-logged-out").await;
    browser.assert_quiet();
}

/// Section 4.6: everything works without script; the hand-over page goes on by itself (R-TR-08).
#[tokio::test(flavor = "multi_thread")]
async fn the_sign_in_works_without_script() {
    let _turn = crate::TURN.lock().await;
    let demo = Demo::start(&["--totp-enrolled"]).await;
    let browser = Chromium::start().await;
    browser.script(false).await;
    browser.open(demo.application(0)).await;
    password(&browser, &demo).await;
    browser.wait_for("form#factor").await;
    browser.fill("form#factor input[name=code]", &code(demo.person("totp_secret"), 0)).await;
    browser.click("form#factor button.main").await;
    browser.wait_for("#claim-username").await;
    browser.assert_quiet();
}
