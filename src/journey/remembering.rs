//! Remembered devices in the sign-in: recognised once the password was right, remembered once all was proved.

use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::reach;
use super::step::Step;
use super::{Journeys, error};
use crate::factors::remembered_devices::NAME;
use crate::factors::{FactorKind, RememberCookie};
use crate::storage::Batch;
use crate::web::{Failure, cookies};

/// Longer than any device is remembered.
const COOKIE_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl Journeys {
    /// Adds the proof to the step, and to `batch` what it costs, if this browser is remembered for the person who has just given
    /// the password, and that may stand in for the second factor. Answers the browser's next cookie.
    async fn recognise_browser(
        &self,
        step: &mut Step,
        batch: &mut Batch,
    ) -> Result<Option<RememberCookie>, Failure> {
        let (Some(cookie), Some(epoch)) = (RememberCookie::read(&step.visitor.cookies), step.journey.epoch())
        else {
            return Ok(None);
        };
        let most =
            self.decide(&step.visitor, &step.journey, step.session(), None, reach::may_recognise).await?;
        if most.is_zero() || !step.journey.has_proof_of(FactorKind::Password) {
            return Ok(None);
        }
        let occasion = step.occasion(&step.user()?);
        let recognised = self.remembered.recognise(batch, &occasion, &cookie, epoch, most).await;
        let Some((evidence, next)) = recognised.map_err(error::factor)? else { return Ok(None) };
        step.journey.accept(evidence, epoch).map_err(Failure::internal)?;
        Ok(next)
    }

    /// Settles the step of a right password, in a browser that may be remembered.
    pub(super) async fn settle_recognised(
        &self,
        mut step: Step,
        mut batch: Batch,
    ) -> Result<Option<Response>, Failure> {
        let cookie = self.recognise_browser(&mut step, &mut batch).await?;
        let Some(mut response) = self.try_to_settle(step, batch).await? else { return Ok(None) };
        set(&mut response, cookie.as_ref())?;
        Ok(Some(response))
    }

    /// Adds to `batch`, at the end of the journey, that this browser is remembered, if the person wants it and policy lets it.
    pub(super) async fn remember_browser(
        &self,
        step: &Step,
        batch: &mut Batch,
    ) -> Result<Option<RememberCookie>, Failure> {
        let (true, Some(epoch)) = (step.journey.remember, step.journey.epoch()) else { return Ok(None) };
        let most =
            self.decide(&step.visitor, &step.journey, step.session(), None, reach::may_remember).await?;
        if most.is_zero() {
            return Ok(None);
        }
        let held = RememberCookie::read(&step.visitor.cookies);
        let occasion = step.occasion(&step.user()?);
        Ok(Some(self.remembered.remember(batch, &occasion, held.as_ref(), epoch, most).await?))
    }
}

/// Puts `cookie` into the `response`.
pub(super) fn set(response: &mut Response, cookie: Option<&RememberCookie>) -> Result<(), Failure> {
    if let Some(cookie) = cookie {
        let line: HeaderValue = cookies::set(NAME, &cookie.value(), Some(COOKIE_LIFETIME))?;
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    Ok(())
}
