//! The set-up link (R-AD-08): one link, one first administrator, then the door is closed for ever.

use keyward::audit::Actor;
use keyward::commands::{Administrator, Request};
use keyward::users::User;

use super::{codes_of, enrol};
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::people::{PASSWORD, Person};

async fn offer(app: &TestApp) -> String {
    let link = app.app.first_administrator.offer(Actor::CommandLine).await.unwrap().unwrap();
    app.url(&format!("/set-up/{}", link.expose()))
}

async fn introduce(browser: &mut Browser, page: &Page, name: &str, password: &str) -> Page {
    let mail = format!("{name}@example.com");
    let fill = [
        ("username", name),
        ("name", "Ada Okafor"),
        ("email", &mail),
        ("password", password),
        ("password_again", password),
    ];
    browser.submit(page, "set-up", &fill).await
}

async fn people(app: &TestApp) -> Vec<User> {
    app.app.users.list(None, 100).await.unwrap()
}

#[tokio::test]
async fn r_ad_08_the_link_makes_one_administrator_who_enrols_a_factor_and_is_in() {
    let app = app::start_with(|settings| settings.policy.first_enrolment_by_password.clear()).await;
    let link = offer(&app).await;
    let mut browser = Browser::new();
    browser.get(&link).await;
    let page = browser.get(&link).await;
    assert_eq!(page.status, 200, "opening it changes nothing");
    let page = introduce(&mut browser, &page, "ada", PASSWORD).await;
    let user = people(&app).await.pop().unwrap();
    let mut ada = Person {
        id: user.id.clone(),
        username: "ada".to_owned(),
        password: PASSWORD.to_owned(),
        secret: None,
    };
    assert!(app.app.users.administrators().await.unwrap().contains(&user.id));
    let page = enrol(&app, &mut browser, &page, &mut ada).await;
    assert_eq!(codes_of(&page).len(), 10);
    let page = browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    assert_eq!(page.url.path(), "/", "{}", page.body);
    assert_eq!(Browser::new().get(&link).await.status, 404, "spent");
    assert!(
        app.app.first_administrator.offer(Actor::CommandLine).await.unwrap().is_none(),
        "closed for ever"
    );
    let again = Request { command: "setup".to_owned(), arguments: serde_json::json!({}) };
    let refused = app.app.commands().perform(Administrator::Operator, again).await.unwrap_err();
    assert!(refused.sentence.contains("keyward administrator add"), "{refused}");
}

#[tokio::test]
async fn r_ad_08_of_32_at_once_one_becomes_the_administrator() {
    let app = app::start().await;
    let link = offer(&app).await;
    let mut callers = Vec::new();
    for number in 0..32 {
        let mut browser = Browser::new();
        let page = browser.get(&link).await;
        callers
            .push(async move { introduce(&mut browser, &page, &format!("caller{number}"), PASSWORD).await });
    }
    let pages = futures_util::future::join_all(callers).await;
    let winners = pages.iter().filter(|page| page.has("enrol")).count();
    let losers = pages.iter().filter(|page| page.status == 404 || page.status == 503).count();
    assert_eq!((winners, losers), (1, 31));
    assert_eq!(people(&app).await.len(), 1, "who lost left nothing behind");
    assert_eq!(app.app.users.administrators().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_typed_wrong_is_said_and_spends_nothing() {
    let app = app::start().await;
    app.person("bob").await;
    let link = offer(&app).await;
    let mut browser = Browser::new();
    let page = browser.get(&link).await;
    for (name, password) in [("a<b", PASSWORD), ("bob", PASSWORD), ("ada", "short"), ("ada", "password")] {
        let again = introduce(&mut browser, &page, name, password).await;
        assert!(again.has("set-up") && again.has("problem"), "{name} {password}: {}", again.body);
        let sent_back = format!("value=\"{password}\"");
        assert!(!again.body.contains(&sent_back), "a password is never sent back");
    }
    let forged = browser.post_only(&link, &[("username", "eve")]).await;
    assert_ne!(forged.status, 200, "a form without its token");
    assert_eq!(people(&app).await.len(), 1);
    let page = introduce(&mut browser, &page, "ada", PASSWORD).await;
    assert!(page.has("enrol"), "{}", page.body);
}

#[tokio::test]
async fn only_the_newest_link_counts_for_a_day_and_none_beside_an_administrator() {
    let app = app::start().await;
    let older = offer(&app).await;
    let newer = offer(&app).await;
    let mut browser = Browser::new();
    assert_eq!(browser.get(&older).await.status, 404);
    let open = browser.get(&newer).await;
    assert_eq!(open.status, 200);
    app.pass(86_400);
    assert_eq!(browser.get(&newer).await.status, 404);
    let link = offer(&app).await;
    let page = browser.get(&link).await;
    app.person("bob").await;
    let by_hand =
        Request { command: "administrator.add".to_owned(), arguments: serde_json::json!({"user": "bob"}) };
    app.app.commands().perform(Administrator::Operator, by_hand).await.unwrap();
    let late = introduce(&mut browser, &page, "eve", PASSWORD).await;
    assert!(!late.has("enrol"), "{}", late.body);
    assert_eq!(people(&app).await.len(), 1);
}
