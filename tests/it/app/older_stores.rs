//! Stores that earlier versions wrote open, and hold everything (R-ST-04). See `tests/fixtures/stores/README.md`.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use std::io::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use keyward::app::{App, Ground};
use keyward::audit::Origin;
use keyward::config::Settings;
use keyward::factors::{Answer, Evidence, Factor as _, Occasion, TotpFactor, Verdict};
use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;
use keyward::foundation::ids::{ClientId, JourneyId, SessionId, UserId};
use keyward::foundation::random::SeededRandom;
use keyward::foundation::secret::Hidden;
use keyward::limits::AuthenticatorLockout;
use keyward::storage::{self, Batch};
use keyward::users::epoch::Epoch;
use keyward::users::profile::{Mail, MailAddress, Text, Username};
use keyward::users::{NewUser, Prepared};
use keyward::vocabulary::ClientMetadata;
use keyward::vocabulary::client_metadata::SigningAlgorithm;
use serde_json::{Value, json};

use crate::configuration;
use crate::support::people::code_of;

/// Test data: no credential of anything.
const MASTER_KEY_SENTENCE: &[u8] = b"Test data of Keyward. This key protects nothing.";
const USERNAME: &str = "fixture.person";
const PASSWORD: &str = "test data, no credential";
const TOTP_SECRET: [u8; 20] = *b"test data, no secret";
pub const CLIENT_ID: &str = "fixtureClient";
pub const CLIENT_SECRET: &str = "TestDataNoCredentialTestDataNoCredentialTestData";
/// When the stores were written, by their own clock.
pub const WRITTEN: Timestamp = Timestamp(1_800_000_000_000);

fn stores() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stores")
}

/// The provider over the store in `folder`, with the key of the test data beside it.
pub async fn open(folder: &Path, at: Timestamp) -> App {
    let keys = folder.join("keys");
    if !keys.exists() {
        fs::DirBuilder::new().mode(0o700).create(&keys).unwrap();
        let mut file = fs::OpenOptions::new();
        let file = file.write(true).create_new(true).mode(0o600).open(keys.join("master.key"));
        file.unwrap().write_all(digest(&SHA256, MASTER_KEY_SENTENCE).as_ref()).unwrap();
    }
    let settings = Settings::parse("fixture.toml", folder, "[data]\nfolder = \"data\"\n").unwrap();
    let clock = Arc::new(ManualClock::new(at));
    let store = storage::redb::open(&settings.data.folder, 1024 * 1024, clock.clone()).unwrap();
    let random = Arc::new(SeededRandom::new(at.0.unsigned_abs()));
    App::build(Ground::new(settings, store, clock, random).await.unwrap()).await.unwrap()
}

fn occasion(user: &UserId) -> Occasion {
    Occasion { user: user.clone(), journey: JourneyId::from_text("fixture"), origin: Origin::default() }
}

#[tokio::test]
async fn every_store_of_an_earlier_version_opens_and_holds_everything() {
    let mut opened = 0;
    for entry in fs::read_dir(stores()).unwrap() {
        let fixture = entry.unwrap().path();
        if fixture.is_dir() {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("data")).unwrap();
            fs::copy(fixture.join("store.redb"), folder.path().join("data/store.redb")).unwrap();
            let facts = serde_json::from_slice(&fs::read(fixture.join("facts.json")).unwrap()).unwrap();
            // Some time later, so that nothing of it depends on the moment.
            let app = open(folder.path(), WRITTEN.plus(std::time::Duration::from_secs(90))).await;
            finds_everything(&app, &facts).await;
            the_trail_goes_on(&app, facts["linked"].as_u64()).await;
            opened += 1;
        }
    }
    assert!(opened > 0, "no store of any version is there");
}

async fn finds_everything(app: &App, facts: &Value) {
    let ground = &app.ground;
    let report = ground.store.check().await.unwrap();
    assert!(report.problems.is_empty() && report.records > 0, "{report:?}");

    let user = app.users.find_by_login_name(USERNAME).await.unwrap().expect("the person").value;
    assert_eq!(user.id.as_str(), facts["user"]);
    assert_eq!(user.profile.mail.as_ref().unwrap().address.as_str(), "fixture@example.com");
    let password = Prepared::new(PASSWORD).unwrap();
    assert!(app.passwords.verify(Some(&user.id), &password).await.unwrap().is_some(), "the password");

    the_authenticator_works(app, &user.id).await;

    let client = app.clients.find(&ClientId::from_text(CLIENT_ID)).await.unwrap().expect("the application");
    assert!(client.accepts_secret(CLIENT_SECRET, ground.clock.now()));

    let session = SessionId::from_text(facts["session"].as_str().unwrap());
    let session = app.sessions.by_id(&session).await.unwrap().expect("the session").session.value;
    assert_eq!((&session.user, session.evidence.len()), (&user.id, 2));

    for algorithm in SigningAlgorithm::ALL {
        let key = app.rotation.keyring().signing_key(algorithm).unwrap();
        assert_eq!(key.jwk().kid, facts["keys"][algorithm.as_str()], "made anew");
    }
}

