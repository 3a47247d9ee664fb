//! The first start after a restore: only a backup made under the master key is accepted, and every administrator hears of it,
//! once (R-OP-09, R-OP-10).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use keyward::app::{App, Ground};
use keyward::config::storage::EngineName;
use keyward::foundation::random::SeededRandom;
use keyward::foundation::{Clock as _, Timestamp};
use keyward::lifecycle::restore::Restore;
use keyward::lifecycle::restored;
use keyward::storage::backup::key::Identity;
use keyward::storage::backup::{Authentication, file};
use keyward::storage::{self, Batch, Key};

use crate::support::app::{self, TestApp};
use crate::support::mailbox::Mailbox;

/// A provider with three people, two of whom administer, and a folder of its own.
struct Installation {
    app: TestApp,
    mailbox: Mailbox,
    folder: tempfile::TempDir,
}

impl Installation {
    async fn new() -> Self {
        let (mailbox, folder) = (Mailbox::open().await, tempfile::tempdir().unwrap());
        let (mail, keys) = (mailbox.serves(), folder.path().join("keys"));
        let app = app::start_with(|settings| {
            mail(settings);
            settings.data.keys = keys;
        });
        let app = app.await;
        for name in ["ann", "bob", "cleo"] {
            let person = app.person_without_factor(name).await;
            let mut batch = Batch::new();
            if name != "cleo" {
                app.app.users.make_administrator(&mut batch, &person.id).await.unwrap();
            }
            app.store().commit(batch).await.unwrap();
        }
        Self { app, mailbox, folder }
    }

    fn ours(&self) -> Authentication {
        restored::authentication(self.app.app.ground.sealing.clone())
    }

    /// The data folder that becomes of a backup with codes by `authentication`.
    async fn restored(&self, authentication: Authentication) -> PathBuf {
        let (path, identity) = (self.folder.path().join("backup"), Identity::generate());
        let (into, recipient) = (self.folder.path().join("restored"), identity.recipient());
        let made_at = Timestamp(1_800_000_000_000);
        let written =
            file::write(self.app.store(), &path, &recipient, made_at, authentication).await.unwrap();
        written.finish().await.unwrap();
        self.app.pass(3 * 24 * 60 * 60);
        let clock = self.app.clock.clone();
        let (file, identity, engine) = (path.as_path(), &identity, EngineName::Redb);
        Restore { file, identity, into: &into, engine, clock }.run().await.unwrap();
        into
    }

    async fn start(&self, data: &Path) -> Result<App, String> {
        let (settings, clock) = (self.app.app.ground.settings.clone(), self.app.clock.clone());
        let store = storage::redb::open(data, 4 << 20, clock.clone()).unwrap();
        let random = Arc::new(SeededRandom::new(clock.now().0.unsigned_abs()));
        let ground = Ground::new(settings, store, clock, random).await.unwrap();
        App::build(ground).await.map_err(|error| error.to_string())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_op_09_every_administrator_is_told_once_by_the_first_start() {
    let at = Installation::new().await;
    let data = at.restored(at.ours()).await;
    let app = at.start(&data).await.unwrap();
    assert!(app.ground.store.get(&[Key::new("restored", &[])]).await.unwrap()[0].is_none());
    app.runner.run_due().await.unwrap();
    let mails = at.mailbox.mails();
    let mut told: Vec<_> = mails.iter().map(|mail| mail.recipients[0].clone()).collect();
    told.sort();
    assert_eq!(told, ["ann@example.com", "bob@example.com"]);
    for mail in &mails {
        assert_eq!(mail.subject, "Keyward: data was restored from a backup");
        assert!(
            mail.text.contains("2027-01-15 08:00 UTC") && mail.text.contains("did not know"),
            "{}",
            mail.text
        );
        assert!(!mail.text.contains("change your password"), "{}", mail.text);
    }
    drop(app);
    let app = at.start(&data).await.unwrap();
    app.runner.run_due().await.unwrap();
    assert_eq!(at.mailbox.mails().len(), 2, "they were told before");
}

#[tokio::test(flavor = "multi_thread")]
async fn r_op_10_a_forged_backup_is_refused_by_every_start() {
    let at = Installation::new().await;
    // Who has the key of backups, and one of them, can write another; only the code is beyond him.
    let data = at.restored(Box::new(|digest| *digest)).await;
    for _ in 0..2 {
        let refused = at.start(&data).await.unwrap_err();
        assert!(refused.contains("forged") && refused.contains("2027-01-15T08:00:00"), "{refused}");
        assert!(!refused.contains('\n'), "{refused}");
    }
    assert!(at.mailbox.mails().is_empty());
}

/// The code of one backup is of no use in another.
#[tokio::test(flavor = "multi_thread")]
async fn r_op_10_the_code_of_an_honest_backup_does_not_fit_another() {
    let at = Installation::new().await;
    let (path, identity) = (at.folder.path().join("honest"), Identity::generate());
    let made_at = Timestamp(1_800_000_000_000);
    let written =
        file::write(at.app.store(), &path, &identity.recipient(), made_at, at.ours()).await.unwrap();
    written.finish().await.unwrap();
    let code = file::verify(&path, &identity).unwrap().code;
    at.app.person_without_factor("mallory").await;
    let data = at.restored(Box::new(move |_| code)).await;
    let refused = at.start(&data).await.unwrap_err();
    assert!(refused.contains("forged"), "{refused}");
}
