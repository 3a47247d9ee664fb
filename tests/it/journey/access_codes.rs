//! Temporary access codes from the help desk (security requirements 4.3, 4.9, R-EN-02, R-RC-08).

use keyward::commands::user::AccessCode;
use keyward::config::policy::Floor;
use serde_json::json;

use super::{enrol, password_given};
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::mailbox::Mailbox;

async fn given_out(app: &TestApp) -> String {
    let command = AccessCode { user: "ann".to_owned(), reason: "ticket 4711".to_owned() };
    app.perform(command).await.unwrap().code.expose().to_owned()
}

#[tokio::test]
async fn a_code_from_the_help_desk_is_good_once_and_only_to_set_up_a_new_factor() {
    let mailbox = Mailbox::open().await;
    let serves = mailbox.serves();
    let app = app::start_with(|settings| {
        serves(settings);
        settings.policy.mail_codes = keyward::config::policy::MailCodes::Off;
        // The level that the code reaches would be enough, and yet a factor is set up.
        settings.policy.floor = Floor::MfaLow;
    })
    .await;
    let wiki = app.application().await;
    let mut ann = app.person("ann").await;
    let code = given_out(&app).await;
    app.app.runner.run_due().await.unwrap();
    // Mails of one moment arrive in any order.
    let mails = mailbox.mails();
    assert!(mails.iter().any(|mail| mail.text.contains("temporary access code")));
    assert!(!mails.iter().any(|mail| mail.text.contains(&code)));
    let issued =
        app.events().await.into_iter().find(|event| event["action"] == "access_code_issued").unwrap();
    assert_eq!((&issued["note"], issued.to_string().contains(&code)), (&json!("ticket 4711"), false));

    let lost = ann.clone();
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &wiki, &ann).await;
    let page = browser.submit(&page, "factor", &[("action", "recovery_code")]).await;
    assert!(page.body.contains("help desk"), "{}", page.body);
    let page = browser.submit(&page, "factor", &[("code", "0000-0000-0000")]).await;
    assert!(page.has("problem"));
    let page = browser.submit(&page, "factor", &[("code", &code.to_uppercase())]).await;
    assert!(page.has("enrol"), "enrolment is forced: {}", page.body);
    assert!(browser.cookie(&app.issuer, super::SESSION).is_none(), "nothing else was reached");
    let page = enrol(&app, &mut browser, &page, &mut ann).await;
    let page = browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    let claims = wiki.complete(&wiki.request(), &page).await.claims;
    assert_eq!(
        (&claims["acr"], &claims["amr"]),
        (&json!("urn:keyward:acr:mfa"), &json!(["pwd", "otp", "tac", "mfa"]))
    );

    app.pass(31);
    let mut other = Browser::new();
    let page = password_given(&mut other, &wiki, &ann).await;
    let page = other.submit(&page, "factor", &[("code", &lost.code(&app))]).await;
    assert!(page.has("problem"), "what was lost is worth nothing");
    let page = other.submit(&page, "factor", &[("action", "recovery_code")]).await;
    let page = other.submit(&page, "factor", &[("code", &code)]).await;
    assert!(page.has("problem"), "spent");
}

/// R-EN-02: with a code somebody who has no factor at all enrols the first one.
#[tokio::test]
async fn r_en_02_a_code_from_the_help_desk_permits_the_first_enrolment() {
    let app = app::start_with(|settings| settings.policy.first_enrolment_by_password = Vec::new()).await;
    let wiki = app.application().await;
    let ann = app.person_without_factor("ann").await;
    assert_eq!(password_given(&mut Browser::new(), &wiki, &ann).await.status, 403);
    let code = given_out(&app).await;
    let mut browser = Browser::new();
    let page = password_given(&mut browser, &wiki, &ann).await;
    let page = browser.submit(&page, "factor", &[("code", &code)]).await;
    assert!(page.has("enrol"), "{}", page.body);
}

/// It ends after an hour, with a newer one, and with every change of a password or factor; wrong ones are counted.
#[tokio::test]
async fn a_code_from_the_help_desk_ends_by_time_and_change_and_is_not_guessed() {
    let app = app::start().await;
    let wiki = app.application().await;
    let ann = app.person("ann").await;
    let works = async |code: &str| {
        let mut browser = Browser::new();
        let page = password_given(&mut browser, &wiki, &ann).await;
        let page = browser.submit(&page, "factor", &[("action", "recovery_code")]).await;
        browser.submit(&page, "factor", &[("code", code)]).await
    };
    let older = given_out(&app).await;
    let newer = given_out(&app).await;
    assert!(works(&older).await.has("problem"), "a newer one was given out");
    app.pass(3601);
    assert!(works(&newer).await.has("problem"), "too old");
    let code = given_out(&app).await;
    let mut batch = keyward::storage::Batch::new();
    app.app.lifecycle.factor_changed(&mut batch, &ann.id, None).await.unwrap();
    app.store().commit(batch).await.unwrap();
    assert!(works(&code).await.has("problem"), "a factor was changed");
    let code = given_out(&app).await;
    for _ in 0..5 {
        assert!(works("0000-0000-0000").await.has("problem"));
        app.pass(1);
    }
    assert_eq!(works(&code).await.status, 429, "the right one does not help");
}

#[tokio::test]
async fn a_code_needs_a_reason_and_a_person_who_may_sign_in() {
    let app = app::start().await;
    app.person("ann").await;
    let asked = async |user: &str, reason: &str| {
        app.perform(AccessCode { user: user.to_owned(), reason: reason.to_owned() })
            .await
            .unwrap_err()
            .sentence
    };
    assert!(asked("ann", "  x ").await.contains("reason of 4"));
    assert!(asked("nobody", "ticket 4711").await.contains("there is nobody"));
}
