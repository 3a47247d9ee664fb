//! Three sample people with passwords made at run time. Every standard claim (OpenID Connect Core section 5.1) is filled for
//! at least one of them. None of them administers anything.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::audit::Origin;
use crate::factors::{FactorError, Occasion, TotpEnrolment};
use crate::foundation::Random;
use crate::foundation::ids::JourneyId;
use crate::foundation::random;
use crate::storage::{Batch, SharedStore, StorageError};
use crate::users::profile::{
    Address, AddressText, BirthDate, LanguageTag, Mail, MailAddress, Phone, PhoneNumber, Text, TimeZone,
    Username, WebAddress,
};
use crate::users::{NewUser, PasswordRules, Passwords, Profile, User, UserError, Users};

/// Bytes of a TOTP secret (RFC 4226 section 4: 160 bits).
const SECRET_BYTES: usize = 20;

/// How often a hash that took too long is tried.
const PATIENCE: u32 = 20;

/// Letters of a password that cannot be taken for another: 16 of them hold 77 bits.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// A sample person, as printed and as kept for the demo's next start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamplePerson {
    /// The name to sign in with.
    pub username: String,
    /// The password.
    pub password: String,
    /// The mail address.
    pub email: String,
    /// The groups.
    pub groups: Vec<String>,
    /// The authenticator's secret in base32, where one was enrolled beforehand.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub totp_secret: Option<String>,
}

