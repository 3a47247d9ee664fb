//! A running server sees what is applied at its next request, without a restart; a request sees one generation.

use std::sync::Arc;

use keyward::config::policy::Floor;
use keyward::config::{Live, LiveSettings};
use keyward::configuration::model::{ClientEntry, GroupEntry, client_secret_path};
use keyward::configuration::{Model, Proposal, Reference, Secrets};
use keyward::foundation::ids::ClientId;
use keyward::foundation::secret::Hidden;

use super::{apply, export};
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::relying_party::web_application;

const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

async fn present(app: &TestApp) -> Model {
    export(&app.app).await
}

/// A confidential client as a file has it.
fn entry(host: &str) -> ClientEntry {
    ClientEntry {
        redirect_uris: Some(vec![format!("https://{host}.example.com/callback")]),
        consent_skipped: Some(true),
        ..ClientEntry::default()
    }
}

#[tokio::test]
async fn a_new_client_works_at_once() {
    let app = app::start().await;
    let (ada, wiki) = (app.person("ada").await, app.application().await);
    let mut wanted = present(&app).await;
    wanted.clients.insert("shop".to_owned(), entry("shop"));
    let applied = apply(&app.app, wanted).await.unwrap();
    let [(id, secret)] = &*applied.made else { panic!("{:?}", applied.made) };
    let mut shop = wiki.clone();
    shop.id = id.to_string();
    shop.secret = Some(secret.expose().to_owned());
    shop.redirect_uri = "https://shop.example.com/callback".to_owned();
    let mut browser = Browser::new();
    for application in [shop, wiki] {
        let request = application.request();
        application.sign_in(&app, &mut browser, &ada, request).await;
    }
}

#[tokio::test]
async fn a_removed_client_is_refused_at_once() {
    let app = app::start().await;
    let (ada, wiki) = (app.person("ada").await, app.application().await);
    let mut browser = Browser::new();
    let request = wiki.request();
    wiki.sign_in(&app, &mut browser, &ada, request).await;
    let request = wiki.request();
    let code = browser.get(request.url()).await.arrival().unwrap().code().to_owned();
    let mut wanted = present(&app).await;
    let kept = wanted.clients.remove(&wiki.id).unwrap();
    apply(&app.app, wanted.clone()).await.unwrap();
    let page = browser.get(wiki.request().url()).await;
    assert_eq!(page.status, 400);
    assert!(page.arrival().is_none());
    let answer = wiki.redeem(&code).await;
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (401, Some("invalid_client")));

    wanted.clients.insert(wiki.id.clone(), kept);
    apply(&app.app, wanted).await.unwrap();
    assert_eq!(wiki.redeem(&code).await.status, 401, "back under its id, but not with its old secret");
}

#[tokio::test]
async fn policy_names_texts_and_limits_change_at_once() {
    let app = app::start().await;
    let (eve, wiki) = (app.person_without_factor("eve").await, app.application().await);
    let mut wanted = present(&app).await;
    wanted.policy.floor = Floor::Password;
    wanted.policy.first_enrolment_by_password.clear();
    wanted.pages.organisation = "Northwind".to_owned();
    wanted
        .texts
        .entry("en".to_owned())
        .or_default()
        .insert("login.title".to_owned(), "Come in <b>".to_owned());
    wanted.limits.password_failures = 1;
    apply(&app.app, wanted.clone()).await.unwrap();
    let mut browser = Browser::new();
    let page = browser.open(wiki.request().url()).await;
    assert!(page.body.contains("Northwind") && page.body.contains("Come in &lt;b&gt;"), "{}", page.body);
    let request = wiki.request();
    let done = wiki.sign_in(&app, &mut browser, &eve, request).await;
    assert_eq!(done.claims["amr"], serde_json::json!(["pwd"]), "a password is enough now");

    let mut other = Browser::new();
    let page = other.open(wiki.request().url()).await;
    let wrong = [("username", "eve"), ("password", "wrong")];
    let page = other.submit(&page, "login", &wrong).await;
    assert!(page.has("login"), "{}", page.body);
    assert_eq!(other.submit(&page, "login", &wrong).await.status, 429, "one failure is too many now");

    wanted.policy.floor = Floor::Mfa;
    apply(&app.app, wanted).await.unwrap();
    let page = browser.open(wiki.request().with("prompt", "none").url()).await;
    assert!(page.arrival().unwrap().get("code").is_none(), "a password alone is not enough any more");
}

#[tokio::test]
async fn shorter_sessions_end_those_that_are_open() {
    let app = app::start().await;
    let (ada, wiki) = (app.person("ada").await, app.application().await);
    let mut browser = Browser::new();
    let request = wiki.request();
    wiki.sign_in(&app, &mut browser, &ada, request).await;
    app.pass(600);
    let silent = wiki.request().with("prompt", "none");
    assert!(browser.open(silent.url()).await.arrival().unwrap().get("code").is_some());
    app.pass(600);
    let mut wanted = present(&app).await;
    wanted.sessions.idle = std::time::Duration::from_secs(300);
    apply(&app.app, wanted).await.unwrap();
    assert_eq!(browser.open(silent.url()).await.arrival().unwrap().error(), "login_required");
}

