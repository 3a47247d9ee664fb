//! What a token request may hand in (RFC 6749 section 4).

/// The grants we offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantType {
    /// An authorization code (RFC 6749 section 4.1.3).
    AuthorizationCode,
}

impl GrantType {
    /// All of them, as discovery lists them.
    pub const ALL: [Self; 1] = [Self::AuthorizationCode];

    /// The value as it travels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
        }
    }

    /// Reads a value; `None` where it is none of ours.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == text)
    }
}
