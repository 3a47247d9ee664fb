//! The relying party's decisions, without a network (Atlassian's built-in client, personality N).

use std::time::Duration;

use keyward::demo::application::flow::{Flow, Flows, LIFETIME};
use keyward::demo::application::id_token::{Expected, check, claims};
use keyward::demo::application::mapping::{Mapping, evaluate, needs_more};
use keyward::demo::application::provider::accept;
use keyward::demo::application::{signature, token};
use keyward::foundation::Timestamp;
use keyward::foundation::random::SeededRandom;
use keyward::foundation::secret::{BrowserSecret, Plain};
use keyward::outbound::Answer;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const ISSUER: &str = "http://localhost:8443";

fn good() -> Value {
    let now = NOW.seconds();
    json!({"iss": ISSUER, "sub": "s", "aud": "client", "exp": now + 300, "iat": now, "nonce": "n"})
}

/// The claim that [`check`] complains about, with `name` set to `value` (or removed).
fn complaint(name: &str, value: Option<Value>) -> Option<String> {
    let mut token = good();
    match value {
        Some(value) => token[name] = value,
        None => drop(token.as_object_mut().unwrap().remove(name)),
    }
    let expected = Expected { issuer: ISSUER, client_id: "client", nonce: "n" };
    check(&token, expected, NOW).err().map(|fault| fault.error)
}

#[test]
fn a_good_id_token_passes_and_each_wrong_one_is_refused_by_name() {
    let now = NOW.seconds();
    assert_eq!(complaint("unused", Some(json!(1))), None);
    let wrong = [
        ("iss", Some(json!("http://localhost:8443/"))),
        ("iss", None),
        ("sub", None),
        ("sub", Some(json!(""))),
        ("aud", Some(json!("another"))),
        ("aud", Some(json!(["another"]))),
        ("aud", None),
        ("azp", Some(json!("another"))),
        ("exp", Some(json!(now - 60))),
        ("exp", Some(json!(now - 3600))),
        ("exp", Some(json!("soon"))),
        ("exp", None),
        ("iat", Some(json!(now + 61))),
        ("iat", None),
        ("nonce", Some(json!("m"))),
        ("nonce", None),
    ];
    for (name, value) in wrong {
        assert_eq!(complaint(name, value.clone()).as_deref(), Some(name), "{name} {value:?}");
    }
}

#[test]
fn clocks_may_differ_by_sixty_seconds_each_way() {
    let now = NOW.seconds();
    assert_eq!(complaint("exp", Some(json!(now - 59))), None);
    assert_eq!(complaint("iat", Some(json!(now + 60))), None);
}

#[test]
fn several_audiences_need_the_authorized_party() {
    let expected = Expected { issuer: ISSUER, client_id: "client", nonce: "n" };
    let mut token = good();
    token["aud"] = json!(["client", "another"]);
    assert_eq!(check(&token, expected, NOW).unwrap_err().error, "azp");
    token["azp"] = json!("client");
    assert!(check(&token, expected, NOW).is_ok());
}

#[test]
fn an_encrypted_or_broken_id_token_is_refused() {
    for token in ["a.b.c.d.e", "a.b", "", "a.!.c", "a.W10.c"] {
        assert!(claims(token).is_err(), "{token:?}");
    }
}

#[test]
fn an_expression_is_literal_text_with_claims_and_a_bare_name_is_taken_literally() {
    let source = json!({"preferred_username": "amara", "n": 7, "empty": ""});
    assert_eq!(evaluate("${preferred_username}", &[&source]).unwrap(), "amara");
    assert_eq!(evaluate("preferred_username", &[&source]).unwrap(), "preferred_username");
    assert_eq!(evaluate("x-${preferred_username}@y", &[&source]).unwrap(), "x-amara@y");
    assert!(evaluate("${n}", &[&source]).is_err());
    assert!(evaluate("${missing}", &[&source]).is_err());
    assert!(needs_more("${empty}", &source) && needs_more("${missing}", &source));
    assert!(!needs_more("${preferred_username}", &source) && !needs_more("${n}", &source));
    assert_eq!(evaluate("${empty}", &[&source, &json!({"empty": "full"})]).unwrap(), "full");
}

#[test]
fn provisioning_wants_strings_and_an_array_from_the_id_token_alone() {
    let provisioning = Mapping::default().provisioning.unwrap();
    let whole = json!({"name": "A", "email": "a@example.com", "groups": ["g"]});
    assert_eq!(provisioning.provision(&whole).unwrap().groups, ["g"]);
    let wrong = [
        ("name", Value::Null),
        ("email", json!("")),
        ("groups", Value::Null),
        ("groups", json!("g")),
        ("groups", json!([1])),
    ];
    for (name, value) in wrong {
        let mut claims = whole.clone();
        claims[name] = value;
        let fault = provisioning.provision(&claims).unwrap_err();
        assert!(fault.description.starts_with(&format!("Claim [{name}]")), "{fault}");
    }
}

