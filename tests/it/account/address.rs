//! A change of the mail address by its person (R-PO-01, R-MF-08).

use super::{FIREFOX, PHONE, at_portal, is_refused_from_elsewhere, is_signed_in};
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::mailbox::Mailbox;
use crate::support::page::Page;
use crate::support::people::Person;

struct World {
    app: TestApp,
    mailbox: Mailbox,
    ann: Person,
}

impl World {
    async fn new() -> Self {
        let mailbox = Mailbox::open().await;
        let app = app::start_with(mailbox.serves()).await;
        let ann = app.person("ann").await;
        app.app.runner.run_due().await.unwrap();
        Self { app, mailbox, ann }
    }

    /// The newest link to `path` in a mail to `recipient`.
    async fn link(&self, path: &str, recipient: &str) -> Option<String> {
        self.app.app.runner.run_due().await.unwrap();
        let start = format!("{}{path}", self.app.issuer);
        let mails = self.mailbox.mails();
        let mine = mails.iter().rev().filter(|mail| mail.recipients == [recipient]);
        mine.filter_map(|mail| mail.text.split_whitespace().find(|word| word.starts_with(&start)))
            .map(str::to_owned)
            .next()
    }

    async fn ask(&self, browser: &mut Browser, address: &str) -> Page {
        let page = browser.open(self.app.url("/account/mail")).await;
        browser.submit(&page, "mail", &[("address", address)]).await
    }

    /// Asked for and confirmed.
    async fn change(&self, browser: &mut Browser, address: &str) -> Page {
        self.ask(browser, address).await;
        let link = self.link("/account/mail/confirm/", address).await.expect("no link arrived");
        let page = browser.open(&link).await;
        browser.submit(&page, "address", &[]).await
    }

    async fn address(&self) -> String {
        let user = self.app.app.users.by_id(&self.ann.id).await.unwrap().unwrap().value;
        user.profile.mail.unwrap().address.as_str().to_owned()
    }

    async fn takes_codes(&self) -> bool {
        let user = self.app.app.users.by_id(&self.ann.id).await.unwrap().unwrap().value;
        self.app.app.mail_codes.serves(&user).await.unwrap()
    }
}

#[tokio::test]
async fn r_po_01_a_new_address_counts_once_its_link_was_opened_and_both_are_told() {
    let world = World::new().await;
    let app = &world.app;
    let (mut browser, _) = at_portal(app, &world.ann, FIREFOX).await;
    let page = browser.open(app.url("/account/mail")).await;
    is_refused_from_elsewhere(&mut browser, &page, "mail", ("address", "eve@example.net")).await;
    let page = world.ask(&mut browser, "no address").await;
    assert!(page.has("problem"), "{}", page.body);
    let page = world.ask(&mut browser, "ada@example.net").await;
    assert!(page.body.contains("A link was sent to ada@example.net"), "{}", page.body);
    assert_eq!(world.address().await, "ann@example.com");
    assert!(world.takes_codes().await, "the old one stays valid until then");
    let link = world.link("/account/mail/confirm/", "ada@example.net").await.unwrap();
    assert!(Browser::new().open(&link).await.has("login"), "only whoever is signed in");
    let bob = app.person("bob").await;
    let (mut bobs, _) = at_portal(app, &bob, PHONE).await;
    assert_eq!(bobs.open(&link).await.status, 404, "another person's link is nobody's");
    let page = browser.open(&link).await;
    assert_eq!(world.address().await, "ann@example.com", "looking changes nothing");
    let done = browser.submit(&page, "address", &[]).await;
    assert_eq!(done.url.path(), "/account/mail");
    assert_eq!(world.address().await, "ada@example.net");
    assert!(!world.takes_codes().await, "R-MF-08: not for a day");
    assert_eq!(browser.submit(&page, "address", &[]).await.status, 404, "once");
    app.app.runner.run_due().await.unwrap();
    let subjects = |to: &str| -> Vec<String> {
        let mails = world.mailbox.mails();
        mails.iter().filter(|mail| mail.recipients == [to]).map(|mail| mail.subject.clone()).collect()
    };
    assert!(subjects("ada@example.net").iter().any(|subject| subject.contains("was changed")));
    assert!(subjects("ann@example.com").iter().any(|subject| subject.contains("was changed")));
    let mail =
        world.mailbox.mails().into_iter().rev().find(|mail| mail.recipients == ["ann@example.com"]).unwrap();
    assert!(mail.text.contains("for 72 hours") && mail.text.contains("ada@example.net"), "{}", mail.text);
    app.pass(24 * 3600 + 1);
    assert!(world.takes_codes().await);
}

