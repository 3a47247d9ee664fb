//! `keyward export`, `plan` and `apply` as processes, beside a stopped and a running server, killed in between.

use std::path::PathBuf;
use std::time::Duration;

use keyward::configuration::document::{Format, read};

use crate::support::program::{Installed, complaint, keyward};

const SECRET: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMN";

fn file(installed: &Installed, name: &str, text: &str) -> PathBuf {
    let file = installed.folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    file
}

fn with_client(more: &str) -> String {
    format!("[clients.wiki]\nredirect_uris = [\"https://wiki.example.com/cb\"]\n{more}")
}

#[test]
fn the_afternoon_of_an_administrator() {
    let installed = Installed::new();
    let wanted = file(&installed, "keyward-configuration.toml", &with_client(""));
    let wanted = wanted.to_str().unwrap();
    let plan = installed.done(&["plan", wanted]);
    assert!(plan.contains("+ clients.wiki") && plan.contains("will be made, and shown once"), "{plan}");
    let unasked = keyward(&["apply", wanted, "--settings", &installed.settings], "yes\n");
    assert!(!unasked.status.success() && complaint(&unasked).contains("--yes"), "nobody is at a terminal");
    let applied = installed.done(&["apply", wanted, "--yes"]);
    assert_eq!(applied.matches("shown this once: kwk").count(), 1, "{applied}");
    let again = installed.done(&["apply", wanted, "--yes"]);
    assert_eq!(again, "Nothing differs.\n");

    let toml = installed.done(&["export"]);
    let json = installed.done(&["export", "--format", "json"]);
    let exported = read(&toml, Format::Toml).unwrap();
    assert_eq!(exported, read(&json, Format::Json).unwrap());
    assert!(toml.contains("set = true") && !toml.contains("kwk"), "{toml}");
    let out = installed.folder.path().join("out.json");
    installed.done(&["export", "--output", out.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), json);
    assert!(installed.refused(&["export", "--output", out.to_str().unwrap()]).contains("cannot be written"));
    assert_eq!(installed.done(&["plan", out.to_str().unwrap()]), "Nothing differs.\n");
    let json = installed.done(&["plan", out.to_str().unwrap(), "--json"]);
    assert!(json.contains("\"differences\": []"), "{json}");
}

#[test]
fn r_op_02_references_are_looked_up_where_the_file_is() {
    let installed = Installed::new();
    file(&installed, "wiki.secret", &format!("{SECRET}\n"));
    let by_file = with_client("client_secret = { file = \"wiki.secret\" }\n");
    let wanted = file(&installed, "wanted.toml", &by_file);
    let applied = installed.done(&["apply", wanted.to_str().unwrap(), "--yes"]);
    assert!(
        applied.contains("clients.wiki.client_secret") || applied.contains("+ clients.wiki"),
        "{applied}"
    );
    assert!(!applied.contains(SECRET) && !applied.contains("kwk"), "{applied}");
    assert!(installed.done(&["plan", wanted.to_str().unwrap()]).contains("Nothing differs"));
    for (reference, needle) in [
        ("{ env = \"KEYWARD_NO_SUCH_SECRET\" }", "KEYWARD_NO_SUCH_SECRET"),
        ("{ file = \"nowhere\" }", "nowhere"),
        ("\"hunter2hunter2\"", "{ env = \"NAME\" }"),
    ] {
        let wanted = file(&installed, "wanted.toml", &with_client(&format!("client_secret = {reference}\n")));
        let said = installed.refused(&["plan", wanted.to_str().unwrap()]);
        assert!(said.contains("wanted.toml: ") && said.contains("clients.wiki.client_secret"), "{said}");
        assert!(said.contains(needle) && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn what_is_wrong_is_named_with_the_file() {
    let installed = Installed::new();
    for (name, text, needle) in [
        ("a.toml", "[policy\n", "cannot be read as TOML"),
        ("a.json", "{\"policy\": {}, \"policy\": {}}", "twice"),
        ("b.toml", "[polcy]\n", "polcy is not known"),
        ("c.toml", "[sessions]\nidle = \"1s\"\n[limits]\nfactor_ceiling = 1\n", "limits.factor_ceiling is 1"),
    ] {
        let wanted = file(&installed, name, text);
        for command in
            [&["plan", wanted.to_str().unwrap()][..], &["apply", "--yes", wanted.to_str().unwrap()]]
        {
            let said = installed.refused(command);
            assert!(said.contains(needle) && said.contains(name), "{said}");
        }
    }
    assert!(installed.refused(&["plan", "/nowhere.toml"]).contains("/nowhere.toml: cannot be read"));
}

#[tokio::test]
async fn a_running_server_applies_it_and_a_kill_leaves_the_old_or_the_new() {
    let installed = Installed::new();
    let model = |word: &str| {
        let groups: String = (0..1_000).map(|at| format!("[groups.{word}{at}]\n")).collect();
        format!("[pages]\norganisation = \"{word}\"\n{groups}")
    };
    let first = file(&installed, "first.toml", &model("first"));
    let serving = installed.serve().await;
    installed.done(&["apply", first.to_str().unwrap(), "--yes"]);
    drop(serving);
    let mut present = "first".to_owned();
    for round in 0..5_u64 {
        let word = format!("round{round}x");
        let wanted = file(&installed, "wanted.toml", &model(&word));
        let serving = installed.serve().await;
        let settings = installed.settings.clone();
        let applying = std::thread::spawn(move || {
            keyward(&["apply", wanted.to_str().unwrap(), "--yes", "--settings", &settings], "")
                .status
                .success()
        });
        tokio::time::sleep(Duration::from_millis(60 + 80 * round)).await;
        serving.kill();
        // The applying process may find nobody who holds the folder, and then does it itself.
        let done = applying.join().unwrap();
        let exported = read(&installed.done(&["export"]), Format::Toml).unwrap();
        let found = exported.pages.organisation.clone();
        assert!(found == word || found == present, "{found}");
        assert!(!done || found == word, "acknowledged and lost");
        assert_eq!(exported.groups.len(), 1_000);
        assert!(exported.groups.keys().all(|name| name.starts_with(&found)), "a mixture");
        present = found;
    }
}
