//! The journey from stranger to signed in: the decision alone, stories through the whole provider, and a model that is
//! followed through random sequences of requests (RG-14).

mod access_codes;
mod devices;
mod enrolment;
mod limits;
mod mail_codes;
mod model;
mod next;
mod pages;
mod passkeys;
mod recovery;
mod remembered;
mod sessions;
mod set_up;
mod storm;
mod tabs;

use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::people::{Person, code_of};
use crate::support::relying_party::RelyingParty;

/// The session cookie's full name.
const SESSION: &str = "__Host-keyward-session";

/// The application sends the browser.
async fn sent(browser: &mut Browser, application: &RelyingParty) -> Page {
    browser.open(application.request().url()).await
}

/// The application sends the browser, and the person types name and password.
async fn password_given(browser: &mut Browser, application: &RelyingParty, person: &Person) -> Page {
    let page = sent(browser, application).await;
    type_password(browser, &page, person).await
}

async fn type_password(browser: &mut Browser, page: &Page, person: &Person) -> Page {
    let fill = [("username", person.username.as_str()), ("password", &person.password)];
    browser.submit(page, "login", &fill).await
}

/// What an app learns from the enrolment page.
fn key_of(page: &Page) -> Vec<u8> {
    let groups = page.all(".secret span", |span| span.text().collect::<String>());
    let secret = totp_rs::Secret::try_from_base32(groups.concat()).unwrap();
    secret.as_bytes().to_vec()
}

/// The recovery codes on their page.
fn codes_of(page: &Page) -> Vec<String> {
    page.all("#codes code", |code| code.text().collect())
}

/// Sets up the app that `page` offers; answers the page after it, which shows the recovery codes.
async fn enrol(app: &TestApp, browser: &mut Browser, page: &Page, person: &mut Person) -> Page {
    let secret = key_of(page);
    let code = code_of(&secret, app.now());
    person.secret = Some(secret);
    browser.submit(page, "enrol", &[("code", &code)]).await
}

/// The error that `page` carries to the application.
fn error_of(page: &Page) -> String {
    let arrival = page.arrival().unwrap_or_else(|| panic!("{} {}", page.status, page.body));
    arrival.error().to_owned()
}

/// Whether the browser is signed in, as an application finds out without a page.
async fn is_signed_in(browser: &mut Browser, application: &RelyingParty) -> bool {
    let page = browser.open(application.request().with("prompt", "none").url()).await;
    let arrival = page.arrival().unwrap();
    arrival.get("code").is_some()
}

/// Whom to turn to, and with which request id.
fn assert_offers_support(page: &Page) {
    assert!(page.body.contains("the help desk, 555"), "{}", page.body);
    let id = page.header("x-request-id").expect("no request id").to_owned();
    assert!(page.body.contains(&id), "{}", page.body);
}
