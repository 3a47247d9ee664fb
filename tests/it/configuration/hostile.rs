//! Files that mean harm, or are merely wrong: refused, with every fault named (R-OP-02, R-TR-10).

use keyward::commands::configuration::Plan;
use keyward::configuration::document::{Format, LARGEST, read};
use keyward::configuration::{Problem, Refused};
use serde_json::{Value, json};

use super::{Place, apply, export, model};

fn said(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

fn unreadable(text: &str, format: Format) -> String {
    said(&read(text, format).unwrap_err())
}

#[test]
fn r_op_02_size_and_depth_are_bounded() {
    let huge = format!("# {}\n", "x".repeat(LARGEST));
    assert!(unreadable(&huge, Format::Toml).contains("bytes"));
    for levels in [33, 100, 200, 100_000, 900_000] {
        let lists = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let said = unreadable(&lists, Format::Json);
        assert!(said.contains("deeper") || said.contains("recursion"), "{levels}: {said}");
        unreadable(&format!("a = {lists}"), Format::Toml);
        unreadable(&format!("{}a = 1", "a.".repeat(levels)), Format::Toml);
        unreadable(&format!("[{}a]", "a.".repeat(levels)), Format::Toml);
    }
}

#[test]
fn r_tr_10_a_name_that_stands_twice_is_refused() {
    for text in [
        r#"{"policy": {"floor": "mfa", "floor": "pwd"}}"#,
        r#"{"clients": {"a": {}, "a": {}}}"#,
        r#"{"policy": {}, "policy": {}}"#,
        r#"{"clients": {"a": {}, "\u0061": {}}}"#,
    ] {
        assert!(unreadable(text, Format::Json).contains("twice"), "{text}");
    }
    unreadable("[policy]\nfloor = \"mfa\"\nfloor = \"pwd\"\n", Format::Toml);
    unreadable("[clients.a]\n[clients.a]\n", Format::Toml);
}

#[test]
fn r_ad_05_what_the_provider_owns_cannot_be_written() {
    for member in ["id", "created_at", "secrets", "password_hash", "generation", "is_superadmin"] {
        let text = format!("[clients.a]\n{member} = \"x\"\n");
        let said = unreadable(&text, Format::Toml);
        assert!(said.contains(&format!("clients.a.{member} is not known")), "{said}");
    }
    assert!(unreadable("administrators = [\"me\"]\n", Format::Toml).contains("administrators is not known"));
    assert!(unreadable("[data]\nfolder = \"/\"\n", Format::Toml).contains("data is not known"));
    assert!(unreadable("[pages]\nfolder = \"/etc\"\n", Format::Toml).contains("pages.folder is not known"));
}

#[test]
fn what_is_no_file_of_ours_is_refused() {
    for text in [
        "",
        "null",
        "[]",
        "7",
        "\"x\"",
        "{",
        "{}x",
        "\u{feff}{}",
        "{\"clients\": []}",
        "{\"policy\": []}",
        "{\"groups\": {\"a\": [null]}}",
    ] {
        unreadable(text, Format::Json);
    }
    for text in ["x", "= 1", "a = 1979-05-27T07:32:00Z", "format = 1.5", "format = nan", "\u{0}"] {
        unreadable(text, Format::Toml);
    }
}

/// A document in which every section stands, and no fault.
const WHOLE: &str = r#"
[texts.en]
"login.title" = "Come in"
[mail]
host = "smtp.example.com"
sender = "keyward@example.com"
[policy.rules.finance]
groups = ["staff"]
[groups.staff]
description = "All"
[clients.wiki]
client_name = "Wiki"
redirect_uris = ["https://wiki.example.com/cb"]
client_secret = { set = true }
"#;

/// Every place in `tree` where names stand, with its path.
fn sections(path: &str, tree: &Value, found: &mut Vec<String>) {
    for (name, inside) in tree.as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        sections(&path, inside, found);
        if inside.is_object() {
            found.push(path);
        }
    }
}

#[test]
fn what_stands_in_place_of_a_section_is_never_read_as_its_members() {
    let whole = serde_json::to_value(model(WHOLE)).unwrap();
    let mut found = Vec::new();
    sections("", &whole, &mut found);
    assert!(found.len() >= 14 && found.iter().any(|path| path == "/clients/wiki/client_secret"), "{found:?}");
    for path in &found {
        let members: Vec<_> = whole.pointer(path).unwrap().as_object().unwrap().values().cloned().collect();
        for other in [json!([]), json!(members), json!([[1, 2]]), json!(1), json!("mfa"), json!(true)] {
            let mut changed = whole.clone();
            *changed.pointer_mut(path).unwrap() = other;
            let said = unreadable(&changed.to_string(), Format::Json);
            let named = path.trim_start_matches('/').replace('/', ".");
            assert!(said.starts_with(&format!("{named} ")) && said.lines().count() == 1, "{changed}: {said}");
            assert!(said.contains("is no section; write one") || said.contains("{ env = "), "{said}");
        }
    }
    assert!(unreadable("clients = [[1, 2]]", Format::Toml).contains("clients is no section"));
    assert!(unreadable("[[clients]]\nclient_name = \"x\"\n", Format::Toml).contains("clients is no section"));
    assert!(unreadable("[]", Format::Json).contains("it holds no sections"));
}

