//! A hundred thousand people against a thousand: start, memory, and looking somebody up by login name: as `keyward user show`
//! asks the running program, and within the process, where nothing but the store's own pages stands against their number.
//! Aims: start at most 2 s, at most 150 MB, look-ups at the program within 20 %. Run: `cargo bench --bench people` (or `-- 20000` for fewer).
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints its table and measures real time"
)]

#[path = "load/connection.rs"]
mod connection;
#[path = "load/population.rs"]
mod population;
#[path = "load/program.rs"]
mod program;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use keyward::app::App;
use keyward::commands::Request;
use keyward::commands::user::Show;
use keyward::server::admin_socket;
use program::Program;

/// What the shipped program allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FEW: usize = 1_000;
const MANY: usize = 100_000;
/// Look-ups of one measurement, and measurements; the quickest one counts, since others only add to it.
const LOOK_UPS: usize = 20_000;
const MEASUREMENTS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(report(asked.unwrap_or(MANY)))
}

async fn report(many: usize) -> Result<(), Box<dyn Error>> {
    let few = measure(FEW).await?;
    let many_measured = measure(many).await?;
    for (people, measured) in [(FEW, &few), (many, &many_measured)] {
        println!(
            "{people:>7} people: start {:>6.0} ms, memory {:>6.1} MB ({:.1} after the look-ups), a look-up {:>6.2} µs, within the process {:>6.2} µs",
            measured.start.as_secs_f64() * 1000.0,
            measured.memory,
            measured.memory_afterwards,
            measured.asked * 1e6,
            measured.look_up * 1e6
        );
    }
    println!(
        "look-ups: {:.2} times, within the process {:.2}   (aims: start at most 2000 ms, at most 150 MB, at most 1.2 times)",
        many_measured.asked / few.asked,
        many_measured.look_up / few.look_up
    );
    Ok(())
}

struct Measured {
    start: Duration,
    memory: f64,
    memory_afterwards: f64,
    asked: f64,
    look_up: f64,
}

async fn measure(people: usize) -> Result<Measured, Box<dyn Error>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let begun = Instant::now();
    let (data, look_up) = look_up_among(folder.path(), people).await?;
    println!("{people} people were written and looked up in {:.1} s", begun.elapsed().as_secs_f64());
    let (start, program) = Program::start(folder.path(), "").await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!("program {} on {}", program.id(), program.address);
    let memory = program.resident_memory()?;
    let mut asked = f64::INFINITY;
    for _ in 0..MEASUREMENTS {
        asked = asked.min(ask(&data, people).await?);
    }
    Ok(Measured { start, memory, memory_afterwards: program.resident_memory()?, asked, look_up })
}

/// Seconds for one, asked as the command line asks.
async fn ask(data: &Path, people: usize) -> Result<f64, Box<dyn Error>> {
    let begun = Instant::now();
    for turn in 0..LOOK_UPS {
        let request =
            Request::of(&Show { user: name(turn, people) }).map_err(|refused| refused.to_string())?;
        admin_socket::ask(data, &request).await?.map_err(|refused| refused.to_string())?;
    }
    Ok(begun.elapsed().as_secs_f64() / f64::from(u32::try_from(LOOK_UPS)?))
}

/// A prime stride: nobody is asked for twice in a row, and everywhere in the store.
fn name(turn: usize, people: usize) -> String {
    format!("person-{}", turn * 7919 % people)
}

/// The data folder, and seconds for one look-up.
async fn look_up_among(folder: &Path, people: usize) -> Result<(PathBuf, f64), Box<dyn Error>> {
    let app = population::open(folder).await?;
    population::populate(&app, people).await?;
    let mut best = f64::INFINITY;
    for _ in 0..MEASUREMENTS {
        best = best.min(look_up(&app, people).await?);
    }
    Ok((app.ground.settings.data.folder.clone(), best))
}

async fn look_up(app: &App, people: usize) -> Result<f64, Box<dyn Error>> {
    let begun = Instant::now();
    for turn in 0..LOOK_UPS {
        app.users.find_by_login_name(&name(turn, people)).await?.ok_or("somebody is missing")?;
    }
    Ok(begun.elapsed().as_secs_f64() / f64::from(u32::try_from(LOOK_UPS)?))
}
