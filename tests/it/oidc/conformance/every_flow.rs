//! What every flow module of the suite checks (COMMON).

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use url::Url;

use super::Suite;
use crate::support::page::{Arrival, Page, Way};
use crate::support::relying_party::{Request, read};

/// Members that a public key may have; whatever else could be a private part (R-UI-06).
const PUBLIC_MEMBERS: [&str; 9] = ["kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"];

/// What an ID token holds when nothing was asked for.
pub const PROTOCOL_CLAIMS: [&str; 10] =
    ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"];

/// What the scope `profile` stands for.
pub const PROFILE: [&str; 14] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
    "preferred_username",
];

/// Discovery is JSON with addresses; the key set is public and its keys are named apart.
pub async fn check_set_up(suite: &Suite) {
    let http = crate::support::browser::http();
    let discovery = suite.app.url("/.well-known/openid-configuration");
    let document = read(http.get(discovery)).await.json();
    for member in ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"] {
        let address = document[member].as_str().unwrap_or_else(|| panic!("no {member}"));
        Url::parse(address).unwrap();
    }
    let methods = document["token_endpoint_auth_methods_supported"].as_array().unwrap();
    assert!(methods.contains(&"client_secret_basic".into()));
    check_jwks(&read(http.get(document["jwks_uri"].as_str().unwrap())).await.json());
}

/// Public keys only, each with a `kid` of its own.
pub fn check_jwks(set: &Value) {
    let keys = set["keys"].as_array().unwrap();
    assert!(!keys.is_empty());
    let mut kids = BTreeSet::new();
    for key in keys {
        let members = key.as_object().unwrap();
        for name in members.keys() {
            assert!(PUBLIC_MEMBERS.contains(&name.as_str()), "a key shows {name}");
        }
        assert!(matches!(key["kty"].as_str(), Some("RSA" | "EC")));
        assert_eq!(key["use"], "sig");
        assert!(key["alg"].is_string());
        assert!(kids.insert(key["kid"].as_str().unwrap()), "two keys of one name: {set}");
    }
}

/// Where it arrived, by which way, with which state and issuer.
fn check_place(suite: &Suite, request: &Request, arrival: &Arrival) {
    assert_eq!(arrival.way, suite.way);
    let registered = Url::parse(request.get("redirect_uri").unwrap()).unwrap();
    match arrival.way {
        Way::Query => {
            assert!(arrival.uri.as_str().starts_with(&format!("{registered}{}", '?')), "{}", arrival.uri);
            assert_eq!(arrival.uri.fragment(), None);
        }
        Way::FormPost => assert_eq!(arrival.uri, registered),
    }
    assert_eq!(arrival.get("state"), request.get("state"));
    assert_eq!(arrival.get("iss"), Some(suite.app.issuer.as_str()));
}

/// A good authorization response.
pub fn check_response(suite: &Suite, request: &Request, arrival: &Arrival) {
    check_place(suite, request, arrival);
    assert_eq!(arrival.get("error"), None);
    assert!(!arrival.code().is_empty());
}

/// An error response, wherever one is expected.
pub fn check_error(suite: &Suite, request: &Request, arrival: &Arrival) {
    check_place(suite, request, arrival);
    assert_eq!(arrival.get("code"), None);
    let allowed = ["error", "error_description", "error_uri", "state", "session_state", "iss"];
    for name in arrival.names() {
        assert!(allowed.contains(&name), "{name}");
    }
    let printable =
        |text: &str| text.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    assert!(!arrival.error().is_empty() && printable(arrival.error()));
    assert!(arrival.get("error_description").is_none_or(printable), "{arrival:?}");
    assert!(arrival.get("error_uri").is_none_or(|uri| Url::parse(uri).is_ok()));
}

/// The token response.
pub fn check_tokens(page: &Page) {
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("application/json"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let tokens = page.json();
    for member in ["access_token", "token_type", "id_token"] {
        assert!(!tokens[member].as_str().unwrap().is_empty());
    }
    let seconds = tokens["expires_in"].as_u64().unwrap();
    assert!((1..=31_536_000).contains(&seconds));
}

/// An ID token whose signature, issuer and audience were verified already.
pub fn check_id_token(suite: &Suite, request: &Request, claims: &Map<String, Value>) {
    let now = suite.app.now();
    let number = |name: &str| claims[name].as_i64().unwrap_or_else(|| panic!("{name}: {claims:?}"));
    assert_eq!(claims["iss"], suite.app.issuer);
    assert_eq!(claims["aud"], suite.client.id, "a plain string, as the applications want it");
    assert!(number("exp") > now && number("exp") < now + 50 * 31_536_000);
    assert!(number("iat") <= now && number("iat") > now - 300);
    assert!(number("auth_time") <= now && number("auth_time") > now - 31_536_000);
    assert!(!claims["acr"].as_str().unwrap().is_empty());
    let sub = claims["sub"].as_str().unwrap();
    assert!((1..=255).contains(&sub.len()) && sub.bytes().all(|byte| byte.is_ascii_graphic()));
    assert_eq!(claims.get("nonce").and_then(Value::as_str), request.get("nonce"));
    check_claims(claims, now);
}

/// A userinfo answer: its standard claims, and the same person as in the ID token.
pub fn check_userinfo(page: &Page, id_token: &Map<String, Value>) {
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.header("content-type"), Some("application/json"));
    let answer = page.json();
    let claims = answer.as_object().unwrap();
    assert_eq!(claims["sub"], id_token["sub"]);
    assert!(!claims.contains_key("_claim_names") && !claims.contains_key("_claim_sources"));
    check_claims(claims, id_token["iat"].as_i64().unwrap());
}

/// Types of the standard claims; none is empty.
fn check_claims(claims: &Map<String, Value>, now: i64) {
    for (name, value) in claims {
        match name.as_str() {
            "email_verified" | "phone_number_verified" => assert!(value.is_boolean(), "{name}"),
            "updated_at" => assert!((631_152_000..=now).contains(&value.as_i64().unwrap()), "{value}"),
            "address" => value.as_object().unwrap().values().for_each(|line| assert!(is_text(line))),
            "groups" | "amr" => value.as_array().unwrap().iter().for_each(|item| assert!(is_text(item))),
            "iat" | "exp" | "auth_time" => assert!(value.is_i64(), "{name}"),
            "birthdate" => assert!(matches!(value.as_str().unwrap().len(), 4 | 10)),
            _ => assert!(is_text(value), "{name}: {value}"),
        }
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty() && text != "null")
}

/// Shannon's estimate, as the suite makes it: bits a character times length.
pub fn entropy(text: &str) -> f64 {
    let length = f64::from(u32::try_from(text.len()).unwrap());
    let letters: BTreeSet<char> = text.chars().collect();
    let bits = letters.iter().map(|letter| {
        let count = text.chars().filter(|other| other == letter).count();
        let share = f64::from(u32::try_from(count).unwrap()) / length;
        -share * share.log2()
    });
    bits.sum::<f64>() * length
}
