//! Five hundred people sign in at once, and the hashes are slow: who can be served is, who cannot is told when to come back, and
//! everything else answers as ever (R-PW-04).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keyward::users::password_workers::{Cost, WorkerSettings};
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use tokio::sync::Barrier;

use super::limits::behind_a_proxy;
use super::{sent, type_password};
use crate::support::app;
use crate::support::browser::{Browser, http};
use crate::support::people::Person;
use crate::support::relying_party::{RelyingParty, read};

const STORM: usize = 500;
const PEOPLE: usize = 50;

/// One of the storm, from an address of its own: status, whether it says when to come back, and whether the password was right.
async fn try_in(
    number: usize,
    wiki: RelyingParty,
    person: Person,
    ready: Arc<Barrier>,
) -> (StatusCode, bool, bool) {
    let mut browser = Browser::new();
    let address = format!("198.51.{}.{}", number / 250, number % 250);
    browser.headers.insert("x-forwarded-for", HeaderValue::from_str(&address).unwrap());
    let page = sent(&mut browser, &wiki).await;
    ready.wait().await;
    let page = type_password(&mut browser, &page, &person).await;
    (page.status, page.header("retry-after").is_some(), page.has("factor"))
}

/// Everything that needs no hash, again and again until the storm has ended; answers how often.
async fn meanwhile(ended: Arc<AtomicBool>, wiki: RelyingParty, issuer: String, mut calm: Browser) -> u32 {
    let (http, mut rounds) = (http(), 0);
    while !ended.load(Ordering::Relaxed) {
        for path in ["/live", "/ready", "/.well-known/openid-configuration", "/jwks.json"] {
            assert_eq!(read(http.get(format!("{issuer}{path}"))).await.status, StatusCode::OK, "{path}");
        }
        let page = calm.open(wiki.request().with("prompt", "none").url()).await;
        let tokens = wiki.redeem(page.arrival().unwrap().code()).await;
        assert_eq!(tokens.status, StatusCode::OK, "token");
        let token = tokens.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(wiki.userinfo(&token).await.status, StatusCode::OK, "userinfo");
        rounds += 1;
    }
    rounds
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_pw_04_under_a_storm_of_sign_ins_everything_else_answers() {
    // One thread, and hashes of a few hundredths of a second: most of the storm cannot be served in time.
    let workers = WorkerSettings {
        threads: 1,
        queue: 64,
        patience: Duration::from_secs(1),
        ..WorkerSettings::default()
    };
    let cost = Cost { memory: 16 * 1024, passes: 3, lanes: 1 };
    let app = app::start_hashing(workers, cost, behind_a_proxy).await;
    let wiki = app.application().await;
    let ada = app.person("ada").await;
    let mut calm = Browser::new();
    let first = wiki.sign_in(&app, &mut calm, &ada, wiki.request()).await;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(app.person(&format!("person{number}")).await);
    }
    let (ready, ended) = (Arc::new(Barrier::new(STORM + 1)), Arc::new(AtomicBool::new(false)));
    let storm: Vec<_> = (0..STORM)
        .map(|number| {
            tokio::spawn(try_in(number, wiki.clone(), people[number % PEOPLE].clone(), ready.clone()))
        })
        .collect();
    ready.wait().await;
    let meanwhile = tokio::spawn(meanwhile(ended.clone(), wiki.clone(), app.issuer.clone(), calm));
    let (mut served, mut told_to_wait) = (0, 0);
    for one in storm {
        match one.await.unwrap() {
            (StatusCode::OK, _, true) => served += 1,
            (StatusCode::SERVICE_UNAVAILABLE, true, _) => told_to_wait += 1,
            other => panic!("{other:?}"),
        }
    }
    ended.store(true, Ordering::Relaxed);
    assert!(meanwhile.await.unwrap() > 0);
    assert!(served > 0 && told_to_wait > 0, "{served} were served, {told_to_wait} told to wait");
    assert_eq!(served + told_to_wait, STORM);
    // Nothing was counted against those who were told to wait, and the storm is over.
    app.pass(60);
    let again = wiki.sign_in(&app, &mut Browser::new(), &ada, wiki.request()).await;
    assert_ne!(again.id_token(), first.id_token());
}
