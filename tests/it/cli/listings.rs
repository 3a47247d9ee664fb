//! Listings: tables for people, JSON with stable names for scripts, alike with and without a server.

use serde_json::Value;

use crate::support::program::Installed;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"))
}

fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn every_listing_has_its_documented_fields_with_and_without_a_server() {
    let at = Installed::new();
    assert!(at.done(&["user", "list"]).contains("keyward user add"));
    assert!(at.done(&["group", "list"]).contains("keyward group add"));
    assert!(at.done(&["client", "list"]).contains("keyward client add"));
    assert_eq!(json(&at.done(&["user", "list", "--json"])), Value::Array(Vec::new()));
    at.done(&["group", "add", "jira-users", "--description", "May use Jira"]);
    at.done(&["user", "add", "amara", "--email", "amara@example.com", "--group", "jira-users"]);
    at.done(&["client", "add", "--preset", "jira-dc", "--base-url", "https://jira.example.com"]);
    let documented =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md")).unwrap();
    let listings = || {
        [
            &["user", "list"][..],
            &["user", "show", "amara"],
            &["group", "list"],
            &["group", "show", "jira-users"],
        ]
        .into_iter()
        .chain([&["client", "list"][..], &["client", "show", "Jira"]])
        .map(|command| at.done(&[command, &["--json"]].concat()))
        .collect::<Vec<_>>()
    };
    let alone = listings();
    let server = at.serve().await;
    assert_eq!(listings(), alone);
    for listing in &alone {
        let listing = json(listing);
        let object = listing.as_array().map_or(&listing, |lines| &lines[0]);
        for name in names(object) {
            assert!(documented.contains(&format!("`{name}`")), "{name} is not documented");
        }
    }
    let table = at.done(&["user", "list"]);
    assert!(table.starts_with("USER NAME  NAME   EMAIL              STATE   GROUPS\namara"), "{table}");
    assert!(at.done(&["client", "list"]).contains("https://jira.example.com"));
    server.kill();
}

#[tokio::test]
async fn what_cannot_be_undone_is_asked_for_twice_and_answers_are_sentences() {
    let at = Installed::new();
    at.done(&["user", "add", "amara", "--email", "amara@example.com"]);
    let server = at.serve().await;
    let said =
        crate::support::program::refused(&["user", "delete", "amara", "--settings", &at.settings], "", 2);
    assert!(said.contains("--yes"), "{said}");
    assert!(at.done(&["user", "lock", "amara"]).contains("locked out"));
    assert!(at.refused(&["user", "invite", "amara"]).contains("user_locked"));
    assert!(at.done(&["user", "unlock", "amara"]).contains("may sign in again"));
    assert!(at.refused(&["user", "reset-factor", "amara"]).contains("user invite"));
    assert!(at.done(&["user", "delete", "amara", "--yes"]).contains("reserved for a year"));
    assert!(at.refused(&["user", "show", "amara"]).contains("there is nobody"));
    assert!(server.stop().status.success());
}
