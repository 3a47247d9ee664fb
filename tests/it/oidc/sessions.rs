//! Sessions and cookies (R-SE-01 to R-SE-06, R-SE-11, R-SE-12).

use super::{World, refused_page};
use crate::support::browser::Browser;

const SESSION: &str = "__Host-keyward-session";
const BROWSER: &str = "__Host-keyward-browser";

impl World {
    fn cookie(&self, name: &str) -> String {
        self.browser.cookie(&self.app.issuer, name).unwrap().to_owned()
    }

    fn plant(&mut self, name: &str, value: &str) {
        let issuer = self.app.issuer.clone();
        self.browser.plant(&issuer, name, value);
    }

    async fn silently(&mut self, error: &str) {
        let request = self.wiki.request().with("prompt", "none");
        self.redirected_error(&request, error).await;
    }
}

/// R-SE-01: every cookie has all the marks, and says nothing.
#[tokio::test]
async fn r_se_01_cookies_have_all_their_marks() {
    let (world, _) = World::signed_in().await;
    assert!(world.browser.set_cookies.len() >= 2);
    for line in &world.browser.set_cookies {
        let (pair, attributes) = line.split_once("; ").unwrap();
        assert!(pair.starts_with("__Host-"), "{line}");
        assert!(pair.split_once('=').unwrap().1.len() <= 128);
        let attributes: Vec<_> = attributes.split("; ").collect();
        for mark in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(attributes.contains(&mark), "{line}");
        }
        assert!(!line.contains("Domain"), "{line}");
        assert!(!line.contains("ada"), "{line}");
    }
}

/// R-SE-02: the secret changes when a person proves something anew, and the former one is dead.
#[tokio::test]
async fn r_se_02_a_new_proof_changes_the_secret_and_kills_the_former() {
    let (mut world, _) = World::signed_in().await;
    let (before, thief) = (world.cookie(SESSION), world.browser.clone());
    world.app.pass(45);
    let request = world.wiki.request().with("prompt", "login");
    world.wiki.sign_in(&world.app, &mut world.browser, &world.ada, request).await;
    let after = world.cookie(SESSION);
    assert_ne!(before, after);
    let own = std::mem::replace(&mut world.browser, thief);
    world.silently("login_required").await;
    world.browser = own;
    world.code().await;
}

/// R-SE-02 and R-MF-05: before the second factor there is no session at all.
#[tokio::test]
async fn r_se_02_no_session_stands_before_the_last_factor() {
    let mut world = World::new().await;
    let page = world.browser.open(world.wiki.request().url()).await;
    let fill = [("username", "ada"), ("password", world.ada.password.as_str())];
    let page = world.browser.submit(&page, "login", &fill).await;
    assert!(page.has("factor"));
    assert_eq!(world.browser.cookie_names(), [BROWSER]);
    world.silently("login_required").await;
}

/// R-SE-03: what somebody planted is never taken over.
#[tokio::test]
async fn r_se_03_a_planted_cookie_is_never_adopted() {
    let (signed_in, _) = World::signed_in().await;
    let known = signed_in.cookie(SESSION);
    let half = known.split_once('.').unwrap().0.to_owned();
    let mut world = World::new().await;
    for planted in ["x", "x.y", &format!("{half}.{}", "A".repeat(43)), &half, "..", &known] {
        world.browser = Browser::new();
        world.plant(SESSION, planted);
        world.silently("login_required").await;
        world.sign_in().await;
        assert_ne!(world.cookie(SESSION), planted);
        world.app.pass(60);
    }
    let mut world = World::new().await;
    world.plant(BROWSER, "planted");
    world.sign_in().await;
    assert_ne!(world.cookie(BROWSER), "planted");
}

/// R-SE-03: of two cookies of one name nobody can tell which is ours.
#[tokio::test]
async fn r_se_03_two_cookies_of_one_name_are_none() {
    let (mut world, _) = World::signed_in().await;
    let session = world.cookie(SESSION);
    world.plant("x", &format!("y; {SESSION}={session}"));
    world.silently("login_required").await;
}

/// R-SE-04: an hour unused, or half a day at most.
#[tokio::test]
async fn r_se_04_a_session_ends_by_idleness_and_by_age() {
    let (mut world, _) = World::signed_in().await;
    world.app.pass(3599);
    world.code().await;
    world.app.pass(3599);
    world.code().await;
    world.app.pass(3600);
    world.silently("login_required").await;

    let (mut world, _) = World::signed_in().await;
    for _ in 0..23 {
        world.app.pass(1800);
        world.code().await;
    }
    world.app.pass(1800);
    world.silently("login_required").await;
}

/// R-SE-06: what a journey holds is no session, and the other way round.
#[tokio::test]
async fn r_se_06_journey_and_session_cannot_stand_for_each_other() {
    let (mut world, _) = World::signed_in().await;
    let (session, browser) = (world.cookie(SESSION), world.cookie(BROWSER));
    let secret = session.split_once('.').unwrap().1.to_owned();
    let id = session.split_once('.').unwrap().0.to_owned();
    for forged in [browser.clone(), format!("{id}.{browser}"), format!("{browser}.{secret}")] {
        world.browser = Browser::new();
        world.plant(SESSION, &forged);
        world.silently("login_required").await;
    }
    world.browser = Browser::new();
    let page = world.browser.open(world.wiki.request().url()).await;
    world.plant(BROWSER, &secret);
    assert!(!world.browser.open(page.url.as_str()).await.has("login"));
}

/// R-SE-11: a form without its token, with another journey's, or from another site changes nothing.
#[tokio::test]
async fn r_se_11_forms_prove_that_they_are_ours() {
    let mut world = World::new().await;
    let page = world.browser.open(world.wiki.request().url()).await;
    let mut other = Browser::new();
    let others_page = other.open(world.wiki.request().url()).await;
    let others = others_page.form("login").fields[0].1.clone();
    let good = [("username", "ada"), ("password", world.ada.password.as_str())];
    for token in ["", "x", &others] {
        let mut fill = good.to_vec();
        fill.push(("form_token", token));
        let answer = world.browser.submit(&page, "login", &fill).await;
        refused_page(&answer);
    }
    for site in ["cross-site", "same-site"] {
        world.browser.headers.insert("sec-fetch-site", site.parse().unwrap());
        refused_page(&world.browser.submit(&page, "login", &good).await);
    }
    world.browser.headers.clear();
    assert!(world.browser.submit(&page, "login", &good).await.has("factor"));
}

/// R-SE-12: nothing that needs a person is done by following a link.
#[tokio::test]
async fn r_se_12_no_step_is_taken_by_get() {
    let mut world = World::new().await;
    let page = world.browser.open(world.wiki.request().url()).await;
    let form = page.form("login");
    let mut url = form.action.clone();
    url.query_pairs_mut()
        .extend_pairs(&form.fields)
        .append_pair("username", "ada")
        .append_pair("password", &world.ada.password);
    let answer = world.browser.get(url.as_str()).await;
    assert_eq!(answer.status, 405);
    for step in ["account", "new-password", "enrolment", "recovery-codes", "consent", "second-factor"] {
        let answer = world.browser.get(format!("{}/{step}", page.url)).await;
        assert_eq!(answer.status, 405, "{step}");
    }
    world.silently("login_required").await;
}
