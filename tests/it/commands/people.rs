//! Acts on a person: what ends with them, and what the person can still do.

use keyward::commands::Reason;
use keyward::commands::user::{Delete, Invite, List, Lock, ResetFactor, Show, Unlock};
use keyward::storage::Batch;
use keyward::users::profile::Username;
use keyward::users::{NewUser, State};

use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::people::{Person, code_of};

fn lock(user: &str) -> Lock {
    Lock { user: user.to_owned() }
}

fn delete(user: &str) -> Delete {
    Delete { user: user.to_owned() }
}

fn show(user: &str) -> Show {
    Show { user: user.to_owned() }
}

async fn administer(app: &TestApp, person: &Person) {
    let mut batch = Batch::new();
    app.app.users.make_administrator(&mut batch, &person.id).await.unwrap();
    assert!(app.store().commit(batch).await.unwrap().is_done());
}

async fn follow(browser: &mut Browser, link: &str) -> Page {
    let page = browser.get(link).await;
    browser.submit(&page, "invitation", &[]).await
}

#[tokio::test]
async fn a_locked_person_is_out_everywhere_at_once_until_unlocked() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    let signed_in = wiki.sign_in(&app, &mut browser, &ann, wiki.request()).await;
    let link = app.perform(Invite { user: "ann".to_owned() }).await.unwrap().link;
    assert_eq!(app.perform(lock("ANN@example.com")).await.unwrap().state, "locked");
    assert_eq!(wiki.userinfo(&signed_in.access_token()).await.status, 401);
    assert!(browser.open(wiki.request().url()).await.has("login"));
    assert_eq!(browser.get(link.expose()).await.status, 404, "links are void");
    assert_eq!(app.perform(show("ann")).await.unwrap().sessions, 0);
    assert_eq!(app.perform(Invite { user: "ann".to_owned() }).await.unwrap_err().reason, Reason::Rule);
    assert_eq!(app.perform(Unlock { user: "ann".to_owned() }).await.unwrap().state, "active");
    app.pass(30);
    wiki.sign_in(&app, &mut Browser::new(), &ann, wiki.request()).await;
    assert_eq!(app.acts().await, ["invitation_issued", "user_locked", "user_unlocked"]);
}

#[tokio::test]
async fn a_deleted_person_leaves_nothing_but_the_reserved_name() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    wiki.sign_in(&app, &mut Browser::new(), &ann, wiki.request()).await;
    assert_eq!(app.perform(delete("ann")).await.unwrap().id, ann.id);
    assert_eq!(app.perform(show("ann")).await.unwrap_err().reason, Reason::Absent);
    for kind in
        ["user", "password", "factor_totp", "factor_recovery_codes", "session", "user-session", "consent"]
    {
        let left = app.store().scan(&keyward::storage::Key::prefix(kind, &[]), None, 10).await.unwrap();
        assert!(left.is_empty(), "{kind} is left");
    }
    let again = NewUser::named(Username::new("ann").unwrap());
    assert!(app.app.users.create(again, Batch::new()).await.is_err(), "R-ID-04");
    assert_eq!(app.acts().await, ["factor_removed", "user_deleted"]);
}

#[tokio::test]
async fn r_rc_08_a_reset_takes_all_factors_and_the_link_sets_up_a_new_one_after_the_password() {
    let app = app::start_with(|settings| settings.policy.first_enrolment_by_password.clear()).await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    wiki.sign_in(&app, &mut browser, &ann, wiki.request()).await;
    let link = app.perform(ResetFactor { user: "ann".to_owned() }).await.unwrap().link;
    assert!(app.perform(show("ann")).await.unwrap().factors.is_empty());
    assert!(browser.open(wiki.request().url()).await.has("login"), "the session has ended");
    let mut thief = Browser::new();
    let page = follow(&mut thief, link.expose()).await;
    assert!(page.has("login"), "R-EN-04: the link is no proof of the password: {}", page.body);
    assert_eq!(browser.get(link.expose()).await.status, 404, "burned at the beginning");
    let link = app.perform(ResetFactor { user: "ann".to_owned() }).await.unwrap().link;
    let page = follow(&mut browser, link.expose()).await;
    let fill = [("username", "ann"), ("password", ann.password.as_str())];
    let page = browser.submit(&page, "login", &fill).await;
    let groups = page.all(".secret span", |span| span.text().collect::<String>());
    let secret = totp_rs::Secret::try_from_base32(groups.concat()).unwrap();
    let page = browser.submit(&page, "enrol", &[("code", &code_of(secret.as_bytes(), app.now()))]).await;
    let page = browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    assert_eq!(page.url.path(), "/");
    assert_eq!(app.acts().await.iter().filter(|act| *act == "factors_reset").count(), 2);
}

#[tokio::test]
async fn a_reset_link_is_for_nobody_else() {
    let app = app::start_with(|settings| settings.policy.first_enrolment_by_password.clear()).await;
    app.person("ann").await;
    let bob = app.person_without_factor("bob").await;
    let link = app.perform(ResetFactor { user: "ann".to_owned() }).await.unwrap().link;
    let mut browser = Browser::new();
    let page = follow(&mut browser, link.expose()).await;
    let fill = [("username", "bob"), ("password", bob.password.as_str())];
    let page = browser.submit(&page, "login", &fill).await;
    assert!(!page.has("enrol") && page.all(".secret span", |_| ()).is_empty(), "{}", page.body);
}

#[tokio::test]
async fn who_has_no_password_is_invited_not_reset() {
    let app = app::start().await;
    let new = NewUser::named(Username::new("ann").unwrap());
    app.app.users.create(new, Batch::new()).await.unwrap();
    let refused = app.perform(ResetFactor { user: "ann".to_owned() }).await.unwrap_err();
    assert!(refused.sentence.contains("keyward user invite ann"), "{refused}");
}

#[tokio::test]
async fn r_ad_12_the_last_administrator_is_neither_locked_nor_deleted() {
    let app = app::start().await;
    let (ann, bob) = (app.person("ann").await, app.person("bob").await);
    administer(&app, &ann).await;
    for refused in
        [app.perform(lock("ann")).await.unwrap_err(), app.perform(delete("ann")).await.unwrap_err()]
    {
        assert!(refused.sentence.contains("last administrator"), "{refused}");
    }
    administer(&app, &bob).await;
    app.app.users.set_state(&bob.id, State::Disabled, Batch::new()).await.unwrap();
    assert!(app.perform(delete("ann")).await.is_err(), "who may not sign in does not count");
    app.perform(Unlock { user: "bob".to_owned() }).await.unwrap();
    let (one, other) = tokio::join!(app.perform(lock("ann")), app.perform(lock("bob")));
    assert_eq!(one.is_ok() as u8 + other.is_ok() as u8, 1, "two at one moment");
}

#[tokio::test]
async fn people_are_listed_in_pages_without_a_secret() {
    let app = app::start().await;
    for number in 0..1001 {
        let new = NewUser::named(Username::new(format!("person{number}")).unwrap());
        app.app.users.create(new, Batch::new()).await.unwrap();
    }
    let first = app.perform(List::default()).await.unwrap();
    let second = app.perform(List { after: first.next.clone(), group: None }).await.unwrap();
    assert_eq!((first.people.len(), second.people.len(), second.next), (1000, 1, None));
    let ann = app.person("ann").await;
    let shown = serde_json::to_string(&app.perform(show("ann")).await.unwrap()).unwrap();
    assert!(!shown.contains("hash") && !shown.contains("secret") && shown.contains(ann.id.as_str()));
}
