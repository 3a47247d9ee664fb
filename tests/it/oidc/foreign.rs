//! A relying party that nobody here wrote: the library `openidconnect` finds the provider, sends the person, exchanges the
//! code, verifies the ID token and asks userinfo.

use std::time::{Duration, UNIX_EPOCH};

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EmptyAdditionalClaims, HttpRequest, HttpResponse,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse,
    UserInfoClaims,
};

use super::World;
use crate::support::browser::{Browser, http};

/// Carries the library's requests; it has no HTTP client of its own.
async fn carry(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let (parts, body) = request.into_parts();
    let request = http().request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
    let answer = request.send().await?;
    let mut response = HttpResponse::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}

#[tokio::test]
async fn a_library_of_somebody_else_signs_a_person_in() {
    let world = World::new().await;
    let issuer = IssuerUrl::new(world.app.issuer.clone()).unwrap();
    let provider = CoreProviderMetadata::discover_async(issuer, &carry).await.unwrap();
    let client = CoreClient::from_provider_metadata(
        provider,
        ClientId::new(world.wiki.id.clone()),
        world.wiki.secret.clone().map(ClientSecret::new),
    )
    .set_redirect_uri(RedirectUrl::new(world.wiki.redirect_uri.clone()).unwrap());

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("email".to_owned()))
        .add_scope(Scope::new("profile".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let mut browser = Browser::new();
    let page = browser.open(url.as_str()).await;
    let page = browser.sign_in(&world.app, page, &world.ada).await;
    let arrival = page.arrival().unwrap();
    assert_eq!(arrival.get("state"), Some(state.secret().as_str()));

    let code = AuthorizationCode::new(arrival.code().to_owned());
    let tokens =
        client.exchange_code(code).unwrap().set_pkce_verifier(verifier).request_async(&carry).await.unwrap();
    let now = UNIX_EPOCH + Duration::from_secs(u64::try_from(world.app.now()).unwrap());
    let verifier = client.id_token_verifier().set_time_fn(move || now.into());
    let claims = tokens.id_token().unwrap().claims(&verifier, &nonce).unwrap();
    assert_eq!(claims.subject().as_str(), world.ada.id.as_str());

    let userinfo: UserInfoClaims<EmptyAdditionalClaims, CoreGenderClaim> = client
        .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
        .unwrap()
        .request_async(&carry)
        .await
        .unwrap();
    let userinfo: CoreUserInfoClaims = userinfo;
    assert_eq!(userinfo.email().unwrap().as_str(), "ada@example.com");
    assert_eq!(userinfo.preferred_username().unwrap().as_str(), "ada");
}
