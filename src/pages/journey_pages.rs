//! Contents of the pages between "not signed in" and "signed in".
//!
//! Every form posts `form_token`; a button may add `action` with the value named in the doc comment of its page.

use serde::Serialize;

use super::content::{Form, TOKEN, page};
use super::message::Message;
use super::picture::QrPicture;

/// User name and password. Form `login`: `username`, `password`; `action` = `cancel` or `other_account`. Form `passwordless`, shown
/// by script only: `answer`.
#[derive(Clone, Debug, Serialize)]
pub struct LoginPage {
    /// Where to post.
    pub form: Form,
    /// Where to post what a passkey signed; none where there can be no passkeys.
    pub passwordless: Option<Form>,
    /// The application the person is going to, by its display name.
    pub application: Option<String>,
    /// Filled in from `login_hint`, or the signed-in person's when `username_fixed`.
    pub username: String,
    /// The person proves again who they are: the user name cannot be edited.
    pub username_fixed: bool,
    /// Whether a forgotten password can be replaced by mail.
    pub can_reset: bool,
    /// Why the last answer was not accepted.
    pub problem: Option<Message>,
    /// Whether the person can go back to the application without signing in.
    pub can_cancel: bool,
}
page!(LoginPage, "journey/login.html", "id=\"login\"", "name=\"username\"", "name=\"password\"", TOKEN);

/// What shows a person's one-time passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShownBy {
    /// An authenticator app.
    App,
    /// A hardware token.
    Token,
    /// Either.
    AppOrToken,
}

/// What a person may do instead of giving the factor that is asked.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OtherWays {
    /// Other factors that would do; each is the value of a button `action`.
    pub factors: Vec<&'static str>,
    /// Whether unused recovery codes exist.
    pub recovery_code: bool,
}

/// A code from an authenticator app or a hardware token. Form `factor`: `code`, `remember` = `yes`; `action` = a factor,
/// `recovery_code`, `lost_factor` or `cancel`.
#[derive(Clone, Debug, Serialize)]
pub struct FactorPage {
    /// Where to post.
    pub form: Form,
    /// The application the person is going to.
    pub application: Option<String>,
    /// Who is signing in.
    pub username: String,
    /// What the code stands on.
    pub shown_by: ShownBy,
    /// For how many days this browser may be remembered; 0 where it may not.
    pub remember_days: u64,
    /// Why the last code was not accepted.
    pub problem: Option<Message>,
    /// What else would do.
    pub other_ways: OtherWays,
    /// Whether the person can go back to the application.
    pub can_cancel: bool,
}
page!(FactorPage, "journey/factor.html", "id=\"factor\"", "name=\"code\"", TOKEN);

/// A signature of a passkey or security key, which needs script. Form `factor`: `answer`; `action` = a factor, `recovery_code`,
/// `lost_factor` or `cancel`.
#[derive(Clone, Debug, Serialize)]
pub struct PasskeyPage {
    /// Where to post; `/options` behind it is what the browser is asked for.
    pub form: Form,
    /// The application the person is going to.
    pub application: Option<String>,
    /// Who is signing in.
    pub username: String,
    /// Why the last answer was not accepted.
    pub problem: Option<Message>,
    /// What else would do.
    pub other_ways: OtherWays,
    /// Whether the person can go back to the application.
    pub can_cancel: bool,
}
page!(PasskeyPage, "journey/passkey.html", "id=\"factor\"", "name=\"answer\"", TOKEN);

/// A code sent by mail. Form `factor`: `code`; `action` = `resend`, a factor, `recovery_code`, `lost_factor` or `cancel`.
#[derive(Clone, Debug, Serialize)]
pub struct MailCodePage {
    /// Where to post.
    pub form: Form,
    /// The application the person is going to.
    pub application: Option<String>,
    /// Who is signing in.
    pub username: String,
    /// The address the code went to, mostly hidden; none where no code is on its way.
    pub sent_to: Option<String>,
    /// Mail did not go out lately.
    pub mail_is_down: bool,
    /// Why the last code was not accepted.
    pub problem: Option<Message>,
    /// What else would do.
    pub other_ways: OtherWays,
    /// Whether the person can go back to the application.
    pub can_cancel: bool,
}
page!(MailCodePage, "journey/mail_code.html", "id=\"factor\"", TOKEN);

