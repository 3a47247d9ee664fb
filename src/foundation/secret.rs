//! Secret handles as two types: [`Plain`], which a person or program carries and which is never stored or printed,
//! and [`Hashed`], which is stored and cannot be turned back (R-CO-01, R-CO-02, R-CO-04, R-KS-06).

use std::fmt;
use std::marker::PhantomData;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::random::{self, Random};

/// What a handle is for. Its prefix keeps the kinds apart wherever one turns up.
pub trait Kind: Send + Sync + 'static {
    /// Stands before the random part, alphanumeric.
    const PREFIX: &'static str;
}

macro_rules! kinds {
    ($($(#[$meaning:meta])* $name:ident = $prefix:literal),+ $(,)?) => {
        $($(#[$meaning])* #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)] pub enum $name {}
        impl Kind for $name { const PREFIX: &'static str = $prefix; })+
    };
}

kinds! {
    /// An authorization code (RFC 6749 section 4.1.2).
    AuthorizationCode = "kwc",
    /// An access token (RFC 6750).
    AccessToken = "kwa",
    /// The secret half of a session cookie.
    SessionSecret = "kws",
    /// What tells that a person signed in in this browser before.
    DeviceSecret = "kwd",
    /// What spares a remembered device the second factor.
    RememberSecret = "kwr",
    /// What binds journeys to a browser.
    BrowserSecret = "kwb",
    /// A one-time invitation to set password and factor.
    Invitation = "kwi",
    /// A one-time link that was mailed because a person asked.
    MailedLink = "kwm",
    /// The one-time link to the first administrator.
    SetUpLink = "kwu",
    /// A client secret (RFC 6749 section 2.3.1).
    ClientSecret = "kwk",
    /// A token in a form that proves the form came from us (R-SE-11).
    FormToken = "kwf",
}

/// A secret in its usable form: 256 random bits behind its kind's prefix. Wiped on drop, never printed.
pub struct Plain<K: Kind>(Zeroizing<String>, PhantomData<K>);

impl<K: Kind> Plain<K> {
    /// A fresh one: the prefix and 43 characters of `[A-Za-z0-9]` (256 bits).
    pub fn generate(random: &dyn Random) -> Self {
        Self(Zeroizing::new(format!("{}{}", K::PREFIX, random::alphanumeric(random, 43))), PhantomData)
    }

    /// Takes over what was presented. `None` where it is not of this kind's form: then it is unknown (R-CO-02).
    pub fn parse(presented: &str) -> Option<Self> {
        let tail = presented.strip_prefix(K::PREFIX)?;
        let well_formed = tail.len() == 43 && tail.bytes().all(|byte| byte.is_ascii_alphanumeric());
        well_formed.then(|| Self(Zeroizing::new(presented.to_owned()), PhantomData))
    }

    /// The secret itself, for the one place that hands it out.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored in its place.
    pub fn hash(&self) -> Hashed<K> {
        Hashed::of(&self.0)
    }
}

impl<K: Kind> fmt::Debug for Plain<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", K::PREFIX)
    }
}

/// SHA-256 of a [`Plain`]. Equality is constant-time.
pub struct Hashed<K: Kind>([u8; 32], PhantomData<K>);

impl<K: Kind> Hashed<K> {
    /// The hash of a text that may not have been made by us, such as a client secret given by an administrator.
    pub fn of(text: &str) -> Self {
        let value = digest(&SHA256, text.as_bytes());
        let mut bytes = [0u8; 32];
        bytes.copy_from_slice(value.as_ref());
        Self(bytes, PhantomData)
    }

    /// As base64url, for store keys.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl<K: Kind> Clone for Hashed<K> {
    fn clone(&self) -> Self {
        Self(self.0, PhantomData)
    }
}

impl<K: Kind> PartialEq for Hashed<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl<K: Kind> Eq for Hashed<K> {}

impl<K: Kind> fmt::Debug for Hashed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hash of {}…", K::PREFIX)
    }
}

impl<K: Kind> Serialize for Hashed<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de, K: Kind> Deserialize<'de> for Hashed<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(serde::de::Error::custom)?;
        let bytes = bytes.try_into().map_err(|_| serde::de::Error::custom("a hash has 32 bytes"))?;
        Ok(Self(bytes, PhantomData))
    }
}

/// A text nobody may print: a password, a one-time password, a key typed by hand. Wiped on drop.
#[derive(Clone)]
pub struct Hidden(Zeroizing<String>);

impl Hidden {
    /// Hides `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, for the one place that checks or seals it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}
