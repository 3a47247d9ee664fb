//! `keyward audit` and `keyward key` on the real program, with and without a server, and across its death (R-AU-06, RG-26).

use serde_json::Value;

use crate::support::program::Installed;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn verified(at: &Installed) -> Value {
    serde_json::from_str(&at.done(&["audit", "verify", "--json"])).unwrap()
}

#[tokio::test]
async fn rg_26_what_was_acknowledged_is_told_and_the_trail_verifies_across_kills() {
    let at = Installed::new();
    let mut added = Vec::new();
    for round in 0..3 {
        let server = at.serve().await;
        for number in 0..4 {
            let name = format!("person{round}{number}");
            at.done(&["user", "add", &name, "--email", &format!("{name}@example.com")]);
            added.push(name);
        }
        let running = verified(&at);
        assert_eq!(running["problems"], Value::Array(Vec::new()));
        if round == 1 {
            server.stop();
        } else {
            server.kill();
        }
        assert_eq!(verified(&at)["problems"], Value::Array(Vec::new()));
    }
    for name in &added {
        let told =
            lines(&at.done(&["audit", "show", "--person", name, "--action", "user_created", "--json"]));
        assert_eq!(told.len(), 1, "{name}");
    }
    let all = lines(&at.done(&["audit", "export"]));
    let count = |action: &str| all.iter().filter(|event| event["action"] == action).count();
    assert_eq!((count("user_created"), count("started"), count("stopped")), (12, 3, 1));
    let ids: std::collections::BTreeSet<_> = all.iter().map(|event| event["id"].to_string()).collect();
    assert_eq!(ids.len(), all.len());
    let text = at.done(&["audit", "show", "--limit", "3", "--since", "1h"]);
    assert_eq!(text.lines().count(), 3);
    assert!(at.done(&["audit", "show", "--person", "person00"]).contains("user_created  success  person00"));
    let unknown = crate::support::program::refused(&["audit", "show", "--action", "juggled"], "", 2);
    assert!(unknown.contains("sign_in"), "{unknown}");
}

