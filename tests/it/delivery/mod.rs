//! Mail over SMTP, against a server of another make and against our own mailbox (R-OB-05, R-TP-07, RG-08).

mod queued;
pub mod server;

use std::time::Duration;

use keyward::config::mail::{Encryption, Mail};
use keyward::delivery::{DeliveryError, Email, Message};
use keyward::foundation::Timestamp;
use keyward::foundation::secret::Hidden;
use serde_json::Value;
use server::{Plan, USUAL};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::mailbox::{Mailbox, nobody, plain};

fn message() -> Message {
    Message {
        id: "job-1".to_owned(),
        sender_name: "Northwind Studios".to_owned(),
        recipient: "ada@example.com".to_owned(),
        recipient_name: Some("Ada Lovelace".to_owned()),
        subject: "Northwind: a test".to_owned(),
        text: "Grüße\n.\n..a line with a dot\n".to_owned(),
        html: "<p>Grüße</p>".to_owned(),
        written_at: Timestamp(1_800_000_000_000),
    }
}

fn email(mail: &Mail) -> Email {
    Email::new(mail).unwrap().with_patience(Duration::from_secs(3))
}

async fn fault(mail: &Mail) -> DeliveryError {
    email(mail).send(&message()).await.unwrap_err()
}

fn header<'a>(mail: &'a Value, name: &str) -> Vec<&'a str> {
    let content = mail["content"].as_str().unwrap();
    let headers = content.split_once("\r\n\r\n").unwrap().0;
    headers.lines().filter_map(|line| line.strip_prefix(&format!("{name}: "))).collect()
}

#[tokio::test]
async fn r_ob_05_a_real_server_takes_a_mail_over_starttls_and_tls_with_login() {
    for (tls, encryption) in [("starttls", Encryption::StartTls), ("tls", Encryption::Tls)] {
        let Some(server) = (Plan { tls, ..USUAL }).start() else { return };
        let mail = Mail { encryption, ..server.mail() };
        email(&mail).test_connection().await.unwrap();
        email(&mail).send(&message()).await.unwrap();
        let taken = server.taken();
        assert_eq!(taken.len(), 1, "the test of the connection sent nothing");
        assert_eq!((&taken[0]["encrypted"], &taken[0]["login"]), (&true.into(), &server::USER.into()));
        assert_eq!(taken[0]["recipients"], serde_json::json!(["ada@example.com"]));
        assert_eq!(header(&taken[0], "Message-ID"), ["<job-1@localhost>"]);
        assert_eq!(header(&taken[0], "Auto-Submitted"), ["auto-generated"]);
        assert_eq!(header(&taken[0], "Date"), ["Fri, 15 Jan 2027 08:00:00 +0000"]);
        assert!(header(&taken[0], "Content-Type")[0].starts_with("multipart/alternative"));
    }
}

#[tokio::test]
async fn r_ob_05_nothing_is_sent_without_the_encryption_that_is_asked_for() {
    let Some(server) = (Plan { tls: "none", login: false, ..USUAL }).start() else { return };
    let starttls = Mail { username: None, password: None, ..server.mail() };
    assert!(matches!(fault(&starttls).await, DeliveryError::NoStartTls(_)));
    let tls = Mail { encryption: Encryption::Tls, ..starttls.clone() };
    assert!(matches!(fault(&tls).await, DeliveryError::Tls(_) | DeliveryError::Slow(..)), "no TLS there");
    let login = Mail { encryption: Encryption::None, ..server.mail() };
    assert!(matches!(fault(&login).await, DeliveryError::NoStartTls(_)), "no password in clear");
    assert!(server.taken().is_empty());
}

/// One answer, with all its lines (RFC 5321 section 4.2).
async fn reply(server: &mut TcpStream) -> String {
    let (mut said, mut bytes) = (String::new(), [0; 4096]);
    while !said
        .lines()
        .last()
        .is_some_and(|line| said.ends_with('\n') && line.as_bytes().get(3) == Some(&b' '))
    {
        let length = server.read(&mut bytes).await.unwrap();
        said.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
    }
    said
}