/// A saved recovery code, or one from the help desk. Form `factor`: `code`; `action` = `back`, `lost_factor` or `cancel`.
#[derive(Clone, Debug, Serialize)]
pub struct RecoveryCodePage {
    /// Where to post.
    pub form: Form,
    /// The application the person is going to.
    pub application: Option<String>,
    /// Who is signing in.
    pub username: String,
    /// How many unused codes are left.
    pub remaining: u32,
    /// Whether the help desk has given out a code that is still good.
    pub from_help_desk: bool,
    /// Why the last code was not accepted.
    pub problem: Option<Message>,
    /// Whether the person can go back to the application.
    pub can_cancel: bool,
}
page!(RecoveryCodePage, "journey/recovery_code.html", "id=\"factor\"", "name=\"code\"", TOKEN);

/// A passkey is offered for the next time. Form `new-key`: `name`, `answer`; `action` = `later`.
#[derive(Clone, Debug, Serialize)]
pub struct PasskeyOfferPage {
    /// Where to post; `/options` behind it is what the browser is asked for.
    pub form: Form,
    /// Whose key it will be.
    pub username: String,
    /// Why the last answer was not accepted.
    pub problem: Option<Message>,
}
page!(PasskeyOfferPage, "journey/passkey_offer.html", "id=\"new-key\"", "value=\"later\"", TOKEN);

/// Setting up a passkey or security key, which needs script. Form `new-key`: `name`, `kind`, `answer`; `action` = `totp`,
/// `mail_code` or `cancel`.
#[derive(Clone, Debug, Serialize)]
pub struct NewKeyPage {
    /// Where to post; `/options` behind it is what the browser is asked for.
    pub form: Form,
    /// Whose key it will be.
    pub username: String,
    /// The name typed for it.
    pub name: String,
    /// Why the last answer was not accepted.
    pub problem: Option<Message>,
    /// Whether an authenticator app would do.
    pub can_use_app: bool,
    /// Whether a code by mail would do for this sign-in.
    pub can_use_mail_code: bool,
    /// Whether the person can go back to the application.
    pub can_cancel: bool,
}
page!(NewKeyPage, "journey/new_key.html", "id=\"new-key\"", "name=\"answer\"", "name=\"name\"", TOKEN);

/// Setting up an authenticator app. Form `enrol`: `code`; `action` = `passkey`, `mail_code` or `cancel`.
#[derive(Clone, Debug, Serialize)]
pub struct EnrolPage {
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
    /// Why the last code was not accepted.
    pub problem: Option<Message>,
    /// Whether a passkey would do.
    pub can_use_passkey: bool,
    /// Whether a code by mail would do for this sign-in.
    pub can_use_mail_code: bool,
    /// Whether the person can go back to the application.
    pub can_cancel: bool,
}
page!(EnrolPage, "journey/enrol.html", "id=\"enrol\"", "name=\"code\"", TOKEN);

/// The new recovery codes, shown once. Form `recovery-codes`: `saved` = `yes`.
#[derive(Clone, Debug, Serialize)]
pub struct RecoveryCodesPage {
    /// Where to post.
    pub form: Form,
    /// Whose codes these are; stands on the print.
    pub username: String,
    /// The codes as to be typed.
    pub codes: Vec<String>,
    /// Why the form was not accepted.
    pub problem: Option<Message>,
}
page!(RecoveryCodesPage, "journey/recovery_codes.html", "id=\"recovery-codes\"", "name=\"saved\"", TOKEN);

/// Choosing a new password. Form `change-password`: `password`, `password_again`; `action` = `cancel`.
#[derive(Clone, Debug, Serialize)]
pub struct ChangePasswordPage {
    /// Where to post.
    pub form: Form,
    /// Whose password it is.
    pub username: String,
    /// The least number of characters (R-PW-05).
    pub minimum: u32,
    /// Whether it is the person's first own password.
    pub first: bool,
    /// Whether the person wishes another one, rather than must have it.
    pub wished: bool,
    /// Everything wrong with the last one.
    pub problems: Vec<Message>,
    /// The application the person is going to.
    pub application: Option<String>,
    /// Whether the person can go back to the application.
    pub can_cancel: bool,
}
page!(
    ChangePasswordPage,
    "journey/change_password.html",
    "id=\"change-password\"",
    "name=\"password\"",
    "name=\"password_again\"",
    TOKEN
);

