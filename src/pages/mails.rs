//! What mails say: content as data, words from the texts, form from `templates/email/`. A text part stands in every mail,
//! links begin with the configured base address only, and subjects take a fixed list of places (R-TP-07).

use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::{Deserialize, Serialize};

use super::link_mail::LinkMail;
use super::render::PageSet;
use super::texts::Values;
use super::{Language, LanguageWishes, Pages};

/// Something that happened to a person's account, told so that it cannot happen unseen (R-EN-05, R-RC-04, R-MF-11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Notice {
    /// An authenticator app was set up.
    FactorAdded {
        /// The name its owner gave it.
        factor: String,
    },
    /// Authenticator apps were removed.
    FactorRemoved {
        /// How many.
        count: usize,
    },
    /// A passkey or security key was set up.
    PasskeyAdded {
        /// The name its owner gave it.
        factor: String,
    },
    /// Passkeys or security keys were removed.
    PasskeysRemoved {
        /// How many.
        count: usize,
    },
    /// A passkey or security key was locked, because there seems to be a copy of it.
    PasskeyLocked {
        /// The name its owner gave it.
        factor: String,
    },
    /// A set of recovery codes was made; older ones are void.
    RecoveryCodesIssued,
    /// The help desk gave out a temporary access code.
    AccessCodeIssued,
    /// A recovery code was used.
    RecoveryCodeUsed {
        /// How many are left.
        count: usize,
    },
    /// A password was set.
    PasswordSet,
    /// Somebody knows the password, and fails at the second factor again and again.
    SecondFactorFailing {
        /// How often so far.
        count: u64,
    },
    /// What a remembered device holds was presented by somebody else.
    DeviceCopied,
    /// The mail address is another one.
    AddressChanged {
        /// The new one; absent where there is none any more.
        address: Option<String>,
    },
    /// The whole installation was restored from a backup: told to administrators.
    Restored {
        /// When the backup was made, for people.
        made_at: String,
    },
}

impl Notice {
    /// One of each kind.
    pub fn samples() -> Vec<Self> {
        vec![
            Self::FactorAdded { factor: "Work phone".to_owned() },
            Self::FactorRemoved { count: 1 },
            Self::PasskeyAdded { factor: "Laptop".to_owned() },
            Self::PasskeysRemoved { count: 2 },
            Self::PasskeyLocked { factor: "Blue key".to_owned() },
            Self::RecoveryCodesIssued,
            Self::RecoveryCodeUsed { count: 7 },
            Self::PasswordSet,
            Self::SecondFactorFailing { count: 3 },
            Self::AccessCodeIssued,
            Self::DeviceCopied,
            Self::AddressChanged { address: Some("maria@example.com".to_owned()) },
            Self::AddressChanged { address: None },
            Self::Restored { made_at: "2027-01-14 02:00 UTC".to_owned() },
        ]
    }

    /// The ids of its subject and its sentence.
    pub fn text_ids(&self) -> (&'static str, &'static str) {
        match self {
            Self::FactorAdded { .. } => ("mail.factor_added.subject", "mail.factor_added.sentence"),
            Self::FactorRemoved { .. } => ("mail.factor_removed.subject", "mail.factor_removed.sentence"),
            Self::PasskeyAdded { .. } => ("mail.passkey_added.subject", "mail.passkey_added.sentence"),
            Self::PasskeysRemoved { .. } => {
                ("mail.passkeys_removed.subject", "mail.passkeys_removed.sentence")
            }
            Self::PasskeyLocked { .. } => ("mail.passkey_locked.subject", "mail.passkey_locked.sentence"),
            Self::RecoveryCodesIssued => {
                ("mail.recovery_codes_issued.subject", "mail.recovery_codes_issued.sentence")
            }
            Self::RecoveryCodeUsed { .. } => {
                ("mail.recovery_code_used.subject", "mail.recovery_code_used.sentence")
            }
            Self::PasswordSet => ("mail.password_set.subject", "mail.password_set.sentence"),
            Self::SecondFactorFailing { .. } => {
                ("mail.second_factor_failing.subject", "mail.second_factor_failing.sentence")
            }
            Self::AccessCodeIssued => ("mail.access_code_issued.subject", "mail.access_code_issued.sentence"),
            Self::DeviceCopied => ("mail.device_copied.subject", "mail.device_copied.sentence"),
            Self::AddressChanged { address: Some(_) } => {
                ("mail.address_changed.subject", "mail.address_changed.sentence")
            }
            Self::AddressChanged { address: None } => {
                ("mail.address_changed.subject", "mail.address_removed.sentence")
            }
            Self::Restored { .. } => ("mail.restored.subject", "mail.restored.sentence"),
        }
    }

