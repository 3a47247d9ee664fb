//! The person's mail address (R-PO-01): another one is asked for with the strongest proof, confirmed with a link that is opened
//! there while signed in here, and undone with a link that goes to the former one.

use axum::http::StatusCode;
use axum::response::Response;

use super::Accounts;
use super::forgotten::spent;
use super::portal::{Here, Opening, Section};
use crate::foundation::secret::{MailedLink, Plain};
use crate::journey::error;
use crate::lifecycle::mailed_link::{Errand, Good};
use crate::pages::Message;
use crate::pages::account_pages::{AddressLinkPage, DonePage};
use crate::pages::link_mail::Purpose;
use crate::pages::portal_pages::MailPage;
use crate::storage::Batch;
use crate::users::UserError;
use crate::users::profile::{Mail, MailAddress};
use crate::web::{Failure, PagePolicy, Parameters, Visitor, csrf, see_other};

impl Accounts {
    /// `GET /account/mail`.
    pub(super) async fn mail_page(&self, visitor: Visitor) -> Result<Response, Failure> {
        match self.enter(visitor, Section::Mail).await? {
            Opening::Go(here) => self.show_mail(&here, String::new(), None).await,
            Opening::Instead(response) => Ok(response),
        }
    }

    async fn show_mail(
        &self,
        here: &Here,
        typed: String,
        problem: Option<Message>,
    ) -> Result<Response, Failure> {
        let awaited = self.links.awaited_address(&here.user.id).await?;
        let page = MailPage {
            section: "mail",
            form: self.form(here),
            present: here.user.profile.mail.as_ref().map(|mail| mail.address.as_str().to_owned()),
            awaited: awaited.map(|address| address.as_str().to_owned()),
            can_change: self.resets.are_offered(),
            typed,
            problem,
        };
        self.show(here, &page).await
    }

    /// `POST /account/mail`: sends the link to the new address.
    pub(super) async fn ask_new_address(
        &self,
        visitor: Visitor,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let here = match self.enter_to_change(visitor, Section::Mail, form).await? {
            Opening::Go(here) if self.resets.are_offered() => here,
            Opening::Go(_) => return Err(Failure::not_found()),
            Opening::Instead(response) => return Ok(response),
        };
        let typed = form.get("address")?.unwrap_or_default().trim();
        let Ok(address) = MailAddress::new(typed) else {
            return self.show_mail(&here, typed.to_owned(), Some(Message::MailUnusable)).await;
        };
        let mut batch = Batch::new();
        self.sessions.touch(&mut batch, &here.session);
        let (now, origin) = (self.journeys.clock.now(), here.visitor.origin());
        let lifecycle = &self.journeys.lifecycle;
        let asked = lifecycle.ask_new_address(&self.links, &here.user, &address, (now, &origin), batch).await;
        asked
            .map_err(error::user)?
            .map_err(|limit| Failure::too_many(limit.retry_after, "too many new mail addresses"))?;
        see_other(Section::Mail.path())
    }

    /// `GET /account/mail/confirm/{link}`: the button that confirms. Whoever is not signed in as the person opens the link again
    /// afterwards.
    pub(super) async fn confirm_address_page(
        &self,
        visitor: Visitor,
        link: &str,
    ) -> Result<Response, Failure> {
        let here = match self.enter(visitor, Section::Mail).await? {
            Opening::Go(here) => here,
            Opening::Instead(response) => return Ok(response),
        };
        let (link, _, address) = self.new_address(&here, link).await?;
        self.show(&here, &self.address_link_page(&link, Purpose::NewAddress, &here.user, &address)).await
    }

    /// `POST /account/mail/confirm/{link}`.
    pub(super) async fn confirm_address(
        &self,
        visitor: Visitor,
        link: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let here = match self.enter(visitor, Section::Mail).await? {
            Opening::Go(here) => here,
            Opening::Instead(response) => return Ok(response),
        };
        let (link, good, address) = self.new_address(&here, link).await?;
        let purpose = Purpose::NewAddress.path();
        self.web.check_form(&here.visitor, &link, purpose, form.get(csrf::FIELD)?)?;
        let (lifecycle, origin) = (&self.journeys.lifecycle, here.visitor.origin());
        match lifecycle.confirm_address(&self.links, &good, &address, &origin).await {
            Ok(()) => see_other(Section::Mail.path()),
            Err(UserError::Taken(_)) => {
                self.show_mail(&here, address.as_str().to_owned(), Some(Message::NameTaken)).await
            }
            Err(UserError::Conflict) => Err(spent()),
            Err(other) => Err(error::user(other)),
        }
    }

    async fn new_address(
        &self,
        here: &Here,
        link: &str,
    ) -> Result<(Plain<MailedLink>, Good, MailAddress), Failure> {
        let link = Plain::<MailedLink>::parse(link).ok_or_else(spent)?;
        let good = self.links.find(&link).await?.filter(|good| good.user == here.user.id);
        let good = good.ok_or_else(spent)?;
        let Errand::NewAddress(address) = good.errand.clone() else { return Err(spent()) };
        Ok((link, good, address))
    }

    fn address_link_page(
        &self,
        link: &Plain<MailedLink>,
        purpose: Purpose,
        user: &crate::users::User,
        address: &MailAddress,
    ) -> AddressLinkPage {
        AddressLinkPage {
            form: self.web.form(link, purpose.path(), format!("{}{}", purpose.path(), link.expose())),
            username: user.username.as_str().to_owned(),
            address: address.as_str().to_owned(),
            former: purpose == Purpose::FormerAddress,
        }
    }

    /// `GET /former-address/{link}`: the button that undoes the change. Nobody need be signed in: whoever changed it may have
    /// shut the person out.
    pub(super) async fn former_address_page(
        &self,
        visitor: Visitor,
        link: &str,
    ) -> Result<Response, Failure> {
        let (link, good, former) = self.former_address(link).await?;
        let user = self.journeys.users.by_id(&good.user).await?.ok_or_else(spent)?.value;
        visitor.languages.of_person(user.language());
        let page = self.address_link_page(&link, Purpose::FormerAddress, &user, &former.address);
        Ok(self.web.page(&visitor, StatusCode::OK, &page, &PagePolicy::default()))
    }

    /// `POST /former-address/{link}`.
    pub(super) async fn undo_address(
        &self,
        visitor: Visitor,
        link: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let (link, good, former) = self.former_address(link).await?;
        self.web.check_form(&visitor, &link, Purpose::FormerAddress.path(), form.get(csrf::FIELD)?)?;
        let lifecycle = &self.journeys.lifecycle;
        match lifecycle.undo_address(&self.links, &good, &former, &visitor.origin()).await {
            Ok(()) => {
                let page = DonePage::AddressRestored.content();
                Ok(self.web.page(&visitor, StatusCode::OK, &page, &PagePolicy::default()))
            }
            Err(UserError::Conflict | UserError::Unknown) => Err(spent()),
            Err(other) => Err(error::user(other)),
        }
    }

    async fn former_address(&self, link: &str) -> Result<(Plain<MailedLink>, Good, Mail), Failure> {
        let link = Plain::<MailedLink>::parse(link).ok_or_else(spent)?;
        let good = self.links.find(&link).await?.ok_or_else(spent)?;
        let Errand::FormerAddress(former) = good.errand.clone() else { return Err(spent()) };
        Ok((link, good, former))
    }
}
