//! UserInfo under abuse (R-UI-01, R-UI-02, R-UI-06).

use reqwest::RequestBuilder;

use super::{World, json_error};
use crate::support::browser::http;
use crate::support::page::Page;
use crate::support::relying_party::read;

async fn ask(request: RequestBuilder) -> Page {
    read(request).await
}

/// R-UI-01: the token travels in the header, or in a posted form, and in one place only.
#[tokio::test]
async fn r_ui_01_the_token_is_never_taken_from_the_query() {
    let (world, done) = World::signed_in().await;
    let (url, token) = (world.app.url("/userinfo"), done.access_token());
    let in_query = format!("{url}?access_token={token}");
    assert_eq!(ask(http().get(&in_query)).await.status, 400);
    assert_eq!(ask(http().get(&in_query).bearer_auth(&token)).await.status, 400);
    let escaped = format!("{url}?acces%73_token={token}");
    assert_ne!(ask(http().get(&escaped)).await.status, 200);
    let twice = http().post(&url).bearer_auth(&token).form(&[("access_token", &token)]);
    assert_eq!(ask(twice).await.status, 400);
    let two_headers = http().get(&url).bearer_auth(&token).bearer_auth(&token);
    assert_eq!(ask(two_headers).await.status, 400);
    let form_by_get = http().get(&url).form(&[("access_token", &token)]);
    assert_eq!(ask(form_by_get).await.status, 401);
}

/// R-UI-01: no other token is one; the answer says no more than that.
#[tokio::test]
async fn r_ui_01_only_access_tokens_of_ours_are_accepted() {
    let (mut world, done) = World::signed_in().await;
    let url = world.app.url("/userinfo");
    let code = world.code().await;
    for other in ["x", "", &done.id_token(), &code, &"a".repeat(4000)] {
        let page = ask(http().get(&url).bearer_auth(other)).await;
        json_error(&page, 401, "invalid_token");
        assert!(page.header("www-authenticate").unwrap().starts_with("Bearer"));
    }
    let missing = ask(http().get(&url)).await;
    json_error(&missing, 401, "invalid_token");
    let basic = ask(http().get(&url).header("authorization", world.wiki.basic())).await;
    json_error(&basic, 401, "invalid_token");
}

/// RFC 7235: the scheme's letter case does not matter.
#[tokio::test]
async fn the_scheme_is_read_whatever_its_letter_case() {
    let (world, done) = World::signed_in().await;
    for scheme in ["bearer", "BEARER"] {
        let line = format!("{scheme} {}", done.access_token());
        let request = http().get(world.app.url("/userinfo")).header("authorization", line);
        assert_eq!(ask(request).await.status, 200);
    }
}

/// R-UI-02: when the session ends, its tokens are dead at once; a token dies of age too.
#[tokio::test]
async fn r_ui_02_a_token_dies_with_its_session() {
    let (mut world, done) = World::signed_in().await;
    let url = format!("{}?id_token_hint={}", world.app.url("/logout"), done.id_token());
    world.browser.open(&url).await;
    let page = world.wiki.userinfo(&done.access_token()).await;
    json_error(&page, 401, "invalid_token");
    let (world, done) = World::signed_in().await;
    let seconds = done.tokens.json()["expires_in"].as_u64().unwrap();
    world.app.pass(seconds - 1);
    assert_eq!(world.wiki.userinfo(&done.access_token()).await.status, 200);
    world.app.pass(1);
    assert_eq!(world.wiki.userinfo(&done.access_token()).await.status, 401);
}
