//! Invitations and notices, from the pages to the mailbox (R-EN-02, R-EN-05, R-RC-04, R-MF-11, R-PO-01, R-RL-07, R-OB-06).

use keyward::audit::Actor;
use keyward::audit::Origin;
use keyward::foundation::Clock as _;
use keyward::storage::{Batch, Key};
use keyward::users::profile::{LanguageTag, Mail, MailAddress, Text};

use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::mailbox::{Mailbox, nobody, plain};
use crate::support::page::Page;
use crate::support::people::{Person, code_of};

async fn start() -> (TestApp, Mailbox) {
    let mailbox = Mailbox::open().await;
    (app::start_with(mailbox.serves()).await, mailbox)
}

/// Sends what waits, and takes note of it.
async fn arrived(app: &TestApp, mailbox: &Mailbox) -> Vec<String> {
    let before = mailbox.mails().len();
    app.app.runner.run_due().await.unwrap();
    let mails = mailbox.mails();
    let mut subjects: Vec<_> =
        mails[before..].iter().map(|mail| mail.subject.replace("Keyward: ", "")).collect();
    subjects.sort();
    subjects
}

async fn password_given(app: &TestApp, browser: &mut Browser, person: &Person) -> Page {
    let wiki = app.application().await;
    let page = browser.open(wiki.request().url()).await;
    let fill = [("username", person.username.as_str()), ("password", &person.password)];
    browser.submit(&page, "login", &fill).await
}

fn key_of(page: &Page) -> Vec<u8> {
    let groups = page.all(".secret span", |span| span.text().collect::<String>());
    totp_rs::Secret::try_from_base32(groups.concat()).unwrap().as_bytes().to_vec()
}

async fn enrol(app: &TestApp, browser: &mut Browser, page: &Page) -> Page {
    let code = code_of(&key_of(page), app.now());
    browser.submit(page, "enrol", &[("code", &code)]).await
}

async fn invite(app: &TestApp, person: &Person) -> Option<String> {
    let user = app.app.users.by_id(&person.id).await.unwrap().unwrap().value;
    let mut batch = Batch::new();
    let link = app.app.invitations.issue(&mut batch, &person.id).await.unwrap();
    let mailed = app.app.invitations.mail(&mut batch, &user, &link).await.unwrap();
    assert!(app.store().commit(batch).await.unwrap().is_done());
    mailed
}

async fn waiting(app: &TestApp) -> usize {
    app.store().scan(&Key::prefix("job", &[]), None, 1000).await.unwrap().len()
}

#[tokio::test]
async fn r_en_05_r_rc_04_every_change_of_a_factor_is_told_with_time_and_network() {
    let (app, mailbox) = start().await;
    let ann = app.person_without_factor("ann").await;
    let mut browser = Browser::new();
    let page = password_given(&app, &mut browser, &ann).await;
    let page = enrol(&app, &mut browser, &page).await;
    let codes: Vec<String> = page.all("#codes code", |code| code.text().collect());
    assert_eq!(arrived(&app, &mailbox).await, ["a second factor was added", "new recovery codes"]);
    let mails = mailbox.mails();
    let added = mails.iter().find(|mail| mail.subject.contains("factor was added")).unwrap();
    assert_eq!(added.recipients, ["ann@example.com"]);
    assert_eq!(added.to, "Ada Byron Lovelace <ann@example.com>");
    assert_eq!(added.from, "Keyward <keyward@example.com>");
    for part in [&added.text, &added.html] {
        for said in ["Authenticator app", "ann", "2027-01-15 08:00 UTC", "127.0.0.0/24", "the help desk, 555"]
        {
            assert!(part.contains(said), "{said}: {part}");
        }
        assert!(!codes.iter().any(|code| part.contains(code)) && !part.contains("//"), "{part}");
    }
    browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    app.pass(30);

    let mut elsewhere = Browser::new();
    let page = password_given(&app, &mut elsewhere, &ann).await;
    let page = elsewhere.submit(&page, "factor", &[("action", "recovery_code")]).await;
    let page = elsewhere.submit(&page, "factor", &[("code", &codes[3])]).await;
    assert_eq!(arrived(&app, &mailbox).await, ["a recovery code was used"]);
    assert!(mailbox.mails().last().unwrap().text.contains("9 unused codes are left"));
    enrol(&app, &mut elsewhere, &page).await;
    let changed = ["a second factor was added", "a second factor was removed", "new recovery codes"];
    assert_eq!(arrived(&app, &mailbox).await, changed);
}