#[tokio::test]
async fn r_po_01_the_strongest_proof_is_asked_again_after_five_minutes() {
    let world = World::new().await;
    let (mut browser, _) = at_portal(&world.app, &world.ann, FIREFOX).await;
    world.app.pass(301);
    let page = world.ask(&mut browser, "ada@example.net").await;
    assert!(page.has("login"), "{}", page.body);
    assert_eq!(world.link("/account/mail/confirm/", "ada@example.net").await, None);
    let page = browser.sign_in(&world.app, page, &world.ann).await;
    assert_eq!(page.url.path(), "/account/mail", "{}", page.body);
    let page = world.ask(&mut browser, "ada@example.net").await;
    assert!(page.body.contains("A link was sent"), "{}", page.body);
}

/// Nobody learns by it whose address that is.
#[tokio::test]
async fn an_address_of_somebody_else_is_answered_like_any_other_and_cannot_be_taken() {
    let world = World::new().await;
    world.app.person("bob").await;
    let (mut browser, _) = at_portal(&world.app, &world.ann, FIREFOX).await;
    let page = world.ask(&mut browser, "bob@example.com").await;
    assert!(page.body.contains("A link was sent to bob@example.com"), "{}", page.body);
    let link = world.link("/account/mail/confirm/", "bob@example.com").await.unwrap();
    let page = browser.open(&link).await;
    let page = browser.submit(&page, "address", &[]).await;
    assert!(page.has("problem"), "{}", page.body);
    assert_eq!(world.address().await, "ann@example.com");
}

#[tokio::test]
async fn r_po_01_the_former_address_undoes_it_for_72_hours_whatever_was_changed_since() {
    let world = World::new().await;
    let app = &world.app;
    let (mut thief, _) = at_portal(app, &world.ann, PHONE).await;
    world.change(&mut thief, "thief@example.net").await;
    let undo = world.link("/former-address/", "ann@example.com").await.unwrap();
    app.pass(60);
    world.change(&mut thief, "other@example.net").await;
    let thiefs = world.link("/former-address/", "thief@example.net").await.unwrap();
    app.pass(71 * 3600);
    // Nobody need be signed in: the thief may have changed the password too.
    let (mut thief, _) = at_portal(app, &world.ann, PHONE).await;
    let mut owner = Browser::new();
    let page = owner.open(&undo).await;
    assert!(page.body.contains("ann@example.com"), "{}", page.body);
    assert_eq!(world.address().await, "other@example.net", "looking changes nothing");
    let done = owner.submit(&page, "address", &[]).await;
    assert!(done.body.contains("Your former address is back"), "{}", done.body);
    assert_eq!(world.address().await, "ann@example.com");
    assert!(world.takes_codes().await, "it was trusted before");
    assert!(!is_signed_in(app, &mut thief).await);
    assert_eq!(owner.open(&undo).await.status, 404, "once");
    assert_eq!(thief.open(&thiefs).await.status, 404, "who had it since has no say");
    assert_eq!(world.address().await, "ann@example.com");
}

#[tokio::test]
async fn r_po_01_after_72_hours_a_change_stands() {
    let world = World::new().await;
    let (mut browser, _) = at_portal(&world.app, &world.ann, FIREFOX).await;
    world.change(&mut browser, "ada@example.net").await;
    let undo = world.link("/former-address/", "ann@example.com").await.unwrap();
    world.app.pass(72 * 3600 + 1);
    assert_eq!(Browser::new().open(&undo).await.status, 404);
}

#[tokio::test]
async fn links_to_new_addresses_are_limited_to_five_a_day() {
    let world = World::new().await;
    let (mut browser, _) = at_portal(&world.app, &world.ann, FIREFOX).await;
    for number in 0..5 {
        assert_eq!(world.ask(&mut browser, &format!("ada{number}@example.net")).await.status, 200);
    }
    assert_eq!(world.ask(&mut browser, "ada9@example.net").await.status, 429);
}

#[tokio::test]
async fn without_a_mail_server_only_an_administrator_changes_an_address() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
    let page = browser.open(app.url("/account/mail")).await;
    assert!(!page.has("mail") && page.body.contains("administrator"), "{}", page.body);
}
