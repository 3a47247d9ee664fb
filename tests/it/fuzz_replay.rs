//! Replays the fuzz targets on stable: every seed, then seeded mutations of them. The same bytes in every run.

#[path = "../../fuzz/mod.rs"]
mod fuzz;

use keyward::foundation::random::{SeededRandom, bytes};

/// Mutations of each target in a normal run.
const ROUNDS: u32 = 3000;

/// Pieces that parsers stumble over.
const DICTIONARY: [&[u8]; 16] = [
    b"&",
    b"=",
    b"%",
    b"%00",
    b"%ff",
    b"..",
    b"//",
    b"@",
    b"#",
    b"\\",
    b"\"",
    b"{",
    b";",
    b" ",
    b"\x00",
    b"\xc3\xa9",
];

/// A seed changed in one to four places.
fn mutate(seed: &[u8], random: &SeededRandom) -> Vec<u8> {
    let mut data = seed.to_vec();
    let [times] = bytes::<1>(random);
    for _ in 0..=(times % 4) {
        let [kind, high, low, value] = bytes::<4>(random);
        let place = usize::from(u16::from_be_bytes([high, low])) % (data.len() + 1);
        let end = (place + usize::from(value % 16)).min(data.len());
        match kind % 5 {
            0 => data.insert(place, value),
            1 => drop(data.drain(place..end)),
            2 => drop(data.splice(place..place, DICTIONARY[usize::from(value) % DICTIONARY.len()].to_vec())),
            3 => {
                let again = data[place..end].to_vec();
                drop(data.splice(place..place, again));
            }
            _ => data.truncate(place.max(1)),
        }
    }
    data
}

fn replay(target: &str) {
    let (_, run, seeds) = fuzz::TARGETS.into_iter().find(|(name, ..)| *name == target).unwrap();
    let seeds: Vec<_> = seeds.lines().map(str::as_bytes).collect();
    seeds.iter().for_each(|seed| run(seed));
    run(b"");
    let random = SeededRandom::new(42);
    for round in 0..ROUNDS {
        let seed = seeds[usize::try_from(round).unwrap() % seeds.len()];
        run(&mutate(seed, &random));
    }
}

#[test]
fn the_seeds_of_passkeys_hold_one_right_answer_of_each_kind() {
    fuzz::passkeys::check_seeds();
}

macro_rules! targets {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            replay(stringify!($name));
        })*

        #[test]
        fn every_target_is_replayed() {
            let named = [$(stringify!($name)),*];
            let all = fuzz::TARGETS.map(|(name, ..)| name);
            assert_eq!(named, all);
        }
    };
}

targets!(
    backup,
    claims_request,
    configuration,
    cookies,
    id_token_hint,
    oath_seeds,
    parameters,
    passkeys,
    pskc,
    redirect_uri,
    words
);
