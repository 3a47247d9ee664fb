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

/// The claims about a person, by place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Release {
    /// Into the ID token.
    pub id_token: Map<String, Value>,
    /// Into the userinfo answer.
    pub userinfo: Map<String, Value>,
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
pub fn release(
    user: &User,
    client: &Client,
    granted: &Scopes,
    request: &ClaimsRequest,
) -> Result<Release, Withheld> {
    let mut known = standard::claims(user);
    if let Some(list) = groups::claim(user, client)? {
        known.insert("groups".to_owned(), list);
    }
    if client.preset.is_some() {
        check_preset_needs(user, &mut known)?;
    }
    let is_preset = |name: &str| client.preset.is_some() && PRESET_CLAIMS.contains(&name);
    let is_asked =
        |names: &BTreeSet<String>, name: &str| names.contains(name) && client_may_ask(client, name);
    let in_id_token = |name: &str| is_preset(name) || is_asked(&request.id_token, name);
    let in_scopes = |name: &str| granted.iter().any(|scope| scopes::claims_of(scope).contains(&name));
    let in_userinfo = |name: &str| is_preset(name) || in_scopes(name) || is_asked(&request.userinfo, name);
    let for_id_token = known.iter().filter(|(name, _)| in_id_token(name));
    let id_token = for_id_token.map(|(name, value)| (name.clone(), value.clone())).collect();
    known.retain(|name, _| in_userinfo(name));
    bounded(Release { id_token, userinfo: known })
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

fn bounded(release: Release) -> Result<Release, Withheld> {
    let largest = size(&release.id_token).max(size(&release.userinfo));
    if largest > LARGEST_ANSWER { Err(Withheld::TooLarge(largest)) } else { Ok(release) }
}

/// Bytes of JSON, but for what escapes add.
fn size(claims: &Map<String, Value>) -> usize {
    claims.iter().map(|(name, value)| name.len() + size_of(value) + 4).sum()
}

fn size_of(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(values) => values.iter().map(|value| size_of(value) + 1).sum(),
        Value::Object(members) => size(members),
        Value::Null | Value::Bool(_) | Value::Number(_) => 20,
    }
}
