//! Processor time of a process, all its threads, in user and in kernel mode, as Linux counts it.

use std::io;

/// Linux reports it in hundredths of a second to programs.
const TICKS: f64 = 100.0;

/// Seconds of processor time that the process `id` (or `self`) has taken so far.
pub fn seconds(id: &str) -> io::Result<f64> {
    let line = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name in parentheses may hold blanks; user and system time are the 12th and 13th words behind it.
    let behind_name = line.rsplit_once(')').map_or("", |(_, rest)| rest);
    let times = behind_name.split_whitespace().skip(11).take(2);
    let ticks: f64 = times.filter_map(|time| time.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS)
}