/// Who is on the way cannot prepare the whole encrypted talk in clear, let the handshake pass, and swallow the mail.
#[tokio::test]
async fn r_ob_05_what_stands_behind_the_word_to_encrypt_is_never_read_as_an_answer() {
    let (listener, real) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), USUAL.start());
    let Some(real) = real else { return };
    let port = listener.local_addr().unwrap().port();
    let to = real.mail().port;
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
        loop {
            let mut said = reply(&mut server).await;
            let goes_ahead = said.starts_with("220 Ready");
            if goes_ahead {
                said.push_str(
                    "250-mail.example.com\r\n250 AUTH PLAIN LOGIN\r\n235 fine\r\n250 fine\r\n250 fine\r\n",
                );
                said.push_str("354 go on\r\n250 taken\r\n221 bye\r\n");
            }
            client.write_all(said.as_bytes()).await.unwrap();
            if goes_ahead {
                break;
            }
            let mut bytes = [0; 4096];
            let length = client.read(&mut bytes).await.unwrap();
            server.write_all(&bytes[..length]).await.unwrap();
        }
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    });
    let said = fault(&Mail { port, ..real.mail() }).await;
    assert!(matches!(said, DeliveryError::Tls(_) | DeliveryError::Dropped(_, "encryption", _)), "{said}");
    assert_eq!(real.taken().len(), 0);
}

#[tokio::test]
async fn r_ob_05_a_wrong_certificate_is_refused_by_its_name_its_authority_and_its_end() {
    let Some(server) = (Plan { name: "mail.example.com", ..USUAL }).start() else { return };
    let said = fault(&server.mail()).await.to_string();
    assert!(said.contains("mail.example.com") && said.contains("not for localhost"), "{said}");
    let Some(right) = USUAL.start() else { return };
    let strange = Mail { ca_file: None, ..right.mail() };
    let said = fault(&strange).await.to_string();
    assert!(said.contains("nobody whom this machine trusts") && said.contains("mail.ca_file"), "{said}");
    let other = Mail { ca_file: server.mail().ca_file, ..right.mail() };
    assert!(matches!(fault(&other).await, DeliveryError::Certificate(..)), "another authority");
    assert!(server.taken().is_empty() && right.taken().is_empty());
    let empty = tempfile::NamedTempFile::new().unwrap();
    let unusable = Mail { ca_file: Some(empty.path().to_owned()), ..right.mail() };
    assert!(matches!(Email::new(&unusable), Err(DeliveryError::CaFile(..))));
}

#[tokio::test]
async fn each_refusal_is_a_sentence_that_names_the_mend() {
    let Some(server) = USUAL.start() else { return };
    let wrong = Mail { password: Some(Hidden::new("wrong")), ..server.mail() };
    let said = fault(&wrong).await;
    assert!(
        matches!(said, DeliveryError::LoginRefused(..)) && said.to_string().contains("mail.password"),
        "{said}"
    );
    assert!(!said.to_string().contains("wrong"), "no password in a message");
    let Some(strict) = (Plan { behaviour: "refuses", ..USUAL }).start() else { return };
    let said = fault(&strict.mail()).await;
    assert!(
        said.is_permanent()
            && said.to_string().contains("550")
            && said.to_string().contains("no such mailbox")
    );
    let Some(busy) = (Plan { behaviour: "later", ..USUAL }).start() else { return };
    let said = fault(&busy.mail()).await;
    assert!(!said.is_permanent() && said.to_string().contains("451"), "{said}");
    let Some(open) = (Plan { login: false, ..USUAL }).start() else { return };
    assert!(matches!(fault(&open.mail()).await, DeliveryError::NoLogin(_)));
}

#[tokio::test]
async fn rg_08_a_server_that_is_down_slow_mute_or_of_another_kind_costs_its_time_and_no_more() {
    let down = fault(&plain(nobody().await)).await;
    assert!(matches!(down, DeliveryError::Unreachable(..)) && !down.is_permanent(), "{down}");
    let unknown = Mail { host: "mail.invalid".to_owned(), ..plain(25) };
    let unknown = fault(&unknown).await;
    assert!(
        matches!(unknown, DeliveryError::UnknownHost(..)) && unknown.to_string().contains("mail.invalid")
    );
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let said = fault(&plain(mute.local_addr().unwrap().port())).await;
    assert!(matches!(said, DeliveryError::Slow(_, "the greeting")), "{said}");
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = other.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = other.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let said = fault(&plain(port)).await;
    assert!(matches!(said, DeliveryError::NotSpoken(..)), "{said}");
    let Some(slow) = (Plan { behaviour: "slow", ..USUAL }).start() else { return };
    let said = fault(&slow.mail()).await;
    assert!(matches!(said, DeliveryError::Slow(_, "the message")) && !said.is_permanent(), "{said}");
}

