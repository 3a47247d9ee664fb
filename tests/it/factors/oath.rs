//! Recipes of one-time passwords against the standards' own tables, and against every course a device can take (R-MF-06).

use std::time::Duration;

use keyward::factors::oath::{Hash, LOOK_AHEAD, Moving, Recipe, Standing};
use keyward::foundation::Timestamp;
use proptest::prelude::*;

use super::SECRET;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn counting() -> Recipe {
    Recipe { moving: Moving::Count, ..Recipe::default() }
}

fn code(recipe: Recipe, secret: &[u8], number: u64) -> String {
    let seconds = if let Moving::Time(period) = recipe.moving { period } else { 1 };
    recipe.generator(secret).unwrap().generate(number * seconds).to_string()
}

fn at(last: u64) -> Standing {
    Standing { last, drift: 0 }
}

/// RFC 4226 appendix D.
#[test]
fn counted_codes_are_those_of_the_standard() {
    let table =
        ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
    let generator = counting().generator(SECRET).unwrap();
    for (count, expected) in (0_u64..).zip(table).skip(1) {
        assert_eq!(counting().accepts(&generator, expected, NOW, at(count - 1)), Some(count));
        assert_eq!(counting().accepts(&generator, expected, NOW, at(count)), None, "never twice");
    }
}

/// RFC 6238 appendix B: eight digits, each hash with a seed of its own length.
#[test]
fn timed_codes_are_those_of_the_standard() {
    let seed = |bytes: usize| SECRET.iter().copied().cycle().take(bytes).collect::<Vec<_>>();
    let table = [
        (59, "94287082", "46119246", "90693936"),
        (1_111_111_109, "07081804", "68084774", "25091201"),
        (1_111_111_111, "14050471", "67062674", "99943326"),
        (1_234_567_890, "89005924", "91819424", "93441116"),
        (2_000_000_000, "69279037", "90698825", "38618901"),
    ];
    for (seconds, sha1, sha256, sha512) in table {
        let now = Timestamp(seconds * 1000);
        for (hash, bytes, expected) in
            [(Hash::Sha1, 20, sha1), (Hash::Sha256, 32, sha256), (Hash::Sha512, 64, sha512)]
        {
            let recipe = Recipe { hash, digits: 8, moving: Moving::Time(30) };
            let generator = recipe.generator(&seed(bytes)).unwrap();
            let step = recipe.present(now);
            assert_eq!(recipe.accepts(&generator, expected, now, at(0)), Some(step), "{hash:?} at {seconds}");
        }
    }
}

/// What no device has is refused when it is read, not when somebody wants to sign in.
#[test]
fn short_secrets_and_odd_recipes_are_refused() {
    assert!(Recipe::default().generator(&SECRET[..15]).is_err());
    assert!(
        [5, 9, 10].iter().all(|digits| Recipe { digits: *digits, ..counting() }.generator(SECRET).is_err())
    );
    assert!(Recipe { moving: Moving::Time(0), ..Recipe::default() }.generator(SECRET).is_err());
}

/// However a record was damaged, a search for a device ends.
#[test]
fn a_search_at_the_end_of_all_numbers_finds_nothing() {
    let generator = counting().generator(SECRET).unwrap();
    for last in [u64::MAX - 1, u64::MAX] {
        assert_eq!(counting().found_again(&generator, ("000000", "000000"), NOW, at(last)), None);
        assert_eq!(counting().accepts(&generator, "000000", NOW, at(last)), None);
    }
}

/// RFC 6238 section 6: a slow clock is found again by two codes in a row, and from then on taken into account.
#[test]
fn a_device_whose_clock_runs_wrong_is_found_again() {
    for period in [30, 60] {
        let recipe = Recipe { moving: Moving::Time(period), ..Recipe::default() };
        let generator = recipe.generator(SECRET).unwrap();
        for drift in [-200_i64, -2, 2, 700] {
            let present = recipe.present(NOW);
            let shown = present.saturating_add_signed(drift);
            let [first, second, third] = [0, 1, 2].map(|more| code(recipe, SECRET, shown + more));
            assert_eq!(recipe.accepts(&generator, &first, NOW, at(1)), None);
            assert_eq!(
                recipe.found_again(&generator, (&second, &first), NOW, at(1)),
                None,
                "the other way round"
            );
            let found = recipe.found_again(&generator, (&first, &second), NOW, at(1)).unwrap();
            assert_eq!(found, Standing { last: shown + 1, drift: drift + 1 });
            assert_eq!(recipe.accepts(&generator, &second, NOW, found), None, "spent by being shown");
            let later = NOW.plus(Duration::from_secs(period));
            assert_eq!(recipe.accepts(&generator, &third, later, found), Some(shown + 2));
        }
    }
}

proptest! {
    /// However often the button is pressed without need: a code is good within the look-ahead, and never again; beyond it two
    /// codes in a row find the device.
    #[test]
    fn r_mf_06_accepted_counts_rise(presses in proptest::collection::vec(1_u64..20, 1..20)) {
        let recipe = counting();
        let generator = recipe.generator(SECRET).unwrap();
        let (mut count, mut standing) = (0, at(0));
        for pressed in presses {
            count += pressed;
            let shown = code(recipe, SECRET, count);
            let found = recipe.accepts(&generator, &shown, NOW, standing);
            prop_assert_eq!(found, (count - standing.last <= LOOK_AHEAD).then_some(count));
            if found.is_none() {
                let next = code(recipe, SECRET, count + 1);
                let found = recipe.found_again(&generator, (&shown, &next), NOW, standing).unwrap();
                count += 1;
                prop_assert_eq!(found.last, count);
            }
            standing = at(count);
            prop_assert_eq!(recipe.accepts(&generator, &shown, NOW, standing), None);
        }
    }
}
