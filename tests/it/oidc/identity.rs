//! Claims towards the applications (R-ID-05, R-ID-07 to R-ID-09; the applications' must-pass cases 3, 12 to 14).

use std::collections::BTreeSet;

use keyward::clients::Preset;
use keyward::users::NewUser;
use keyward::users::profile::{Mail, MailAddress, Profile, Text, Username};
use serde_json::{Value, json};

use super::{World, refused_page};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::people::Person;
use crate::support::relying_party::{RelyingParty, SignedIn, VERIFIER};

const JIRA: &str = "https://jira.example.com";

async fn jira() -> (World, RelyingParty) {
    let world = World::new().await;
    let jira = world.app.preset(Preset::JiraDc, JIRA).await;
    (world, jira)
}

/// The whole way of a person to the application; the last page.
async fn arrive(world: &World, party: &RelyingParty, person: &Person) -> Page {
    let mut browser = Browser::new();
    let page = browser.open(party.request().url()).await;
    browser.sign_in(&world.app, page, person).await
}

async fn tokens(world: &World, party: &RelyingParty, person: &Person) -> SignedIn {
    let request = party.request();
    party.sign_in(&world.app, &mut Browser::new(), person, request).await
}

impl World {
    async fn person_with(&self, name: &str, groups: BTreeSet<Text>, profile: Profile) -> Person {
        let new = NewUser { groups, profile, ..NewUser::named(Username::new(name).unwrap()) };
        let mut person = self.app.person_like(new).await;
        person.secret = Some(self.app.give_totp(&person.id, name).await);
        person
    }
}

fn profile(mail: Option<(&str, bool)>) -> Profile {
    Profile {
        name: Some(Text::new("Grace Hopper").unwrap()),
        mail: mail.map(|(address, verified)| Mail { address: MailAddress::new(address).unwrap(), verified }),
        ..Profile::default()
    }
}

/// A preset's claims stand in ID token and userinfo whether or not their scope was asked; PKCE is accepted if sent
/// (must-pass case 3), and nothing comes that was not meant for the application.
#[tokio::test]
async fn a_preset_receives_its_claims_without_asking() {
    let (world, jira) = jira().await;
    let done = tokens(&world, &jira, &world.ada).await;
    for source in [Value::Object(done.claims.clone()), jira.userinfo(&done.access_token()).await.json()] {
        assert_eq!(source["preferred_username"], "ada");
        assert_eq!(source["name"], "Ada Byron Lovelace");
        assert_eq!(source["email"], "ada@example.com");
        assert_eq!(source["groups"], json!(["staff"]));
        for other in ["address", "phone_number", "birthdate", "gender"] {
            assert!(source.get(other).is_none(), "{other}");
        }
    }
    let mut browser = Browser::new();
    let request = jira.request().with_pkce();
    let page = browser.open(request.url()).await;
    world.app.pass(60);
    let page = browser.sign_in(&world.app, page, &world.ada).await;
    let arrival = page.arrival().unwrap();
    let mut form = jira.redemption(arrival.code());
    form.push(("code_verifier", VERIFIER));
    assert_eq!(jira.token(Some(&jira.raw_basic()), &form).await.status, 200);
}

/// R-ID-05: an address that nobody verified does not name an account; must-pass case 14: our own page says so.
#[tokio::test]
async fn r_id_05_an_unverified_or_missing_mail_stops_on_our_own_page() {
    let (world, jira) = jira().await;
    let without = world.person_with("bob", BTreeSet::new(), profile(None)).await;
    let unverified =
        world.person_with("cleo", BTreeSet::new(), profile(Some(("cleo@example.com", false)))).await;
    for person in [without, unverified] {
        let page = arrive(&world, &jira, &person).await;
        refused_page(&page);
        assert!(page.body.contains("Jira"), "{}", page.body);
        assert!(!page.body.contains("cleo@example.com"));
    }
}

/// R-ID-05: to everybody else an unverified address is shown as what it is.
#[tokio::test]
async fn r_id_05_email_verified_tells_the_truth() {
    let world = World::new().await;
    let person = world.person_with("cleo", BTreeSet::new(), profile(Some(("cleo@example.com", false)))).await;
    let request = world.wiki.request().with("scope", "openid email");
    let done = world.wiki.sign_in(&world.app, &mut Browser::new(), &person, request).await;
    let userinfo = world.wiki.userinfo(&done.access_token()).await.json();
    assert_eq!(userinfo["email_verified"], false);
}