#[tokio::test]
async fn a_server_links_within_a_second_and_a_stop_leaves_nothing_unlinked() {
    let at = Installed::new();
    let server = at.serve().await;
    at.done(&["user", "add", "one", "--email", "one@example.com"]);
    for _ in 0..200 {
        if verified(&at)["unlinked"] == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(verified(&at)["unlinked"], 0);
    at.done(&["user", "add", "two", "--email", "two@example.com"]);
    let said = server.stop();
    assert!(said.status.success());
    let report = verified(&at);
    assert_eq!((report["unlinked"].as_u64(), report["problems"].as_array().unwrap().len()), (Some(0), 0));
    let log = String::from_utf8(said.stderr).unwrap();
    let kept = report["checkpoint"].as_str().unwrap();
    assert!(at.done(&["audit", "verify", "--checkpoint", kept]).contains("were checked"), "{log}");
    assert!(at.refused(&["audit", "verify", "--checkpoint", "nonsense"]).contains("is no checkpoint"));
}

/// Adds a person while a server runs, and stops it; what the server said.
async fn add(at: &Installed, name: &str) -> String {
    let server = at.serve().await;
    at.done(&["user", "add", name, "--email", &format!("{name}@example.com")]);
    String::from_utf8(server.stop().stderr).unwrap()
}

fn checkpoint(at: &Installed) -> std::path::PathBuf {
    at.folder.path().join("keys/audit.checkpoint")
}

/// The verification names the checkpoint in the keys folder; then it is removed, and all is well again.
async fn is_behind(at: &Installed, why: &str) {
    let path = checkpoint(at);
    for name in ["three", "four"] {
        let output = at.said(&["audit", "verify"]);
        assert!(!output.0 && output.1.contains("cut off") | output.1.contains("is another"), "{}", output.1);
        assert!(output.1.contains(path.to_str().unwrap()) && output.1.contains(why), "{}", output.1);
        let log = add(at, name).await;
        assert!(
            log.contains("the checkpoint in the keys folder does not stand for the audit trail"),
            "{log}"
        );
    }
    std::fs::remove_file(&path).unwrap();
    assert!(!add(at, "last").await.contains("checkpoint in the keys folder does not"));
    assert!(path.exists());
    assert_eq!(verified(at)["problems"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn a_data_folder_that_was_put_back_is_noticed() {
    let at = Installed::new();
    add(&at, "one").await;
    let (data, copy) = (at.data(), at.folder.path().join("copy"));
    assert!(std::process::Command::new("cp").arg("-r").args([&data, &copy]).status().unwrap().success());
    add(&at, "two").await;
    assert_eq!(verified(&at)["problems"], Value::Array(Vec::new()));
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::rename(&copy, &data).unwrap();
    is_behind(&at, "if you put an older copy there yourself, remove").await;
}

#[tokio::test]
async fn a_restored_store_goes_on_without_the_checkpoint_once_it_is_proven_to_be_ours() {
    let at = Installed::new();
    add(&at, "one").await;
    let place = |name: &str| at.folder.path().join(name).to_str().unwrap().to_owned();
    let (key, file) = (place("backup.key"), place("backup"));
    let recipient = crate::support::program::done(&["backup", "key", &key], "");
    let recipient = recipient.split_whitespace().find(|word| word.starts_with("age1")).unwrap().to_owned();
    at.done(&["backup", "--recipient", &recipient, "--to", &file]);
    add(&at, "two").await;
    std::fs::remove_dir_all(at.data()).unwrap();
    crate::support::program::done(&["restore", &file, "--key", &key, "--into", &place("data")], "");
    assert!(!add(&at, "three").await.contains("checkpoint in the keys folder does not"));
    assert!(checkpoint(&at).exists());
    assert_eq!(verified(&at)["problems"], Value::Array(Vec::new()));
    assert_eq!(lines(&at.done(&["audit", "show", "--action", "restored", "--json"])).len(), 1);
}

#[tokio::test]
async fn keys_rotate_in_the_running_server_and_while_it_is_stopped() {
    let at = Installed::new();
    let phases = |command: &[&str]| -> Vec<(String, String)> {
        let keys: Value = serde_json::from_str(&at.done(command)).unwrap();
        let keys = keys.as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        keys.map(|key| (text(&key["kid"]), text(&key["phase"]["is"]))).collect()
    };
    let first = phases(&["key", "list", "--json"]);
    assert_eq!(first.iter().filter(|(_, phase)| phase == "signing").count(), 2);
    let server = at.serve().await;
    let issuer = std::fs::read_to_string(&at.settings).unwrap();
    let issuer = issuer.lines().next().unwrap().split('"').nth(1).unwrap().to_owned();
    let published = || async {
        let set = reqwest_get(&format!("{issuer}/jwks.json")).await;
        let kids = set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned());
        kids.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(published().await, first.iter().map(|(kid, _)| kid.clone()).collect());
    let announced = phases(&["key", "rotate", "--json"]);
    assert_eq!(announced.iter().filter(|(_, phase)| phase == "announced").count(), 2);
    assert_eq!(published().await, announced.iter().map(|(kid, _)| kid.clone()).collect());
    for kid in ["-s", "--Nw9s5i2n74"] {
        assert!(at.refused(&["key", "retire", kid]).contains(kid), "ids may begin with a hyphen");
    }
    assert!(at.refused(&["key", "retire", &first[0].0]).contains("signs at present"));
    let next = &announced.iter().find(|(_, phase)| phase == "announced").unwrap().0;
    assert!(!at.done(&["key", "retire", next]).contains(next.as_str()));
    let renewed = phases(&["key", "rotate", "--now", "--json"]);
    assert_eq!(published().await, renewed.iter().map(|(kid, _)| kid.clone()).collect());
    assert!(
        renewed.iter().all(|(kid, phase)| phase == "signing" && !announced.iter().any(|(old, _)| old == kid))
    );
    server.kill();
    assert_eq!(phases(&["key", "list", "--json"]), renewed);
    assert!(at.done(&["key", "rotate"]).contains("announced, signs from 20"));
    let revoked = lines(&at.done(&["audit", "show", "--action", "signing_key_revoked", "--json"]));
    assert_eq!(revoked.len(), 3);
    assert!(revoked.iter().all(|event| event["actor"]["kind"] == "command_line"));
}

async fn reqwest_get(url: &str) -> Value {
    serde_json::from_str(
        &crate::support::relying_party::read(crate::support::browser::http().get(url)).await.body,
    )
    .unwrap()
}
