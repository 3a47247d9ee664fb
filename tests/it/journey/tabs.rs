//! Back button, double submit, two tabs, old pages, other browsers (R-AZ-16, R-AZ-17, R-MF-03).

use keyward::storage::Batch;
use keyward::vocabulary::ClientMetadata;

use super::{codes_of, enrol, is_signed_in, password_given, sent, type_password};
use crate::support::app;
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::relying_party::web_application;

const RESTART: &str = "This sign-in page is no longer valid";

#[tokio::test]
async fn a_form_that_was_passed_leads_on_and_one_that_was_not_reached_begins_anew() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    let login = sent(&mut browser, &wiki).await;
    let factor = type_password(&mut browser, &login, &ann).await;
    let again = type_password(&mut browser, &login, &ann).await;
    assert!(again.has("factor"), "double submit, or back and submit");
    let ahead = login.form("login").action.as_str().replace("/password", "/consent");
    let token = login.form("login").fields[0].1.clone();
    let page = browser.post_only(&ahead, &[("form_token", &token), ("action", "allow")]).await;
    assert_eq!((page.status.as_u16(), page.title().as_str()), (400, RESTART), "R-MF-03");
    let done = browser.submit(&factor, "factor", &[("code", &ann.code(&app))]).await;
    assert!(done.arrival().unwrap().get("code").is_some());
    let after = browser.submit(&factor, "factor", &[("code", &ann.code(&app))]).await;
    assert_eq!((after.status.as_u16(), after.title().as_str()), (400, RESTART));
    assert!(is_signed_in(&mut browser, &wiki).await, "the session is untouched");
}

/// Sends the same form four times at once, as an impatient person does; answers the pages that the browsers rest on.
async fn at_once(browser: &Browser, page: &Page, form: &str, fill: &[(&str, &str)]) -> Vec<(Browser, Page)> {
    let mut tabs: Vec<_> = (0..4).map(|_| browser.clone()).collect();
    let [one, two, three, four] = tabs.as_mut_slice() else { unreachable!() };
    let (a, b, c, d) = tokio::join!(
        one.submit(page, form, fill),
        two.submit(page, form, fill),
        three.submit(page, form, fill),
        four.submit(page, form, fill)
    );
    tabs.into_iter().zip([a, b, c, d]).collect()
}

#[tokio::test]
async fn a_form_sent_four_times_at_once_is_done_once_and_nobody_sees_a_fault() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    let login = sent(&mut browser, &wiki).await;
    let fill = [("username", "ann"), ("password", &*ann.password)];
    let mut pages = at_once(&browser, &login, "login", &fill).await;
    for (_, page) in &pages {
        assert!(page.status == 200 && page.has("factor"), "{} {}", page.status, page.body);
    }
    let factor = pages.remove(0).1;
    let pages = at_once(&browser, &factor, "factor", &[("code", &ann.code(&app))]).await;
    let mut arrived = 0;
    for (mut tab, page) in pages {
        assert!(page.status.as_u16() < 500, "{} {}", page.status, page.body);
        if page.arrival().is_some_and(|arrival| arrival.get("code").is_some()) {
            arrived += 1;
            assert!(is_signed_in(&mut tab, &wiki).await);
        }
    }
    assert_eq!(arrived, 1);
    assert_eq!(app.app.sessions.of_user(&ann.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn enrolment_codes_and_consent_bear_being_sent_twice() {
    let app = app::start().await;
    let mut ann = app.person_without_factor("ann").await;
    let board = ClientMetadata { consent_skipped: false, ..web_application("https://board.example.com") };
    let board = app.application_like(board).await;
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &board, &ann).await;
    let codes = enrol(&app, &mut browser, &page, &mut ann).await;
    let again = enrol(&app, &mut browser, &page, &mut ann).await;
    assert_eq!(codes_of(&again).len(), 10, "{}", again.body);
    let consent = browser.submit(&again, "recovery-codes", &[("saved", "yes")]).await;
    let again = browser.submit(&codes, "recovery-codes", &[("saved", "yes")]).await;
    assert!(again.has("consent"), "{}", again.body);
    let done = browser.submit(&consent, "consent", &[("action", "allow")]).await;
    assert!(done.arrival().unwrap().get("code").is_some());
    let after = browser.submit(&consent, "consent", &[("action", "allow")]).await;
    assert_eq!(after.status, 400);
}

#[tokio::test]
async fn the_second_tab_needs_nothing_once_the_first_has_signed_in() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    let request = wiki.request();
    let second = browser.open(request.url()).await;
    wiki.sign_in(&app, &mut browser, &ann, wiki.request()).await;
    let page = browser.open(&second.url).await;
    let signed_in = wiki.complete(&request, &page).await;
    assert_eq!(signed_in.claims["sub"], ann.id.as_str());
}

