//! The one decision on what a client learns, and where: ID token, userinfo, or both.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{groups, scopes, standard};
use crate::clients::Client;
use crate::users::User;
use crate::vocabulary::{ClaimsRequest, Scope, Scopes};

/// All claims of one answer together may not be larger, in bytes of JSON (R-ID-09).
pub const LARGEST_ANSWER: usize = 16 * 1024;

/// What an application preset learns in both places, whatever its scopes: where its built-in client looks.
const PRESET_CLAIMS: [&str; 7] =
    ["preferred_username", "name", "given_name", "family_name", "email", "email_verified", "groups"];

/// What must not be missing for an application preset: it would create or rename accounts from half the data.
const PRESET_NEEDS: [&str; 2] = ["name", "email"];

/// The claims about a person that may be released.
#[derive(Debug, Clone)]
pub struct Release<'a> {
    known: Map<String, Value>,
    client: &'a Client,
    granted: &'a Scopes,
    request: &'a ClaimsRequest,
}

/// Where a client looks for claims.
#[derive(Debug, Clone, Copy)]
enum Place {
    IdToken,
    Userinfo,
}

/// Why nothing is released: the sign-in ends on our own page (facts: a half answer breaks the application).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Withheld {
    /// A claim that the application cannot do without is unknown, or its mail address is not verified (R-ID-05).
    #[error("the application needs the claim {0:?}, which this person lacks")]
    Missing(&'static str),
    /// More groups than may be sent.
    #[error("the person is in {0} groups, more than 500; narrow the client's list of groups")]
    TooManyGroups(usize),
    /// More than 16 KiB.
    #[error("the claims have {0} bytes, more than 16 KiB")]
    TooLarge(usize),
}

/// What `client` learns of `user` for these scopes and this `claims` parameter.
pub fn release<'a>(
    user: &User,
    client: &'a Client,
    granted: &'a Scopes,
    request: &'a ClaimsRequest,
) -> Result<Release<'a>, Withheld> {
    let mut known = standard::claims(user);
    if let Some(list) = groups::claim(user, client)? {
        known.insert("groups".to_owned(), list);
    }
    if client.preset.is_some() {
        check_preset_needs(user, &mut known)?;
    }
    let release = Release { known, client, granted, request };
    let largest = release.size(Place::IdToken).max(release.size(Place::Userinfo));
    if largest > LARGEST_ANSWER { Err(Withheld::TooLarge(largest)) } else { Ok(release) }
}

impl Release<'_> {
    /// What goes into the ID token.
    pub fn id_token(self) -> Map<String, Value> {
        self.at(Place::IdToken)
    }

    /// What goes into the userinfo answer.
    pub fn userinfo(self) -> Map<String, Value> {
        self.at(Place::Userinfo)
    }

    fn at(mut self, place: Place) -> Map<String, Value> {
        let mut known = std::mem::take(&mut self.known);
        known.retain(|name, _| self.holds(place, name));
        known
    }

    /// Bytes of JSON, but for what escapes add.
    fn size(&self, place: Place) -> usize {
        size(self.known.iter().filter(|(name, _)| self.holds(place, name)))
    }

    fn holds(&self, place: Place, name: &str) -> bool {
        let Self { client, granted, request, .. } = self;
        let of_scopes = || granted.iter().any(|scope| scopes::claims_of(scope).contains(&name));
        let asked = |names: &BTreeSet<String>| names.contains(name) && client_may_ask(client, name);
        let of_preset = client.preset.is_some() && PRESET_CLAIMS.contains(&name);
        of_preset
            || match place {
                Place::IdToken => asked(&request.id_token),
                Place::Userinfo => of_scopes() || asked(&request.userinfo),
            }
    }
}

/// A single claim may be asked for where the client may have a scope that holds it.
fn client_may_ask(client: &Client, name: &str) -> bool {
    Scope::ALL
        .into_iter()
        .any(|scope| client.scopes.contains(scope) && scopes::claims_of(scope).contains(&name))
}

fn check_preset_needs(user: &User, known: &mut Map<String, Value>) -> Result<(), Withheld> {
    if user.profile.mail.as_ref().is_some_and(|mail| !mail.verified) {
        known.remove("email");
        known.remove("email_verified");
    }
    match PRESET_NEEDS.into_iter().find(|name| !known.contains_key(*name)) {
        Some(missing) => Err(Withheld::Missing(missing)),
        None => Ok(()),
    }
}

fn size<'a>(claims: impl Iterator<Item = (&'a String, &'a Value)>) -> usize {
    claims.map(|(name, value)| name.len() + size_of(value) + 4).sum()
}

fn size_of(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(values) => values.iter().map(|value| size_of(value) + 1).sum(),
        Value::Object(members) => size(members.iter()),
        Value::Null | Value::Bool(_) | Value::Number(_) => 20,
    }
}
