//! `prompt` and hints: what may be answered without asking, and who must be asked (R-AZ-10, R-AZ-11, R-AZ-13).

use keyward::config::policy::Floor;
use keyward::vocabulary::ClientMetadata;

use super::World;
use crate::support::app;
use crate::support::browser::Browser;
use crate::support::relying_party::web_application;

const SESSION: &str = "__Host-keyward-session";

/// R-AZ-10: nobody is signed in.
#[tokio::test]
async fn r_az_10_without_a_session_the_answer_is_login_required() {
    let mut world = World::new().await;
    let request = world.wiki.request().with("prompt", "none");
    world.redirected_error(&request, "login_required").await;
    assert!(world.browser.cookie_names().is_empty(), "no cookie for a question that was not asked");
}

/// R-AZ-10: `none` stands alone.
#[tokio::test]
async fn r_az_10_none_beside_another_value_is_refused() {
    let (mut world, _) = World::signed_in().await;
    for both in ["none login", "login none", "none consent", "none select_account", "none foo"] {
        let request = world.wiki.request().with("prompt", both);
        world.redirected_error(&request, "invalid_request").await;
    }
}

/// R-AZ-10: consent that was not given is not assumed.
#[tokio::test]
async fn r_az_10_missing_consent_is_consent_required() {
    let (mut world, _) = World::signed_in().await;
    let asking = ClientMetadata { consent_skipped: false, ..web_application("https://board.example.com") };
    world.wiki = world.app.application_like(asking).await;
    let silent = world.wiki.request().with("prompt", "none").with("scope", "openid email");
    world.redirected_error(&silent, "consent_required").await;
    let request = world.wiki.request().with("scope", "openid email");
    let page = world.browser.open(request.url()).await;
    assert!(page.has("consent"));
    let page = world.browser.sign_in(&world.app, page, &world.ada).await;
    assert!(page.arrival().unwrap().get("code").is_some());
    world.code_for(&silent).await;
    let wider = silent.with("scope", "openid email profile");
    world.redirected_error(&wider, "consent_required").await;
}

/// R-AZ-10: a second factor that is due is an interaction. The applications' must-pass case 5.
#[tokio::test]
async fn r_az_10_a_second_factor_that_is_due_is_interaction_required() {
    let app = app::start_with(|settings| {
        settings.policy.second_factor_max_age = std::time::Duration::from_secs(600);
        settings.policy.floor = Floor::Mfa;
    })
    .await;
    let mut world =
        World { ada: app.person("ada").await, wiki: app.application().await, browser: Browser::new(), app };
    world.sign_in().await;
    world.app.pass(601);
    let request = world.wiki.request().with("prompt", "none");
    world.redirected_error(&request, "interaction_required").await;
    let page = world.browser.open(world.wiki.request().url()).await;
    assert!(page.has("factor"), "only the second factor is asked: {}", page.body);
}

/// R-AZ-10: asking silently changes nothing of the session but its last use.
#[tokio::test]
async fn r_az_10_a_silent_answer_leaves_the_session_as_it_is() {
    let (mut world, first) = World::signed_in().await;
    let url = world.app.issuer.clone();
    let before = world.browser.cookie(&url, SESSION).unwrap().to_owned();
    world.app.pass(90);
    let request = world.wiki.request().with("prompt", "none");
    let page = world.browser.get(request.url()).await;
    assert_eq!(page.header("set-cookie"), None);
    assert_eq!(world.browser.cookie(&url, SESSION), Some(before.as_str()));
    let done = world.wiki.complete(&request, &page).await;
    for claim in ["auth_time", "sid", "acr", "amr", "sub"] {
        assert_eq!(done.claims[claim], first.claims[claim], "{claim}");
    }
}

/// R-AZ-11: a fresh sign-in is asked although a session lives, and `auth_time` proves it. Must-pass case 4.
#[tokio::test]
async fn r_az_11_prompt_login_asks_one_fresh_first_factor() {
    let (mut world, first) = World::signed_in().await;
    world.app.pass(45);
    let request = world.wiki.request().with("prompt", "login");
    let page = world.browser.open(request.url()).await;
    assert!(page.has("login"));
    let fill = [("username", "ada"), ("password", world.ada.password.as_str())];
    let page = world.browser.submit(&page, "login", &fill).await;
    assert!(!page.has("factor"), "the second factor is young enough");
    let again = world.wiki.complete(&request, &page).await;
    assert_eq!(again.claims["auth_time"], world.app.now());
    assert_eq!(again.claims["sid"], first.claims["sid"]);
    assert_eq!(again.claims["acr"], first.claims["acr"]);
}

