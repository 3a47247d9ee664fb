//! What a hop costs the server: authorize with a live session, token, userinfo; 32 clients in parallel, every commit durable,
//! over kept-alive HTTP connections. Beside it, in the same run, the parts that nobody can avoid: one signature, three empty
//! requests within the same layers, and the same two batches at the same parallelism; each alone, whose sum the bound is set
//! against, and, to see what they cost one another, together in one server (decision 0007).
//!
//! Each server is a process of its own on a processor of its own, and what counts is its processor time (user and kernel). The
//! clients stay awake on another one. Aims: at most 1.3 times the parts, 2.5 times the signature.
//! Run: `cargo bench --bench hop`.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints its table and measures real time"
)]

#[path = "load/batches.rs"]
mod batches;
#[path = "load/client.rs"]
mod client;
#[path = "load/connection.rs"]
mod connection;
#[path = "load/pinned.rs"]
mod pinned;
#[path = "load/processor.rs"]
mod processor;
#[path = "load/provider.rs"]
mod provider;

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use keyward::keys::SigningKey;
use keyward::vocabulary::client_metadata::SigningAlgorithm;

use client::{Rate, Steps};
use provider::{Known, Provider};
use tokio::sync::Mutex;

/// What the shipped program allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Clients at a time, and writers at a time.
const PARALLEL: usize = 32;
/// How long each measurement lasts, after a warm-up of a quarter of it: short, and often in turn.
const TIME: Duration = Duration::from_millis(1200);
/// All parts are measured in turn, so often, and the quickest of each counts: what else the machine does only adds to it.
const TURNS: usize = 9;

type Failed = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Box<dyn Error>> {
    let part = std::env::var("KEYWARD_BENCH_PART");
    let processors = std::thread::available_parallelism()?.get();
    pinned::stay_on(usize::from(part.is_err() && processors > 1))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match part.as_deref() {
        Ok("provider") => runtime.block_on(serve(None)),
        Ok("empty") => runtime.block_on(serve(Some(bare()))),
        Ok("together") => runtime.block_on(serve_together()),
        Ok("batches") => runtime.block_on(commit()),
        _ => runtime.block_on(report()),
    }
}

async fn report() -> Result<(), Box<dyn Error>> {
    let mut seen: [Vec<f64>; 7] = Default::default();
    for _ in 0..TURNS {
        let (empty, requests) = under_load("empty", Steps::Empty).await?;
        let (hop, hops) = under_load("provider", Steps::Hop).await?;
        let (together, _) = under_load("together", Steps::Empty).await?;
        let turn = [signature()?, empty, committing()?, hop, requests, hops, 3.0 * together];
        for (values, value) in seen.iter_mut().zip(turn) {
            values.push(value);
        }
    }
    let [signature, empty, batches, hop, requests, hops, together] = seen;
    let [signature, empty, batches, hop, together] = [signature, empty, batches, hop, together].map(quickest);
    let [requests, hops] = [requests, hops].map(most);
    let parts = signature + 3.0 * empty + batches;
    let line = |what: &str, seconds: f64| println!("{what:<52}{:>9.0} µs", seconds * 1e6);
    println!("processor time of the server, {PARALLEL} clients\n");
    line("one RS256 signature (2048 bits), token and all", signature);
    line("three empty requests, alone", 3.0 * empty);
    line("two batches, durable, alone", batches);
    line("the three, added", parts);
    line("the three together, in one server", together);
    line("one hop", hop);
    println!("\nratio to the parts added     {:>6.2}   (aim: at most 1.3)", hop / parts);
    println!("ratio to the parts together  {:>6.2}", hop / together);
    println!("ratio to the signature       {:>6.2}   (aim: at most 2.5)", hop / signature);
    println!(
        "hops a second                {hops:>6.0}   (clients on the same machine; empty requests: {requests:.0} a second)"
    );
    Ok(())
}

fn quickest(values: Vec<f64>) -> f64 {
    values.into_iter().fold(f64::INFINITY, f64::min)
}

fn most(values: Vec<f64>) -> f64 {
    values.into_iter().fold(0.0, f64::max)
}

/// Processor time of one ID token signed, on one thread.
fn signature() -> Result<f64, Box<dyn Error>> {
    let der = SigningKey::generate(SigningAlgorithm::RS256)?;
    let key = SigningKey::from_pkcs8(SigningAlgorithm::RS256, &der)?;
    let (begun, before) = (Instant::now(), processor::seconds("self")?);
    let mut signed = 0.0;
    while begun.elapsed() < TIME / 4 {
        std::hint::black_box(key.sign_token("JWT", &claims())?);
        signed += 1.0;
    }
    Ok((processor::seconds("self")? - before) / signed)
}

