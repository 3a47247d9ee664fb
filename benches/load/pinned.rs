//! Keeping to one processor, so that others do not disturb.

/// Keeps this thread, and all that it starts, on one processor.
pub fn stay_on(processor: usize) -> Result<(), Box<dyn std::error::Error>> {
    let mut set = rustix::thread::CpuSet::new();
    set.set(processor);
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}
