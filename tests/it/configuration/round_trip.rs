//! What is exported can be applied, here or elsewhere, and is the same again.

use std::collections::BTreeMap;

use keyward::configuration::Proposal;
use keyward::configuration::document::{Format, read, write};
use keyward::configuration::model::{ClientEntry, GroupEntry, Model};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::json;

use super::{Place, WIKI, apply, export, model, proposal};

fn name() -> impl Strategy<Value = String> {
    "[a-z\u{e9}\u{4e00}][a-z0-9 ._\u{e9}-]{0,20}[a-z0-9]"
}

fn client() -> impl Strategy<Value = ClientEntry> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let parts = ("[a-z]{1,10}", vec("[a-z0-9]{1,8}", 1..4), any::<bool>(), flags, any::<bool>());
    parts.prop_map(|(host, paths, public, (consent, aliases, empty, enabled), es256)| {
        let uris: Vec<_> = paths.iter().map(|path| format!("https://{host}.example.com/{path}")).collect();
        let methods =
            if public { json!(["none"]) } else { json!(["client_secret_basic", "client_secret_post"]) };
        let entry = json!({
            "client_name": format!("Application {host}"),
            "redirect_uris": uris,
            "post_logout_redirect_uris": uris,
            "frontchannel_logout_uri": format!("https://{host}.example.com/out"),
            "token_endpoint_auth_methods": methods,
            "consent_skipped": consent,
            "logout_aliases": aliases,
            "empty_groups_allowed": empty,
            "enabled": enabled,
            "scope": "openid email",
            "id_token_signed_response_alg": if es256 { "ES256" } else { "RS256" },
        });
        serde_json::from_value(entry).unwrap()
    })
}

fn mail() -> impl Strategy<Value = serde_json::Value> {
    let parts = ("[a-z]{1,10}", 1_u16.., proptest::option::of(name()), any::<bool>(), 1_u64..=1_000_000);
    parts.prop_map(|(host, port, sender_name, tls, per_hour)| {
        json!({
            "host": format!("{host}.example.com"),
            "port": port,
            "encryption": if tls { "tls" } else { "starttls" },
            "sender": format!("keyward@{host}.example.com"),
            "sender_name": sender_name,
            "per_hour": per_hour,
        })
    })
}

fn models() -> impl Strategy<Value = Model> {
    let groups = btree_map(name(), proptest::option::of(name()), 0..8);
    let clients = btree_map("[A-Za-z0-9]{1,20}", client(), 0..6);
    let numbers = (1_u64..=5, 60_u64..86_400, 1_u64..=5);
    let words = (name(), proptest::option::of(name()), prop_oneof!["pwd", "mfa-low", "mfa"]);
    let more = (proptest::option::of(mail()), proptest::option::of(prop_oneof!["de", "en", "fr"]));
    (groups, clients, numbers, words, more).prop_map(
        |(groups, clients, numbers, (organisation, support, floor), (mail, language))| {
            let (failures, seconds, step) = numbers;
            let settings = json!({
                "policy": {"floor": floor, "second_factor_max_age": format!("{seconds}s"),
                    "first_enrolment_by_password": [format!("10.{step}.0.0/16")]},
                "sessions": {"idle": format!("{seconds}s"), "absolute": "2d"},
                "limits": {"password_failures": failures, "factor_pause": format!("{step}m")},
                "audit": {"keep": format!("{}d", 30 + seconds % 1000)},
                "keys": {"rotate_every": format!("{}d", 2 + seconds % 100)},
                "pages": {"organisation": organisation, "support": support, "language": language},
                "mail": mail,
                "texts": {"en": {"login.title": format!("Welcome {step}")}},
            });
            let settings: Model = serde_json::from_value(settings).unwrap();
            let entry = |(name, description)| (name, GroupEntry { description });
            Model { groups: groups.into_iter().map(entry).collect(), clients, ..settings }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_export_applied_elsewhere_is_exported_equal(wanted in models()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (here, elsewhere) = (Place::new(), Place::new());
            let here = here.start().await;
            apply(&here, wanted).await.unwrap();
            let exported = export(&here).await;
            for format in [Format::Json, Format::Toml] {
                let text = write(&exported, format).unwrap();
                assert_eq!(read(&text, format).unwrap(), exported);
            }
            let again = Proposal { model: exported.clone(), ..Proposal::default() };
            let plan = here.configuration.plan(&again).await.unwrap();
            assert!(!plan.does_something(), "{plan}");
            let unchanged = apply(&here, exported.clone()).await.unwrap();
            assert_eq!((unchanged.generation, unchanged.made.len()), (1, 0));
            let elsewhere = elsewhere.start().await;
            let applied = apply(&elsewhere, exported.clone()).await.unwrap();
            let confidential = exported.clients.values().filter(|client| client.client_secret.is_some());
            assert_eq!(applied.made.len(), confidential.count(), "each gets a secret of its own");
            assert_eq!(export(&elsewhere).await, exported);
        });
    }
}

