//! `[http]`: bounds on every connection and request (R-TR-09).

use std::time::Duration;

use super::duration::show;
use super::reader::Section;
use super::wrong::WrongSetting;

/// The section `[http]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Bytes of a request's line and headers together; 16 KiB by default.
    pub header_bytes: usize,
    /// Header lines of a request; 100 by default.
    pub headers: usize,
    /// Bytes of a request's body; 64 KiB by default.
    pub body_bytes: usize,
    /// How long a request's headers may take; 10 s by default.
    pub header_time: Duration,
    /// How long its body may take; 15 s by default.
    pub body_time: Duration,
    /// How long the whole request may take; 30 s by default.
    pub request_time: Duration,
    /// How long a connection may stand idle; 60 s by default.
    pub idle_time: Duration,
    /// Requests at a time on one HTTP/2 connection; 100 by default.
    pub streams: u32,
    /// Connections at a time in all; 4,096 by default.
    pub connections: usize,
    /// Connections at a time from one address class (/32, /64); 256 by default. Declared proxies are exempt.
    pub connections_per_address: usize,
    /// How long a stop waits for what is under way; 10 s by default (R-OP-07).
    pub stop_time: Duration,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            header_bytes: 16 * 1024,
            headers: 100,
            body_bytes: 64 * 1024,
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(15),
            request_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(60),
            streams: 100,
            connections: 4096,
            connections_per_address: 256,
            stop_time: Duration::from_secs(10),
        }
    }
}

impl Http {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        let usual = Self::default();
        let mut count = |name, default: usize, least, most| -> Result<usize, WrongSetting> {
            let number = section.number(name, default as u64, least, most)?;
            Ok(usize::try_from(number).unwrap_or(default))
        };
        Ok(Self {
            header_bytes: count("header_bytes", usual.header_bytes, 8192, 65_536)?,
            headers: count("headers", usual.headers, 20, 200)?,
            body_bytes: count("body_bytes", usual.body_bytes, 16_384, 1_048_576)?,
            streams: u32::try_from(count("streams", usual.streams as usize, 1, 1000)?)
                .unwrap_or(usual.streams),
            connections: count("connections", usual.connections, 16, 1_000_000)?,
            connections_per_address: count(
                "connections_per_address",
                usual.connections_per_address,
                4,
                1_000_000,
            )?,
            header_time: section.duration("header_time", usual.header_time)?,
            body_time: section.duration("body_time", usual.body_time)?,
            request_time: section.duration("request_time", usual.request_time)?,
            idle_time: section.duration("idle_time", usual.idle_time)?,
            stop_time: section.duration("stop_time", usual.stop_time)?,
        })
    }

    /// Times lie between 1 s and 5 min; a stop takes 10 s at most.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        let times = [
            ("http.header_time", self.header_time, 300),
            ("http.body_time", self.body_time, 300),
            ("http.request_time", self.request_time, 300),
            ("http.idle_time", self.idle_time, 300),
            ("http.stop_time", self.stop_time, 10),
        ];
        let outside = |(_, time, most): &(_, Duration, u64)| time.as_secs() < 1 || time.as_secs() > *most;
        match times.into_iter().find(outside) {
            Some((key, time, most)) => {
                let right = format!("write between \"1s\" and \"{}\"", show(Duration::from_secs(most)));
                Err(WrongSetting::new(key, format!("is \"{}\"", show(time)), right))
            }
            None => Ok(()),
        }
    }
}
