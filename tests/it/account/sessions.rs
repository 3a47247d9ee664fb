//! The list of sessions, and ending them (R-SE-05, R-SE-07, R-SE-11).

use super::{FIREFOX, PHONE, at_portal, is_refused_from_elsewhere, is_signed_in};
use crate::support::app;
use crate::support::browser::Browser;
use crate::support::page::Page;

fn rows(page: &Page) -> Vec<String> {
    page.all(".row", |row| row.text().collect::<String>())
}

/// The values of the buttons, of this browser's session last.
fn sessions(page: &Page) -> Vec<String> {
    page.all("button[name=session]", |button| button.value().attr("value").unwrap().to_owned())
}

#[tokio::test]
async fn r_se_07_each_session_is_listed_with_browser_network_times_and_applications() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let (mut laptop, _) = at_portal(&app, &ann, FIREFOX).await;
    wiki.sign_in(&app, &mut laptop, &ann, wiki.request()).await;
    app.pass(600);
    let (mut phone, _) = at_portal(&app, &ann, PHONE).await;
    app.pass(60);
    let page = phone.open(app.url("/account/sessions")).await;
    let rows = rows(&page);
    assert_eq!(rows.len(), 2, "{rows:?}");
    let row = |word: &str| rows.iter().find(|row| row.contains(word)).unwrap().clone();
    assert!(row("Chrome on Android").contains("this browser"));
    let laptop_row = row("Firefox on Windows");
    for said in ["127.0.0.0/24", "Signed in 2027-01-15 08:00 UTC", "Used for"] {
        assert!(laptop_row.contains(said), "{said}: {laptop_row}");
    }
    assert!(!laptop_row.contains("this browser"));
}

#[tokio::test]
async fn r_se_07_one_session_is_ended_and_with_it_its_tokens_and_nobody_elses() {
    let app = app::start().await;
    let (ann, bob) = (app.person("ann").await, app.person("bob").await);
    let wiki = app.application().await;
    let (mut laptop, _) = at_portal(&app, &ann, FIREFOX).await;
    let signed_in = wiki.sign_in(&app, &mut laptop, &ann, wiki.request()).await;
    let (mut phone, _) = at_portal(&app, &ann, PHONE).await;
    let (mut bobs, _) = at_portal(&app, &bob, PHONE).await;
    let bobs_session = sessions(&bobs.open(app.url("/account/sessions")).await).remove(0);
    let page = phone.open(app.url("/account/sessions")).await;
    is_refused_from_elsewhere(&mut phone, &page, "sessions", ("action", "others")).await;
    assert_eq!(phone.get(app.url("/account/sessions?action=others")).await.status, 200, "R-SE-12");
    assert!(is_signed_in(&app, &mut laptop).await);
    // Another person's id is nobody's here.
    phone.submit(&page, "sessions", &[("session", &bobs_session)]).await;
    assert!(is_signed_in(&app, &mut bobs).await);
    let laptops = signed_in.claims["sid"].as_str().unwrap().to_owned();
    let page = phone.submit(&page, "sessions", &[("session", &laptops)]).await;
    assert_eq!(rows(&page).len(), 1);
    assert!(!is_signed_in(&app, &mut laptop).await);
    assert!(is_signed_in(&app, &mut phone).await);
    assert_eq!(wiki.userinfo(&signed_in.access_token()).await.status, 401);
    let ended = app.events().await;
    assert!(ended.iter().any(|event| event["reason"] == "ended_by_the_person"), "{ended:?}");
}

/// Also what was only begun elsewhere: a journey in which the password was given signs nobody in afterwards.
#[tokio::test]
async fn r_se_07_all_others_are_ended_also_those_under_way() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let (mut laptop, _) = at_portal(&app, &ann, FIREFOX).await;
    let (mut phone, _) = at_portal(&app, &ann, PHONE).await;
    let mut thief = Browser::new();
    let half = thief.open(app.url("/sign-in")).await;
    let half = thief.submit(&half, "login", &[("username", "ann"), ("password", &ann.password)]).await;
    assert!(half.has("factor"));
    let page = phone.open(app.url("/account/sessions")).await;
    let page = phone.submit(&page, "sessions", &[("action", "others")]).await;
    assert_eq!(rows(&page).len(), 1, "{}", page.body);
    assert!(!is_signed_in(&app, &mut laptop).await);
    app.pass(30);
    let page = thief.submit(&half, "factor", &[("code", &ann.code(&app))]).await;
    assert_eq!(page.status, 400, "{}", page.body);
    assert!(is_signed_in(&app, &mut phone).await, "the one at hand goes on");
}

#[tokio::test]
async fn r_se_07_all_are_ended_and_the_applications_of_this_browser_are_told() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let (mut laptop, _) = at_portal(&app, &ann, FIREFOX).await;
    let (mut phone, _) = at_portal(&app, &ann, PHONE).await;
    wiki.sign_in(&app, &mut phone, &ann, wiki.request()).await;
    let page = phone.open(app.url("/account/sessions")).await;
    let page = phone.submit(&page, "sessions", &[("action", "all")]).await;
    assert!(page.has("sign-out-status"), "{}", page.body);
    assert!(phone.cookie(&app.issuer, "__Host-keyward-session").is_none());
    assert!(!is_signed_in(&app, &mut laptop).await && !is_signed_in(&app, &mut phone).await);
}

#[tokio::test]
async fn ending_the_session_at_hand_is_a_sign_out() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let (mut laptop, _) = at_portal(&app, &ann, FIREFOX).await;
    let page = laptop.open(app.url("/account/sessions")).await;
    let own = sessions(&page).remove(0);
    let page = laptop.submit(&page, "sessions", &[("session", &own)]).await;
    assert!(page.has("sign-out-status"), "{}", page.body);
    assert!(!is_signed_in(&app, &mut laptop).await);
}
