//! The standard claims about a person as types (OpenID Connect Core section 5.1): whoever holds one knows it is well-formed,
//! so no claim is ever an empty string or of the wrong JSON type (R-ID-06; conformance rows 9 to 13).

use serde::{Deserialize, Serialize};

use super::UserError;

macro_rules! claim_text {
    ($(#[$meaning:meta])* $name:ident, $field:literal, $check:expr) => {
        $(#[$meaning])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes `text` over if it is well-formed.
            pub fn new(text: impl Into<String>) -> Result<Self, UserError> {
                let text = text.into();
                let check: fn(&str) -> Result<(), &'static str> = $check;
                check(&text).map_err(|rule| UserError::invalid($field, rule))?;
                Ok(Self(text))
            }

            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = UserError;
            fn try_from(text: String) -> Result<Self, UserError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(claim: $name) -> Self {
                claim.0
            }
        }
    };
}

claim_text!(
    /// A name or other short text: 1 to 256 characters, none of them a control character.
    Text, "text", |text| plain(text, 256)
);
claim_text!(
    /// A user name (`preferred_username`): 1 to 128 characters, visible, without `<`, `>`, `&`, `"` and white space at its ends.
    Username, "username", username
);
claim_text!(
    /// A mail address (RFC 5322 `addr-spec`, without quoted parts): at most 254 characters.
    MailAddress, "email", mail
);
claim_text!(
    /// A telephone number in the form of E.164: `+` and 3 to 15 digits, perhaps `;ext=` and digits (RFC 3966).
    PhoneNumber, "phone_number", phone
);
claim_text!(
    /// An `http` or `https` address: at most 2,000 characters.
    WebAddress, "profile, picture or website", web_address
);
claim_text!(
    /// A birthday: `YYYY-MM-DD`, `0000-MM-DD` where the year is withheld, or `YYYY`.
    BirthDate, "birthdate", birth_date
);
claim_text!(
    /// A language tag (RFC 5646), such as `de` or `de-CH`.
    LanguageTag, "locale", language_tag
);
claim_text!(
    /// A time zone's name from the IANA data base, such as `Europe/Zurich`.
    TimeZone, "zoneinfo", time_zone
);
claim_text!(
    /// A part of a postal address: 1 to 1,000 characters; lines may be broken.
    AddressText, "address", |text| plain(&text.replace("\r\n", " ").replace('\n', " "), 1000)
);

/// A mail address and whether we, or a source marked as trusted, have verified it (R-ID-05).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The address.
    pub address: MailAddress,
    /// Whether it is verified.
    pub verified: bool,
}

/// A telephone number and whether it was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// The number.
    pub number: PhoneNumber,
    /// Whether it is verified.
    pub verified: bool,
}

/// A postal address (OpenID Connect Core section 5.1.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// The whole address, ready for a label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<AddressText>,
    /// Street, house number, post box.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<AddressText>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<AddressText>,
    /// State or province.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<AddressText>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<AddressText>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<AddressText>,
}

/// The standard claims, but for `sub`, `preferred_username` and `updated_at`, which the record itself holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// `name`: the full name as it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// `given_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<Text>,
    /// `family_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<Text>,
    /// `middle_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<Text>,
    /// `nickname`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<Text>,
    /// `profile`: a page about the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<WebAddress>,
    /// `picture`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<WebAddress>,
    /// `website`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<WebAddress>,
    /// `email` and `email_verified`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<Mail>,
    /// `gender`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<Text>,
    /// `birthdate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<BirthDate>,
    /// `zoneinfo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<TimeZone>,
    /// `locale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<LanguageTag>,
    /// `phone_number` and `phone_number_verified`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// `address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

type Check = Result<(), &'static str>;

fn require(holds: bool, rule: &'static str) -> Check {
    if holds { Ok(()) } else { Err(rule) }
}

pub(super) fn plain(text: &str, longest: usize) -> Check {
    require(!text.trim().is_empty(), "must not be empty")?;
    require(text.chars().count() <= longest, "is too long")?;
    require(!text.chars().any(invisible), "must not hold control or invisible characters")
}

/// Characters that no one can see, or that turn text around: they would let two names look alike.
fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn username(text: &str) -> Check {
    plain(text, 128)?;
    require(text.trim() == text, "must not begin or end with white space")?;
    require(!text.contains(['<', '>', '&', '"']), "must not hold < > & or a double quote")
}

fn mail(text: &str) -> Check {
    plain(text, 254)?;
    let (local, domain) = text.rsplit_once('@').ok_or("must hold an @")?;
    require(
        !local.is_empty() && local.len() <= 64 && !local.contains('@'),
        "must have 1 to 64 characters before the @",
    )?;
    require(
        !text.contains(|c: char| c.is_whitespace() || "<>&\"(),:;\\[]".contains(c)),
        "holds a character that mail does not allow",
    )?;
    let label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    require(domain.split('.').all(label), "must have a domain after the @")
}

fn phone(text: &str) -> Check {
    let (number, extension) = text.split_once(";ext=").map_or((text, None), |(n, e)| (n, Some(e)));
    let digits = number.strip_prefix('+').ok_or("must begin with + and the country code")?;
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    require((3..=15).contains(&digits.len()) && all_digits(digits), "must be + and 3 to 15 digits")?;
    require(
        extension.is_none_or(|e| (1..=10).contains(&e.len()) && all_digits(e)),
        "has a malformed extension",
    )
}

fn web_address(text: &str) -> Check {
    plain(text, 2000)?;
    let parsed = url::Url::parse(text).map_err(|_| "is not a web address")?;
    require(matches!(parsed.scheme(), "http" | "https"), "must begin with http:// or https://")
}

fn birth_date(text: &str) -> Check {
    const RULE: &str = "must be YYYY-MM-DD, 0000-MM-DD or YYYY";
    let number = |part: &str, digits: usize| {
        (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u16>().ok())
            .flatten()
    };
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    require(parts.next().is_none(), RULE)?;
    let year = year.and_then(|year| number(year, 4)).ok_or(RULE)?;
    let Some(month) = month else {
        return require(year > 0, RULE);
    };
    let month = number(month, 2).and_then(|month| u8::try_from(month).ok()).ok_or(RULE)?;
    let day = day.and_then(|day| number(day, 2)).and_then(|day| u8::try_from(day).ok()).ok_or(RULE)?;
    let month = time::Month::try_from(month).map_err(|_| RULE)?;
    // A withheld year may hide a leap day, so it is judged as a leap year.
    let year = if year == 0 { 2000 } else { i32::from(year) };
    require(time::Date::from_calendar_date(year, month, day).is_ok(), "is not a day of the calendar")
}

fn language_tag(text: &str) -> Check {
    let subtag =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    let known = (2..=8).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic());
    require(known && parts.all(subtag) && text.len() <= 35, "must be a language tag such as de or de-CH")
}

fn time_zone(text: &str) -> Check {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'))
    };
    let letter = text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    require(
        letter && text.len() <= 64 && text.split('/').all(part),
        "must be a time zone such as Europe/Zurich",
    )
}