#[tokio::test]
async fn r_mf_11_the_third_wrong_code_after_a_right_password_is_told_once() {
    let (app, mailbox) = start().await;
    let ann = app.person("ann").await;
    app.app.runner.run_due().await.unwrap();
    let mut browser = Browser::new();
    let mut page = password_given(&app, &mut browser, &ann).await;
    for failure in 1..=4 {
        page = browser.submit(&page, "factor", &[("code", "000000")]).await;
        assert!(page.has("problem"), "{}", page.body);
        let told = arrived(&app, &mailbox).await;
        let expected: &[&str] = if failure == 3 { &["somebody may know your password"] } else { &[] };
        assert_eq!(told, expected, "failure {failure}");
        app.pass(60);
    }
    assert!(mailbox.mails().last().unwrap().text.contains("3 wrong codes"));
}

#[tokio::test]
async fn r_en_02_an_invitation_arrives_by_mail_and_its_link_works_once() {
    let (app, mailbox) = start().await;
    let ann = app.person_without_factor("ann").await;
    assert_eq!(invite(&app, &ann).await.as_deref(), Some("ann@example.com"));
    assert_eq!(arrived(&app, &mailbox).await, ["set up your account"]);
    let mail = mailbox.mails().pop().unwrap();
    assert!(mail.text.contains("for 24 hours"), "{}", mail.text);
    let start = format!("{}/invitation/", app.issuer);
    let link = mail.text.split_whitespace().find(|word| word.starts_with(&start)).unwrap().to_owned();
    assert!(mail.html.contains(&format!("href=\"{link}\"")), "{}", mail.html);
    let mut browser = Browser::new();
    let page = browser.get(&link).await;
    let page = browser.submit(&page, "invitation", &[]).await;
    let new = "amber meadow 17 compass";
    let page = browser.submit(&page, "change-password", &[("password", new), ("password_again", new)]).await;
    assert!(page.has("enrol"), "{}", page.body);
    assert_eq!(arrived(&app, &mailbox).await, ["your password was changed"]);
    assert_eq!(Browser::new().get(&link).await.status, 404);
}

#[tokio::test]
async fn r_ob_06_a_link_that_was_replaced_or_is_too_old_is_never_sent() {
    let mailbox = Mailbox::open().await;
    let down = plain(nobody().await);
    let app = app::start_with(|settings| settings.mail = Some(down)).await;
    let ann = app.person_without_factor("ann").await;
    invite(&app, &ann).await;
    app.app.runner.run_due().await.unwrap();
    assert_eq!(waiting(&app).await, 1, "the server is down");
    let mut batch = Batch::new();
    app.app.invitations.issue(&mut batch, &ann.id).await.unwrap();
    app.store().commit(batch).await.unwrap();
    app.pass(3600);
    app.app.runner.run_due().await.unwrap();
    assert_eq!(waiting(&app).await, 0, "its purpose has ended");
    invite(&app, &ann).await;
    app.pass(86_400);
    app.app.runner.run_due().await.unwrap();
    assert_eq!((waiting(&app).await, mailbox.mails().len()), (0, 0));
    let events = app.events().await;
    let undelivered: Vec<_> = events.iter().filter(|event| event["action"] == "mail_undelivered").collect();
    assert_eq!((undelivered.len(), &undelivered[0]["reason"]), (1, &"invitation".into()));
}

#[tokio::test]
async fn r_po_01_old_and_new_address_are_told_of_a_change() {
    let (app, mailbox) = start().await;
    let ann = app.person_without_factor("ann").await;
    let user = app.app.users.by_id(&ann.id).await.unwrap().unwrap().value;
    let new = Mail { address: MailAddress::new("ada@new.example").unwrap(), verified: true };
    let mut batch = Batch::new();
    let lifecycle = &app.app.lifecycle;
    lifecycle
        .mail_changed(&mut batch, &user, Some(&new), Actor::CommandLine, &Origin::default())
        .await
        .unwrap();
    app.app.users.set_mail(&ann.id, Some(new), batch).await.unwrap();
    let subject = "your mail address was changed";
    assert_eq!(arrived(&app, &mailbox).await, [subject, subject]);
    let mut recipients: Vec<_> = mailbox.mails().into_iter().flat_map(|mail| mail.recipients).collect();
    recipients.sort();
    assert_eq!(recipients, ["ada@new.example", "ann@example.com"]);
    assert!(mailbox.mails().iter().all(|mail| mail.text.contains("now ada@new.example")));
    assert!(mailbox.mails()[0].text.contains("Done by an administrator"));
}

