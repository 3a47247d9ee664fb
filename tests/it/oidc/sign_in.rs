//! The whole way once: a person without a session reaches an application, and the next one without being asked.

use crate::support::app;
use crate::support::browser::Browser;
use crate::support::relying_party::web_application;

#[tokio::test]
async fn a_person_signs_in_once_and_reaches_the_second_application_without_a_prompt() {
    let app = app::start().await;
    let ada = app.person("ada").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    let first = wiki.sign_in(&app, &mut browser, &ada, wiki.request()).await;
    assert_eq!(first.claims["sub"], ada.id.as_str());

    let board = app.application_like(web_application("https://board.example.com")).await;
    let request = board.request();
    let page = browser.get(request.url()).await;
    assert_eq!(page.status, 303, "{}", page.body);
    let second = board.complete(&request, &page).await;
    assert_eq!(second.claims["sub"], first.claims["sub"]);
    assert_eq!(second.claims["sid"], first.claims["sid"]);
    assert_eq!(second.claims["auth_time"], first.claims["auth_time"]);
}
