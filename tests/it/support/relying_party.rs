//! An application: it sends people to us, receives the answer, exchanges the code and checks what it was given.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use keyward::clients::Preset;
use keyward::clients::registration::Registered;
use keyward::storage::Batch;
use keyward::vocabulary::ClientMetadata;
use serde_json::{Map, Value};
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::app::TestApp;
use super::browser::{Browser, http};
use super::page::{Arrival, Page};
use super::people::Person;

/// An application, registered.
#[derive(Debug, Clone)]
pub struct RelyingParty {
    /// Its id.
    pub id: String,
    /// Its secret; `None` for a public one.
    pub secret: Option<String>,
    /// Where it receives answers.
    pub redirect_uri: String,
    issuer: String,
    http: reqwest::Client,
}

/// An authorization request in the making.
#[derive(Debug, Clone)]
pub struct Request {
    endpoint: String,
    /// Names and values, in the order in which they are sent.
    pub parameters: Vec<(String, String)>,
}

/// What a person's sign-in gave the application.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The authorization response.
    pub arrival: Arrival,
    /// The token response.
    pub tokens: Page,
    /// The verified claims of the ID token.
    pub claims: Map<String, Value>,
}

/// The verifier that [`Request::with_pkce`] answers to.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Metadata of an ordinary web application: a PKCE or nonce sender, asked no consent.
pub fn web_application(base: &str) -> ClientMetadata {
    ClientMetadata {
        client_name: Some("Wiki".to_owned()),
        redirect_uris: vec![format!("{base}/callback")],
        post_logout_redirect_uris: vec![format!("{base}/post_logout_redirect")],
        consent_skipped: true,
        ..ClientMetadata::default()
    }
}

impl TestApp {
    /// The ordinary web application at `https://wiki.example.com`.
    pub async fn application(&self) -> RelyingParty {
        self.application_like(web_application("https://wiki.example.com")).await
    }

    /// An application of this metadata.
    pub async fn application_like(&self, metadata: ClientMetadata) -> RelyingParty {
        let registered = self.app.clients.register(metadata, None).await.unwrap();
        self.party(registered)
    }

    /// An application of a preset.
    pub async fn preset(&self, preset: Preset, base: &str) -> RelyingParty {
        let clients = &self.app.clients;
        let registered = clients.prepare_preset(preset, base).unwrap();
        clients.insert(&registered.client, Batch::new()).await.unwrap();
        self.party(registered)
    }

    fn party(&self, registered: Registered) -> RelyingParty {
        RelyingParty::of(registered, &self.issuer)
    }
}

/// A value that never came before, as applications use for `state` and `nonce`: 128 characters ending as the suite has it.
pub fn awkward(length: usize) -> String {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let drawn = DRAWN.fetch_add(1, Ordering::SeqCst).to_string();
    let fill = "aZ9".repeat(length);
    format!("{drawn}x{}-._~", &fill[..length - drawn.len() - 5])
}

/// The S256 challenge of `verifier`.
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

impl Request {
    /// The same endpoint's parameters emptied, for another endpoint.
    pub fn at(self, endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), parameters: Vec::new() }
    }

    /// Sets `name`, in its place where it stood already.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        match self.parameters.iter_mut().find(|(given, _)| given == name) {
            Some(parameter) => parameter.1 = value,
            None => self.parameters.push((name.to_owned(), value)),
        }
        self
    }

    /// Adds `name` though it may stand there already.
    pub fn also(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves `name` out.
    pub fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(given, _)| given != name);
        self
    }

    /// With the challenge of [`VERIFIER`].
    pub fn with_pkce(self) -> Self {
        self.with("code_challenge", challenge(VERIFIER)).with("code_challenge_method", "S256")
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        parameters.find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// As an address.
    pub fn url(&self) -> String {
        Url::parse_with_params(&self.endpoint, &self.parameters).unwrap().into()
    }
}

impl RelyingParty {
    /// The application that was registered at `issuer`.
    pub fn of(registered: Registered, issuer: &str) -> Self {
        Self {
            id: registered.client.id.to_string(),
            secret: registered.secret.map(|secret| secret.expose().to_owned()),
            redirect_uri: registered.client.redirect_uris[0].as_str().to_owned(),
            issuer: issuer.to_owned(),
            http: http(),
        }
    }

    /// The same application at a provider that was started anew elsewhere.
    pub fn at(&self, app: &TestApp) -> Self {
        Self { issuer: app.issuer.clone(), ..self.clone() }
    }

