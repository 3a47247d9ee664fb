//! The way into every page of the portal: whoever is signed in well enough goes on, everybody else is sent on a journey and
//! comes back. What changes proofs needs the strongest proof of the person, five minutes old at most (R-EN-01).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::Accounts;
use crate::journey::{Demands, Errand, Next};
use crate::pages::{Form, PageContent};
use crate::sessions::StoredSession;
use crate::sessions::cookie::SessionCookie;
use crate::storage::Batch;
use crate::users::User;
use crate::web::{Failure, PagePolicy, Parameters, Visitor, csrf, see_other};

/// Where journeys for the portal return to.
pub const RESUME: &str = "/account/resume/";

/// Seconds that a proof is good for changes of proofs.
pub(super) const FRESH: u64 = 5 * 60;

/// A page of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// Who is signed in, and the way to all else.
    Overview,
    /// Where the person is signed in.
    Sessions,
    /// What happened lately.
    Events,
    /// What applications may learn.
    Consents,
    /// Language and profile.
    Profile,
    /// The mail address.
    Mail,
    /// The second factors.
    Factors,
    /// A further authenticator app.
    NewApp,
    /// A further passkey or security key.
    NewKey,
    /// New recovery codes.
    RecoveryCodes,
}

impl Section {
    /// Its path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Overview => "/account",
            Self::Sessions => "/account/sessions",
            Self::Events => "/account/events",
            Self::Consents => "/account/consents",
            Self::Profile => "/account/profile",
            Self::Mail => "/account/mail",
            Self::Factors => "/account/factors",
            Self::NewApp => "/account/factors/app",
            Self::NewKey => "/account/factors/key",
            Self::RecoveryCodes => "/account/factors/recovery-codes",
        }
    }

    pub(super) fn errand(self) -> Result<Errand, Failure> {
        let data = serde_json::to_value(self).map_err(Failure::internal)?;
        Ok(Errand { resume: RESUME.to_owned(), data, application: None })
    }
}

/// Somebody who is signed in, at a page of the portal.
#[derive(Debug)]
pub(super) struct Here {
    pub section: Section,
    pub visitor: Visitor,
    pub session: StoredSession,
    pub user: Arc<User>,
    cookie: SessionCookie,
}

/// Whoever may go on, or the answer instead.
pub(super) enum Opening {
    Go(Box<Here>),
    Instead(Response),
}

/// `GET /account/resume/{journey}`: a journey for the portal ends here.
pub async fn resume(
    State(accounts): State<Arc<Accounts>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let Some(returned) = accounts.journeys.returned(&visitor, &id, RESUME).await? else {
        return see_other(Section::Overview.path());
    };
    let mut taken = Batch::new();
    accounts.journeys.take(&mut taken, &returned.read);
    accounts.journeys.store.commit(taken).await?;
    let section = Section::deserialize(&returned.read.value.errand.data).map_err(Failure::internal)?;
    // Whoever gave up is not asked again at once.
    see_other(returned.result.map_or("/", |_| section.path()))
}

impl Accounts {
    /// Opens a page for whoever is signed in as policy asks.
    pub(super) async fn enter(&self, visitor: Visitor, section: Section) -> Result<Opening, Failure> {
        self.enter_with(visitor, section, Demands::default()).await
    }

    /// The same for a posted form of that page, which must be ours.
    pub(super) async fn enter_by_form(
        &self,
        visitor: Visitor,
        section: Section,
        form: &Parameters,
    ) -> Result<Opening, Failure> {
        self.checked(self.enter(visitor, section).await?, form)
    }

    /// The same for a form that changes proofs.
    pub(super) async fn enter_to_change(
        &self,
        visitor: Visitor,
        section: Section,
        form: &Parameters,
    ) -> Result<Opening, Failure> {
        self.checked(self.enter_confirmed(visitor, section).await?, form)
    }

    /// Opens a page for whoever has just given the strongest proof.
    pub(super) async fn enter_confirmed(
        &self,
        visitor: Visitor,
        section: Section,
    ) -> Result<Opening, Failure> {
        self.enter_with(visitor, section, confirmed()).await
    }

    /// Whether that is so at this moment.
    pub(super) async fn is_confirmed(&self, here: &Here) -> Result<bool, Failure> {
        let beginning = self.journeys.consider(&here.visitor, confirmed(), here.section.errand()?).await?;
        Ok(matches!(beginning.next, Next::Arrive(_)))
    }

    fn checked(&self, opening: Opening, form: &Parameters) -> Result<Opening, Failure> {
        if let Opening::Go(here) = &opening {
            let (secret, purpose) = (&here.cookie.secret, here.section.path());
            self.web.check_form(&here.visitor, secret, purpose, form.get(csrf::FIELD)?)?;
        }
        Ok(opening)
    }

    async fn enter_with(
        &self,
        visitor: Visitor,
        section: Section,
        demands: Demands,
    ) -> Result<Opening, Failure> {
        let beginning = self.journeys.consider(&visitor, demands, section.errand()?).await?;
        let cookie = SessionCookie::read(&visitor.cookies);
        match (&beginning.next, &beginning.live, cookie) {
            (Next::Arrive(_), Some(live), Some(cookie)) => {
                let (session, user) = (live.session.clone(), live.user.clone());
                Ok(Opening::Go(Box::new(Here { section, visitor, session, user, cookie })))
            }
            _ => self.journeys.begin(&visitor, beginning).await.map(Opening::Instead),
        }
    }

    /// The form of the page, which posts to its own path.
    pub(super) fn form(&self, here: &Here) -> Form {
        self.web.form(&here.cookie.secret, here.section.path(), here.section.path().to_owned())
    }

    /// Shows a page. Looking at it is use of the session.
    pub(super) async fn show<C: PageContent>(&self, here: &Here, page: &C) -> Result<Response, Failure> {
        let mut used = Batch::new();
        self.sessions.touch(&mut used, &here.session);
        // Refused where another request of this browser has used it at the same moment.
        self.journeys.store.commit(used).await?;
        Ok(self.web.page(&here.visitor, StatusCode::OK, page, &PagePolicy::default()))
    }
}

fn confirmed() -> Demands {
    Demands { strongest_within: Some(FRESH), ..Demands::default() }
}
