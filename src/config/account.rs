//! `[account]`: what people may change about themselves (R-PO-03).

use serde::{Deserialize, Serialize};

use super::reader::Section;
use super::wrong::WrongSetting;

/// A field of the profile that may be opened to its person, in the words of OpenID Connect Core section 5.1. What an application
/// may take for an identity (user name, mail address, groups) is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The full name as it is shown.
    Name,
    /// Given name.
    GivenName,
    /// Family name.
    FamilyName,
    /// Nickname.
    Nickname,
    /// Telephone number.
    PhoneNumber,
    /// A web site.
    Website,
    /// Time zone.
    Zoneinfo,
}

impl Field {
    /// All of them, by the word that a setting uses.
    pub const ALL: [(&'static str, Self); 7] = [
        ("name", Self::Name),
        ("given_name", Self::GivenName),
        ("family_name", Self::FamilyName),
        ("nickname", Self::Nickname),
        ("phone_number", Self::PhoneNumber),
        ("website", Self::Website),
        ("zoneinfo", Self::Zoneinfo),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, field)| *field == self).map_or("", |(word, _)| word)
    }
}

/// The section `[account]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Account {
    /// What people may change in their own profile; nothing by default.
    pub editable: Vec<Field>,
}

impl Account {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        let words = section.texts("editable")?.unwrap_or_default();
        let field = |word: &String| {
            let known = Field::ALL.iter().find(|(known, _)| known == word);
            known.map(|(_, field)| *field).ok_or_else(|| {
                let known: Vec<_> = Field::ALL.iter().map(|(word, _)| format!("\"{word}\"")).collect();
                let right = format!("write some of {}", known.join(", "));
                section.wrong("editable", &format!("has the entry \"{word}\""), &right)
            })
        };
        Ok(Self { editable: words.iter().map(field).collect::<Result<_, _>>()? })
    }
}