/// The chain goes on; what was told before there was one is linked, once.
async fn the_trail_goes_on(app: &App, linked: Option<u64>) {
    app.chain.link_all().await;
    app.chain.begin().await.unwrap();
    app.chain.link_all().await;
    let report = app.chain.verify(None).await.unwrap();
    assert_eq!((report.problems, report.unlinked), (Vec::new(), 0));
    assert_eq!(report.adopted > 0, linked.is_none(), "{} events", report.adopted);
    assert!(report.events >= report.adopted.max(linked.unwrap_or(1)), "{} events", report.events);
}

async fn the_authenticator_works(app: &App, user: &UserId) {
    let ground = &app.ground;
    let totp = TotpFactor::new(
        ground.store.clone(),
        ground.clock.clone(),
        ground.sealing.clone(),
        AuthenticatorLockout::new(ground.store.clone(), ground.clock.clone(), &ground.settings.limits),
        app.trail.clone(),
    );
    assert_eq!(totp.enrolled(user).await.unwrap().len(), 1, "the authenticator");
    let code = Answer::Code(Hidden::new(code_of(&TOTP_SECRET, ground.clock.now().seconds())));
    let verdict = totp.verify(&occasion(user), &code).await.unwrap();
    assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
}

/// Writes the present version's store where `KEYWARD_WRITE_STORE` names one; does nothing otherwise.
#[tokio::test]
async fn write_one_for_the_present_version() {
    let Ok(version) = std::env::var("KEYWARD_WRITE_STORE") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path(), WRITTEN).await;
    let facts = fill(&app).await;
    drop(app);
    let target = stores().join(version);
    fs::create_dir_all(&target).unwrap();
    fs::copy(folder.path().join("data/store.redb"), target.join("store.redb")).unwrap();
    fs::write(target.join("facts.json"), format!("{facts:#}\n")).unwrap();
    println!("written: {}", target.display());
}

async fn fill(app: &App) -> Value {
    let ground = &app.ground;
    let group = Text::new("jira-software-users").unwrap();
    app.users.create_group(group.clone(), None, Batch::new()).await.unwrap();
    let mut person = NewUser::named(Username::new(USERNAME).unwrap());
    person.groups.insert(group);
    person.profile.mail =
        Some(Mail { address: MailAddress::new("fixture@example.com").unwrap(), verified: true });
    let user = app.users.create(person, Batch::new()).await.unwrap();
    let mut batch = Batch::new();
    app.passwords.set(&user, PASSWORD, false, &app.password_rules(), &mut batch).await.unwrap();
    let evidence = |factor: &str| -> Evidence {
        let proof = json!({"factor": factor, "credential": null, "at": WRITTEN, "journey": "fixture", "user": user.id});
        serde_json::from_value(proof).unwrap()
    };
    let proofs = [evidence("password"), evidence("totp")];
    let cookie = app.sessions.begin(&mut batch, &user.id, Epoch::default(), &proofs, &Origin::default());
    assert!(ground.store.commit(batch).await.unwrap().is_done());
    app.enrolment.import(&occasion(&user.id), &TOTP_SECRET, "Fixture", Batch::new()).await.unwrap();
    let metadata = ClientMetadata {
        client_id: Some(CLIENT_ID.to_owned()),
        client_secret: Some(CLIENT_SECRET.to_owned()),
        redirect_uris: vec!["http://localhost:9/callback".to_owned()],
        ..ClientMetadata::default()
    };
    app.clients.register(metadata, None).await.unwrap();
    let configured = configuration::export(app).await;
    assert_eq!(configuration::apply(app, configured).await.unwrap().generation, 1);
    app.chain.link_all().await;
    let linked = app.chain.verify(None).await.unwrap().events;
    let kid = |algorithm| app.rotation.keyring().signing_key(algorithm).unwrap().jwk().kid.clone();
    let keys: serde_json::Map<_, _> =
        SigningAlgorithm::ALL.into_iter().map(|one| (one.as_str().to_owned(), kid(one).into())).collect();
    json!({"user": user.id, "session": cookie.id, "keys": keys, "linked": linked})
}
