//! The pages of a journey: from where it stands to what is shown.

use axum::http::StatusCode;
use axum::response::Response;

use super::next::{Next, Refusal};
use super::reach;
use super::second_factor::shown_first;
use super::stage::{Journey, Progress, Stage};
use super::step::{Opening, Step, purpose};
use super::{Journeys, error};
use crate::claims::standard::full_name;
use crate::factors::Enrolled;
use crate::factors::{FactorKind, Placement};
use crate::foundation::ids::UserId;
use crate::pages::consent_pages::{Account, ConsentPage, ScopeInWords, SelectAccountPage};
use crate::pages::journey_pages::{
    AskAdministratorPage, ChangePasswordPage, EnrolPage, FactorPage, LoginPage, MailCodePage, NewKeyPage,
    OtherWays, PasskeyPage, RestartPage, RestartReason, ShownBy,
};
use crate::pages::picture::QrPicture;
use crate::pages::{Form, Message, PageContent};
use crate::storage::Batch;
use crate::telemetry::health::Check as _;
use crate::users::User;
use crate::web::{Failure, PagePolicy, Visitor, see_other};

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

impl Journeys {
    /// `GET /sign-in/{journey}`: the page of where the journey stands now.
    pub(super) async fn show(&self, visitor: Visitor, id: &str) -> Result<Response, Failure> {
        let step = match self.look(visitor, id).await? {
            Opening::Go(step) => *step,
            Opening::Instead(response) => return Ok(response),
        };
        match &step.journey.progress {
            Progress::Under(stage) => {
                let stage = *stage;
                self.show_stage(step, stage).await
            }
            Progress::Arrived(_) | Progress::GivenUp(_) => {
                see_other(&format!("{}{}", step.journey.errand.resume, step.journey.id))
            }
        }
    }

    /// What was true when the stage was reached may have changed since, so the decision is asked once more.
    async fn show_stage(&self, step: Step, stage: Stage) -> Result<Response, Failure> {
        let session = step.session();
        match self.ask_next(&step.visitor, &step.journey, session).await? {
            Next::Ask(now, _)
                if now == stage && step.journey.concerned.as_ref() == step.user().ok().as_ref() => {}
            _ => return self.settle(step, Batch::new()).await,
        }
        let step = &step;
        match stage {
            Stage::Account => self.account_page(step).await,
            Stage::Password => {
                let username = self.expected_username(step).await?;
                Ok(self.password_page(step, StatusCode::OK, &username, None))
            }
            Stage::SecondFactor => self.factor_page(step).await,
            Stage::NewPassword => {
                let user = self.concerned(step).await?;
                self.change_password_page(step, &user, Vec::new()).await
            }
            Stage::Enrolment => self.first_enrol_page(step).await,
            Stage::RecoveryCodes => self.recovery_codes_page(step, None).await,
            Stage::PasskeyOffer => self.passkey_offer_page(step, None).await,
            Stage::Consent => self.consent_page(step).await,
        }
    }

    /// The user name that the page begins with: the application's hint, or whoever is asked to sign in again.
    async fn expected_username(&self, step: &Step) -> Result<String, Failure> {
        let session = step.session();
        let user = match super::next::person_concerned(&step.journey, session) {
            Some(user) => self.users.by_id(user).await?,
            None => None,
        };
        let known = user.map(|user| user.value.username.as_str().to_owned());
        Ok(known.or_else(|| step.journey.demands.login_hint.clone()).unwrap_or_default())
    }

    pub(super) fn password_page(
        &self,
        step: &Step,
        status: StatusCode,
        username: &str,
        problem: Option<Message>,
    ) -> Response {
        let keys = self.passkeys.bound_to().is_some();
        let page = LoginPage {
            form: self.form(step, "password"),
            passwordless: keys.then(|| self.form(step, "passwordless")),
            application: application(&step.journey),
            username: username.chars().take(256).collect(),
            username_fixed: false,
            can_reset: self.settings.now().mail.is_some(),
            problem,
            can_cancel: step.journey.errand.application.is_some(),
        };
        self.web.page(&step.visitor, status, &page, &PagePolicy::default())
    }

    /// The page of the factor that the person chose, or of the strongest.
    async fn factor_page(&self, step: &Step) -> Result<Response, Failure> {
        let offered = self.offered(&step.visitor, &step.journey, step.session()).await?;
        match shown_first(&step.journey, &offered) {
            Some(kind) => self.page_of(step, kind, None).await,
            None => Err(Failure::internal("a second factor is asked, and none is offered")),
        }
    }

