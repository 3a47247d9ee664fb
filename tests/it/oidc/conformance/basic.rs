//! The plans *Basic OP* and *Form Post OP*: the same modules, answered in the query and by form post.
//! Left out are the modules for what is not offered: dynamic registration, request objects, refresh tokens.

use std::collections::BTreeSet;

use keyward::vocabulary::ClientMetadata;
use keyward::vocabulary::client_metadata::ClientAuthentication;
use serde_json::Value;

use super::every_flow::{PROFILE, PROTOCOL_CLAIMS, check_tokens, check_userinfo, entropy};
use super::{Suite, suite_client};
use crate::support::browser::http;
use crate::support::page::Way;
use crate::support::relying_party::{SignedIn, awkward, read};

macro_rules! modules {
    ($($name:ident),* $(,)?) => {
        mod query {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                super::$name(Suite::new(Way::Query).await).await;
            })*
        }

        mod form_post {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                super::$name(Suite::new(Way::FormPost).await).await;
            })*
        }
    };
}

modules! {
    oidcc_server,
    oidcc_response_type_missing,
    oidcc_userinfo_get,
    oidcc_userinfo_post_header,
    oidcc_userinfo_post_body,
    oidcc_ensure_request_without_nonce_succeeds_for_code_flow,
    oidcc_scope_profile,
    oidcc_scope_email,
    oidcc_scope_address,
    oidcc_scope_phone,
    oidcc_scope_all,
    oidcc_alternate_happy_flow,
    oidcc_display_page,
    oidcc_display_popup,
    oidcc_prompt_login,
    oidcc_prompt_none_not_logged_in,
    oidcc_prompt_none_logged_in,
    oidcc_max_age_1,
    oidcc_max_age_10000,
    oidcc_ensure_request_with_unknown_parameter_succeeds,
    oidcc_id_token_hint,
    oidcc_login_hint,
    oidcc_ui_locales,
    oidcc_claims_locales,
    oidcc_ensure_request_with_acr_values_succeeds,
    oidcc_codereuse,
    oidcc_codereuse_30seconds,
    oidcc_ensure_registered_redirect_uri,
    oidcc_ensure_post_request_succeeds,
    oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported,
    oidcc_claims_essential,
    oidcc_ensure_request_with_valid_pkce_succeeds,
}

async fn oidcc_server(mut suite: Suite) {
    let request = suite.request();
    let done = suite.flow(request).await;
    for handle in [done.arrival.code(), &done.access_token()] {
        assert!(handle.len() >= 16 && entropy(handle) > 96.0, "{handle}");
    }
    assert!(done.tokens.json()["expires_in"].is_number());
    let names: BTreeSet<_> = done.claims.keys().map(String::as_str).collect();
    assert_eq!(names, PROTOCOL_CLAIMS.into(), "nothing unasked for in the ID token");
}

async fn oidcc_response_type_missing(mut suite: Suite) {
    let request = suite.request().without("response_type");
    assert_eq!(suite.refused(request).await.error(), "invalid_request");
}

async fn oidcc_userinfo_get(mut suite: Suite) {
    let request = suite.request();
    let done = suite.flow(request).await;
    let page = suite.client.userinfo(&done.access_token()).await;
    check_userinfo(&page, &done.claims);
}

async fn oidcc_userinfo_post_header(mut suite: Suite) {
    let request = suite.request();
    let done = suite.flow(request).await;
    let post = http().post(suite.app.url("/userinfo")).bearer_auth(done.access_token());
    check_userinfo(&read(post).await, &done.claims);
}

async fn oidcc_userinfo_post_body(mut suite: Suite) {
    let request = suite.request();
    let done = suite.flow(request).await;
    let post = http().post(suite.app.url("/userinfo"));
    let post = post.form(&[("access_token", done.access_token())]);
    check_userinfo(&read(post).await, &done.claims);
}

async fn oidcc_ensure_request_without_nonce_succeeds_for_code_flow(mut suite: Suite) {
    let request = suite.request().without("nonce");
    let done = suite.flow(request).await;
    assert!(!done.claims.contains_key("nonce"));
}

