//! What a sign-in leaves behind: sid, cookie, limits in time (R-SE-01 to R-SE-06, R-AZ-11).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keyward::app::{App, Ground};
use keyward::config::Settings;
use keyward::factors::totp;
use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;
use keyward::foundation::random::SeededRandom;
use keyward::storage;

use super::{SESSION, is_signed_in, password_given, sent, type_password};
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;

/// What the session cookie holds: sid and secret.
fn cookie(browser: &Browser, app: &TestApp) -> (String, String) {
    let value = browser.cookie(&app.issuer, SESSION).expect("not signed in");
    let (sid, secret) = value.split_once('.').unwrap();
    (sid.to_owned(), secret.to_owned())
}

#[tokio::test]
async fn r_se_02_each_rise_changes_the_secret_and_keeps_the_sid() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    let first = wiki.sign_in(&app, &mut browser, &ann, wiki.request()).await;
    let line = browser.set_cookies.iter().find(|line| line.starts_with(SESSION)).unwrap();
    for attribute in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(line.contains(attribute), "R-SE-01: {line}");
    }
    let (sid, secret) = cookie(&browser, &app);
    assert_eq!(first.claims["sid"], sid.as_str());
    let mut thief = browser.clone();
    app.pass(60);
    let login = wiki.request().with("prompt", "login");
    let second = wiki.sign_in(&app, &mut browser, &ann, login).await;
    let (same, other) = cookie(&browser, &app);
    assert_eq!(same, sid);
    assert_ne!(other, secret);
    assert_eq!(second.claims["auth_time"], app.now(), "R-AZ-11");
    assert!(!is_signed_in(&mut thief, &wiki).await, "the old secret is dead");
    assert!(is_signed_in(&mut browser, &wiki).await);
}

#[tokio::test]
async fn r_az_11_prompt_login_asks_the_password_and_not_the_young_second_factor() {
    let app = app::start_with(|settings| {
        settings.sessions.idle = Duration::from_secs(48 * 3600);
        settings.sessions.absolute = Duration::from_secs(48 * 3600);
    })
    .await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    wiki.sign_in(&app, &mut browser, &ann, wiki.request()).await;
    app.pass(43_200);
    let page = browser.open(wiki.request().with("prompt", "login").url()).await;
    assert_eq!(page.attribute("username", "value").as_deref(), Some("ann"));
    let page = type_password(&mut browser, &page, &ann).await;
    assert!(page.arrival().unwrap().get("code").is_some());
    app.pass(1);
    let page = sent(&mut browser, &wiki).await;
    assert!(page.has("factor"), "after twelve hours the second factor alone is asked again");
    let page = browser.submit(&page, "factor", &[("code", &ann.code(&app))]).await;
    assert!(page.arrival().unwrap().get("code").is_some());
}

#[tokio::test]
async fn r_se_04_an_hour_without_use_or_twelve_in_all_end_a_session() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    wiki.sign_in(&app, &mut browser, &ann, wiki.request()).await;
    for _ in 0..14 {
        app.pass(3000);
        assert!(is_signed_in(&mut browser, &wiki).await, "in use");
    }
    app.pass(1199);
    assert!(is_signed_in(&mut browser, &wiki).await);
    app.pass(1);
    assert!(!is_signed_in(&mut browser, &wiki).await, "twelve hours");
    wiki.sign_in(&app, &mut browser, &ann, wiki.request()).await;
    app.pass(3600);
    assert!(!is_signed_in(&mut browser, &wiki).await, "an hour");
}

#[tokio::test]
async fn r_az_11_another_person_gets_a_session_of_their_own_and_the_old_one_ends() {
    let app = app::start().await;
    let (ann, bob) = (app.person("ann").await, app.person("bob").await);
    let wiki = app.application().await;
    let mut browser = Browser::new();
    let first = wiki.sign_in(&app, &mut browser, &ann, wiki.request()).await;
    let mut anns = browser.clone();
    let login = wiki.request().with("prompt", "login");
    let second = wiki.sign_in(&app, &mut browser, &bob, login).await;
    assert_eq!(second.claims["sub"], bob.id.as_str());
    assert_ne!(second.claims["sid"], first.claims["sid"]);
    assert!(!is_signed_in(&mut anns, &wiki).await, "Ann's session is over");
    assert_eq!(wiki.userinfo(&first.access_token()).await.status, 401, "and so is her token");
}

