//! User name and password; the choice of an account; a new password.

use axum::http::StatusCode;
use axum::response::Response;

use super::stage::{AccountChoice, EnrolmentPermission, Stage};
use super::step::{Opening, Step};
use super::{Journeys, error, policy};
use crate::directory::{Answer, Authenticated, PasswordAttempt};
use crate::factors::FactorKind;
use crate::foundation::ids::UserId;
use crate::foundation::secret::Hidden;
use crate::pages::Message;
use crate::pages::journey_pages::RestartReason;
use crate::sessions::DeviceCookie;
use crate::storage::Batch;
use crate::users::{Prepared, PresentEpoch, User, UserError, WeakPassword, epoch, password_by_mail};
use crate::web::{Failure, Parameters, Visitor};

impl Journeys {
    /// `POST /sign-in/{journey}/account`: go on with the signed-in account, or with another.
    pub(super) async fn choose_account(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let mut step = match self.open_step(visitor, id, form, Stage::Account).await? {
            Opening::Go(step) => *step,
            Opening::Instead(response) => return Ok(response),
        };
        let signed_in = step.session.as_ref().map(|session| session.value.user.as_str());
        let present = form.get("account")?.is_some_and(|chosen| Some(chosen) == signed_in);
        step.journey.account = if present { AccountChoice::Present } else { AccountChoice::Another };
        self.settle(step, Batch::new()).await
    }

    /// `POST /sign-in/{journey}/password`.
    pub(super) async fn check_password(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let mut step = match self.open_step(visitor, id, form, Stage::Password).await? {
            Opening::Go(step) => *step,
            Opening::Instead(response) => return Ok(response),
        };
        if form.get("action")? == Some("other_account") {
            step.journey.account = AccountChoice::Another;
            return self.settle(step, Batch::new()).await;
        }
        step.journey.can_make_passkeys = form.get("keys")? == Some("yes");
        let login_name = form.get("username")?.unwrap_or_default();
        let Some(password) = form.get("password")?.map(Hidden::new) else {
            return Ok(self.password_page(&step, StatusCode::OK, login_name, Some(Message::FieldEmpty)));
        };
        if login_name.is_empty() {
            return Ok(self.password_page(&step, StatusCode::OK, login_name, Some(Message::FieldEmpty)));
        }
        // Read before the password is checked: what changes meanwhile voids the proof.
        let epoch = self.epoch_of(login_name).await?;
        let attempt = PasswordAttempt {
            login_name,
            password: &password,
            device: &DeviceCookie::read(&step.visitor.cookies),
            journey: &step.journey.id.clone(),
            origin: &step.visitor.origin(),
        };
        match self.directory.authenticate(&attempt).await.map_err(error::factor)? {
            Answer::Authenticated(person) => self.take_password(step, &attempt, *person, epoch).await,
            Answer::Failed => {
                Ok(self.password_page(&step, StatusCode::OK, login_name, Some(Message::SignInFailed)))
            }
            Answer::Throttled(limit) => Err(Failure::too_many(limit.retry_after, "password throttled")),
            Answer::Busy => Err(error::busy()),
        }
    }

    /// Goes on with a right password. Its success is stored with the step; by itself where the step is not, because another
    /// request was quicker or something failed.
    async fn take_password(
        &self,
        mut step: Step,
        attempt: &PasswordAttempt<'_>,
        person: Authenticated,
        epoch: PresentEpoch,
    ) -> Result<Response, Failure> {
        let visitor = step.visitor.clone();
        let fits = step.journey.accept(person.evidence.clone(), epoch.number).is_ok();
        let settled = if fits {
            step.epoch = Some(epoch);
            if step.journey.permission.is_none() {
                step.journey.permission =
                    policy::permission_by_network(&self.settings.now().policy, visitor.client);
            }
            self.settle_recognised(step, person.success.clone()).await
        } else {
            Ok(None)
        };
        if let Ok(Some(response)) = settled {
            return Ok(response);
        }
        let stands = self.directory.store_success(attempt, person).await.map_err(error::factor)?;
        settled?;
        match self.look(visitor, attempt.journey.as_str()).await? {
            Opening::Go(step) if !stands => {
                let failed = Some(Message::SignInFailed);
                Ok(self.password_page(&step, StatusCode::OK, attempt.login_name, failed))
            }
            Opening::Go(step) if fits => step.shown(),
            Opening::Go(step) => {
                Ok(self.restart_page(&step.visitor, Some(&step.journey), RestartReason::OutOfOrder))
            }
            Opening::Instead(response) => Ok(response),
        }
    }