#[test]
fn a_model_from_another_program_is_read_as_strictly_as_a_file() {
    let whole = serde_json::to_value(model(WHOLE)).unwrap();
    let read = |model: Value| serde_json::from_value::<Plan>(json!({"model": model, "secrets": {}}));
    assert_eq!(read(whole.clone()).unwrap().model, model(WHOLE));
    let mut list = whole.clone();
    list["clients"]["wiki"] = json!(["Wiki"]);
    let mut unknown = whole;
    unknown["clients"]["wiki"]["is_superadmin"] = json!(true);
    for (model, needle) in [(list, "clients.wiki is no section"), (unknown, "is_superadmin is not known")] {
        let said = read(model).unwrap_err().to_string();
        assert!(said.contains(needle), "{said}");
    }
}

/// A document with a fault of every kind.
const FAULTY: &str = r#"
format = 2
[policy]
second_factor_max_age = "90d"
first_enrolment_by_password = ["127.0.0.0/8"]
[sessions]
idle = "1s"
absolute = "60d"
[limits]
password_failures = 1000
factor_pause = "3d"
[audit]
keep = "1d"
[keys]
rotate_every = "1d"
[pages]
organisation = ""
language = "xx"
[texts.en]
"no.such.text" = "x"
"login.title" = "{secret}"
[texts.xx]
[groups." "]
[groups.ok]
description = ""
[clients."a-b"]
redirect_uris = ["https://a.example.com/cb"]
[clients.jira]
client_name = " "
redirect_uris = ["http://jira.example.com/cb", "https://user@jira.example.com/cb", "https://jira.example.com/cb#x"]
post_logout_redirect_uris = ["javascript:alert(1)"]
frontchannel_logout_uri = "https://elsewhere.example.com/"
scope = "openid everything"
allowed_groups = ["nobody"]
[clients.preset]
base_url = "https://x.example.com"
[clients.public]
token_endpoint_auth_methods = ["none"]
pkce_required = false
unbound = true
"#;

#[tokio::test]
async fn every_fault_is_named_at_once_and_nothing_is_changed() {
    let app = Place::new().start().await;
    apply(&app, model("[groups.staff]\n")).await.unwrap();
    let before = export(&app).await;
    let Err(Refused::Faulty(problems)) = apply(&app, model(FAULTY)).await else { panic!("it was applied") };
    let said = said(&problems);
    for path in [
        "format is 2",
        "policy.second_factor_max_age is \"90d\"",
        "policy.first_enrolment_by_password has the entry \"127.0.0.0/8\"",
        "sessions.idle is \"1s\"",
        "sessions.absolute is \"60d\"",
        "limits.password_failures is 1000",
        "limits.factor_pause is \"3d\"",
        "audit.keep is \"1d\"",
        "keys.rotate_every is \"1d\"",
        "pages.organisation is empty",
        "pages.language is \"xx\"",
        "texts.en.\"no.such.text\" is the id of no text",
        "texts.en.\"login.title\" has the place {secret}",
        "texts.xx is no language",
        "groups.\" \"",
        "groups.ok.description",
        "clients.a-b.client_id must be 1 to 64",
        "clients.jira.client_name must be 1 to 100",
        "clients.jira.redirect_uris[0] \"http://",
        "clients.jira.redirect_uris[1] \"https://user@",
        "clients.jira.redirect_uris[2] ",
        "clients.jira.post_logout_redirect_uris[0] ",
        "clients.jira.scope has the word \"everything\"",
        "clients.jira.allowed_groups has the entry \"nobody\"",
        "clients.preset.base_url needs a preset",
        "clients.public.pkce_required",
        "clients.public.unbound",
        "clients.public.redirect_uris must name",
    ] {
        assert!(said.contains(path), "{path} is not among:\n{said}");
    }
    assert_eq!(export(&app).await, before);
}

#[tokio::test]
async fn r_lo_09_the_frame_of_a_sign_out_is_the_applications_own() {
    let app = Place::new().start().await;
    let wrong = "[clients.a]\nredirect_uris = [\"https://a.example.com/cb\"]\n\
        frontchannel_logout_uri = \"https://a.example.com:8443/out\"\n";
    let refused = apply(&app, model(wrong)).await.unwrap_err().to_string();
    assert!(
        refused.contains("clients.a.frontchannel_logout_uri must have scheme, host and port"),
        "{refused}"
    );
}

#[tokio::test]
async fn what_does_not_fit_into_a_record_is_refused_before() {
    let app = Place::new().start().await;
    let uris: Vec<_> =
        (0..1_000).map(|at| format!("\"https://a.example.com/{}{at}\"", "x".repeat(90))).collect();
    let large = format!("[clients.a]\nredirect_uris = [{}]\n", uris.join(", "));
    let refused = apply(&app, model(&large)).await.unwrap_err().to_string();
    assert!(refused.contains("clients.a is larger than 60 KiB"), "{refused}");
}