#[tokio::test]
async fn a_request_sees_one_generation_to_its_end() {
    let app = app::start().await;
    let wiki = app.application_like(web_application("https://wiki.example.com")).await;
    let id = ClientId::from_text(&wiki.id);
    let mut wanted = present(&app).await;
    wanted.pages.organisation = "Before".to_owned();
    apply(&app.app, wanted.clone()).await.unwrap();
    let configuration = &app.app.configuration;
    let began = configuration.refresh().await.unwrap();
    let request = async {
        wanted.pages.organisation = "After".to_owned();
        wanted.clients.clear();
        apply(&app.app, wanted.clone()).await.unwrap();
        let found = app.app.clients.find(&id).await.unwrap().is_some();
        (found, app.app.live.now().pages.organisation.clone())
    };
    assert_eq!(Live::pinned(began, request).await, (true, "Before".to_owned()));
    assert!(app.app.clients.find(&id).await.unwrap().is_none());
    assert_eq!(app.app.live.now().pages.organisation, "After");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_while_it_switches_see_one_or_the_other() {
    let app = app::start().await;
    let mut models = Vec::new();
    for word in ["Northwind", "Southwind"] {
        let mut wanted = present(&app).await;
        wanted.pages.organisation = word.to_owned();
        wanted
            .clients
            .insert("wiki".to_owned(), ClientEntry { client_name: Some(word.to_owned()), ..entry("wiki") });
        models.push(wanted);
    }
    apply(&app.app, models[0].clone()).await.unwrap();
    let provider = app.app.clone();
    let switching = tokio::spawn(async move {
        for at in 0..20 {
            apply(&provider, models[at % 2].clone()).await.unwrap();
        }
    });
    let address = format!(
        "{}?client_id=wiki&response_type=code&scope=openid&nonce=n&redirect_uri=https%3A%2F%2Fwiki.example.com%2Fcallback",
        app.url("/authorize")
    );
    while !switching.is_finished() {
        let page = Browser::new().open(&address).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.has("login") && page.body.contains("wind"), "{}", page.body);
    }
    switching.await.unwrap();
}

#[tokio::test]
async fn the_settings_file_counts_until_something_is_applied() {
    let app = app::start_with(|settings| settings.pages.organisation = "From the file".to_owned()).await;
    assert_eq!(present(&app).await.pages.organisation, "From the file");
    let store = app.store().clone();
    apply(&app.app, Model::default()).await.unwrap();
    let again = app.app.ground.clone();
    assert!(Arc::ptr_eq(&again.store, &store));
    let restarted = keyward::app::App::build(again).await.unwrap();
    assert_eq!(restarted.live.now().pages.organisation, LiveSettings::default().pages.organisation);
}

#[tokio::test]
async fn what_was_applied_elsewhere_counts_here_within_a_minute() {
    let app = app::start().await;
    let elsewhere = keyward::app::App::build(app.app.ground.clone()).await.unwrap();
    let mut wanted = present(&app).await;
    wanted.audit.keep = DAY * 30;
    wanted.keys.rotate_every = DAY * 2;
    apply(&elsewhere, wanted).await.unwrap();
    assert_eq!(app.app.live.latest().generation, 0, "nobody has asked since");
    let keys = async || app.app.rotation.list().await.unwrap().len();
    let before = keys().await;
    app.pass(2 * 24 * 3600);
    app.app.upkeep().look_around().await;
    let live = app.app.live.latest();
    assert_eq!((live.generation, live.audit.keep), (1, DAY * 30));
    assert!(keys().await > before, "the next keys are announced");
}

