//! The expiry index: when to look whether a record has ended, in order of time. Internal to the embedded engines.
//!
//! Every record with an end has a row at that end or before. Renewing a record, or deleting it shortly before its end, costs the
//! index nothing: the sweep comes by at the old end, and looks again at the new one.

use super::Key;
use crate::foundation::Timestamp;

const SIGN: u64 = 1 << 63;

/// The index row that asks for the record at `key` at `end`. Byte order is the order of time.
pub(super) fn row(end: Timestamp, key: &Key) -> Vec<u8> {
    let mut bytes = (end.0.cast_unsigned() ^ SIGN).to_be_bytes().to_vec();
    bytes.extend_from_slice(key.as_bytes());
    bytes
}

/// What an index row says; `None` if it is too short to be one.
pub(super) fn parse(row: &[u8]) -> Option<(Timestamp, Key)> {
    let (end, key) = row.split_first_chunk::<8>()?;
    let end = Timestamp((u64::from_be_bytes(*end) ^ SIGN).cast_signed());
    Some((end, Key::from_bytes(key.to_vec())))
}

/// Whether something that ends at `end` is gone at `now`: at its end it is.
pub(super) fn is_over(end: Option<Timestamp>, now: Timestamp) -> bool {
    end.is_some_and(|end| end <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_sort_by_time_and_read_back() {
        let key = Key::new("thing", &["a"]);
        let ends = [i64::MIN, -1, 0, 1, i64::MAX].map(Timestamp);
        let rows = ends.map(|end| row(end, &key));
        assert!(rows.is_sorted());
        assert_eq!(rows.map(|row| parse(&row).unwrap().0), ends);
    }
}