/// R-ID-07 and must-pass case 12: an array with 1 and 500 entries; without any the claim is absent, never empty.
#[tokio::test]
async fn r_id_07_groups_are_complete_or_absent() {
    let (world, jira) = jira().await;
    let names: Vec<_> = (0..500).map(|n| format!("g{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for (person, count) in [("none", 0), ("one", 1), ("many", 500)] {
        let groups = world.app.groups(&names[..count]).await;
        let mail = format!("{person}@example.com");
        let person = world.person_with(person, groups, profile(Some((&mail, true)))).await;
        let done = tokens(&world, &jira, &person).await;
        match count {
            0 => assert!(!done.claims.contains_key("groups"), "{:?}", done.claims),
            _ => assert_eq!(done.claims["groups"].as_array().unwrap().len(), count),
        }
    }
}

/// R-ID-09: more than 500 groups are refused, not cut.
#[tokio::test]
async fn r_id_09_more_than_500_groups_are_refused_not_cut() {
    let (world, jira) = jira().await;
    let names: Vec<_> = (0..501).map(|n| format!("g{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let groups = world.app.groups(&names).await;
    let person = world.person_with("many", groups, profile(Some(("many@example.com", true)))).await;
    refused_page(&arrive(&world, &jira, &person).await);
}

/// R-ID-08: only groups on the client's list leave.
#[tokio::test]
async fn r_id_08_only_listed_groups_leave() {
    let (world, jira) = jira().await;
    let groups = world.app.groups(&["jira-administrators", "jira-users", "payroll"]).await;
    let person = world.person_with("bob", groups, profile(Some(("bob@example.com", true)))).await;
    let id = keyward::foundation::ids::ClientId::from_text(&jira.id);
    let narrow = |client: &mut keyward::clients::Client| {
        client.allowed_groups = Some(vec!["jira-users".to_owned()]);
    };
    let changed = world.app.app.clients.change(&id, keyward::storage::Batch::new(), narrow).await;
    assert!(changed.unwrap().is_some());
    let done = tokens(&world, &jira, &person).await;
    assert_eq!(done.claims["groups"], json!(["jira-users"]));
}

/// Must-pass case 13: a user name that looks like a number stays a string.
#[tokio::test]
async fn a_user_name_that_looks_like_a_number_stays_a_string() {
    let (world, jira) = jira().await;
    let person = world.person_with("00421", BTreeSet::new(), profile(Some(("n@example.com", true)))).await;
    let done = tokens(&world, &jira, &person).await;
    assert_eq!(done.claims["preferred_username"], json!("00421"));
}

/// R-ID-01: the subject is no name, and stays when the name changes.
#[tokio::test]
async fn r_id_01_the_subject_stays_when_the_name_changes() {
    let (mut world, first) = World::signed_in().await;
    let sub = first.claims["sub"].as_str().unwrap().to_owned();
    assert!(!sub.contains("ada"));
    let new = Username::new("countess").unwrap();
    world.app.app.users.rename(&world.ada.id, new, keyward::storage::Batch::new()).await.unwrap();
    world.ada.username = "countess".to_owned();
    world.app.pass(60);
    world.browser = Browser::new();
    assert_eq!(world.sign_in().await.claims["sub"], sub);
}

/// Must-pass case 7: an old plug-in sends neither state nor nonce, and raw Basic.
#[tokio::test]
async fn an_old_plug_in_without_state_and_nonce_is_served_under_its_switch() {
    let mut world = World::new().await;
    let metadata = keyward::vocabulary::ClientMetadata {
        unbound: true,
        ..crate::support::relying_party::web_application("https://old.example.com")
    };
    let old = world.app.application_like(metadata).await;
    let request = old.request().without("state").without("nonce");
    let page = world.browser.open(request.url()).await;
    let page = world.browser.sign_in(&world.app, page, &world.ada).await;
    let arrival = page.arrival().unwrap();
    assert_eq!(arrival.get("state"), None);
    let form = old.redemption(arrival.code());
    assert_eq!(old.token(Some(&old.raw_basic()), &form).await.status, 200);
}

/// Must-pass case 8: Jira forgets its state after five minutes; whoever needs longer is sent to its start instead, and the
/// live session answers there at once.
#[tokio::test]
async fn a_sign_in_of_six_minutes_still_ends_well_at_jira() {
    let (mut world, jira) = jira().await;
    let page = world.browser.open(jira.request().url()).await;
    world.app.pass(360);
    let page = world.browser.sign_in(&world.app, page, &world.ada).await;
    let start = page.hand_over().unwrap();
    assert_eq!(start.origin().ascii_serialization(), JIRA);
    assert_eq!(start.path(), "/plugins/servlet/oidc/initiate-login");
    let query: Vec<_> = start.query_pairs().into_owned().collect();
    assert_eq!(query, [("iss".to_owned(), world.app.issuer.clone())]);
    let request = jira.request();
    let page = world.browser.get(request.url()).await;
    jira.complete(&request, &page).await;
}

/// A generic client, which keeps its state as long as it likes, gets its answer after six minutes too.
#[tokio::test]
async fn a_sign_in_of_six_minutes_answers_a_generic_client() {
    let mut world = World::new().await;
    let request = world.wiki.request();
    let page = world.browser.open(request.url()).await;
    world.app.pass(360);
    let page = world.browser.sign_in(&world.app, page, &world.ada).await;
    world.wiki.complete(&request, &page).await;
}
