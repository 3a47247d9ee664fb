//! A restore brings back people, factors and applications, and nothing that was to pass (R-OP-09, R-OP-10, RG-18).

use std::path::Path;
use std::sync::Arc;

use keyward::audit::Origin;
use keyward::commands::Handed;
use keyward::commands::hardware_token::{Assign, Import, Resync};
use keyward::config::storage::EngineName;
use keyward::factors::oath::{Moving, Recipe, Standing};
use keyward::factors::{Occasion, RecoveryCodes};
use keyward::foundation::clock::ManualClock;
use keyward::foundation::ids::JourneyId;
use keyward::foundation::{Clock as _, Timestamp};
use keyward::lifecycle::restore::{DEAD, LIVING, Restore, Restored};
use keyward::lifecycle::restored;
use keyward::limits::AuthenticatorLockout;
use keyward::storage::backup::key::Identity;
use keyward::storage::backup::{BackupError, file};
use keyward::storage::{self, Batch, Key, Record, SharedStore};
use serde::{Deserialize, Serialize};

use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::people::Person;
use crate::support::relying_party::RelyingParty;

/// A provider with one person who has signed in, and all that can be under way.
struct Before {
    app: TestApp,
    ada: Person,
    wiki: RelyingParty,
    browser: Browser,
    access_token: String,
    unredeemed: String,
    folder: tempfile::TempDir,
}

impl Before {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
        let store = storage::memory::open(clock.clone());
        let keys = folder.path().join("keys");
        let app = app::start_over(store, clock, |settings| settings.data.keys = keys).await;
        let ada = app.person("ada").await;
        let wiki = app.application().await;
        let mut browser = Browser::new();
        let done = wiki.sign_in(&app, &mut browser, &ada, wiki.request()).await;
        let again = browser.get(wiki.request().url()).await;
        let unredeemed = again.arrival().unwrap().code().to_owned();
        Browser::new().open(wiki.request().url()).await;
        let mut batch = recovery_codes(&app, &ada).await;
        app.app.invitations.issue(&mut batch, &ada.id).await.unwrap();
        app.store().commit(batch).await.unwrap();
        Self { app, ada, wiki, browser, access_token: done.access_token(), unredeemed, folder }
    }

    async fn backup(&self, identity: &Identity) -> std::path::PathBuf {
        let path = self.folder.path().join("backup");
        let made_at = Timestamp(1_800_000_000_000);
        let (store, recipient) = (self.app.store(), identity.recipient());
        let authentication = restored::authentication(self.app.app.ground.sealing.clone());
        let written = file::write(store, &path, &recipient, made_at, authentication).await.unwrap();
        written.finish().await.unwrap();
        path
    }

    async fn restore(&self, file: &Path, identity: &Identity, into: &Path) -> Result<Restored, BackupError> {
        let clock = self.app.clock.clone();
        Restore { file, identity, into, engine: EngineName::Sled, clock }.run().await
    }

    /// The provider over what was restored.
    async fn after(&self, data: &Path) -> TestApp {
        let clock = self.app.clock.clone();
        let store = storage::sled::open(data, 4 << 20, clock.clone()).unwrap();
        let keys = self.folder.path().join("keys");
        app::start_over(store, clock, |settings| settings.data.keys = keys).await
    }
}

async fn recovery_codes(app: &TestApp, person: &Person) -> Batch {
    let ground = &app.app.ground;
    let (store, clock, random) = (ground.store.clone(), ground.clock.clone(), ground.random.clone());
    let lockout = AuthenticatorLockout::new(store.clone(), clock.clone(), &ground.settings.limits);
    let (passwords, trail) = (app.app.passwords.clone(), app.app.trail.clone());
    let codes = RecoveryCodes::new(store, clock, random, passwords, lockout, trail);
    let journey = JourneyId::from_text("import");
    let occasion = Occasion { user: person.id.clone(), journey, origin: Origin::default() };
    let mut batch = Batch::new();
    codes.issue_into(&mut batch, &occasion).await.unwrap();
    batch
}

async fn kinds(store: &SharedStore) -> Vec<String> {
    let everything = store.scan(&Key::from_bytes(Vec::new()), None, 10_000).await.unwrap();
    let mut kinds: Vec<_> =
        everything.iter().map(|(key, _)| String::from_utf8(key.kind().to_vec()).unwrap()).collect();
    kinds.dedup();
    kinds
}

