//! Faults that a security review found at the authorization and token endpoints; each stays mended.

use keyward::audit::{Action, Trail};
use keyward::clients::Preset;
use keyward::storage::Key;
use keyward::users::NewUser;
use keyward::users::profile::Username;
use keyward::vocabulary::{ClientMetadata, ResponseMode};

use crate::support::app::{self, TestApp};
use crate::support::browser::{Browser, http};
use crate::support::page::{Page, Way};
use crate::support::relying_party::{RelyingParty, Request, read, web_application};

/// A form that another site's page sends: `SameSite=Lax` cookies stay at home.
pub async fn cross_site_post(url: String, parameters: &[(String, String)]) -> Page {
    let request = http().post(url).header("sec-fetch-site", "cross-site");
    read(request.form(parameters)).await
}

/// What the trail holds of `action`, as reasons.
pub async fn reasons(app: &TestApp, action: Action) -> Vec<String> {
    let ground = &app.app.ground;
    let trail = Trail::new(ground.clock.clone(), ground.random.clone());
    let events = trail.read(&ground.store, None, 10_000).await.unwrap();
    let found = events.into_iter().map(|(_, event)| event).filter(|event| event.action == action);
    found.map(|event| event.reason.map_or(String::new(), |reason| reason.as_str().to_owned())).collect()
}

async fn post(app: &TestApp, request: &Request) -> Page {
    read(http().post(app.url("/authorize")).form(&request.parameters)).await
}

async fn signed_in() -> (TestApp, RelyingParty, Browser) {
    let app = app::start().await;
    let ada = app.person("ada").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    wiki.sign_in(&app, &mut browser, &ada, wiki.request()).await;
    (app, wiki, browser)
}

#[tokio::test]
async fn r_az_18_a_form_of_another_site_finds_the_signed_in_person() {
    // M1: the POST arrives without cookies, so it is asked again as a navigation, which brings them.
    let (app, wiki, mut browser) = signed_in().await;
    let request = wiki.request();
    let page = cross_site_post(app.url("/authorize"), &request.parameters).await;
    assert_eq!(page.status, 303, "{}", page.body);
    assert_eq!(page.header("set-cookie"), None, "the browser's cookie stays");
    let target = page.location().unwrap();
    assert_eq!(target.path(), "/authorize");
    let sent: Vec<_> = target.query_pairs().into_owned().collect();
    assert_eq!(sent, request.parameters);
    let page = browser.get(target).await;
    assert_eq!(page.status, 303, "{}", page.body);
    wiki.complete(&request, &page).await;
}

#[tokio::test]
async fn r_az_08_a_repeated_parameter_stays_repeated_on_the_way() {
    let (app, wiki, mut browser) = signed_in().await;
    let request = wiki.request().also("nonce", "another");
    let page = cross_site_post(app.url("/authorize"), &request.parameters).await;
    let page = browser.get(page.location().unwrap()).await;
    assert_eq!(page.arrival().unwrap().error(), "invalid_request");
}

#[tokio::test]
async fn r_az_18_a_form_without_fetch_metadata_goes_on_as_it_came() {
    let (app, wiki, _) = signed_in().await;
    let page = post(&app, &wiki.request()).await;
    assert!(page.location().unwrap().path().starts_with("/sign-in/"), "{}", page.body);
}

#[tokio::test]
async fn r_az_20_a_form_has_the_bounds_of_a_query() {
    let (app, wiki, _) = signed_in().await;
    let controls = "\u{1}".repeat(12_000);
    for name in ["acr_values", "id_token_hint", "login_hint", "nonce", "state", "claims", "unknown"] {
        let request = wiki.request().with(name, controls.clone());
        let page = post(&app, &request).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None), "{name}");
        let page = cross_site_post(app.url("/authorize"), &request.parameters).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None), "{name}");
    }
    for (name, most) in [("acr_values", 1024), ("id_token_hint", 4096), ("state", 4096)] {
        let request = wiki.request().with(name, "a".repeat(most + 1));
        let page = post(&app, &request).await;
        assert_eq!(page.arrival().unwrap().error(), "invalid_request", "{name}");
    }
}

#[tokio::test]
async fn r_az_20_the_most_awkward_request_within_the_bounds_is_stored() {
    // One control character takes six bytes as JSON; the store bounds a value at 64 KiB.
    let (app, wiki, _) = signed_in().await;
    let request = wiki.request().with("state", "\u{1}".repeat(4096));
    let request = request.with("acr_values", "\u{1}".repeat(1024));
    let request = request.with("nonce", "\u{1}".repeat(512)).with("login_hint", "\u{1}".repeat(256));
    let page = post(&app, &request).await;
    assert!(page.location().unwrap().path().starts_with("/sign-in/"), "{}", page.body);
}

