//! A forgotten password: the page that asks for the name, the one answer to every name, and the page behind the mailed link, which
//! works in the browser that asked. Nobody is signed in here (R-RC-01 to R-RC-03).

use axum::http::{StatusCode, header};
use axum::response::Response;

use super::Accounts;
use crate::foundation::secret::{BrowserSecret, Hidden, MailedLink, Plain};
use crate::journey::start::BROWSER_COOKIE;
use crate::journey::{error, password};
use crate::lifecycle::mailed_link::{Errand, Good};
use crate::lifecycle::password_reset::Choice;
use crate::pages::Message;
use crate::pages::account_pages::{DonePage, ForgottenPage, NewPasswordPage};
use crate::pages::link_mail::Purpose;
use crate::users::{User, UserError, standing};
use crate::web::{Failure, PagePolicy, Parameters, Visitor, cookies, csrf};

/// Where it begins.
pub const PATH: &str = "/forgotten-password";

pub(super) fn spent() -> Failure {
    let mut failure = Failure::page("link_spent", "a mailed link is unknown, used, or too old");
    failure.status = StatusCode::NOT_FOUND;
    failure
}

impl Accounts {
    /// `GET /forgotten-password`.
    pub(super) async fn forgotten_page(&self, visitor: Visitor) -> Result<Response, Failure> {
        let (browser, is_new) = self.journeys.browser(&visitor);
        let mut response = self.show_forgotten(&visitor, &browser, false)?;
        if is_new {
            let cookie = cookies::set(BROWSER_COOKIE, browser.expose(), None)?;
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(response)
    }

    fn show_forgotten(
        &self,
        visitor: &Visitor,
        browser: &Plain<BrowserSecret>,
        sent: bool,
    ) -> Result<Response, Failure> {
        if !self.resets.are_offered() {
            return Err(Failure::not_found());
        }
        let page = ForgottenPage { form: self.web.form(browser, PATH, PATH.to_owned()), sent };
        Ok(self.web.page(visitor, StatusCode::OK, &page, &PagePolicy::default()))
    }

    /// `POST /forgotten-password`: one answer, whatever was typed.
    pub(super) async fn ask_password_link(
        &self,
        visitor: Visitor,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let (browser, _) = self.journeys.browser(&visitor);
        self.web.check_form(&visitor, &browser, PATH, form.get(csrf::FIELD)?)?;
        let login_name = form.get("username")?.unwrap_or_default();
        let answer = self.show_forgotten(&visitor, &browser, !login_name.is_empty())?;
        if !login_name.is_empty() {
            let asked = self.resets.ask(login_name, &browser.hash(), &visitor.origin()).await?;
            asked.map_err(|limit| Failure::too_many(limit.retry_after, "too many forgotten passwords"))?;
        }
        Ok(answer)
    }

    /// `GET /new-password/{link}`: changes nothing, since mail scanners open links.
    pub(super) async fn new_password_page(&self, visitor: Visitor, link: &str) -> Result<Response, Failure> {
        let (link, _, user) = self.password_link(&visitor, link).await?;
        Ok(self.show_new_password(&visitor, &link, &user, Vec::new()))
    }

    /// `POST /new-password/{link}`.
    pub(super) async fn choose_new_password(
        &self,
        visitor: Visitor,
        link: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let (link, good, user) = self.password_link(&visitor, link).await?;
        self.web.check_form(&visitor, &link, Purpose::Password.path(), form.get(csrf::FIELD)?)?;
        let typed = Hidden::new(form.get("password")?.unwrap_or_default());
        let again = Hidden::new(form.get("password_again")?.unwrap_or_default());
        if typed.expose() != again.expose() {
            return Ok(self.show_new_password(&visitor, &link, &user, vec![Message::PasswordsDiffer]));
        }
        let (rules, origin) = (self.journeys.password_rules(), visitor.origin());
        let choice = Choice { link: &good, password: &typed, rules: &rules, origin: &origin };
        let Accounts { journeys, links, .. } = self;
        match journeys.lifecycle.reset_password(&journeys.passwords, links, &choice).await {
            Ok(()) => {
                let page = DonePage::PasswordChanged;
                Ok(self.web.page(&visitor, StatusCode::OK, &page.content(), &PagePolicy::default()))
            }
            Err(UserError::Weak(weakness)) => {
                let problems = vec![password::message(&weakness)];
                Ok(self.show_new_password(&visitor, &link, &user, problems))
            }
            Err(UserError::Conflict) => Err(spent()),
            Err(other) => Err(error::user(other)),
        }
    }

    /// The link, if it is good, in the browser that asked for it, and of a person who may be served.
    async fn password_link(
        &self,
        visitor: &Visitor,
        link: &str,
    ) -> Result<(Plain<MailedLink>, Good, User), Failure> {
        let link = Plain::<MailedLink>::parse(link).ok_or_else(spent)?;
        let good = self.links.find(&link).await?.ok_or_else(spent)?;
        let Errand::Password { browser } = &good.errand else { return Err(spent()) };
        if self.journeys.browser(visitor).0.hash() != *browser {
            return Err(Failure::page("link_of_another_browser", "a link opened in another browser"));
        }
        let user = self.journeys.users.by_id(&good.user).await?.ok_or_else(spent)?.value;
        if standing(&user, self.journeys.clock.now()).is_err() {
            return Err(spent());
        }
        visitor.languages.of_person(user.language());
        Ok((link, good, user))
    }

    fn show_new_password(
        &self,
        visitor: &Visitor,
        link: &Plain<MailedLink>,
        user: &User,
        problems: Vec<Message>,
    ) -> Response {
        let path = Purpose::Password.path();
        let page = NewPasswordPage {
            form: self.web.form(link, path, format!("{path}{}", link.expose())),
            username: user.username.as_str().to_owned(),
            minimum: u32::try_from(self.journeys.password_rules().shortest).unwrap_or(u32::MAX),
            problems,
        };
        self.web.page(visitor, StatusCode::OK, &page, &PagePolicy::default())
    }
}
