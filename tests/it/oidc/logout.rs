//! Single sign-out under abuse (R-LO-01 to R-LO-10, R-LO-13; the applications' must-pass case 16).

use keyward::clients::Preset;
use keyward::vocabulary::ClientMetadata;

use super::{World, refused_page};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::relying_party::{SignedIn, web_application};

const JIRA: &str = "https://jira.example.com/";
const TARGET: &str = "https://wiki.example.com/post_logout_redirect";

impl World {
    /// An address of the end-session endpoint.
    fn logout(&self, parameters: &[(&str, &str)]) -> String {
        reqwest::Url::parse_with_params(&self.app.url("/logout"), parameters).unwrap().into()
    }

    async fn open_logout(&mut self, parameters: &[(&str, &str)]) -> Page {
        let url = self.logout(parameters);
        self.browser.open(url).await
    }

    /// Whether the browser's session lives.
    async fn is_signed_in(&mut self) -> bool {
        let request = self.wiki.request().with("prompt", "none");
        let page = self.browser.get(request.url()).await;
        page.arrival().unwrap().get("code").is_some()
    }

    async fn confirm(&mut self, page: &Page) -> Page {
        self.browser.submit(page, "logout", &[("action", "sign_out")]).await
    }
}

/// An application that is told of the end in a frame.
fn told(base: &str) -> ClientMetadata {
    ClientMetadata {
        frontchannel_logout_uri: Some(format!("{base}/frontchannel_logout")),
        ..web_application(base)
    }
}

/// The addresses that are told.
fn frames(page: &Page) -> Vec<String> {
    page.all("iframe", |frame| frame.value().attr("src").unwrap().to_owned())
}

/// R-LO-01: without a hint of this session nobody is signed out unasked, neither by GET nor by another site's POST.
#[tokio::test]
async fn r_lo_01_nobody_is_signed_out_unasked() {
    let (mut world, _) = World::signed_in().await;
    let id = world.wiki.id.clone();
    for parameters in [
        &[][..],
        &[("client_id", id.as_str())],
        &[("post_logout_redirect_uri", TARGET), ("client_id", &id)],
        &[("state", "x")],
    ] {
        let page = world.open_logout(parameters).await;
        assert!(page.has("logout"), "{}", page.body);
        let page = world.browser.post(world.app.url("/logout"), parameters).await;
        assert!(page.has("logout"), "{}", page.body);
    }
    let confirm = world.app.url("/logout/confirm");
    let page = world.browser.post(&confirm, &[("action", "sign_out"), ("form_token", "x")]).await;
    refused_page(&page);
    refused_page(&world.browser.post(&confirm, &[("action", "sign_out")]).await);
    assert_eq!(world.browser.get(&confirm).await.status, 405);
    assert!(world.is_signed_in().await);
}

/// R-LO-01 and R-SE-11: the confirmation from another site's page counts for nothing, even with the right token.
#[tokio::test]
async fn r_lo_01_a_confirmation_from_another_site_is_refused() {
    let (mut world, _) = World::signed_in().await;
    let page = world.open_logout(&[]).await;
    world.browser.headers.insert("sec-fetch-site", "cross-site".parse().unwrap());
    refused_page(&world.confirm(&page).await);
    world.browser.headers.clear();
    assert!(world.is_signed_in().await);
    world.confirm(&page).await;
    assert!(!world.is_signed_in().await);
}

/// R-LO-01: by POST as by GET, with a hint of this session at once.
#[tokio::test]
async fn r_lo_01_with_a_hint_of_this_session_it_ends_at_once_by_post_too() {
    let (mut world, done) = World::signed_in().await;
    let token = done.id_token();
    let fields = [("id_token_hint", token.as_str()), ("post_logout_redirect_uri", TARGET)];
    let page = world.browser.post(world.app.url("/logout"), &fields).await;
    assert_eq!(page.hand_over().unwrap().as_str(), TARGET, "R-TR-08: by a page, since it comes from a form");
    assert!(!world.is_signed_in().await);
}

/// R-LO-02: an expired hint is good; one of another session or person asks, and names neither.
#[tokio::test]
async fn r_lo_02_a_hint_of_another_session_asks_and_names_nobody() {
    let (mut world, done) = World::signed_in().await;
    let bob = world.app.person("bob").await;
    let mut elsewhere = Browser::new();
    let request = world.wiki.request();
    let other = world.wiki.sign_in(&world.app, &mut elsewhere, &bob, request).await;
    world.app.pass(60);
    let mut second = Browser::new();
    let request = world.wiki.request();
    let own_elsewhere = world.wiki.sign_in(&world.app, &mut second, &world.ada, request).await;
    for hint in [other.id_token(), own_elsewhere.id_token()] {
        let page = world.open_logout(&[("id_token_hint", &hint), ("post_logout_redirect_uri", TARGET)]).await;
        assert!(page.has("logout"));
        for name in ["ada", "bob", "Lovelace"] {
            assert!(!page.body.contains(&format!(">{name}")), "{name} is named");
        }
        assert!(world.is_signed_in().await);
    }
    world.app.pass(1200);
    let page = world.open_logout(&[("id_token_hint", &done.id_token())]).await;
    assert_eq!(page.title(), "You are signed out");
}

