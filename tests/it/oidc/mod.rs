//! The OpenID provider over its public face.

mod authorize;
mod conformance;
mod disabled;
mod foreign;
mod identity;
mod logout;
mod pages;
mod proof_key;
mod random_requests;
mod redirect_uri;
mod refusal;
mod review;
mod sessions;
mod sign_in;
mod sign_out;
mod silent;
mod token;
mod token_client;
mod userinfo;
mod waiting_request;

use keyward::foundation::ids::ClientId;
use keyward::storage::Batch;

use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::page::{Arrival, Page};
use crate::support::people::Person;
use crate::support::relying_party::{RelyingParty, Request, SignedIn};

/// A provider with one person, one application and one browser.
pub struct World {
    pub app: TestApp,
    pub ada: Person,
    pub wiki: RelyingParty,
    pub browser: Browser,
}

impl World {
    /// Nobody is signed in.
    pub async fn new() -> Self {
        let app = app::start().await;
        Self { ada: app.person("ada").await, wiki: app.application().await, browser: Browser::new(), app }
    }

    /// Ada is signed in at the application.
    pub async fn signed_in() -> (Self, SignedIn) {
        let mut world = Self::new().await;
        let done = world.sign_in().await;
        (world, done)
    }

    /// Ada signs in.
    pub async fn sign_in(&mut self) -> SignedIn {
        let request = self.wiki.request();
        self.wiki.sign_in(&self.app, &mut self.browser, &self.ada, request).await
    }

    /// Ada's last form, sent in a moment in which the application is not known: the journey has arrived, without a code, and
    /// waits where the browser is sent.
    pub async fn arrived_without_a_code(&mut self) -> Page {
        let page = self.browser.open(self.wiki.request().url()).await;
        let fill = [("username", "ada"), ("password", self.ada.password.as_str())];
        let page = self.browser.submit(&page, "login", &fill).await;
        let (clients, id) = (&self.app.app.clients, ClientId::from_text(self.wiki.id.clone()));
        let client = clients.by_id(&id).await.unwrap().unwrap();
        assert!(clients.remove(&id, Batch::new()).await.unwrap());
        let code = self.ada.code(&self.app);
        let page = self.browser.submit_only(&page, "factor", &[("code", &code)]).await;
        clients.insert(&client, Batch::new()).await.unwrap();
        assert!(page.location().unwrap().path().contains("resume"));
        page
    }

    /// A code from a live session, for the usual request.
    pub async fn code(&mut self) -> String {
        let request = self.wiki.request();
        self.code_for(&request).await
    }

    /// A code from a live session.
    pub async fn code_for(&mut self, request: &Request) -> String {
        let page = self.browser.get(request.url()).await;
        let arrival = page.arrival().unwrap_or_else(|| panic!("{} {}", page.status, page.body));
        arrival.code().to_owned()
    }

    /// `R(err)`: 303 to the registered address with error, untouched state and issuer; no code.
    pub async fn redirected_error(&mut self, request: &Request, error: &str) -> Arrival {
        let page = self.browser.get(request.url()).await;
        assert_eq!(page.status, 303, "{}", page.body);
        let arrival = page.arrival().expect("it stays with us");
        assert!(arrival.uri.as_str().starts_with(&format!("{}?", self.wiki.redirect_uri)));
        assert_eq!(arrival.error(), error, "{arrival:?}");
        assert_eq!(arrival.get("state"), request.get("state"));
        assert_eq!(arrival.get("iss"), Some(self.app.issuer.as_str()));
        assert_eq!(arrival.get("code"), None);
        arrival
    }

    /// An administrator disables the application.
    pub async fn disable_application(&self) {
        let id = ClientId::from_text(&self.wiki.id);
        let disable = |client: &mut keyward::clients::Client| client.enabled = false;
        self.app.app.clients.change(&id, Batch::new(), disable).await.unwrap().expect("it is registered");
    }

    /// `P400`: our own error page, which leads nowhere and signs nobody in.
    pub async fn refused_page(&mut self, url: &str) -> Page {
        let page = self.browser.get(url).await;
        refused_page(&page);
        page
    }
}

/// `P400` as the security requirements define it.
pub fn refused_page(page: &Page) {
    assert_eq!(page.status, 400, "{}", page.body);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.location(), None);
    assert_eq!(page.header("set-cookie"), None);
    assert!(page.arrival().is_none());
    assert!(page.body.contains("the help desk, 555"), "whom to ask");
}

/// `J(s,err)`.
pub fn json_error(page: &Page, status: u16, error: &str) {
    assert_eq!((page.status.as_u16(), page.json()["error"].as_str()), (status, Some(error)), "{}", page.body);
    assert_eq!(page.header("content-type"), Some("application/json"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("www-authenticate").is_some(), status == 401);
}