/// R-AZ-11: the answer to `prompt=login` cannot be had by walking away from the form.
#[tokio::test]
async fn r_az_11_prompt_login_cannot_be_skipped() {
    let (mut world, _) = World::signed_in().await;
    let request = world.wiki.request().with("prompt", "login");
    let page = world.browser.open(request.url()).await;
    let resume = page.url.as_str().replace("/sign-in/", "/authorize/resume/");
    let skipped = world.browser.open(&resume).await;
    assert!(skipped.arrival().is_none_or(|arrival| arrival.get("code").is_none()));
    let wrong = [("username", "ada"), ("password", "not the password at all")];
    let page = world.browser.submit(&page, "login", &wrong).await;
    assert!(page.has("login"));
    let skipped = world.browser.open(&resume).await;
    assert!(skipped.arrival().is_none_or(|arrival| arrival.get("code").is_none()));
}

/// R-AZ-11: another person means another session, and the former one is over.
#[tokio::test]
async fn r_az_11_another_person_gets_another_session() {
    let (mut world, first) = World::signed_in().await;
    let bob = world.app.person("bob").await;
    let thief = world.browser.clone();
    let request = world.wiki.request().with("prompt", "select_account");
    let page = world.browser.open(request.url()).await;
    let page = if page.has("select-account") {
        world.browser.submit(&page, "select-account", &[("action", "other_account")]).await
    } else {
        page
    };
    let page = world.browser.sign_in(&world.app, page, &bob).await;
    let second = world.wiki.complete(&request, &page).await;
    assert_eq!(second.claims["sub"], bob.id.as_str());
    assert_ne!(second.claims["sid"], first.claims["sid"]);
    world.browser = thief;
    let request = world.wiki.request().with("prompt", "none");
    world.redirected_error(&request, "login_required").await;
    let page = world.wiki.userinfo(&first.access_token()).await;
    assert_eq!(page.status, 401, "the former session's tokens are dead");
}

/// R-AZ-13: a hint for somebody else is `login_required`, a forged one is refused, none of them signs anybody in.
#[tokio::test]
async fn r_az_13_an_id_token_hint_never_authenticates() {
    let (mut world, ada) = World::signed_in().await;
    let bob = world.app.person("bob").await;
    let mut other = Browser::new();
    let request = world.wiki.request();
    let bob_signed_in = world.wiki.sign_in(&world.app, &mut other, &bob, request).await;
    let silent = world.wiki.request().with("prompt", "none");
    let for_bob = silent.clone().with("id_token_hint", bob_signed_in.id_token());
    world.redirected_error(&for_bob, "login_required").await;

    let mut forged = ada.id_token();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'Q' } else { 'A' });
    let cut = ada.id_token().rsplit_once('.').unwrap().0.to_owned();
    for hint in [forged.as_str(), &cut, "x", "a.b.c", &ada.access_token()] {
        let request = silent.clone().with("id_token_hint", hint);
        world.redirected_error(&request, "invalid_request").await;
    }
    let mut nobody = World { browser: Browser::new(), ..world };
    let request = silent.with("id_token_hint", ada.id_token());
    nobody.redirected_error(&request, "login_required").await;
}

/// R-AZ-13: the hint's age does not matter.
#[tokio::test]
async fn r_az_13_an_expired_hint_of_ours_is_good() {
    let (mut world, done) = World::signed_in().await;
    world.app.pass(1800);
    let request = world.wiki.request().with("prompt", "none");
    world.code_for(&request.with("id_token_hint", done.id_token())).await;
}

/// With a hint for another person and a form, whoever signs in must be that person.
#[tokio::test]
async fn a_hint_for_another_person_is_met_by_that_person_only() {
    let (mut world, _) = World::signed_in().await;
    let bob = world.app.person("bob").await;
    let mut other = Browser::new();
    let request = world.wiki.request();
    let bob_signed_in = world.wiki.sign_in(&world.app, &mut other, &bob, request).await;
    let request = world.wiki.request().with("id_token_hint", bob_signed_in.id_token());
    let page = world.browser.open(request.url()).await;
    assert!(page.has("login"), "{}", page.body);
    let ada = world.ada.clone();
    world.app.pass(60);
    let page = world.browser.sign_in(&world.app, page, &ada).await;
    let code = page.arrival().and_then(|arrival| arrival.get("code").map(str::to_owned));
    assert_eq!(code, None, "ada is not bob");
}
