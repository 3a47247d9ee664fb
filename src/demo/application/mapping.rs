//! From claims to a user of the application: expressions with `${claim}` parts, and provisioning at sign-in, which reads the
//! ID token only and fails as a whole where anything is missing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Fault;

/// The settings of an application about claims.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// An expression; empty means `${sub}`.
    pub username: String,
    /// "Additional scopes".
    pub scopes: Vec<String>,
    /// Provisioning at sign-in, if it is switched on.
    pub provisioning: Option<Provisioning>,
}

/// The settings of provisioning at sign-in.
#[derive(Debug, Clone)]
pub struct Provisioning {
    /// An expression.
    pub display_name: String,
    /// An expression.
    pub email: String,
    /// The name of one claim, no expression.
    pub groups: String,
    /// "Additional scopes" of its own.
    pub scopes: Vec<String>,
}

/// What provisioning made of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provisioned {
    /// The name shown.
    pub display_name: String,
    /// The mail address.
    pub email: String,
    /// The groups, as they came.
    pub groups: Vec<String>,
}

impl Default for Mapping {
    /// As `keyward client add` tells administrators to fill it in, with provisioning.
    fn default() -> Self {
        let scopes = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            username: "${preferred_username}".to_owned(),
            scopes: scopes(&["profile", "email"]),
            provisioning: Some(Provisioning {
                display_name: "${name}".to_owned(),
                email: "${email}".to_owned(),
                groups: "groups".to_owned(),
                scopes: scopes(&["profile", "email", "groups"]),
            }),
        }
    }
}

impl Mapping {
    /// `openid`, the additional scopes, then those of provisioning; each once.
    pub fn scope(&self) -> String {
        let own = self.scopes.iter();
        let more = self.provisioning.iter().flat_map(|provisioning| &provisioning.scopes);
        let mut seen = BTreeSet::new();
        let all = ["openid"].into_iter().chain(own.chain(more).map(String::as_str));
        all.filter(|scope| seen.insert(*scope)).collect::<Vec<_>>().join(" ")
    }

    /// The username's expression.
    pub fn username_expression(&self) -> &str {
        if self.username.is_empty() { "${sub}" } else { &self.username }
    }
}

impl Provisioning {
    /// Reads what it needs from the ID token alone.
    pub fn provision(&self, id_token: &Value) -> Result<Provisioned, Fault> {
        Ok(Provisioned {
            display_name: evaluate(&self.display_name, &[id_token])?,
            email: evaluate(&self.email, &[id_token])?,
            groups: groups(id_token, &self.groups)?,
        })
    }
}

/// Whether evaluating `expression` needs more than `claims` holds: a claim that is absent there, or empty.
pub fn needs_more(expression: &str, claims: &Value) -> bool {
    names(expression).iter().any(|name| {
        matches!(claims.get(name), None | Some(Value::Null))
            || claims.get(name).and_then(Value::as_str) == Some("")
    })
}

/// The value of `expression`: each `${claim}` is read from the first source that has it, and must be a string there.
pub fn evaluate(expression: &str, sources: &[&Value]) -> Result<String, Fault> {
    let mut value = String::new();
    let mut rest = expression;
    while let Some((literal, name, after)) = next_part(rest) {
        value.push_str(literal);
        value.push_str(&claim(name, sources)?);
        rest = after;
    }
    value.push_str(rest);
    Ok(value)
}

fn names(expression: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = expression;
    while let Some((_, name, after)) = next_part(rest) {
        names.push(name);
        rest = after;
    }
    names
}

fn next_part(text: &str) -> Option<(&str, &str, &str)> {
    let (literal, behind) = text.split_once("${")?;
    let (name, after) = behind.split_once('}')?;
    Some((literal, name, after))
}

fn claim(name: &str, sources: &[&Value]) -> Result<String, Fault> {
    let missing = || Fault::provider("claim", format!("Claim [{name}] could not be found"));
    let found = sources.iter().filter_map(|source| source.get(name));
    let mut found = found.filter(|value| !value.is_null() && value.as_str() != Some(""));
    match found.next() {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(Fault::provider("claim", format!("Claim [{name}] is not a string"))),
        None => Err(missing()),
    }
}

fn groups(id_token: &Value, name: &str) -> Result<Vec<String>, Fault> {
    let fault = |what: &str| Fault::provider("claim", format!("Claim [{name}] {what}"));
    let list = id_token.get(name).ok_or_else(|| fault("could not be found"))?;
    let list = list.as_array().ok_or_else(|| fault("is not an array"))?;
    let texts = list.iter().map(|entry| entry.as_str().map(str::to_owned));
    texts.collect::<Option<_>>().ok_or_else(|| fault("holds something that is not a string"))
}
