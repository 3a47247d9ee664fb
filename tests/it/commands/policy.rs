//! What policy asks of whom: by rules that are applied, as sign-ins meet it and as it is explained (security requirements 4.5).

use keyward::commands::policy::explain::Then;
use keyward::commands::policy::{Explain, WhoIsBlocked};
use keyward::config::policy::MailCodes;
use keyward::config::policy_rules::Rule;
use keyward::configuration::Refused;
use keyward::factors::FactorKind::{MailCode, Totp};
use serde_json::json;

use crate::configuration::{apply, export};
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::mailbox::Mailbox;
use crate::support::page::Page;
use crate::support::people::Person;
use crate::support::relying_party::RelyingParty;

struct World {
    app: TestApp,
    wiki: RelyingParty,
    ann: Person,
    _mailbox: Mailbox,
}

/// Ann is in `staff`, has an app and a mailbox.
async fn world() -> World {
    let mailbox = Mailbox::open().await;
    let app = app::start_with(mailbox.serves()).await;
    let wiki = app.application().await;
    let ann = app.person("ann").await;
    World { app, wiki, ann, _mailbox: mailbox }
}

impl World {
    async fn rules(&self, rules: serde_json::Value) {
        let mut model = export(&self.app.app).await;
        model.mail.as_mut().unwrap().password = None;
        model.policy.rules = serde_json::from_value(rules).unwrap();
        apply(&self.app.app, model).await.unwrap();
    }

    /// What happens after the right password.
    async fn after_password(&self) -> Page {
        let mut browser = Browser::new();
        let page = browser.open(self.wiki.request().url()).await;
        let fill = [("username", self.ann.username.as_str()), ("password", &self.ann.password)];
        browser.submit(&page, "login", &fill).await
    }

    async fn explained(&self) -> keyward::commands::policy::explain::Explained {
        let client = Some(self.wiki.id.clone());
        let address = Some("127.0.0.1".parse().unwrap());
        self.app.perform(Explain { user: "ann".to_owned(), client, address, acr: None }).await.unwrap()
    }
}

/// What the page after the password asks, in the words of the explanation.
fn met(page: &Page) -> Then {
    let offers = |kind: &str| page.body.contains(&format!("value=\"{kind}\""));
    if page.has("factor") {
        let own = if page.form("factor").action.path().ends_with("/mail-code") { MailCode } else { Totp };
        let mut kinds = vec![own];
        kinds.extend([Totp, MailCode].into_iter().filter(|kind| *kind != own && offers(kind.word())));
        kinds.sort();
        return Then::Give(kinds);
    }
    if page.has("enrol") {
        return Then::Enrol(vec![Totp]);
    }
    match page.arrival() {
        Some(arrival) if arrival.get("code").is_some() => Then::Enough,
        _ => Then::Refused("denied_by_policy".to_owned()),
    }
}

/// Section 4.5: each rule is met by a real sign-in just as it is explained.
#[tokio::test]
async fn rules_are_met_by_sign_ins_as_they_are_explained() {
    let world = world().await;
    let wiki = world.wiki.id.clone();
    let both = || Then::Give(vec![Totp, MailCode]);
    let cases = [
        ("no rule", json!({}), None, both()),
        ("another application", json!({"a": {"applications": []}, "b": {"deny": false}}), Some("a"), both()),
        (
            "by application",
            json!({"a": {"applications": [wiki], "mail_codes": "enrolment"}}),
            Some("a"),
            Then::Give(vec![Totp]),
        ),
        (
            "by group",
            json!({"a": {"groups": ["staff"], "factors": ["mail_code"]}}),
            Some("a"),
            Then::Give(vec![MailCode]),
        ),
        ("not in the group", json!({"a": {"groups": ["nobody"], "deny": true}}), None, both()),
        ("by network", json!({"a": {"networks": ["127.0.0.0/8"], "floor": "pwd"}}), Some("a"), Then::Enough),
        ("not outside", json!({"a": {"outside": ["127.0.0.0/8"], "deny": true}}), None, both()),
        (
            "outside",
            json!({"a": {"outside": ["10.0.0.0/8"], "deny": true}}),
            Some("a"),
            Then::Refused("denied_by_policy".to_owned()),
        ),
        (
            "the first that fits decides",
            json!({"1": {"floor": "pwd", "groups": ["staff"]}, "2": {"floor": "mfa"}}),
            Some("1"),
            Then::Enough,
        ),
        (
            "one that denies wins",
            json!({"1": {"floor": "pwd"}, "2": {"deny": true, "groups": ["staff"]}}),
            Some("2"),
            Then::Refused("denied_by_policy".to_owned()),
        ),
        ("both are wanted", json!({"a": {"also": ["mail_code"]}}), Some("a"), both()),
    ];
    world.app.groups(&["nobody"]).await;
    for (story, rules, rule, then) in cases {
        world.rules(rules).await;
        let explained = world.explained().await;
        assert_eq!(explained.rule.as_deref(), rule, "{story}");
        assert_eq!(explained.then, then, "{story}: explained");
        assert_eq!(met(&world.after_password().await), then, "{story}: met");
    }
}

