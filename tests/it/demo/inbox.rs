//! The demonstration's mailbox: every mail arrives there, for people and for programs.

use reqwest::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use serde_json::Value;

use crate::support::browser::http;
use crate::support::program::Demo;

async fn get(url: &str, accept: &str) -> reqwest::Response {
    http().get(url).header(ACCEPT, accept).send().await.unwrap()
}

async fn mails(inbox: &str) -> Vec<Value> {
    let answer = get(&format!("{inbox}/?format=json"), "*/*").await;
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    body["mails"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_mail_of_the_demonstration_stands_in_its_mailbox() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(folder.path(), &["--totp-enrolled"]).await;
    let inbox = demo.text("/inbox_url");
    let mut found = Vec::new();
    for _ in 0..200 {
        found = mails(&inbox).await;
        if found.len() >= 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let ids: Vec<_> = found.iter().map(|mail| mail["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, [3, 2, 1], "newest first");
    let to: Vec<_> = found.iter().map(|mail| mail["recipients"][0].as_str().unwrap().to_owned()).collect();
    for person in 0..3 {
        assert!(to.contains(&demo.text(&format!("/people/{person}/email"))), "{to:?}");
    }
    let accepted = get(&inbox, "application/json").await;
    assert_eq!(accepted.headers()[CONTENT_TYPE], "application/json");

    let page = get(&inbox, "text/html").await;
    assert!(
        page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().contains(&format!("frame-src {inbox}"))
    );
    let page = page.text().await.unwrap();
    assert!(page.contains("a second factor was added") && page.contains("iframe sandbox"), "{page}");
    let html = get(&format!("{inbox}/mails/1/html"), "text/html").await;
    let policy = html.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.starts_with("sandbox; default-src 'none'"), "{policy}");
    assert_eq!(html.headers()["x-frame-options"], "SAMEORIGIN");
    assert!(html.text().await.unwrap().contains("Hello"));
    assert_eq!(get(&format!("{inbox}/mails/99/html"), "text/html").await.status(), 404);

    demo.kill();
    drop(demo);
    let again = Demo::start(folder.path(), &[]).await;
    assert_eq!(again.text("/inbox_url"), inbox, "its address stays");
    assert!(mails(&inbox).await.is_empty(), "what it held is gone with the process");
}
