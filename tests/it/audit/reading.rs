//! Showing and exporting: who, what, where, when; lines that steer nobody (R-AU-03).

use std::time::Duration;

use keyward::audit::search::Query;
use keyward::audit::{Action, Actor, Event, Origin, Outcome, export};
use keyward::foundation::Clock as _;
use keyward::foundation::ids::{ClientId, UserId};
use keyward::storage::Batch;

use super::{chain, tell};
use crate::oidc;
use crate::support::world::{World, origin};

/// Events of ann and bob at two applications and two addresses, linked; then one of each that is not yet.
async fn told() -> World {
    let world = World::new().await;
    for (linked, times) in [(true, 60), (false, 1)] {
        for number in 0..times {
            for (person, client, address) in
                [("ann", "wiki", "192.0.2.1"), ("bob", "jira", "2001:db8::1"), ("ann", "jira", "2001:db8::2")]
            {
                let (person, client) = (UserId::from_text(person), ClientId::from_text(client));
                let action = if number % 2 == 0 { Action::SignIn } else { Action::TokenIssued };
                let mut batch = Batch::new();
                let draft = world.trail.event(action, Outcome::Success, &origin(address)).about(&person);
                let draft =
                    if number % 3 == 0 { draft.client(&client) } else { draft.by(Actor::Client(client)) };
                draft.write(&mut batch);
                world.store.commit(batch).await.unwrap();
                world.clock.advance(Duration::from_secs(1));
            }
        }
        if linked {
            chain(&world).link_all().await;
        }
    }
    world
}

async fn show(world: &World, query: &Query, limit: usize) -> Vec<Event> {
    let found = chain(world).show(query, limit, &Actor::CommandLine).await.unwrap();
    let own = |event: &Event| event.action != Action::TrailRead;
    found.into_iter().filter(own).collect()
}

#[tokio::test]
async fn events_are_shown_newest_first_by_person_application_address_action_and_time() {
    let world = told().await;
    let all = world.events().await;
    let end = world.clock.now();
    let person = |name: &str| Query { person: Some(UserId::from_text(name)), ..Query::default() };
    let client = |name: &str| Query { application: Some(ClientId::from_text(name)), ..Query::default() };
    let address = |text: &str| Query { address: text.parse().ok(), ..Query::default() };
    let since = Query { since: Some(end.minus(Duration::from_secs(30))), ..Query::default() };
    let until = Query { until: Some(end.minus(Duration::from_secs(30))), ..Query::default() };
    for (query, count) in [
        (Query::default(), 183),
        (person("ann"), 122),
        (person("nobody"), 0),
        (client("jira"), 122),
        (address("192.0.2.1"), 61),
        (address("2001:db8::ffff"), 122),
        (Query { action: Some(Action::TokenIssued), ..Query::default() }, 90),
        (since.clone(), 30),
        (until.clone(), 153),
        (Query { since: since.since, ..person("bob") }, 10),
        (Query { until: until.until, address: address("192.0.2.1").address, ..person("ann") }, 51),
        (Query { action: Some(Action::SignIn), ..client("wiki") }, 31),
    ] {
        let found = show(&world, &query, 10_000).await;
        assert_eq!(found.len(), count, "{query:?}");
        assert!(found.is_sorted_by(|one, next| one.at >= next.at), "{query:?}");
    }
    let newest = show(&world, &person("ann"), 5).await;
    let expected: Vec<_> =
        all.iter().rev().filter(|event| event.subject == Some(UserId::from_text("ann"))).collect();
    assert_eq!(newest.iter().collect::<Vec<_>>(), expected[..5]);
}

#[tokio::test]
async fn r_au_01_whoever_looks_is_told_of() {
    let world = told().await;
    chain(&world).show(&Query::default(), 1, &Actor::CommandLine).await.unwrap();
    let mut from = None;
    let mut lines = Vec::new();
    loop {
        let page = chain(&world).export(from.as_deref(), 50, &Actor::CommandLine).await.unwrap();
        lines.extend(page.lines);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let events = world.events().await;
    let told = events.iter().filter(|event| event.action == Action::TrailRead);
    assert!(told.clone().all(|event| event.actor == Actor::CommandLine));
    assert_eq!(told.count(), 2, "one for each act, not for each page");
    let exported: Vec<Event> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(exported, events);
}

#[tokio::test]
async fn r_au_03_a_line_steers_nobody_and_reads_back_whole() {
    let world = World::new().await;
    tell(&world, &[Action::SignIn]).await;
    let nasty = "a\"b\\c\r\n\u{1b}[31m\u{7f}\u{85}\u{2028}\u{202e}\u{200b}ü\u{1f600}\u{feff}";
    let mut event = serde_json::to_value(world.events().await.pop().unwrap()).unwrap();
    event["origin"]["user_agent"] = nasty.into();
    let event: Event = serde_json::from_value(event).unwrap();
    let line = export::line(&event).unwrap();
    let steers = |c: char| {
        c.is_control() || nasty.contains(c) && !c.is_ascii() && !c.is_alphabetic() && c != '\u{1f600}'
    };
    assert!(!line.chars().any(steers), "{line}");
    let back: Event = serde_json::from_str(&line).unwrap();
    assert_eq!(back, event);
    assert_eq!(back.origin.user_agent(), Some(nasty));
    assert_eq!(Origin::default(), Origin::new(None, None, None));
}

#[tokio::test]
async fn a_sign_in_over_the_public_face_is_found_by_person_and_application() {
    let (world, _) = oidc::World::signed_in().await;
    let chain = &world.app.app.chain;
    chain.link_all().await;
    let by_person = Query { person: Some(world.ada.id.clone()), ..Query::default() };
    let found = chain.show(&by_person, 100, &Actor::CommandLine).await.unwrap();
    let actions: Vec<_> = found.iter().map(|event| event.action).collect();
    let wanted = [Action::PasswordCheck, Action::FactorCheck, Action::SignIn, Action::TokenIssued];
    assert!(wanted.iter().all(|one| actions.contains(one)), "{actions:?}");
    let by_client = Query { application: Some(ClientId::from_text(&*world.wiki.id)), ..Query::default() };
    assert_eq!(chain.show(&by_client, 100, &Actor::CommandLine).await.unwrap().len(), 1);
    let report = chain.verify(None).await.unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}
