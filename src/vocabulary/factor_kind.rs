//! The kinds of factors, by which a person proves who they are.

use serde::{Deserialize, Serialize};

/// One kind of factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorKind {
    /// A password.
    Password,
    /// A one-time password of an authenticator app or a hardware token (RFC 6238, RFC 4226).
    Totp,
    /// A one-time code sent by mail.
    MailCode,
    /// A saved recovery code.
    RecoveryCode,
    /// A passkey or security key (WebAuthn).
    Passkey,
    /// A browser that is remembered.
    RememberedDevice,
    /// A temporary access code from the help desk.
    AccessCode,
}

impl FactorKind {
    /// Those that come second, strongest first.
    pub const SECOND: [Self; 3] = [Self::Passkey, Self::Totp, Self::MailCode];

    /// Its word in forms, rules, records and the audit trail.
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::MailCode => "mail_code",
            Self::RecoveryCode => "recovery_code",
            Self::Passkey => "passkey",
            Self::RememberedDevice => "remembered_device",
            Self::AccessCode => "access_code",
        }
    }

    /// The second factor of that word.
    pub fn second_of_word(word: &str) -> Option<Self> {
        Self::SECOND.into_iter().find(|kind| kind.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_word_is_the_word_in_rules() {
        for kind in FactorKind::SECOND {
            assert_eq!(serde_json::to_value(kind).ok(), Some(kind.word().into()));
            assert_eq!(FactorKind::second_of_word(kind.word()), Some(kind));
        }
    }
}
