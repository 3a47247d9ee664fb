//! Methods of authentication (`amr`, RFC 8176 and our private values; security.md section 4.3).

use serde::{Deserialize, Serialize};

/// One method that was used in this session and is still fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Password.
    Pwd,
    /// One-time password from a device (RFC 6238, RFC 4226).
    Otp,
    /// Proof of a software-secured key.
    Swk,
    /// Proof of a hardware-secured key: only with attestation.
    Hwk,
    /// Proof of possession of a key.
    Pop,
    /// Presence of the person.
    User,
    /// A PIN, where it is known to be one.
    Pin,
    /// A code by SMS.
    Sms,
    /// Desktop sign-on.
    Wia,
    /// A code by mail (private value).
    Email,
    /// A temporary access code (private value).
    Tac,
    /// A recovery code (private value); never together with `mfa` by itself.
    Recovery,
    /// A remembered device (private value).
    Rmb,
    /// Another identity provider (private value).
    Fed,
    /// Two factors of different types: computed, never stored.
    Mfa,
}

impl Method {
    /// All methods, in the order in which tokens list them.
    pub const ALL: [Self; 15] = [
        Self::Pwd,
        Self::Otp,
        Self::Swk,
        Self::Hwk,
        Self::Pop,
        Self::User,
        Self::Pin,
        Self::Sms,
        Self::Wia,
        Self::Email,
        Self::Tac,
        Self::Recovery,
        Self::Rmb,
        Self::Fed,
        Self::Mfa,
    ];

    /// Its value in `amr`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pwd => "pwd",
            Self::Otp => "otp",
            Self::Swk => "swk",
            Self::Hwk => "hwk",
            Self::Pop => "pop",
            Self::User => "user",
            Self::Pin => "pin",
            Self::Sms => "sms",
            Self::Wia => "wia",
            Self::Email => "email",
            Self::Tac => "tac",
            Self::Recovery => "recovery",
            Self::Rmb => "rmb",
            Self::Fed => "fed",
            Self::Mfa => "mfa",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_word_is_the_word_in_tokens() {
        for method in Method::ALL {
            assert_eq!(serde_json::to_value(method).ok(), Some(method.as_str().into()));
        }
    }
}
