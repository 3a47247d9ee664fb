//! Redirect URIs: what may be registered, and when a presented one equals it (R-AZ-01 to R-AZ-04).

use keyward::clients::RedirectUri;
use keyward::config::Site;
use keyward::vocabulary::ClientMetadata;
use proptest::prelude::*;

use super::World;
use crate::support::relying_party::web_application;

fn site() -> Site {
    Site::new("https://id.example.com").unwrap()
}

fn registers(text: &str, native: bool) -> bool {
    RedirectUri::register(text, native, &site()).is_ok()
}

/// R-AZ-03: what parsers read differently, or what could lead elsewhere, cannot be registered.
#[test]
fn r_az_03_hostile_redirect_uris_cannot_be_registered() {
    for hostile in [
        "",
        "/callback",
        "//wiki.example.com/callback",
        "wiki.example.com/callback",
        "http://wiki.example.com/callback",
        "http://localhost/callback",
        "http://127.0.0.1/callback",
        "ftp://wiki.example.com/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        "app.example:/callback",
        "https://",
        "https:///callback",
        "https:wiki.example.com/callback",
        "https:/wiki.example.com/callback",
        "https:\\\\wiki.example.com/callback",
        "https://wiki.example.com\\@evil.example/callback",
        "https://ada@wiki.example.com/callback",
        "https://ada:secret@wiki.example.com/callback",
        "https://@wiki.example.com/callback",
        "https://wiki.example.com/callback#",
        "https://wiki.example.com/callback#part",
        "https://*.example.com/callback",
        "https://wiki.example.com/*",
        "https://wiki.example.com/a\\b",
        "https://wiki.example.com/a b",
        " https://wiki.example.com/callback",
        "https://wiki.example.com/callback ",
        "https://wiki.example.com/call\nback",
        "https://wiki.example.com/call\tback",
        "https://wiki.example.com/call\u{0}back",
        "https://wiki.example.com/caf\u{e9}",
        "https://wiki.example\u{3002}com/callback",
        "https://wiki.example.com./callback",
        "https://wiki.example.com/a/../callback",
        "https://wiki.example.com/a/./callback",
        "https://wiki.example.com/a/..",
        "https://wiki.example.com/a/%2e%2e/callback",
        "https://wiki.example.com/a/%2E./callback",
        "https://wiki.example.com/a/.%2e/callback",
        "https://WIKI.example.com/callback",
        "HTTPS://wiki.example.com/callback",
        "https://wiki.example.com:443/callback",
        "https://wiki.example.com:0443/callback",
        "https://wiki.example.com:65536/callback",
        "https://0x7f.1/callback",
        "https://127.1/callback",
        "https://wiki.example.com/\"onload=",
        "https://wiki.example.com/<script>",
    ] {
        assert!(!registers(hostile, false), "{hostile:?}");
    }
    let long = format!("https://wiki.example.com/{}", "a".repeat(2048));
    assert!(!registers(&long, false));
}

#[test]
fn ordinary_redirect_uris_can_be_registered() {
    for good in [
        "https://wiki.example.com/callback",
        "https://wiki.example.com",
        "https://wiki.example.com:8443/jira/plugins/servlet/oidc/callback",
        "https://wiki.example.com/callback?tenant=1&x=%20",
        "https://xn--caf-dma.example.com/callback",
        "https://[2001:db8::1]/callback",
    ] {
        assert!(registers(good, false), "{good:?}");
    }
}

/// R-AZ-03 and R-AZ-04: plain http only for native applications on a loopback address, never for the name.
#[test]
fn r_az_04_plain_http_is_for_native_applications_on_a_loopback_address() {
    for (uri, native) in [
        ("http://127.0.0.1/callback", true),
        ("http://127.0.0.1:4000/callback", true),
        ("http://[::1]/callback", true),
        ("http://localhost/callback", false),
        ("http://10.0.0.1/callback", false),
        ("http://127.0.0.1.evil.example/callback", false),
    ] {
        assert_eq!(registers(uri, true), native, "{uri}");
        assert!(!registers(uri, false), "{uri}");
    }
}

/// R-AZ-04: only the port may vary, only on loopback addresses, only for native applications.
#[test]
fn r_az_04_only_the_port_of_a_native_loopback_address_may_vary() {
    let uri = RedirectUri::register("http://127.0.0.1/callback?a=1", true, &site()).unwrap();
    let other_port = "http://127.0.0.1:51234/callback?a=1";
    assert!(uri.matches(other_port, true));
    assert!(!uri.matches(other_port, false));
    for near_miss in [
        "http://127.0.0.1:51234/callback",
        "http://127.0.0.1:51234/callback?a=2",
        "http://127.0.0.1:51234/callback/?a=1",
        "http://127.0.0.1:51234/callback?a=1#x",
        "http://127.0.0.2:51234/callback?a=1",
        "http://localhost:51234/callback?a=1",
        "http://[::1]:51234/callback?a=1",
        "https://127.0.0.1:51234/callback?a=1",
        "http://u@127.0.0.1:51234/callback?a=1",
        "http://127.0.0.1:51234@evil.example/callback?a=1",
        "http://127.0.0.1:/callback?a=1",
        "http://127.0.0.1:051234/callback?a=1",
    ] {
        assert!(!uri.matches(near_miss, true), "{near_miss}");
    }
    let web = RedirectUri::register("https://wiki.example.com/callback", true, &site()).unwrap();
    assert!(!web.matches("https://wiki.example.com:8443/callback", true));
}

