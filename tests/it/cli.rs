//! The command line: what it answers to a tired administrator, and what it does while the server is stopped.

use std::path::Path;

use crate::support::program::{Demo, complaint, done, keyward, refused};

mod backup;
mod beginning;
mod doctor;
mod held;
mod listings;
mod mail;
mod trail;

fn settings(folder: &Path, more: &str) -> String {
    let file = folder.join("keyward.toml");
    let text =
        format!("issuer = \"http://localhost:8443\"\n{more}\n[data]\nfolder = \"data\"\nkeys = \"keys\"\n");
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_person_is_added_with_a_one_time_link_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = settings(folder.path(), "");
    let add = [
        "user",
        "add",
        "amara",
        "--email",
        "amara@example.com",
        "--name",
        "Amara Okafor",
        "--settings",
        &file,
    ];
    let said = done(&add, "");
    let link = said.lines().find(|line| line.contains("http://localhost:8443/invitation/kwi")).unwrap();
    assert!(said.contains("24 hours"), "{said}");
    assert!(refused(&add, "", 1).contains("is taken"));
    let fresh = done(&["user", "invite", "amara@example.com", "--settings", &file], "");
    assert!(fresh.contains("/invitation/kwi") && !fresh.contains(link.trim()));
    let nobody = refused(&["user", "invite", "nobody", "--settings", &file], "", 1);
    assert!(nobody.contains("there is nobody") && nobody.contains("nobody"), "{nobody}");
}

#[test]
fn groups_are_created_only_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = settings(folder.path(), "");
    let add = |name: &'static str, group: &'static str| {
        vec!["user", "add", name, "--email", "x@example.com", "--group", group, "--settings", &file]
            .into_iter()
    };
    let plain: Vec<_> = add("one", "jira-users").collect();
    assert!(refused(&plain, "", 1).contains("--create-groups"));
    let creating: Vec<_> = add("one", "jira-users").chain(["--create-groups"]).collect();
    done(&creating, "");
    let other_case: Vec<_> = add("two", "Jira-Users").chain(["--create-groups"]).collect();
    assert!(refused(&other_case, "", 1).contains("\"jira-users\""));
}

#[test]
fn a_first_password_comes_on_the_standard_input_only_and_must_be_a_good_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = settings(folder.path(), "");
    let add = ["user", "add", "mei", "--email", "mei@example.com", "--password-stdin", "--settings", &file];
    assert!(refused(&add, "", 1).contains("standard input"));
    refused(&add, "password\n", 1);
    let said = done(&add, "violet harbour 42 lantern\n");
    assert!(
        said.contains("must be changed") && !said.contains("violet") && !said.contains("invitation"),
        "{said}"
    );
}

#[test]
fn an_application_is_added_with_everything_to_paste() {
    let folder = tempfile::tempdir().unwrap();
    let file = settings(folder.path(), "");
    let add = [
        "client",
        "add",
        "--preset",
        "jira-dc",
        "--base-url",
        "https://jira.example.com/jira/",
        "--settings",
        &file,
    ];
    let said = done(&add, "");
    for needed in [
        "http://localhost:8443\n",
        "${preferred_username}",
        "profile email",
        "${name}",
        "${email}",
        "kwk",
        "https://jira.example.com/jira/login.jsp?auth_fallback",
        "https://jira.example.com/jira/rest/authconfig/1.0/sso",
        "enable-authentication-fallback",
        "Authentication methods",
        "http://localhost:8443/token",
    ] {
        assert!(said.contains(needed), "{needed} is missing in:\n{said}");
    }
    let metadata = folder.path().join("client.json");
    std::fs::write(&metadata, r#"{"client_name": "Wiki", "redirect_uris": ["https://wiki.example.com/cb"]}"#)
        .unwrap();
    let said = done(&["client", "add", "--file", metadata.to_str().unwrap(), "--settings", &file], "");
    assert!(said.contains("https://wiki.example.com/cb") && said.contains("kwk"), "{said}");
}

#[test]
fn wrong_arguments_of_a_tired_administrator_are_explained() {
    let usage: [&[&str]; 8] = [
        &[],
        &["serv"],
        &["user", "add", "x"],
        &["client", "add"],
        &["client", "add", "--preset", "jira", "--base-url", "https://jira.example.com"],
        &["client", "add", "--preset", "jira-dc"],
        &["demo", "--listen", "0.0.0.0:8443"],
        &["demo", "--listen", "8443"],
    ];
    for arguments in usage {
        refused(arguments, "", 2);
    }
    let said = refused(&["client", "add", "--preset", "jira", "--base-url", "https://x.example.com"], "", 2);
    assert!(said.contains("jira-dc"), "{said}");
}

#[test]
fn what_is_understood_but_wrong_is_refused_with_its_mend() {
    let folder = tempfile::tempdir().unwrap();
    let file = settings(folder.path(), "");
    let http = [
        "client",
        "add",
        "--preset",
        "jira-dc",
        "--base-url",
        "http://jira.example.com",
        "--settings",
        &file,
    ];
    assert!(refused(&http, "", 1).contains("http"));
    let missing = refused(&["client", "add", "--file", "/nowhere.json", "--settings", &file], "", 1);
    assert!(missing.contains("/nowhere.json"), "{missing}");
    let mail = ["user", "add", "x", "--email", "not an address", "--settings", &file];
    assert!(refused(&mail, "", 1).contains("email"));
    let wrong = settings(folder.path(), "isuer = 1");
    assert!(refused(&["serve", "--settings", &wrong], "", 1).contains("issuer"));
    assert!(refused(&["serve", "--settings", "/nowhere.toml"], "", 1).contains("/nowhere.toml"));
    assert!(keyward(&["--help"], "").status.success() && keyward(&["--version"], "").status.success());
}

#[test]
fn r_ks_05_a_wrong_or_missing_master_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = settings(folder.path(), "");
    let add = |name: &'static str| {
        ["user", "add", name, "--email", "x@example.com", "--settings", &file].map(str::to_owned)
    };
    let run = |name| {
        let arguments = add(name);
        keyward(&arguments.each_ref().map(String::as_str), "")
    };
    assert!(run("one").status.success());
    let key = folder.path().join("keys/master.key");
    let mut bytes = std::fs::read(&key).unwrap();
    bytes[0] ^= 1;
    std::fs::write(&key, bytes).unwrap();
    let wrong = run("two");
    assert!(
        wrong.status.code() == Some(1) && complaint(&wrong).contains("not the one"),
        "{}",
        complaint(&wrong)
    );
    std::fs::remove_file(&key).unwrap();
    let missing = run("two");
    assert!(
        missing.status.code() == Some(1) && complaint(&missing).contains("missing"),
        "{}",
        complaint(&missing)
    );
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_gets_one_clear_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let _demo = Demo::start(folder.path(), &[]).await;
    let data = folder.path().join("data");
    let said = refused(&["demo", "--data", data.to_str().unwrap()], "", 1);
    assert!(said.contains("in use by another keyward process") && said.lines().count() == 1, "{said}");
    let file = settings(folder.path(), "").replace("keyward.toml", "held.toml");
    let text = "[data]\nfolder = \"data/store\"\nkeys = \"data/keys\"\n";
    std::fs::write(&file, text).unwrap();
    let said = refused(&["serve", "--settings", &file], "", 1);
    assert!(said.contains("in use by another keyward process") && said.lines().count() == 1, "{said}");
}