    /// The page that asks for a factor of `kind`.
    pub(super) async fn page_of(
        &self,
        step: &Step,
        kind: FactorKind,
        problem: Option<Message>,
    ) -> Result<Response, Failure> {
        if kind == FactorKind::AccessCode {
            return self.recovery_code_page(step, problem).await;
        }
        let user = self.concerned(step).await?;
        let offered = self.offered(&step.visitor, &step.journey, step.session()).await?;
        let other_ways = OtherWays {
            factors: offered
                .iter()
                .filter(|other| **other != kind && **other != FactorKind::AccessCode)
                .map(|other| other.word())
                .collect(),
            recovery_code: self.recovery_codes_left(step).await? > 0 || self.has_access_code(step).await?,
        };
        let (application, username) = (application(&step.journey), user.username.as_str().to_owned());
        let can_cancel = application.is_some();
        if kind == FactorKind::Passkey {
            let form = self.form(step, "passkey");
            let page = PasskeyPage { form, application, username, problem, other_ways, can_cancel };
            return Ok(self.send(step, &page));
        }
        if kind != FactorKind::MailCode {
            let shown_by = shown_by(&self.second_factors(&user.id).await?);
            let form = self.form(step, "second-factor");
            let decided =
                self.decide(&step.visitor, &step.journey, step.session(), None, reach::offers_to_remember);
            let remember_days = decided.await?.as_secs() / DAY;
            let page = FactorPage {
                form,
                application,
                username,
                shown_by,
                remember_days,
                problem,
                other_ways,
                can_cancel,
            };
            return Ok(self.send(step, &page));
        }
        let awaited = self.mail_codes.awaited(&step.occasion(&user.id)).await.map_err(error::factor)?;
        let page = MailCodePage {
            form: self.form(step, "mail-code"),
            application,
            username,
            sent_to: awaited.map(|awaited| awaited.address),
            mail_is_down: self.mail.check().await.is_err(),
            problem,
            other_ways,
            can_cancel,
        };
        Ok(self.send(step, &page))
    }

    pub(super) async fn change_password_page(
        &self,
        step: &Step,
        user: &User,
        problems: Vec<Message>,
    ) -> Result<Response, Failure> {
        let page = ChangePasswordPage {
            form: self.form(step, "new-password"),
            username: user.username.as_str().to_owned(),
            minimum: u32::try_from(self.password_rules().shortest).unwrap_or(u32::MAX),
            wished: step.journey.demands.new_password,
            first: !self.passwords.exists(&user.id).await.map_err(error::user)?,
            problems,
            application: application(&step.journey),
            can_cancel: step.journey.errand.application.is_some(),
        };
        Ok(self.send(step, &page))
    }

    /// The secret is made on first sight and shown again while the enrolment is open (R-EN-03).
    pub(super) async fn enrol_page(
        &self,
        step: &Step,
        problem: Option<Message>,
    ) -> Result<Response, Failure> {
        let user = self.concerned(step).await?;
        let occasion = step.occasion(&user.id);
        let begun =
            self.enrolment.begin_with(&occasion, user.username.as_str(), placement(&step.journey)).await;
        let setup = begun.map_err(error::factor)?;
        let page = EnrolPage {
            form: self.form(step, "enrolment"),
            issuer: self.enrolment.issuer(),
            account: user.username.as_str().to_owned(),
            key_groups: setup.key.expose().split(' ').map(str::to_owned).collect(),
            otpauth_url: setup.address.expose().to_owned(),
            picture: QrPicture::of(setup.address.expose()),
            problem,
            can_use_passkey: self.enrollable(step).await?.contains(&FactorKind::Passkey),
            can_use_mail_code: self.can_use_mail_code(step).await?,
            can_cancel: step.journey.errand.application.is_some(),
        };
        Ok(self.send(step, &page))
    }

    /// The page for what the person chose to set up, else for an authenticator app, if that would do.
    async fn first_enrol_page(&self, step: &Step) -> Result<Response, Failure> {
        let kinds = self.enrollable(step).await?;
        let key = step.journey.chosen == Some(FactorKind::Passkey) || !kinds.contains(&FactorKind::Totp);
        if key && kinds.contains(&FactorKind::Passkey) {
            return self.new_key_page(step, "", None).await;
        }
        self.enrol_page(step, None).await
    }

    /// `name` is what was typed for the key's name.
    pub(super) async fn new_key_page(
        &self,
        step: &Step,
        name: &str,
        problem: Option<Message>,
    ) -> Result<Response, Failure> {
        let page = NewKeyPage {
            form: self.form(step, "new-key"),
            username: self.concerned(step).await?.username.as_str().to_owned(),
            name: name.chars().take(64).collect(),
            problem,
            can_use_app: self.enrollable(step).await?.contains(&FactorKind::Totp),
            can_use_mail_code: self.can_use_mail_code(step).await?,
            can_cancel: step.journey.errand.application.is_some(),
        };
        Ok(self.send(step, &page))
    }

