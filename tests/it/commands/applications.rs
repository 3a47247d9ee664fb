//! Applications: two secrets while one replaces the other, and the end of one.

use std::time::Duration;

use keyward::commands::client::{List, Remove, RotateSecret, Show};
use keyward::commands::{Handed, Reason};
use keyward::vocabulary::ClientMetadata;
use keyward::vocabulary::client_metadata::ClientAuthentication;

use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::relying_party::RelyingParty;

async fn rotate(app: &TestApp, client: &str, overlap: u64) -> Handed {
    app.perform(RotateSecret { client: client.to_owned(), overlap }).await.unwrap().client_secret
}

/// Whether the secret authenticates: a code that is not there is then the only fault.
async fn authenticates(wiki: &RelyingParty, secret: &str) -> bool {
    let mut with = wiki.clone();
    with.secret = Some(secret.to_owned());
    let error = with.redeem("kwcnone").await.json()["error"].as_str().unwrap().to_owned();
    assert!(["invalid_grant", "invalid_client"].contains(&error.as_str()), "{error}");
    error == "invalid_grant"
}

#[tokio::test]
async fn r_tk_04_two_secrets_are_good_during_a_rotation_and_never_three() {
    let app = app::start().await;
    let wiki = app.application().await;
    let first = wiki.secret.clone().unwrap();
    let second = rotate(&app, "Wiki", 3600).await;
    assert!(authenticates(&wiki, &first).await && authenticates(&wiki, second.expose()).await);
    let third = rotate(&app, &wiki.id, 7200).await;
    assert!(!authenticates(&wiki, &first).await, "the one before the last is over");
    assert!(authenticates(&wiki, second.expose()).await && authenticates(&wiki, third.expose()).await);
    app.clock.advance(Duration::from_secs(7200));
    assert!(!authenticates(&wiki, second.expose()).await && authenticates(&wiki, third.expose()).await);
    let last = rotate(&app, "Wiki", 0).await;
    assert!(!authenticates(&wiki, third.expose()).await && authenticates(&wiki, last.expose()).await);
    let shown = app.perform(Show { client: "Wiki".to_owned() }).await.unwrap();
    assert_eq!(shown.secrets.len(), 1);
    let too_long = RotateSecret { client: "Wiki".to_owned(), overlap: 31 * 24 * 3600 };
    assert_eq!(app.perform(too_long).await.unwrap_err().reason, Reason::Rule);
    assert_eq!(app.acts().await, ["client_secret_rotated"; 3]);
}

#[tokio::test]
async fn a_removed_application_is_unknown_and_its_tokens_dead() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let signed_in = wiki.sign_in(&app, &mut Browser::new(), &ann, wiki.request()).await;
    app.perform(Remove { client: "Wiki".to_owned() }).await.unwrap();
    assert_eq!(wiki.userinfo(&signed_in.access_token()).await.status, 401);
    assert!(!authenticates(&wiki, wiki.secret.as_ref().unwrap()).await);
    assert_eq!(app.perform(Show { client: wiki.id.clone() }).await.unwrap_err().reason, Reason::Absent);
    assert_eq!(app.acts().await, ["client_removed"]);
}

#[tokio::test]
async fn what_is_not_one_application_is_not_guessed() {
    let app = app::start().await;
    let metadata = || ClientMetadata {
        client_name: Some("Twin".to_owned()),
        redirect_uris: vec!["https://twin.example.com/cb".to_owned()],
        token_endpoint_auth_method: Some(ClientAuthentication::None),
        ..ClientMetadata::default()
    };
    let twin = app.application_like(metadata()).await;
    let public = RotateSecret { client: twin.id.clone(), overlap: 0 };
    assert!(app.perform(public).await.unwrap_err().sentence.contains("public client"));
    app.application_like(metadata()).await;
    let refused = app.perform(Remove { client: "Twin".to_owned() }).await.unwrap_err();
    assert!(refused.sentence.contains("2 applications"), "{refused}");
    let listed = serde_json::to_string(&app.perform(List {}).await.unwrap()).unwrap();
    assert!(listed.contains(&twin.id) && !listed.contains("hash"));
}
