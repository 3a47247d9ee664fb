//! Secrets: referred to, looked up by whoever asks, masked everywhere, never exported (R-OP-02, R-OP-03, R-AD-06).

use keyward::audit::Actor;
use keyward::configuration::document::{Format, read, write};
use keyward::configuration::{Proposal, Refused, Secrets};
use keyward::foundation::ids::ClientId;
use keyward::foundation::secret::Hidden;

use super::{Place, WIKI, apply, export, model, proposal};

const SECRET: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMN";
const PATH: &str = "clients.wiki.client_secret";

fn referring(secret: &str) -> Proposal {
    let mut secrets = Secrets::default();
    secrets.add(PATH, Hidden::new(secret));
    Proposal { model: model(&format!("{WIKI}client_secret = {{ env = \"WIKI_SECRET\" }}\n")), secrets }
}

#[tokio::test]
async fn r_op_02_a_reference_is_never_followed_by_the_provider() {
    let app = Place::new().start().await;
    let file = std::env::current_exe().unwrap();
    for reference in ["{ env = \"PATH\" }".to_owned(), format!("{{ file = {:?} }}", file.to_str().unwrap())] {
        let wanted = proposal(&format!("{WIKI}client_secret = {reference}\n"));
        let refused = app.configuration.apply(&wanted, None, Actor::CommandLine).await;
        let Err(Refused::Faulty(problems)) = refused else { panic!("{refused:?}") };
        assert_eq!(problems[0].to_string(), format!("{PATH} refers to a secret that was not looked up."));
    }
}

#[tokio::test]
async fn r_ad_06_a_secret_goes_in_and_never_comes_out() {
    let place = Place::new();
    let app = place.start().await;
    let wanted = referring(SECRET);
    let plan = app.configuration.plan(&wanted).await.unwrap();
    let applied = app.configuration.apply(&wanted, Some(plan.base), Actor::CommandLine).await.unwrap();
    assert!(applied.made.is_empty());
    let wiki = app.clients.find(&ClientId::from_text("wiki")).await.unwrap().unwrap();
    assert!(wiki.accepts_secret(SECRET, place.clock_now()));
    let again = app.configuration.plan(&wanted).await.unwrap();
    assert!(!again.does_something(), "the same secret is no difference: {again}");
    let exported = export(&app).await;
    for text in [
        write(&exported, Format::Json).unwrap(),
        write(&exported, Format::Toml).unwrap(),
        format!("{plan}{plan:?}{applied:?}{wanted:?}{exported:?}"),
    ] {
        assert!(!text.contains(SECRET), "{text}");
    }
    let other = SECRET.to_uppercase();
    let plan = app.configuration.plan(&referring(&other)).await.unwrap().to_string();
    assert!(plan.contains(PATH) && plan.contains("1 difference") && !plan.contains(&other), "{plan}");
    apply(&app, exported).await.unwrap();
    let wiki = app.clients.find(&ClientId::from_text("wiki")).await.unwrap().unwrap();
    assert!(wiki.accepts_secret(SECRET, place.clock_now()), "{{ set = true }} keeps it");
}

#[tokio::test]
async fn r_tk_04_a_weak_secret_is_refused_and_not_repeated() {
    let app = Place::new().start().await;
    for weak in ["", "hunter2", &"a!".repeat(30)] {
        let refused = app.configuration.plan(&referring(weak)).await.unwrap_err().to_string();
        assert!(refused.contains(PATH) && refused.contains("43"), "{refused}");
        assert!(weak.is_empty() || !refused.contains(weak), "{refused}");
    }
}

#[test]
fn a_secret_in_clear_is_refused_and_not_repeated() {
    for clear in [
        "\"hunter2hunter2\"",
        "[\"hunter2\"]",
        "{ env = \"A\", file = \"hunter2\" }",
        "{ value = \"hunter2\" }",
        "{ set = false }",
        "{ env = 7 }",
        "17",
    ] {
        let problems = read(&format!("{WIKI}client_secret = {clear}\n"), Format::Toml).unwrap_err();
        let said = problems[0].to_string();
        assert!(said.starts_with(PATH) && said.contains("{ env = \"NAME\" }"), "{said}");
        assert!(!format!("{problems:?}").contains("hunter2"), "{said}");
    }
}

#[tokio::test]
async fn a_public_client_has_no_secret() {
    let app = Place::new().start().await;
    let public = format!("{WIKI}token_endpoint_auth_methods = [\"none\"]\n");
    assert!(apply(&app, model(&public)).await.unwrap().made.is_empty());
    let refused =
        apply(&app, model(&format!("{public}client_secret = {{ set = true }}\n"))).await.unwrap_err();
    assert!(refused.to_string().contains("public client"), "{refused}");
    let became = apply(&app, model(WIKI)).await.unwrap();
    assert_eq!(became.made.len(), 1, "one that becomes confidential gets one");
}
