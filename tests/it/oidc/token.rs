//! Exchanging codes (R-TK-05 to R-TK-08, R-TK-13 to R-TK-16).

use keyward::foundation::ids::SessionId;
use keyward::storage::Batch;
use keyward::vocabulary::ClientMetadata;
use keyward::vocabulary::client_metadata::SigningAlgorithm;

use super::{World, json_error};
use crate::support::app;
use crate::support::browser::Browser;
use crate::support::relying_party::{VERIFIER, web_application};

/// R-TK-05: a code lives for a minute.
#[tokio::test]
async fn r_tk_05_a_code_lives_for_a_minute() {
    let (mut world, _) = World::signed_in().await;
    let code = world.code().await;
    world.app.pass(59);
    assert_eq!(world.wiki.redeem(&code).await.status, 200);
    let code = world.code().await;
    world.app.pass(60);
    json_error(&world.wiki.redeem(&code).await, 400, "invalid_grant");
}

/// R-TK-06: a second use is refused and revokes what the first gave. The applications' must-pass case 9.
#[tokio::test]
async fn r_tk_06_a_code_used_twice_revokes_what_it_gave() {
    let (mut world, first) = World::signed_in().await;
    let other = world.code().await;
    let other = world.wiki.redeem(&other).await.json();
    json_error(&world.wiki.redeem(first.arrival.code()).await, 400, "invalid_grant");
    assert_eq!(world.wiki.userinfo(&first.access_token()).await.status, 401);
    let other = other["access_token"].as_str().unwrap();
    assert_eq!(world.wiki.userinfo(other).await.status, 200, "another code's token lives on");
}

/// R-TK-06: also when the code itself would have expired, as long as its token lives.
#[tokio::test]
async fn r_tk_06_a_late_second_use_revokes_too() {
    let (world, first) = World::signed_in().await;
    world.app.pass(200);
    assert_eq!(world.wiki.userinfo(&first.access_token()).await.status, 200);
    json_error(&world.wiki.redeem(first.arrival.code()).await, 400, "invalid_grant");
    assert_eq!(world.wiki.userinfo(&first.access_token()).await.status, 401);
}

/// R-TK-06: whoever is not the client cannot revoke by trying its code.
#[tokio::test]
async fn r_tk_06_another_client_revokes_nothing() {
    let (world, first) = World::signed_in().await;
    let board = world.app.application_like(web_application("https://board.example.com")).await;
    let mut form = world.wiki.redemption(first.arrival.code());
    form[2].1 = &board.redirect_uri;
    json_error(&board.token(Some(&board.basic()), &form).await, 400, "invalid_grant");
    assert_eq!(world.wiki.userinfo(&first.access_token()).await.status, 200);
}

/// R-CO-03 and R-TK-06: of 32 at once one wins; the others used the code a second time, so what it gave is revoked.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r_co_03_of_32_redemptions_at_once_one_wins_and_is_revoked() {
    let (mut world, _) = World::signed_in().await;
    let code = world.code().await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (wiki, code) = (world.wiki.clone(), code.clone());
        tries.spawn(async move { wiki.redeem(&code).await });
    }
    let answers = tries.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|page| page.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 31));
    for page in &lost {
        json_error(page, 400, "invalid_grant");
    }
    let token = won[0].json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(world.wiki.userinfo(&token).await.status, 401);
}

/// R-TK-07: a code in the wrong hands is destroyed, so that its owner notices.
#[tokio::test]
async fn r_tk_07_a_code_in_the_wrong_hands_is_destroyed() {
    let (mut world, _) = World::signed_in().await;
    let board = world.app.application_like(web_application("https://board.example.com")).await;
    for redirect_uri in [&world.wiki.redirect_uri.clone(), &board.redirect_uri] {
        let code = world.code().await;
        let mut form = world.wiki.redemption(&code);
        form[2].1 = redirect_uri;
        json_error(&board.token(Some(&board.basic()), &form).await, 400, "invalid_grant");
        json_error(&world.wiki.redeem(&code).await, 400, "invalid_grant");
    }
}

/// R-TK-07: misuse raises an alarm that names both applications and the person.
#[tokio::test]
async fn r_tk_07_misuse_raises_an_alarm() {
    let (mut world, _) = World::signed_in().await;
    let board = world.app.application_like(web_application("https://board.example.com")).await;
    let code = world.code().await;
    board.token(Some(&board.basic()), &world.wiki.redemption(&code)).await;
    let events = world.app.events().await;
    let alarms: Vec<_> = events.iter().filter(|event| event["action"] == "reuse").collect();
    let [alarm] = alarms.as_slice() else { panic!("one alarm is expected: {events:?}") };
    let text = alarm.to_string();
    for part in [&board.id, &world.wiki.id, world.ada.id.as_str(), "code_misused"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains(&code));
}

