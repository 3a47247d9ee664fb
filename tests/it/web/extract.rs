//! Parameters: UTF-8 only, repeated names noticed, sizes bounded.

use axum::Router;
use axum::routing::{get, post};
use keyward::web::extract::Repeated;
use keyward::web::{Failure, Form, Parameters, Query};
use proptest::prelude::*;

use crate::support::shell::start;

async fn one(Query(query): Query) -> Result<String, Failure> {
    Ok(query.get("a")?.unwrap_or("(none)").to_owned())
}

async fn form(Form(form): Form) -> Result<String, Failure> {
    Ok(form.get("a")?.unwrap_or("(none)").to_owned())
}

fn routes() -> Router {
    Router::new().route("/query", get(one)).route("/form", post(form))
}

#[tokio::test]
async fn r_tr_11_only_utf_8_is_read() {
    let server = start(routes()).await;
    for bad in ["%ff", "%C3", "%ED%A0%80", "%", "%4", "%zz", "%+1"] {
        assert_eq!(server.get(&format!("/query?a={bad}"), "").await.status, 400, "{bad}");
        assert_eq!(server.get(&format!("/query?{bad}=1"), "").await.status, 400, "{bad}");
        let answer = server.post("/form", "", &format!("a={bad}")).await;
        assert_eq!(answer.status, 400, "{bad}");
        assert!(
            !answer.body.contains(bad) && answer.body.starts_with(r#"{"error":"invalid_request","#),
            "{}",
            answer.body
        );
    }
    assert_eq!(server.get("/query?a=%C3%BC+%2B", "").await.body, "ü +");
    assert_eq!(server.post("/form", "", "a=ü%26").await.body, "ü&");
}

#[tokio::test]
async fn r_az_08_a_repeated_parameter_is_noticed() {
    let server = start(routes()).await;
    for twice in ["a=1&a=2", "a=1&a=1", "a=&a=1", "a&a", "a=1&%61=2"] {
        assert_eq!(server.get(&format!("/query?{twice}"), "").await.status, 400, "{twice}");
        assert_eq!(server.post("/form", "", twice).await.status, 400, "{twice}");
    }
    assert_eq!(
        server.get("/query?b=1&b=2&a=3", "").await.body,
        "3",
        "another one's repetition is for its reader"
    );
    let parameters = Parameters::parse(b"x=1&y=2&x=3").unwrap();
    assert_eq!((parameters.repeated(), parameters.get("x")), (Some("x"), Err(Repeated("x".to_owned()))));
}

#[tokio::test]
async fn a_parameter_without_value_counts_as_absent() {
    // RFC 6749 section 3.1
    let server = start(routes()).await;
    for empty in ["", "a", "a=", "&&"] {
        assert_eq!(server.get(&format!("/query?{empty}"), "").await.body, "(none)", "{empty}");
    }
}

#[tokio::test]
async fn r_az_20_sizes_are_bounded() {
    let server = start(routes()).await;
    assert_eq!(server.get(&format!("/query?a=1{}", "&b=2".repeat(63)), "").await.status, 200);
    assert_eq!(server.get(&format!("/query?a=1{}", "&b=2".repeat(64)), "").await.status, 400);
    assert_eq!(server.get(&format!("/query?a={}", "b".repeat(8190)), "").await.status, 200);
    assert_eq!(server.get(&format!("/query?a={}", "b".repeat(8191)), "").await.status, 400);
    assert_eq!(server.get(&format!("/query?{}=1", "b".repeat(257)), "").await.status, 400);
}

#[tokio::test]
async fn only_forms_are_read_as_forms() {
    let server = start(routes()).await;
    let send = async |kind: &str| {
        let text = crate::support::raw::post("id.example.com", "/form", "", "a=1");
        let text = text.replace("Content-Type: application/x-www-form-urlencoded\r\n", kind);
        crate::support::raw::send(server.address, text).await.status
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(send(&format!("Content-Type: {form};charset=UTF-8\r\n")).await, 200);
    assert_eq!(send(&format!("Content-Type: {}; charset=\"utf-8\"\r\n", form.to_uppercase())).await, 200);
    assert_eq!(send("").await, 415);
    assert_eq!(send("Content-Type: application/json\r\n").await, 415);
    assert_eq!(send("Content-Type: multipart/form-data; boundary=x\r\n").await, 415);
    assert_eq!(send(&format!("Content-Type: {form}; charset=latin1\r\n")).await, 415);
    assert_eq!(send(&format!("Content-Type: {form}\r\nContent-Type: text/plain\r\n")).await, 415);
}

#[test]
fn values_are_not_printed() {
    let parameters = Parameters::parse(b"password=hunter2").unwrap();
    assert_eq!(format!("{parameters:?}"), "[\"password\"]");
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

proptest! {
    /// Whatever the bytes: parameters or a refusal, never a panic.
    #[test]
    fn any_bytes_are_parameters_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(parameters) = Parameters::parse(&bytes) {
            prop_assert!(parameters.iter().count() <= 64);
        }
    }

    /// What is written by the rules is read back the same.
    #[test]
    fn what_is_written_is_read(pairs in proptest::collection::vec(("[a-z]{1,5}", any::<String>()), 0..20)) {
        let text = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&");
        let read = Parameters::parse(text.as_bytes()).unwrap();
        let read: Vec<_> = read.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        prop_assert_eq!(read, pairs);
    }

    /// Where the lenient reader of the URL standard and ours both read, they read the same.
    #[test]
    fn it_agrees_with_the_url_standard(text in "[a-c%0-9A-F+=&]{0,40}") {
        if let Ok(ours) = Parameters::parse(text.as_bytes()) {
            let theirs: Vec<_> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
            let ours: Vec<_> = ours.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            prop_assert_eq!(ours, theirs);
        }
    }
}
