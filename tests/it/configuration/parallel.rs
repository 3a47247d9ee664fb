//! Whoever applies at the same moment: one at a time, and nobody sees a mixture.

use keyward::app::App;
use keyward::audit::Actor;
use keyward::clients::Preset;
use keyward::configuration::{Model, Proposal, Refused};
use keyward::storage::Batch;
use keyward::users::profile::Text;
use tokio::task::JoinSet;

use super::{Place, apply, export, model, proposal};

/// A configuration in which everything bears the number.
fn numbered(number: usize) -> Model {
    let groups: String = (0..20).map(|at| format!("[groups.g{number}x{at}]\n")).collect();
    model(&format!(
        "[pages]\norganisation = \"number {number}\"\n{groups}[clients.c{number}]\n\
         redirect_uris = [\"https://c{number}.example.com/cb\"]\n"
    ))
}

/// The number of a model in which everything bears the same; panics at a mixture.
fn number_of(model: &Model) -> usize {
    let number: usize = model.pages.organisation.strip_prefix("number ").unwrap().parse().unwrap();
    assert_eq!(model.groups.len(), 20, "{model:?}");
    assert!(model.groups.keys().all(|name| name.starts_with(&format!("g{number}x"))), "{model:?}");
    assert!(model.clients.keys().eq([&format!("c{number}")]), "{model:?}");
    number
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_for_one_plan_one_wins() {
    let app = Place::new().start().await;
    apply(&app, numbered(100)).await.unwrap();
    let base =
        app.configuration.plan(&Proposal { model: numbered(1), ..Proposal::default() }).await.unwrap().base;
    let mut tasks = JoinSet::new();
    for number in 0..32 {
        let configuration = app.configuration.clone();
        tasks.spawn(async move {
            let proposal = Proposal { model: numbered(number), ..Proposal::default() };
            (number, configuration.apply(&proposal, Some(base), Actor::CommandLine).await)
        });
    }
    let mut winners = Vec::new();
    while let Some(done) = tasks.join_next().await {
        match done.unwrap() {
            (number, Ok(applied)) => winners.push((number, applied.generation)),
            (_, Err(Refused::Changed)) => {}
            (_, Err(other)) => panic!("{other}"),
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    assert_eq!(number_of(&export(&app).await), winners[0].0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_in_four_processes_each_wins_whole_or_not_at_all() {
    let place = Place::new();
    let mut apps = Vec::new();
    for _ in 0..4 {
        apps.push(place.start().await);
    }
    apply(&apps[0], numbered(100)).await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..32 {
        let app: App = apps[number % 4].clone();
        tasks.spawn(async move {
            match apply(&app, numbered(number)).await {
                Ok(_) => true,
                Err(Refused::Changed) => false,
                Err(other) => panic!("{other}"),
            }
        });
    }
    for _ in 0..20 {
        number_of(&export(&apps[0]).await);
    }
    let mut done = 0;
    while let Some(won) = tasks.join_next().await {
        done += usize::from(won.unwrap());
    }
    assert!(done > 0, "everybody gave way to everybody");
    let last = number_of(&export(&apps[0]).await);
    for app in apps {
        assert_eq!(number_of(&export(&app).await), last);
        let settings = app.configuration.refresh().await.unwrap();
        assert_eq!(settings.pages.organisation, format!("number {last}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_added_meanwhile_is_not_lost() {
    let app = Place::new().start().await;
    apply(&app, model("[groups.staff]\n")).await.unwrap();
    let planned = proposal("[groups.staff]\n[groups.more]\n");
    let base = app.configuration.plan(&planned).await.unwrap().base;
    let jira = app.clients.prepare_preset(Preset::JiraDc, "https://jira.example.com").unwrap();
    app.clients.insert(&jira.client, Batch::new()).await.unwrap();
    let refused = app.configuration.apply(&planned, Some(base), Actor::CommandLine).await;
    assert!(matches!(refused, Err(Refused::Changed)), "{refused:?}");
    assert!(app.clients.find(&jira.client.id).await.unwrap().is_some());

    let mut tasks = JoinSet::new();
    for at in 0..32 {
        let users = app.users.clone();
        let name = Text::new(format!("added {at}")).unwrap();
        tasks.spawn(async move { users.create_group(name, None, Batch::new()).await });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().expect("each is added, though all at once");
    }
    assert_eq!(export(&app).await.groups.len(), 33);
}
