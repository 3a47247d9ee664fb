//! `keyward doctor` for a tired administrator: nothing there yet, nothing running, settings half wrong, keys away, the wrong
//! user. It says what it found, changes nothing, and shows no secret.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::program::{Installed, complaint, keyward};

fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn nothing_is_made_before_the_first_start() {
    let at = Installed::new();
    let (code, found) = at.doctor(&[]);
    assert_eq!((code, found.all("wrong")), (1, vec!["base address"]), "{found:?}");
    found.is("base address", "wrong", &["no answer", "keyward serve"]);
    found.is("start", "skipped", &["first start"]);
    found.is("data folder", "skipped", &["not there yet"]);
    found.is("master key", "skipped", &["first start"]);
    assert_eq!(entries(at.folder.path()), ["keyward.toml"]);
}

#[tokio::test]
async fn all_is_well_with_a_server_and_without_one_only_the_address_is_not() {
    let at = Installed::new();
    let server = at.serve().await;
    let (code, found) = at.doctor(&[]);
    assert_eq!(
        (code, found.all("wrong"), found.all("warning")),
        (0, vec![], vec!["administrator"]),
        "{found:?}"
    );
    found.is("administrator", "warning", &["no administrator yet", "keyward setup"]);
    at.done(&["user", "add", "amara", "--email", "amara@example.com"]);
    at.done(&["administrator", "add", "amara"]);
    let said = at.done(&["doctor"]);
    assert!(!said.contains("WRONG") && !said.contains("WARN") && !said.contains("mend:"), "{said}");
    for name in
        ["settings", "base address", "clock", "master key", "signing keys", "store", "data folder", "disk"]
    {
        assert!(said.lines().any(|line| line.starts_with(&format!("well   {name} "))), "{name}: {said}");
    }
    assert!(server.stop().status.success());
    let (code, found) = at.doctor(&[]);
    assert_eq!((code, found.all("wrong")), (1, vec!["base address"]), "{found:?}");
    found.is("store", "well", &["records are whole"]);
    found.is("signing keys", "well", &["since", "until"]);
    found.is("administrator", "well", &[]);
}

#[tokio::test]
async fn settings_half_wrong_are_all_named_and_the_rest_is_looked_at() {
    let at = Installed::new();
    at.done(&["user", "list"]);
    let secret = at.folder.path().join("password");
    std::fs::write(&secret, "canary-of-mail").unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mail = format!(
        "[mail]\nhost = \"localhost\"\nport = {free}\nsender = \"k@example.com\"\nusername = \"k\"\npassword = {{ file = \"password\" }}\n"
    );
    let issuer = at.issuer();
    at.write(&issuer, "127.0.0.1:0", &format!("{mail}[session]\nidle = \"1h\"\n[log]\nlevel = \"loud\"\n"));
    let arguments = ["doctor", "--settings", &at.settings];
    let output = keyward(&arguments, "");
    let said = format!("{}{}", String::from_utf8(output.stdout.clone()).unwrap(), complaint(&output));
    assert!(!said.contains("canary"), "{said}");
    assert!(
        said.contains("session is no section") && said.contains("write sessions if that is meant"),
        "{said}"
    );
    assert!(said.contains("log.level is \"loud\""), "{said}");
    let (code, found) = at.doctor(&[]);
    assert_eq!(code, 1);
    assert_eq!(found.all("wrong"), ["settings", "settings", "base address", "mail"], "{found:?}");
    found.is("mail", "wrong", &["localhost", "keyward mail test"]);
    found.is("master key", "well", &["for its owner alone"]);
    found.is("start", "skipped", &["once the settings are mended"]);
    at.write("id.example.com", "0.0.0.0:443", &mail.replace("k@", "k@@"));
    let (_, found) = at.doctor(&[]);
    assert_eq!(found.all("wrong"), ["settings"], "what the issuer decides is not judged: {found:?}");
    for unknown in ["base address", "certificate", "mail"] {
        found.is(unknown, "skipped", &["before its settings are mended"]);
    }
    std::fs::write(&at.settings, "issuer = \"").unwrap();
    let (code, found) = at.doctor(&[]);
    assert_eq!((code, found.all("wrong")), (1, vec!["settings"]), "{found:?}");
    found.is("settings", "wrong", &["line 1 is not TOML"]);
}

#[tokio::test]
async fn a_running_server_is_asked_although_its_settings_became_wrong_meanwhile() {
    let at = Installed::new();
    let server = at.serve().await;
    let issuer = at.issuer();
    at.write(&issuer, issuer.strip_prefix("http://localhost:").unwrap(), "");
    let (code, found) = at.doctor(&[]);
    assert_eq!((code, found.all("wrong")), (1, vec!["settings"]), "{found:?}");
    found.is("settings", "wrong", &["listen.addresses"]);
    found.is("store", "well", &["records are whole"]);
    found.is("base address", "well", &["leads here"]);
    assert!(server.stop().status.success());
}

#[tokio::test]
async fn a_master_key_and_a_folder_in_danger_are_seen_while_the_server_runs() {
    let at = Installed::new();
    let server = at.serve().await;
    let key = at.folder.path().join("keys/master.key");
    let open = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    open(&key, 0o644);
    open(&at.data(), 0o770);
    let (code, found) = at.doctor(&[]);
    assert_eq!((code, found.all("wrong")), (1, vec!["master key", "data folder"]), "{found:?}");
    found.is("master key", "wrong", &["open to other users", "chmod 600"]);
    found.is("data folder", "wrong", &["mode 0770", "chmod 700"]);
    open(&at.data(), 0o700);
    open(&key, 0o600);
    let right = std::fs::read(&key).unwrap();
    std::fs::write(&key, [7; 32]).unwrap();
    at.doctor(&[]).1.is("master key", "wrong", &["not the one in use", "before you stop the server"]);
    std::fs::remove_file(&key).unwrap();
    at.doctor(&[]).1.is("master key", "wrong", &["missing", "put back your copy"]);
    assert!(server.stop().status.success());
    let (_, found) = at.doctor(&[]);
    found.is("start", "wrong", &["is missing, but the store holds data sealed with it"]);
    found.is("disk", "well", &["MiB are free"]);
    assert!(!key.exists());
    std::fs::write(&key, right).unwrap();
    open(&key, 0o600);
    at.doctor(&[]).1.is("signing keys", "well", &["since"]);
}

#[tokio::test]
async fn another_provider_in_our_place_is_told_from_us() {
    let (at, copy) = (Installed::new(), Installed::new());
    at.done(&["user", "list"]);
    let listen = at.issuer().replace("http://localhost", "127.0.0.1");
    copy.write(&at.issuer(), &listen, "");
    let other = copy.serve().await;
    at.doctor(&[]).1.is("base address", "wrong", &["another provider with other keys", "stop the other one"]);
    other.kill();
    for folder in ["data", "keys"] {
        let (from, to) = (at.folder.path().join(folder), copy.folder.path().join(folder));
        std::fs::remove_dir_all(&to).unwrap();
        assert!(std::process::Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
    }
    let _same = copy.serve().await;
    at.doctor(&[]).1.is("base address", "wrong", &["not out of this server", "copy of this installation"]);
}
