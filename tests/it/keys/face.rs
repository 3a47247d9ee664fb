//! The keys as applications see them: the JWK set, its tag, and what hints are worth.

use keyward::audit::Actor;
use keyward::keys::rotation::ANNOUNCED;
use reqwest::StatusCode;

use crate::oidc::World;
use crate::support::browser::http;
use crate::support::relying_party::read;

#[tokio::test]
async fn r_ui_07_the_set_has_a_tag_and_is_kept_for_an_hour_at_most() {
    let world = World::new().await;
    let url = world.app.url("/jwks.json");
    let first = read(http().get(&url)).await;
    let tag = first.header("etag").unwrap().to_owned();
    assert_eq!(first.header("cache-control"), Some("public, max-age=3600"));
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
        let again = read(http().get(&url).header("if-none-match", known)).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
        assert_eq!(again.header("etag"), Some(tag.as_str()));
    }
    world.app.app.rotation.announce(&Actor::CommandLine).await.unwrap();
    let changed = read(http().get(&url).header("if-none-match", &tag)).await;
    assert_eq!((changed.status, changed.json()["keys"].as_array().unwrap().len()), (StatusCode::OK, 4));
}

#[tokio::test]
async fn after_a_rotation_tokens_verify_and_older_ones_still_sign_out() {
    let (mut world, before) = World::signed_in().await;
    let rotation = world.app.app.rotation.clone();
    rotation.announce(&Actor::CommandLine).await.unwrap();
    // A session ends before a day has passed; its token is a hint for as long as it could have lasted.
    world.app.clock.advance(ANNOUNCED);
    rotation.turn().await.unwrap();
    let after = world.sign_in().await;
    assert_ne!(kid(&before.tokens.json()), kid(&after.tokens.json()));
    let issuer = world.app.issuer.clone();
    let hint = |tokens: &serde_json::Value| {
        rotation.keyring().verify_hint(tokens["id_token"].as_str().unwrap(), &issuer).is_ok()
    };
    assert!(hint(&before.tokens.json()) && hint(&after.tokens.json()));
    // R-KS-07: in a compromise neither is worth anything, and the next sign-in is as good as ever.
    rotation.replace_all(&Actor::CommandLine).await.unwrap();
    assert!(!hint(&before.tokens.json()) && !hint(&after.tokens.json()));
    let anew = world.sign_in().await;
    assert!(hint(&anew.tokens.json()));
}

fn kid(tokens: &serde_json::Value) -> String {
    jsonwebtoken::decode_header(tokens["id_token"].as_str().unwrap()).unwrap().kid.unwrap()
}
