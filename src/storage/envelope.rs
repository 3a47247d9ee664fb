//! The bytes around every stored value, identical on every engine.
//!
//! Layout, big-endian: format (1), flags (1; bit 0: has an end), revision (8), end in milliseconds (8; 0 without one),
//! length (4), CRC-32C (4) over the length of the key, the key, all fields before it and the value; then the value.
//! A record that was cut, changed, or moved to another key is noticed and never served (R-ST-03).

use super::{Key, Raw, Revision, StorageError};
use crate::foundation::Timestamp;

/// The envelope's format. Newer ones are refused (R-ST-04).
pub const FORMAT: u8 = 1;

const CHECKED: usize = 22;
const HEADER: usize = CHECKED + 4;
const HAS_END: u8 = 1;

/// The bytes that stand for `raw` at `key`.
pub fn encode(key: &Key, raw: &Raw) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + raw.json.len());
    bytes.push(FORMAT);
    bytes.push(if raw.expires.is_some() { HAS_END } else { 0 });
    bytes.extend_from_slice(&raw.revision.to_be_bytes());
    bytes.extend_from_slice(&raw.expires.map_or(0, |end| end.0).to_be_bytes());
    bytes.extend_from_slice(&u32::try_from(raw.json.len()).unwrap_or(u32::MAX).to_be_bytes());
    let checksum = checksum(key, &bytes, &raw.json);
    bytes.extend_from_slice(&checksum.to_be_bytes());
    bytes.extend_from_slice(&raw.json);
    bytes
}

/// What `bytes` at `key` say; `Corrupt` if they are damaged, cut, of another key or of a newer format.
pub fn decode(key: &Key, bytes: &[u8]) -> Result<Raw, StorageError> {
    decode_owned(key, bytes.to_vec())
}

/// The same of bytes that nobody else needs: the record keeps them.
pub fn decode_owned(key: &Key, mut bytes: Vec<u8>) -> Result<Raw, StorageError> {
    let (revision, expires) = read(key, &bytes)?;
    bytes.drain(..HEADER);
    Ok(Raw { json: bytes, revision, expires })
}

fn read(key: &Key, bytes: &[u8]) -> Result<(Revision, Option<Timestamp>), StorageError> {
    let damaged = || StorageError::Corrupt(format!("the record {key} is damaged; restore the newest backup"));
    let (head, json) = bytes.split_at_checked(HEADER).ok_or_else(damaged)?;
    let (fields, stored) = head.split_at_checked(CHECKED).ok_or_else(damaged)?;
    if checksum(key, fields, json).to_be_bytes() != stored {
        return Err(newer(key, fields).unwrap_or_else(damaged));
    }
    parse(fields, json.len()).ok_or_else(|| newer(key, fields).unwrap_or_else(damaged))
}

fn parse(fields: &[u8], json: usize) -> Option<(Revision, Option<Timestamp>)> {
    let (start, rest) = fields.split_first_chunk::<2>()?;
    let (revision, rest) = rest.split_first_chunk::<8>()?;
    let (end, rest) = rest.split_first_chunk::<8>()?;
    let length = u32::from_be_bytes(rest.try_into().ok()?);
    let [format, flags] = *start;
    if format != FORMAT || flags & !HAS_END != 0 || usize::try_from(length).ok()? != json {
        return None;
    }
    let expires = (flags & HAS_END != 0).then(|| Timestamp(i64::from_be_bytes(*end)));
    Some((u64::from_be_bytes(*revision), expires))
}

fn newer(key: &Key, fields: &[u8]) -> Option<StorageError> {
    let format = *fields.first()?;
    // A flipped bit may look like another format, so the sentence names both causes.
    (format > FORMAT).then(|| {
        StorageError::Corrupt(format!(
            "the record {key} has format {format}, this program reads {FORMAT}: it is damaged or was written by a newer version"
        ))
    })
}

fn checksum(key: &Key, fields: &[u8], json: &[u8]) -> u32 {
    let key = key.as_bytes();
    let length = u64::try_from(key.len()).unwrap_or(u64::MAX).to_be_bytes();
    [key, fields, json].iter().fold(crc32c::crc32c(&length), |sum, part| crc32c::crc32c_append(sum, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Key, Raw) {
        let raw = Raw { json: b"{\"v\":1,\"d\":7}".to_vec(), revision: 9, expires: Some(Timestamp(-5)) };
        (Key::new("thing", &["a"]), raw)
    }

    #[test]
    fn reads_back_what_it_wrote() {
        let (key, raw) = sample();
        assert_eq!(decode(&key, &encode(&key, &raw)).unwrap(), raw);
        let endless = Raw { expires: None, ..raw };
        assert_eq!(decode(&key, &encode(&key, &endless)).unwrap(), endless);
        assert_eq!(decode_owned(&key, encode(&key, &endless)).unwrap(), endless);
    }

    /// R-ST-03: no flipped bit, no cut and no move to another key goes unnoticed.
    #[test]
    fn notices_every_flipped_bit_every_cut_and_another_key() {
        let (key, raw) = sample();
        let bytes = encode(&key, &raw);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&key, &damaged).is_err(), "bit {bit}");
        }
        assert!((0..bytes.len()).all(|length| decode(&key, &bytes[..length]).is_err()));
        assert!(decode(&Key::new("thing", &["b"]), &bytes).is_err());
    }
}
