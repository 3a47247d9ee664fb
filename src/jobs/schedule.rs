//! When a job that did not succeed is tried again.

use std::time::Duration;

use crate::foundation::{Random, random};

/// So long a claimed job is left alone. Longer than any try takes, so that no two carry one out at the same time.
pub const LEASE: Duration = Duration::from_secs(2 * 60);
/// The pause after the first try.
const FIRST: Duration = Duration::from_secs(30);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The pause after the `tries`-th try: twice as long each time, from half a minute to an hour, and up to a fifth longer by
/// chance, so that what failed together does not come back together.
pub fn pause(tries: u32, random: &dyn Random) -> Duration {
    let doubled = FIRST.saturating_mul(1u32.checked_shl(tries.saturating_sub(1).min(16)).unwrap_or(u32::MAX));
    let pause = doubled.min(LONGEST);
    let [chance] = random::bytes::<1>(random);
    pause + pause.mul_f64(f64::from(chance) / 255.0 / 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::random::SeededRandom;

    #[test]
    fn pauses_double_up_to_an_hour_with_a_fifth_of_chance() {
        let random = SeededRandom::new(1);
        for (tries, seconds) in
            [(0, 30), (1, 30), (2, 60), (5, 480), (8, 3600), (1000, 3600), (u32::MAX, 3600)]
        {
            let drawn: Vec<_> = (0..50).map(|_| pause(tries, &random).as_secs_f64()).collect();
            let seconds = f64::from(seconds);
            assert!(
                drawn.iter().all(|drawn| (seconds..=seconds * 1.2).contains(drawn)),
                "{tries}: {drawn:?}"
            );
            assert!(drawn.windows(2).any(|pair| pair[0] != pair[1]), "{tries}: always the same");
        }
    }
}
