//! Cookies: attributes, and refusal of what is doubtful.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use keyward::web::cookies::{self, Cookies};

fn read(lines: &[&str]) -> Cookies {
    Cookies::read(&headers(lines)).unwrap()
}

fn headers(lines: &[&str]) -> HeaderMap {
    lines.iter().map(|line| (header::COOKIE, HeaderValue::from_bytes(line.as_bytes()).unwrap())).collect()
}

#[test]
fn r_se_01_attributes_are_exact() {
    let line = cookies::set("session", "kwsAbc123", None).unwrap();
    assert_eq!(line, "__Host-session=kwsAbc123; Path=/; Secure; HttpOnly; SameSite=Lax");
    assert!(line.is_sensitive());
    let line = cookies::set("device", "x", Some(Duration::from_secs(60))).unwrap();
    assert_eq!(line, "__Host-device=x; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60");
    let line = cookies::remove("session").unwrap();
    assert_eq!(line, "__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
}

#[test]
fn r_se_01_values_are_opaque_and_short() {
    assert!(cookies::set("session", &"a".repeat(128), None).is_ok());
    for bad in ["", "a b", "a;b", "a,b", "a\"b", "a\r\nSet-Cookie: x=y", "ü", &"a".repeat(129)] {
        assert!(cookies::set("session", bad, None).is_err(), "{bad:?}");
    }
}

#[test]
fn one_is_found_among_others() {
    assert_eq!(read(&["a=b; __Host-session=kws1; c=d"]).get("session"), Some("kws1"));
    assert_eq!(read(&["a=b", "__Host-session=kws1;"]).get("session"), Some("kws1"));
    assert_eq!(read(&["session=kws1; __host-session=kws1; __Secure-session=kws1"]).get("session"), None);
    assert_eq!(read(&[]).get("session"), None);
}

#[test]
fn r_co_05_doubtful_ones_count_as_none() {
    for doubtful in [
        "__Host-session=a; __Host-session=b",
        "__Host-session=a; __Host-session=a",
        "__Host-session",
        "__Host-session=",
        "__Host-session=\"a\"",
        "__Host-session=a b",
        "__Host-session=ü",
        "__Host-session=a=b",
    ] {
        assert_eq!(read(&[doubtful]).get("session"), None, "{doubtful}");
    }
    assert_eq!(read(&["__Host-session=a", "__Host-session=b"]).get("session"), None, "in two headers");
    assert_eq!(
        read(&["x=\u{fc}; __Host-session=a"]).get("session"),
        Some("a"),
        "another one's fault is not ours"
    );
}

#[test]
fn r_tr_09_more_than_fifty_are_refused() {
    assert!(Cookies::read(&headers(&[&vec!["a=b"; 50].join("; ")])).is_ok());
    let refused = Cookies::read(&headers(&[&vec!["a=b"; 51].join("; ")])).unwrap_err();
    assert_eq!(refused.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[test]
fn values_are_not_printed() {
    assert_eq!(format!("{:?}", read(&["__Host-session=kws1"])), "[\"__Host-session\"]");
}
