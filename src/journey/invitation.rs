//! An administrator's one-time link: a page that says what will happen, and a button that begins it. The link is burned at
//! the beginning of its use (R-EN-04), in the commit that stores the journey.

use axum::http::StatusCode;
use axum::response::Response;

use super::Journeys;
use super::stage::{Demands, EnrolmentPermission, Errand};
use crate::claims::standard::full_name;
use crate::foundation::secret::{Invitation, Plain};
use crate::lifecycle::invitation::{Invited, Purpose};
use crate::pages::journey_pages::InvitationPage;
use crate::storage::Batch;
use crate::users::{User, epoch};
use crate::web::{Failure, PagePolicy, Parameters, Visitor, csrf};

const PURPOSE: &str = "invitation";

fn spent() -> Failure {
    let mut failure = Failure::page("link_spent", "invitation unknown, used or too old");
    failure.status = StatusCode::NOT_FOUND;
    failure
}

impl Journeys {
    /// `GET /invitation/{invitation}`: says what the link is for; changes nothing, since mail scanners open links.
    pub(super) async fn invitation_page(&self, visitor: &Visitor, link: &str) -> Result<Response, Failure> {
        let (invitation, invited, user) = self.invited(link).await?;
        visitor.languages.of_person(user.language());
        let page = InvitationPage {
            form: self.web.form(&invitation, PURPOSE, format!("/invitation/{}", invitation.expose())),
            name: full_name(&user).unwrap_or_else(|| user.username.as_str().to_owned()),
            username: user.username.as_str().to_owned(),
            sets_password: invited.purpose == Purpose::PasswordAndFactor,
            sets_factor: self.second_factors(&user.id).await?.is_empty(),
        };
        Ok(self.web.page(visitor, StatusCode::OK, &page, &PagePolicy::default()))
    }

    /// `POST /invitation/{invitation}`: burns the link and begins the journey that it permits.
    pub(super) async fn accept_invitation(
        &self,
        visitor: &Visitor,
        link: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let (invitation, invited, user) = self.invited(link).await?;
        let epoch = epoch::present(&self.store, &user.id).await?;
        self.web.check_form(visitor, &invitation, PURPOSE, form.get(csrf::FIELD)?)?;
        let mut burning = Batch::new();
        epoch.require(&mut burning);
        self.invitations.burn(&mut burning, &invitation, &invited, &visitor.origin());
        let mut beginning = self.consider(visitor, Demands::default(), home()).await?;
        beginning.journey.invite(user.id.clone(), epoch.number, permission(invited.purpose));
        beginning.journey.concerned = Some(user.id);
        beginning.next = self.ask_next(visitor, &beginning.journey, beginning.session()).await?;
        self.begin_with(visitor, beginning, &burning).await
    }

    async fn invited(&self, link: &str) -> Result<(Plain<Invitation>, Invited, User), Failure> {
        let invitation = Plain::<Invitation>::parse(link).ok_or_else(spent)?;
        let invited = self.invitations.find(&invitation).await?.ok_or_else(spent)?;
        let user = self.users.by_id(&invited.user).await?.ok_or_else(spent)?.value;
        Ok((invitation, invited, user))
    }
}

fn permission(purpose: Purpose) -> EnrolmentPermission {
    match purpose {
        Purpose::PasswordAndFactor => EnrolmentPermission::Invitation,
        Purpose::Factor => EnrolmentPermission::FactorLink,
    }
}

/// Where journeys without another errand return to.
pub const HOME: &str = "/signed-in/";

/// The errand of whoever only wants to be signed in: Keyward's own home page.
pub fn home() -> Errand {
    Errand { resume: HOME.to_owned(), data: serde_json::Value::Null, application: None }
}
