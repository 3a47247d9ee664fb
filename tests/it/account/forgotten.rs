//! Forgotten passwords (R-RC-01 to R-RC-03, R-RC-07).

use keyward::audit::Actor;
use keyward::storage::{Batch, Key};

use super::{FIREFOX, at_portal, is_signed_in};
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::mailbox::Mailbox;
use crate::support::page::Page;
use crate::support::people::Person;

const NEW: &str = "amber meadow 17 compass";

struct World {
    app: TestApp,
    mailbox: Mailbox,
}

async fn world() -> World {
    let mailbox = Mailbox::open().await;
    let serves = mailbox.serves();
    let app = app::start_with(|settings| {
        serves(settings);
        settings.policy.first_enrolment_by_password = Vec::new();
    })
    .await;
    World { app, mailbox }
}

impl World {
    /// Asks from the sign-in page; answers the page after it.
    async fn ask(&self, browser: &mut Browser, name: &str) -> Page {
        let page = browser.open(self.app.url("/sign-in")).await;
        assert!(page.body.contains("href=\"/forgotten-password\""), "{}", page.body);
        let page = browser.open(self.app.url("/forgotten-password")).await;
        browser.submit(&page, "forgotten", &[("username", name)]).await
    }

    /// The links that arrived, oldest first.
    async fn links(&self) -> Vec<String> {
        self.app.app.runner.run_due().await.unwrap();
        let start = format!("{}/new-password/", self.app.issuer);
        let link =
            |text: &str| text.split_whitespace().find(|word| word.starts_with(&start)).map(str::to_owned);
        self.mailbox.mails().iter().filter_map(|mail| link(&mail.text)).collect()
    }

    /// A fresh link for `ann`, in a browser of hers.
    async fn link(&self) -> (Browser, String) {
        let mut browser = Browser::new();
        self.ask(&mut browser, "ann").await;
        (browser, self.links().await.pop().expect("no link arrived"))
    }

    async fn jobs(&self) -> usize {
        self.app.store().scan(&Key::prefix("job", &[]), None, 100).await.unwrap().len()
    }
}

async fn choose(browser: &mut Browser, page: &Page) -> Page {
    browser.submit(page, "change-password", &[("password", NEW), ("password_again", NEW)]).await
}

async fn log_in(app: &TestApp, browser: &mut Browser, person: &Person, password: &str) -> Page {
    let page = browser.open(app.url("/sign-in")).await;
    browser.submit(&page, "login", &[("username", &person.username), ("password", password)]).await
}

#[tokio::test]
async fn r_rc_01_a_mailed_link_sets_the_password_once_and_signs_nobody_in() {
    let world = world().await;
    let app = &world.app;
    let ann = app.person("ann").await;
    let (mut laptop, _) = at_portal(app, &ann, FIREFOX).await;
    let (mut browser, link) = world.link().await;
    let mail = world.mailbox.mails().pop().unwrap();
    assert_eq!(mail.recipients, ["ann@example.com"]);
    assert!(mail.text.contains("for 30 minutes") && mail.text.contains("127.0.0.0/24"), "{}", mail.text);
    // Scanners open links: looking changes nothing.
    browser.open(&link).await;
    let page = browser.open(&link).await;
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    let weak = [("password", "password1"), ("password_again", "password1")];
    assert!(
        browser.submit(&page, "change-password", &weak).await.has("problem"),
        "the link is not used up by it"
    );
    let done = choose(&mut browser, &page).await;
    assert!(done.body.contains("Your password is changed"), "{}", done.body);
    assert!(browser.cookie(&app.issuer, "__Host-keyward-session").is_none(), "nobody is signed in");
    assert!(!is_signed_in(app, &mut laptop).await, "R-SE-05");
    assert_eq!(browser.open(&link).await.status, 404);
    assert_eq!(choose(&mut browser, &page).await.status, 404, "R-RC-03: once");
    app.app.runner.run_due().await.unwrap();
    assert!(world.mailbox.mails().iter().any(|mail| mail.subject.contains("your password was changed")));
    assert!(log_in(app, &mut browser, &ann, &ann.password).await.has("login"), "the old one is dead");
    assert!(log_in(app, &mut browser, &ann, NEW).await.has("factor"), "and no factor is skipped");
}