/// What is one byte away from `https://wiki.example.com/callback`, or only looks like it.
const NEAR_MISSES: [&str; 24] = [
    "",
    "https://wiki.example.com/callback/",
    "https://wiki.example.com/callback?",
    "https://wiki.example.com/callback?x=1",
    "https://wiki.example.com/callback#",
    "https://wiki.example.com/callback ",
    " https://wiki.example.com/callback",
    "https://wiki.example.com/Callback",
    "https://wiki.example.com/callbac",
    "https://wiki.example.com/callback.evil.example",
    "https://wiki.example.com//callback",
    "https://wiki.example.com/./callback",
    "https://wiki.example.com/x/../callback",
    "https://wiki.example.com/%63allback",
    "https://wiki.example.com:443/callback",
    "https://wiki.example.com:8443/callback",
    "https://WIKI.example.com/callback",
    "https://wiki.example.com./callback",
    "https://wiki.example.com.evil.example/callback",
    "https://wiki.example.com@evil.example/callback",
    "https://evil.example/https://wiki.example.com/callback",
    "https://jira.example.com/callback",
    "http://wiki.example.com/callback",
    "https://wiki.example.com/callback\n",
];

/// R-AZ-01, R-AZ-02: compared byte for byte, before anything else, on every path. The applications' must-pass case 15.
#[tokio::test]
async fn r_az_02_a_near_miss_is_shown_on_our_own_page_on_every_path() {
    let (mut world, _) = World::signed_in().await;
    for near_miss in NEAR_MISSES {
        let request = world.wiki.request().with("redirect_uri", near_miss);
        for path in [
            request.clone(),
            request.clone().with("prompt", "none"),
            request.clone().with("response_mode", "form_post"),
            request.clone().with("response_type", "token"),
            request.clone().with("request", "x"),
        ] {
            world.refused_page(&path.url()).await;
        }
    }
    let missing = world.wiki.request().without("redirect_uri");
    world.refused_page(&missing.url()).await;
}

/// R-AZ-02: one percent-decoding, no more.
#[tokio::test]
async fn r_az_02_the_parameter_is_decoded_once() {
    let (mut world, _) = World::signed_in().await;
    let twice = "https%3A%2F%2Fwiki.example.com%2Fcallback";
    let request = world.wiki.request().with("redirect_uri", twice);
    world.refused_page(&request.url()).await;
}

/// R-AZ-01: an unknown application is told so on our own page, with nothing of its making in it.
#[tokio::test]
async fn r_az_01_an_unknown_application_gets_our_own_page() {
    let mut world = World::new().await;
    for id in ["", "unknown", "<script>alert(1)</script>", "a/../b", &"x".repeat(4000), "\u{0}", "caf\u{e9}"]
    {
        let request = world.wiki.request().with("client_id", id);
        let page = world.refused_page(&request.url()).await;
        assert!(!page.body.contains("<script>alert"));
    }
    let missing = world.wiki.request().without("client_id");
    world.refused_page(&missing.url()).await;
}

/// P400 leaves one audit event each, and after 20 in a minute no more of their own, so that nobody fills the store.
#[tokio::test]
async fn p400_leaves_an_audit_event_and_cannot_fill_the_store() {
    let mut world = World::new().await;
    let request = world.wiki.request().with("redirect_uri", "https://evil.example/");
    world.refused_page(&request.url()).await;
    let refused = |events: Vec<serde_json::Value>| {
        events.iter().filter(|event| event["action"] == "request_refused").count()
    };
    assert_eq!(refused(world.app.events().await), 1);
    for _ in 0..60 {
        world.refused_page(&request.url()).await;
    }
    let most = refused(world.app.events().await);
    assert!((20..=22).contains(&most), "{most} events");
}

/// Of several registered addresses each receives its own answers.
#[tokio::test]
async fn each_of_several_registered_addresses_receives_its_own_answers() {
    let (mut world, _) = World::signed_in().await;
    let two = ClientMetadata {
        redirect_uris: vec![
            "https://wiki.example.com/a".to_owned(),
            "https://wiki.example.com/b?tenant=7".to_owned(),
        ],
        ..web_application("https://wiki.example.com")
    };
    let wiki = world.app.application_like(two).await;
    for uri in ["https://wiki.example.com/a", "https://wiki.example.com/b?tenant=7"] {
        let request = wiki.request().with("redirect_uri", uri);
        let target = world.browser.get(request.url()).await.location().unwrap();
        let joint = if uri.contains('?') { '&' } else { '?' };
        assert!(target.as_str().starts_with(&format!("{uri}{joint}code=")), "{target}");
    }
    let missing = wiki.request().without("redirect_uri");
    world.refused_page(&missing.url()).await;
}

proptest! {
    /// Whatever can be registered is plain ASCII, without user or fragment, and equals its own parsed form.
    #[test]
    fn whatever_can_be_registered_means_one_thing_only(text in "(https?://)?[a-zA-Z0-9.@:/?#%\\\\ \\[\\]*~_-]{0,40}") {
        if registers(&text, true) {
            let url = url::Url::parse(&text).unwrap();
            prop_assert!(text.is_ascii());
            prop_assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none());
            let with_slash = [text.as_str(), "/"].concat();
            prop_assert!(url.as_str() == text || url.as_str() == with_slash);
            prop_assert!(url.scheme() == "https" || text.starts_with("http://127.") || text.starts_with("http://[::1]"));
        }
    }

    /// A web application's address is matched by itself and by nothing else.
    #[test]
    fn nothing_but_itself_matches(noise in "\\PC{0,3}", place in 0usize..34) {
        let registered = "https://wiki.example.com/callback";
        let uri = RedirectUri::register(registered, false, &site()).unwrap();
        let mut presented = registered.to_owned();
        presented.insert_str(place.min(registered.len()), &noise);
        prop_assert_eq!(uri.matches(&presented, false), noise.is_empty());
    }
}
