//! The language of pages and mails, and the fields of the profile that the operator opened (R-PO-03).

use axum::response::Response;

use super::Accounts;
use super::portal::{Here, Opening, Section};
use crate::audit::{Action, Actor, Outcome};
use crate::config::account::Field;
use crate::journey::error;
use crate::pages::Message;
use crate::pages::portal_pages::{LanguageChoice, ProfileField, ProfilePage};
use crate::storage::Batch;
use crate::users::profile::{LanguageTag, Phone, PhoneNumber, Text, TimeZone, WebAddress};
use crate::users::{Profile, User, UserError};
use crate::web::{Failure, Parameters, Visitor, see_other};

impl Accounts {
    /// `GET /account/profile`.
    pub(super) async fn profile_page(&self, visitor: Visitor) -> Result<Response, Failure> {
        match self.enter(visitor, Section::Profile).await? {
            Opening::Go(here) => self.show_profile(&here, &here.user, None).await,
            Opening::Instead(response) => Ok(response),
        }
    }

    async fn show_profile(
        &self,
        here: &Here,
        user: &User,
        problem: Option<Message>,
    ) -> Result<Response, Failure> {
        let fields = self.editable().into_iter().map(|field| ProfileField {
            name: field.word(),
            label: format!("profile.{}", field.word()),
            value: read(&user.profile, field).unwrap_or_default(),
        });
        let chosen = user.language();
        let languages = self.web.pages.languages().into_iter().map(|language| LanguageChoice {
            tag: language.tag().to_owned(),
            name: language.own_name().to_owned(),
            chosen: chosen == Some(language.tag()),
        });
        let page = ProfilePage {
            section: "profile",
            form: self.form(here),
            languages: languages.collect(),
            fields: fields.collect(),
            problem,
        };
        self.show(here, &page).await
    }

    /// `POST /account/profile`. What is not open is not read, whatever the form holds.
    pub(super) async fn change_profile(
        &self,
        visitor: Visitor,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let here = match self.enter_by_form(visitor, Section::Profile, form).await? {
            Opening::Go(here) => here,
            Opening::Instead(response) => return Ok(response),
        };
        let typed = self.typed(form)?;
        let language = form.get("language")?.and_then(|tag| self.language(tag));
        let mut wished = User { language: language.clone(), ..User::clone(&here.user) };
        if edit(&mut wished, &typed).is_err() {
            return self.show_profile(&here, &wished, Some(Message::FieldUnusable)).await;
        }
        if wished == *here.user {
            return see_other(Section::Profile.path());
        }
        let mut batch = Batch::new();
        self.sessions.touch(&mut batch, &here.session);
        let trail = &self.journeys.trail;
        let event = trail.event(Action::ProfileChanged, Outcome::Success, &here.visitor.origin());
        event.by(Actor::User(here.user.id.clone())).about(&here.user.id).write(&mut batch);
        let changed = self.journeys.users.change(&here.user.id, batch, |user| {
            user.language = language;
            // The same fields in a record that may have changed since; what fitted before fits again.
            let _fitted = edit(user, &typed);
        });
        changed.await.map_err(error::user)?;
        see_other(Section::Profile.path())
    }

    /// What was typed into the fields that are open.
    fn typed(&self, form: &Parameters) -> Result<Vec<(Field, String)>, Failure> {
        let mut typed = Vec::new();
        for field in self.editable() {
            if form.iter().any(|(name, _)| name == field.word()) {
                typed.push((field, form.get(field.word())?.unwrap_or_default().trim().to_owned()));
            }
        }
        Ok(typed)
    }

    fn language(&self, tag: &str) -> Option<LanguageTag> {
        let known = self.web.pages.languages().iter().any(|known| known.tag() == tag);
        known.then(|| LanguageTag::new(tag).ok()).flatten()
    }

    fn editable(&self) -> Vec<Field> {
        self.journeys.settings.now().account.editable.clone()
    }
}

fn edit(user: &mut User, typed: &[(Field, String)]) -> Result<(), UserError> {
    typed.iter().try_for_each(|(field, text)| write(&mut user.profile, *field, text))
}

fn read(profile: &Profile, field: Field) -> Option<String> {
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.as_str().to_owned());
    match field {
        Field::Name => text(&profile.name),
        Field::GivenName => text(&profile.given_name),
        Field::FamilyName => text(&profile.family_name),
        Field::Nickname => text(&profile.nickname),
        Field::PhoneNumber => profile.phone.as_ref().map(|phone| phone.number.as_str().to_owned()),
        Field::Website => profile.website.as_ref().map(|address| address.as_str().to_owned()),
        Field::Zoneinfo => profile.zoneinfo.as_ref().map(|zone| zone.as_str().to_owned()),
    }
}

/// Sets a field, or removes it where nothing was typed. A number that its person typed is not verified.
fn write(profile: &mut Profile, field: Field, typed: &str) -> Result<(), UserError> {
    if read(profile, field).unwrap_or_default() == typed {
        return Ok(());
    }
    let given = (!typed.is_empty()).then_some(typed);
    let text = || given.map(Text::new).transpose();
    match field {
        Field::Name => profile.name = text()?,
        Field::GivenName => profile.given_name = text()?,
        Field::FamilyName => profile.family_name = text()?,
        Field::Nickname => profile.nickname = text()?,
        Field::PhoneNumber => {
            let number = given.map(PhoneNumber::new).transpose()?;
            profile.phone = number.map(|number| Phone { number, verified: false });
        }
        Field::Website => profile.website = given.map(WebAddress::new).transpose()?,
        Field::Zoneinfo => profile.zoneinfo = given.map(TimeZone::new).transpose()?,
    }
    Ok(())
}
