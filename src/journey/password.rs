//! User name and password; the choice of an account; a new password.

use axum::http::StatusCode;
use axum::response::Response;

use super::stage::{AccountChoice, Stage};
use super::step::{Opening, Step};
use super::{Journeys, error, policy};
use crate::directory::{Answer, PasswordAttempt};
use crate::foundation::secret::Hidden;
use crate::pages::Message;
use crate::storage::Batch;
use crate::users::{Prepared, User, UserError, WeakPassword};
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
        let present = form
            .get("account")?
            .is_some_and(|chosen| Some(chosen) == signed_in);
        step.journey.account = if present {
            AccountChoice::Present
        } else {
            AccountChoice::Another
        };
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
        let login_name = form.get("username")?.unwrap_or_default();
        let Some(password) = form.get("password")?.map(Hidden::new) else {
            return self.login_page(&step, login_name, Some(Message::FieldEmpty));
        };
        if login_name.is_empty() {
            return self.login_page(&step, login_name, Some(Message::FieldEmpty));
        }
        let origin = step.visitor.origin();
        let attempt = PasswordAttempt {
            login_name,
            password: &password,
            journey: &step.journey.id,
            origin: &origin,
        };
        match self
            .directory
            .authenticate(&attempt)
            .await
            .map_err(error::factor)?
        {
            Answer::Authenticated(person) => {
                step.journey.accept(person.evidence).map_err(Failure::internal)?;
                if step.journey.permission.is_none() {
                    step.journey.permission =
                        policy::permission_by_network(&self.policy, step.visitor.client);
                }
                self.settle(step, Batch::new()).await
            }
            Answer::Failed => self.login_page(&step, login_name, Some(Message::SignInFailed)),
            Answer::Throttled(limit) => Err(Failure::too_many(limit.retry_after, "password throttled")),
            Answer::Busy => Err(error::busy()),
        }
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
        let user = self
            .users
            .by_id(&user_id)
            .await?
            .ok_or_else(|| Failure::internal("the person is gone"))?
            .value;
        let password = Hidden::new(form.get("password")?.unwrap_or_default());
        let again = Hidden::new(form.get("password_again")?.unwrap_or_default());
        let mut batch = Batch::new();
        if let Some(problem) = self.refuse_password(&user, &password, &again, &mut batch).await? {
            return self.change_password_page(&step, &user, vec![problem]).await;
        }
        let kept = step.session.as_ref().map(|session| session.value.id.clone());
        self.lifecycle
            .password_set(&mut batch, &user_id, kept.as_ref(), &step.visitor.origin())
            .await?;
        if !self.store.commit(batch).await?.is_done() {
            return Err(Failure::internal("the password was not stored"));
        }
        let prepared =
            Prepared::new(password.expose()).map_err(|_| Failure::internal("a password of bad form"))?;
        let right = self
            .proof
            .check(Some(&user_id), &prepared, &step.journey.id)
            .await
            .map_err(error::factor)?;
        let right = right.ok_or_else(|| Failure::internal("the password just set is not right"))?;
        step.journey.accept(right.evidence).map_err(Failure::internal)?;
        self.settle(step, Batch::new()).await
    }

    /// What is wrong with a new password; if nothing, it stands in `batch`.
    async fn refuse_password(
        &self,
        user: &User,
        password: &Hidden,
        again: &Hidden,
        batch: &mut Batch,
    ) -> Result<Option<Message>, Failure> {
        if password.expose() != again.expose() {
            return Ok(Some(Message::PasswordsDiffer));
        }
        if let Ok(prepared) = Prepared::new(password.expose()) {
            let present = self
                .passwords
                .verify(Some(&user.id), &prepared)
                .await
                .map_err(error::user)?;
            if present.is_some() {
                return Ok(Some(Message::PasswordUnchanged));
            }
        }
        match self
            .passwords
            .set(user, password.expose(), false, &self.password_rules, batch)
            .await
        {
            Ok(()) => Ok(None),
            Err(UserError::Weak(weakness)) => Ok(Some(message(&weakness))),
            Err(other) => Err(error::user(other)),
        }
    }

    fn login_page(&self, step: &Step, username: &str, problem: Option<Message>) -> Result<Response, Failure> {
        Ok(self.password_page(step, StatusCode::OK, username, problem))
    }
}

fn message(weakness: &WeakPassword) -> Message {
    let count = |length: &usize| u32::try_from(*length).unwrap_or(u32::MAX);
    match weakness {
        WeakPassword::TooShort(least) => Message::PasswordTooShort {
            minimum: count(least),
        },
        WeakPassword::TooLong => Message::PasswordTooLong { maximum: 256 },
        WeakPassword::Common => Message::PasswordKnown,
        WeakPassword::Context => Message::PasswordPersonal,
        _ => Message::PasswordUnusable,
    }
}
