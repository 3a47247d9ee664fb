//! Contents of the pages of the portal. `section` says which one it is, for the navigation.

use serde::Serialize;

use super::account_pages::Person;
use super::consent_pages::ScopeLine;
use super::content::{Form, TOKEN, page};
use super::message::Message;
use super::picture::QrPicture;
use crate::vocabulary::FactorKind;

/// `/account`: who is signed in.
#[derive(Clone, Debug, Serialize)]
pub struct OverviewPage {
    /// `overview`
    pub section: &'static str,
    /// Who.
    pub person: Person,
}
page!(OverviewPage, "account/overview.html",);

/// One session.
#[derive(Clone, Debug, Serialize)]
pub struct SessionLine {
    /// What its button `session` sends.
    pub value: String,
    /// The browser, if it is known.
    pub browser: Option<&'static str>,
    /// The system it runs on, if it is known.
    pub system: Option<&'static str>,
    /// The network it began from.
    pub network: Option<String>,
    /// When it began, for people.
    pub began: String,
    /// When it was last used, for people.
    pub last_used: String,
    /// Names of the applications used in it; empty where none was.
    pub applications: String,
    /// Whether it is the one at hand.
    pub here: bool,
}

/// Where the person is signed in. Form `sessions`: `session`, or `action` = `others` or `all`.
#[derive(Clone, Debug, Serialize)]
pub struct SessionsPage {
    /// `sessions`
    pub section: &'static str,
    /// Where to post.
    pub form: Form,
    /// All that live.
    pub sessions: Vec<SessionLine>,
}
page!(SessionsPage, "account/sessions.html", "id=\"sessions\"", "name=\"session\"", "value=\"all\"", TOKEN);

macro_rules! events {
    ($($(#[$meaning:meta])* $name:ident = $id:literal),+ $(,)?) => {
        /// What happened, in words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum EventInWords { $($(#[$meaning])* $name),+ }

        impl EventInWords {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The id of its text.
            pub fn text_id(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }
        }
    };
}

events! {
    /// A sign-in was completed.
    SignedIn = "event.signed_in",
    /// A sign-in was refused.
    SignInRefused = "event.sign_in_refused",
    /// A session ended.
    SignedOut = "event.signed_out",
    /// A password was wrong.
    WrongPassword = "event.wrong_password",
    /// A code was wrong.
    WrongCode = "event.wrong_code",
    /// A recovery code was used.
    RecoveryCodeUsed = "event.recovery_code_used",
    /// Too many tries.
    Throttled = "event.throttled",
    /// A factor was added.
    FactorAdded = "event.factor_added",
    /// A factor was removed.
    FactorRemoved = "event.factor_removed",
    /// A factor has another name.
    FactorRenamed = "event.factor_renamed",
    /// All factors were taken away.
    FactorsReset = "event.factors_reset",
    /// New recovery codes.
    RecoveryCodesIssued = "event.recovery_codes_issued",
    /// A password was set.
    PasswordSet = "event.password_set",
    /// A link for a new password was asked for.
    PasswordResetAsked = "event.password_reset_asked",
    /// Another mail address.
    MailAddressChanged = "event.mail_address_changed",
    /// The profile was changed.
    ProfileChanged = "event.profile_changed",
    /// An application was allowed something.
    ConsentGiven = "event.consent_given",
    /// That was taken back.
    ConsentWithdrawn = "event.consent_withdrawn",
    /// A one-time link was made.
    LinkMade = "event.link_made",
    /// It was used.
    LinkUsed = "event.link_used",
    /// The account was made.
    AccountMade = "event.account_made",
    /// It was locked.
    Locked = "event.locked",
    /// It was unlocked.
    Unlocked = "event.unlocked",
    /// The person became an administrator, or is none any more.
    OfficeChanged = "event.office_changed",
    /// The person's groups changed.
    GroupsChanged = "event.groups_changed",
}

/// One event.
#[derive(Clone, Debug, Serialize)]
pub struct EventLine {
    /// The id of its text.
    pub text: &'static str,
    /// The application it concerns.
    pub application: Option<String>,
    /// When, for people.
    pub at: String,
    /// The network it came from.
    pub network: Option<String>,
    /// The browser, if it is known.
    pub browser: Option<&'static str>,
    /// The system it runs on, if it is known.
    pub system: Option<&'static str>,
    /// Whether an administrator did it.
    pub by_administrator: bool,
    /// Whether somebody tried and failed.
    pub failed: bool,
}

/// What happened lately.
#[derive(Clone, Debug, Serialize)]
pub struct EventsPage {
    /// `events`
    pub section: &'static str,
    /// The newest first.
    pub events: Vec<EventLine>,
}
page!(EventsPage, "account/events.html",);

/// What one application may learn.
#[derive(Clone, Debug, Serialize)]
pub struct ConsentLine {
    /// What its button `application` sends.
    pub value: String,
    /// The application's name.
    pub name: String,
    /// What it may learn.
    pub scopes: Vec<ScopeLine>,
    /// When it was allowed, for people.
    pub at: String,
}

/// What applications may learn. Form `consents`: `application`.
#[derive(Clone, Debug, Serialize)]
pub struct ConsentsPage {
    /// `consents`
    pub section: &'static str,
    /// Where to post.
    pub form: Form,
    /// By application.
    pub consents: Vec<ConsentLine>,
}
page!(ConsentsPage, "account/consents.html", "id=\"consents\"", TOKEN);

/// A language to choose.
#[derive(Clone, Debug, Serialize)]
pub struct LanguageChoice {
    /// Its tag.
    pub tag: String,
    /// What its speakers call it.
    pub name: String,
    /// Whether the person has chosen it.
    pub chosen: bool,
}

/// A field of the profile.
#[derive(Clone, Debug, Serialize)]
pub struct ProfileField {
    /// Its name in the form.
    pub name: &'static str,
    /// The id of its label's text.
    pub label: String,
    /// What it holds.
    pub value: String,
}

impl ProfileField {
    /// The ids of the labels of all fields.
    pub fn labels() -> Vec<String> {
        let fields = crate::config::account::Field::ALL.iter();
        fields.map(|(word, _)| format!("profile.{word}")).collect()
    }
}

/// Language and profile. Form `profile`: `language`, and the fields by their names.
#[derive(Clone, Debug, Serialize)]
pub struct ProfilePage {
    /// `profile`
    pub section: &'static str,
    /// Where to post.
    pub form: Form,
    /// All languages.
    pub languages: Vec<LanguageChoice>,
    /// The fields that are open.
    pub fields: Vec<ProfileField>,
    /// Why the form was not accepted.
    pub problem: Option<Message>,
}
page!(ProfilePage, "account/profile.html", "id=\"profile\"", "name=\"language\"", TOKEN);

/// The mail address. Form `mail`: `address`.
#[derive(Clone, Debug, Serialize)]
pub struct MailPage {
    /// `mail`
    pub section: &'static str,
    /// Where to post.
    pub form: Form,
    /// The present one.
    pub present: Option<String>,
    /// The one that waits to be confirmed.
    pub awaited: Option<String>,
    /// Whether mail can be sent, which confirming needs.
    pub can_change: bool,
    /// As typed before.
    pub typed: String,
    /// Why the form was not accepted.
    pub problem: Option<Message>,
}
page!(MailPage, "account/mail.html",);

/// What a factor is, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorInWords {
    /// An authenticator app.
    App,
    /// A hardware token.
    Token,
    /// A passkey or security key.
    Key,
}

impl FactorInWords {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::App, Self::Token, Self::Key];

    /// The words for a factor of that kind.
    pub fn of(kind: FactorKind, is_token: bool) -> Self {
        match (kind, is_token) {
            (FactorKind::Passkey, _) => Self::Key,
            (_, true) => Self::Token,
            (_, false) => Self::App,
        }
    }

    /// The id of its text.
    pub fn text_id(self) -> &'static str {
        match self {
            Self::App => "factors.app",
            Self::Token => "factors.token",
            Self::Key => "factors.key",
        }
    }
}

