//! Arguments to the command line; besides, what holds for the whole process: its allocator, and no core dumps (R-KS-06).

use std::process::ExitCode;

/// Gives memory back to the system after a peak, where the system's own allocator keeps it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // A core file would hold every secret in memory.
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = rustix::process::setrlimit(rustix::process::Resource::Core, none) {
        eprintln!("keyward: core dumps could not be switched off: {error}");
        return ExitCode::FAILURE;
    }
    keyward::cli::run(std::env::args_os())
}
