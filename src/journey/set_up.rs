//! The set-up link: a page on which the first administrator introduces themselves, and the commit that makes the person,
//! spends the link and begins the journey in which the second factor is enrolled (R-AD-08).

use axum::http::StatusCode;
use axum::response::Response;

use super::invitation::home;
use super::stage::{Demands, EnrolmentPermission};
use super::{Journeys, Next, error, password};
use crate::audit::{Action, Actor, Outcome};
use crate::factors::Occasion;
use crate::foundation::ids::UserId;
use crate::foundation::secret::{Hidden, Plain, SetUpLink};
use crate::lifecycle::first_administrator::LiveLink;
use crate::pages::Message;
use crate::pages::journey_pages::SetUpPage;
use crate::storage::Batch;
use crate::users::profile::{Mail, MailAddress, Text, Username};
use crate::users::{Epoch, NewUser, Profile, UserError};
use crate::web::{Failure, PagePolicy, Parameters, Visitor, csrf, see_other};

const PURPOSE: &str = "set-up";

fn spent() -> Failure {
    let mut failure = Failure::page("link_spent", "set-up link unknown, used or too old");
    failure.status = StatusCode::NOT_FOUND;
    failure
}

/// What was typed on the page.
#[derive(Debug, Default)]
struct Typed {
    username: String,
    name: String,
    email: String,
}

impl Journeys {
    /// `GET /set-up/{link}`: asks who it is; changes nothing, since scanners open links.
    pub(super) async fn set_up_page(&self, visitor: &Visitor, link: &str) -> Result<Response, Failure> {
        let (link, _) = self.set_up_link(link).await?;
        Ok(self.show_set_up(visitor, &link, Typed::default(), Vec::new()))
    }

    /// `POST /set-up/{link}`: one person becomes the first administrator.
    pub(super) async fn accept_set_up(
        &self,
        visitor: &Visitor,
        link: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let (link, live) = self.set_up_link(link).await?;
        self.web.check_form(visitor, &link, PURPOSE, form.get(csrf::FIELD)?)?;
        let field = |name: &str| form.get(name).map(|text| text.unwrap_or_default().trim().to_owned());
        let typed = Typed { username: field("username")?, name: field("name")?, email: field("email")? };
        let password = Hidden::new(form.get("password")?.unwrap_or_default());
        let again = Hidden::new(form.get("password_again")?.unwrap_or_default());
        let (new, mut problems) = typed.person();
        if password.expose() != again.expose() {
            problems.push(Message::PasswordsDiffer);
        }
        let Some(new) = new.filter(|_| problems.is_empty()) else {
            return Ok(self.show_set_up(visitor, &link, typed, problems));
        };
        match self.become_administrator(visitor, &live, new, &password).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(problem)) => Ok(self.show_set_up(visitor, &link, typed, vec![problem])),
            // Somebody else was quicker.
            Err(_) if self.first_administrator.find(&link).await?.is_none() => Err(spent()),
            Err(failure) => Err(failure),
        }
    }

    /// All in one commit: person, password, office, the link's end, and the journey that goes on from there.
    async fn become_administrator(
        &self,
        visitor: &Visitor,
        live: &LiveLink,
        new: NewUser,
        password: &Hidden,
    ) -> Result<Result<Response, Message>, Failure> {
        let (id, origin, mut batch) =
            (UserId::generate(self.random.as_ref()), visitor.origin(), Batch::new());
        let user = match self.users.create_into(&mut batch, id.clone(), new).await {
            Ok(user) => user,
            Err(UserError::Taken(_)) => return Ok(Err(Message::NameTaken)),
            Err(other) => return Err(error::user(other)),
        };
        self.first_administrator.take(&mut batch, live, &id, &origin).await?;
        for action in [Action::UserCreated, Action::PasswordSet] {
            let event = self.trail.event(action, Outcome::Success, &origin);
            event.by(Actor::User(id.clone())).about(&id).write(&mut batch);
        }
        let mut beginning = self.consider(visitor, Demands::default(), home()).await?;
        let occasion = Occasion { user: id.clone(), journey: beginning.journey.id.clone(), origin };
        let rules = self.password_rules();
        let evidence = match self.proof.set(&mut batch, &user, password, &rules, &occasion).await {
            Ok(evidence) => evidence,
            Err(UserError::Weak(weakness)) => return Ok(Err(password::message(&weakness))),
            Err(other) => return Err(error::user(other)),
        };
        beginning.journey.invite(id, Epoch::default(), EnrolmentPermission::Invitation);
        beginning.journey.accept(evidence, Epoch::default()).map_err(Failure::internal)?;
        beginning.next = self.next_of_new(visitor, &beginning.journey, &user).await?;
        if matches!(beginning.next, Next::Ask(..)) {
            return self.begin_with(visitor, beginning, &batch).await.map(Ok);
        }
        // Where policy asks for no second factor, the person signs in as everybody does.
        let done = self.store.commit(batch).await?.is_done();
        if done { see_other("/sign-in").map(Ok) } else { Err(spent()) }
    }

    async fn set_up_link(&self, link: &str) -> Result<(Plain<SetUpLink>, LiveLink), Failure> {
        let link = Plain::<SetUpLink>::parse(link).ok_or_else(spent)?;
        let live = self.first_administrator.find(&link).await?.ok_or_else(spent)?;
        Ok((link, live))
    }

    fn show_set_up(
        &self,
        visitor: &Visitor,
        link: &Plain<SetUpLink>,
        typed: Typed,
        problems: Vec<Message>,
    ) -> Response {
        let page = SetUpPage {
            form: self.web.form(link, PURPOSE, format!("/set-up/{}", link.expose())),
            username: typed.username,
            name: typed.name,
            email: typed.email,
            minimum: u32::try_from(self.password_rules().shortest).unwrap_or(u32::MAX),
            problems,
        };
        self.web.page(visitor, StatusCode::OK, &page, &PagePolicy::default())
    }
}

impl Typed {
    /// The person, or what is wrong.
    fn person(&self) -> (Option<NewUser>, Vec<Message>) {
        let username = Username::new(&*self.username).map_err(|_| Message::UsernameUnusable);
        let name = Text::new(&*self.name).map_err(|_| Message::NameUnusable);
        let address = MailAddress::new(&*self.email).map_err(|_| Message::MailUnusable);
        let problems = [username.as_ref().err(), name.as_ref().err(), address.as_ref().err()];
        let problems = problems.into_iter().flatten().cloned().collect();
        let (Ok(username), Ok(name), Ok(address)) = (username, name, address) else {
            return (None, problems);
        };
        // Nobody but the operator, who has the link, could vouch for it.
        let mail = Some(Mail { address, verified: true });
        let profile = Profile { name: Some(name), mail, ..Profile::default() };
        (Some(NewUser { profile, ..NewUser::named(username) }), problems)
    }
}
