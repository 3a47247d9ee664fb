//! The doctor: each thing that can be wrong, made wrong.

use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use keyward::audit::Actor;
use keyward::commands::doctor::base_address::{BaseAddress, Own};
use keyward::commands::doctor::clock::ClockIsRight;
use keyward::commands::doctor::data_folder::DataFolder;
use keyward::commands::doctor::disk::Disk;
use keyward::commands::doctor::forwarding::{CLAIMED, judge};
use keyward::commands::doctor::keys::SigningKeys;
use keyward::commands::doctor::mail::MailServer;
use keyward::commands::doctor::office::SomebodyAdministers;
use keyward::commands::doctor::store::StoreIsWhole;
use keyward::commands::doctor::visit::Visit;
use keyward::commands::doctor::{Check, Finding};
use keyward::config::proxies::{ForwardedHeader, Proxies};
use keyward::config::{Live, LiveSettings, Settings, Site};
use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;
use keyward::storage::place::{FileSystem, Place};
use keyward::web::client_ip::NearestHop;
use keyward::web::probe::Arrival;

use crate::support::app::{self, TestApp};

#[track_caller]
fn well(finding: &Finding) {
    assert!(matches!(finding, Finding::Well(_)), "{finding:?}");
}

#[track_caller]
fn wrong(finding: &Finding, told: &str, mend: &str) {
    let Finding::Wrong(sentence, remedy) = finding else { panic!("{finding:?}") };
    assert!(sentence.contains(told) && remedy.contains(mend), "{finding:?}");
}

#[track_caller]
fn warning(finding: &Finding, told: &str, mend: &str) {
    let Finding::Warning(sentence, remedy) = finding else { panic!("{finding:?}") };
    assert!(sentence.contains(told) && remedy.contains(mend), "{finding:?}");
}

fn visit(issuer: &str) -> Visit {
    Visit { site: Arc::new(Site::new(issuer).unwrap()) }
}

async fn base_address(app: &TestApp, issuer: &str) -> Finding {
    let own = Own {
        keyring: Arc::clone(app.app.rotation.keyring()),
        probes: app.app.probes.clone(),
        random: app.app.ground.random.clone(),
        proxies: Proxies::none(),
    };
    BaseAddress { visit: visit(issuer), own: Some(own) }.look().await
}

