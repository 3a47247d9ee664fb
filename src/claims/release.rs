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
    let pick = |names: BTreeSet<&str>| -> Map<String, Value> {
        known
            .iter()
            .filter(|(name, _)| names.contains(name.as_str()))
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect()
    };
    let allowed = |names: &BTreeSet<String>| -> Vec<String> {
        names.iter().filter(|name| client_may_ask(client, name)).cloned().collect()
    };
    let (id_token, userinfo) = (allowed(&request.id_token), allowed(&request.userinfo));
    let preset = if client.preset.is_some() { &PRESET_CLAIMS[..] } else { &[] };
    let by_scope = granted.iter().flat_map(|scope| scopes::claims_of(scope).iter().copied());
    let by_userinfo = by_scope.chain(preset.iter().copied()).chain(userinfo.iter().map(String::as_str));
    let by_id_token = preset.iter().copied().chain(id_token.iter().map(String::as_str));
    bounded(Release { id_token: pick(by_id_token.collect()), userinfo: pick(by_userinfo.collect()) })
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
