//! RG-14: random sequences of everything two browsers can send for two people and two applications, against a model that
//! keeps a ledger of the proofs that were rightly given. After each step: no journey, session, code or token holds a proof
//! that is not in the ledger; a session has both factors and one browser; nothing of one person is seen by another; no 5xx.
//!
//! `KEYWARD_MODEL_CASES` chooses how many sequences, `KEYWARD_MODEL_SEED` (64 hex digits) which; the seed is printed.

mod action;
mod acts;
pub mod browser;
mod check;
mod steps;
mod world;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use keyward::foundation::random::{self, SystemRandom};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use tokio::runtime::{Builder, Runtime};

use self::action::{Act, sequences};
use self::world::{Case, World};

const CASES: u32 = 200;

fn seed() -> [u8; 32] {
    let Ok(text) = std::env::var("KEYWARD_MODEL_SEED") else {
        return random::bytes(&SystemRandom);
    };
    let digits = |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("64 hex digits");
    std::array::from_fn(digits)
}

/// Follows one sequence; answers how often somebody arrived at an application. Panics are failures of the case.
fn follow(runtime: &Runtime, world: &World, number: usize, acts: &[Act]) -> Result<usize, String> {
    let place = Cell::new(0);
    let walk = || {
        runtime.block_on(async {
            let mut case = Case::new(world, number).await;
            for (at, act) in acts.iter().enumerate() {
                place.set(at);
                case.act(*act).await;
                case.check().await;
            }
            case.arrivals
        })
    };
    catch_unwind(AssertUnwindSafe(walk)).map_err(|panic| {
        let why = panic.downcast_ref::<String>().cloned();
        let why = why.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let act = acts.get(place.get());
        format!("at act {}, {act:?}: {}", place.get(), why.unwrap_or_default())
    })
}

#[test]
fn rg_14_whatever_is_sent_no_session_has_a_level_without_its_evidence() {
    let cases = std::env::var("KEYWARD_MODEL_CASES").ok();
    let cases = cases.map_or(CASES, |cases| cases.parse().expect("a number"));
    let seed = seed();
    let hex: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("KEYWARD_MODEL_SEED={hex}");
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let (number, arrivals) = (Cell::new(0usize), Cell::new(0usize));
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let result = runner.run(&sequences(), |acts| {
        number.set(number.get() + 1);
        let arrived = follow(&runtime, &world, number.get(), &acts);
        arrivals.set(arrivals.get() + arrived.map_err(TestCaseError::fail)?);
        Ok(())
    });
    if let Err(TestError::Fail(why, acts)) = &result {
        panic!("{why}\nKEYWARD_MODEL_SEED={hex}\n{acts:?}");
    }
    result.unwrap();
    let enough = usize::try_from(cases).unwrap() / 2;
    assert!(arrivals.get() >= enough, "hardly anybody signed in: {}", arrivals.get());
}
