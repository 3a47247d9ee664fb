//! Passkeys and security keys within the sign-in (R-WA-01 to R-WA-10, R-MF-01 to R-MF-05, R-EN-01, R-EN-02, R-RL-05).

mod offer;

use keyward::factors::passkeys::Account;
use keyward::factors::{Factor as _, KeyKind, Occasion, Placement, Verdict};
use keyward::foundation::ids::JourneyId;
use keyward::storage::{Batch, Key};
use serde_json::json;

use super::{SESSION, codes_of, enrol, error_of, password_given, sent, type_password};
use crate::support::app::{self, TestApp};
use crate::support::authenticator::SoftKey;
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::people::Person;
use crate::support::relying_party::RelyingParty;

struct World {
    app: TestApp,
    wiki: RelyingParty,
    browser: Browser,
}

/// No network permits an enrolment.
async fn world() -> World {
    world_with(|settings| settings.policy.first_enrolment_by_password.clear()).await
}

async fn world_with(adjust: impl FnOnce(&mut keyward::config::Settings)) -> World {
    let app = app::start_with(adjust).await;
    let wiki = app.application().await;
    World { app, wiki, browser: Browser::new() }
}

impl World {
    /// Gives the person a new key.
    async fn key_of(&self, person: &Person, kind: KeyKind) -> SoftKey {
        let mut key = SoftKey::new(&self.app.issuer);
        let passkeys = &self.app.app.passkeys;
        let journey = JourneyId::from_text("elsewhere");
        let occasion = Occasion { user: person.id.clone(), journey, origin: Default::default() };
        let account = Account { name: &person.username, display_name: &person.username };
        let options = passkeys.begin_enrolment(&occasion, kind, account, Placement::Beside).await.unwrap();
        let (answer, mut batch) = (key.create(&options), Batch::new());
        let made = passkeys.enrol_into(&mut batch, &occasion, &answer, "key", Placement::Beside).await;
        assert!(matches!(made, Ok(Verdict::Accepted(_))));
        assert!(self.app.store().commit(batch).await.unwrap().is_done());
        key
    }

    /// What the script of `page` is given for its form.
    async fn options(&mut self, page: &Page, form: &str) -> Page {
        let form = page.form(form);
        let fields: Vec<_> =
            form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.browser.post_only(format!("{}/options", form.action), &fields).await
    }

    /// The key answers as the page's script has it answer; answers the page after it.
    async fn prove(&mut self, page: &Page, form: &str, key: &mut SoftKey) -> Page {
        let options = self.options(page, form).await;
        assert_eq!(options.header("content-type"), Some("application/json"), "{}", options.body);
        let answer = key.get(&options.body);
        self.browser.submit(page, form, &[("answer", &answer)]).await
    }

    async fn login(&mut self) -> Page {
        sent(&mut self.browser, &self.wiki).await
    }

    async fn claims(&self, page: &Page) -> serde_json::Map<String, serde_json::Value> {
        self.wiki.complete(&self.wiki.request(), page).await.claims
    }

    async fn keys_of(&self, person: &Person) -> usize {
        self.app.app.passkeys.enrolled(&person.id).await.unwrap().len()
    }
}

#[tokio::test]
async fn a_security_key_is_a_second_factor_and_the_token_says_so() {
    let mut world = world().await;
    let ann = world.app.person("ann").await;
    let mut key = world.key_of(&ann, KeyKind::SecurityKey).await;
    key.verifies = false;
    let mut plain = world.key_of(&ann, KeyKind::SecurityKey).await;
    let page = password_given(&mut world.browser, &world.wiki, &ann).await;
    assert_eq!(page.attribute("factor", "data-key").as_deref(), Some("get"), "the strongest first");
    assert!(page.body.contains("value=\"totp\""), "R-MF-04: the app would do as well");
    assert!(world.browser.cookie(&world.app.issuer, SESSION).is_none(), "R-MF-05");
    let page = world.prove(&page, "factor", &mut key).await;
    assert!(page.has("problem"), "it verified its user when it was enrolled");
    let page = world.prove(&page, "factor", &mut plain).await;
    let claims = world.claims(&page).await;
    assert_eq!(claims["acr"], "urn:keyward:acr:phr");
    assert_eq!(claims["amr"], json!(["pwd", "swk", "pop", "user", "mfa"]));
}

