//! Another password, wished by its person (R-PW-08, R-SE-05, R-EN-01).

use super::{FIREFOX, PHONE, at_portal, is_signed_in};
use crate::support::app;
use crate::support::browser::Browser;
use crate::support::mailbox::Mailbox;
use crate::support::people::Person;

const NEW: &str = "amber meadow 17 compass";

#[tokio::test]
async fn r_pw_08_a_new_password_needs_the_present_one_and_ends_all_other_sessions() {
    let mailbox = Mailbox::open().await;
    let app = app::start_with(mailbox.serves()).await;
    let mut ann = app.person("ann").await;
    let (mut laptop, _) = at_portal(&app, &ann, FIREFOX).await;
    let (mut phone, page) = at_portal(&app, &ann, PHONE).await;
    assert!(page.body.contains("href=\"/account/password\""));
    let page = phone.open(app.url("/account/password")).await;
    assert!(page.has("login"), "the present password comes first: {}", page.body);
    let page = phone.submit(&page, "login", &[("username", "ann"), ("password", &ann.password)]).await;
    assert!(page.has("change-password"), "the app was proved just now: {}", page.body);
    assert!(page.body.contains("everywhere else you are signed out"), "{}", page.body);
    let same = [("password", ann.password.as_str()), ("password_again", &ann.password)];
    assert!(phone.submit(&page, "change-password", &same).await.has("problem"));
    let page = phone.submit(&page, "change-password", &[("password", NEW), ("password_again", NEW)]).await;
    assert_eq!(page.url.path(), "/account", "{}", page.body);
    assert!(!is_signed_in(&app, &mut laptop).await, "R-SE-05");
    assert!(is_signed_in(&app, &mut phone).await);
    app.app.runner.run_due().await.unwrap();
    assert!(mailbox.mails().iter().any(|mail| mail.subject.contains("your password was changed")));
    let old = Person { ..ann.clone() };
    let mut again = Browser::new();
    let page = again.open(app.url("/sign-in")).await;
    let page = again.submit(&page, "login", &[("username", "ann"), ("password", &old.password)]).await;
    assert!(page.has("login"), "{}", page.body);
    ann.password = NEW.to_owned();
    at_portal(&app, &ann, PHONE).await;
}

/// An old session alone changes nothing: the strongest factor is proved again.
#[tokio::test]
async fn r_en_01_after_five_minutes_the_second_factor_is_asked_for_again() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
    app.pass(301);
    let page = browser.open(app.url("/account/password")).await;
    let page = browser.submit(&page, "login", &[("username", "ann"), ("password", &ann.password)]).await;
    assert!(page.has("factor"), "{}", page.body);
    let page = browser.submit(&page, "factor", &[("code", &ann.code(&app))]).await;
    assert!(page.has("change-password"), "{}", page.body);
}
