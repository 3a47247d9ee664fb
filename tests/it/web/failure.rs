//! Failures: the outcome codes of the security requirements, over a real socket.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use keyward::web::Failure;
use keyward::web::failure::Face;

use crate::support::shell::{Running, start};

async fn failing(failure: Failure) -> Running {
    start(Router::new().route("/", get(|| async move { failure }))).await
}

#[tokio::test]
async fn p400_is_a_page_whatever_is_accepted_and_never_a_redirect() {
    let server = failing(Failure::page("unknown_application", "private detail")).await;
    let answer = server.get("/", "Accept: application/json\r\n").await;
    assert_eq!((answer.status, answer.header("content-type")), (400, Some("text/html; charset=utf-8")));
    assert_eq!((answer.header("location"), answer.header("set-cookie")), (None, None));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let id = answer.header("x-request-id").unwrap();
    assert!(answer.body.contains(&format!("400 unknown_application [] {id} ")), "{}", answer.body);
    assert!(!answer.body.contains("private"));
}

#[tokio::test]
async fn j_is_json_with_no_store_and_a_challenge_for_401() {
    let server = failing(Failure::json(StatusCode::UNAUTHORIZED, "invalid_client", "private detail")).await;
    let answer = server.get("/", "Accept: text/html\r\n").await;
    assert_eq!((answer.status, answer.body.as_str()), (401, r#"{"error":"invalid_client"}"#));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"keyward\""));
    let failure =
        Failure::json(StatusCode::BAD_REQUEST, "invalid_grant", "private").described("the code is spent");
    let answer = failing(failure).await.get("/", "").await;
    assert_eq!(answer.body, r#"{"error":"invalid_grant","error_description":"the code is spent"}"#);
    assert_eq!(answer.header("www-authenticate"), None);
    let failure = Failure::json(StatusCode::UNAUTHORIZED, "invalid_token", "")
        .challenged("Bearer error=\"invalid_token\"");
    let answer = failing(failure).await.get("/", "").await;
    assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
}

#[tokio::test]
async fn lk_says_when_to_try_again() {
    let server = failing(Failure::too_many(Duration::from_millis(60_500), "private")).await;
    let answer = server.get("/", "Accept: text/html\r\n").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("61")));
    assert!(answer.body.contains("too_many_attempts [(\"count\", \"2\")]"), "{}", answer.body);
}

#[tokio::test]
async fn x403_and_404_say_nothing_of_what_exists() {
    let answer =
        failing(Failure::forbidden("user 17 is in no group").on(Face::Problem)).await.get("/", "").await;
    assert_eq!((answer.status, answer.header("content-type")), (403, Some("application/problem+json")));
    assert_eq!(answer.body, r#"{"code":"access_denied","status":403,"title":"Forbidden"}"#);
    let answer = start(Router::new()).await.get("/nothing", "").await;
    assert_eq!((answer.status, answer.body.as_str()), (404, r#"{"error":"not_found"}"#));
}

#[tokio::test]
async fn wrong_methods_name_the_right_ones() {
    let server = start(Router::new().route("/", get(|| async { "hello" }))).await;
    let answer = server.post("/", "Accept: text/html\r\n", "a=1").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET,HEAD")));
}

#[tokio::test]
async fn r_co_10_a_fault_shows_its_id_only() {
    let server = failing(Failure::internal("/var/lib/keyward is full")).await;
    for accept in ["Accept: text/html\r\n", ""] {
        let answer = server.get("/", accept).await;
        assert_eq!(answer.status, 500);
        assert!(!answer.body.contains("/var"), "{}", answer.body);
    }
}

#[tokio::test]
async fn pages_that_fail_still_give_an_answer() {
    let answer = failing(Failure::page("pages_fail", "")).await.get("/", "").await;
    let id = answer.header("x-request-id").unwrap().to_owned();
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains(&format!("<p>Request {id}</p>")), "{}", answer.body);
}

#[tokio::test]
async fn request_ids_are_ours_and_new_each_time() {
    let server = failing(Failure::not_found()).await;
    let first = server.get("/", "X-Request-Id: chosen\r\n").await;
    let second = server.get("/", "").await;
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
    assert_ne!(first.header("x-request-id"), Some("chosen"));
}
