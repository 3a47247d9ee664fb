//! The authorization endpoint under abuse (R-AZ-05 to R-AZ-23).

use keyward::vocabulary::{ClientMetadata, ResponseMode};
use reqwest::Method;

use super::{World, refused_page};
use crate::support::page::Way;
use crate::support::relying_party::web_application;

/// R-AZ-05.
#[tokio::test]
async fn r_az_05_only_the_code_flow_is_served() {
    let (mut world, _) = World::signed_in().await;
    for other in [
        "token",
        "id_token",
        "id_token token",
        "code id_token",
        "code token",
        "none",
        "CODE",
        "code code",
        " code",
    ] {
        let request = world.wiki.request().with("response_type", other);
        world.redirected_error(&request, "unsupported_response_type").await;
    }
}

/// R-AZ-06: `query` and `form_post`, and only what the client may use; a fault is answered in the default way.
#[tokio::test]
async fn r_az_06_response_modes_are_a_list_of_the_client() {
    let (mut world, _) = World::signed_in().await;
    for other in ["fragment", "query.jwt", "web_message", "FORM_POST"] {
        let request = world.wiki.request().with("response_mode", other);
        world.redirected_error(&request, "invalid_request").await;
    }
    let query_only = ClientMetadata {
        response_modes: vec![ResponseMode::Query],
        ..web_application("https://wiki.example.com")
    };
    world.wiki = world.app.application_like(query_only).await;
    let request = world.wiki.request().with("response_mode", "form_post");
    world.redirected_error(&request, "invalid_request").await;
}

/// R-AZ-08: a parameter given twice is refused at the client; which client and where to, on our own page.
#[tokio::test]
async fn r_az_08_a_repeated_parameter_is_refused() {
    let (mut world, _) = World::signed_in().await;
    for name in ["scope", "nonce", "prompt", "response_type", "max_age"] {
        let request = world.wiki.request().with(name, "1").also(name, "1");
        world.redirected_error(&request, "invalid_request").await;
    }
    let unknown = world.wiki.request().also("extra", "a").also("extra", "b");
    world.redirected_error(&unknown, "invalid_request").await;
    for name in ["client_id", "redirect_uri"] {
        let request = world.wiki.request();
        let same = request.get(name).unwrap().to_owned();
        world.refused_page(&request.also(name, &same).url()).await;
    }
}

/// R-AZ-08: two states, and nobody knows which one is meant: none is sent back.
#[tokio::test]
async fn r_az_08_of_two_states_none_is_sent_back() {
    let (mut world, _) = World::signed_in().await;
    let request = world.wiki.request().also("state", "other");
    let page = world.browser.get(request.url()).await;
    let arrival = page.arrival().unwrap();
    assert_eq!(arrival.error(), "invalid_request");
    assert_eq!(arrival.get("state"), None);
}

/// R-AZ-09: `iss` stands in good answers too.
#[tokio::test]
async fn r_az_09_the_issuer_stands_in_every_answer() {
    let (mut world, done) = World::signed_in().await;
    assert_eq!(done.arrival.get("iss"), Some(world.app.issuer.as_str()));
    let page = world.browser.get(world.wiki.request().url()).await;
    assert_eq!(page.arrival().unwrap().get("iss"), Some(world.app.issuer.as_str()));
}