#[tokio::test]
async fn a_passkey_signs_in_without_a_password() {
    let mut world = world().await;
    let ann = world.app.person_without_factor("ann").await;
    let mut key = world.key_of(&ann, KeyKind::Passkey).await;
    let page = world.login().await;
    let autocomplete = page.attribute("username", "autocomplete");
    assert_eq!(autocomplete.as_deref(), Some("username webauthn"), "conditional UI");
    world.app.pass(5);
    let page = world.prove(&page, "passwordless", &mut key).await;
    let claims = world.claims(&page).await;
    assert_eq!((&claims["sub"], &claims["acr"]), (&json!(ann.id.as_str()), &json!("urn:keyward:acr:phr")));
    assert_eq!(claims["amr"], json!(["swk", "pop", "user", "mfa"]));
    assert_eq!(claims["auth_time"], json!(world.app.now()));
    assert!(super::is_signed_in(&mut world.browser, &world.wiki).await);
    // A fresh sign-in may be proved by the same key.
    world.app.pass(60);
    let page = world.browser.open(world.wiki.request().with("prompt", "login").url()).await;
    let page = world.prove(&page, "passwordless", &mut key).await;
    let arrival = page.arrival().unwrap();
    assert!(arrival.get("code").is_some());
}

#[tokio::test]
async fn r_wa_01_an_answer_is_good_once_and_in_its_own_journey_only() {
    let mut world = world().await;
    let ann = world.app.person_without_factor("ann").await;
    let mut key = world.key_of(&ann, KeyKind::Passkey).await;
    let page = world.login().await;
    let options = world.options(&page, "passwordless").await.body;
    let answer = key.get(&options);
    let mut thief = Browser::new();
    let other = sent(&mut thief, &world.wiki).await;
    let stolen = thief.submit(&other, "passwordless", &[("answer", &answer)]).await;
    assert!(stolen.has("problem") && stolen.has("login"), "another journey: {}", stolen.body);
    let done = world.browser.submit(&page, "passwordless", &[("answer", &answer)]).await;
    assert!(done.arrival().unwrap().get("code").is_some());
    world.browser.forget();
    let page = world.login().await;
    world.options(&page, "passwordless").await;
    let replayed = world.browser.submit(&page, "passwordless", &[("answer", &answer)]).await;
    assert!(replayed.has("problem"));
}

/// R-WA-09: whoever asks learns nothing of who there is, and every failure looks the same.
#[tokio::test]
async fn r_wa_09_a_stranger_cannot_tell_keys_apart() {
    let mut world = world().await;
    let ann = world.app.person_without_factor("ann").await;
    let mut key = world.key_of(&ann, KeyKind::Passkey).await;
    key.verifies = false;
    let mut unknown = SoftKey::new(&world.app.issuer);
    unknown.handle = key.handle.clone();
    let masked = |page: &Page| {
        let form = page.form("login");
        let token = form.fields.iter().find(|(name, _)| name == "form_token").unwrap().1.clone();
        let nonce = page.body.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        page.body.replace(&token, "").replace(&nonce, "")
    };
    let page = world.login().await;
    let one = world.prove(&page, "passwordless", &mut key).await;
    let other = world.prove(&page, "passwordless", &mut unknown).await;
    assert!(one.has("problem"));
    assert_eq!((one.status, masked(&one)), (other.status, masked(&other)));
    let page = world.browser.submit(&page, "passwordless", &[("answer", "{}")]).await;
    assert_eq!(masked(&one), masked(&page));
}

#[tokio::test]
async fn whoever_may_not_be_served_is_not_served_by_a_passkey() {
    let mut world = world().await;
    let ann = world.app.person_without_factor("ann").await;
    let mut key = world.key_of(&ann, KeyKind::Passkey).await;
    let page = world.login().await;
    let by = keyward::audit::Actor::CommandLine;
    world.app.app.lifecycle.lock(&ann.id, by).await.unwrap();
    let refused = world.prove(&page, "passwordless", &mut key).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert!(!super::is_signed_in(&mut world.browser, &world.wiki).await);
}

/// R-RL-05: a locked password stands in no passkey's way.
#[tokio::test]
async fn a_passkey_signs_in_while_the_password_is_locked() {
    let mut world = world().await;
    let ann = world.app.person_without_factor("ann").await;
    let mut key = world.key_of(&ann, KeyKind::Passkey).await;
    let wrong = Person { password: "wrong".to_owned(), ..ann.clone() };
    let mut page = world.login().await;
    for _ in 0..5 {
        page = type_password(&mut world.browser, &page, &wrong).await;
    }
    let locked = type_password(&mut world.browser, &page, &ann).await;
    assert_eq!(locked.status, 429);
    let page = world.prove(&page, "passwordless", &mut key).await;
    assert!(page.arrival().unwrap().get("code").is_some());
}

