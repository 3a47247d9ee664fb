//! Sending one-time codes by mail, once the journey asks for one.

use axum::response::Response;

use super::next::person_concerned;
use super::second_factor::shown_first;
use super::stage::{EnrolmentPermission, Journey};
use super::step::Step;
use super::{Journeys, error};
use crate::config::policy::MailCodes;
use crate::factors::mail_code::Sending;
use crate::factors::{FactorKind, Occasion};
use crate::foundation::ids::UserId;
use crate::sessions::Session;
use crate::web::{Failure, Visitor};

impl Journeys {
    /// Sends another code, and shows its page.
    pub(super) async fn send_mail_code(&self, step: Step) -> Result<Response, Failure> {
        match self.begin_mail_code(&step.journey, &step.visitor, &step.user()?).await? {
            Sending::TooMany(limit) => Err(Failure::too_many(limit.retry_after, "too many codes by mail")),
            Sending::Queued | Sending::JustSent | Sending::Unavailable => step.shown(),
        }
    }

    /// What follows once a journey stands at the second factor: where that is a code by mail, it is sent. Nothing that fails
    /// here changes where the journey stands; the page offers to send it.
    pub(super) async fn begin_second_factor(
        &self,
        journey: &Journey,
        visitor: &Visitor,
        session: Option<&Session>,
    ) {
        let begun = async {
            let offered = self.offered(visitor, journey, session).await?;
            match (shown_first(journey, &offered), person_concerned(journey, session)) {
                (Some(FactorKind::MailCode), Some(user)) => {
                    self.begin_mail_code(journey, visitor, user).await.map(|_| ())
                }
                _ => Ok(()),
            }
        };
        if let Err(failure) = begun.await {
            tracing::error!(?failure, "a code could not be sent");
        }
    }

    /// Whether a person who may enrol a first factor could go on with a code by mail instead.
    pub(super) async fn can_use_mail_code(&self, step: &Step) -> Result<bool, Failure> {
        let by_choice = step.journey.permission == Some(EnrolmentPermission::Network)
            && self.settings.now().policy.mail_codes == MailCodes::SignIn;
        let offered = self.offered(&step.visitor, &step.journey, step.session()).await?;
        Ok(by_choice && offered == [FactorKind::MailCode])
    }

    async fn begin_mail_code(
        &self,
        journey: &Journey,
        visitor: &Visitor,
        user: &UserId,
    ) -> Result<Sending, Failure> {
        let Some(person) = self.users.by_id(user).await? else { return Ok(Sending::Unavailable) };
        let occasion = Occasion { user: user.clone(), journey: journey.id.clone(), origin: visitor.origin() };
        let application = journey.errand.application.as_ref().map(|application| application.name.as_str());
        self.mail_codes.send(&occasion, &person.value, application).await.map_err(error::factor)
    }
}
