//! First factor and new password inside a sign-in (R-EN-01 to R-EN-04, R-PW-05 to R-PW-08).

use keyward::storage::Batch;

use super::{
    assert_offers_support, codes_of, enrol, error_of, is_signed_in, key_of, password_given, type_password,
};
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::people::{PASSWORD, Person};

const NEW: &str = "amber meadow 17 compass";

async fn invite(app: &TestApp, person: &Person) -> String {
    let mut batch = Batch::new();
    let link = app.app.invitations.issue(&mut batch, &person.id).await.unwrap();
    app.store().commit(batch).await.unwrap();
    app.url(&format!("/invitation/{}", link.expose()))
}

async fn must_change(app: &TestApp, person: &Person) {
    let user = app.app.users.by_id(&person.id).await.unwrap().unwrap().value;
    let mut batch = Batch::new();
    let (passwords, rules) = (&app.app.passwords, &app.app.password_rules());
    passwords.set(&user, &person.password, true, rules, &mut batch).await.unwrap();
    app.store().commit(batch).await.unwrap();
}

async fn choose(browser: &mut Browser, page: &Page, password: &str, again: &str) -> Page {
    browser.submit(page, "change-password", &[("password", password), ("password_again", again)]).await
}

#[tokio::test]
async fn r_en_02_r_en_03_inside_a_permitted_network_the_password_is_enough_to_enrol() {
    let app = app::start().await;
    let mut ann = app.person_without_factor("ann").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    let request = wiki.request();
    let page = browser.open(request.url()).await;
    let page = type_password(&mut browser, &page, &ann).await;
    let secret = key_of(&page);
    let again = browser.submit(&page, "enrol", &[("code", "000000")]).await;
    assert_eq!((again.status.as_u16(), key_of(&again)), (200, secret), "the key stays while it is open");
    assert!(again.has("problem"));
    assert!(browser.cookie(&app.issuer, super::SESSION).is_none(), "R-MF-05");
    let page = enrol(&app, &mut browser, &again, &mut ann).await;
    assert_eq!(codes_of(&page).len(), 10);
    let page = browser.submit(&page, "recovery-codes", &[]).await;
    assert!(page.has("problem"), "not confirmed as saved");
    assert!(browser.cookie(&app.issuer, super::SESSION).is_none());
    let page = browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    let signed_in = wiki.complete(&request, &page).await;
    assert_eq!(signed_in.claims["acr"], "urn:keyward:acr:mfa");
    assert_eq!(signed_in.claims["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
}

#[tokio::test]
async fn r_en_02_elsewhere_the_page_says_whom_to_ask_and_leads_back() {
    let app = app::start_with(|settings| settings.policy.first_enrolment_by_password.clear()).await;
    let ann = app.person_without_factor("ann").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &wiki, &ann).await;
    assert_eq!((page.status.as_u16(), page.title().as_str()), (403, "A second step is needed"));
    assert_offers_support(&page);
    let back = page.all("a.second", |link| link.value().attr("href").unwrap().to_owned());
    let page = browser.open(app.url(&back[0])).await;
    assert_eq!(error_of(&page), "access_denied");
    assert!(!is_signed_in(&mut browser, &wiki).await);
}

#[tokio::test]
async fn r_en_04_an_invitation_sets_password_and_factor_and_is_burned_when_it_begins() {
    let app = app::start_with(|settings| settings.policy.first_enrolment_by_password.clear()).await;
    let mut ann = app.person_without_factor("ann").await;
    let link = invite(&app, &ann).await;
    let mut browser = Browser::new();
    browser.get(&link).await;
    let page = browser.get(&link).await;
    assert_eq!(page.status, 200, "opening it changes nothing");
    let page = browser.submit(&page, "invitation", &[]).await;
    let mut scanner = Browser::new();
    assert_eq!(scanner.get(&link).await.status, 404, "burned at the beginning");
    assert_eq!(scanner.post_only(&link, &[("action", "begin")]).await.status, 404);
    let page = choose(&mut browser, &page, NEW, NEW).await;
    NEW.clone_into(&mut ann.password);
    let page = enrol(&app, &mut browser, &page, &mut ann).await;
    let page = browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    assert_eq!(page.url.path(), "/");
    assert!(page.body.contains("Ada Byron Lovelace"));
    let mut elsewhere = Browser::new();
    let wiki = app.application().await;
    app.pass(30);
    wiki.sign_in(&app, &mut elsewhere, &ann, wiki.request()).await;
}

#[tokio::test]
async fn r_en_04_only_the_newest_invitation_counts_for_a_day_and_until_a_factor_changes() {
    let app = app::start().await;
    let mut ann = app.person_without_factor("ann").await;
    let mut browser = Browser::new();
    let older = invite(&app, &ann).await;
    let newer = invite(&app, &ann).await;
    assert_eq!(browser.get(&older).await.status, 404);
    app.pass(86_399);
    assert_eq!(browser.get(&newer).await.status, 200);
    app.pass(1);
    let gone = browser.get(&newer).await;
    assert_eq!(gone.status, 404);
    assert_offers_support(&gone);
    let open = invite(&app, &ann).await;
    let wiki = app.application().await;
    let page = password_given(&mut browser, &wiki, &ann).await;
    enrol(&app, &mut browser, &page, &mut ann).await;
    assert_eq!(browser.get(&open).await.status, 404, "void after a factor change");
}

#[tokio::test]
async fn r_en_01_of_two_journeys_at_the_enrolment_one_enrols_and_the_other_needs_the_factor() {
    let app = app::start().await;
    let mut ann = app.person_without_factor("ann").await;
    let wiki = app.application().await;
    let (mut owner, mut thief) = (Browser::new(), Browser::new());
    let page = password_given(&mut owner, &wiki, &ann).await;
    let stolen = password_given(&mut thief, &wiki, &ann).await;
    enrol(&app, &mut owner, &page, &mut ann).await;
    let mut other = ann.clone();
    let page = enrol(&app, &mut thief, &stolen, &mut other).await;
    assert_eq!(page.status, 400, "the journey died with the change: {}", page.body);
    app.pass(30);
    let page = password_given(&mut thief, &wiki, &ann).await;
    let page = thief.submit(&page, "factor", &[("code", &other.code(&app))]).await;
    assert!(page.has("problem"), "the thief's app counts for nothing");
}

#[tokio::test]
async fn r_pw_08_a_password_to_change_keeps_the_rules_and_ends_other_sessions() {
    let app = app::start().await;
    let mut ann = app.person("ann").await;
    let wiki = app.application().await;
    let (mut first, mut second) = (Browser::new(), Browser::new());
    wiki.sign_in(&app, &mut first, &ann, wiki.request()).await;
    must_change(&app, &ann).await;
    app.pass(30);
    let page = password_given(&mut second, &wiki, &ann).await;
    let page = second.submit(&page, "factor", &[("code", &ann.code(&app))]).await;
    let bad = [("short", "short"), (NEW, PASSWORD), (PASSWORD, PASSWORD), ("password1234", "password1234")];
    for (password, again) in bad.into_iter().chain([("ann@example.com", "ann@example.com")]) {
        let answer = choose(&mut second, &page, password, again).await;
        assert!(answer.has("change-password") && answer.has("problem"), "{password} was taken");
    }
    let page = choose(&mut second, &page, NEW, NEW).await;
    assert!(page.arrival().unwrap().get("code").is_some());
    assert!(!is_signed_in(&mut first, &wiki).await, "R-SE-05");
    assert!(is_signed_in(&mut second, &wiki).await);
    let page = password_given(&mut first, &wiki, &ann).await;
    assert!(page.has("login") && page.has("problem"), "the old one is dead");
    NEW.clone_into(&mut ann.password);
    assert!(password_given(&mut first, &wiki, &ann).await.has("factor"));
}

/// R-AZ-17: what was proved by a password that was changed since proves nothing any more.
#[tokio::test]
async fn r_pw_08_who_knew_only_the_old_password_can_neither_go_on_nor_set_another() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    must_change(&app, &ann).await;
    let (mut owner, mut thief) = (Browser::new(), Browser::new());
    let mut pages = Vec::new();
    for browser in [&mut owner, &mut thief] {
        let page = password_given(browser, &wiki, &ann).await;
        pages.push(browser.submit(&page, "factor", &[("code", &ann.code(&app))]).await);
        app.pass(30);
    }
    choose(&mut owner, &pages[0], NEW, NEW).await;
    app.pass(1);
    let page = choose(&mut thief, &pages[1], "thistle quarry 88 ribbon", "thistle quarry 88 ribbon").await;
    assert_eq!(page.status, 400, "the journey died with the change: {}", page.body);
    let owner = Person { password: NEW.to_owned(), ..ann };
    let page = password_given(&mut Browser::new(), &wiki, &owner).await;
    assert!(page.has("factor"), "the owner's password stands");
}