/// Both factors are asked, one after the other, and the tokens name both.
#[tokio::test]
async fn a_factor_that_is_wanted_besides_is_asked_too() {
    let world = world().await;
    world.rules(json!({"both": {"also": ["mail_code"]}})).await;
    let mut browser = Browser::new();
    let page = browser.open(world.wiki.request().url()).await;
    let fill = [("username", "ann"), ("password", world.ann.password.as_str())];
    let page = browser.submit(&page, "login", &fill).await;
    let page = browser.submit(&page, "factor", &[("code", &world.ann.code(&world.app))]).await;
    assert!(page.form("factor").action.path().ends_with("/mail-code"), "{}", page.body);
    world.app.app.runner.run_due().await.unwrap();
    let mails = world._mailbox.mails();
    let digits = |line: &&str| line.trim().len() == 9 && line.trim().replace(' ', "").parse::<u64>().is_ok();
    let mut lines = mails.iter().flat_map(|mail| mail.text.lines());
    let code = lines.find(digits).unwrap().trim().to_owned();
    let page = browser.submit(&page, "factor", &[("code", &code)]).await;
    let claims = world.wiki.complete(&world.wiki.request(), &page).await.claims;
    assert_eq!(claims["acr"], "urn:keyward:acr:mfa", "the level stays that of the stronger one");
    assert_eq!(claims["amr"], json!(["pwd", "otp", "email", "mfa"]));
}

#[tokio::test]
async fn who_could_not_get_in_is_seen_in_advance() {
    let app = app::start_with(|settings| settings.policy.first_enrolment_by_password = Vec::new()).await;
    let wiki = app.application().await;
    app.person("ann").await;
    app.person_without_factor("bob").await;
    let seen = app.perform(WhoIsBlocked { at: None, address: None }).await.unwrap();
    assert_eq!((seen.people, seen.count), (2, 1));
    let bob = &seen.who[0];
    assert_eq!((bob.username.as_str(), bob.reason.as_str()), ("bob", "enrolment_not_permitted"));
    assert_eq!(bob.applications, [String::new(), wiki.id.clone()]);
    let mut model = export(&app.app).await;
    model.policy.rules =
        serde_json::from_value(json!({"wiki": {"applications": [wiki.id], "floor": "pwd"}})).unwrap();
    model.policy.mail_codes = MailCodes::Off;
    apply(&app.app, model).await.unwrap();
    let seen = app.perform(WhoIsBlocked { at: None, address: None }).await.unwrap();
    assert_eq!(seen.who[0].applications, [String::new()], "the wiki lets bob in by his password");
}

#[tokio::test]
async fn a_rule_that_nobody_could_meet_or_that_names_nothing_is_refused() {
    let world = world().await;
    let wrong = [
        (json!({"a": {"applications": ["nobody"]}}), "policy.rules.a.applications has the entry \"nobody\""),
        (json!({"a": {"groups": ["nobody"]}}), "policy.rules.a.groups has the entry"),
        (json!({"a": {"factors": []}}), "policy.rules.a.factors names none"),
        (json!({"a": {"also": ["password"]}}), "policy.rules.a.also names one"),
        (json!({"a": {"factors": ["totp"], "also": ["mail_code"]}}), "does not count by its own list"),
        (json!({"a": {"second_factor_max_age": "1s"}}), "policy.rules.a.second_factor_max_age is"),
    ];
    for (rules, says) in wrong {
        let mut model = export(&world.app.app).await;
        model.policy.rules = serde_json::from_value(rules).unwrap();
        let refused = apply(&world.app.app, model).await.unwrap_err();
        let Refused::Faulty(problems) = refused else { panic!("{refused:?}") };
        assert!(problems[0].to_string().contains(says), "{problems:?}");
    }
    let written = serde_json::to_value(Rule::default()).unwrap();
    assert!(serde_json::from_value::<Rule>(written).is_ok(), "what is written can be read");
}