#[tokio::test]
async fn r_se_03_r_se_06_neither_an_unknown_nor_a_journeys_cookie_signs_anybody_in() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    let planted = format!("AAAAAAAAAAAAAAAAAAAAAA.kws{}", "a".repeat(43));
    browser.plant(&app.issuer, SESSION, &planted);
    assert!(!is_signed_in(&mut browser, &wiki).await);
    wiki.sign_in(&app, &mut browser, &ann, wiki.request()).await;
    assert!(!browser.cookie(&app.issuer, SESSION).unwrap().starts_with("AAAA"), "never taken over");
    let journey = browser.cookie(&app.issuer, "__Host-keyward-browser").unwrap().to_owned();
    let mut other = Browser::new();
    other.plant(&app.issuer, SESSION, &format!("{}.{journey}", cookie(&browser, &app).0));
    assert!(!is_signed_in(&mut other, &wiki).await);
    let page = password_given(&mut other, &wiki, &ann).await;
    assert!(page.has("factor"));
}

/// A journey left open in another tab has older proofs than the session; they take nothing from it.
#[test]
fn r_se_08_of_each_factor_the_newest_proof_is_kept() {
    use super::next::scene::{EARLIER, Scene, THIS, ago, proof};
    use keyward::factors::FactorKind::Password;

    let scene = Scene::new(keyward::journey::Demands::default()).signed_in("ann", &[(Password, 60)]);
    let mut session = scene.session.unwrap();
    let newest = session.evidence.clone();
    session.add_evidence(&[proof(Password, "ann", THIS, ago(61))]);
    assert_eq!(session.evidence, newest);
    let newer = proof(Password, "ann", EARLIER, ago(59));
    session.add_evidence(std::slice::from_ref(&newer));
    assert_eq!(session.evidence, [newer]);
}

/// The provider over redb in `folder`, as a new process would build it.
async fn started(folder: &Path, clock: Arc<ManualClock>) -> App {
    let settings = Settings::parse("test", folder, "").unwrap();
    let store = storage::redb::open(folder, 4 << 20, clock.clone()).unwrap();
    let random = Arc::new(SeededRandom::new(9));
    let ground = Ground::new(settings, store, clock, random).await.unwrap();
    App::build(ground).await.unwrap()
}

#[tokio::test]
async fn a_session_survives_a_restart() {
    use keyward::factors::Occasion;
    use keyward::foundation::ids::JourneyId;
    use keyward::storage::Batch;
    use keyward::users::{NewUser, profile::Username};

    use super::model::browser::{Browser, Wire};
    use crate::support::people::{PASSWORD, code_of};

    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    let wire = |app: &App| Wire {
        router: app.router(),
        host: "localhost:8443".to_owned(),
        issuer: "http://localhost:8443".to_owned(),
    };
    let app = started(folder.path(), clock.clone()).await;
    let user = app.users.create(NewUser::named(Username::new("ann").unwrap()), Batch::new()).await.unwrap();
    let mut batch = Batch::new();
    app.passwords.set(&user, PASSWORD, false, &app.password_rules(), &mut batch).await.unwrap();
    let occasion = Occasion {
        user: user.id.clone(),
        journey: JourneyId::from_text("import"),
        origin: keyward::audit::Origin::default(),
    };
    let secret = [7; totp::SECRET_BYTES];
    app.enrolment.import(&occasion, &secret, "phone", batch).await.unwrap();
    let (mut browser, before) = (Browser::default(), wire(&app));
    let begun = browser.request(&before, "/sign-in", None).await;
    let page = browser.request(&before, begun.location.as_deref().unwrap(), None).await;
    let (_, action, token) = page.form().unwrap();
    let fields = format!("form_token={token}&username=ann&password={}", PASSWORD.replace(' ', "+"));
    browser.request(&before, action, Some(&fields)).await;
    let fields = format!("form_token={token}&code={}", code_of(&secret, 1_800_000_000));
    let action = action.replace("/password", "/second-factor");
    browser.request(&before, &action, Some(&fields)).await;
    drop((app, before));

    let app = started(folder.path(), clock).await;
    let home = browser.request(&wire(&app), "/", None).await;
    assert!(home.body.contains("ann") && home.body.contains("id=\"logout\""), "{}", home.body);
}
