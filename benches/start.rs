//! How long a start takes: the real program with its keys present, from its call until `/ready` answers, the median of twenty;
//! the very first start, which makes the keys, apart; and the memory it holds when nobody asks for anything.
//! Aims: at most 300 ms, at most 40 MB. Run: `cargo bench --bench start`.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints its table and measures real time"
)]

#[path = "load/connection.rs"]
mod connection;

use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use connection::Connection;

const STARTS: usize = 20;
/// A start that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(report())
}

async fn report() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (first, _) = start(folder.path()).await?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let (took, _) = start(folder.path()).await?;
        starts.push(took.as_secs_f64() * 1000.0);
    }
    starts.sort_by(f64::total_cmp);
    let at = |place: usize| starts.get(place).copied().unwrap_or_default();
    let (_, program) = start(folder.path()).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let memory = program.resident_memory()?;
    println!("first start, keys made      {:>8.0} ms", first.as_secs_f64() * 1000.0);
    println!("start, median of {STARTS}         {:>8.0} ms   (aim: at most 300)", at(STARTS / 2));
    println!("start, slowest              {:>8.0} ms", at(STARTS - 1));
    println!("memory at rest              {memory:>8.1} MB   (aim: at most 40)");
    Ok(())
}

/// Starts the program in `folder`; answers when it is ready and how long that took.
async fn start(folder: &Path) -> Result<(Duration, Program), Box<dyn Error>> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let settings = format!(
        "issuer = \"http://localhost:{port}\"\n[listen]\naddresses = [\"127.0.0.1:{port}\"]\n[log]\nlevel = \"warn\"\n"
    );
    std::fs::write(folder.join("keyward.toml"), settings)?;
    let begun = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_keyward"))
        .args(["serve", "--settings", "keyward.toml"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()?;
    let program = Program(child);
    while !is_ready(SocketAddr::from(([127, 0, 0, 1], port))).await {
        if begun.elapsed() > PATIENCE {
            return Err("the program did not become ready".into());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok((begun.elapsed(), program))
}

async fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address).await else {
        return false;
    };
    let request = format!("GET /ready HTTP/1.1\r\nhost: localhost:{}\r\n\r\n", address.port());
    let answer = connection.send(&request).await;
    answer.is_ok_and(|answer| {
        answer.status() == 200 && answer.body == b"ready\n" && answer.header("cache-control").is_some()
    })
}

/// The running program; it ends with its handle.
struct Program(Child);

impl Program {
    /// Megabytes that it holds in memory.
    fn resident_memory(&self) -> Result<f64, Box<dyn Error>> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib * 1024.0 / 1e6)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
