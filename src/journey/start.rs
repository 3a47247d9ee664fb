//! Beginning a journey, or finding that none is needed.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::Journeys;
use super::error;
use super::next::{Facts, Next, Person, next, person_concerned};
use super::policy::requirement;
use super::stage::{Demands, Errand, Journey, Progress};
use super::store::Opened;
use crate::foundation::ids::{JourneyId, UserId};
use crate::foundation::secret::{BrowserSecret, Plain};
use crate::limits::AddressClass;
use crate::sessions::Session;
use crate::sessions::cookie::SessionCookie;
use crate::storage::{Batch, Stored};
use crate::users::standing;
use crate::web::{Failure, Visitor, cookies};

/// The cookie that binds journeys to a browser, without its prefix. It never signs anybody in (R-SE-06).
pub const BROWSER_COOKIE: &str = "keyward-browser";

/// A journey not stored yet, and what it would ask first.
#[derive(Debug)]
pub struct Beginning {
    /// The journey.
    pub journey: Journey,
    /// What now?
    pub next: Next,
    /// The browser's live session.
    pub session: Option<Stored<Session>>,
    browser: Plain<BrowserSecret>,
    browser_is_new: bool,
}

impl Journeys {
    /// The live session of the visitor's browser; whoever may not be served has none (R-CO-08).
    pub async fn session(&self, visitor: &Visitor) -> Result<Option<Stored<Session>>, Failure> {
        let cookie = SessionCookie::read(&visitor.cookies);
        let Some(session) = self.sessions.find(cookie.as_ref()).await? else { return Ok(None) };
        let user = self.users.by_id(&session.value.user).await?;
        let served = user.is_some_and(|user| standing(&user.value, self.clock.now()).is_ok());
        Ok(served.then_some(session))
    }

    /// What an errand with these demands would ask of this visitor; nothing is stored.
    pub async fn consider(
        &self,
        visitor: &Visitor,
        demands: Demands,
        errand: Errand,
    ) -> Result<Beginning, Failure> {
        let known = browser(visitor);
        let browser_is_new = known.is_none();
        let browser = known.unwrap_or_else(|| Plain::generate(self.random.as_ref()));
        let id = JourneyId::generate(self.random.as_ref());
        let journey = Journey::new(id, browser.hash(), demands, errand, self.clock.now());
        let session = self.session(visitor).await?;
        let next = self.ask_next(&journey, session.as_ref().map(|session| &session.value)).await?;
        Ok(Beginning { journey, next, session, browser, browser_is_new })
    }

    /// Stores the journey and sends the browser to its first page.
    pub async fn begin(&self, visitor: &Visitor, beginning: Beginning) -> Result<Response, Failure> {
        self.begin_with(visitor, beginning, &Batch::new()).await
    }

    /// The same in one commit with the caller's batch.
    pub(super) async fn begin_with(
        &self,
        visitor: &Visitor,
        mut beginning: Beginning,
        with: &Batch,
    ) -> Result<Response, Failure> {
        match beginning.next {
            Next::Ask(stage, why) => {
                tracing::info!(?stage, ?why, "a journey begins");
                beginning.journey.progress = Progress::Under(stage);
                let session = beginning.session.as_ref().map(|session| &session.value);
                beginning.journey.concerned = person_concerned(&beginning.journey, session).cloned();
            }
            Next::Refuse(refusal) => return Ok(self.refusal_page(visitor, &beginning.journey, refusal)),
            Next::Arrive(_) => return Err(Failure::internal("a journey without anything to ask")),
        }
        let class = AddressClass::of(Some(visitor.address));
        match self.open(&beginning.journey, &class, with).await? {
            Opened::Yes => beginning.answer(),
            Opened::TooMany => {
                let wait = std::time::Duration::from_secs(60);
                Err(Failure::too_many(
                    wait,
                    "too many journeys from one address, or a condition did not hold",
                ))
            }
        }
    }

    /// Asks the one decision, after reading all that it rests on.
    pub(super) async fn ask_next(
        &self,
        journey: &Journey,
        session: Option<&Session>,
    ) -> Result<Next, Failure> {
        let person = match person_concerned(journey, session) {
            Some(user) => self.person(user, journey).await?,
            None => None,
        };
        let requirement = requirement(&self.policy);
        let now = self.clock.now();
        Ok(next(&Facts { now, journey, session, person: person.as_ref(), requirement: &requirement }))
    }

    async fn person(&self, id: &UserId, journey: &Journey) -> Result<Option<Person>, Failure> {
        let Some(user) = self.users.by_id(id).await? else {
            return Ok(None);
        };
        let consent = match (&journey.demands.consent, &journey.errand.application) {
            (Some(_), Some(application)) => self.grants.consent(id, &application.client).await?,
            _ => None,
        };
        Ok(Some(Person {
            user: id.clone(),
            standing: standing(&user.value, self.clock.now()),
            must_change_password: self.passwords.must_change(id).await.map_err(|e| error::user(e.into()))?,
            second_factors: self.second_factors(id).await?,
            consent: consent.map(|consent| consent.scopes),
        }))
    }
}

impl Beginning {
    fn answer(self) -> Result<Response, Failure> {
        let mut response = see_other(&format!("/sign-in/{}", self.journey.id))?;
        if self.browser_is_new {
            let cookie = cookies::set(BROWSER_COOKIE, self.browser.expose(), None)?;
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(response)
    }
}

/// The browser's secret, if it has one.
pub(super) fn browser(visitor: &Visitor) -> Option<Plain<BrowserSecret>> {
    visitor.cookies.get(BROWSER_COOKIE).and_then(Plain::parse)
}

/// 303 to an own path: after a POST the browser goes on with GET (R-AZ-18).
pub(super) fn see_other(path: &str) -> Result<Response, Failure> {
    let location = HeaderValue::from_str(path).map_err(Failure::internal)?;
    let headers =
        [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}
