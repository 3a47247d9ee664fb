//! The way in for the operator on this machine: `admin.sock` in the data folder. One line of JSON asks for a command, one
//! line of JSON answers.
//!
//! Nobody but the owner may open the file (mode 0600), and the system tells who called: only the user that runs the server,
//! and root. Size and time of everything are bounded, and a stop waits for commands under way no longer than for requests
//! (R-OP-07).

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use super::stop::Stopping;
use crate::commands::{Administrator, Reason, Refused, Registry, Request};

/// The longest request: a list of people of 2 MiB, every character of it escaped.
const REQUEST_BYTES: u64 = 16 * 1024 * 1024;
/// The longest answer that is read.
const ANSWER_BYTES: u64 = 64 * 1024 * 1024;
/// For a line to come or go.
const LINE_TIME: Duration = Duration::from_secs(10);
/// For a command to be done.
const COMMAND_TIME: Duration = Duration::from_secs(600);
/// What commands under way are given once a stop was asked for (R-OP-07).
const GRACE: Duration = Duration::from_secs(10);
/// So many callers at once.
const CALLERS: usize = 16;

/// A command's answer as it travels.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Done(Value),
    Refused(Refused),
}

/// The socket, not yet serving.
#[derive(Debug)]
pub struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
}

/// The socket cannot be made.
#[derive(Debug, thiserror::Error)]
#[error(
    "the command line's socket {path} cannot be made ({error}); see who owns data.folder, and that its path is short"
)]
pub struct CannotOpen {
    path: String,
    error: io::Error,
}

/// Where the socket of the data folder `folder` stands.
pub fn path(folder: &Path) -> PathBuf {
    folder.join("admin.sock")
}

impl AdminSocket {
    /// Opens the socket in `folder`, which this process must hold: so whatever stands there is a dead server's.
    pub fn open(folder: &Path) -> Result<Self, CannotOpen> {
        let path = path(folder);
        let opened = open(&path);
        opened.map(|listener| Self { listener, path: path.clone() }).map_err(|error| {
            let path = path.display().to_string();
            CannotOpen { path, error }
        })
    }

    /// Answers with `registry` until a stop is asked for, and all commands under way have ended, or their time is over.
    pub async fn serve(self, registry: Registry, stopping: Stopping) {
        let callers = Arc::new(Semaphore::new(CALLERS));
        let mut calls = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = stopping.draining() => break,
                Some(_) = calls.join_next() => continue,
                accepted = accept(&self.listener, &callers) => accepted,
            };
            match accepted {
                Ok((stream, permit)) => {
                    let call = Call { registry: registry.clone(), stopping: stopping.clone() };
                    calls.spawn(async move {
                        call.answer(stream).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a call on the admin socket could not be accepted");
                    // Out of file handles, most likely: without a pause this would spin.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        // Whoever comes now finds nobody, and waits for the folder itself.
        let _ = std::fs::remove_file(&self.path);
        drop(self.listener);
        tokio::select! {
            () = async { while calls.join_next().await.is_some() {} } => {}
            () = stopping.now() => {}
            () = tokio::time::sleep(GRACE) => {}
        }
    }
}

/// Listens under another name until only the owner may call, then takes the place of what was left there.
fn open(path: &Path) -> io::Result<UnixListener> {
    let unready = path.with_extension("new");
    match std::fs::remove_file(&unready) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&unready)?;
    std::fs::set_permissions(&unready, std::fs::Permissions::from_mode(0o600))?;
    std::fs::rename(&unready, path)?;
    Ok(listener)
}

async fn accept(
    listener: &UnixListener,
    callers: &Arc<Semaphore>,
) -> io::Result<(UnixStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(callers).acquire_owned().await.map_err(io::Error::other)?;
    Ok((listener.accept().await?.0, permit))
}

/// One caller, one command.
struct Call {
    registry: Registry,
    stopping: Stopping,
}

impl Call {
    async fn answer(self, mut stream: UnixStream) {
        match stream.peer_cred().map(|peer| peer.uid()) {
            Ok(uid) if uid == rustix::process::geteuid().as_raw() || uid == 0 => {}
            Ok(uid) => return tracing::warn!(uid, "a stranger called on the admin socket and was not heard"),
            Err(error) => return tracing::warn!(%error, "a caller on the admin socket could not be named"),
        }
        let (read, mut write) = stream.split();
        let asked = tokio::select! {
            // Nothing has begun: a stop need not wait for it.
            () = self.stopping.draining() => return,
            asked = tokio::time::timeout(LINE_TIME, read_line(BufReader::new(read), REQUEST_BYTES)) => asked,
        };
        let answer = match asked {
            Ok(Ok(line)) => self.perform(&line).await,
            Ok(Err(error)) => Answer::Refused(malformed(error)),
            Err(_) => return,
        };
        let Ok(mut line) = serde_json::to_vec(&answer).map(Zeroizing::new) else { return };
        line.push(b'\n');
        // Who has gone need not be told.
        let _ = tokio::time::timeout(LINE_TIME, write.write_all(&line)).await;
    }

    async fn perform(&self, line: &[u8]) -> Answer {
        let request: Request = match serde_json::from_slice(line) {
            Ok(request) => request,
            Err(error) => return Answer::Refused(malformed(error)),
        };
        let command = request.command.clone();
        let performing = self.registry.perform(Administrator::Operator, request);
        match tokio::time::timeout(COMMAND_TIME, performing).await {
            Ok(Ok(done)) => Answer::Done(done),
            Ok(Err(refused)) => Answer::Refused(refused),
            Err(_) => {
                tracing::error!(command, "a command took too long and was given up");
                Answer::Refused(Refused::because(
                    Reason::Failed,
                    "the command took too long and was given up",
                ))
            }
        }
    }
}

fn malformed(error: impl std::fmt::Display) -> Refused {
    Refused::because(Reason::Malformed, format!("the request is not understood: {error}"))
}

/// One line of at most `most` bytes, without its end.
async fn read_line(reader: impl AsyncBufRead + Unpin, most: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::new());
    reader.take(most + 1).read_until(b'\n', &mut line).await?;
    if line.last() == Some(&b'\n') {
        line.pop();
        return Ok(line);
    }
    let why = if line.len() as u64 > most { "the line is too long" } else { "the line ended too early" };
    Err(io::Error::new(io::ErrorKind::InvalidData, why))
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// Nobody listens: there is no server, or it is starting or stopping.
    #[error("nobody listens there ({0})")]
    Nobody(io::Error),
    /// The server hung up, or what it said is not understood. Whether the command was done is unknown.
    #[error("the server did not answer ({0}); look whether it was done before asking again")]
    Lost(io::Error),
}

/// Asks the server that holds `folder`.
pub async fn ask(folder: &Path, request: &Request) -> Result<Result<Value, Refused>, NoAnswer> {
    let mut stream = UnixStream::connect(path(folder)).await.map_err(NoAnswer::Nobody)?;
    let asked = async {
        let mut line = Zeroizing::new(serde_json::to_vec(request)?);
        line.push(b'\n');
        stream.write_all(&line).await?;
        let answer = read_line(BufReader::new(&mut stream), ANSWER_BYTES).await?;
        io::Result::Ok(serde_json::from_slice(&answer)?)
    };
    // The server gives up before.
    let asked = tokio::time::timeout(COMMAND_TIME + 3 * LINE_TIME, asked).await;
    let asked = asked.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    match asked.map_err(NoAnswer::Lost)? {
        Answer::Done(done) => Ok(Ok(done)),
        Answer::Refused(refused) => Ok(Err(refused)),
    }
}
