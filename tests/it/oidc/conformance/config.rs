//! The plan *Config OP*, and the discovery modules of the sign-out plans. In loopback mode `http://localhost` stands where
//! `https` is demanded; what decides is the configured issuer alone (R-UI-05).

use serde_json::Value;
use url::Url;

use super::Suite;
use super::every_flow::check_jwks;
use crate::support::app::{self, TestApp};
use crate::support::browser::http;
use crate::support::page::{Page, Way};
use crate::support::relying_party::read;

async fn discovery(app: &TestApp, path: &str) -> Page {
    read(http().get(app.url(path))).await
}

fn texts(document: &Value, member: &str) -> Vec<String> {
    let list = document[member].as_array().unwrap_or_else(|| panic!("{member} is no array"));
    list.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

/// Every endpoint lies under the issuer, which is an origin and nothing more.
fn check_addresses(app: &TestApp, document: &Value) {
    let issuer = Url::parse(document["issuer"].as_str().unwrap()).unwrap();
    assert_eq!(document["issuer"], app.issuer);
    assert_eq!((issuer.query(), issuer.fragment(), issuer.username()), (None, None, ""));
    for (name, value) in document.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let address = Url::parse(value.as_str().unwrap()).unwrap();
            assert_eq!(address.origin(), issuer.origin(), "{name}");
        }
    }
}

#[tokio::test]
async fn oidcc_discovery_endpoint_verification() {
    let app = app::start().await;
    let page = discovery(&app, "/.well-known/openid-configuration").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("application/json"));
    let document = page.json();
    check_addresses(&app, &document);
    assert!(texts(&document, "response_types_supported").contains(&"code".to_owned()));
    assert_eq!(texts(&document, "subject_types_supported"), ["public"]);
    let algorithms = texts(&document, "id_token_signing_alg_values_supported");
    assert!(algorithms.contains(&"RS256".to_owned()) && !algorithms.contains(&"none".to_owned()));
    assert!(document["userinfo_endpoint"].is_string());
    assert!(texts(&document, "scopes_supported").contains(&"openid".to_owned()));
    assert!(!texts(&document, "grant_types_supported").is_empty());
    assert_eq!(texts(&document, "code_challenge_methods_supported"), ["S256"]);
    assert!(!texts(&document, "claims_supported").is_empty());
    assert_eq!(texts(&document, "response_modes_supported"), ["query", "form_post"]);
    for (member, value) in [
        ("request_parameter_supported", false),
        ("request_uri_parameter_supported", false),
        ("claims_parameter_supported", true),
        ("authorization_response_iss_parameter_supported", true),
    ] {
        assert_eq!(document[member], value, "{member}");
    }
    for tag in texts(&document, "ui_locales_supported") {
        assert!(tag.len() >= 2 && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{tag}");
    }
    check_jwks(&discovery(&app, "/jwks.json").await.json());
}

/// An application that was told the issuer with a slash asks under two; both spellings give the one issuer.
/// The applications' must-pass case 1.
#[tokio::test]
async fn discovery_answers_both_spellings_of_the_path_with_the_one_issuer() {
    let app = app::start().await;
    let usual = discovery(&app, "/.well-known/openid-configuration").await.json();
    for path in [
        "//.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "//.well-known/oauth-authorization-server",
    ] {
        assert_eq!(discovery(&app, path).await.json(), usual, "{path}");
    }
}

/// R-UI-05: the document is made from configuration only, whatever a request claims.
#[tokio::test]
async fn discovery_does_not_repeat_what_a_request_says() {
    let app = app::start().await;
    let request = http().get(app.url("/.well-known/openid-configuration"));
    let request = request.header("x-forwarded-host", "evil.example").header("x-forwarded-proto", "https");
    let document = read(request.header("forwarded", "host=evil.example;proto=https")).await;
    assert!(!document.body.contains("evil"));
    check_addresses(&app, &document.json());
    let other_host = http().get(app.url("/.well-known/openid-configuration")).header("host", "evil.example");
    assert_eq!(read(other_host).await.status, 421);
}

/// R-UI-07: others keep the key set for an hour at most.
#[tokio::test]
async fn the_key_set_is_kept_for_an_hour_at_most() {
    let app = app::start().await;
    let page = discovery(&app, "/jwks.json").await;
    let control = page.header("cache-control").unwrap();
    let seconds: u32 = control.rsplit('=').next().unwrap().parse().unwrap();
    assert!(seconds <= 3600, "{control}");
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_discovery_endpoint_verification() {
    let suite = Suite::new(Way::Query).await;
    let document = discovery(&suite.app, "/.well-known/openid-configuration").await.json();
    assert_eq!(document["end_session_endpoint"], suite.app.url("/logout"));
    check_addresses(&suite.app, &document);
}

#[tokio::test]
async fn oidcc_frontchannel_logout_discovery_endpoint_verification() {
    let suite = Suite::new(Way::Query).await;
    let document = discovery(&suite.app, "/.well-known/openid-configuration").await.json();
    assert_eq!(document["frontchannel_logout_supported"], true);
    assert_eq!(document["frontchannel_logout_session_supported"], true);
    assert!(document["end_session_endpoint"].is_string());
}