    /// The same work for a name that nobody has (R-PW-02).
    async fn epoch_of(&self, login_name: &str) -> Result<PresentEpoch, Failure> {
        let user = self.users.resolve(login_name).await?;
        let user = user.unwrap_or_else(|| UserId::from_text("nobody"));
        Ok(epoch::present(&self.store, &user).await?)
    }

    /// `POST /sign-in/{journey}/new-password`.
    pub(super) async fn set_password(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let mut step = match self.open_step(visitor, id, form, Stage::NewPassword).await? {
            Opening::Go(step) => *step,
            Opening::Instead(response) => return Ok(response),
        };
        let user_id = step.user()?;
        let gone = || Failure::internal("the person is gone");
        let user = self.users.by_id(&user_id).await?.ok_or_else(gone)?.value;
        let password = Hidden::new(form.get("password")?.unwrap_or_default());
        let again = Hidden::new(form.get("password_again")?.unwrap_or_default());
        if password.expose() != again.expose() {
            return self.change_password_page(&step, &user, vec![Message::PasswordsDiffer]).await;
        }
        if self.is_unchanged(&step, &user, &password).await? {
            return self.change_password_page(&step, &user, vec![Message::PasswordUnchanged]).await;
        }
        let (mut batch, occasion) = (Batch::new(), step.occasion(&user_id));
        let set = self.proof.set(&mut batch, &user, &password, &self.password_rules(), &occasion).await;
        let evidence = match set {
            Ok(evidence) => evidence,
            Err(UserError::Weak(weakness)) => {
                return self.change_password_page(&step, &user, vec![message(&weakness)]).await;
            }
            Err(other) => return Err(error::user(other)),
        };
        let kept = step.session_of(&user_id);
        let epoch = self.lifecycle.password_set(&mut batch, &user_id, kept, &occasion.origin).await?;
        step.journey.enter(epoch);
        step.journey.accept(evidence, epoch).map_err(Failure::internal)?;
        step.journey.password_chosen = true;
        // An administrator's link vouches for whoever uses it (R-RC-07).
        if step.journey.permission == Some(EnrolmentPermission::Invitation) {
            password_by_mail::confirm(&mut batch, &user_id);
        }
        self.settle(step, batch).await
    }

    /// Whether the new password is the present one. Asked only of who has just proved the present one: to anybody else the
    /// answer would be a guess confirmed.
    async fn is_unchanged(&self, step: &Step, user: &User, password: &Hidden) -> Result<bool, Failure> {
        let Ok(prepared) = Prepared::new(password.expose()) else { return Ok(false) };
        if !step.journey.has_proof_of(FactorKind::Password) {
            return Ok(false);
        }
        let present = self.passwords.verify(Some(&user.id), &prepared).await.map_err(error::user)?;
        Ok(present.is_some())
    }
}

/// What the page says of a password that breaks a rule.
pub fn message(weakness: &WeakPassword) -> Message {
    let count = |length: &usize| u32::try_from(*length).unwrap_or(u32::MAX);
    match weakness {
        WeakPassword::TooShort(least) => Message::PasswordTooShort { minimum: count(least) },
        WeakPassword::TooLong => Message::PasswordTooLong { maximum: 256 },
        WeakPassword::Common => Message::PasswordKnown,
        WeakPassword::Context => Message::PasswordPersonal,
        _ => Message::PasswordUnusable,
    }
}
