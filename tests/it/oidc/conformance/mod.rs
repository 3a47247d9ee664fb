//! What the OpenID Foundation's conformance suite demands, restated: each test bears the name of its module.
//! `every_flow` holds what every module checks.

mod basic;
mod config;
mod every_flow;
mod front_channel;
mod logout;

use keyward::vocabulary::ClientMetadata;

use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::page::{Arrival, Page, Way};
use crate::support::people::Person;
use crate::support::relying_party::{RelyingParty, Request, SignedIn, awkward, web_application};

/// One run of the suite: a provider, a person with every claim, a client and a browser.
pub struct Suite {
    pub app: TestApp,
    pub ada: Person,
    pub client: RelyingParty,
    pub browser: Browser,
    way: Way,
    flows: usize,
}

/// The client of the suite's static configuration, with the switch of R-AZ-07.
pub fn suite_client() -> ClientMetadata {
    ClientMetadata { unbound: true, ..web_application("https://suite.example.org/test/a/keyward") }
}

impl Suite {
    /// A run whose answers come as `way` says.
    pub async fn new(way: Way) -> Self {
        Self::of(suite_client(), way).await
    }

    /// The same with another client.
    pub async fn of(client: ClientMetadata, way: Way) -> Self {
        let app = app::start().await;
        Self {
            ada: app.person("ada").await,
            client: app.application_like(client).await,
            browser: Browser::new(),
            app,
            way,
            flows: 0,
        }
    }

    /// A request as the suite makes it: short and long awkward values by turns.
    pub fn request(&mut self) -> Request {
        self.flows += 1;
        let mut request = self.client.request();
        if self.flows % 2 == 1 {
            let short = |length| awkward(length).replace(['-', '.', '_', '~'], "7");
            request = request.with("state", short(10)).with("nonce", short(10));
        }
        match self.way {
            Way::FormPost => request.with("response_mode", "form_post"),
            Way::Query => request,
        }
    }

    /// A request for these scopes.
    pub fn request_for(&mut self, scope: &str) -> Request {
        self.request().with("scope", scope)
    }

    /// One whole flow, with everything the suite checks in each.
    pub async fn flow(&mut self, request: Request) -> SignedIn {
        let page = self.browser.open(request.url()).await;
        let page = self.browser.sign_in(&self.app, page, &self.ada).await;
        self.arrive(&request, &page).await
    }

    /// A flow that must not ask anything.
    pub async fn silent_flow(&mut self, request: Request) -> SignedIn {
        let page = self.browser.get(request.url()).await;
        self.arrive(&request, &page).await
    }

    /// A flow in which the person must sign in again.
    pub async fn flow_with_login(&mut self, request: Request) -> SignedIn {
        let page = self.browser.open(request.url()).await;
        assert!(page.has("login"), "nobody was asked: {} {}", page.status, page.body);
        let page = self.browser.sign_in(&self.app, page, &self.ada).await;
        self.arrive(&request, &page).await
    }

    async fn arrive(&self, request: &Request, page: &Page) -> SignedIn {
        let done = self.client.complete(request, page).await;
        every_flow::check_set_up(self).await;
        every_flow::check_response(self, request, &done.arrival);
        every_flow::check_tokens(&done.tokens);
        every_flow::check_id_token(self, request, &done.claims);
        every_flow::check_userinfo(&self.client.userinfo(&done.access_token()).await, &done.claims);
        done
    }

    /// Sends a request that must be refused at the client.
    pub async fn refused(&mut self, request: Request) -> Arrival {
        let page = self.browser.get(request.url()).await;
        let arrival =
            page.arrival().unwrap_or_else(|| panic!("no error came: {} {}", page.status, page.body));
        every_flow::check_error(self, &request, &arrival);
        arrival
    }

    /// `prompt=none` must fail as nobody is signed in any more.
    pub async fn signed_out(&mut self) {
        let request = self.request().with("prompt", "none").with("state", awkward(128));
        let arrival = self.refused(request).await;
        let allowed =
            ["login_required", "interaction_required", "account_selection_required", "consent_required"];
        assert!(allowed.contains(&arrival.error()), "{arrival:?}");
    }
}
