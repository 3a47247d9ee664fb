//! Forms: the token and the origin, both (R-SE-11).

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use keyward::config::Site;
use keyward::foundation::random::SeededRandom;
use keyward::foundation::secret::{BrowserSecret, Plain, SessionSecret};
use keyward::web::csrf::{check_form, check_origin, form_token, is_form_token};

fn site() -> Site {
    Site::new("https://id.example.com").unwrap()
}

fn from(lines: &[(&'static str, &'static str)]) -> bool {
    check_origin(&headers(lines), &site()).is_ok()
}

fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    lines
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect()
}

#[test]
fn r_se_11_a_token_holds_for_its_secret_and_purpose_only() {
    let random = SeededRandom::new(1);
    let (mine, theirs) =
        (Plain::<SessionSecret>::generate(&random), Plain::<SessionSecret>::generate(&random));
    let token = form_token(&mine, "logout");
    assert_eq!(token.len(), 43);
    assert!(is_form_token(&mine, "logout", &token));
    assert!(!is_form_token(&theirs, "logout", &token));
    assert!(!is_form_token(&mine, "consent", &token));
    assert!(!is_form_token(&Plain::<BrowserSecret>::generate(&random), "logout", &token));
    for bad in ["", "a", &token[1..], &format!("{token}A"), &token.to_lowercase(), mine.expose()] {
        assert!(!is_form_token(&mine, "logout", bad), "{bad}");
    }
}

#[test]
fn r_se_11_other_sites_pages_are_refused() {
    let (own, other) = (("origin", "https://id.example.com"), ("origin", "https://evil.example"));
    assert!(from(&[own]) && from(&[("sec-fetch-site", "same-origin"), own]));
    // Our pages forbid the referrer, and then browsers name no origin even to ourselves.
    assert!(from(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
    assert!(from(&[("sec-fetch-site", "none")]));
    assert!(from(&[]), "no browser: the token decides");
    assert!(
        !from(&[other])
            && !from(&[("origin", "null")])
            && !from(&[("origin", "https://id.example.com:8443")])
    );
    for relation in ["cross-site", "same-site", "", "Same-Origin"] {
        assert!(!from(&[("sec-fetch-site", relation), own]), "{relation}");
    }
}

#[test]
fn r_se_11_both_are_needed() {
    let secret = Plain::<SessionSecret>::generate(&SeededRandom::new(2));
    let token = form_token(&secret, "login");
    let check = |lines, token| check_form(&headers(lines), &site(), &secret, "login", token);
    assert!(check(&[("sec-fetch-site", "same-origin")], Some(&token)).is_ok());
    assert!(check(&[("sec-fetch-site", "cross-site")], Some(&token)).is_err());
    let failure = check(&[("sec-fetch-site", "same-origin")], None).unwrap_err();
    assert_eq!((failure.status.as_u16(), failure.text), (400, "form_outdated"));
}