/// R-LO-02: a hint of an application that is no more asks.
#[tokio::test]
async fn r_lo_02_a_hint_of_a_disabled_application_asks() {
    let (mut world, done) = World::signed_in().await;
    world.disable_application().await;
    let page = world.open_logout(&[("id_token_hint", &done.id_token())]).await;
    assert!(page.has("logout"), "{}", page.body);
}

/// R-LO-02: `client_id` must be the hint's audience.
#[tokio::test]
async fn r_lo_02_client_id_must_be_the_audience_of_the_hint() {
    let (mut world, done) = World::signed_in().await;
    let board = world.app.application_like(web_application("https://board.example.com")).await;
    let page = world.open_logout(&[("id_token_hint", &done.id_token()), ("client_id", &board.id)]).await;
    refused_page(&page);
    let wiki = world.wiki.id.clone();
    let page = world.open_logout(&[("id_token_hint", &done.id_token()), ("client_id", &wiki)]).await;
    assert_eq!(page.title(), "You are signed out");
}

/// R-LO-03: the target is the client's own, to the byte, and the person has confirmed or a hint stands for that.
#[tokio::test]
async fn r_lo_03_only_registered_targets_are_gone_to() {
    let (mut world, _) = World::signed_in().await;
    let id = world.wiki.id.clone();
    for wrong in [
        "https://wiki.example.com/post_logout_redirect/",
        "https://wiki.example.com/post_logout_redirect?x=1",
        "https://wiki.example.com/POST_logout_redirect",
        "https://evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "https://wiki.example.com/callback",
    ] {
        for name in ["post_logout_redirect_uri", "redirect_uri", "logout_uri"] {
            let page = world.open_logout(&[("client_id", &id), (name, wrong)]).await;
            refused_page(&page);
        }
    }
    let page = world
        .open_logout(&[("client_id", &id), ("post_logout_redirect_uri", TARGET), ("state", "s 1")])
        .await;
    assert_eq!(page.hand_over(), None);
    let page = world.confirm(&page).await;
    let target = page.arrival().expect("the browser goes on").uri;
    assert_eq!(target.as_str(), format!("{TARGET}?state=s+1"));
    assert!(!world.is_signed_in().await);
}

/// R-LO-03 and must-pass case 16: what plug-ins call the target is understood; without client or hint it is not gone to.
#[tokio::test]
async fn r_lo_03_the_names_plug_ins_use_are_understood() {
    for name in ["post_logout_redirect_uri", "redirect_uri", "logout_uri"] {
        let mut world = World::new().await;
        let jira = world.app.preset(Preset::JiraDc, "https://jira.example.com").await;
        let request = jira.request();
        jira.sign_in(&world.app, &mut world.browser, &world.ada, request).await;
        let page = world.open_logout(&[("client_id", &jira.id), (name, JIRA)]).await;
        let page = world.confirm(&page).await;
        assert_eq!(page.arrival().unwrap().uri.as_str(), "https://jira.example.com/");
        world.app.pass(60);
        world.sign_in().await;
        let page = world.open_logout(&[(name, JIRA)]).await;
        let page = world.confirm(&page).await;
        assert!(page.arrival().is_none(), "nobody said whose address that is");
        assert_eq!(page.title(), "You are signed out");
    }
}

/// R-LO-03: with nobody signed in, only a hint of ours lets the browser go on.
#[tokio::test]
async fn r_lo_03_without_a_session_only_a_hint_leads_on() {
    let (mut world, done) = World::signed_in().await;
    world.browser.forget();
    let id = world.wiki.id.clone();
    let page = world.open_logout(&[("client_id", &id), ("post_logout_redirect_uri", TARGET)]).await;
    assert!(page.arrival().is_none());
    assert_eq!(page.status, 200);
    let page =
        world.open_logout(&[("id_token_hint", &done.id_token()), ("post_logout_redirect_uri", TARGET)]).await;
    assert_eq!(page.location().unwrap().as_str(), TARGET);
}

/// R-LO-04: the session is over before anybody is told; the page that tells has not even been opened.
#[tokio::test]
async fn r_lo_04_the_session_ends_before_anybody_is_told() {
    let mut world = World::new().await;
    world.wiki = world.app.application_like(told("https://wiki.example.com")).await;
    let done = world.sign_in().await;
    let url = world.logout(&[("id_token_hint", &done.id_token())]);
    let answer = world.browser.get(url).await;
    assert_eq!(answer.status, 303);
    assert!(answer.header("set-cookie").unwrap().starts_with("__Host-keyward-session=; "));
    assert!(!world.is_signed_in().await);
    let page = world.wiki.userinfo(&done.access_token()).await;
    assert_eq!(page.status, 401);
}

