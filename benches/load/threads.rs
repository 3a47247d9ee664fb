//! Processor time of some threads of a process, in user and in kernel mode.

use std::io;

/// Seconds of processor time that those threads of the process `id` have taken so far whose names begin with `name`.
pub fn seconds(id: &str, name: &str) -> io::Result<f64> {
    let mut nanoseconds = 0.0;
    for thread in std::fs::read_dir(format!("/proc/{id}/task"))? {
        let place = thread?.path();
        if std::fs::read_to_string(place.join("comm"))?.starts_with(name) {
            let times = std::fs::read_to_string(place.join("schedstat"))?;
            let running = times.split_whitespace().next().and_then(|time| time.parse::<f64>().ok());
            nanoseconds += running.unwrap_or_default();
        }
    }
    Ok(nanoseconds / 1e9)
}