#[tokio::test]
async fn r_au_01_what_was_applied_and_exported_is_told() {
    let app = app::start().await;
    let wiki = app.application().await;
    let mut wanted = present(&app).await;
    wanted.clients.get_mut(&wiki.id).unwrap().client_name = Some("Other".to_owned());
    wanted.clients.insert("shop".to_owned(), entry("shop"));
    let group = |text: &str| GroupEntry { description: Some(text.to_owned()) };
    wanted.groups.insert("staff".to_owned(), group("All"));
    wanted.groups.insert("guests".to_owned(), group("Some"));
    let mut secrets = Secrets::default();
    secrets.add("unused", Hidden::new("x"));
    let proposal = Proposal { model: wanted, secrets };
    app.app.configuration.apply(&proposal, None, keyward::audit::Actor::CommandLine).await.unwrap();
    let events = app.events().await;
    let of = |action: &str| events.iter().filter(|event| event["action"] == action).collect::<Vec<_>>();
    assert_eq!(of("configuration_exported").len(), 1);
    assert_eq!(of("configuration_applied").len(), 1);
    assert_eq!(of("client_changed")[0]["client"], wiki.id);
    assert_eq!(of("client_registered").last().unwrap()["client"], "shop");
    let mut groups: Vec<_> =
        of("group_created").iter().map(|event| event["group"].as_str().unwrap()).collect();
    groups.sort_unstable();
    assert_eq!(groups, ["guests", "staff"]);
    assert_eq!(of("configuration_applied")[0]["count"], 4);
    assert!(of("configuration_applied")[0]["actor"]["kind"] == "command_line");

    app.pass(1);
    let mut wanted = present(&app).await;
    wanted.groups.remove("guests");
    wanted.groups.insert("staff".to_owned(), group("Everybody"));
    wanted.clients.remove("shop");
    apply(&app.app, wanted).await.unwrap();
    let events = app.events().await;
    let of = |action: &str| events.iter().filter(|event| event["action"] == action).collect::<Vec<_>>();
    assert_eq!((of("group_deleted").len(), &of("group_deleted")[0]["group"]), (1, &"guests".into()));
    assert_eq!((of("group_changed").len(), &of("group_changed")[0]["group"]), (1, &"staff".into()));
    assert_eq!((of("client_removed").len(), &of("client_removed")[0]["client"]), (1, &"shop".into()));
    assert_eq!(of("configuration_applied")[1]["count"], 3);
}

#[tokio::test]
async fn r_au_01_values_before_and_after_are_told_and_no_secret() {
    let app = app::start().await;
    let wiki = app.application().await;
    let mut wanted = present(&app).await;
    let client = wanted.clients.get_mut(&wiki.id).unwrap();
    let before = serde_json::json!(client.client_name).to_string();
    client.client_name = Some("Other".to_owned());
    client.client_secret = Some(Reference::Env("WIKI_SECRET".to_owned()));
    wanted.audit.keep = DAY * 90;
    wanted.groups.insert("staff".to_owned(), GroupEntry { description: Some("All".to_owned()) });
    let long = format!("https://shop.example.com/{}", "a".repeat(250));
    wanted
        .clients
        .insert("shop".to_owned(), ClientEntry { redirect_uris: Some(vec![long]), ..entry("shop") });
    let mut secrets = Secrets::default();
    let secret = "forty3charactersAndMoreInOneWord0123456789abcdefghij";
    secrets.add(client_secret_path(&wiki.id), Hidden::new(secret));
    let proposal = Proposal { model: wanted, secrets };
    app.app.configuration.apply(&proposal, None, keyward::audit::Actor::CommandLine).await.unwrap();
    let events = app.events().await;
    let changes = |action: &str| {
        let event = events.iter().rfind(|event| event["action"] == action).unwrap();
        event["changes"].as_array().unwrap().clone()
    };
    let name = format!("clients.{}.client_name", wiki.id);
    let after = "\"Other\"";
    let of_client = changes("client_changed");
    assert_eq!(of_client[0], serde_json::json!({"path": name, "before": before, "after": after}));
    assert_eq!(of_client[1], serde_json::json!({"path": client_secret_path(&wiki.id)}), "{of_client:?}");
    let staff = serde_json::json!([{"path": "groups.staff", "after": r#"{"description":"All"}"#}]);
    assert_eq!(serde_json::json!(changes("group_created")), staff);
    let shop = &changes("client_registered")[0];
    let (path, told) = (&shop["path"], shop["after"].as_str().unwrap());
    assert_eq!((path, told.chars().count()), (&"clients.shop".into(), 251), "it is cut");
    assert!(told.starts_with('{') && told.ends_with('…'), "{told}");
    let whole = changes("configuration_applied");
    assert_eq!((whole.len(), &whole[0]["path"]), (1, &"audit.keep".into()), "{whole:?}");
    assert!(!serde_json::to_string(&events).unwrap().contains(secret), "R-AU-04");
}

#[tokio::test]
async fn r_au_01_more_changes_than_fit_into_one_commit_are_counted() {
    let app = app::start().await;
    let mut wanted = present(&app).await;
    wanted.clients = (0..600).map(|at| (format!("c{at}"), entry(&format!("c{at}")))).collect();
    wanted.groups = (0..600).map(|at| (format!("g{at}"), GroupEntry::default())).collect();
    apply(&app.app, wanted.clone()).await.unwrap();
    app.pass(1);
    wanted.clients.values_mut().for_each(|client| client.client_name = Some("Other".to_owned()));
    apply(&app.app, wanted).await.unwrap();
    let events = app.events().await;
    let of = |action: &str| events.iter().filter(|event| event["action"] == action).collect::<Vec<_>>();
    let counts: Vec<_> = of("configuration_applied").iter().map(|event| event["count"].clone()).collect();
    assert_eq!(counts, [1200, 600]);
    assert_eq!((of("group_created").len(), of("client_changed").len()), (450, 450));
}
