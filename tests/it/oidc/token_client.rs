//! How applications prove themselves at the token endpoint (R-TK-01 to R-TK-04).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward::vocabulary::ClientMetadata;
use keyward::vocabulary::client_metadata::ClientAuthentication;

use super::{World, json_error};
use crate::support::browser::http;
use crate::support::relying_party::{VERIFIER, read, web_application};

fn with_methods(methods: &[ClientAuthentication]) -> ClientMetadata {
    ClientMetadata {
        token_endpoint_auth_methods: methods.to_vec(),
        ..web_application("https://wiki.example.com")
    }
}

/// R-TK-01: parameters in the address are no parameters, and other kinds of bodies are none.
#[tokio::test]
async fn r_tk_01_only_a_posted_form_is_read() {
    let (mut world, _) = World::signed_in().await;
    let code = world.code().await;
    let form = world.wiki.redemption(&code);
    let in_query = reqwest::Url::parse_with_params(&world.app.url("/token"), &form).unwrap();
    let request = http().post(in_query.clone()).header("authorization", world.wiki.basic());
    let answer = read(request.form(&[("x", "y")])).await;
    json_error(&answer, 400, "invalid_request");
    let get = http().get(in_query).header("authorization", world.wiki.basic());
    assert_eq!(read(get).await.status, 405);
    let json = http()
        .post(world.app.url("/token"))
        .header("authorization", world.wiki.basic())
        .header("content-type", "application/json");
    let answer = read(json.body(format!("{{\"code\":\"{code}\"}}"))).await;
    json_error(&answer, 415, "invalid_request");
    assert_eq!(world.wiki.redeem(&code).await.status, 200);
}

/// R-TK-01.
#[tokio::test]
async fn r_tk_01_a_repeated_parameter_is_refused() {
    let (mut world, _) = World::signed_in().await;
    let code = world.code().await;
    for repeated in ["code", "grant_type", "redirect_uri", "extra"] {
        let mut form = world.wiki.redemption(&code);
        form.push(("extra", "1"));
        let (name, value) = *form.iter().find(|(name, _)| *name == repeated).unwrap();
        form.push((name, value));
        let answer = world.wiki.token(Some(&world.wiki.basic()), &form).await;
        json_error(&answer, 400, "invalid_request");
    }
    assert_eq!(world.wiki.redeem(&code).await.status, 200);
}

/// R-TK-02: one method only; the id beside Basic is no second one.
#[tokio::test]
async fn r_tk_02_exactly_one_method_is_used() {
    let (mut world, _) = World::signed_in().await;
    world.wiki = world
        .app
        .application_like(with_methods(&[
            ClientAuthentication::ClientSecretBasic,
            ClientAuthentication::ClientSecretPost,
        ]))
        .await;
    let code = world.code().await;
    let (id, secret) = (world.wiki.id.clone(), world.wiki.secret.clone().unwrap());
    let mut both = world.wiki.redemption(&code);
    both.extend([("client_id", id.as_str()), ("client_secret", &secret)]);
    let answer = world.wiki.token(Some(&world.wiki.basic()), &both).await;
    json_error(&answer, 400, "invalid_request");
    let mut other_id = world.wiki.redemption(&code);
    other_id.push(("client_id", "another"));
    let answer = world.wiki.token(Some(&world.wiki.basic()), &other_id).await;
    json_error(&answer, 401, "invalid_client");
    let mut id_beside = world.wiki.redemption(&code);
    id_beside.push(("client_id", &id));
    let answer = world.wiki.token(Some(&world.wiki.basic()), &id_beside).await;
    assert_eq!(answer.status, 200);
    let code = world.code().await;
    let mut posted = world.wiki.redemption(&code);
    posted.extend([("client_id", id.as_str()), ("client_secret", &secret)]);
    assert_eq!(world.wiki.token(None, &posted).await.status, 200);
}

