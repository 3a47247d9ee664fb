//! Ways out of a journey, languages, and applications that forget (R-AZ-17, RFC 6749 section 4.1.2.1).

use keyward::clients::Preset;
use keyward::users::NewUser;
use keyward::users::profile::{LanguageTag, Username};
use keyward::vocabulary::ClientMetadata;
use reqwest::Method;

use super::{codes_of, enrol, error_of, is_signed_in, password_given, sent};
use crate::support::app;
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::relying_party::web_application;

/// Sends the form of `page` with the button *cancel*; the application is told so, with its own state.
async fn cancels(browser: &mut Browser, page: &Page, form: &str) {
    let page = browser.submit(page, form, &[("action", "cancel")]).await;
    assert_eq!(error_of(&page), "access_denied", "{form}");
    assert!(page.arrival().unwrap().get("state").is_some());
}

#[tokio::test]
async fn cancel_leads_back_to_the_application_from_every_page() {
    let app = app::start().await;
    let (ann, mut bob) = (app.person("ann").await, app.person_without_factor("bob").await);
    let board = ClientMetadata { consent_skipped: false, ..web_application("https://board.example.com") };
    let (wiki, board) = (app.application().await, app.application_like(board).await);
    let mut browser = Browser::new();
    let page = sent(&mut browser, &wiki).await;
    cancels(&mut browser, &page, "login").await;
    let page = password_given(&mut browser, &wiki, &ann).await;
    cancels(&mut browser, &page, "factor").await;
    let page = password_given(&mut browser, &wiki, &ann).await;
    let page = browser.submit(&page, "factor", &[("action", "lost_factor")]).await;
    cancels(&mut browser, &page, "lost-factor").await;
    let page = password_given(&mut browser, &wiki, &bob).await;
    cancels(&mut browser, &page, "enrol").await;
    let page = password_given(&mut browser, &wiki, &bob).await;
    let page = enrol(&app, &mut browser, &page, &mut bob).await;
    let code = codes_of(&page)[0].clone();
    cancels(&mut browser, &page, "recovery-codes").await;
    let page = password_given(&mut browser, &wiki, &bob).await;
    let page = browser.submit(&page, "factor", &[("action", "recovery_code")]).await;
    cancels(&mut browser, &page, "factor").await;
    assert!(!is_signed_in(&mut browser, &wiki).await, "nothing was left behind");
    assert!(!code.is_empty());
    app.pass(30);
    wiki.sign_in(&app, &mut browser, &ann, wiki.request()).await;
    let page = sent(&mut browser, &board).await;
    cancels(&mut browser, &page, "consent").await;
    let page = sent(&mut browser, &board).await;
    let page = browser.submit(&page, "consent", &[("action", "deny")]).await;
    assert_eq!(error_of(&page), "access_denied");
    let page = browser.open(wiki.request().with("prompt", "select_account").url()).await;
    cancels(&mut browser, &page, "select-account").await;
    assert!(is_signed_in(&mut browser, &wiki).await, "section 4.10: the session is untouched");
}

/// facts/atlassian.md: the applications forget their side of a sign-in after five minutes.
#[tokio::test]
async fn a_long_sign_in_to_an_atlassian_application_is_started_anew_there_and_then_succeeds_silently() {
    let app = app::start().await;
    let mut ann = app.person_without_factor("ann").await;
    let jira = app.preset(Preset::JiraDc, "https://jira.example.com").await;
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &jira, &ann).await;
    app.pass(241);
    let page = enrol(&app, &mut browser, &page, &mut ann).await;
    let page = browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    let target = page.hand_over().expect("no hand-over");
    let client = app.app.clients.list(None, 10).await.unwrap().remove(0);
    assert_eq!(target.as_str(), client.initiate_login_uri.unwrap());
    assert!(target.query().unwrap().contains("iss="));
    let request = jira.request();
    let page = browser.open(request.url()).await;
    assert_eq!(page.status, 303, "no page is shown");
    jira.complete(&request, &page).await;
}

#[tokio::test]
async fn a_short_sign_in_is_answered_at_once() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let jira = app.preset(Preset::JiraDc, "https://jira.example.com").await;
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &jira, &ann).await;
    app.pass(240);
    let page = browser.submit(&page, "factor", &[("code", &ann.code(&app))]).await;
    assert!(page.arrival().unwrap().get("code").is_some());
}

fn language(page: &Page) -> String {
    let tags = page.all("html", |html| html.value().attr("lang").unwrap().to_owned());
    tags[0].clone()
}

fn is_german(page: &Page) -> bool {
    language(page) == "de"
}

#[tokio::test]
async fn the_language_follows_the_application_then_the_person_then_the_browser() {
    let app = app::start().await;
    let mut bob = NewUser::named(Username::new("bob").unwrap());
    bob.language = Some(LanguageTag::new("fr-CH").unwrap());
    let mut bob = app.person_like(bob).await;
    bob.secret = Some(app.give_totp(&bob.id, "bob").await);
    let wiki = app.application().await;
    let mut browser = Browser::new();
    browser.headers.insert("accept-language", "de-DE,de;q=0.9".parse().unwrap());
    let page = sent(&mut browser, &wiki).await;
    assert_eq!((language(&page).as_str(), page.title().as_str()), ("de", "Anmelden"));
    let page = super::type_password(&mut browser, &page, &bob).await;
    assert_eq!((language(&page).as_str(), page.title().as_str()), ("fr", "Saisissez votre code"));
    let page = browser.open(wiki.request().with("ui_locales", "xx en-AU").url()).await;
    assert_eq!((language(&page).as_str(), page.title().as_str()), ("en", "Sign in"));
    let page = super::type_password(&mut browser, &page, &bob).await;
    assert_eq!(page.title(), "Enter your code", "the whole journey");
    let page = browser.submit(&page, "factor", &[("code", &bob.code(&app))]).await;
    assert_eq!(language(&page), "en", "the page that leads on");
    assert_eq!(language(&browser.open(app.url("/")).await), "fr", "the own pages know the person");
    let page = browser.open(app.url("/logout")).await;
    assert_eq!(language(&page), "fr");
    let page = browser.submit(&page, "logout", &[]).await;
    assert_eq!(language(&page), "fr", "although nobody is signed in any more");
}

#[tokio::test]
async fn refusals_restarts_and_errors_are_said_in_the_language_of_the_request() {
    let app = app::start().await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    browser.headers.insert("accept-language", "fr".parse().unwrap());
    let german = || wiki.request().with("ui_locales", "de");
    let page = browser.open(german().with("client_id", "nobody").url()).await;
    assert!(is_german(&page), "an application that is not known");
    let page = browser.open(app.url("/nowhere?ui_locales=de")).await;
    assert!(is_german(&page) && page.title() == "Diese Seite gibt es nicht", "{}", page.title());
    let page = browser.open(german().url()).await;
    let forged = browser.submit(&page, "login", &[("form_token", "forged")]).await;
    assert!(is_german(&forged) && !forged.has("login"), "a form that is not ours: {}", forged.title());
    let form = page.form("login");
    let elsewhere = form.action.as_str().replace("/password", "/second-factor");
    let early = browser.send(Method::POST, &elsewhere, Some(&form.fields)).await;
    assert!(is_german(&early) && early.title().contains("gilt nicht mehr"), "a step that does not fit");
    let page = browser.submit(&page, "login", &[("action", "cancel")]).await;
    assert!(is_german(&page) && page.hand_over().is_some(), "the way back to the application");
    assert_eq!(language(&browser.open(app.url("/nowhere")).await), "fr", "nobody else is concerned");
}