/// One second factor.
#[derive(Clone, Debug, Serialize)]
pub struct FactorLine {
    /// What its form names as `factor`.
    pub value: String,
    /// The name its owner gave it.
    pub name: String,
    /// The id of the text that says what it is.
    pub kind: &'static str,
    /// The serial number of a hardware token.
    pub token: Option<String>,
    /// When it was enrolled, for people.
    pub enrolled: String,
    /// When it was last used, for people.
    pub last_used: Option<String>,
}

/// The second factors. Forms `factor-1`, `factor-2` …: `factor`, `name`; `action` = `remove`.
#[derive(Clone, Debug, Serialize)]
pub struct FactorsPage {
    /// `factors`
    pub section: &'static str,
    /// Where all of them post.
    pub form: Form,
    /// Whether the person has just proved to be the one, so that changes are possible.
    pub confirmed: bool,
    /// All of them.
    pub factors: Vec<FactorLine>,
    /// How many recovery codes are unused.
    pub codes_left: u32,
    /// Whether there is room for another app.
    pub can_add_app: bool,
    /// Whether there is room for another key, and keys are possible.
    pub can_add_key: bool,
    /// Why the last form was not accepted.
    pub problem: Option<Message>,
}
page!(FactorsPage, "account/factors.html",);

/// A further authenticator app. Form `enrol`: `name`, `code`.
#[derive(Clone, Debug, Serialize)]
pub struct NewAppPage {
    /// `factors`
    pub section: &'static str,
    /// Where to post.
    pub form: Form,
    /// Shown in the app above the code.
    pub issuer: String,
    /// Shown in the app below the code.
    pub account: String,
    /// The secret in Base32, in groups of four.
    pub key_groups: Vec<String>,
    /// The `otpauth:` address that the QR code holds.
    pub otpauth_url: String,
    /// The QR code; `None` if the address is too long for one.
    pub picture: Option<QrPicture>,
    /// As typed before.
    pub name: String,
    /// Why the last code was not accepted.
    pub problem: Option<Message>,
}
page!(NewAppPage, "account/new_app.html", "id=\"enrol\"", "name=\"code\"", "name=\"name\"", TOKEN);

/// A further passkey or security key, which needs script. Form `new-key`: `name`, `kind`, `answer`.
#[derive(Clone, Debug, Serialize)]
pub struct NewKeyPage {
    /// `factors`
    pub section: &'static str,
    /// Where to post; `/options` behind it is what the browser is asked for.
    pub form: Form,
    /// As typed before.
    pub name: String,
    /// Why the last answer was not accepted.
    pub problem: Option<Message>,
}
page!(NewKeyPage, "account/new_key.html", "id=\"new-key\"", "name=\"answer\"", "name=\"name\"", TOKEN);

/// Whether to make a new set of recovery codes. Form `new-codes`: `action` = `issue`.
#[derive(Clone, Debug, Serialize)]
pub struct NewCodesPage {
    /// `factors`
    pub section: &'static str,
    /// Where to post.
    pub form: Form,
    /// How many of the present set are unused.
    pub codes_left: u32,
    /// Why none were made.
    pub problem: Option<Message>,
}
page!(NewCodesPage, "account/new_codes.html", "id=\"new-codes\"", "value=\"issue\"", TOKEN);