/// The start of a one-time link from an administrator. Form `invitation`: `action` = `begin`.
#[derive(Clone, Debug, Serialize)]
pub struct InvitationPage {
    /// Where to post.
    pub form: Form,
    /// The person's display name.
    pub name: String,
    /// The user name they will sign in with.
    pub username: String,
    /// Whether a password will be chosen.
    pub sets_password: bool,
    /// Whether an authenticator app will be set up.
    pub sets_factor: bool,
}
page!(InvitationPage, "journey/invitation.html", "id=\"invitation\"", "value=\"begin\"", TOKEN);

/// The set-up link: the first administrator introduces themselves. Form `set-up`: `username`, `name`, `email`, `password`,
/// `password_again`.
#[derive(Clone, Debug, Serialize)]
pub struct SetUpPage {
    /// Where to post.
    pub form: Form,
    /// As typed before.
    pub username: String,
    /// As typed before.
    pub name: String,
    /// As typed before.
    pub email: String,
    /// The least number of characters of the password (R-PW-05).
    pub minimum: u32,
    /// Everything wrong with the last answer.
    pub problems: Vec<Message>,
}
page!(
    SetUpPage,
    "journey/set_up.html",
    "id=\"set-up\"",
    "name=\"username\"",
    "name=\"name\"",
    "name=\"email\"",
    "name=\"password\"",
    "name=\"password_again\"",
    TOKEN
);

/// A second factor is needed and cannot be set up from here (R-EN-02).
#[derive(Clone, Debug, Serialize)]
pub struct AskAdministratorPage {
    /// Who was signing in.
    pub username: String,
    /// For the support.
    pub request_id: String,
    /// An own path that leads back to the application with a refusal, if any.
    pub back: Option<String>,
}
page!(AskAdministratorPage, "journey/ask_administrator.html",);

/// Neither app nor recovery codes are at hand.
#[derive(Clone, Debug, Serialize)]
pub struct LostFactorPage {
    /// Where to post: `action` = `recovery_code`, `back` or `cancel`.
    pub form: Form,
    /// For the support.
    pub request_id: String,
    /// Whether unused recovery codes exist.
    pub can_use_recovery_code: bool,
    /// The application the person is going to.
    pub application: Option<String>,
    /// Whether the person can go back to the application.
    pub can_cancel: bool,
}
page!(LostFactorPage, "journey/lost_factor.html", "id=\"lost-factor\"", TOKEN);

/// Why a sign-in page is no longer valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartReason {
    /// It stood open too long.
    Expired,
    /// It was finished already, in this or another tab.
    Finished,
    /// A step was sent that does not fit (the back button).
    OutOfOrder,
    /// The browser sent no journey: cookies are off, or another browser.
    Unknown,
}

impl RestartReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Expired, Self::Finished, Self::OutOfOrder, Self::Unknown];

    /// The id of its text.
    pub fn text_id(self) -> &'static str {
        match self {
            Self::Expired => "restart.expired",
            Self::Finished => "restart.finished",
            Self::OutOfOrder => "restart.out_of_order",
            Self::Unknown => "restart.unknown",
        }
    }
}

/// This sign-in page is no longer valid: why, and one button.
#[derive(Clone, Debug, Serialize)]
pub struct RestartPage {
    reason: &'static str,
    start: String,
    application: Option<String>,
    request_id: String,
}

impl RestartPage {
    /// `start` is the address of the button: the application, or an own path.
    pub fn new(reason: RestartReason, start: String, application: Option<String>, request_id: &str) -> Self {
        Self { reason: reason.text_id(), start, application, request_id: request_id.to_owned() }
    }
}
page!(RestartPage, "journey/restart.html",);