/// The scope's claims stand in userinfo and not in the ID token.
async fn scope(suite: &mut Suite, scope: &str, expected: &[&str]) -> SignedIn {
    let request = suite.request_for(scope);
    let done = suite.flow(request).await;
    let userinfo = suite.client.userinfo(&done.access_token()).await.json();
    for name in expected {
        assert!(userinfo.get(name).is_some(), "{name} is missing: {userinfo}");
        assert!(!done.claims.contains_key(*name), "{name} stands in the ID token too");
    }
    let mut names: BTreeSet<_> = expected.iter().copied().collect();
    names.insert("sub");
    let given: BTreeSet<_> = userinfo.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(given, names);
    done
}

async fn oidcc_scope_profile(mut suite: Suite) {
    scope(&mut suite, "openid profile", &PROFILE).await;
}

async fn oidcc_scope_email(mut suite: Suite) {
    scope(&mut suite, "openid email", &["email", "email_verified"]).await;
}

async fn oidcc_scope_address(mut suite: Suite) {
    scope(&mut suite, "openid address", &["address"]).await;
}

async fn oidcc_scope_phone(mut suite: Suite) {
    scope(&mut suite, "openid phone", &["phone_number", "phone_number_verified"]).await;
}

async fn oidcc_scope_all(mut suite: Suite) {
    let mut all = PROFILE.to_vec();
    all.extend(["email", "email_verified", "address", "phone_number", "phone_number_verified"]);
    scope(&mut suite, "openid profile email address phone", &all).await;
}

async fn oidcc_alternate_happy_flow(mut suite: Suite) {
    let mut request = suite.request_for("email openid");
    request.parameters.reverse();
    let done = suite.flow(request).await;
    let userinfo = suite.client.userinfo(&done.access_token()).await.json();
    assert_eq!(userinfo["email"], "ada@example.com");
}

async fn oidcc_display_page(mut suite: Suite) {
    let request = suite.request().with("display", "page");
    suite.flow(request).await;
}

async fn oidcc_display_popup(mut suite: Suite) {
    let request = suite.request().with("display", "popup");
    suite.flow(request).await;
}

async fn oidcc_prompt_login(mut suite: Suite) {
    let request = suite.request();
    let first = suite.flow(request).await;
    suite.app.pass(2);
    let request = suite.request().with("prompt", "login");
    let second = suite.flow_with_login(request).await;
    assert!(second.claims["auth_time"].as_i64() > first.claims["auth_time"].as_i64());
    assert_eq!(second.claims["sub"], first.claims["sub"]);
}

async fn oidcc_prompt_none_not_logged_in(mut suite: Suite) {
    suite.signed_out().await;
}

fn same_sign_in(first: &SignedIn, second: &SignedIn) {
    assert_eq!(first.claims["sub"], second.claims["sub"]);
    assert_eq!(first.claims["auth_time"], second.claims["auth_time"]);
}

async fn oidcc_prompt_none_logged_in(mut suite: Suite) {
    let request = suite.request();
    let first = suite.flow(request).await;
    suite.app.pass(5);
    let request = suite.request().with("prompt", "none");
    let second = suite.silent_flow(request).await;
    same_sign_in(&first, &second);
}

async fn oidcc_max_age_1(mut suite: Suite) {
    let request = suite.request();
    let first = suite.flow(request).await;
    suite.app.pass(2);
    let request = suite.request().with("max_age", "1");
    let second = suite.flow_with_login(request).await;
    assert!(second.claims["auth_time"].as_i64() > first.claims["auth_time"].as_i64());
    assert_eq!(second.claims["auth_time"], suite.app.now());
}

async fn oidcc_max_age_10000(mut suite: Suite) {
    let request = suite.request().with("max_age", "15000");
    let first = suite.flow(request).await;
    suite.app.pass(2);
    let request = suite.request().with("max_age", "10000");
    let second = suite.silent_flow(request).await;
    same_sign_in(&first, &second);
}

async fn oidcc_ensure_request_with_unknown_parameter_succeeds(mut suite: Suite) {
    let request = suite.request().with("extra", "foobar");
    suite.flow(request).await;
}

async fn oidcc_id_token_hint(mut suite: Suite) {
    let request = suite.request();
    let first = suite.flow(request).await;
    let request = suite.request().with("prompt", "none");
    let second = suite.silent_flow(request.with("id_token_hint", first.id_token())).await;
    same_sign_in(&first, &second);
}

async fn oidcc_login_hint(mut suite: Suite) {
    let request = suite.request().with("login_hint", "buffy@localhost");
    suite.flow(request).await;
}

async fn oidcc_ui_locales(mut suite: Suite) {
    let request = suite.request().with("ui_locales", "se");
    suite.flow(request).await;
}