/// What an ID token for an Atlassian application says.
fn claims() -> serde_json::Value {
    serde_json::json!({
        "iss": "http://localhost:8443", "sub": "2f1d8a52-7a0f-4c9e-8a51-0c0f7d1f3a10", "aud": "aBcDeFgHiJkLmNoPqRsTuVwX",
        "exp": 1_800_000_300, "iat": 1_800_000_000, "auth_time": 1_800_000_000, "nonce": "n".repeat(43), "sid": "s".repeat(22),
        "acr": "mfa", "amr": ["mfa", "otp", "pwd"], "preferred_username": "person-1", "name": "Person 1",
        "email": "person-1@example.com", "email_verified": true, "groups": ["jira-software-users"],
    })
}

/// Processor time of the server for one round of `steps` (for empty ones: one request), and rounds a second.
async fn under_load(part: &str, steps: Steps) -> Result<(f64, f64), Box<dyn Error>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let server = Served::start(part, folder.path())?;
    let known: Known = serde_json::from_str(&server.said)?;
    client::run(&known, steps, TIME / 4).await?;
    let id = server.child.id().to_string();
    let before = processor::seconds(&id)?;
    let Rate { rounds, elapsed } = client::run(&known, steps, TIME).await?;
    let spent = processor::seconds(&id)? - before;
    Ok((spent / rounds, rounds / elapsed))
}

/// Processor time of two batches.
fn committing() -> Result<f64, Box<dyn Error>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    Ok(Served::start("batches", folder.path())?.said.trim().parse()?)
}

/// A part of this program in a process of its own; it has said one line when it is ready (or done), and ends with its handle.
struct Served {
    child: Child,
    said: String,
}

impl Served {
    fn start(part: &str, folder: &std::path::Path) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .env("KEYWARD_BENCH_PART", part)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut said = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut said)?;
        }
        Ok(Self { child, said })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn say(line: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout();
    writeln!(output, "{line}")?;
    output.flush()
}

/// The server's side: the whole provider, or these routes at the same paths within the same layers.
async fn serve(routes: Option<Router>) -> Result<(), Box<dyn Error>> {
    let provider = Provider::new(&std::env::current_dir()?, PARALLEL).await?;
    say(&serde_json::to_string(&provider.known)?)?;
    let router = match routes {
        None => provider.app.router(),
        Some(routes) => provider.app.within_layers(routes),
    };
    provider.serve(router).await;
    Ok(())
}

fn bare() -> Router {
    Router::new()
        .route("/authorize", get(|| async {}))
        .route("/token", post(|| async {}))
        .route("/userinfo", get(|| async {}))
}

/// The parts nobody can avoid as one server does them: an empty answer after the first batch, one after signature and second
/// batch, one after nothing. Wake-ups and syncs then fall as they do in a hop.
async fn serve_together() -> Result<(), Box<dyn Error>> {
    let provider = Provider::new(&std::env::current_dir()?, PARALLEL).await?;
    say(&serde_json::to_string(&provider.known)?)?;
    let idle = Arc::new(Mutex::new(batches::writers(&provider)));
    let waiting = Arc::new(Mutex::new(Vec::new()));
    let keyring = provider.app.rotation.keyring().clone();
    let (authorizing, redeeming) = ((idle.clone(), waiting.clone()), (idle, waiting));
    let first = move || {
        let (idle, waiting) = authorizing.clone();
        async move {
            let Some(writer) = idle.lock().await.pop() else { return StatusCode::SERVICE_UNAVAILABLE };
            let Ok(code) = writer.first().await else { return StatusCode::INTERNAL_SERVER_ERROR };
            waiting.lock().await.push((writer, code));
            StatusCode::OK
        }
    };
    let second = move || {
        let ((idle, waiting), keyring) = (redeeming.clone(), keyring.clone());
        async move {
            let Some((writer, code)) = waiting.lock().await.pop() else {
                return StatusCode::SERVICE_UNAVAILABLE;
            };
            let signed =
                keyring.signing_key(SigningAlgorithm::RS256).and_then(|key| key.sign_token("JWT", &claims()));
            if signed.is_err() || writer.second(&code).await.is_err() {
                return StatusCode::INTERNAL_SERVER_ERROR;
            }
            idle.lock().await.push(writer);
            StatusCode::OK
        }
    };
    let routes = Router::new()
        .route("/authorize", get(first))
        .route("/token", post(second))
        .route("/userinfo", get(|| async {}));
    let router = provider.app.within_layers(routes);
    provider.serve(router).await;
    Ok(())
}

async fn commit() -> Result<(), Box<dyn Error>> {
    let provider = Provider::new(&std::env::current_dir()?, PARALLEL).await?;
    batches::run(&provider, TIME / 4).await?;
    let before = processor::seconds("self")?;
    let pairs = batches::run(&provider, TIME).await?;
    Ok(say(&((processor::seconds("self")? - before) / pairs).to_string())?)
}
