//! The authorization endpoint (OpenID Connect Core section 3.1.2): client and redirect URI first (`target.rs`), then the
//! list of checks (`request.rs`), then the one decision of the journey; the answer leaves by `respond.rs`.

mod code;
mod request;
mod respond;
mod resume;
mod target;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use self::code::SignedIn;
use self::request::{AuthorizeRequest, Fault};
use self::target::Target;
use super::{Oidc, paths};
use crate::audit::{Action, Actor, Outcome};
use crate::claims;
use crate::clients::Client;
use crate::journey::{Application, Beginning, ConsentDemand, Demands, Errand, Next, Refusal};
use crate::sessions::{Assurance, Live, Session};
use crate::storage::Batch;
use crate::users::User;
use crate::vocabulary::ErrorCode;
use crate::vocabulary::acr::{ForeignNames, Level};
use crate::web::extract::MOST_QUERY;
use crate::web::failure::Face;
use crate::web::{Failure, Form, Parameters, Query, Visitor};

pub use self::code::Answers;
pub(super) use self::respond::{Arrival, with_query};
pub use self::resume::resume;

/// How often a silent answer is tried again when the session changed at the same moment.
const TRIES: u32 = 3;

/// `GET /authorize`.
pub async fn by_get(
    State(oidc): State<Arc<Oidc>>,
    visitor: Visitor,
    query: Result<Query, Failure>,
) -> Result<Response, Failure> {
    oidc.authorize(&visitor, query.map(|Query(parameters)| parameters)).await
}

/// `POST /authorize` (section 3.1.2.1: both methods must work).
pub async fn by_post(
    State(oidc): State<Arc<Oidc>>,
    visitor: Visitor,
    form: Result<Form, Failure>,
) -> Result<Response, Failure> {
    let parameters = form.and_then(|Form(parameters)| bounded(parameters));
    if let Ok(parameters) = &parameters
        && let Some(response) = oidc.asked_again(&visitor, paths::AUTHORIZE, parameters)?
    {
        return Ok(response);
    }
    oidc.authorize(&visitor, parameters).await
}

/// A form may hold no more than a query (R-AZ-20), whose bound is in `web`.
fn bounded(parameters: Parameters) -> Result<Parameters, Failure> {
    if parameters.size() > MOST_QUERY {
        return Err(Failure::bad_request("the parameters are too long"));
    }
    Ok(parameters)
}

/// A request whose answer is being made.
struct Pending<'a> {
    visitor: &'a Visitor,
    client: &'a Client,
    request: &'a AuthorizeRequest,
    arrival: Arrival,
}

impl Oidc {
    /// Until client and redirect URI are known to belong together, every fault is a page and an event (`P400`).
    async fn authorize(
        &self,
        visitor: &Visitor,
        parameters: Result<Parameters, Failure>,
    ) -> Result<Response, Failure> {
        let target = async {
            let parameters = parameters.map_err(|failure| failure.on(Face::Page))?;
            visitor.languages.asked_in(&parameters);
            self.target(&parameters).await.map(|target| (target, parameters))
        };
        match target.await {
            Ok((target, parameters)) => self.authorize_for(visitor, target, &parameters).await,
            Err(failure) => Err(self.refused(visitor, failure).await),
        }
    }

    async fn authorize_for(
        &self,
        visitor: &Visitor,
        target: Target,
        parameters: &Parameters,
    ) -> Result<Response, Failure> {
        let Target { client, back } = target;
        let request = match AuthorizeRequest::read(parameters, &client, back.clone()) {
            Ok(request) => request,
            Err(fault) => return self.answers.refuse(visitor, &back, fault, Arrival::Direct),
        };
        let pending = Pending { visitor, client: &client, request: &request, arrival: Arrival::Direct };
        for _ in 0..TRIES {
            let demands = match self.demands(&client, &request) {
                Ok(demands) => demands,
                Err(fault) => return self.answers.refuse(visitor, &back, fault, Arrival::Direct),
            };
            let beginning = self.journeys.consider(visitor, demands, errand(&client)).await?;
            if let Some(response) = self.decide(&pending, beginning).await? {
                return Ok(response);
            }
        }
        Err(Failure::unavailable(std::time::Duration::from_secs(1), "the session kept changing"))
    }

    /// The answer, or `None` where the session changed meanwhile and the decision must be asked again.
    async fn decide(
        &self,
        pending: &Pending<'_>,
        mut beginning: Beginning,
    ) -> Result<Option<Response>, Failure> {
        let Pending { visitor, request, arrival, .. } = pending;
        match (&beginning.next, &beginning.live) {
            (Next::Arrive(assurance), Some(live)) => {
                self.issue_code(pending, live, assurance, Batch::new()).await
            }
            (next, _) if request.prompt.none => {
                let code = next.silent_error().unwrap_or(ErrorCode::InteractionRequired);
                let fault = Fault { code, description: "the person would have to be asked" };
                self.answers.refuse(visitor, &request.back, fault, *arrival).map(Some)
            }
            (Next::Refuse(refusal @ (Refusal::LevelOutOfReach | Refusal::OtherPerson)), _) => {
                let fault =
                    Fault { code: refusal.error(), description: "the sign-in cannot meet the request" };
                self.answers.refuse(visitor, &request.back, fault, *arrival).map(Some)
            }
            _ => {
                beginning.journey.errand.data = serde_json::to_value(request).map_err(Failure::internal)?;
                self.journeys.begin(visitor, beginning).await.map(Some)
            }
        }
    }

