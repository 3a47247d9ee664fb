//! Makes `src/users/block_list.bin` from a list of common passwords on standard input, one a line (docs/block-list.md):
//!
//! `cargo run --profile ci --example block_list < list.txt > src/users/block_list.bin`

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};

use keyward::users::{block_list, normal_form::NormalName};

/// The filter's size.
const BYTES: usize = 512 * 1024;
/// Shorter ones cannot be chosen anyway.
const SHORTEST: usize = 8;

fn main() -> std::io::Result<()> {
    let mut list = Vec::new();
    std::io::stdin().read_to_end(&mut list)?;
    let text = String::from_utf8_lossy(&list);
    let normal = text.lines().filter_map(NormalName::of).map(|name| name.as_str().to_owned());
    let entries: BTreeSet<String> = normal.filter(|entry| entry.chars().count() >= SHORTEST).collect();
    let filter = block_list::build(entries.iter().map(String::as_str), BYTES);
    let set: u32 = filter.iter().map(|byte| byte.count_ones()).sum();
    eprintln!(
        "{} entries, {:.1} % of the bits set",
        entries.len(),
        f64::from(set) / (BYTES as f64 * 8.0) * 100.0
    );
    std::io::stdout().write_all(&filter)
}
