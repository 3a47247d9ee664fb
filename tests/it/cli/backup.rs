//! Backup, restore and move with the real program: while the server runs, killed in between, on both engines (RG-18).

use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use keyward::storage::backup::file;
use keyward::storage::backup::frames::FrameWriter;
use keyward::storage::backup::key::Identity;
use keyward::storage::{ExportSink as _, StoreMark};

use crate::support::program::{Installed, command, complaint, done, keyward, refused};

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
        let output = keyward(&["user", "invite", name, "--settings", settings], "");
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
        assert!(said.contains("forged") && said.contains("Every administrator"), "{said}");
        assert!(refused(&["restore", backup, "--into", &into, "--key", key], "", 1).contains("is not empty"));
        let settings = copied.settings(&folder, engine);
        assert!(Copied::knows(&settings, "before") && !Copied::knows(&settings, "after"));
    }
}

#[tokio::test]
async fn the_data_moves_between_engines_and_the_old_folder_starts_no_more() {
    let copied = Copied::new("[storage]\nengine = \"sled\"").await;
    let there = text(&copied.place("on-redb"));
    let said = copied.at.done(&["move", "--to", "redb", "--into", &there]);
    assert!(said.contains("the same") && said.contains("storage.engine = \"redb\""), "{said}");
    let settings = copied.settings("on-redb", "redb");
    assert!(Copied::knows(&settings, "after"));
    let wrong = copied.settings("on-redb", "sled");
    let sentence = refused(&["user", "invite", "after", "--settings", &wrong], "", 1);
    assert!(sentence.contains("set storage.engine = \"redb\""), "{sentence}");
    for command in [&["serve"][..], &["user", "list"], &["move", "--to", "redb", "--into", &there]] {
        let sentence = copied.at.refused(command);
        assert!(sentence.contains("was moved to") && sentence.contains(&there), "{sentence}");
    }
    let told = done(&["audit", "show", "--action", "data_moved", "--json", "--settings", &settings], "");
    assert_eq!(told.lines().count(), 1, "{told}");
    // And back, where the old folder was removed.
    done(&["move", "--to", "sled", "--settings", &settings], "");
    std::fs::remove_dir_all(copied.at.data()).unwrap();
    std::fs::rename(copied.place("on-redb-sled"), copied.at.data()).unwrap();
    assert!(Copied::knows(&copied.at.settings, "after"));
    let server = copied.at.serve().await;
    let sentence = copied.at.refused(&["move", "--to", "redb", "--into", &text(&copied.place("other"))]);
    assert!(sentence.contains("in use") && sentence.contains("stop that one first"), "{sentence}");
    assert!(server.stop().status.success());
}

/// In a container all settings stand in the environment.
#[test]
fn a_move_and_a_backup_work_where_the_environment_says_and_never_on_nothing() {
    let at = Installed::new();
    let place = |name: &str| text(&at.folder.path().join(name));
    let recipient = done(&["backup", "key", &place("key")], "");
    let recipient = recipient.lines().last().unwrap().to_owned();
    at.done(&["user", "add", "ann", "--email", "ann@example.com"]);
    let run = |folder: &str, arguments: &[&str]| {
        let mut program = command(arguments);
        program.env("KEYWARD_DATA__FOLDER", place(folder)).env("KEYWARD_DATA__KEYS", place("keys"));
        program.output().unwrap()
    };
    let (backup, new) = (place("backup"), place("new"));
    let commands = [
        &["backup", "--recipient", &recipient, "--to", &backup][..],
        &["move", "--to", "sled", "--into", &new],
    ];
    for arguments in commands {
        let refused = run("absent", arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(complaint(&refused).contains("there is no data in"), "{}", complaint(&refused));
        assert!(["absent", "new", "backup"].iter().all(|name| !Path::new(&place(name)).exists()));
    }
    for arguments in commands {
        let output = run("data", arguments);
        assert!(output.status.success(), "{arguments:?}: {}", complaint(&output));
    }
    assert!(done(&["backup", "verify", &backup, "--key", &place("key")], "").contains("is whole"));
    let folder = format!("data.folder={new}");
    at.done(&["user", "show", "ann", "--set", &folder, "--set", "storage.engine=sled"]);
}

/// Who has the key of backups, and one of them, can write another one; the first start refuses it.
#[tokio::test]
async fn r_op_10_a_forged_backup_is_refused_at_the_first_start() {
    let copied = Copied::new("").await;
    let forged = copied.place("forged");
    let identity = Identity::read(Path::new(&copied.key)).unwrap();
    let mut honest = file::open(Path::new(&copied.backup), &identity).unwrap();
    let mut frames = FrameWriter::new(Vec::new(), honest.head().made_at, Box::new(|_| [7; 32]));
    let head = honest.head().clone();
    frames.begin(StoreMark { number: head.store, revision: head.revision }).unwrap();
    while let Some((key, envelope)) = honest.read_record().unwrap() {
        frames.record(&key, &envelope).unwrap();
    }
    let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
    compressed.write_all(&frames.finish().unwrap().0).unwrap();
    let recipient: age::x25519::Recipient = identity.recipient().to_string().parse().unwrap();
    std::fs::write(&forged, age::encrypt(&recipient, &compressed.finish().unwrap()).unwrap()).unwrap();
    for (backup, is_ours) in [(text(&forged), false), (copied.backup.clone(), true)] {
        let folder = format!("ours-{is_ours}");
        let into = text(&copied.place(&folder));
        done(&["restore", &backup, "--into", &into, "--key", &copied.key], "");
        let settings = copied.settings(&folder, "redb");
        let output = keyward(&["user", "list", "--settings", &settings], "");
        assert_eq!(output.status.success(), is_ours, "{}", complaint(&output));
        let said = complaint(&output);
        assert!(said.contains(if is_ours { "restored from a backup" } else { "forged" }), "{said}");
    }
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