/// R-TK-02: a method that is not the client's own, and whatever is wrong with the proof, answer alike.
#[tokio::test]
async fn r_tk_02_a_wrong_proof_is_invalid_client_whatever_is_wrong() {
    let (mut world, _) = World::signed_in().await;
    let code = world.code().await;
    let form = world.wiki.redemption(&code);
    let (id, secret) = (world.wiki.id.clone(), world.wiki.secret.clone().unwrap());
    let basic = |text: String| format!("Basic {}", STANDARD.encode(text));
    let lines = [
        basic(format!("{id}:wrong")),
        basic(format!("nobody:{secret}")),
        basic(format!("{id}{secret}")),
        basic(format!("{id}:{}", secret.get(1..).unwrap())),
        basic(format!("{id}:{}", secret.to_lowercase())),
        "Basic".to_owned(),
        "Basic !!!".to_owned(),
        "Basic \u{a0}".trim_end().to_owned(),
        format!("Bearer {secret}"),
    ];
    for line in lines {
        json_error(&world.wiki.token(Some(&line), &form).await, 401, "invalid_client");
    }
    json_error(&world.wiki.token(None, &form).await, 401, "invalid_client");
    let mut posted = form.clone();
    posted.extend([("client_id", id.as_str()), ("client_secret", &secret)]);
    json_error(&world.wiki.token(None, &posted).await, 401, "invalid_client");
    let mut nothing = form.clone();
    nothing.push(("client_id", &id));
    json_error(&world.wiki.token(None, &nothing).await, 401, "invalid_client");
    assert_eq!(world.wiki.redeem(&code).await.status, 200, "nobody spoiled the code");
}

/// R-TK-03: an empty secret is no secret.
#[tokio::test]
async fn r_tk_03_an_empty_secret_never_authenticates() {
    let (mut world, _) = World::signed_in().await;
    world.wiki = world
        .app
        .application_like(with_methods(&[
            ClientAuthentication::ClientSecretBasic,
            ClientAuthentication::ClientSecretPost,
        ]))
        .await;
    let code = world.code().await;
    let id = world.wiki.id.clone();
    let mut posted = world.wiki.redemption(&code);
    posted.extend([("client_id", id.as_str()), ("client_secret", "")]);
    json_error(&world.wiki.token(None, &posted).await, 401, "invalid_client");
    let line = format!("Basic {}", STANDARD.encode(format!("{id}:")));
    let answer = world.wiki.token(Some(&line), &world.wiki.redemption(&code)).await;
    json_error(&answer, 401, "invalid_client");
    for weak in ["", "short", &"a b".repeat(20)] {
        let metadata = ClientMetadata {
            client_secret: Some(weak.to_owned()),
            ..web_application("https://weak.example.com")
        };
        assert!(world.app.app.clients.register(metadata, None).await.is_err(), "{weak:?}");
    }
}

/// R-TK-03: a public client that shows a secret is somebody else.
#[tokio::test]
async fn r_tk_03_a_public_client_with_a_secret_is_refused() {
    let (mut world, _) = World::signed_in().await;
    world.wiki = world.app.application_like(with_methods(&[ClientAuthentication::None])).await;
    assert_eq!(world.wiki.secret, None);
    let code = world.code_for(&world.wiki.request().with_pkce()).await;
    let id = world.wiki.id.clone();
    let mut form = world.wiki.redemption(&code);
    form.push(("code_verifier", VERIFIER));
    for secret in ["", "anything"] {
        let mut with_secret = form.clone();
        with_secret.extend([("client_id", id.as_str()), ("client_secret", secret)]);
        json_error(&world.wiki.token(None, &with_secret).await, 401, "invalid_client");
        let line = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        json_error(&world.wiki.token(Some(&line), &form).await, 401, "invalid_client");
    }
    form.push(("client_id", &id));
    assert_eq!(world.wiki.token(None, &form).await.status, 200);
}

/// R-TK-04: ids and secrets of ours read the same encoded and raw. The applications' must-pass case 2.
#[tokio::test]
async fn r_tk_04_encoded_and_raw_basic_agree() {
    let (mut world, _) = World::signed_in().await;
    assert_eq!(world.wiki.basic(), world.wiki.raw_basic());
    let secret = world.wiki.secret.clone().unwrap();
    assert!(secret.len() >= 43 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert!(world.wiki.id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    // A library that encodes every byte sends the same.
    let escaped: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let line = format!("Basic {}", STANDARD.encode(format!("{}:{escaped}", world.wiki.id)));
    for line in [world.wiki.raw_basic(), line, world.wiki.basic().replace("Basic", "basic")] {
        let code = world.code().await;
        let form = world.wiki.redemption(&code);
        assert_eq!(world.wiki.token(Some(&line), &form).await.status, 200);
    }
}

/// R-TK-04: the secret is nowhere in the store.
#[tokio::test]
async fn r_tk_04_the_secret_is_kept_as_a_hash_only() {
    let (world, _) = World::signed_in().await;
    let id = keyward::foundation::ids::ClientId::from_text(&world.wiki.id);
    let client = std::sync::Arc::unwrap_or_clone(world.app.app.clients.find(&id).await.unwrap().unwrap());
    let stored = serde_json::to_string(&client).unwrap();
    assert!(!stored.contains(world.wiki.secret.as_deref().unwrap()));
    assert!(!format!("{client:?}").contains(world.wiki.secret.as_deref().unwrap()));
}
