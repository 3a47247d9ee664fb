//! What is only looked at: the overview, and what happened lately (R-PO-02).

use super::{FIREFOX, at_portal};
use crate::support::app;
use crate::support::browser::Browser;

#[tokio::test]
async fn whoever_is_not_signed_in_signs_in_first_and_comes_back_to_the_page_that_was_asked_for() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    for path in ["/account", "/account/sessions", "/account/events", "/account/consents", "/account/profile"]
    {
        let mut browser = Browser::new();
        let page = browser.open(app.url(path)).await;
        assert!(page.has("login") && !page.body.contains("Lovelace"), "{path}: {}", page.body);
        app.pass(30);
        let page = browser.sign_in(&app, page, &ann).await;
        assert_eq!((page.url.path(), page.status.as_u16()), (path, 200), "{}", page.body);
        let current =
            page.all("nav a[aria-current=page]", |link| link.value().attr("href").unwrap().to_owned());
        assert_eq!(current, [path]);
        // A journey that has arrived is taken once, and an old address leads nowhere else.
        let resumed = browser.locations.iter().find(|to| to.contains("/account/resume/")).unwrap().clone();
        assert_eq!(browser.get(app.url(&resumed)).await.location().unwrap().path(), "/account");
    }
}

#[tokio::test]
async fn the_home_page_leads_to_the_portal_and_back() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let (mut browser, page) = at_portal(&app, &ann, FIREFOX).await;
    assert!(page.body.contains("Ada Byron Lovelace") && page.body.contains("ann@example.com"));
    assert!(page.body.contains("href=\"/\""));
    assert!(browser.open(app.url("/")).await.body.contains("href=\"/account\""));
}

/// R-CO-08: a person who is locked sees nothing.
#[tokio::test]
async fn r_co_08_the_portal_is_closed_to_whoever_may_not_be_served() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
    app.app.lifecycle.lock(&ann.id, keyward::audit::Actor::CommandLine).await.unwrap();
    let page = browser.open(app.url("/account/events")).await;
    assert!(page.has("login") && !page.body.contains("Lovelace"), "{}", page.body);
}

#[tokio::test]
async fn r_po_02_people_see_what_happened_to_their_account_and_nobody_elses() {
    let app = app::start().await;
    let (ann, bob) = (app.person("ann").await, app.person("bob").await);
    at_portal(&app, &bob, "curl/8").await;
    let mut stranger = Browser::new();
    let page = stranger.open(app.url("/sign-in")).await;
    stranger.submit(&page, "login", &[("username", "ann"), ("password", "wrong password 1")]).await;
    app.pass(86_400);
    let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
    let page = browser.open(app.url("/account/events")).await;
    let rows = page.all(".row", |row| row.text().collect::<String>());
    let row =
        |word: &str| rows.iter().find(|row| row.contains(word)).unwrap_or_else(|| panic!("{word}: {rows:?}"));
    let signed_in = row("Signed in");
    for said in ["Firefox", "Windows", "127.0.0.0/24", "2027-01-16"] {
        assert!(signed_in.contains(said), "{said}: {signed_in}");
    }
    row("A wrong password was typed");
    row("A second factor was added");
    assert!(!rows.iter().any(|row| row.contains("curl")), "Bob's: {rows:?}");
    assert!(!page.body.contains("127.0.0.1") && !page.body.contains("wrong password 1"));
    // What an administrator does to somebody else is not hers to see here.
    app.pass(91 * 86_400);
    let (mut later, _) = at_portal(&app, &ann, FIREFOX).await;
    let page = later.open(app.url("/account/events")).await;
    assert!(!page.body.contains("A wrong password was typed"), "older than ninety days");
}
