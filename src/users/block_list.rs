//! The most used passwords, which nobody may choose (R-PW-06; NIST SP 800-63B-4 section 3.1.1.2).
//!
//! Kept as a Bloom filter: it never misses a listed password, and takes an unlisted one for listed once in some thousands
//! of cases, which costs that person a second thought. `docs/block-list.md` says where the list comes from.

use aws_lc_rs::digest::{SHA256, digest};

/// The filter, as made by `examples/block_list.rs`.
static FILTER: &[u8] = include_bytes!("block_list.bin");

/// Bits that each entry sets.
const PROBES: u64 = 11;

/// Whether `password`, in normal form, is on the list.
pub fn contains(password: &str) -> bool {
    positions(password, FILTER.len() as u64 * 8).all(|bit| is_set(FILTER, bit))
}

/// Makes a filter of `bytes` bytes that holds `passwords`, which are in normal form.
pub fn build<'a>(passwords: impl Iterator<Item = &'a str>, bytes: usize) -> Vec<u8> {
    let mut filter = vec![0u8; bytes];
    for password in passwords {
        for bit in positions(password, bytes as u64 * 8) {
            if let Some(byte) = usize::try_from(bit / 8).ok().and_then(|place| filter.get_mut(place)) {
                *byte |= 1 << (bit % 8);
            }
        }
    }
    filter
}

fn is_set(filter: &[u8], bit: u64) -> bool {
    let byte = usize::try_from(bit / 8).ok().and_then(|place| filter.get(place));
    byte.is_some_and(|byte| byte & (1 << (bit % 8)) != 0)
}

/// The bits of one entry, by double hashing of its SHA-256.
fn positions(password: &str, bits: u64) -> impl Iterator<Item = u64> {
    let hash = digest(&SHA256, password.as_bytes());
    let word = |range: std::ops::Range<usize>| {
        hash.as_ref().get(range).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes)
    };
    let (start, step) = (word(0..8), word(8..16) | 1);
    (0..PROBES).map(move |turn| start.wrapping_add(turn.wrapping_mul(step)) % bits.max(1))
}