    /// Stores a code bound to everything and sends it, on condition that the session still stands as it was read.
    async fn issue_code(
        &self,
        pending: &Pending<'_>,
        live: &Live,
        assurance: &Assurance,
        with: Batch,
    ) -> Result<Option<Response>, Failure> {
        let Pending { visitor, client, request, arrival } = pending;
        let Live { session, user } = live;
        if let Some(failure) = self.withheld(pending, user).await? {
            if !request.prompt.none {
                return Err(failure);
            }
            let fault = Fault {
                code: ErrorCode::InteractionRequired,
                description: "the person's claims are withheld",
            };
            return self.answers.refuse(visitor, &request.back, fault, *arrival).map(Some);
        }
        let mut batch = with;
        self.sessions.touch(&mut batch, session);
        let Session { id: session, user, .. } = &*session.value;
        let code = self.answers.code(&mut batch, client, request, SignedIn { user, session, assurance });
        if !self.store.commit(batch).await?.is_done() {
            return Ok(None);
        }
        self.answers.answer(visitor, &request.back, code, *arrival).map(Some)
    }

    /// A person whose claims would break the application is stopped on our own page.
    async fn withheld(&self, pending: &Pending<'_>, user: &User) -> Result<Option<Failure>, Failure> {
        let Pending { visitor, client, request, .. } = pending;
        let Err(why) = claims::release(user, client, &request.scopes, &request.claims) else {
            return Ok(None);
        };
        tracing::warn!(client = client.id.as_str(), user = user.id.as_str(), %why, "claims withheld");
        let mut batch = Batch::new();
        let event = self.trail.event(Action::SignInRefused, Outcome::Failure, &visitor.origin());
        let event = event.by(Actor::User(user.id.clone())).about(&user.id).client(&client.id);
        event.because("claims_withheld").write(&mut batch);
        self.store.commit(batch).await?;
        let failure = Failure::page("application_refused", why.to_string());
        Ok(Some(failure.naming("application", client.name.clone())))
    }

    /// From the words of the request to what a journey understands.
    fn demands(&self, client: &Client, request: &AuthorizeRequest) -> Result<Demands, Fault> {
        let essential = &request.claims.essential_acr;
        let wished = if essential.is_empty() { &request.acr_values } else { essential };
        let known = |value: &String| Level::from_request(value, ForeignNames::default());
        let levels: Vec<_> = wished.iter().filter_map(known).collect();
        if !essential.is_empty() && levels.is_empty() {
            let code = ErrorCode::UnmetAuthenticationRequirements;
            return Err(Fault { code, description: "none of the required acr values is known" });
        }
        let consent = || ConsentDemand {
            scopes: claims::scopes::asked(&request.scopes, &request.claims).common_with(&client.scopes),
            again: request.prompt.consent,
            host: host(&request.back.redirect_uri),
        };
        Ok(Demands {
            strongest_within: None,
            new_password: false,
            fresh_login: request.prompt.login,
            select_account: request.prompt.select_account,
            max_age: request.max_age,
            levels,
            level_essential: !essential.is_empty(),
            subject: self.hinted_subject(request)?,
            consent: (request.prompt.consent || !client.consent_skipped).then(consent),
            login_hint: request.login_hint.clone(),
            ui_locales: request.ui_locales.clone(),
        })
    }

    fn hinted_subject(
        &self,
        request: &AuthorizeRequest,
    ) -> Result<Option<crate::foundation::ids::UserId>, Fault> {
        let Some(token) = &request.id_token_hint else {
            return Ok(None);
        };
        match self.keyring.verify_hint(token, self.site.issuer()) {
            Ok(hint) => Ok(Some(hint.subject)),
            Err(why) => {
                tracing::info!(%why, "id_token_hint refused");
                Err(Fault {
                    code: ErrorCode::InvalidRequest,
                    description: "id_token_hint is not an ID token of ours",
                })
            }
        }
    }
}

/// What a journey of this client is for; the request itself is put aside only if a journey begins.
fn errand(client: &Client) -> Errand {
    Errand {
        resume: code::resume_path(),
        data: serde_json::Value::Null,
        application: Some(Application {
            client: client.id.clone(),
            name: client.name.clone(),
            start: client.initiate_login_uri.clone().or_else(|| client.client_uri.clone()),
        }),
    }
}

fn host(uri: &str) -> String {
    let parsed = url::Url::parse(uri).ok();
    parsed.and_then(|uri| uri.host_str().map(str::to_owned)).unwrap_or_default()
}
