//! The `claims` parameter (OpenID Connect Core section 5.5): which single claims a client asks for, and where.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What the parameter asked for. Requested values of claims other than `acr` are not binding and are dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// Names wanted in the userinfo answer.
    pub userinfo: BTreeSet<String>,
    /// Names wanted in the ID token.
    pub id_token: BTreeSet<String>,
    /// The `acr` values of which one must be reached (section 5.5.1.1), empty where `acr` was not essential.
    pub essential_acr: Vec<String>,
}

const MOST_NAMES: usize = 64;

impl ClaimsRequest {
    /// Reads the parameter; `None` where it is not the JSON object the standard describes.
    pub fn parse(text: &str) -> Option<Self> {
        let whole: Map<String, Value> = serde_json::from_str(text).ok()?;
        let part = |name: &str| match whole.get(name) {
            None | Some(Value::Null) => Some(Map::new()),
            Some(Value::Object(members)) if members.len() <= MOST_NAMES => Some(members.clone()),
            Some(_) => None,
        };
        let (userinfo, id_token) = (part("userinfo")?, part("id_token")?);
        let essential_acr = id_token.get("acr").map_or_else(Vec::new, essential_values);
        Some(Self {
            userinfo: userinfo.into_iter().map(|(name, _)| name).collect(),
            id_token: id_token.into_iter().map(|(name, _)| name).collect(),
            essential_acr,
        })
    }
}

fn essential_values(request: &Value) -> Vec<String> {
    if request.get("essential") != Some(&Value::Bool(true)) {
        return Vec::new();
    }
    let several = request.get("values").and_then(Value::as_array).into_iter().flatten();
    let values = request.get("value").into_iter().chain(several);
    values.filter_map(Value::as_str).map(str::to_owned).collect()
}
