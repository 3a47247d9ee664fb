//! The receiving end: as much of SMTP (RFC 5321) as one polite client needs. It listens on the loopback, so it encrypts
//! nothing and asks nobody who they are.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::Inbox;

/// Bytes of the longest line, end included (RFC 5321 section 4.5.3.1 asks for 1,000).
const LINE: u64 = 4096;
/// Bytes of the largest message.
const MESSAGE: usize = 1024 * 1024;
/// Recipients of one message.
const RECIPIENTS: usize = 100;
/// So many talk at the same time; others wait.
const TALKS: usize = 16;
/// How long a client may be silent.
const SILENCE: Duration = Duration::from_secs(60);

/// Receives mails into `inbox` for ever.
pub async fn receive(inbox: Arc<Inbox>, listener: TcpListener) {
    let places = Arc::new(Semaphore::new(TALKS));
    while let Ok(place) = places.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let inbox = inbox.clone();
                tokio::spawn(async move {
                    // A client that goes away in the middle has sent nothing.
                    let _ = Talk::new(inbox, stream).run().await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the mailbox could not accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

struct Talk {
    inbox: Arc<Inbox>,
    from: BufReader<OwnedReadHalf>,
    to: OwnedWriteHalf,
    sender: Option<String>,
    recipients: Vec<String>,
}

impl Talk {
    fn new(inbox: Arc<Inbox>, stream: TcpStream) -> Self {
        let (from, to) = stream.into_split();
        Self { inbox, from: BufReader::new(from), to, sender: None, recipients: Vec::new() }
    }

    async fn run(mut self) -> std::io::Result<()> {
        self.say("220 localhost Keyward demonstration, every mail stays here").await?;
        loop {
            let line = self.line().await?;
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match word.to_ascii_uppercase().as_str() {
                "EHLO" => self.say("250-localhost\r\n250-8BITMIME\r\n250 SIZE 1048576").await?,
                "HELO" | "NOOP" => self.say("250 fine").await?,
                "RSET" => self.reset("250 forgotten").await?,
                "MAIL" => self.mail(rest).await?,
                "RCPT" => self.recipient(rest).await?,
                "DATA" => self.data().await?,
                "QUIT" => return self.say("221 goodbye").await,
                // A web page that found the port, not a mail server.
                "GET" | "POST" | "PUT" | "OPTIONS" | "HEAD" | "DELETE" | "PATCH" | "CONNECT" => return Ok(()),
                _ => self.say("502 this mailbox does not know that").await?,
            }
        }
    }

    async fn reset(&mut self, answer: &str) -> std::io::Result<()> {
        (self.sender, self.recipients) = (None, Vec::new());
        self.say(answer).await
    }

    async fn mail(&mut self, rest: &str) -> std::io::Result<()> {
        match path(rest, "FROM:") {
            Some(sender) if self.sender.is_none() => {
                self.sender = Some(sender);
                self.say("250 fine").await
            }
            Some(_) => self.say("503 one sender is enough").await,
            None => self.say("501 MAIL FROM:<address>").await,
        }
    }

    async fn recipient(&mut self, rest: &str) -> std::io::Result<()> {
        match path(rest, "TO:") {
            Some(_) if self.sender.is_none() => self.say("503 first say who sends it").await,
            Some(_) if self.recipients.len() >= RECIPIENTS => self.say("452 too many recipients").await,
            Some(recipient) => {
                self.recipients.push(recipient);
                self.say("250 fine").await
            }
            None => self.say("501 RCPT TO:<address>").await,
        }
    }

    async fn data(&mut self) -> std::io::Result<()> {
        let Some(sender) = self.sender.take().filter(|_| !self.recipients.is_empty()) else {
            return self.say("503 first say who sends it to whom").await;
        };
        self.say("354 end it with a dot on a line of its own").await?;
        let mut message = Vec::new();
        loop {
            let line = self.line().await?;
            if line == b".\r\n" {
                break;
            }
            // A dot at the beginning was doubled on the way (RFC 5321 section 4.5.2).
            let kept = line.strip_prefix(b".").unwrap_or(&line);
            if message.len() + kept.len() <= MESSAGE {
                message.extend_from_slice(kept);
            }
        }
        let recipients = std::mem::take(&mut self.recipients);
        self.inbox.keep(sender, recipients, &message);
        self.say("250 it is in the mailbox").await
    }

    async fn line(&mut self) -> std::io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.from).take(LINE);
        let read = patiently(bounded.read_until(b'\n', &mut line)).await?;
        if read == 0 || line.last() != Some(&b'\n') {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line)
    }

    async fn say(&mut self, answer: &str) -> std::io::Result<()> {
        patiently(self.to.write_all(format!("{answer}\r\n").as_bytes())).await
    }
}

async fn patiently<T>(doing: impl Future<Output = std::io::Result<T>>) -> std::io::Result<T> {
    tokio::time::timeout(SILENCE, doing).await.map_err(|_| std::io::ErrorKind::TimedOut)?
}

/// The address in `FROM:<address> …` or `TO:<address> …`.
fn path(rest: &str, word: &str) -> Option<String> {
    let behind = rest
        .get(word.len()..)
        .filter(|_| rest.get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word)))?;
    let (address, _) = behind.trim_start().strip_prefix('<')?.split_once('>')?;
    Some(address.to_owned())
}
