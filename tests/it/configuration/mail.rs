//! The mail server as part of the configuration: in use at once, its password sealed and never shown (R-KS-03, R-AD-06).

use keyward::audit::{Actor, Origin};
use keyward::configuration::document::{Format, write};
use keyward::configuration::model::MailEntry;
use keyward::configuration::{Proposal, Secrets};
use keyward::foundation::secret::Hidden;
use keyward::pages::mails::Notice;
use keyward::storage::{Batch, Key};

use super::{Place, apply, export, model};
use crate::delivery::server::{self, USUAL};
use crate::support::app;
use crate::support::mailbox::{Mailbox, eventually};
use crate::support::program::Installed;

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

#[tokio::test(flavor = "multi_thread")]
async fn r_op_02_the_password_comes_from_a_file_and_the_certificates_stay_in_the_settings() {
    let Some(server) = USUAL.start() else { return };
    let mail = server.mail();
    let at = Installed::with(&format!("[mail]\nca_file = {:?}\n", mail.ca_file.unwrap()));
    let file = |name: &str, text: &str| {
        let file = at.folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let wanted = |more: &str| {
        format!(
            "[mail]\nhost = \"localhost\"\nport = {}\nsender = \"keyward@example.com\"\n{more}",
            mail.port
        )
    };
    let login = format!("username = {:?}\npassword = {{ file = \"mail.password\" }}\n", server::USER);
    let test = ["mail", "test", "--to", "ada@example.com"];
    let serving = at.serve().await;
    assert!(at.refused(&test).contains("no mail server is configured"));
    file("mail.password", &format!("{}\n", server::PASSWORD));
    let plan = at.done(&["plan", &file("wanted.toml", &wanted(&login))]);
    assert!(plan.contains("+ mail = ") && plan.contains("~ mail.password: will be"), "{plan}");
    let applied = at.done(&["apply", &file("wanted.toml", &wanted(&login)), "--yes"]);
    let exported = at.done(&["export"]);
    assert!(exported.contains("[mail.password]\nset = true"), "{exported}");
    assert!(!format!("{plan}{applied}{exported}").contains(server::PASSWORD));

    assert!(at.done(&test).contains("has taken a test mail"));
    at.done(&["user", "add", "ada", "--email", "ada@example.com"]);
    eventually("the running server sends by it", || server.taken().len() == 2).await;
    serving.kill();
    at.done(&["apply", &file("exported.toml", &exported), "--yes"]);
    assert!(at.done(&test).contains("has taken a test mail"), "also without a server");
    let serving = at.serve().await;
    at.done(&["user", "invite", "ada"]);
    eventually("a restarted one too", || server.taken().len() == 4).await;

    file("mail.password", "wrong");
    at.done(&["apply", &file("wanted.toml", &wanted(&login)), "--yes"]);
    assert!(at.refused(&test).contains("mail.password"), "the next mail goes by what is applied");
    let half = wanted(&format!("username = {:?}\n", server::USER));
    let refused = at.refused(&["apply", &file("wanted.toml", &half), "--yes"]);
    assert!(refused.contains("mail.password is missing"), "a password is never kept unasked: {refused}");
    serving.kill();
}

#[tokio::test]
async fn what_was_wrong_with_the_way_to_another_server_is_forgotten() {
    let mailbox = Mailbox::open().await;
    let mut down = mailbox.mail();
    down.port = crate::support::mailbox::nobody().await;
    let app = app::start_with(|settings| settings.mail = Some(down)).await;
    let ann = app.person_without_factor("ann").await;
    let mut batch = Batch::new();
    app.app.notices.tell(&mut batch, &ann.id, Notice::PasswordSet, &Origin::default()).await.unwrap();
    app.store().commit(batch).await.unwrap();
    app.app.runner.run_due().await.unwrap();
    assert_eq!(app.app.health.impaired().await[0].0, "mail");
    let mut wanted = export(&app.app).await;
    wanted.mail = None;
    apply(&app.app, wanted).await.unwrap();
    assert!(app.app.health.impaired().await.is_empty());
}