#[test]
fn scopes_are_openid_then_additional_ones_each_once() {
    assert_eq!(Mapping::default().scope(), "openid profile email groups");
    let plain = Mapping { provisioning: None, ..Mapping::default() };
    assert_eq!(plain.scope(), "openid profile email");
}

#[test]
fn the_discovery_document_must_be_of_this_very_issuer_and_name_userinfo() {
    let document = json!({
        "issuer": ISSUER, "authorization_endpoint": "http://localhost:8443/authorize",
        "token_endpoint": "http://localhost:8443/token", "userinfo_endpoint": "http://localhost:8443/userinfo",
        "jwks_uri": "http://localhost:8443/jwks.json", "subject_types_supported": ["public"],
    });
    assert!(accept(document.to_string().as_bytes(), ISSUER).is_ok());
    assert!(accept(document.to_string().as_bytes(), "http://localhost:8443/").is_err());
    for name in [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "subject_types_supported",
    ] {
        let mut less = document.clone();
        less.as_object_mut().unwrap().remove(name);
        assert!(accept(less.to_string().as_bytes(), ISSUER).is_err(), "without {name}");
    }
}

fn answer(status: u16, kind: &str, body: &Value) -> Answer {
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("content-type", kind.parse().unwrap());
    Answer { status: status.try_into().unwrap(), headers, body: body.to_string().into_bytes() }
}

#[test]
fn only_200_with_json_and_bearer_is_a_token_answer() {
    let body = json!({"access_token": "a", "token_type": "bearer", "id_token": "i"});
    assert!(token::accept(&answer(200, "application/json;charset=utf-8", &body)).is_ok());
    assert!(token::accept(&answer(201, "application/json", &body)).is_err());
    assert!(token::accept(&answer(400, "application/json", &body)).is_err());
    assert!(token::accept(&answer(200, "text/plain", &body)).is_err());
    for name in ["access_token", "token_type", "id_token"] {
        let mut less = body.clone();
        less.as_object_mut().unwrap().remove(name);
        assert!(token::accept(&answer(200, "application/json", &less)).is_err(), "without {name}");
    }
    let mac = json!({"access_token": "a", "token_type": "mac", "id_token": "i"});
    assert!(token::accept(&answer(200, "application/json", &mac)).is_err());
}

#[test]
fn a_started_sign_in_is_taken_once_in_time_and_by_its_browser() {
    let random = SeededRandom::new(7);
    let (browser, other) = (Plain::<BrowserSecret>::generate(&random), Plain::generate(&random));
    let flows = Flows::default();
    let start = |state: &str| {
        let flow = Flow { browser: browser.hash(), nonce: "n".into(), destination: "/".into(), started: NOW };
        flows.insert(state.to_owned(), flow);
    };
    start("once");
    assert!(flows.take("once", Some(&browser), NOW).is_some());
    assert!(flows.take("once", Some(&browser), NOW).is_none(), "twice");
    start("foreign");
    assert!(flows.take("foreign", Some(&other), NOW).is_none());
    assert!(flows.take("foreign", Some(&browser), NOW).is_none(), "the first try used it up");
    start("bare");
    assert!(flows.take("bare", None, NOW).is_none());
    start("late");
    assert!(flows.take("late", Some(&browser), NOW.plus(LIFETIME)).is_none());
    start("just");
    assert!(flows.take("just", Some(&browser), NOW.plus(LIFETIME - Duration::from_millis(1))).is_some());
}

#[test]
fn a_signature_is_judged_by_the_key_that_the_token_names() {
    use keyward::keys::SigningKey;
    use keyward::vocabulary::client_metadata::SigningAlgorithm::ES256;
    let key = |()| SigningKey::from_pkcs8(ES256, &SigningKey::generate(ES256).unwrap()).unwrap();
    let (ours, theirs) = (key(()), key(()));
    let token = ours.sign_token("JWT", &good()).unwrap();
    let set = |key: &SigningKey| json!({"keys": [key.jwk()]});
    assert_eq!(signature::verify(&token, set(&ours)), Ok(()));
    assert!(signature::verify(&token, set(&theirs)).is_err(), "the key is not there");
    let mut forged = set(&theirs);
    forged["keys"][0]["kid"] = json!(ours.jwk().kid);
    assert!(signature::verify(&token, forged).is_err(), "another key under that name");
    assert!(signature::verify(&token, json!({"keys": []})).is_err());
}
