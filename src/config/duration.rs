//! Durations as people write them: a whole number and `s`, `m`, `h` or `d`.

use std::time::Duration;

/// Reads `"90s"`, `"15m"`, `"12h"` or `"30d"`; `None` for anything else, more than 10 years included (R-CO-09).
pub fn parse(text: &str) -> Option<Duration> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86400,
        _ => return None,
    };
    let number = text.get(..text.len().checked_sub(1)?)?;
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = plain.then(|| number.parse::<u64>().ok())??.checked_mul(unit)?;
    (seconds <= 3650 * 86400).then(|| Duration::from_secs(seconds))
}

/// Writes a duration of whole seconds back as [`parse`] reads it, in the largest unit that fits.
pub fn show(duration: Duration) -> String {
    let seconds = duration.as_secs();
    for (size, unit) in [(86400, 'd'), (3600, 'h'), (60, 'm')] {
        if seconds > 0 && seconds.is_multiple_of(size) {
            return format!("{}{unit}", seconds / size);
        }
    }
    format!("{seconds}s")
}

/// A duration in serde's models, written as [`show`] does. For `#[serde(with = "…")]`.
pub mod text {
    use std::time::Duration;

    use serde::de::{Deserialize as _, Deserializer, Error as _};
    use serde::ser::Serializer;

    /// As text.
    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::show(*duration))
    }

    /// From text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let seen = String::deserialize(deserializer)?;
        super::parse(&seen).ok_or_else(|| {
            D::Error::custom(format!(
                "is {seen:?}; write a whole number with s, m, h or d in double quotes, such as \"15m\""
            ))
        })
    }
}

/// A duration that may be left out, as texts in serde's models show it. For `#[serde(with = "…")]`.
pub mod optional_text {
    use std::time::Duration;

    use serde::de::Deserializer;
    use serde::ser::Serializer;

    /// As text.
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => super::text::serialize(duration, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// From text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        super::text::deserialize(deserializer).map(Some)
    }
}