    /// The usual request: code flow, all the scopes of a web application, state and nonce.
    pub fn request(&self) -> Request {
        let request = Request { endpoint: format!("{}/authorize", self.issuer), parameters: Vec::new() };
        request
            .with("response_type", "code")
            .with("client_id", &self.id)
            .with("redirect_uri", &self.redirect_uri)
            .with("scope", "openid")
            .with("state", awkward(128))
            .with("nonce", awkward(43))
    }

    /// Posts `form` to the token endpoint with an optional `Authorization` line.
    pub async fn token(&self, authorization: Option<&str>, form: &[(&str, &str)]) -> Page {
        let mut request = self.http.post(format!("{}/token", self.issuer)).form(form);
        if let Some(line) = authorization {
            request = request.header("authorization", line);
        }
        read(request).await
    }

    /// HTTP Basic with id and secret form-encoded first, as RFC 6749 section 2.3.1 has it.
    pub fn basic(&self) -> String {
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let secret = self.secret.as_deref().unwrap_or_default();
        format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(&self.id), encoded(secret))))
    }

    /// HTTP Basic with id and secret as they are, as plug-ins send them.
    pub fn raw_basic(&self) -> String {
        let secret = self.secret.as_deref().unwrap_or_default();
        format!("Basic {}", STANDARD.encode(format!("{}:{secret}", self.id)))
    }

    /// The form that redeems `code`.
    pub fn redemption<'a>(&'a self, code: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &self.redirect_uri)]
    }

    /// Redeems `code` by Basic.
    pub async fn redeem(&self, code: &str) -> Page {
        self.token(Some(&self.basic()), &self.redemption(code)).await
    }

    /// Redeems `code` of a request that had the challenge of [`VERIFIER`].
    pub async fn redeem_with_verifier(&self, code: &str) -> Page {
        let mut form = self.redemption(code);
        form.push(("code_verifier", VERIFIER));
        self.token(Some(&self.basic()), &form).await
    }

    /// Asks userinfo with this access token.
    pub async fn userinfo(&self, access_token: &str) -> Page {
        read(self.http.get(format!("{}/userinfo", self.issuer)).bearer_auth(access_token)).await
    }

    /// The published keys.
    pub async fn jwks(&self) -> JwkSet {
        let page = read(self.http.get(format!("{}/jwks.json", self.issuer))).await;
        serde_json::from_str(&page.body).unwrap()
    }

    /// The claims of an ID token for this application, its signature checked with the published key that its header names.
    /// Times are left to the caller, whose clock is the provider's.
    pub async fn verify(&self, id_token: &str) -> Map<String, Value> {
        let header = jsonwebtoken::decode_header(id_token).unwrap();
        let keys = self.jwks().await;
        let key = keys.find(&header.kid.expect("no kid")).expect("an unknown kid");
        let published = key.common.key_algorithm.expect("no alg").to_string();
        assert_eq!(published.parse(), Ok(header.alg), "the token is signed as its key says");
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&[&self.id]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_exp = false;
        let key = DecodingKey::from_jwk(key).unwrap();
        jsonwebtoken::decode(id_token, &key, &validation).unwrap().claims
    }

    /// `person` signs in with `browser` for `request`; the application redeems the code.
    pub async fn sign_in(
        &self,
        app: &TestApp,
        browser: &mut Browser,
        person: &Person,
        request: Request,
    ) -> SignedIn {
        let page = browser.open(request.url()).await;
        let page = browser.sign_in(app, page, person).await;
        self.complete(&request, &page).await
    }

    /// Redeems the code that `page` brings for `request` and checks the ID token.
    pub async fn complete(&self, request: &Request, page: &Page) -> SignedIn {
        let arrival = page
            .arrival()
            .unwrap_or_else(|| panic!("no arrival: {} {}\n{}", page.status, page.url, page.body));
        let tokens = match request.get("code_challenge") {
            Some(_) => self.redeem_with_verifier(arrival.code()).await,
            None => self.redeem(arrival.code()).await,
        };
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        let claims = self.verify(tokens.json()["id_token"].as_str().unwrap()).await;
        SignedIn { arrival, tokens, claims }
    }
}

impl SignedIn {
    /// The access token.
    pub fn access_token(&self) -> String {
        self.tokens.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// The ID token.
    pub fn id_token(&self) -> String {
        self.tokens.json()["id_token"].as_str().unwrap().to_owned()
    }
}

/// Sends a request of an application's own and reads the answer.
pub async fn read(request: reqwest::RequestBuilder) -> Page {
    let answer = request.send().await.unwrap();
    Page {
        url: answer.url().clone(),
        status: answer.status(),
        headers: answer.headers().clone(),
        body: answer.text().await.unwrap(),
    }
}
