//! Moments as people write and read them: UTC, RFC 3339.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::config::duration;
use crate::foundation::clock::SystemClock;
use crate::foundation::{Clock as _, Timestamp};

/// `2027-01-15T08:00:00.123Z`.
pub fn show(at: Timestamp) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000);
    moment.ok().and_then(|moment| moment.format(&Rfc3339).ok()).unwrap_or_else(|| at.0.to_string())
}

/// Reads a moment, a day (its beginning), or how long ago: `2027-01-15T08:00:00Z`, `2027-01-15`, `36h`.
pub fn parse(text: &str) -> Result<Timestamp, String> {
    if let Some(ago) = duration::parse(text) {
        return Ok(SystemClock.now().minus(ago));
    }
    let moment = OffsetDateTime::parse(text, &Rfc3339);
    let moment = moment.or_else(|_| OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339));
    let moment =
        moment.map_err(|_| "write 2027-01-15T08:00:00Z, 2027-01-15, or how long ago, such as 36h or 7d")?;
    let milliseconds = moment.unix_timestamp_nanos() / 1_000_000;
    i64::try_from(milliseconds).map(Timestamp).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_back() {
        for (text, shown) in [
            ("2027-01-15T08:00:00Z", "2027-01-15T08:00:00Z"),
            ("2027-01-15T09:00:00.5+01:00", "2027-01-15T08:00:00.5Z"),
            ("2027-01-15", "2027-01-15T00:00:00Z"),
        ] {
            assert_eq!(show(parse(text).unwrap()), shown);
        }
        assert!(parse("1h").unwrap() < SystemClock.now());
        assert!(parse("yesterday").unwrap_err().contains("36h"));
    }
}
