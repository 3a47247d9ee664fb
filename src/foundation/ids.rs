//! Identifiers, one type each, so that none can stand where another is meant (R-CO-02). None is a secret.

use serde::{Deserialize, Serialize};

use super::random::{self, Random};

macro_rules! identifier {
    ($(#[$meaning:meta])* $name:ident, $new:expr) => {
        $(#[$meaning])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A fresh one.
            pub fn generate(random: &dyn Random) -> Self {
                let make: fn(&dyn Random) -> String = $new;
                Self(make(random))
            }

            /// Takes one over from outside, unchecked: it is only ever compared.
            pub fn from_text(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn uuid(random: &dyn Random) -> String {
    uuid::Builder::from_random_bytes(random::bytes(random)).into_uuid().to_string()
}

identifier!(
    /// A person, for ever: also the `sub` of every token (R-ID-01). A random UUID, as WebAuthn's user handle wants.
    UserId, uuid
);
identifier!(
    /// A registered application (`client_id`, RFC 6749 section 2.2): 24 characters of `[A-Za-z0-9]`.
    ClientId, |random| random::alphanumeric(random, 24)
);
identifier!(
    /// A sign-in session, as told to clients in the claim `sid` (OpenID Connect Front-Channel Logout section 3).
    SessionId, |random| random::base64url::<16>(random)
);
identifier!(
    /// One walk from stranger to signed in.
    JourneyId, |random| random::base64url::<16>(random)
);
identifier!(
    /// One enrolled factor of one person.
    CredentialId, |random| random::base64url::<16>(random)
);
identifier!(
    /// One plan of whom to tell of a sign-out.
    LogoutId, |random| random::base64url::<16>(random)
);
identifier!(
    /// One event of the audit trail.
    EventId, |random| random::base64url::<16>(random)
);
identifier!(
    /// One piece of durable work.
    JobId, |random| random::base64url::<16>(random)
);