/// R-AZ-12: unknown values are wishes nobody understands; known ones are met; the token shows what was reached.
/// The applications' must-pass case 6.
#[tokio::test]
async fn r_az_12_unknown_levels_are_ignored_and_essential_ones_are_not() {
    let (mut world, _) = World::signed_in().await;
    let request = world.wiki.request().with("acr_values", "0.4711 urn:x:gold");
    let page = world.browser.get(request.url()).await;
    let done = world.wiki.complete(&request, &page).await;
    assert_eq!(done.claims["acr"], "urn:keyward:acr:mfa");

    let essential =
        |value: &str| format!(r#"{{"id_token":{{"acr":{{"essential":true,"value":"{value}"}}}}}}"#);
    for beyond in ["urn:x:gold", "phrh"] {
        let request = world.wiki.request().with("claims", essential(beyond));
        world.redirected_error(&request, "unmet_authentication_requirements").await;
    }
    // A passkey can be set up, by who proves first what there is (R-EN-01).
    let request = world.wiki.request().with("claims", essential("urn:keyward:acr:phr"));
    assert!(world.browser.open(request.url()).await.has("factor"));
    let request = world.wiki.request().with("claims", essential("2"));
    let page = world.browser.get(request.url()).await;
    assert_eq!(world.wiki.complete(&request, &page).await.claims["acr"], "2");
}

/// R-AZ-12: several essential values: any one that can be reached is enough.
#[tokio::test]
async fn r_az_12_any_of_several_essential_levels_is_enough() {
    let (mut world, _) = World::signed_in().await;
    let claims = r#"{"id_token":{"acr":{"essential":true,"values":["phr","urn:keyward:acr:mfa"]}}}"#;
    let request = world.wiki.request().with("claims", claims);
    let page = world.browser.get(request.url()).await;
    assert_eq!(world.wiki.complete(&request, &page).await.claims["acr"], "urn:keyward:acr:mfa");
}

/// R-AZ-14: the hint prefills the name, escaped, and does no more.
#[tokio::test]
async fn r_az_14_a_login_hint_prefills_and_does_no_more() {
    let mut world = World::new().await;
    let evil = "\"><script>alert(1)</script>";
    for hint in ["ada", "nobody-at-all", evil] {
        let request = world.wiki.request().with("login_hint", hint);
        let page = world.browser.open(request.url()).await;
        assert_eq!(page.attribute("username", "value").as_deref(), Some(hint));
        assert!(page.has("password"), "the password is asked beside the name");
        assert!(!page.body.contains("<script>alert"));
    }
    let long = world.wiki.request().with("login_hint", "a".repeat(257));
    let page = world.browser.open(long.url()).await;
    assert_eq!(page.attribute("username", "value").unwrap_or_default(), "", "too long a hint is dropped");
}

/// R-AZ-15: request objects are refused, never ignored, and nothing is fetched.
#[tokio::test]
async fn r_az_15_request_objects_are_refused() {
    let (mut world, _) = World::signed_in().await;
    let request = world.wiki.request().with("request", "eyJhbGciOiJub25lIn0.e30.");
    world.redirected_error(&request, "request_not_supported").await;
    for uri in ["https://evil.example/object", "urn:ietf:params:oauth:request_uri:abc", "x"] {
        let request = world.wiki.request().with("request_uri", uri);
        world.redirected_error(&request, "request_uri_not_supported").await;
    }
}

/// R-AZ-19: other origins' scripts get no permission, and preflights no answer.
#[tokio::test]
async fn r_az_19_no_page_may_be_read_by_other_origins() {
    let (mut world, _) = World::signed_in().await;
    world.browser.headers.insert("origin", "https://evil.example".parse().unwrap());
    let journey = world.browser.open(world.wiki.request().with("prompt", "login").url()).await;
    let pages = [
        world.browser.get(world.wiki.request().url()).await,
        world.browser.send(Method::OPTIONS, &world.app.url("/authorize"), None).await,
        world.browser.send(Method::OPTIONS, journey.url.as_str(), None).await,
        journey,
    ];
    for page in pages {
        for name in page.headers.keys() {
            assert!(!name.as_str().starts_with("access-control-"), "{name}");
        }
    }
}

/// R-AZ-20: nothing is cut; what is too long is refused.
#[tokio::test]
async fn r_az_20_sizes_are_bounded() {
    let (mut world, _) = World::signed_in().await;
    let bounds = [("state", 4096), ("nonce", 512)];
    for (name, most) in bounds {
        let longest = world.wiki.request().with(name, "a".repeat(most));
        let page = world.browser.get(longest.url()).await;
        assert!(page.arrival().unwrap().get("code").is_some(), "{name}");
        let longer = world.wiki.request().with(name, "a".repeat(most + 1));
        let page = world.browser.get(longer.url()).await;
        let arrival = page.arrival().unwrap();
        assert_eq!(arrival.error(), "invalid_request");
    }
    let scope = format!("openid {}", "a".repeat(1018));
    let request = world.wiki.request().with("scope", scope);
    world.redirected_error(&request, "invalid_request").await;
    let whole = world.wiki.request().with("extra", "a".repeat(8192));
    world.refused_page(&whole.url()).await;
    let many = (0..65).fold(world.wiki.request(), |request, n| request.with(&format!("x{n}"), "1"));
    world.refused_page(&many.url()).await;
}

/// R-AZ-20: the same bounds hold for a request by POST.
#[tokio::test]
async fn r_az_20_sizes_are_bounded_by_post_too() {
    let mut world = World::new().await;
    let request = world.wiki.request();
    let mut fields: Vec<_> =
        request.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let names: Vec<_> = (0..65).map(|n| format!("x{n}")).collect();
    fields.extend(names.iter().map(|name| (name.as_str(), "1")));
    let page = world.browser.post_only(world.app.url("/authorize"), &fields).await;
    refused_page(&page);
}

/// R-AZ-21: unknown scopes are dropped and never repeated; without `openid` there is nothing to do here.
#[tokio::test]
async fn r_az_21_unknown_scopes_are_dropped() {
    let (mut world, _) = World::signed_in().await;
    let request = world.wiki.request().with("scope", "openid admin:all email");
    let page = world.browser.get(request.url()).await;
    let done = world.wiki.complete(&request, &page).await;
    assert_eq!(done.tokens.json()["scope"], "openid email");
    for without in ["email", "OPENID", "openid2", ""] {
        let request = world.wiki.request().with("scope", without);
        world.redirected_error(&request, "invalid_scope").await;
    }
}

/// R-AZ-21: a client gets only the scopes it is registered for.
#[tokio::test]
async fn r_az_21_scopes_are_cut_to_what_the_client_may_have() {
    let (mut world, _) = World::signed_in().await;
    let narrow = ClientMetadata {
        scope: Some("openid email".to_owned()),
        ..web_application("https://wiki.example.com")
    };
    let wiki = world.app.application_like(narrow).await;
    let claims = r#"{"userinfo":{"address":null,"groups":null},"id_token":{"groups":null}}"#;
    let request = wiki.request().with("scope", "openid profile groups email").with("claims", claims);
    let page = world.browser.get(request.url()).await;
    let done = wiki.complete(&request, &page).await;
    assert_eq!(done.tokens.json()["scope"], "openid email");
    let userinfo = wiki.userinfo(&done.access_token()).await.json();
    let names: Vec<_> = userinfo.as_object().unwrap().keys().collect();
    assert_eq!(names, ["email", "email_verified", "sub"]);
    assert!(!done.claims.contains_key("groups"));
}

/// R-AZ-23: the page that posts the answer escapes it, is kept by nobody, and may post to that origin only.
#[tokio::test]
async fn r_az_23_the_form_post_page_is_tight() {
    let (mut world, _) = World::signed_in().await;
    let state = "\"><script>alert(1)</script>'&<b>";
    let request = world.wiki.request().with("response_mode", "form_post").with("state", state);
    let page = world.browser.get(request.url()).await;
    let arrival = page.arrival().unwrap();
    assert_eq!(arrival.way, Way::FormPost);
    assert_eq!(arrival.uri.as_str(), world.wiki.redirect_uri);
    assert_eq!(arrival.get("state"), Some(state));
    assert!(!page.body.contains("<script>alert"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("; form-action https://wiki.example.com") && !policy.contains("form-action 'self'"),
        "{policy}"
    );
    assert!(policy.contains("script-src 'nonce-"));
}

/// `max_age` that cannot be read is a wish that must not be dropped (R-CO-05, R-CO-09).
#[tokio::test]
async fn r_co_09_an_unreadable_max_age_is_refused() {
    let (mut world, _) = World::signed_in().await;
    for bad in ["-1", "1.5", "soon", "99999999999999999999999", "0x10", "+ 1"] {
        let request = world.wiki.request().with("max_age", bad);
        world.redirected_error(&request, "invalid_request").await;
    }
    let endless = world.wiki.request().with("max_age", u64::MAX.to_string());
    assert!(world.browser.get(endless.url()).await.arrival().is_some());
    let zero = world.wiki.request().with("max_age", "0");
    assert!(world.browser.open(zero.url()).await.has("login"));
}

/// Malformed `claims` are refused, whatever is wrong with them.
#[tokio::test]
async fn malformed_claims_are_refused() {
    let (mut world, _) = World::signed_in().await;
    let deep = format!("{}{}", "[".repeat(600), "]".repeat(600));
    for bad in ["{", "[]", "1", "\"x\"", r#"{"userinfo":[]}"#, &deep] {
        let request = world.wiki.request().with("claims", bad);
        world.redirected_error(&request, "invalid_request").await;
    }
}

/// A disabled application is as unknown as any other (R-AZ-22).
#[tokio::test]
async fn r_az_22_a_disabled_application_is_redirected_to_no_more() {
    let (mut world, done) = World::signed_in().await;
    let code = world.code().await;
    world.disable_application().await;
    let request = world.wiki.request();
    world.refused_page(&request.url()).await;
    world.refused_page(&request.with("prompt", "none").url()).await;
    super::json_error(&world.wiki.redeem(&code).await, 401, "invalid_client");
    assert_eq!(world.wiki.userinfo(&done.access_token()).await.status, 401);
}