/// R-LO-05: each session has its own pairs; ending one leaves the other alone and tells nobody about it.
#[tokio::test]
async fn r_lo_05_ending_one_session_leaves_the_other_alone() {
    let mut world = World::new().await;
    world.wiki = world.app.application_like(told("https://wiki.example.com")).await;
    let board = world.app.application_like(told("https://board.example.com")).await;
    let first = world.sign_in().await;
    world.app.pass(60);
    let mut second_browser = Browser::new();
    let request = board.request();
    let second = board.sign_in(&world.app, &mut second_browser, &world.ada, request).await;
    assert_ne!(first.claims["sid"], second.claims["sid"]);

    let page = world.open_logout(&[("id_token_hint", &first.id_token())]).await;
    let frames = frames(&page);
    assert_eq!(frames.len(), 1, "only who took part is told: {frames:?}");
    assert!(frames[0].starts_with("https://wiki.example.com/"));
    assert_eq!(board.userinfo(&second.access_token()).await.status, 200);
    let request = board.request().with("prompt", "none");
    let page = second_browser.get(request.url()).await;
    assert!(page.arrival().unwrap().get("code").is_some());
}

/// R-LO-05: every application of a session is told, each once.
#[tokio::test]
async fn r_lo_05_every_application_of_the_session_is_told_once() {
    let mut world = World::new().await;
    let mut last: Option<SignedIn> = None;
    for name in ["a", "b", "c"] {
        let party = world.app.application_like(told(&format!("https://{name}.example.com"))).await;
        for _ in 0..2 {
            let request = party.request();
            last = Some(party.sign_in(&world.app, &mut world.browser, &world.ada, request).await);
        }
    }
    let page = world.open_logout(&[("id_token_hint", &last.unwrap().id_token())]).await;
    let mut frames = frames(&page);
    frames.sort();
    let hosts: Vec<_> = frames.iter().map(|frame| frame.split('/').nth(2).unwrap()).collect();
    assert_eq!(hosts, ["a.example.com", "b.example.com", "c.example.com"]);
    let policy = page.header("content-security-policy").unwrap();
    let sources = "frame-src https://a.example.com https://b.example.com https://c.example.com";
    assert!(policy.ends_with(sources), "{policy}");
}

/// R-LO-09: the address to be told at belongs to the application.
#[tokio::test]
async fn r_lo_09_the_front_channel_address_is_the_applications_own() {
    let world = World::new().await;
    for wrong in [
        "http://wiki.example.com/frontchannel_logout",
        "https://evil.example/frontchannel_logout",
        "https://wiki.example.com:8443/frontchannel_logout",
        "https://wiki.example.com/frontchannel_logout#x",
        "https://sub.wiki.example.com/frontchannel_logout",
        "/frontchannel_logout",
    ] {
        let metadata = ClientMetadata {
            frontchannel_logout_uri: Some(wrong.to_owned()),
            ..web_application("https://wiki.example.com")
        };
        assert!(world.app.app.clients.register(metadata, None).await.is_err(), "{wrong}");
    }
}

/// R-LO-10: access tokens of the session, of every application, are dead.
#[tokio::test]
async fn r_lo_10_sign_out_revokes_the_access_tokens_of_every_application() {
    let (mut world, done) = World::signed_in().await;
    let board = world.app.application_like(web_application("https://board.example.com")).await;
    let request = board.request();
    let other = board.sign_in(&world.app, &mut world.browser, &world.ada, request).await;
    let unspent = world.code().await;
    world.open_logout(&[("id_token_hint", &done.id_token())]).await;
    for (party, token) in [(&world.wiki, done.access_token()), (&board, other.access_token())] {
        assert_eq!(party.userinfo(&token).await.status, 401);
    }
    super::json_error(&world.wiki.redeem(&unspent).await, 400, "invalid_grant");
}

/// R-LO-13: no application of this test answers, and everybody is signed out; the page can be looked at for ten minutes.
#[tokio::test]
async fn r_lo_13_no_application_can_keep_a_person_signed_in() {
    let mut world = World::new().await;
    world.wiki = world.app.application_like(told("https://unreachable.example.com")).await;
    let done = world.sign_in().await;
    let page = world.open_logout(&[("id_token_hint", &done.id_token())]).await;
    assert!(!world.is_signed_in().await);
    let again = world.browser.open(page.url.as_str()).await;
    assert_eq!(again.all("iframe", |_| ()).len(), 1);
    assert_eq!(world.browser.open(world.app.url("/logout")).await.status, 200);
    world.app.pass(601);
    let late = world.browser.open(page.url.as_str()).await;
    assert_eq!(late.all("iframe", |_| ()).len(), 0);
}

/// A repeated parameter is refused before anything is done.
#[tokio::test]
async fn a_repeated_parameter_signs_nobody_out() {
    let (mut world, done) = World::signed_in().await;
    let token = done.id_token();
    let page = world.open_logout(&[("id_token_hint", &token), ("id_token_hint", &token)]).await;
    refused_page(&page);
    assert!(world.is_signed_in().await);
}