#[tokio::test]
async fn r_tp_07_no_name_or_subject_adds_a_header_or_a_recipient() {
    let mailbox = Mailbox::open().await;
    let evil = "Ada\r\nBcc: victim@example.com\r\n\r\n=?utf-8?q?=0Ay?=";
    let hostile = Message {
        recipient_name: Some(evil.to_owned()),
        sender_name: evil.to_owned(),
        subject: format!("{evil}\u{2028}X: y\u{0}"),
        ..message()
    };
    email(&mailbox.mail()).send(&hostile).await.unwrap();
    let mails = mailbox.mails();
    assert_eq!(mails[0].recipients, ["ada@example.com"]);
    assert_eq!(mails[0].subject, "AdaBcc: victim@example.com= ?utf-8?q?=0Ay?=X: y");
    let names: Vec<_> = mails[0].headers.lines().filter(|line| !line.starts_with([' ', '\t'])).collect();
    assert!(!names.iter().any(|line| line.starts_with("Bcc") || line.starts_with("X:")), "{names:#?}");
    assert_eq!(mails[0].to, "AdaBcc: victim@example.com= ?utf-8?q?=0Ay?= <ada@example.com>");
}

#[tokio::test]
async fn every_odd_character_of_a_name_and_every_line_of_a_text_arrives() {
    let mailbox = Mailbox::open().await;
    let odd = "Ærøskøbing \"quoted\" <a@b> (c), d; e: f \\ g. ünïçødé 漢字 עברית 👩‍💻 'x' @ %";
    let long = "wörd ".repeat(200);
    let sent = Message {
        recipient_name: Some(odd.to_owned()),
        subject: odd.to_owned(),
        text: long.clone(),
        ..message()
    };
    email(&mailbox.mail()).send(&sent).await.unwrap();
    email(&mailbox.mail()).send(&message()).await.unwrap();
    let mails = mailbox.mails();
    assert_eq!(mails[0].subject, odd);
    assert_eq!(mails[0].to, format!("{odd} <ada@example.com>"));
    assert_eq!(mails[0].text.trim_end(), long.trim_end());
    assert!(mails[0].headers.is_ascii() && mails[0].headers.lines().all(|line| line.len() <= 998));
    assert_eq!(
        mails[1].text.replace("\r\n", "\n").trim_end(),
        message().text.trim_end(),
        "dots on lines of their own"
    );
    assert_eq!(mails[1].html.trim_end(), message().html);
}

#[tokio::test]
async fn r_ob_05_an_address_that_needs_more_than_ascii_is_refused_or_has_its_domain_translated() {
    let mailbox = Mailbox::open().await;
    let to = |address: &str| Message { recipient: address.to_owned(), ..message() };
    let email = email(&mailbox.mail());
    email.send(&to("ada@bücher.example")).await.unwrap();
    assert_eq!(mailbox.mails()[0].recipients, ["ada@xn--bcher-kva.example"]);
    for bad in [
        "ädä@example.com",
        "a@b\r\nRCPT TO:<v@example.com>",
        "a b@example.com",
        "a@",
        "@b",
        "a",
        "a@[127.0.0.1]",
    ] {
        let fault = email.send(&to(bad)).await.unwrap_err();
        assert!(matches!(fault, DeliveryError::Address(_)) && fault.is_permanent(), "{bad:?}: {fault}");
    }
    assert_eq!(mailbox.mails().len(), 1);
}

/// Issue "Second factors": the connection is kept for the next mail, and a server that closed it is no failure.
#[tokio::test]
async fn a_connection_is_kept_for_the_next_mail() {
    let Some(server) = USUAL.start() else { return };
    let email = email(&server.mail());
    for _ in 0..3 {
        email.send(&message()).await.unwrap();
    }
    let connections: Vec<_> = server.taken().iter().map(|mail| mail["connection"].clone()).collect();
    assert!(
        connections.len() == 3 && connections.iter().all(|one| *one == connections[0]),
        "{connections:?}"
    );

    // A kept connection that is dead is no way to send: another one is opened, which is refused here.
    drop(server);
    assert!(matches!(email.send(&message()).await, Err(DeliveryError::Unreachable(..))));
}