#[tokio::test]
async fn the_first_export_is_what_the_settings_file_says_and_applying_it_changes_no_value() {
    let place = Place::new();
    let app = place.start().await;
    let exported = export(&app).await;
    assert_eq!(exported, Model::default());
    let plan =
        app.configuration.plan(&Proposal { model: exported.clone(), ..Proposal::default() }).await.unwrap();
    assert!(plan.is_empty() && plan.does_something(), "{plan}");
    assert_eq!(apply(&app, exported.clone()).await.unwrap().generation, 1);
    let again = apply(&app, exported).await.unwrap();
    assert_eq!((again.generation, again.plan.does_something()), (1, false), "{}", again.plan);
}

#[tokio::test]
async fn a_preset_and_a_base_address_are_enough_and_stay_the_same() {
    let app = Place::new().start().await;
    let wanted = "[clients.jira]\npreset = \"jira-dc\"\nbase_url = \"https://jira.example.com/jira\"\n";
    apply(&app, model(wanted)).await.unwrap();
    let plan = app.configuration.plan(&proposal(wanted)).await.unwrap();
    assert!(!plan.does_something(), "{plan}");
    let jira = export(&app).await.clients.remove("jira").unwrap();
    assert_eq!(jira.redirect_uris.unwrap(), ["https://jira.example.com/jira/plugins/servlet/oidc/callback"]);
    assert!(jira.consent_skipped.unwrap() && jira.base_url.is_none());
}

#[tokio::test]
async fn a_plan_names_what_is_new_what_changes_and_what_goes() {
    let app = Place::new().start().await;
    apply(&app, model(&format!("{WIKI}[groups.staff]\n[groups.guests]\n"))).await.unwrap();
    let wanted = "[policy]\nfloor = \"pwd\"\n[groups.staff]\ndescription = \"All\"\n\
        [clients.shop]\nredirect_uris = [\"https://shop.example.com/cb\"]\n";
    let plan = app.configuration.plan(&proposal(wanted)).await.unwrap();
    let lines: Vec<_> = plan.differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "+ clients.shop",
            "- clients.wiki",
            "- groups.guests",
            "+ groups.staff.description = \"All\"",
            "~ policy.floor: \"mfa\" -> \"pwd\"",
            "~ clients.shop.client_secret: will be made, and shown once",
        ]
    );
    assert!(plan.to_string().ends_with("6 differences.\n"));
}

#[tokio::test]
async fn clients_keep_what_is_no_business_of_a_file() {
    let place = Place::new();
    let app = place.start().await;
    let applied = apply(&app, model(WIKI)).await.unwrap();
    let secret: BTreeMap<_, _> = applied.made.into_iter().collect();
    let id = keyward::foundation::ids::ClientId::from_text("wiki");
    let before = app.clients.find(&id).await.unwrap().unwrap();
    place.clock.advance(std::time::Duration::from_secs(3600));
    apply(&app, model(&WIKI.replace("\"Wiki\"", "\"The wiki\""))).await.unwrap();
    let after = app.clients.find(&id).await.unwrap().unwrap();
    assert_eq!((&*after.name, after.created_at), ("The wiki", before.created_at));
    assert!(after.accepts_secret(secret[&id].expose(), place.clock_now()));
}