#[tokio::test]
async fn r_az_20_what_fits_a_form_but_no_query_is_posted_again_by_our_own_page() {
    let (app, wiki, mut browser) = signed_in().await;
    let request = wiki.request().with("state", "\u{1}".repeat(4000));
    let page = cross_site_post(app.url("/authorize"), &request.parameters).await;
    let form = page.form("form-post");
    assert_eq!(form.action.as_str(), app.url("/authorize"));
    assert_eq!(form.fields, request.parameters);
    assert!(page.header("content-security-policy").unwrap().contains(&app.issuer));
    let page = browser.submit(&page, "form-post", &[]).await;
    let arrival = page.arrival().unwrap();
    assert_eq!(arrival.get("state"), request.get("state"));
    arrival.code();
}

#[tokio::test]
async fn an_id_token_hint_is_not_kept_with_the_journey() {
    // M9: it is checked where it arrives and needed nowhere after.
    let app = app::start().await;
    let ada = app.person("ada").await;
    let wiki = app.application().await;
    let done = wiki.sign_in(&app, &mut Browser::new(), &ada, wiki.request()).await;
    let request = wiki.request().with("id_token_hint", done.id_token());
    let page = Browser::new().get(request.url()).await;
    assert!(page.location().unwrap().path().starts_with("/sign-in/"), "{}", page.body);
    let journeys = app.app.ground.store.scan(&Key::prefix("journey", &[]), None, 100).await.unwrap();
    assert!(!journeys.is_empty());
    for (_, raw) in journeys {
        let text = String::from_utf8(raw.json).unwrap();
        assert!(!text.contains(&done.id_token()), "{text}");
    }
}

#[tokio::test]
async fn r_az_06_without_response_mode_the_clients_first_mode_counts() {
    let app = app::start().await;
    let metadata = ClientMetadata {
        response_modes: vec![ResponseMode::FormPost],
        ..web_application("https://wiki.example.com")
    };
    let wiki = app.application_like(metadata).await;
    let ada = app.person("ada").await;
    let mut browser = Browser::new();
    let done = wiki.sign_in(&app, &mut browser, &ada, wiki.request()).await;
    assert_eq!(done.arrival.way, Way::FormPost);
    let page = browser.get(wiki.request().with("response_mode", "query").url()).await;
    let arrival = page.arrival().unwrap();
    assert_eq!((arrival.way, arrival.error()), (Way::FormPost, "invalid_request"));
}

#[tokio::test]
async fn r_az_10_withheld_claims_are_no_page_with_prompt_none() {
    let app = app::start().await;
    let wiki = app.application().await;
    let mut new = NewUser::named(Username::new("ada").unwrap());
    new.groups = app.groups(&["staff"]).await;
    let mut ada = app.person_like(new).await;
    ada.secret = Some(app.give_totp(&ada.id, "ada").await);
    let mut browser = Browser::new();
    wiki.sign_in(&app, &mut browser, &ada, wiki.request()).await;

    let jira = app.preset(Preset::JiraDc, "https://jira.example.com").await;
    let page = browser.get(jira.request().url()).await;
    assert_eq!((page.status.as_u16(), page.location()), (400, None), "a page of ours");
    let page = browser.get(jira.request().with("prompt", "none").url()).await;
    assert_eq!(page.arrival().unwrap().error(), "interaction_required");
    assert_eq!(reasons(&app, Action::SignInRefused).await, ["claims_withheld"; 2]);
}

#[tokio::test]
async fn r_au_01_a_reused_code_leaves_the_event_of_what_it_revoked() {
    let app = app::start().await;
    let ada = app.person("ada").await;
    let wiki = app.application().await;
    let done = wiki.sign_in(&app, &mut Browser::new(), &ada, wiki.request()).await;
    assert_eq!(wiki.redeem(done.arrival.code()).await.status, 400);
    assert_eq!(reasons(&app, Action::Reuse).await, ["code_used_twice"]);
    assert_eq!(reasons(&app, Action::TokenRevoked).await, ["code_used_twice"]);
    assert_eq!(wiki.userinfo(&done.access_token()).await.status, 401);
}

#[tokio::test]
async fn r_au_01_a_refused_client_leaves_an_event() {
    let app = app::start().await;
    let wiki = app.application().await;
    let form = wiki.redemption("x");
    let page = wiki.token(Some("Basic d3Jvbmc6d3Jvbmc="), &form).await;
    assert_eq!(page.status, 401);
    assert_eq!(reasons(&app, Action::RequestRefused).await, ["invalid_client"]);
}
