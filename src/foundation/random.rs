//! Chance as a collaborator: the operating system's generator in production, a seeded one in tests (R-CO-01).

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Where random bytes come from.
pub trait Random: Send + Sync + std::fmt::Debug {
    /// Fills `target` with unpredictable bytes.
    fn fill(&self, target: &mut [u8]);
}

/// `N` random bytes.
pub fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut value = [0u8; N];
    random.fill(&mut value);
    value
}

/// `N` random bytes as base64url without padding (RFC 4648 section 5): 32 bytes give 43 characters.
pub fn base64url<const N: usize>(random: &dyn Random) -> String {
    URL_SAFE_NO_PAD.encode(bytes::<N>(random))
}

/// `length` characters drawn evenly from `[A-Za-z0-9]` (5.95 bits each): for client ids and secrets,
/// which must read the same raw and URL-encoded (R-TK-04).
pub fn alphanumeric(random: &dyn Random, length: usize) -> String {
    draw(random, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length)
}

/// `length` characters drawn evenly from `alphabet` by rejection, so that none is favoured.
pub fn draw(random: &dyn Random, alphabet: &[u8], length: usize) -> String {
    let fair = 256 - 256 % alphabet.len().max(1);
    let mut text = String::with_capacity(length);
    while text.len() < length {
        // A block at a time, enough for 256 bits: each call of the system's generator costs as much as many bytes of it.
        let block = bytes::<64>(random).into_iter().map(usize::from);
        let letters =
            block.filter(|byte| *byte < fair).filter_map(|byte| alphabet.get(byte % alphabet.len()));
        text.extend(letters.take(length - text.len()).map(|letter| char::from(*letter)));
    }
    text
}

/// The operating system's generator, through aws-lc.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    #[expect(clippy::expect_used, reason = "without the system's generator nothing may go on (R-CO-05)")]
    fn fill(&self, target: &mut [u8]) {
        aws_lc_rs::rand::fill(target).expect("the system's random generator failed");
    }
}

/// A repeatable generator for tests: SHA-256 over seed and counter. Never for production.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    counter: AtomicU64,
}

impl SeededRandom {
    /// The generator that `seed` names.
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: AtomicU64::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, target: &mut [u8]) {
        for chunk in target.chunks_mut(32) {
            let counter = self.counter.fetch_add(1, Ordering::SeqCst);
            let input = [self.seed.to_be_bytes(), counter.to_be_bytes()].concat();
            let block = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &input);
            chunk.iter_mut().zip(block.as_ref()).for_each(|(target, source)| *target = *source);
        }
    }
}