#[tokio::test(flavor = "multi_thread")]
async fn r_op_09_everything_from_before_the_restore_is_dead_and_everybody_can_sign_in() {
    let mut before = Before::new().await;
    let identity = Identity::generate();
    let file = before.backup(&identity).await;
    before.app.pass(60);
    let into = before.folder.path().join("restored");
    let restored = before.restore(&file, &identity, &into).await.unwrap();
    assert!(restored.kept > 5 && restored.dead > 5, "{restored:?}");

    let after = before.after(&into).await;
    let passing = [
        "access-token",
        "browser",
        "code",
        "factor_recovery_codes",
        "invitation",
        "journey",
        "session",
        "user-invitation",
        "user-session",
    ];
    let (lived, lives) = (kinds(before.app.store()).await, kinds(after.store()).await);
    for kind in passing {
        assert!(lived.iter().any(|it| it == kind), "the test has no {kind} to lose: {lived:?}");
        assert!(!lives.iter().any(|it| it == kind), "{kind} came back");
    }
    for kind in ["user", "user_password", "factor_totp", "client", "sealing", "audit"] {
        assert!(lives.iter().any(|it| it == kind), "{kind} did not come back: {lives:?}");
    }
    let actions: Vec<_> = after.events().await.iter().map(|event| event["action"].clone()).collect();
    assert_eq!(actions.iter().filter(|action| **action == "restored").count(), 1, "{actions:?}");
    assert!(actions.iter().any(|action| *action == "sign_in"), "the trail came back");
    after.store().check().await.map(|report| assert_eq!(report.problems, Vec::<String>::new())).unwrap();

    let wiki = before.wiki.at(&after);
    assert_eq!(wiki.userinfo(&before.access_token).await.status, 401);
    assert_eq!(wiki.redeem(&before.unredeemed).await.status, 400);
    let silent = before.browser.get(wiki.request().with("prompt", "none").url()).await;
    assert_eq!(silent.arrival().unwrap().error(), "login_required");

    let seen = before.ada.code(&after);
    let mut browser = Browser::new();
    let page = browser.open(wiki.request().url()).await;
    let fields = [("username", "ada"), ("password", before.ada.password.as_str())];
    let page = browser.submit(&page, "login", &fields).await;
    let form = page.all("form[id]", |form| form.value().attr("id").unwrap().to_owned());
    let refused = browser.submit(&page, &form[0], &[("code", seen.as_str())]).await;
    assert!(refused.arrival().is_none(), "a code that may have been used before the restore is good again");
    after.pass(60);
    let mut browser = Browser::new();
    let signed_in = wiki.sign_in(&after, &mut browser, &before.ada, wiki.request()).await;
    assert_eq!(signed_in.claims["sub"], before.ada.id.as_str());
}

/// Password, then `code`, in a fresh browser; whether that was enough.
async fn token_signs_in(after: &TestApp, wiki: &RelyingParty, person: &Person, code: &str) -> bool {
    after.pass(2);
    let mut browser = Browser::new();
    let page = browser.open(wiki.request().url()).await;
    let fields = [("username", person.username.as_str()), ("password", &person.password)];
    let page = browser.submit(&page, "login", &fields).await;
    browser.submit(&page, "factor", &[("code", code)]).await.arrival().is_some()
}

/// Nobody knows how often a token's button was pressed since the backup was made: one code proves nothing any more.
#[tokio::test(flavor = "multi_thread")]
async fn r_op_09_a_counting_token_is_astray_until_it_shows_two_codes_in_a_row() {
    let before = Before::new().await;
    let seed = b"12345678901234567890";
    let file = "serial number,secret key,type\nH-1,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,HOTP\n\
                H-2,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,HOTP\nT-1,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,TOTP\n";
    before.app.perform(Import { file: Handed::new(file), key: None, passphrase: None }).await.unwrap();
    let counting = Recipe { moving: Moving::Count, ..Recipe::default() };
    let shows = |number: u64| counting.generator(seed).unwrap().generate(number).to_string();
    let pair = |first: u64| (Handed::new(shows(first)), Handed::new(shows(first + 1)));
    let bob = before.app.person_without_factor("bob").await;
    let eve = before.app.person_without_factor("eve").await;
    for (serial, user) in [("H-1", "bob"), ("H-2", "eve")] {
        let (serial, user) = (serial.to_owned(), user.to_owned());
        before.app.perform(Assign { serial, user, codes: pair(1) }).await.unwrap();
    }
    let identity = Identity::generate();
    let file = before.backup(&identity).await;
    let into = before.folder.path().join("restored");
    before.restore(&file, &identity, &into).await.unwrap();
    let after = before.after(&into).await;
    let wiki = before.wiki.at(&after);

    for (number, enough) in [(3, false), (5, false), (8, false), (9, true), (9, false), (10, true)] {
        let signed_in = token_signs_in(&after, &wiki, &bob, &shows(number)).await;
        assert_eq!(signed_in, enough, "{number} of 3, 5, 8, 9, 9, 10");
        after.pass(900);
    }
    after.perform(Resync { serial: "H-2".to_owned(), codes: pair(20) }).await.unwrap();
    assert!(token_signs_in(&after, &wiki, &eve, &shows(22)).await, "an administrator found it");

    let step = Recipe::default().present(Timestamp(1_800_000_000_000));
    let card =
        |step: u64| Handed::new(Recipe::default().generator(seed).unwrap().generate(step * 30).to_string());
    let (serial, user) = ("T-1".to_owned(), "eve".to_owned());
    let shown_before = Assign { serial, user, codes: (card(step - 1), card(step)) };
    after.perform(shown_before).await.unwrap_err();
}

