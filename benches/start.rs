//! How long a start takes: the real program with its keys present, from its call until `/ready` answers, the median of twenty;
//! the very first start, which makes the keys, apart; and the memory it holds when nobody asks for anything.
//! Aims: at most 300 ms, at most 40 MB. Run: `cargo bench --bench start`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "load/connection.rs"]
mod connection;
#[path = "load/program.rs"]
mod program;

use std::error::Error;
use std::time::Duration;

use program::Program;

const STARTS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(report())
}

async fn report() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (first, program) = Program::start(folder.path(), "").await?;
    drop(program);
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let (took, _) = Program::start(folder.path(), "").await?;
        starts.push(took.as_secs_f64() * 1000.0);
    }
    starts.sort_by(f64::total_cmp);
    let at = |place: usize| starts.get(place).copied().unwrap_or_default();
    let (_, program) = Program::start(folder.path(), "").await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let memory = program.resident_memory()?;
    println!("program {}, on {}", program.id(), program.address);
    println!("first start, keys made      {:>8.0} ms", first.as_secs_f64() * 1000.0);
    println!("start, median of {STARTS}         {:>8.0} ms   (aim: at most 300)", at(STARTS / 2));
    println!("start, slowest              {:>8.0} ms", at(STARTS - 1));
    println!("memory at rest              {memory:>8.1} MB   (aim: at most 40)");
    Ok(())
}