#[tokio::test]
async fn a_first_passkey_is_set_up_in_the_journey_and_brings_recovery_codes() {
    let mut world = world_with(|_| {}).await;
    let ann = world.app.person_without_factor("ann").await;
    let page = password_given(&mut world.browser, &world.wiki, &ann).await;
    let page = world.browser.submit(&page, "enrol", &[("action", "passkey")]).await;
    assert!(page.has("new-key"), "{}", page.body);
    let options = world.options(&page, "new-key").await;
    let mut key = SoftKey::new(&world.app.issuer);
    let answer = key.create(&options.body);
    let unnamed = world.browser.submit(&page, "new-key", &[("answer", &answer), ("name", "")]).await;
    assert!(unnamed.has("problem"));
    let garbage = world.browser.submit(&page, "new-key", &[("answer", "{}"), ("name", "x")]).await;
    assert!(garbage.has("problem"));
    let options = world.options(&garbage, "new-key").await;
    let answer = key.create(&options.body);
    let page = world.browser.submit(&page, "new-key", &[("answer", &answer), ("name", "Laptop")]).await;
    assert_eq!(codes_of(&page).len(), 10, "{}", page.body);
    let page = world.browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    assert_eq!(world.claims(&page).await["acr"], "urn:keyward:acr:phr");
    assert_eq!(world.app.app.passkeys.enrolled(&ann.id).await.unwrap()[0].name, "Laptop");
    world.browser.forget();
    let page = world.login().await;
    let page = world.prove(&page, "passwordless", &mut key).await;
    assert!(page.arrival().unwrap().get("code").is_some());
}

/// R-MF-03: what is asked at one stage cannot be answered, nor fetched, at another.
#[tokio::test]
async fn r_mf_03_keys_are_asked_for_at_their_own_stage_only() {
    let mut world = world_with(|_| {}).await;
    let ann = world.app.person("ann").await;
    let mut key = world.key_of(&ann, KeyKind::Passkey).await;
    let login = world.login().await;
    let path = login.form("login").action.path().replace("/password", "");
    let token = login.form("login").fields.iter().find(|(name, _)| name == "form_token").unwrap().1.clone();
    for place in ["passkey/options", "new-key/options", "passkey", "new-key"] {
        let url = world.app.url(&format!("{path}/{place}"));
        let page = world.browser.post_only(url, &[("form_token", &token)]).await;
        assert_eq!(page.status, 400, "{place}");
    }
    let unsigned = world.browser.post_only(world.app.url(&format!("{path}/passwordless/options")), &[]).await;
    assert_ne!(unsigned.status, 200, "R-SE-11: a form without its token");
    let quietly = world.options(&login, "passwordless").await.body;
    let page = type_password(&mut world.browser, &login, &ann).await;
    let late = world.browser.submit(&login, "passwordless", &[("answer", &key.get(&quietly))]).await;
    assert!(late.has("factor"), "the journey shows where it is: {}", late.body);
    let cross = world.browser.submit(&page, "factor", &[("answer", &key.get(&quietly))]).await;
    assert!(cross.has("problem"), "R-WA-01: a challenge for another purpose");
    let page = world.prove(&page, "factor", &mut key).await;
    assert!(page.arrival().unwrap().get("code").is_some());
}

/// R-EN-01: whoever has lost a factor replaces all of them, of whichever kind.
#[tokio::test]
async fn a_recovery_code_replaces_passkeys_too() {
    let mut world = world_with(|_| {}).await;
    let mut ann = world.app.person_without_factor("ann").await;
    let page = password_given(&mut world.browser, &world.wiki, &ann).await;
    let page = enrol(&world.app, &mut world.browser, &page, &mut ann).await;
    let codes = codes_of(&page);
    let mut key = world.key_of(&ann, KeyKind::Passkey).await;
    world.browser.forget();
    let page = password_given(&mut world.browser, &world.wiki, &ann).await;
    let page = world.browser.submit(&page, "factor", &[("action", "recovery_code")]).await;
    let page = world.browser.submit(&page, "factor", &[("code", &codes[0])]).await;
    assert_eq!(world.keys_of(&ann).await, 1);
    let page = enrol(&world.app, &mut world.browser, &page, &mut ann).await;
    assert_eq!((codes_of(&page).len(), world.keys_of(&ann).await), (10, 0));
    world.browser.forget();
    let page = world.login().await;
    let page = world.prove(&page, "passwordless", &mut key).await;
    assert!(page.has("problem"));
}

