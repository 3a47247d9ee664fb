//! The plan *RP-Initiated OP*.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};

use super::Suite;
use crate::support::page::{Page, Way};
use crate::support::relying_party::{Request, SignedIn, awkward};

/// A run in which the person is signed in.
async fn signed_in() -> (Suite, SignedIn) {
    let mut suite = Suite::new(Way::Query).await;
    let request = suite.request();
    let done = suite.flow(request).await;
    (suite, done)
}

impl Suite {
    /// What the suite sends to the end-session endpoint.
    fn sign_out(&self, done: &SignedIn) -> Request {
        self.client
            .request()
            .at(&self.app.url("/logout"))
            .with("id_token_hint", done.id_token())
            .with("post_logout_redirect_uri", self.post_logout())
            .with("state", awkward(128))
    }

    fn post_logout(&self) -> String {
        self.client.redirect_uri.replace("/callback", "/post_logout_redirect")
    }

    async fn send(&mut self, request: &Request) -> Page {
        self.browser.open(request.url()).await
    }
}

/// No redirect to the application, neither by header nor by page.
fn stays(page: &Page) {
    assert_eq!(page.location(), None);
    assert_eq!(page.hand_over(), None, "{}", page.body);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout() {
    let (mut suite, done) = signed_in().await;
    let request = suite.sign_out(&done);
    let page = suite.send(&request).await;
    let target = page.location().unwrap();
    assert!(target.as_str().starts_with(&format!("{}?", suite.post_logout())));
    let query: Vec<_> = target.query_pairs().into_owned().collect();
    assert_eq!(query, [("state".to_owned(), request.get("state").unwrap().to_owned())]);
    suite.signed_out().await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_bad_post_logout_redirect_uri() {
    let (mut suite, done) = signed_in().await;
    let bad = format!("{}/wZ0rG7kQ", suite.post_logout());
    let request = suite.sign_out(&done).with("post_logout_redirect_uri", bad);
    let page = suite.send(&request).await;
    assert_eq!(page.status, 400);
    stays(&page);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_modified_id_token_hint() {
    let (mut suite, done) = signed_in().await;
    let token = done.id_token();
    let payload = token.split('.').nth(1).unwrap();
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"none","typ":"JWT"}"#, r#"{"alg":"NONE","typ":"JWT"}"#] {
        let modified = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(header));
        let request = suite.sign_out(&done).with("id_token_hint", modified);
        let page = suite.send(&request).await;
        assert_eq!(page.status, 400);
        stays(&page);
    }
    let request = suite.request().with("prompt", "none");
    suite.silent_flow(request).await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_id_token_hint() {
    let (mut suite, done) = signed_in().await;
    let request = suite.sign_out(&done).without("id_token_hint");
    let page = suite.send(&request).await;
    assert!(page.has("logout"), "the person is asked");
    stays(&page);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_params() {
    let (mut suite, _) = signed_in().await;
    let page = suite.browser.open(suite.app.url("/logout")).await;
    stays(&page);
    let page = suite.browser.submit(&page, "logout", &[("action", "sign_out")]).await;
    assert_eq!(page.title(), "You are signed out");
    stays(&page);
    suite.signed_out().await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_post_logout_redirect_uri() {
    let (mut suite, done) = signed_in().await;
    let request = suite.sign_out(&done).without("post_logout_redirect_uri");
    let page = suite.send(&request).await;
    assert_eq!(page.title(), "You are signed out");
    stays(&page);
    suite.signed_out().await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_state() {
    let (mut suite, done) = signed_in().await;
    let request = suite.sign_out(&done).without("state");
    let page = suite.send(&request).await;
    assert_eq!(page.location().unwrap().as_str(), suite.post_logout());
    suite.signed_out().await;
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_only_state() {
    let (mut suite, done) = signed_in().await;
    let request = suite.sign_out(&done);
    let request = request.without("id_token_hint").without("post_logout_redirect_uri");
    let page = suite.send(&request).await;
    stays(&page);
    let page = suite.browser.submit(&page, "logout", &[("action", "sign_out")]).await;
    assert_eq!(page.title(), "You are signed out");
    stays(&page);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri() {
    let (mut suite, done) = signed_in().await;
    let added = format!("{}?foo=bar", suite.post_logout());
    let request = suite.sign_out(&done).with("post_logout_redirect_uri", added);
    let page = suite.send(&request).await;
    assert_eq!(page.status, 400);
    stays(&page);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_bad_id_token_hint() {
    let (mut suite, done) = signed_in().await;
    let mut claims = done.claims.clone();
    claims.insert("iss".to_owned(), suite.client.id.clone().into());
    claims.insert("aud".to_owned(), suite.app.issuer.clone().into());
    let secret = EncodingKey::from_secret(suite.client.secret.clone().unwrap().as_bytes());
    let own = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &secret).unwrap();
    let mut named = Header::new(Algorithm::HS256);
    named.kid = jsonwebtoken::decode_header(done.id_token()).unwrap().kid;
    let borrowed = jsonwebtoken::encode(&named, &done.claims, &secret).unwrap();
    for hint in [own, borrowed] {
        let request = suite.sign_out(&done).with("id_token_hint", hint);
        let page = suite.send(&request).await;
        assert_eq!(page.status, 400);
        stays(&page);
    }
}