#[tokio::test]
async fn r_az_17_a_journey_lasts_a_quarter_of_an_hour_and_a_browser_has_ten() {
    let app = app::start().await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    let first = sent(&mut browser, &wiki).await;
    for _ in 0..9 {
        sent(&mut browser, &wiki).await;
    }
    assert_eq!(browser.get(&first.url).await.status, 200);
    let last = sent(&mut browser, &wiki).await;
    let gone = browser.get(&first.url).await;
    assert_eq!((gone.status.as_u16(), gone.title().as_str()), (400, RESTART), "the eleventh drops the first");
    super::assert_offers_support(&gone);
    app.pass(899);
    assert_eq!(browser.get(&last.url).await.status, 200);
    app.pass(1);
    assert_eq!(browser.get(&last.url).await.status, 400);
}

#[tokio::test]
async fn r_az_16_the_address_of_a_journey_is_worthless_in_another_browser() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let (mut mine, mut other) = (Browser::new(), Browser::new());
    let login = sent(&mut mine, &wiki).await;
    for _ in 0..2 {
        assert_eq!(other.get(&login.url).await.status, 400, "with no cookie, then with its own");
        let page = type_password(&mut other, &login, &ann).await;
        assert_eq!(page.status, 400);
        sent(&mut other, &wiki).await;
    }
    let own = sent(&mut mine, &wiki).await;
    let action = own.form("login").action;
    let token = login.form("login").fields[0].1.clone();
    let fill = [("form_token", token.as_str()), ("username", "ann"), ("password", &ann.password)];
    assert_eq!(mine.post_only(action, &fill).await.status, 400, "another journey's token");
}

/// R-MF-02: the person whom a page is about stays the person of its journey.
#[tokio::test]
async fn r_mf_02_consent_of_one_person_is_not_given_for_the_next_who_signs_in() {
    let app = app::start().await;
    let (ann, bob) = (app.person("ann").await, app.person("bob").await);
    let wiki = app.application().await;
    let board = ClientMetadata { consent_skipped: false, ..web_application("https://board.example.com") };
    let board = app.application_like(board).await;
    let mut browser = Browser::new();
    wiki.sign_in(&app, &mut browser, &ann, wiki.request()).await;
    let consent = sent(&mut browser, &board).await;
    assert!(consent.has("consent"));
    wiki.sign_in(&app, &mut browser, &bob, wiki.request().with("prompt", "login")).await;
    let page = browser.submit(&consent, "consent", &[("action", "allow")]).await;
    assert_eq!((page.status.as_u16(), page.title().as_str()), (400, RESTART));
    let page = sent(&mut browser, &board).await;
    assert!(page.has("consent"), "Bob was not asked yet");
}

#[tokio::test]
async fn who_is_disabled_on_the_way_goes_no_further() {
    let app = app::start().await;
    let mut ann = app.person_without_factor("ann").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &wiki, &ann).await;
    let state = keyward::users::user::State::Disabled;
    app.app.users.set_state(&ann.id, state, Batch::new()).await.unwrap();
    let page = enrol(&app, &mut browser, &page, &mut ann).await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert!(!is_signed_in(&mut browser, &wiki).await);
}

/// R-AZ-17, security requirements 4.12: what stands open in another tab signs nobody in after the sign-out, though all was
/// proved in it.
#[tokio::test]
async fn a_journey_parked_in_another_tab_ends_with_the_sign_out() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let asking = ClientMetadata { consent_skipped: false, ..web_application("https://board.example.com") };
    let board = app.application_like(asking).await;
    let mut browser = Browser::new();
    let login = sent(&mut browser, &board).await;
    let factor = type_password(&mut browser, &login, &ann).await;
    let consent = browser.submit(&factor, "factor", &[("code", &ann.code(&app))]).await;
    assert!(consent.has("consent"), "{}", consent.body);
    app.pass(60);
    let done = wiki.sign_in(&app, &mut browser, &ann, wiki.request()).await;
    browser.get(app.url(&format!("/logout?id_token_hint={}", done.id_token()))).await;
    assert!(!is_signed_in(&mut browser, &wiki).await);
    let page = browser.submit(&consent, "consent", &[("action", "allow")]).await;
    assert_eq!((page.status.as_u16(), page.title().as_str()), (400, RESTART));
    assert!(!is_signed_in(&mut browser, &wiki).await);
}

/// R-ST-07: above the bound the oldest journeys of nobody give way; whoever has begun to sign in stays.
#[tokio::test]
async fn r_st_07_the_oldest_journeys_of_nobody_give_way() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let mut known = Browser::new();
    let login = sent(&mut known, &wiki).await;
    let factor = type_password(&mut known, &login, &ann).await;
    let mut strangers = Vec::new();
    for _ in 0..4 {
        app.pass(1);
        let mut browser = Browser::new();
        let page = sent(&mut browser, &wiki).await;
        strangers.push((browser, page));
    }
    assert_eq!(keyward::journey::store::evict(app.store(), 5).await.unwrap(), 0, "five stand open");
    assert_eq!(keyward::journey::store::evict(app.store(), 3).await.unwrap(), 2);
    for (place, (mut browser, page)) in strangers.into_iter().enumerate() {
        let answer = type_password(&mut browser, &page, &ann).await;
        assert_eq!(answer.has("factor"), place >= 2, "stranger {place}: {}", answer.title());
    }
    let done = known.submit(&factor, "factor", &[("code", &ann.code(&app))]).await;
    assert!(done.arrival().unwrap().get("code").is_some(), "Ann had begun before them all");
}
