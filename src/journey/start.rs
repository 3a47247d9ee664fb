//! Beginning a journey, or finding that none is needed.

use std::borrow::Cow;
use std::collections::BTreeSet;

use axum::http::header;
use axum::response::Response;

use super::Journeys;
use super::next::{Facts, Next, next, person_concerned};
use super::policy::{Circumstances, requirement};
use super::reach;
use super::stage::{Demands, Errand, Journey, Progress};
use super::step::{Step, shown};
use super::store::Opened;
use crate::factors::FactorKind;
use crate::foundation::ids::JourneyId;
use crate::foundation::secret::{BrowserSecret, Plain};
use crate::limits::AddressClass;
use crate::sessions::cookie::SessionCookie;
use crate::sessions::{Live, Session};
use crate::storage::Batch;
use crate::users::User;
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
    /// Who is signed in in this browser.
    pub live: Option<Live>,
    browser: Plain<BrowserSecret>,
    browser_is_new: bool,
}

impl Journeys {
    /// Who is signed in in the visitor's browser; whoever may not be served is not (R-CO-08).
    pub async fn signed_in(&self, visitor: &Visitor) -> Result<Option<Live>, Failure> {
        let cookie = SessionCookie::read(&visitor.cookies);
        let live = self.sessions.find(cookie.as_ref()).await?;
        let live = live.and_then(|live| live.served(self.clock.now()));
        if let Some(live) = &live {
            visitor.languages.of_person(live.user.language());
        }
        Ok(live)
    }

    /// The visitor's browser, and whether it is a new one, whose cookie ([`BROWSER_COOKIE`]) must be set.
    pub fn browser(&self, visitor: &Visitor) -> (Plain<BrowserSecret>, bool) {
        let known = browser(visitor);
        let is_new = known.is_none();
        (known.unwrap_or_else(|| Plain::generate(self.random.as_ref())), is_new)
    }

    /// What an errand with these demands would ask of this visitor; nothing is stored.
    pub async fn consider(
        &self,
        visitor: &Visitor,
        demands: Demands,
        errand: Errand,
    ) -> Result<Beginning, Failure> {
        let (browser, browser_is_new) = self.browser(visitor);
        let id = JourneyId::generate(self.random.as_ref());
        let journey = Journey::new(id, browser.hash(), demands, errand, self.clock.now());
        let live = self.signed_in(visitor).await?;
        let (session, user) = live.as_ref().map(|live| (&*live.session.value, &*live.user)).unzip();
        let next = self.decide(visitor, &journey, session, user, next).await?;
        Ok(Beginning { journey, next, live, browser, browser_is_new })
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
                beginning.journey.concerned =
                    person_concerned(&beginning.journey, beginning.session()).cloned();
            }
            Next::Refuse(refusal) => {
                let user = person_concerned(&beginning.journey, beginning.session());
                return self.refusal_page(visitor, user, refusal, None).await;
            }
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
        visitor: &Visitor,
        journey: &Journey,
        session: Option<&Session>,
    ) -> Result<Next, Failure> {
        self.decide(visitor, journey, session, None, next).await
    }

    /// What comes next for a person whose record is not stored yet.
    pub(super) async fn next_of_new(
        &self,
        visitor: &Visitor,
        journey: &Journey,
        user: &User,
    ) -> Result<Next, Failure> {
        self.decide(visitor, journey, None, Some(user), next).await
    }

    /// The kinds of second factors that the person concerned may give now, strongest first.
    pub(super) async fn offered(
        &self,
        visitor: &Visitor,
        journey: &Journey,
        session: Option<&Session>,
    ) -> Result<Vec<FactorKind>, Failure> {
        self.decide(visitor, journey, session, None, reach::offered).await
    }

    /// The kinds of second factors of which a new one would do now, strongest first.
    pub(super) async fn enrollable(&self, step: &Step) -> Result<Vec<FactorKind>, Failure> {
        self.decide(&step.visitor, &step.journey, step.session(), None, reach::enrollable).await
    }

    /// Reads all that a decision rests on, and makes it; `known` spares reading a person's record that was read just now.
    pub(super) async fn decide<T>(
        &self,
        visitor: &Visitor,
        journey: &Journey,
        session: Option<&Session>,
        known: Option<&User>,
        decide: fn(&Facts<'_>) -> T,
    ) -> Result<T, Failure> {
        let application = journey.errand.application.as_ref().map(|application| &application.client);
        let concerned = person_concerned(journey, session);
        let read = match (concerned, known) {
            (Some(id), Some(known)) if known.id == *id => Some(Cow::Borrowed(known)),
            (Some(id), _) => self.users.by_id(id).await?.map(|user| Cow::Owned(user.value)),
            (None, _) => None,
        };
        let consent_for = application.filter(|_| journey.demands.consent.is_some());
        let person = match &read {
            Some(user) => Some(self.people.read(user, consent_for).await?),
            None => None,
        };
        let nobody = BTreeSet::new();
        let circumstances = Circumstances {
            administrator: person.as_ref().is_some_and(|person| person.administrator),
            groups: read.as_ref().map_or(&nobody, |user| &user.groups),
            application,
            client: visitor.client,
        };
        let requirement = requirement(&self.settings.now().policy, &circumstances);
        let now = self.clock.now();
        Ok(decide(&Facts { now, journey, session, person: person.as_ref(), requirement: &requirement }))
    }
}

impl Beginning {
    /// The session of whoever is signed in in this browser.
    pub(super) fn session(&self) -> Option<&Session> {
        self.live.as_ref().map(|live| &*live.session.value)
    }

    fn answer(self) -> Result<Response, Failure> {
        let mut response = shown(&self.journey.id)?;
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