    /// The id of what to do where it was not expected.
    pub fn advice_id(&self) -> &'static str {
        match self {
            Self::Restored { .. } => "mail.restored.advice",
            _ => "mail.not_you",
        }
    }

    fn values(&self) -> Values {
        match self {
            Self::FactorAdded { factor } | Self::PasskeyAdded { factor } | Self::PasskeyLocked { factor } => {
                Values::one("factor", factor)
            }
            Self::FactorRemoved { count }
            | Self::PasskeysRemoved { count }
            | Self::RecoveryCodeUsed { count } => Values::one("count", count),
            Self::SecondFactorFailing { count } => Values::one("count", count),
            Self::AddressChanged { address: Some(address) } => Values::one("address", address),
            Self::Restored { made_at } => Values::one("made_at", made_at),
            Self::AddressChanged { address: None }
            | Self::RecoveryCodesIssued
            | Self::AccessCodeIssued
            | Self::DeviceCopied
            | Self::PasswordSet => Values::default(),
        }
    }
}

/// What a mail is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mail {
    /// A one-time link with which to set password and second factor, or only the factor.
    Invitation {
        /// Whether a password is set, too.
        password: bool,
        /// The link, under the configured base address.
        link: String,
        /// For how many hours it works.
        hours: u64,
    },
    /// A one-time code, which completes a sign-in under way.
    Code {
        /// The code, in groups that are easy to read.
        code: String,
        /// For how many minutes it is good.
        minutes: u64,
        /// The application that the person signs in to; absent for our own pages.
        application: Option<String>,
        /// When it was asked for, for people.
        at: String,
        /// The network it was asked for from, for people.
        network: Option<String>,
    },
    /// A one-time link that was asked for.
    Link(LinkMail),
    /// Something happened.
    Notice {
        /// What.
        notice: Notice,
        /// When, for people.
        at: String,
        /// The network it came from, for people; absent for an administrator's act.
        network: Option<String>,
    },
    /// An administrator tries whether mail arrives.
    Test,
}

/// Whom a mail greets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// The full name, or the user name where there is none.
    pub name: String,
    /// The name to sign in with.
    pub username: String,
    /// The language to be written in, as a BCP 47 tag.
    pub language: Option<String>,
}

/// A mail's words, finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedMail {
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML document.
    pub html: String,
}

impl Mail {
    /// One of each kind.
    pub fn samples() -> Vec<Self> {
        let notice = |notice| Self::Notice {
            notice,
            at: "2027-01-15 08:00 UTC".to_owned(),
            network: Some("192.0.2.0/24".to_owned()),
        };
        let link = || "https://id.example.com/invitation/kwi".to_owned();
        let others = [
            Self::Invitation { password: true, link: link(), hours: 24 },
            Self::Invitation { password: false, link: link(), hours: 1 },
            Self::Notice { notice: Notice::PasswordSet, at: String::new(), network: None },
            Self::Code {
                code: "1234 5678".to_owned(),
                minutes: 5,
                application: Some("Confluence".to_owned()),
                at: "2027-01-15 08:00 UTC".to_owned(),
                network: Some("192.0.2.0/24".to_owned()),
            },
            Self::Code {
                code: "1234 5678".to_owned(),
                minutes: 1,
                application: None,
                at: "2027-01-15 08:00 UTC".to_owned(),
                network: None,
            },
            Self::Test,
        ];
        let links = LinkMail::samples().into_iter().map(Self::Link);
        Notice::samples().into_iter().map(notice).chain(others).chain(links).collect()
    }

