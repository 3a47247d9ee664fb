//! The mail server as part of the configuration: in use at once, its password sealed and never shown (R-KS-03, R-AD-06).

use keyward::audit::{Actor, Origin};
use keyward::configuration::document::{Format, write};
use keyward::configuration::model::MailEntry;
use keyward::configuration::{Proposal, Secrets};
use keyward::foundation::secret::Hidden;
use keyward::pages::mails::Notice;
use keyward::storage::{Batch, Key};

use super::{Place, apply, export, model};
use crate::support::app;
use crate::support::mailbox::Mailbox;

const PASSWORD: &str = "lantern harbour violet";
const SERVER: &str =
    "[mail]\nhost = \"smtp.example.com\"\nsender = \"keyward@example.com\"\nusername = \"keyward\"\n";

fn with_password(toml: &str, password: &str) -> Proposal {
    let mut secrets = Secrets::default();
    secrets.add("mail.password", Hidden::new(password));
    Proposal { model: model(&format!("{toml}password = {{ env = \"MAIL_PASSWORD\" }}\n")), secrets }
}

#[tokio::test]
async fn the_password_is_sealed_at_rest_and_stays_with_its_server() {
    let place = Place::new();
    let app = place.start().await;
    let wanted = with_password(SERVER, PASSWORD);
    app.configuration.apply(&wanted, None, Actor::CommandLine).await.unwrap();
    let again = app.configuration.plan(&wanted).await.unwrap();
    assert!(!again.does_something(), "the same password is no difference: {again}");
    for (key, raw) in place.store.scan(&Key::from_bytes(Vec::new()), None, 10_000).await.unwrap() {
        assert!(!String::from_utf8_lossy(&raw.json).contains(PASSWORD), "{key} holds it in clear");
    }
    let exported = export(&app).await;
    let text = write(&exported, Format::Toml).unwrap();
    assert!(text.contains("[mail.password]\nset = true") && !text.contains(PASSWORD), "{text}");

    // The next generation seals it anew, and so does each start open it.
    let mut other = exported.clone();
    other.pages.organisation = "Northwind".to_owned();
    apply(&app, other).await.unwrap();
    let app = place.start().await;
    let kept = app.live.now().mail.clone().unwrap();
    assert_eq!(kept.password.as_ref().unwrap().expose(), PASSWORD);
    assert!(!format!("{:?}", app.live.now()).contains(PASSWORD));

    let plan = app.configuration.plan(&with_password(SERVER, "another one")).await.unwrap().to_string();
    assert!(plan.contains("mail.password: will be") && !plan.contains("another one"), "{plan}");
    apply(&app, model("")).await.unwrap();
    assert!(app.live.now().mail.is_none(), "left out is gone");
}

#[tokio::test]
async fn r_ad_06_the_password_is_kept_for_the_same_server_only() {
    let app = Place::new().start().await;
    let kept = format!("{SERVER}password = {{ set = true }}\n");
    assert!(apply(&app, model(&kept)).await.unwrap_err().to_string().contains("mail.password"));
    app.configuration.apply(&with_password(SERVER, PASSWORD), None, Actor::CommandLine).await.unwrap();
    apply(&app, model(&format!("{kept}sender_name = \"Keyward\"\n"))).await.unwrap();
    for other in [
        kept.replace("smtp.example.com", "evil.example.com"),
        kept.replace("[mail]", "[mail]\nport = 2525"),
        kept.replace("[mail]", "[mail]\nencryption = \"tls\""),
        kept.replace("\"keyward\"", "\"other\""),
    ] {
        let refused = apply(&app, model(&other)).await.unwrap_err().to_string();
        assert!(refused.contains("mail.password is { set = true }, but for this host"), "{refused}");
    }
}

#[tokio::test]
async fn a_wrong_server_is_named() {
    let app = Place::new().start().await;
    let wrong = "[mail]\nhost = \"a b\"\nport = 0\nsender = \"x\"\nencryption = \"none\"\nusername = \"u\"\nper_hour = 0\n";
    let refused = apply(&app, model(wrong)).await.unwrap_err().to_string();
    for path in ["mail.host", "mail.port", "mail.sender", "mail.encryption", "mail.password", "mail.per_hour"]
    {
        assert!(refused.contains(path), "{path} is not among {refused}");
    }
}

#[tokio::test]
async fn a_running_server_mails_by_what_is_applied() {
    let mailbox = Mailbox::open().await;
    let app = app::start_with(|settings| settings.mail = None).await;
    let ann = app.person_without_factor("ann").await;
    let tell = async || {
        let mut batch = Batch::new();
        app.app.notices.tell(&mut batch, &ann.id, Notice::PasswordSet, &Origin::default()).await.unwrap();
        app.store().commit(batch).await.unwrap();
        app.app.runner.run_due().await.unwrap();
        mailbox.mails().len()
    };
    assert_eq!(tell().await, 0);
    let mut wanted = export(&app.app).await;
    wanted.mail = Some(MailEntry::of(&mailbox.mail()));
    apply(&app.app, wanted.clone()).await.unwrap();
    assert_eq!(tell().await, 1);
    wanted.mail = None;
    apply(&app.app, wanted).await.unwrap();
    assert_eq!(tell().await, 1);
}