/// A level that only a key reaches: whoever may enrol proves the present factor first (R-EN-01), and an app is no way there.
#[tokio::test]
async fn r_en_01_a_wish_for_phishing_resistance_sets_up_a_key_beside_the_proved_app() {
    let mut world = world_with(|_| {}).await;
    let ann = world.app.person("ann").await;
    let request = world.wiki.request().with("acr_values", "phr");
    let page = world.browser.open(request.url()).await;
    let page = type_password(&mut world.browser, &page, &ann).await;
    assert!(page.body.contains("name=\"code\""), "the app is proved first: {}", page.body);
    let page = world.browser.submit(&page, "factor", &[("code", &ann.code(&world.app))]).await;
    assert!(page.has("new-key") && !page.body.contains("value=\"totp\""), "{}", page.body);
    let mut key = SoftKey::new(&world.app.issuer);
    let options = world.options(&page, "new-key").await;
    let answer = key.create(&options.body);
    let mut page = world.browser.submit(&page, "new-key", &[("answer", &answer), ("name", "Laptop")]).await;
    if page.has("recovery-codes") {
        page = world.browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    }
    let claims = world.wiki.complete(&request, &page).await.claims;
    assert_eq!(claims["acr"], "phr");
    assert_eq!(world.keys_of(&ann).await, 1);
}

/// R-EN-01: in a network that permits a first factor by the password alone, a further one needs the present one.
#[tokio::test]
async fn r_en_01_the_password_alone_adds_no_key_to_an_app() {
    let mut world = world_with(|settings| {
        settings.policy.floor = keyward::config::policy::Floor::Password;
    })
    .await;
    let ann = world.app.person("ann").await;
    let page = world.browser.open(world.wiki.request().with("acr_values", "phr").url()).await;
    let page = type_password(&mut world.browser, &page, &ann).await;
    assert!(!page.has("new-key") && !page.has("enrol"), "{}", page.body);
    let arrival = page.arrival().unwrap();
    assert!(arrival.get("code").is_some(), "R-AZ-12: a wish that cannot be fulfilled is dropped");
}

#[tokio::test]
async fn a_reset_and_a_deletion_take_keys_and_their_owners() {
    use keyward::commands::user::{Delete, ResetFactor};
    let mut world = world().await;
    let ann = world.app.person("ann").await;
    let mut key = world.key_of(&ann, KeyKind::Passkey).await;
    world.app.perform(ResetFactor { user: "ann".to_owned() }).await.unwrap();
    assert_eq!(world.keys_of(&ann).await, 0);
    let page = world.login().await;
    let page = world.prove(&page, "passwordless", &mut key).await;
    assert!(page.has("problem"));
    world.key_of(&ann, KeyKind::Passkey).await;
    world.app.perform(Delete { user: "ann".to_owned() }).await.unwrap();
    for kind in ["factor_passkeys", "passkey_owner"] {
        let left = world.app.store().scan(&Key::prefix(kind, &[]), None, 10).await.unwrap();
        assert!(left.is_empty(), "{kind}");
    }
}

/// A locked key is asked for only where there is nothing else, and never counts as nothing (R-WA-06, R-EN-02).
#[tokio::test]
async fn a_copied_key_locks_out_its_owner_to_the_help_desk() {
    let mut world = world_with(|_| {}).await;
    let ann = world.app.person_without_factor("ann").await;
    let mut key = world.key_of(&ann, KeyKind::Passkey).await;
    key.counter = 7;
    let page = world.login().await;
    let page = world.prove(&page, "passwordless", &mut key).await;
    assert!(page.arrival().is_some());
    let mut copy = key.copy();
    copy.counter = 3;
    world.browser.forget();
    let page = world.login().await;
    let page = world.prove(&page, "passwordless", &mut copy).await;
    assert!(page.has("problem"));
    let page = type_password(&mut world.browser, &page, &ann).await;
    assert_eq!(
        page.attribute("factor", "data-key").as_deref(),
        Some("get"),
        "no first factor: {}",
        page.body
    );
    assert_eq!(world.options(&page, "factor").await.status, 400, "no key may be used");
    let page = world.browser.submit(&page, "factor", &[("action", "lost_factor")]).await;
    super::assert_offers_support(&page);
}

#[tokio::test]
async fn an_application_that_means_another_person_is_not_given_this_one() {
    let mut world = world().await;
    let ann = world.app.person_without_factor("ann").await;
    let eve = world.app.person_without_factor("eve").await;
    let mut key = world.key_of(&ann, KeyKind::Passkey).await;
    let mut hers = world.key_of(&eve, KeyKind::Passkey).await;
    let page = world.login().await;
    let done = world.prove(&page, "passwordless", &mut key).await;
    let tokens = world.wiki.complete(&world.wiki.request(), &done).await;
    let request = world.wiki.request().with("id_token_hint", tokens.id_token()).with("prompt", "login");
    let page = world.browser.open(request.url()).await;
    let page = world.prove(&page, "passwordless", &mut hers).await;
    assert_eq!(error_of(&page), "login_required");
}