/// R-RC-02: page and work are the same, whoever is asked for.
#[tokio::test]
async fn r_rc_02_nobody_learns_who_has_an_account() {
    let world = world().await;
    let ann = world.app.person("ann").await;
    let locked = world.app.person("bob").await;
    world.app.app.lifecycle.lock(&locked.id, Actor::CommandLine).await.unwrap();
    world.app.app.runner.run_due().await.unwrap();
    let mut browser = Browser::new();
    let mut seen = Vec::new();
    for name in ["ann", "nobody", "bob"] {
        let before = world.jobs().await;
        let page = world.ask(&mut browser, name).await;
        assert_eq!(page.status, 200);
        let nonce = page.all("script[nonce]", |script| script.value().attr("nonce").unwrap().to_owned());
        seen.push((page.body.replace(&nonce[0], ""), world.jobs().await - before));
    }
    assert_eq!(seen[0].1, 1);
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    assert_eq!(world.links().await.len(), 1, "only Ann gets a link");
    let fourth = world.ask(&mut browser, ann.username.as_str()).await;
    assert_eq!(fourth.status, 429, "three an hour from one network, whatever name");
    world.app.pass(3600);
    assert_eq!(world.ask(&mut browser, "nobody").await.status, 200);
}

#[tokio::test]
async fn r_rc_02_one_person_gets_three_links_an_hour_wherever_they_are_asked_for() {
    let mailbox = Mailbox::open().await;
    let serves = mailbox.serves();
    let app = app::start_with(|settings| {
        serves(settings);
        settings.proxies.trusted.push("127.0.0.1/32".parse().unwrap());
    })
    .await;
    let world = World { app, mailbox };
    world.app.person("ann").await;
    for place in 1..=5 {
        let mut browser = Browser::new();
        browser.headers.insert("x-forwarded-for", format!("192.0.2.{place}").parse().unwrap());
        assert_eq!(world.ask(&mut browser, "ann").await.status, 200, "nobody is told");
        // A link that a newer one has voided would not be mailed.
        assert_eq!(world.links().await.len(), place.min(3));
    }
    assert!(world.app.events().await.iter().any(|event| event["reason"] == "password_reset"));
}

#[tokio::test]
async fn r_rc_03_a_link_works_only_in_the_browser_that_asked() {
    let world = world().await;
    let ann = world.app.person("ann").await;
    let (mut browser, link) = world.link().await;
    for mut other in [Browser::new(), {
        let mut one = Browser::new();
        one.open(world.app.url("/sign-in")).await;
        one
    }] {
        let page = other.open(&link).await;
        assert_eq!(page.status, 400);
        assert!(page.body.contains("other browser") && !page.has("change-password"), "{}", page.body);
    }
    let page = browser.open(&link).await;
    let form = page.form("change-password");
    let mut fields = form.fields.clone();
    fields.retain(|(name, _)| name == "form_token");
    fields.extend([("password", NEW), ("password_again", NEW)].map(|(n, v)| (n.to_owned(), v.to_owned())));
    let posted = Browser::new().send(reqwest::Method::POST, form.action.as_str(), Some(&fields)).await;
    assert_eq!(posted.status, 400, "{}", posted.body);
    assert!(log_in(&world.app, &mut browser, &ann, &ann.password).await.has("factor"), "unchanged");
}