    async fn account_page(&self, step: &Step) -> Result<Response, Failure> {
        let user = self.concerned(step).await?;
        let username = user.username.as_str().to_owned();
        let page = SelectAccountPage {
            form: self.form(step, "account"),
            application: application(&step.journey),
            accounts: vec![Account {
                value: user.id.as_str().to_owned(),
                name: full_name(&user).unwrap_or_else(|| username.clone()),
                username,
            }],
            can_cancel: step.journey.errand.application.is_some(),
        };
        Ok(self.send(step, &page))
    }

    async fn consent_page(&self, step: &Step) -> Result<Response, Failure> {
        let user = self.concerned(step).await?;
        let demand = step.journey.demands.consent.as_ref();
        let demand = demand.ok_or_else(|| Failure::internal("a consent page without a demand"))?;
        let page = ConsentPage {
            form: self.form(step, "consent"),
            username: user.username.as_str().to_owned(),
            application: application(&step.journey).unwrap_or_default(),
            host: demand.host.clone(),
            scopes: demand.scopes.iter().map(|scope| ScopeInWords::of(scope.as_str()).line()).collect(),
        };
        Ok(self.send(step, &page))
    }

    pub(super) fn restart_page(
        &self,
        visitor: &Visitor,
        journey: Option<&Journey>,
        reason: RestartReason,
    ) -> Response {
        let known = journey.and_then(|journey| journey.errand.application.as_ref());
        let start = known.and_then(|application| application.start.clone()).unwrap_or_else(|| "/".to_owned());
        let name = known.filter(|known| known.start.is_some()).map(|known| known.name.clone());
        let page = RestartPage::new(reason, start, name, visitor.request.as_str());
        self.web.page(visitor, StatusCode::BAD_REQUEST, &page, &PagePolicy::default())
    }

    /// Where the journey ends on our own page: whom to ask. `back` leads to the application with the refusal.
    pub(super) async fn refusal_page(
        &self,
        visitor: &Visitor,
        user: Option<&UserId>,
        refusal: Refusal,
        back: Option<String>,
    ) -> Result<Response, Failure> {
        if refusal != Refusal::EnrolmentNotPermitted {
            return Err(Failure::forbidden(refusal.word()));
        }
        let user = match user {
            Some(id) => self.users.by_id(id).await?,
            None => None,
        };
        if let Some(user) = &user {
            visitor.languages.of_person(user.value.language());
        }
        let page = AskAdministratorPage {
            username: user.map(|user| user.value.username.as_str().to_owned()).unwrap_or_default(),
            request_id: visitor.request.as_str().to_owned(),
            back,
        };
        Ok(self.web.page(visitor, StatusCode::FORBIDDEN, &page, &PagePolicy::default()))
    }

    pub(super) async fn concerned(&self, step: &Step) -> Result<User, Failure> {
        let found = self.users.by_id(&step.user()?).await?;
        found.map(|user| user.value).ok_or_else(|| Failure::internal("the person is gone"))
    }

    pub(super) fn form(&self, step: &Step, stage: &str) -> Form {
        let id = &step.journey.id;
        self.web.form(&step.browser, &purpose(id), format!("/sign-in/{id}/{stage}"))
    }

    pub(super) fn send<C: PageContent>(&self, step: &Step, page: &C) -> Response {
        self.web.page(&step.visitor, StatusCode::OK, page, &PagePolicy::default())
    }
}

/// Whoever came by a recovery code, or one from the help desk, has lost what was enrolled before, and whoever has just proved it
/// keeps it (R-EN-01); anybody else must not have any.
pub(super) fn placement(journey: &Journey) -> Placement {
    if journey.has_recovered() {
        Placement::InPlaceOfAll
    } else if journey.has_enrolled_proof() {
        Placement::Beside
    } else {
        Placement::First
    }
}

pub(super) fn application(journey: &Journey) -> Option<String> {
    journey.errand.application.as_ref().map(|application| application.name.clone())
}

/// What a person's codes stand on.
fn shown_by(enrolled: &[Enrolled]) -> ShownBy {
    let codes = || enrolled.iter().filter(|one| one.kind == FactorKind::Totp);
    match codes().filter(|one| one.token.is_some()).count() {
        0 => ShownBy::App,
        tokens if tokens == codes().count() => ShownBy::Token,
        _ => ShownBy::AppOrToken,
    }
}