    /// The ids of its subject and of its sentence.
    pub fn text_ids(&self) -> (&'static str, &'static str) {
        match self {
            Self::Invitation { password: true, .. } => ("mail.invitation.subject", "mail.invitation.what"),
            Self::Invitation { password: false, .. } => ("mail.new_factor.subject", "mail.new_factor.what"),
            Self::Code { application: Some(_), .. } => ("mail.code.subject", "mail.code.for_application"),
            Self::Code { application: None, .. } => ("mail.code.subject", "mail.code.for_account"),
            Self::Link(mail) => mail.purpose.text_ids(),
            Self::Notice { notice, .. } => notice.text_ids(),
            Self::Test => ("mail.test.subject", "mail.test.sentence"),
        }
    }

    /// The template's path without its ending.
    fn template(&self) -> &'static str {
        match self {
            Self::Invitation { .. } => "email/invitation",
            Self::Code { .. } => "email/code",
            Self::Link(_) => "email/link",
            Self::Notice { .. } => "email/notice",
            Self::Test => "email/test",
        }
    }

    fn content(&self, to: &Addressee) -> Value {
        let (name, username) = (&to.name, &to.username);
        let (_, id) = self.text_ids();
        match self {
            Self::Invitation { password, link, hours } => {
                context! { name, username, id, password, link, hours }
            }
            Self::Code { code, minutes, application, at, network } => {
                context! { name, username, id, code, minutes, application, at, network }
            }
            Self::Link(mail) => mail.content(to),
            Self::Notice { notice, at, network } => {
                let values = Value::from(Serde(notice.values().and("username", username)));
                let advice = notice.advice_id();
                context! { name, username, id, values, at, network, advice }
            }
            Self::Test => context! { name, id },
        }
    }

    /// What both parts must hold, whoever wrote the template.
    fn required(&self) -> &str {
        match self {
            Self::Invitation { link, .. } => link,
            Self::Code { code, .. } => code,
            Self::Link(mail) => &mail.link,
            Self::Notice { .. } | Self::Test => "",
        }
    }
}

impl PageSet {
    /// # Errors
    /// A sentence for the log: a template failed, grew too large, or lacks what the mail must say.
    pub(super) fn render_mail(
        &self,
        mail: &Mail,
        to: &Addressee,
        language: &Language,
    ) -> Result<RenderedMail, String> {
        let content = mail.content(to);
        let part = |ending| self.render_part(&format!("{}{ending}", mail.template()), &content, language);
        let (text, html) = (part(".txt")?, part(".html")?);
        if !text.contains(mail.required()) || !html.contains(mail.required()) || text.trim().is_empty() {
            return Err(format!("{} lacks its link, its code or its words", mail.template()));
        }
        Ok(RenderedMail { subject: self.subject(mail, language)?, text, html })
    }

    /// Only the organisation's name has a place in a subject, and nothing ends its line.
    fn subject(&self, mail: &Mail, language: &Language) -> Result<String, String> {
        let (id, _) = mail.text_ids();
        let values = Values::one("organisation", self.organisation());
        let subject = self.texts().get(language.tag(), id, &values);
        let subject = subject.ok_or_else(|| format!("there is no text {id}"))?;
        Ok(subject.chars().filter(|letter| !letter.is_control()).collect())
    }
}

impl Pages {
    /// The organisation's name, as it is now.
    pub fn organisation(&self) -> String {
        self.built_in.organisation()
    }

    /// The words of a mail. If a replaced template fails, the built-in one is used.
    ///
    /// # Errors
    /// A sentence for the log; a fault of the program.
    pub fn mail(&self, mail: &Mail, to: &Addressee) -> Result<RenderedMail, String> {
        let language = self
            .choose_language(&LanguageWishes { person: to.language.clone(), ..LanguageWishes::default() });
        if let Some(own) = self.own_set() {
            match own.set.render_mail(mail, to, &language) {
                Ok(rendered) => return Ok(rendered),
                Err(reason) => {
                    tracing::error!(reason, "a mail of the override folder failed; the built-in one is sent")
                }
            }
        }
        self.built_in.render_mail(mail, to, &language)
    }
}