/// A signing key that was revoked since the backup must not come back, so none does; and the trail names the backup.
#[tokio::test(flavor = "multi_thread")]
async fn r_op_09_signing_keys_are_new_and_the_trail_names_the_backup() {
    let before = Before::new().await;
    let identity = Identity::generate();
    let file = before.backup(&identity).await;
    let into = before.folder.path().join("restored");
    let restored = before.restore(&file, &identity, &into).await.unwrap();
    let after = before.after(&into).await;
    let (old, new) =
        (before.app.app.rotation.list().await.unwrap(), after.app.rotation.list().await.unwrap());
    assert_eq!((old.len(), new.len()), (2, 2));
    assert!(new.iter().all(|key| old.iter().all(|old| old.kid != key.kid)), "{new:?}");
    let events = after.events().await;
    let told = events.iter().find(|event| event["action"] == "restored").unwrap();
    assert_eq!(told["backup"]["made_at"], 1_800_000_000_000_i64);
    assert_eq!(told["backup"]["store"], format!("{:016x}", restored.head.store));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_for_a_wrong_key_a_cut_file_or_a_folder_in_use() {
    let before = Before::new().await;
    let identity = Identity::generate();
    let file = before.backup(&identity).await;
    let into = before.folder.path().join("restored");
    let wrong = before.restore(&file, &Identity::generate(), &into).await.unwrap_err();
    assert!(wrong.to_string().contains("made for another"), "{wrong}");

    let bytes = std::fs::read(&file).unwrap();
    let cut = before.folder.path().join("cut");
    std::fs::write(&cut, &bytes[..bytes.len() - 40]).unwrap();
    let cut = before.restore(&cut, &identity, &into).await.unwrap_err();
    assert!(matches!(cut, BackupError::Damaged(_)), "{cut}");
    assert!(!into.exists());

    std::fs::create_dir(&into).unwrap();
    std::fs::write(into.join("something"), b"").unwrap();
    let taken = before.restore(&file, &identity, &into).await.unwrap_err();
    assert!(taken.to_string().contains("is not empty"), "{taken}");
    std::fs::remove_file(into.join("something")).unwrap();
    before.restore(&file, &identity, &into).await.unwrap();
    before.after(&into).await;
}

/// A record of any kind.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Anything {
    list: Vec<String>,
    recipe: Recipe,
    standing: Standing,
}

impl Record for Anything {}

fn key_of(kind: &str) -> Key {
    match kind.split_once('/') {
        Some((kind, part)) => Key::new(kind, &[part]),
        None => Key::new(kind, &["x"]),
    }
}

/// A backup of a store with a record at each of `keys`, restored.
async fn through_a_restore(keys: &[Key], end: Option<Timestamp>) -> Result<Vec<Key>, BackupError> {
    let (folder, identity) = (tempfile::tempdir().unwrap(), Identity::generate());
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    let store = storage::memory::open(clock.clone());
    let mut batch = Batch::new();
    for key in keys {
        batch.put(key.clone(), &Anything::default(), end);
    }
    assert!(store.commit(batch).await.unwrap().is_done());
    let (path, into) = (folder.path().join("backup"), folder.path().join("restored"));
    let (made_at, recipient) = (clock.now(), identity.recipient());
    let written = file::write(&store, &path, &recipient, made_at, Box::new(|digest| *digest)).await.unwrap();
    written.finish().await.unwrap();
    let (file, into) = (path.as_path(), into.as_path());
    let engine = EngineName::Redb;
    Restore { file, identity: &identity, into, engine, clock: clock.clone() }.run().await?;
    let store = storage::open(engine, into, 4 << 20, clock).unwrap();
    let found = store.get(keys).await.unwrap();
    Ok(keys.iter().zip(found).filter_map(|(key, raw)| raw.map(|_| key.clone())).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn r_op_09_what_a_kind_is_decides_and_not_the_end_of_its_records() {
    let keys = |kinds: &[&str]| kinds.iter().map(|kind| key_of(kind)).collect::<Vec<_>>();
    let all = [keys(LIVING), keys(DEAD)].concat();
    for end in [None, Some(Timestamp(1_900_000_000_000))] {
        assert_eq!(through_a_restore(&all, end).await.unwrap(), keys(LIVING), "{end:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_op_09_a_kind_that_nobody_thought_of_refuses_the_restore() {
    for key in [Key::new("novelty", &["x"]), Key::new("set-up", &["other"]), Key::new("users", &["x"])] {
        let refused = through_a_restore(&[key_of("user"), key.clone()], None).await.unwrap_err();
        assert!(matches!(refused, BackupError::Unknown(_)), "{key}: {refused}");
        assert!(!refused.to_string().contains('\n'));
    }
}
