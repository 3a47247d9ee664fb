//! People who sign in.

use std::collections::BTreeSet;

use keyward::audit::Origin;
use keyward::factors::{Occasion, totp};
use keyward::foundation::ids::{JourneyId, UserId};
use keyward::storage::Batch;
use keyward::users::profile::{
    Address, AddressText, BirthDate, LanguageTag, Mail, MailAddress, Phone, PhoneNumber, Profile, Text,
    TimeZone, Username, WebAddress,
};
use keyward::users::{NewUser, User};

use super::app::TestApp;

/// A password that keeps every rule.
pub const PASSWORD: &str = "violet harbour 42 lantern";

/// A person with what only that person knows and has.
#[derive(Debug, Clone)]
pub struct Person {
    /// The stable id.
    pub id: UserId,
    /// What is typed as the user name.
    pub username: String,
    /// What is typed as the password.
    pub password: String,
    /// What the authenticator app knows; `None` before one is enrolled.
    pub secret: Option<Vec<u8>>,
}

impl Person {
    /// What the authenticator app shows now.
    pub fn code(&self, app: &TestApp) -> String {
        let secret = self.secret.as_ref().expect("nobody enrolled an app");
        code_of(secret, app.now())
    }
}

/// What an app that knows `secret` shows at `second`.
pub fn code_of(secret: &[u8], second: i64) -> String {
    totp::generator(secret).unwrap().generate(u64::try_from(second).unwrap()).to_string()
}

/// A profile in which every standard claim is filled in.
pub fn full_profile(username: &str) -> Profile {
    let text = |text: &str| Some(Text::new(text).unwrap());
    let web = |path: &str| Some(WebAddress::new(format!("https://people.example.com/{path}")).unwrap());
    let line = |text: &str| Some(AddressText::new(text).unwrap());
    Profile {
        name: text("Ada Byron Lovelace"),
        given_name: text("Ada"),
        family_name: text("Lovelace"),
        middle_name: text("Byron"),
        nickname: text("Countess"),
        profile: web("ada"),
        picture: web("ada.png"),
        website: web("ada/site"),
        mail: Some(Mail {
            address: MailAddress::new(format!("{username}@example.com")).unwrap(),
            verified: true,
        }),
        gender: text("female"),
        birthdate: Some(BirthDate::new("1915-12-10").unwrap()),
        zoneinfo: Some(TimeZone::new("Europe/London").unwrap()),
        locale: Some(LanguageTag::new("en-GB").unwrap()),
        phone: Some(Phone { number: PhoneNumber::new("+442071234567").unwrap(), verified: false }),
        address: Some(Address {
            formatted: line("12 St James's Square\nLondon"),
            street_address: line("12 St James's Square"),
            locality: line("London"),
            region: line("Greater London"),
            postal_code: line("SW1Y 4LB"),
            country: line("United Kingdom"),
        }),
    }
}

impl TestApp {
    /// A person with a full profile, a password and an authenticator app, in the group `staff`.
    pub async fn person(&self, username: &str) -> Person {
        let mut person = self.person_without_factor(username).await;
        person.secret = Some(self.give_totp(&person.id, username).await);
        person
    }

    /// The same without an authenticator app.
    pub async fn person_without_factor(&self, username: &str) -> Person {
        let new = NewUser {
            username: Username::new(username).unwrap(),
            language: None,
            groups: self.groups(&["staff"]).await,
            profile: full_profile(username),
        };
        self.person_like(new).await
    }

    /// A person made from `new`, with a password.
    pub async fn person_like(&self, new: NewUser) -> Person {
        let user: User = self.app.users.create(new, Batch::new()).await.unwrap();
        let mut batch = Batch::new();
        self.app.passwords.set(&user, PASSWORD, false, &self.app.password_rules(), &mut batch).await.unwrap();
        self.app.ground.store.commit(batch).await.unwrap();
        Person {
            id: user.id.clone(),
            username: user.username.as_str().to_owned(),
            password: PASSWORD.to_owned(),
            secret: None,
        }
    }

    /// Groups of these names, made where they are missing.
    pub async fn groups(&self, names: &[&str]) -> BTreeSet<Text> {
        let mut groups = BTreeSet::new();
        for name in names {
            let name = Text::new(*name).unwrap();
            if self.app.users.group(&name).await.unwrap().is_none() {
                self.app.users.create_group(name.clone(), None, Batch::new()).await.unwrap();
            }
            groups.insert(name);
        }
        groups
    }

    /// Gives the person an authenticator app and returns what it knows.
    pub async fn give_totp(&self, user: &UserId, username: &str) -> Vec<u8> {
        let mut secret = username.as_bytes().to_vec();
        secret.resize(totp::SECRET_BYTES, b'k');
        let occasion = Occasion {
            user: user.clone(),
            journey: JourneyId::from_text("import"),
            origin: Origin::new(None, None, None),
        };
        let enrolment = &self.app.enrolment;
        enrolment.import(&occasion, &secret, "phone", Batch::new()).await.unwrap();
        secret
    }
}
