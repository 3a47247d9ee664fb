//! Backup, restore and move with the real program: while the server runs, killed in between, on both engines (RG-18).

use std::path::{Path, PathBuf};

use crate::support::program::{Installed, done, refused};

/// A person who is there before the backup, one who comes after it, a key pair and a backup made by a running server.
struct Copied {
    at: Installed,
    key: String,
    backup: String,
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

impl Copied {
    async fn new(more: &str) -> Self {
        let at = Installed::with(more);
        let place = |name: &str| text(&at.folder.path().join(name));
        let (key, backup) = (place("backup.key"), place("backup"));
        let said = done(&["backup", "key", &key], "");
        let recipient = said.lines().find(|line| line.starts_with("age1")).unwrap();
        at.done(&["user", "add", "before", "--email", "before@example.com"]);
        let server = at.serve().await;
        let said = at.done(&["backup", "--recipient", recipient, "--to", &backup]);
        assert!(said.contains("read back whole") && said.contains("master key"), "{said}");
        let again = at.refused(&["backup", "--recipient", recipient, "--to", &backup]);
        assert!(again.contains("exists already"), "{again}");
        at.done(&["user", "add", "after", "--email", "after@example.com"]);
        server.kill();
        Self { at, key, backup }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.at.folder.path().join(name)
    }

    /// The same installation on the data in `folder`, kept by `engine`.
    fn settings(&self, folder: &str, engine: &str) -> String {
        let name = self.place(&format!("{folder}-{engine}.toml"));
        let settings = std::fs::read_to_string(&self.at.settings).unwrap();
        let settings = settings.replace("folder = \"data\"", &format!("folder = \"{folder}\""));
        let settings = settings.split("[storage]").next().unwrap().to_owned();
        std::fs::write(&name, format!("{settings}\n[storage]\nengine = \"{engine}\"\n")).unwrap();
        text(&name)
    }

    fn knows(settings: &str, name: &str) -> bool {
        let output = crate::support::program::keyward(&["user", "invite", name, "--settings", settings], "");
        output.status.success()
    }
}

#[tokio::test]
async fn a_backup_made_beside_the_server_becomes_an_installation_again() {
    let copied = Copied::new("").await;
    let (key, backup) = (copied.key.as_str(), copied.backup.as_str());
    assert!(done(&["backup", "verify", backup, "--key", key], "").contains("is whole"));
    assert!(done(&["backup", "verify", backup], "").contains("outer form"));
    assert!(done(&["restore", "--verify", backup, "--key", key], "").contains("is whole"));
    for engine in ["redb", "sled"] {
        let folder = format!("restored-{engine}");
        let into = text(&copied.place(&folder));
        let said =
            done(&["restore", "--verify", backup, "--into", &into, "--key", key, "--engine", engine], "");
        assert!(said.contains("stay dead") && said.contains("master key"), "{said}");
        assert!(refused(&["restore", backup, "--into", &into, "--key", key], "", 1).contains("is not empty"));
        let settings = copied.settings(&folder, engine);
        assert!(Copied::knows(&settings, "before") && !Copied::knows(&settings, "after"));
    }
}

#[tokio::test]
async fn the_data_moves_between_engines_and_the_old_folder_stays() {
    let copied = Copied::new("[storage]\nengine = \"sled\"").await;
    let there = text(&copied.place("on-redb"));
    let said = copied.at.done(&["move", "--to", "redb", "--into", &there]);
    assert!(said.contains("the same") && said.contains("storage.engine = \"redb\""), "{said}");
    let settings = copied.settings("on-redb", "redb");
    assert!(Copied::knows(&settings, "after"));
    let wrong = copied.settings("on-redb", "sled");
    let sentence = refused(&["user", "invite", "after", "--settings", &wrong], "", 1);
    assert!(sentence.contains("set storage.engine = \"redb\""), "{sentence}");
    assert!(Copied::knows(&copied.at.settings, "after"), "the old folder still serves");
    done(&["move", "--to", "sled", "--settings", &settings], "");
    assert!(copied.place("on-redb-sled").join("store.sled").exists());
    let server = copied.at.serve().await;
    let sentence = copied.at.refused(&["move", "--to", "redb", "--into", &text(&copied.place("other"))]);
    assert!(sentence.contains("in use"), "{sentence}");
    assert!(server.stop().status.success());
}

#[tokio::test]
async fn wrong_keys_and_places_are_told_apart() {
    let copied = Copied::new("").await;
    let other = text(&copied.place("other.key"));
    done(&["backup", "key", &other], "");
    assert!(refused(&["backup", "key", &other], "", 1).contains("cannot be written"));
    let sentence = refused(&["backup", "verify", &copied.backup, "--key", &other], "", 1);
    assert!(sentence.contains("made for another"), "{sentence}");
    let public = copied.at.refused(&["backup", "--recipient", "age1", "--to", &text(&copied.place("x"))]);
    assert!(public.contains("no public key"), "{public}");
    let nowhere = text(&copied.place("absent").join("x"));
    let recipient = done(&["backup", "key", &text(&copied.place("third.key"))], "");
    let recipient = recipient.lines().last().unwrap();
    assert!(
        copied.at.refused(&["backup", "--recipient", recipient, "--to", &nowhere]).contains("cannot be used")
    );
    assert!(!copied.place("x").exists());
}
