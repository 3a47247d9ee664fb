//! What a form says when an answer was not accepted. A closed list, so that every text is known and translated.
//!
//! Messages name the next step, never a reason that would help a guesser (security.md 4.6, R-PW-01).

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::texts::Values;

/// One message above a form. Serialises to the text's `id` and its `values`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The one generic failure of user name and password (`LF`).
    SignInFailed,
    /// The code was wrong, old or already used (`SF`).
    CodeFailed,
    /// The recovery code was wrong or already used.
    RecoveryCodeFailed,
    /// The passkey or security key did not answer as it should.
    PasskeyFailed,
    /// No passkey or security key was set up.
    NewKeyFailed,
    /// The name of a key is empty or too long.
    KeyNameUnusable,
    /// The first code of a new authenticator app did not fit.
    EnrolmentCodeFailed,
    /// A field was left empty.
    FieldEmpty,
    /// The form was too old or came from another tab (form token).
    FormOutdated,
    /// Too many attempts; `minutes` until the next one.
    TooManyAttempts {
        /// Whole minutes, at least 1.
        minutes: u64,
    },
    /// The recovery codes were not confirmed as saved.
    CodesNotSaved,
    /// The two new passwords differ.
    PasswordsDiffer,
    /// Fewer characters than the rule asks.
    PasswordTooShort {
        /// The least number of characters.
        minimum: u32,
    },
    /// More characters than are kept.
    PasswordTooLong {
        /// The largest number of characters.
        maximum: u32,
    },
    /// On the list of passwords that attackers try first.
    PasswordKnown,
    /// Holds the user name, the organisation or the product.
    PasswordPersonal,
    /// The same as before.
    PasswordUnchanged,
    /// Holds a character that cannot be typed everywhere (a control character).
    PasswordUnusable,
    /// The user name is empty, too long, or holds a character that it may not.
    UsernameUnusable,
    /// The name is empty or too long.
    NameUnusable,
    /// The mail address is none.
    MailUnusable,
    /// User name or mail address are, or look like, somebody else's.
    NameTaken,
    /// What was typed into a field of the profile does not fit there.
    FieldUnusable,
    /// Without this factor the person could not sign in.
    FactorNeeded,
    /// The factor that was proved is too young to change older ones.
    FactorTooYoung,
}

impl Message {
    /// The id of its text.
    pub fn text_id(&self) -> &'static str {
        match self {
            Self::SignInFailed => "message.sign_in_failed",
            Self::CodeFailed => "message.code_failed",
            Self::RecoveryCodeFailed => "message.recovery_code_failed",
            Self::PasskeyFailed => "message.passkey_failed",
            Self::NewKeyFailed => "message.new_key_failed",
            Self::KeyNameUnusable => "message.key_name_unusable",
            Self::EnrolmentCodeFailed => "message.enrolment_code_failed",
            Self::FieldEmpty => "message.field_empty",
            Self::FormOutdated => "message.form_outdated",
            Self::TooManyAttempts { .. } => "message.too_many_attempts",
            Self::CodesNotSaved => "message.codes_not_saved",
            Self::PasswordsDiffer => "message.passwords_differ",
            Self::PasswordTooShort { .. } => "message.password_too_short",
            Self::PasswordTooLong { .. } => "message.password_too_long",
            Self::PasswordKnown => "message.password_known",
            Self::PasswordPersonal => "message.password_personal",
            Self::PasswordUnchanged => "message.password_unchanged",
            Self::PasswordUnusable => "message.password_unusable",
            Self::UsernameUnusable => "message.username_unusable",
            Self::NameUnusable => "message.name_unusable",
            Self::MailUnusable => "message.mail_unusable",
            Self::NameTaken => "message.name_taken",
            Self::FieldUnusable => "message.field_unusable",
            Self::FactorNeeded => "message.factor_needed",
            Self::FactorTooYoung => "message.factor_too_young",
        }
    }

    /// The values for its text.
    pub fn values(&self) -> Values {
        match self {
            Self::TooManyAttempts { minutes } => Values::one("count", minutes),
            Self::PasswordTooShort { minimum } => Values::one("count", minimum),
            Self::PasswordTooLong { maximum } => Values::one("count", maximum),
            _ => Values::default(),
        }
    }

    /// One of each kind.
    pub fn samples() -> Vec<Self> {
        vec![
            Self::SignInFailed,
            Self::CodeFailed,
            Self::RecoveryCodeFailed,
            Self::PasskeyFailed,
            Self::NewKeyFailed,
            Self::KeyNameUnusable,
            Self::EnrolmentCodeFailed,
            Self::FieldEmpty,
            Self::FormOutdated,
            Self::TooManyAttempts { minutes: 15 },
            Self::CodesNotSaved,
            Self::PasswordsDiffer,
            Self::PasswordTooShort { minimum: 8 },
            Self::PasswordTooLong { maximum: 256 },
            Self::PasswordKnown,
            Self::PasswordPersonal,
            Self::PasswordUnchanged,
            Self::PasswordUnusable,
            Self::UsernameUnusable,
            Self::NameUnusable,
            Self::MailUnusable,
            Self::NameTaken,
            Self::FieldUnusable,
            Self::FactorNeeded,
            Self::FactorTooYoung,
        ]
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Message", 2)?;
        fields.serialize_field("id", self.text_id())?;
        fields.serialize_field("values", &self.values())?;
        fields.end()
    }
}