async fn oidcc_claims_locales(mut suite: Suite) {
    let request = suite.request().with("claims_locales", "se");
    suite.flow(request).await;
}

async fn oidcc_ensure_request_with_acr_values_succeeds(mut suite: Suite) {
    let document = suite.app.url("/.well-known/openid-configuration");
    let document = read(http().get(document)).await.json();
    let values: Vec<_> = document["acr_values_supported"].as_array().unwrap().clone();
    let values: Vec<_> = values.iter().map(|value| value.as_str().unwrap()).collect();
    let request = suite.request().with("acr_values", values.join(" "));
    let done = suite.flow(request).await;
    assert!(values.contains(&done.claims["acr"].as_str().unwrap()));
}

/// The second use of a code.
async fn reuse(suite: &mut Suite, wait: u64) -> SignedIn {
    let request = suite.request();
    let done = suite.flow(request).await;
    suite.app.pass(wait);
    let again = suite.client.redeem(done.arrival.code()).await;
    assert_eq!(again.status, 400);
    assert_eq!(again.header("content-type"), Some("application/json"));
    assert_eq!(again.json()["error"], "invalid_grant");
    done
}

async fn oidcc_codereuse(mut suite: Suite) {
    reuse(&mut suite, 0).await;
}

async fn oidcc_codereuse_30seconds(mut suite: Suite) {
    let done = reuse(&mut suite, 30).await;
    let page = suite.client.userinfo(&done.access_token()).await;
    assert_eq!(page.status, 401, "the first access token is revoked");
}

async fn oidcc_ensure_registered_redirect_uri(mut suite: Suite) {
    let other = format!("{}/{}", suite.client.redirect_uri, "wZ0rG7kQ");
    let request = suite.request().with("redirect_uri", other);
    let page = suite.browser.get(request.url()).await;
    assert_eq!(page.status, 400);
    assert_eq!(page.location(), None);
    assert!(page.arrival().is_none(), "nothing leads to the application");
}

async fn oidcc_ensure_post_request_succeeds(mut suite: Suite) {
    let request = suite.request();
    let fields: Vec<_> =
        request.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = suite.browser.post(suite.app.url("/authorize"), &fields.clone()).await;
    let page = suite.browser.sign_in(&suite.app, page, &suite.ada).await;
    suite.arrive(&request, &page).await;
}

async fn oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(mut suite: Suite) {
    let object = "eyJhbGciOiJub25lIn0.eyJzdGF0ZSI6Imluc2lkZSJ9.";
    let request = suite.request().with("request", object);
    assert_eq!(suite.refused(request).await.error(), "request_not_supported");
}

async fn oidcc_claims_essential(mut suite: Suite) {
    let request = suite.request().with("claims", r#"{"userinfo":{"name":{"essential":true}}}"#);
    let done = suite.flow(request).await;
    let userinfo = suite.client.userinfo(&done.access_token()).await.json();
    assert_eq!(userinfo["name"], "Ada Byron Lovelace");
    assert_eq!(done.claims.get("name"), None::<&Value>);
}

async fn oidcc_ensure_request_with_valid_pkce_succeeds(mut suite: Suite) {
    let request = suite.request().with_pkce();
    suite.flow(request).await;
}

#[tokio::test]
async fn oidcc_server_client_secret_post() {
    let metadata = ClientMetadata {
        token_endpoint_auth_method: Some(ClientAuthentication::ClientSecretPost),
        ..suite_client()
    };
    let mut suite = Suite::of(metadata, Way::Query).await;
    let request = suite.request().with("state", awkward(128));
    let page = suite.browser.open(request.url()).await;
    let page = suite.browser.sign_in(&suite.app, page, &suite.ada).await;
    let arrival = page.arrival().unwrap();
    super::every_flow::check_response(&suite, &request, &arrival);
    let mut form = suite.client.redemption(arrival.code());
    let secret = suite.client.secret.clone().unwrap();
    form.extend([("client_id", suite.client.id.as_str()), ("client_secret", &secret)]);
    let tokens = suite.client.token(None, &form).await;
    check_tokens(&tokens);
    let claims = suite.client.verify(tokens.json()["id_token"].as_str().unwrap()).await;
    super::every_flow::check_id_token(&suite, &request, &claims);
    let access_token = tokens.json()["access_token"].as_str().unwrap().to_owned();
    check_userinfo(&suite.client.userinfo(&access_token).await, &claims);
}
