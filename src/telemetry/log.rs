//! Logs to the standard error stream, text or JSON, one event a line. Control characters and marks that turn the
//! reading direction are escaped, so that no input can forge a line or dress one up (R-AU-03).

use std::io::{self, Write};

use tracing::Subscriber;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, filter::Targets};

use crate::config::log::{Format, Level, Log};

/// Starts logging for this process, to the standard error stream. Later calls change nothing.
pub fn start(settings: &Log) {
    if subscriber(settings, io::stderr).try_init().is_ok() {
        std::panic::set_hook(Box::new(report_panic));
    }
}

/// What turns events into lines and writes each with one call to what `target` gives.
pub fn subscriber<W, T>(settings: &Log, target: T) -> Box<dyn Subscriber + Send + Sync>
where
    W: Write,
    T: Fn() -> W + Send + Sync + 'static,
{
    let level = level(settings.level);
    // Libraries talk about bytes and frames; from them only what needs mending is of use, nothing of what they carry.
    // The one for passkeys calls every wrong answer of a stranger an error.
    let filter = Targets::new()
        .with_default(LevelFilter::WARN.min(level))
        .with_target("webauthn_rs", LevelFilter::OFF)
        .with_target("keyward", level);
    let lines = move || SafeLines::new(target());
    let format = tracing_subscriber::fmt::layer().with_ansi(false).with_target(false).with_writer(lines);
    match settings.format {
        Format::Text => Box::new(tracing_subscriber::registry().with(format.with_filter(filter))),
        Format::Json => {
            let format = format.json().flatten_event(true).with_span_list(false);
            Box::new(tracing_subscriber::registry().with(format.with_filter(filter)))
        }
    }
}

fn level(level: Level) -> LevelFilter {
    match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    }
}

/// A panic's message may carry data, and data may be secret: only texts fixed in the program are logged.
fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let message = panic.payload().downcast_ref::<&str>().copied().unwrap_or("(message withheld)");
    tracing::error!(place, "a fault of the program: {message}");
}

/// Writes whole lines, each with everything escaped that could break or disguise it.
#[derive(Debug)]
pub struct SafeLines<W: Write>(W);

impl<W: Write> SafeLines<W> {
    /// Writes to `target`.
    pub fn new(target: W) -> Self {
        Self(target)
    }
}

impl<W: Write> Write for SafeLines<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(escape(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// `line` with all but its closing newline escaped, in the way JSON and people both understand.
pub fn escape(line: &str) -> String {
    let body = line.strip_suffix('\n').unwrap_or(line);
    let mut safe = String::with_capacity(line.len());
    for character in body.chars() {
        if is_unsafe(character) {
            safe.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            safe.push(character);
        }
    }
    safe + line.get(body.len()..).unwrap_or_default()
}

/// Control characters, line separators, and marks that hide or turn text (Unicode TR 36).
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}
