//! What the real program does when nobody asks for anything: processor time, and what it writes.
//! Aims: below 0.1 % of a core, no write. Run: `cargo bench --bench idle -- 600` for ten minutes; half a minute without a number.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "load/connection.rs"]
mod connection;
#[path = "load/processor.rs"]
mod processor;
#[path = "load/program.rs"]
mod program;

use std::error::Error;
use std::time::Duration;

use program::Program;

/// So long after its start it is left to settle: within two minutes a password buffer is freed, the store swept, and the
/// audit trail's first checkpoint kept, which tells of the start itself.
const SETTLE: u64 = 125;

fn main() -> Result<(), Box<dyn Error>> {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(report(asked.unwrap_or(30)))
}

async fn report(seconds: u64) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (_, program) = Program::start(folder.path(), "").await?;
    println!("settling for {SETTLE} s, then idle for {seconds} s on {}", program.address);
    tokio::time::sleep(Duration::from_secs(SETTLE)).await;
    let before = Figures::of(&program)?;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let after = Figures::of(&program)?;
    let elapsed = f64::from(u32::try_from(seconds)?);
    println!(
        "processor time     {:>10.4} % of a core   (aim: below 0.1)",
        (after.seconds - before.seconds) / elapsed * 100.0
    );
    println!(
        "calls that write   {:>10}                (wake-ups of its own threads among them)",
        after.calls - before.calls
    );
    println!("bytes to the disk  {:>10}                (aim: 0)", after.disk - before.disk);
    println!("memory             {:>10.1} MB", program.resident_memory()?);
    Ok(())
}

/// What the system counted of a process, all its threads, those that have ended too.
struct Figures {
    seconds: f64,
    calls: u64,
    disk: u64,
}

impl Figures {
    fn of(program: &Program) -> Result<Self, Box<dyn Error>> {
        let place = format!("/proc/{}", program.id());
        let io = std::fs::read_to_string(format!("{place}/io"))?;
        let figure = |name: &str| -> Result<u64, Box<dyn Error>> {
            let line = io.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such figure")?;
            Ok(line.trim().parse()?)
        };
        Ok(Self {
            seconds: processor::seconds(&program.id())?,
            calls: figure("syscw:")?,
            disk: figure("write_bytes:")?,
        })
    }
}
