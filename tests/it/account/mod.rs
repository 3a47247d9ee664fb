//! The portal in which people see and change what is theirs (R-PO-01 to R-PO-03, R-SE-07, R-SE-11, R-SE-12).

mod address;
mod consents;
mod factors;
mod forgotten;
mod keys;
mod password;
mod profile;
mod seen;
mod sessions;

use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::people::Person;

/// `person` signs in to the portal with a browser that says it is `agent`; codes of the app are good once, so time passes first.
async fn at_portal(app: &TestApp, person: &Person, agent: &str) -> (Browser, Page) {
    app.pass(30);
    let mut browser = Browser::new();
    browser.headers.insert("user-agent", agent.parse().unwrap());
    let page = browser.open(app.url("/account")).await;
    let page = browser.sign_in(app, page, person).await;
    assert_eq!(page.url.path(), "/account", "{}", page.body);
    (browser, page)
}

/// Whether the browser is still signed in.
async fn is_signed_in(app: &TestApp, browser: &mut Browser) -> bool {
    browser.open(app.url("/account")).await.url.path() == "/account"
}

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0";
const PHONE: &str = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36";

/// A form is posted as another site's page would, and without its token: nothing happens.
async fn is_refused_from_elsewhere(browser: &mut Browser, page: &Page, form: &str, press: (&str, &str)) {
    let action = page.form(form).action;
    let mut fields: Vec<_> = page.form(form).fields;
    fields.push((press.0.to_owned(), press.1.to_owned()));
    browser.headers.insert("sec-fetch-site", "cross-site".parse().unwrap());
    let refused = browser.send(reqwest::Method::POST, action.as_str(), Some(&fields)).await;
    assert_eq!(refused.status, 400, "R-SE-11: {}", refused.body);
    browser.headers.remove("sec-fetch-site");
    let refused = browser.post_only(&action, &[press]).await;
    assert_eq!(refused.status, 400, "R-SE-11: {}", refused.body);
}