/// R-TK-07: the redirect URI is compared to the byte, and must be there.
#[tokio::test]
async fn r_tk_07_the_redirect_uri_of_the_exchange_is_the_one_of_the_request() {
    let (mut world, _) = World::signed_in().await;
    let registered = world.wiki.redirect_uri.clone();
    for wrong in
        [String::new(), format!("{registered}/"), registered.to_uppercase(), format!("{registered}?")]
    {
        let code = world.code().await;
        let mut form = world.wiki.redemption(&code);
        form[2].1 = &wrong;
        let answer = world.wiki.token(Some(&world.wiki.basic()), &form).await;
        json_error(&answer, 400, "invalid_grant");
        json_error(&world.wiki.redeem(&code).await, 400, "invalid_grant");
    }
    let code = world.code().await;
    let form = &world.wiki.redemption(&code)[..2];
    json_error(&world.wiki.token(Some(&world.wiki.basic()), form).await, 400, "invalid_grant");
}

/// R-TK-05: the client is authenticated first, so whoever cannot prove to be one spoils nothing.
#[tokio::test]
async fn r_tk_05_the_client_is_authenticated_before_the_code_is_looked_up() {
    let (mut world, _) = World::signed_in().await;
    let code = world.code().await;
    let mut impostor = world.wiki.clone();
    impostor.secret = Some("x".repeat(43));
    json_error(&impostor.redeem(&code).await, 401, "invalid_client");
    assert_eq!(world.wiki.redeem(&code).await.status, 200);
}

/// R-CO-02: a handle of another kind is as unknown as garbage.
#[tokio::test]
async fn r_co_02_other_handles_are_no_codes() {
    let (mut world, done) = World::signed_in().await;
    let code = world.code().await;
    let session = world.browser.cookie(&world.app.issuer, "__Host-keyward-session").unwrap();
    let secret = session.split_once('.').unwrap().1;
    let swapped = code.replacen(code.get(..4).unwrap(), "aaaa", 1);
    for other in [
        &done.access_token(),
        &done.id_token(),
        secret,
        session,
        "",
        "x",
        &swapped,
        &format!("{code} "),
        &"a".repeat(5000),
    ] {
        let error = if other.is_empty() { "invalid_request" } else { "invalid_grant" };
        json_error(&world.wiki.redeem(other).await, 400, error);
    }
    assert_eq!(world.wiki.redeem(&code).await.status, 200);
}

/// R-CO-02: a code is no access token.
#[tokio::test]
async fn r_co_02_a_code_is_no_access_token() {
    let (mut world, done) = World::signed_in().await;
    let code = world.code().await;
    for other in [&code, &done.id_token()] {
        assert_eq!(world.wiki.userinfo(other).await.status, 401);
    }
}

/// R-TK-13: the exchange cannot widen what was granted.
#[tokio::test]
async fn r_tk_13_scope_is_not_widened_by_the_exchange() {
    let (mut world, _) = World::signed_in().await;
    let code = world.code().await;
    let mut form = world.wiki.redemption(&code);
    form.push(("scope", "openid email profile"));
    let answer = world.wiki.token(Some(&world.wiki.basic()), &form).await;
    if answer.status == 200 {
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(answer.json()["scope"], "openid");
        let userinfo = world.wiki.userinfo(&token).await.json();
        assert_eq!(userinfo.as_object().unwrap().len(), 1, "only sub: {userinfo}");
    } else {
        json_error(&answer, 400, "invalid_scope");
    }
}

/// R-TK-14.
#[tokio::test]
async fn r_tk_14_no_other_grant_exists() {
    let (world, _) = World::signed_in().await;
    for grant in [
        "password",
        "refresh_token",
        "client_credentials",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "AUTHORIZATION_CODE",
    ] {
        let form = [("grant_type", grant), ("username", "ada"), ("password", &world.ada.password)];
        let answer = world.wiki.token(Some(&world.wiki.basic()), &form).await;
        json_error(&answer, 400, "unsupported_grant_type");
    }
    let answer = world.wiki.token(Some(&world.wiki.basic()), &[("code", "x")]).await;
    json_error(&answer, 400, "invalid_request");
}