/// Why the sample people could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// A record was refused.
    #[error(transparent)]
    User(#[from] UserError),
    /// An authenticator was refused.
    #[error(transparent)]
    Factor(#[from] FactorError),
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What making people takes.
#[derive(Debug, Clone)]
pub struct Making {
    /// The store.
    pub store: SharedStore,
    /// People and groups.
    pub users: Users,
    /// Passwords.
    pub passwords: Arc<Passwords>,
    /// Their rules.
    pub rules: PasswordRules,
    /// Authenticator apps.
    pub enrolment: TotpEnrolment,
    /// Chance.
    pub random: Arc<dyn Random>,
}

impl Making {
    /// Makes all three, with an authenticator each if `enrolled`.
    pub async fn all(&self, enrolled: bool) -> Result<Vec<SamplePerson>, PeopleError> {
        self.groups().await?;
        let mut people = Vec::new();
        for person in sample()? {
            people.push(self.person(person, enrolled).await?);
        }
        self.administrator().await?;
        Ok(people)
    }

    /// The first of them administers, so that no set-up link is needed.
    async fn administrator(&self) -> Result<(), PeopleError> {
        let first = self.users.find_by_login_name("amara.okafor").await?.ok_or(UserError::Unknown)?;
        let mut batch = Batch::new();
        self.users.make_administrator(&mut batch, &first.value.id).await?;
        self.store.commit(batch).await?;
        Ok(())
    }

    /// Gives a person made earlier an authenticator too, and notes its secret.
    pub async fn enrol(&self, person: &mut SamplePerson) -> Result<(), PeopleError> {
        let found = self.users.find_by_login_name(&person.username).await?.ok_or(UserError::Unknown)?;
        person.totp_secret = Some(self.authenticator(&found.value).await?);
        Ok(())
    }

    async fn groups(&self) -> Result<(), PeopleError> {
        for (name, about) in GROUPS {
            let made = self.users.create_group(Text::new(name)?, Some(Text::new(about)?), Batch::new()).await;
            match made {
                // From a start that was killed half-way.
                Ok(_) | Err(UserError::Taken(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn person(&self, new: NewUser, enrolled: bool) -> Result<SamplePerson, PeopleError> {
        let username = new.username.as_str().to_owned();
        let user = match self.users.find_by_login_name(&username).await? {
            Some(found) => found.value,
            None => self.users.create(new, Batch::new()).await?,
        };
        let password = password(self.random.as_ref());
        let mut batch = Batch::new();
        let mut tries = 1;
        // On a machine that is busy with a build, a hash may take longer than anybody would wait at a sign-in.
        while let Err(error) = self.passwords.set(&user, &password, false, &self.rules, &mut batch).await {
            if !matches!(error, UserError::Busy(_)) || tries == PATIENCE {
                return Err(error.into());
            }
            tries += 1;
        }
        self.store.commit(batch).await?;
        let totp_secret = if enrolled { Some(self.authenticator(&user).await?) } else { None };
        Ok(SamplePerson {
            username,
            password,
            email: user
                .profile
                .mail
                .as_ref()
                .map(|mail| mail.address.as_str().to_owned())
                .unwrap_or_default(),
            groups: user.groups.iter().map(|group| group.as_str().to_owned()).collect(),
            totp_secret,
        })
    }

    async fn authenticator(&self, user: &User) -> Result<String, PeopleError> {
        let secret: [u8; SECRET_BYTES] = random::bytes(self.random.as_ref());
        let occasion = Occasion {
            user: user.id.clone(),
            journey: JourneyId::generate(self.random.as_ref()),
            origin: Origin::default(),
        };
        self.enrolment.import(&occasion, &secret, "Sample authenticator", Batch::new()).await?;
        Ok(base32(&secret))
    }
}

/// Four blocks of four.
fn password(random: &dyn Random) -> String {
    let blocks: Vec<_> = (0..4).map(|_| random::draw(random, LETTERS, 4)).collect();
    blocks.join("-")
}

/// Base32 without padding (RFC 4648 section 6), as authenticator apps take it.
pub fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut text, mut held, mut bits) = (String::new(), 0u32, 0u32);
    let mut push =
        |value: u32| text.extend(ALPHABET.get((value & 31) as usize).map(|letter| char::from(*letter)));
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push(held >> bits);
        }
    }
    if bits > 0 {
        push(held << (5 - bits));
    }
    text
}

const GROUPS: [(&str, &str); 4] = [
    ("jira-software-users", "May use the tracker"),
    ("confluence-users", "May use the wiki"),
    ("design", "The design team"),
    ("engineering", "The engineers"),
];

fn sample() -> Result<[NewUser; 3], UserError> {
    Ok([
        NewUser {
            profile: everything()?,
            ..person("amara.okafor", &["jira-software-users", "confluence-users", "design"])?
        },
        NewUser {
            profile: plain("Jonas", "Lindgren", "jonas.lindgren@example.com")?,
            ..person("jonas.lindgren", &["jira-software-users", "confluence-users", "engineering"])?
        },
        NewUser {
            profile: plain("Mei", "Tanaka", "mei.tanaka@example.com")?,
            ..person("mei.tanaka", &["confluence-users"])?
        },
    ])
}

fn person(username: &str, groups: &[&str]) -> Result<NewUser, UserError> {
    let groups: BTreeSet<Text> = groups.iter().map(|name| Text::new(*name)).collect::<Result<_, _>>()?;
    Ok(NewUser { groups, ..NewUser::named(Username::new(username)?) })
}

fn plain(given: &str, family: &str, mail: &str) -> Result<Profile, UserError> {
    Ok(Profile {
        name: Some(Text::new(format!("{given} {family}"))?),
        given_name: Some(Text::new(given)?),
        family_name: Some(Text::new(family)?),
        mail: Some(Mail { address: MailAddress::new(mail)?, verified: true }),
        ..Profile::default()
    })
}

fn everything() -> Result<Profile, UserError> {
    Ok(Profile {
        middle_name: Some(Text::new("Chidinma")?),
        nickname: Some(Text::new("Ama")?),
        profile: Some(WebAddress::new("https://people.example.com/amara.okafor")?),
        picture: Some(WebAddress::new("https://people.example.com/amara.okafor/portrait.png")?),
        website: Some(WebAddress::new("https://okafor.example.com/")?),
        gender: Some(Text::new("female")?),
        birthdate: Some(BirthDate::new("1990-04-17")?),
        zoneinfo: Some(TimeZone::new("Europe/Zurich")?),
        locale: Some(LanguageTag::new("en-GB")?),
        phone: Some(Phone { number: PhoneNumber::new("+41445550147")?, verified: true }),
        address: Some(Address {
            formatted: Some(AddressText::new("Seefeldstrasse 12\n8008 Zürich\nSwitzerland")?),
            street_address: Some(AddressText::new("Seefeldstrasse 12")?),
            locality: Some(AddressText::new("Zürich")?),
            region: Some(AddressText::new("ZH")?),
            postal_code: Some(AddressText::new("8008")?),
            country: Some(AddressText::new("Switzerland")?),
        }),
        ..plain("Amara", "Okafor", "amara.okafor@example.com")?
    })
}
