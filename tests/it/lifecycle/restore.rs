//! A restore brings back people, factors and applications, and nothing that was to pass (R-OP-09, R-OP-10, RG-18).

use std::path::Path;
use std::sync::Arc;

use keyward::audit::Origin;
use keyward::config::storage::EngineName;
use keyward::factors::{Occasion, RecoveryCodes};
use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;
use keyward::foundation::ids::JourneyId;
use keyward::foundation::random::SeededRandom;
use keyward::lifecycle::restore::{Restore, Restored};
use keyward::limits::AuthenticatorLockout;
use keyward::storage::backup::key::Identity;
use keyward::storage::backup::{BackupError, file};
use keyward::storage::{self, Batch, Key, SharedStore};

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
        file::write(self.app.store(), &path, &identity.recipient(), made_at).await.unwrap();
        path
    }

    async fn restore(&self, file: &Path, identity: &Identity, into: &Path) -> Result<Restored, BackupError> {
        let (clock, random) = (self.app.clock.clone(), Arc::new(SeededRandom::new(3)));
        Restore { file, identity, into, engine: EngineName::Sled, clock, random }.run().await
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
    assert!(!into.with_extension("unfinished").exists());

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
    for kind in ["user", "user_password", "factor_totp", "client", "signing-key", "sealing", "audit"] {
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
    // What an interrupted restore left is no store, and does not stop the next one.
    std::fs::create_dir(before.folder.path().join("restored.unfinished")).unwrap();
    before.restore(&file, &identity, &into).await.unwrap();
    before.after(&into).await;
}