/// R-TK-15: what an ID token says and how long it is good; `iat` is never ahead (must-pass cases 10 and 11).
#[tokio::test]
async fn r_tk_15_an_id_token_says_who_when_and_how() {
    let (mut world, first) = World::signed_in().await;
    world.app.pass(100);
    let request = world.wiki.request();
    let page = world.browser.get(request.url()).await;
    world.app.pass(20);
    let claims = world.wiki.complete(&request, &page).await.claims;
    let now = world.app.now();
    assert_eq!(claims["iat"], now);
    let life = claims["exp"].as_i64().unwrap() - now;
    assert!((1..=300).contains(&life));
    assert_eq!(claims["auth_time"], first.claims["auth_time"]);
    assert_eq!(claims["aud"], world.wiki.id);
    assert_eq!(claims["nonce"], request.get("nonce").unwrap());
    assert_eq!(claims["acr"], "urn:keyward:acr:mfa");
    let methods: Vec<_> = claims["amr"].as_array().unwrap().iter().map(|m| m.as_str().unwrap()).collect();
    for method in ["pwd", "otp", "mfa"] {
        assert!(methods.contains(&method), "{methods:?}");
    }
    assert!(!claims.contains_key("azp"));
    let header = jsonwebtoken::decode_header(first.id_token()).unwrap();
    assert_eq!(header.alg, jsonwebtoken::Algorithm::RS256);
}

/// An application that registered ES256 gets it; the key set tells the two keys apart.
#[tokio::test]
async fn an_application_that_registered_es256_gets_it() {
    let (mut world, _) = World::signed_in().await;
    let modern = ClientMetadata {
        id_token_signed_response_alg: Some(SigningAlgorithm::ES256),
        ..web_application("https://modern.example.com")
    };
    world.wiki = world.app.application_like(modern).await;
    let request = world.wiki.request();
    let page = world.browser.get(request.url()).await;
    let done = world.wiki.complete(&request, &page).await;
    let header = jsonwebtoken::decode_header(done.id_token()).unwrap();
    assert_eq!(header.alg, jsonwebtoken::Algorithm::ES256);
}

/// R-TK-16: access tokens are opaque: no token of a kind that somebody could take for another.
#[tokio::test]
async fn r_tk_16_access_tokens_are_opaque() {
    let (_, done) = World::signed_in().await;
    assert!(!done.access_token().contains('.'));
    assert!(done.access_token().len() >= 43);
    assert_eq!(done.tokens.json()["token_type"], "Bearer");
    assert!(done.tokens.json().get("refresh_token").is_none());
}

/// A code whose session ended meanwhile gives nothing (R-TK-05).
#[tokio::test]
async fn a_code_of_an_ended_session_gives_nothing() {
    let (mut world, done) = World::signed_in().await;
    let code = world.code().await;
    let id = SessionId::from_text(done.claims["sid"].as_str().unwrap());
    let session = world.app.app.sessions.by_id(&id).await.unwrap().unwrap();
    let mut batch = Batch::new();
    world.app.app.sessions.end(&mut batch, &session.session.value);
    world.app.app.ground.store.commit(batch).await.unwrap();
    json_error(&world.wiki.redeem(&code).await, 400, "invalid_grant");
}

#[tokio::test]
async fn r_rl_01_what_anybody_sends_in_a_public_clients_name_does_not_count_against_it() {
    let app = app::start_with(|settings| settings.limits.application_requests = 60).await;
    let wiki = app.application_like(super::proof_key::public()).await;
    for _ in 0..70 {
        let mut form = wiki.redemption("kwcunknown");
        form.extend([("client_id", wiki.id.as_str()), ("code_verifier", VERIFIER)]);
        json_error(&wiki.token(None, &form).await, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn r_rl_01_an_application_that_asks_too_often_waits_and_loses_nothing() {
    let app = app::start_with(|settings| settings.limits.application_requests = 60).await;
    let (ada, wiki, jira) = (app.person("ada").await, app.application().await, app.application().await);
    let mut browser = Browser::new();
    wiki.sign_in(&app, &mut browser, &ada, wiki.request()).await;
    app.pass(30);
    let mut codes = Vec::new();
    for _ in 0..2 {
        let page = browser.open(wiki.request().with("prompt", "none").url()).await;
        codes.push(page.arrival().unwrap().code().to_owned());
    }
    assert_eq!(wiki.redeem(&codes[0]).await.status, 200);
    for _ in 0..58 {
        assert_eq!(wiki.redeem("kwcunknown").await.status, 400, "refusals count too");
    }
    for code in ["kwcunknown", &codes[1]] {
        let refused = wiki.redeem(code).await;
        assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (429, Some("slow_down")));
        let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait));
    }
    let other = browser.open(jira.request().with("prompt", "none").url()).await;
    assert_eq!(jira.redeem(other.arrival().unwrap().code()).await.status, 200, "another is free");
    let told = app.events().await;
    let told: Vec<_> = told.iter().filter(|event| event["reason"] == "token_requests").collect();
    assert_eq!(told.len(), 2);
    assert!(
        told.iter().all(|event| event["action"] == "throttled" && event["actor"]["id"] == wiki.id.as_str())
    );
    app.pass(30);
    assert_eq!(wiki.redeem(&codes[1]).await.status, 200, "the code was not spent");
}
