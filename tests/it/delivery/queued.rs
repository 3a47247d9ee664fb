//! The whole way from a commit to a real server that is down, breaks off, or refuses (RG-08).

use keyward::config::mail::{Encryption, Mail};
use keyward::foundation::Clock as _;
use keyward::pages::mails::Notice;
use keyward::storage::Batch;

use super::header;
use super::server::{Plan, Server, USUAL};
use crate::support::app::{self, TestApp};
use crate::support::mailbox::{Mailbox, nobody, plain};
use crate::support::people::Person;

async fn tell(app: &TestApp, person: &Person) {
    let mut batch = Batch::new();
    let origin = keyward::audit::Origin::default();
    app.app.notices.tell(&mut batch, &person.id, Notice::PasswordSet, &origin).await.unwrap();
    assert!(app.store().commit(batch).await.unwrap().is_done());
}

/// Lets time pass until nothing waits any more; how often it was tried.
async fn until_nothing_waits(app: &TestApp) -> usize {
    let mut tries = 1;
    while let Some(due) = app.app.runner.run_due().await.unwrap() {
        app.clock.advance(due.since(app.clock.now()));
        tries += 1;
    }
    tries
}

async fn with(server: &Server) -> (TestApp, Person) {
    let mail = server.mail();
    let app = app::start_with(|settings| settings.mail = Some(mail)).await;
    let person = app.person_without_factor("ann").await;
    (app, person)
}

async fn undelivered(app: &TestApp) -> usize {
    app.events().await.iter().filter(|event| event["action"] == "mail_undelivered").count()
}

#[tokio::test]
async fn rg_08_each_notice_is_sent_once_or_reported() {
    let app = app::start_with(|settings| settings.mail = None).await;
    let person = app.person_without_factor("ann").await;
    tell(&app, &person).await;
    assert_eq!(app.app.runner.run_due().await.unwrap(), None, "without a server nothing is queued");

    let Some(server) = USUAL.start() else { return };
    let (app, person) = with(&server).await;
    tell(&app, &person).await;
    assert_eq!((until_nothing_waits(&app).await, server.taken().len(), undelivered(&app).await), (1, 1, 0));

    let Some(server) = (Plan { behaviour: "refuses", ..USUAL }).start() else { return };
    let (app, person) = with(&server).await;
    tell(&app, &person).await;
    assert_eq!(
        (until_nothing_waits(&app).await, undelivered(&app).await),
        (1, 1),
        "in vain: reported at once"
    );
}

#[tokio::test]
async fn rg_08_a_server_that_breaks_off_after_the_message_gets_it_again_under_the_same_id() {
    let Some(server) = (Plan { behaviour: "drops", ..USUAL }).start() else { return };
    let (app, person) = with(&server).await;
    tell(&app, &person).await;
    assert_eq!(until_nothing_waits(&app).await, 2);
    let taken = server.taken();
    assert_eq!(
        (taken.len(), undelivered(&app).await),
        (2, 0),
        "nobody could know that the first one counted"
    );
    assert_eq!(header(&taken[0], "Message-ID"), header(&taken[1], "Message-ID"));
    assert_eq!(taken[0]["content"].as_str().unwrap().len(), taken[1]["content"].as_str().unwrap().len());
}

#[tokio::test]
async fn rg_08_a_server_that_is_down_for_an_hour_gets_everything_afterwards_and_the_impairment_is_told() {
    let mailbox = Mailbox::open().await;
    let gate = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = gate.local_addr().unwrap().port();
    drop(gate);
    let app = app::start_with(|settings| settings.mail = Some(plain(port))).await;
    let person = app.person_without_factor("ann").await;
    for _ in 0..3 {
        tell(&app, &person).await;
    }
    while app.clock.now().0 < 1_800_003_600_000 {
        let due = app.app.runner.run_due().await.unwrap().unwrap();
        app.clock.advance(due.since(app.clock.now()));
    }
    let impaired = app.app.health.impaired().await;
    assert!(impaired.len() == 1 && impaired[0].0 == "mail" && impaired[0].1.contains("cannot be reached"));
    assert!(app.app.health.is_ready().await, "requests are served all the same");
    let alarms = async |outcome: &str| {
        let told = |event: &&serde_json::Value| event["action"] == "mail_down" && event["outcome"] == outcome;
        app.events().await.iter().filter(told).count()
    };
    assert_eq!((alarms("failure").await, alarms("success").await), (1, 0), "raised once");
    forward(port, mailbox.mail().port).await;
    until_nothing_waits(&app).await;
    assert_eq!((mailbox.mails().len(), undelivered(&app).await), (3, 0));
    assert!(app.app.health.impaired().await.is_empty());
    assert_eq!((alarms("failure").await, alarms("success").await), (1, 1), "ended once");
}

/// From now on whoever connects to `from` talks to `to`.
async fn forward(from: u16, to: u16) {
    let gate = tokio::net::TcpListener::bind(("127.0.0.1", from)).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = gate.accept().await {
            tokio::spawn(async move {
                let mut far = tokio::net::TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
}

#[tokio::test]
async fn rg_08_after_a_day_in_vain_each_is_reported_and_nothing_stays() {
    let mail = Mail { encryption: Encryption::None, ..plain(nobody().await) };
    let app = app::start_with(|settings| settings.mail = Some(mail)).await;
    let person = app.person_without_factor("ann").await;
    for _ in 0..2 {
        tell(&app, &person).await;
    }
    let tries = until_nothing_waits(&app).await;
    assert!(tries > 20, "{tries}");
    assert_eq!(undelivered(&app).await, 2);
}