#[tokio::test]
async fn r_rc_03_a_newer_link_a_change_a_lock_and_half_an_hour_void_a_link() {
    let world = world().await;
    let app = &world.app;
    let ann = app.person("ann").await;
    let (mut first, old) = world.link().await;
    let (mut second, newer) = world.link().await;
    assert_eq!(first.open(&old).await.status, 404, "a newer one");
    assert_eq!(second.open(&newer).await.status, 200);
    let mut batch = Batch::new();
    let origin = keyward::audit::Origin::default();
    app.app.lifecycle.password_set(&mut batch, &ann.id, None, &origin).await.unwrap();
    assert!(app.store().commit(batch).await.unwrap().is_done());
    assert_eq!(second.open(&newer).await.status, 404, "the password was changed otherwise");
    app.pass(3600);
    let (mut third, link) = world.link().await;
    app.pass(1800);
    assert_eq!(third.open(&link).await.status, 404, "half an hour");
    app.pass(3600);
    let (mut fourth, link) = world.link().await;
    app.app.lifecycle.lock(&ann.id, Actor::CommandLine).await.unwrap();
    app.app.lifecycle.unlock(&ann.id, Actor::CommandLine).await.unwrap();
    assert_eq!(fourth.open(&link).await.status, 404, "locked meanwhile");
}

/// Of many requests at once one sets the password.
#[tokio::test]
async fn r_rc_03_a_link_is_spent_by_one_of_many() {
    let world = world().await;
    world.app.person("ann").await;
    let (mut browser, link) = world.link().await;
    let page = browser.open(&link).await;
    let tries = (0..6).map(|number| {
        let (mut browser, page) = (browser.clone(), page.clone());
        let password = format!("amber meadow {number} compass");
        async move {
            let fill = [("password", password.as_str()), ("password_again", &password)];
            browser.submit(&page, "change-password", &fill).await.status
        }
    });
    let statuses = futures_util::future::join_all(tries).await;
    assert_eq!(statuses.iter().filter(|status| status.as_u16() == 200).count(), 1, "{statuses:?}");
}

#[tokio::test]
async fn without_a_mail_server_nothing_is_offered() {
    let app = app::start().await;
    let mut browser = Browser::new();
    assert!(!browser.open(app.url("/sign-in")).await.body.contains("forgotten-password"));
    assert_eq!(browser.open(app.url("/forgotten-password")).await.status, 404);
}

/// R-RC-07: mailbox and mailbox are one factor, until an administrator vouches.
#[tokio::test]
async fn r_rc_07_after_a_reset_by_mail_a_code_by_mail_is_no_second_factor() {
    let world = world().await;
    let app = &world.app;
    let ann = app.person_without_factor("ann").await;
    let mut browser = Browser::new();
    assert!(log_in(app, &mut browser, &ann, &ann.password).await.has("factor"), "a code by mail would do");
    let (mut browser, link) = world.link().await;
    let page = browser.open(&link).await;
    choose(&mut browser, &page).await;
    let page = log_in(app, &mut browser, &ann, NEW).await;
    assert_eq!(page.status, 403, "{}", page.body);
    let mut batch = Batch::new();
    let invitation = app.app.invitations.issue(&mut batch, &ann.id).await.unwrap();
    assert!(app.store().commit(batch).await.unwrap().is_done());
    let page = browser.open(app.url(&format!("/invitation/{}", invitation.expose()))).await;
    let page = browser.submit(&page, "invitation", &[]).await;
    let own = "quiet river 93 walnut";
    browser.submit(&page, "change-password", &[("password", own), ("password_again", own)]).await;
    let mut later = Browser::new();
    assert!(log_in(app, &mut later, &ann, own).await.has("factor"), "an administrator vouched");
}

/// R-RC-07: another factor that was proved confirms it as well.
#[tokio::test]
async fn r_rc_07_another_factor_confirms_a_password_by_mail() {
    use keyward::users::password_by_mail::since;
    let world = world().await;
    let app = &world.app;
    let ann = app.person("ann").await;
    let (mut browser, link) = world.link().await;
    let page = browser.open(&link).await;
    choose(&mut browser, &page).await;
    assert!(since(app.store(), &ann.id).await.unwrap().is_some());
    let page = log_in(app, &mut browser, &ann, NEW).await;
    browser.submit(&page, "factor", &[("code", &ann.code(app))]).await;
    assert!(since(app.store(), &ann.id).await.unwrap().is_none());
}
