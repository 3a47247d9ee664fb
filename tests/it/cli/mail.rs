//! `keyward mail test`: one sentence for each thing that can be wrong, while a server runs or not.

use std::path::Path;

use crate::support::mailbox::{Mailbox, eventually, nobody};
use crate::support::program::{Installed, done, refused};

fn settings(folder: &Path, mail: &str) -> String {
    super::settings(folder, &format!("{mail}\n[pages]\norganisation = \"Northwind\"\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_mail_arrives_or_the_answer_says_what_to_mend() {
    let folder = tempfile::tempdir().unwrap();
    let test = |mail: String, fails: bool| {
        let file = settings(folder.path(), &mail);
        let arguments = ["mail", "test", "--to", "ada@example.com", "--settings", &file];
        if fails { refused(&arguments, "", 1) } else { done(&arguments, "") }
    };
    let section = |host: &str, port: u16, more: &str| {
        format!("[mail]\nhost = \"{host}\"\nport = {port}\nsender = \"keyward@example.com\"\n{more}")
    };
    let mailbox = Mailbox::open().await;
    let port = mailbox.mail().port;
    let said = test(section("127.0.0.1", port, "encryption = \"none\""), false);
    assert!(said.contains("has taken a test mail to ada@example.com"), "{said}");
    let mails = mailbox.mails();
    assert_eq!(mails[0].subject, "Northwind: a test mail");
    assert_eq!(mails[0].from, "Northwind <keyward@example.com>");

    assert!(test(String::new(), true).contains("no mail server is configured"));
    let down = test(section("127.0.0.1", nobody().await, "encryption = \"none\""), true);
    assert!(down.contains("cannot be reached") && down.contains("mail.host and mail.port"), "{down}");
    let open = test(section("127.0.0.1", port, ""), true);
    assert!(open.contains("offers no encryption"), "{open}");
    let unknown = test(section("mail.invalid", 25, ""), true);
    assert!(unknown.contains("mail.invalid was not found"), "{unknown}");
    assert_eq!(mailbox.mails().len(), 1);
    let file = settings(folder.path(), "");
    assert!(refused(&["mail", "test", "--to", "nonsense", "--settings", &file], "", 2).contains("@"));
}

#[test]
fn a_person_who_is_added_is_told_that_a_mail_goes_out() {
    let folder = tempfile::tempdir().unwrap();
    let mail =
        "[mail]\nhost = \"127.0.0.1\"\nport = 9\nsender = \"keyward@example.com\"\nencryption = \"none\"";
    let file = settings(folder.path(), mail);
    let said = done(&["user", "add", "ada", "--email", "ada@example.com", "--settings", &file], "");
    assert!(
        said.contains("/invitation/kwi") && said.contains("also goes to ada@example.com by mail"),
        "{said}"
    );
    let said = done(&["user", "invite", "ada", "--settings", &file], "");
    assert!(said.contains("also goes to ada@example.com by mail"), "{said}");
    let plain = settings(folder.path(), "");
    let said = done(&["user", "invite", "ada", "--settings", &plain], "");
    assert!(!said.contains("by mail"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_waits_in_the_data_folder_for_a_server_and_goes_out_once_across_kills() {
    let mailbox = Mailbox::open().await;
    let port = mailbox.mail().port;
    let at = Installed::with(&format!(
        "[mail]\nhost = \"127.0.0.1\"\nport = {port}\nsender = \"keyward@example.com\"\nencryption = \"none\""
    ));
    at.done(&["user", "add", "ada", "--email", "ada@example.com"]);
    assert!(mailbox.mails().is_empty(), "nobody runs");
    let server = at.serve().await;
    eventually("the invitation arrives", || mailbox.mails().len() == 1).await;
    server.kill();
    let server = at.serve().await;
    let said = at.done(&["user", "invite", "ada"]);
    eventually("the second one arrives", || mailbox.mails().len() == 2).await;
    server.kill();
    let mails = mailbox.mails();
    assert_ne!(mails[0].message_id, mails[1].message_id);
    let link = said.split_whitespace().find(|word| word.contains("/invitation/kwi")).unwrap();
    assert!(mails[1].text.contains(link), "{}", mails[1].text);
}
