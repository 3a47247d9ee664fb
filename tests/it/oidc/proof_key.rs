//! Proof Key for Code Exchange, and the rule that a code is bound to its browser (R-AZ-07, R-TK-08).

use keyward::vocabulary::ClientMetadata;
use keyward::vocabulary::client_metadata::ClientAuthentication;

use super::{World, json_error};
use crate::support::relying_party::{RelyingParty, VERIFIER, challenge, web_application};

pub(super) fn public() -> ClientMetadata {
    ClientMetadata {
        token_endpoint_auth_method: Some(ClientAuthentication::None),
        ..web_application("https://wiki.example.com")
    }
}

/// R-AZ-07: `plain`, also by leaving the method out, and malformed challenges are refused.
#[tokio::test]
async fn r_az_07_only_well_formed_s256_challenges_are_accepted() {
    let (mut world, _) = World::signed_in().await;
    let good = challenge(VERIFIER);
    let request = world.wiki.request();
    for (value, method) in [
        (good.as_str(), Some("plain")),
        (&good, None),
        (&good, Some("s256")),
        (&good, Some("S512")),
        (VERIFIER.get(1..).unwrap(), Some("S256")),
        (&format!("{good}A"), Some("S256")),
        (&format!("{good}="), Some("S256")),
        (&good.replace(&good[..1], "+"), Some("S256")),
        ("", Some("S256")),
    ] {
        let mut request = request.clone().with("code_challenge", value);
        if let Some(method) = method {
            request = request.with("code_challenge_method", method);
        }
        world.redirected_error(&request, "invalid_request").await;
    }
}

/// R-AZ-07: a public client must send a challenge, a nonce is not enough.
#[tokio::test]
async fn r_az_07_a_public_client_must_send_a_challenge() {
    let (mut world, _) = World::signed_in().await;
    world.wiki = world.app.application_like(public()).await;
    let request = world.wiki.request();
    world.redirected_error(&request, "invalid_request").await;
    let code = world.code_for(&request.with_pkce()).await;
    let mut form = world.wiki.redemption(&code);
    let id = world.wiki.id.clone();
    form.extend([("client_id", id.as_str()), ("code_verifier", VERIFIER)]);
    assert_eq!(world.wiki.token(None, &form).await.status, 200);
}

/// R-AZ-07: neither challenge nor nonce only under the switch for old plug-ins, which public clients cannot have.
#[tokio::test]
async fn r_az_07_a_code_is_bound_to_its_browser_unless_switched_off() {
    let (mut world, _) = World::signed_in().await;
    let unbound = world.wiki.request().without("nonce");
    world.redirected_error(&unbound, "invalid_request").await;
    for bound in [unbound.clone().with_pkce(), unbound.with("nonce", "n")] {
        world.code_for(&bound).await;
    }
    let old_plug_in = ClientMetadata { unbound: true, ..web_application("https://wiki.example.com") };
    world.wiki = world.app.application_like(old_plug_in).await;
    let code = world.code_for(&world.wiki.request().without("nonce")).await;
    assert_eq!(world.wiki.redeem(&code).await.status, 200);
    let impossible = ClientMetadata { unbound: true, ..public() };
    assert!(world.app.app.clients.register(impossible, None).await.is_err());
}

async fn redeem_with(party: &RelyingParty, code: &str, verifier: Option<&str>) -> crate::support::page::Page {
    let mut form = party.redemption(code);
    form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    party.token(Some(&party.basic()), &form).await
}

/// R-TK-08 and R-TK-07: whatever does not fit the challenge, and a verifier where none is due, destroys the code.
#[tokio::test]
async fn r_tk_08_a_challenge_once_sent_is_always_enforced() {
    let (mut world, _) = World::signed_in().await;
    let other = "another-verifier-of-forty-three-characters-x";
    let with_challenge = world.wiki.request().with_pkce();
    for wrong in [None, Some(""), Some(other), Some("short"), Some(challenge(VERIFIER).as_str())] {
        let code = world.code_for(&with_challenge.clone()).await;
        json_error(&redeem_with(&world.wiki, &code, wrong).await, 400, "invalid_grant");
        let second_try = redeem_with(&world.wiki, &code, Some(VERIFIER)).await;
        json_error(&second_try, 400, "invalid_grant");
    }
    let without_challenge = world.wiki.request();
    let code = world.code_for(&without_challenge).await;
    json_error(&redeem_with(&world.wiki, &code, Some(VERIFIER)).await, 400, "invalid_grant");
    json_error(&redeem_with(&world.wiki, &code, None).await, 400, "invalid_grant");
}