#[tokio::test]
async fn an_address_that_is_not_verified_or_absent_gets_no_notice() {
    let (app, mailbox) = start().await;
    let ann = app.person_without_factor("ann").await;
    let unverified = Mail { address: MailAddress::new("ann@example.com").unwrap(), verified: false };
    app.app.users.set_mail(&ann.id, Some(unverified), Batch::new()).await.unwrap();
    let mut browser = Browser::new();
    let page = password_given(&app, &mut browser, &ann).await;
    let page = enrol(&app, &mut browser, &page).await;
    assert!(page.has("recovery-codes") && arrived(&app, &mailbox).await.is_empty());
    app.app.users.set_mail(&ann.id, None, Batch::new()).await.unwrap();
    assert_eq!(invite(&app, &ann).await, None);
    assert!(arrived(&app, &mailbox).await.is_empty());
}

#[tokio::test]
async fn r_rl_07_nobody_gets_more_than_twenty_mails_an_hour() {
    let (app, mailbox) = start().await;
    let ann = app.person_without_factor("ann").await;
    for _ in 0..30 {
        invite(&app, &ann).await;
    }
    assert_eq!(waiting(&app).await, 20);
    app.app.runner.run_due().await.unwrap();
    assert_eq!(mailbox.mails().len(), 0, "all but the newest were replaced");
    let events = app.events().await;
    assert_eq!(events.iter().filter(|event| event["reason"] == "mail").count(), 1, "told once");
    app.pass(3600);
    assert_eq!(invite(&app, &ann).await.as_deref(), Some("ann@example.com"));
    assert_eq!(arrived(&app, &mailbox).await.len(), 1);
}

#[tokio::test]
async fn rg_08_no_request_waits_for_a_mail_server() {
    // Nobody runs the queue in this provider, and its mail server takes connections and says nothing: what a request needs
    // of mail is its own commit.
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mail = plain(mute.local_addr().unwrap().port());
    let app = app::start_with(|settings| settings.mail = Some(mail)).await;
    let ann = app.person_without_factor("ann").await;
    let mut browser = Browser::new();
    let page = password_given(&app, &mut browser, &ann).await;
    let page = enrol(&app, &mut browser, &page).await;
    assert!(page.has("recovery-codes"), "{}", page.body);
    assert_eq!(waiting(&app).await, 2);
    let nobody_came = tokio::time::timeout(std::time::Duration::from_millis(200), mute.accept()).await;
    assert!(nobody_came.is_err(), "a request talked to the mail server");
}

#[tokio::test]
async fn a_mail_speaks_the_persons_language_and_bears_every_character_of_a_name() {
    let (app, mailbox) = start().await;
    let ann = app.person_without_factor("ann").await;
    let name = "Ærø \"Ö\" O'Brien-漢字, <b>Jr.</b>";
    let edit = |user: &mut keyward::users::User| {
        user.profile.name = Some(Text::new(name).unwrap());
        user.language = Some(LanguageTag::new("xx").unwrap());
    };
    app.app.users.change(&ann.id, Batch::new(), edit).await.unwrap();
    invite(&app, &ann).await;
    assert_eq!(arrived(&app, &mailbox).await, ["set up your account"]);
    let mail = mailbox.mails().pop().unwrap();
    assert_eq!(mail.to, format!("{name} <ann@example.com>"));
    assert!(mail.text.contains(&format!("Hello {name},")), "{}", mail.text);
    assert!(mail.html.contains("&lt;b&gt;Jr.&lt;/b&gt;") && !mail.html.contains("<b>"), "{}", mail.html);
    assert!(mail.html.contains("lang=\"en\""), "no such language: English");
    assert_eq!(app.clock.now().0, 1_800_000_000_000);
}