/// What answers at a free port with this body on every path, and shows this time.
async fn answering(status: u16, body: &str, date: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let body = body.replace("ISSUER", &issuer);
    let status = StatusCode::from_u16(status).unwrap();
    let router = Router::new().fallback(get(move || async move { (status, [(header::DATE, date)], body) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    issuer
}

const SOME_DAY: &str = "Fri, 15 Jan 2027 08:00:00 GMT";

#[tokio::test]
async fn the_base_address_must_lead_to_this_very_provider() {
    let app = app::start().await;
    well(&base_address(&app, &app.issuer).await);
    let other = app::start().await;
    wrong(&base_address(&app, &other.issuer).await, "another provider with other keys", "stop the other one");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("http://localhost:{free}");
    wrong(&base_address(&app, &nobody).await, "no answer", "start the server");
    let keys = app.app.rotation.keyring().present().document().to_owned();
    let copied = keys.replacen('{', r#"{"issuer": "ISSUER", "jwks_uri": "ISSUER/jwks.json", "#, 1);
    for (status, body, told, mend) in [
        (200, r#"{"issuer": "https://old.example.com"}"#, "https://old.example.com", "set issuer"),
        (200, "<h1>It works!</h1>", "something else", "lead the name"),
        (404, "not here", "404", "every path"),
        (301, "elsewhere", "301", "every path"),
        (502, "Bad Gateway", "502", "keyward serve"),
        (421, "", "421", "ask for the host localhost:"),
        (200, r#"{"issuer": "ISSUER", "jwks_uri": "nowhere"}"#, "nowhere", "lead the name"),
        (
            200,
            r#"{"issuer": "ISSUER", "jwks_uri": "http://169.254.1.1/"}"#,
            "something else",
            "lead the name",
        ),
        (200, &copied, "not out of this server", "stop the copy"),
    ] {
        let issuer = answering(status, body, SOME_DAY).await;
        wrong(&base_address(&app, &issuer).await, told, mend);
    }
}

/// A request as it came in, from a declared proxy or not.
fn arrival(peer: &str, is_declared: bool, hop: NearestHop) -> Arrival {
    let host = Some("id.example.com".to_owned());
    Arrival { peer: peer.parse().unwrap(), is_declared, encrypted: false, host, hop }
}

#[test]
fn what_a_proxy_makes_of_requests_is_judged() {
    let site = Site::new("https://id.example.com").unwrap();
    let by = |header| Proxies { header, ..Proxies::none() };
    let judged = |arrival: &Arrival| judge(arrival, &site, &by(ForwardedHeader::XForwarded));
    let person = NearestHop::Address("198.51.100.7".parse::<IpAddr>().unwrap());
    let claimed = NearestHop::Address(CLAIMED);
    for fine in [
        arrival("10.0.0.5", true, person),
        // Without a proxy what anybody claims arrives as it was sent, and counts for nothing.
        arrival("127.0.0.1", false, claimed),
        Arrival { encrypted: true, ..arrival("198.51.100.7", false, claimed) },
        Arrival { host: Some("ID.example.com:443".to_owned()), ..arrival("10.0.0.5", true, person) },
    ] {
        assert_eq!(judged(&fine), None, "{fine:?}");
    }
    for (amiss, told, mend) in [
        (arrival("10.0.0.5", false, person), "10.0.0.5, and are refused", "trusted = [\"10.0.0.5\"]"),
        (arrival("127.0.0.1", false, person), "not declared", "trusted = [\"127.0.0.1\"]"),
        (arrival("127.0.0.1", false, NearestHop::Unsaid), "not declared", "trusted"),
        (
            Arrival { encrypted: true, ..arrival("10.0.0.5", false, NearestHop::Unreadable) },
            "not declared",
            "trusted",
        ),
        (arrival("10.0.0.5", true, claimed), "claims in X-Forwarded-For", "$remote_addr"),
        (arrival("10.0.0.5", true, NearestHop::Unsaid), "does not say in X-Forwarded-For", "$remote_addr"),
        (arrival("10.0.0.5", true, NearestHop::Unreadable), "something else than an address", "$remote_addr"),
        (Arrival { host: None, ..arrival("10.0.0.5", true, person) }, "\"none\"", "Host id.example.com"),
        (
            Arrival { host: Some("keyward:8443".to_owned()), ..arrival("10.0.0.5", true, person) },
            "\"keyward:8443\" instead of id.example.com",
            "Host id.example.com",
        ),
    ] {
        wrong(&judged(&amiss).unwrap(), told, mend);
    }
    let unsaid = arrival("10.0.0.5", true, NearestHop::Unsaid);
    let standard = judge(&unsaid, &site, &by(ForwardedHeader::Forwarded)).unwrap();
    wrong(&standard, "say in Forwarded ", "proxies.header");
}

#[tokio::test]
async fn a_clock_before_what_happened_or_apart_from_another_is_wrong() {
    let app = app::start().await;
    assert!(app.app.first_administrator.offer(Actor::System).await.unwrap().is_some());
    let look = |clock: Arc<ManualClock>, written: i64, visit: Option<Visit>| {
        let past = Some((app.store().clone(), app.app.trail.clone()));
        let check = ClockIsRight { clock, written: Timestamp(written), visit, past };
        async move { check.look().await }
    };
    well(&look(app.clock.clone(), 0, None).await);
    let shifted = |seconds: i64| Arc::new(ManualClock::new(Timestamp((app.now() + seconds) * 1000)));
    well(&look(shifted(-59), 0, None).await);
    wrong(&look(shifted(-61), 0, None).await, "something happened at 2027", "NTP");
    wrong(
        &look(app.clock.clone(), app.now() * 1000 + 1, None).await,
        "before this program was written",
        "NTP",
    );
    // The clock of the tests shows this very second.
    let same = visit(&answering(404, "", SOME_DAY).await);
    for seconds in [-30, 0, 30] {
        let finding = look(shifted(seconds), 0, Some(same.clone())).await;
        assert!(
            matches!(&finding, Finding::Well(told) if told.contains("also on the machine")),
            "{finding:?}"
        );
    }
    for seconds in [-31, 31] {
        wrong(
            &look(shifted(seconds), 0, Some(same.clone())).await,
            "but 2027-01-15T08:00:00Z",
            "both machines",
        );
    }
    let odd = visit(&answering(200, "", "yesterday").await);
    let finding = look(app.clock.clone(), 0, Some(odd)).await;
    assert!(matches!(&finding, Finding::Well(told) if told.contains("no other clock")), "{finding:?}");
}

#[tokio::test]
async fn disk_and_data_folder_are_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let disk = |folder: PathBuf, enough, least| async move { Disk { folder, enough, least }.look().await };
    well(&disk(folder.path().to_owned(), 0, 0).await);
    warning(&disk(folder.path().to_owned(), u64::MAX, 0).await, "MiB are free", "make room");
    wrong(&disk(folder.path().to_owned(), u64::MAX, u64::MAX).await, "MiB are free", "make room");
    assert!(matches!(disk("/nowhere/at/all".into(), 0, 0).await, Finding::Skipped(_)));
    let check = DataFolder { folder: folder.path().to_owned() };
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
    well(&check.look().await);
    let place = Place { file_system: FileSystem::Btrfs, ..Place::of(folder.path()).unwrap() };
    warning(&check.judge(place), "btrfs", "ext4");
    warning(&check.judge(Place { file_system: FileSystem::Network("NFS"), ..place }), "NFS", "local disk");
    warning(&check.judge(Place { mode: 0o701, ..place }), "look into", "chmod 700");
    wrong(&check.judge(Place { mode: 0o720, ..place }), "mode 0720", "chmod 700");
}

#[tokio::test]
async fn signing_keys_that_are_overdue_or_foreign_are_named() {
    let app = app::start().await;
    let keys = SigningKeys { rotation: app.app.rotation.clone(), clock: app.clock.clone() };
    let started = keys.look().await;
    let said = |finding: &Finding| match finding {
        Finding::Well(told) => told.clone(),
        other => panic!("{other:?}"),
    };
    assert!(said(&started).contains("RS256 since 2027-01-15 until 2027-04-15"), "{started:?}");
    app.pass(89 * 86_400);
    app.app.rotation.turn().await.unwrap();
    assert!(said(&keys.look().await).contains("until 2027-04-15"), "the next one is announced");
    app.pass(86_400 + 3601);
    warning(&keys.look().await, "should have been replaced on 2027-04-15", "let the server run");
    app.app.rotation.turn().await.unwrap();
    assert!(said(&keys.look().await).contains("RS256 since 2027-04-15 until 2027-07-14"));
    let ground = app.app.ground.clone();
    let elsewhere = keyward::app::App::build(ground).await.unwrap();
    elsewhere.rotation.replace_all(&Actor::System).await.unwrap();
    wrong(&keys.look().await, "is not the one in the store", "restart");
}

#[tokio::test]
async fn store_and_office_are_looked_at() {
    let app = app::start().await;
    well(&StoreIsWhole { store: app.store().clone() }.look().await);
    let office = SomebodyAdministers { first: app.app.first_administrator.clone() };
    warning(&office.look().await, "no administrator", "keyward setup");
    app.person("ann").await;
    app.perform(keyward::commands::office::Add { user: "ann".to_owned() }).await.unwrap();
    well(&office.look().await);
}

#[tokio::test]
async fn a_mail_server_that_does_not_answer_is_wrong_and_none_is_skipped() {
    let sent_by = |mail| MailServer { settings: Live::new(LiveSettings { mail, ..LiveSettings::default() }) };
    assert!(matches!(sent_by(None).look().await, Finding::Skipped(_)));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!(
        "[mail]\nhost = \"localhost\"\nport = {free}\nencryption = \"none\"\nsender = \"keyward@example.com\"\n"
    );
    let settings = Settings::parse("test.toml", std::path::Path::new("/tmp"), &text).unwrap().mail;
    wrong(&sent_by(settings).look().await, "localhost", "keyward mail test");
}

/// R-WA-10: passkeys are bound to the issuer's host for ever.
#[tokio::test]
async fn passkeys_that_the_issuers_host_has_lost_are_told_of() {
    use keyward::commands::doctor::passkeys::PasskeysFit;
    use keyward::config::limits::Limits;
    use keyward::config::{Live, Site};
    use keyward::factors::passkeys::Account;
    use keyward::factors::{KeyKind, Occasion, Passkeys, Placement};
    use keyward::foundation::ids::JourneyId;
    use keyward::limits::AuthenticatorLockout;
    use keyward::storage::Batch;

    let app = crate::support::app::start().await;
    let ann = app.person_without_factor("ann").await;
    let ground = &app.app.ground;
    let at = |issuer: &str| {
        let (store, clock) = (ground.store.clone(), ground.clock.clone());
        let lockout = AuthenticatorLockout::new(store.clone(), clock.clone(), Live::from(&Limits::default()));
        let (random, trail) = (ground.random.clone(), app.app.trail.clone());
        Passkeys::new(&Site::new(issuer).unwrap(), store, clock, random, lockout, trail)
    };
    let fit = |issuer: &str| PasskeysFit { passkeys: at(issuer) };
    assert!(matches!(fit(&app.issuer).look().await, Finding::Well(_)));
    assert!(matches!(fit("https://192.0.2.1").look().await, Finding::Warning(..)));
    let journey = JourneyId::from_text("j");
    let occasion = Occasion { user: ann.id.clone(), journey, origin: Default::default() };
    let account = Account { name: "ann", display_name: "Ann" };
    let own = at(&app.issuer);
    let beside = Placement::Beside;
    let options = own.begin_enrolment(&occasion, KeyKind::Passkey, account, beside).await.unwrap();
    let answer = crate::support::authenticator::SoftKey::new(&app.issuer).create(&options);
    let mut batch = Batch::new();
    let _proved = own.enrol_into(&mut batch, &occasion, &answer, "key", beside).await.unwrap();
    assert!(ground.store.commit(batch).await.unwrap().is_done());
    assert!(matches!(fit(&app.issuer).look().await, Finding::Well(_)));
    let Finding::Warning(what, _) = fit("https://id.example.com").look().await else { panic!("not told") };
    assert!(what.contains("localhost") && what.contains("id.example.com"), "{what}");
}
