//! What the crash test writes, and how it knows that all of it is there: the whole state of a writer follows from the number
//! of its last batch, so a lost, torn or revived record cannot hide.

use keyward::foundation::Timestamp;
use keyward::storage::{Batch, Key, Outcome, SharedStore};

use super::{Note, START, note};

pub const WRITERS: usize = 4;
const WINDOW: u64 = 16;
const BALLAST: u64 = 200;

/// What the outside knows: the last acknowledged batch of each writer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    pub acknowledged: [u64; WRITERS],
    pub ballast: bool,
    pub kills: u64,
}

impl Ledger {
    pub fn note(&mut self, line: &str) {
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["ballast", "."] => self.ballast = true,
            ["ack", writer, number, "."] => {
                self.acknowledged[writer.parse::<usize>().unwrap()] = number.parse().unwrap();
            }
            _ => {}
        }
    }

    pub fn to_text(&self) -> String {
        let numbers: Vec<String> = self.acknowledged.iter().map(u64::to_string).collect();
        format!("{} {} {}", self.kills, u64::from(self.ballast), numbers.join(" "))
    }

    pub fn parse(text: &str) -> Self {
        let numbers: Vec<u64> = text.split(' ').map(|word| word.parse().unwrap()).collect();
        let acknowledged = numbers[2..].try_into().unwrap();
        Self { acknowledged, ballast: numbers[1] == 1, kills: numbers[0] }
    }
}

fn place(family: &str, writer: usize, number: u64) -> Key {
    Key::new(family, &[&writer.to_string(), &format!("{number:012}")])
}

fn last(writer: usize) -> Key {
    Key::new("last", &[&writer.to_string()])
}

fn count(writer: usize) -> Key {
    Key::new("count", &[&writer.to_string()])
}

fn text(family: &str, writer: usize, number: u64) -> Note {
    let length = if number % 7 == 3 { 9_000 } else { 40 };
    note(&format!("{family} {writer} {number} ").repeat(length).chars().take(length).collect::<String>())
}

fn end(number: u64) -> Option<Timestamp> {
    number.is_multiple_of(2).then(|| Timestamp(START.0 + 1_000_000 + i64::try_from(number).unwrap()))
}

/// The batch `number` of `writer`: new records in two families, the oldest ones gone, a code spent and another issued.
pub fn batch(writer: usize, number: u64) -> Batch {
    let mut batch = Batch::new();
    for family in ["record", "twin"] {
        batch.put(place(family, writer, number), &text(family, writer, number), end(number));
        if number > WINDOW {
            let oldest = place(family, writer, number - WINDOW);
            batch.require_present(oldest.clone()).delete(oldest);
        }
    }
    if number > 1 {
        let spent = place("code", writer, number - 1);
        batch.require_present(spent.clone()).delete(spent);
    }
    batch.require_absent(place("code", writer, number)).put(
        place("code", writer, number),
        &note("unspent"),
        None,
    );
    batch.require_counter_below(count(writer), number).add(count(writer), 1, None);
    batch.put(last(writer), &note(&number.to_string()), None);
    batch
}

pub async fn write_for_ever(store: &SharedStore, writer: usize, say: fn(&str)) -> Result<(), String> {
    let mut number = last_of(store, writer).await?;
    loop {
        number += 1;
        let outcome = store.commit(batch(writer, number)).await.map_err(|error| error.to_string())?;
        if !matches!(outcome, Outcome::Done(_)) {
            return Err(format!("writer {writer}, batch {number}: {outcome:?}"));
        }
        say(&format!("ack {writer} {number}"));
    }
}

pub async fn lay_ballast(store: &SharedStore) -> Result<(), String> {
    let mut batch = Batch::new();
    for number in 0..BALLAST {
        batch.put(place("ballast", 0, number), &text("ballast", 0, number), end(number));
    }
    store.commit(batch).await.map(drop).map_err(|error| error.to_string())
}

async fn last_of(store: &SharedStore, writer: usize) -> Result<u64, String> {
    let found = store.fetch::<Note>(&last(writer)).await.map_err(|error| error.to_string())?;
    Ok(found.map_or(0, |stored| stored.value.0.parse().unwrap()))
}

/// Compares the store with the ledger; a writer may be ahead by one unprinted batch for each kill.
pub async fn verify(store: &SharedStore, ledger: &Ledger) -> Result<(), String> {
    for (writer, acknowledged) in ledger.acknowledged.into_iter().enumerate() {
        let last = last_of(store, writer).await?;
        if last < acknowledged {
            return Err(format!("writer {writer}: {acknowledged} was acknowledged, {last} is there"));
        }
        if last > acknowledged + ledger.kills {
            return Err(format!("writer {writer}: {last} is there, only {acknowledged} was acknowledged"));
        }
        verify_writer(store, writer, last).await?;
    }
    let expected = if ledger.ballast { BALLAST } else { 0 };
    let ballast = family(store, "ballast", 0).await?;
    if ledger.ballast && !(0..expected).eq(ballast.iter().map(|(number, _)| *number)) {
        return Err(format!("{} of {expected} older records", ballast.len()));
    }
    let report = store.check().await.map_err(|error| error.to_string())?;
    if report.problems.is_empty() { Ok(()) } else { Err(report.problems.join("; ")) }
}

async fn verify_writer(store: &SharedStore, writer: usize, last: u64) -> Result<(), String> {
    let window: Vec<u64> = (last.saturating_sub(WINDOW) + 1..=last).collect();
    for name in ["record", "twin"] {
        let expected: Vec<_> = window.iter().map(|number| (*number, text(name, writer, *number))).collect();
        if family(store, name, writer).await? != expected {
            return Err(format!("writer {writer} at {last}: the {name}s are not those of its window"));
        }
    }
    let codes = family(store, "code", writer).await?;
    if !codes.iter().map(|(number, _)| *number).eq((last > 0).then_some(last)) {
        return Err(format!("writer {writer} at {last}: unspent codes are {codes:?}"));
    }
    let counted = store.counter(&count(writer)).await.map_err(|error| error.to_string())?;
    if counted == last { Ok(()) } else { Err(format!("writer {writer} at {last}: counted {counted}")) }
}

async fn family(store: &SharedStore, family: &str, writer: usize) -> Result<Vec<(u64, Note)>, String> {
    let prefix = Key::prefix(family, &[&writer.to_string()]);
    let page = store.scan(&prefix, None, 1_000).await.map_err(|error| error.to_string())?;
    let read = page.into_iter().map(|(key, raw)| {
        let value = raw.decode::<Note>().map_err(|error| error.to_string())?.value;
        Ok((key.last_part().parse().unwrap(), value))
    });
    read.collect()
}

/// The judge itself: it must see each kind of loss.
#[cfg(test)]
mod judge {
    use super::*;
    use crate::storage::Bench;

    async fn worked(batches: u64) -> (Bench, Ledger) {
        let bench = Bench::memory();
        lay_ballast(&bench.store).await.unwrap();
        for number in 1..=batches {
            assert!(bench.store.commit(batch(1, number)).await.unwrap().is_done());
        }
        let ledger = Ledger { acknowledged: [0, batches, 0, 0], ballast: true, kills: 0 };
        (bench, ledger)
    }

    #[tokio::test]
    async fn accepts_a_whole_state_and_one_batch_ahead_a_kill() {
        let (bench, ledger) = worked(40).await;
        assert_eq!(verify(&bench.store, &ledger).await, Ok(()));
        assert_eq!(Ledger::parse(&ledger.to_text()), ledger);
        let behind = Ledger { acknowledged: [0, 38, 0, 0], kills: 2, ..ledger };
        assert_eq!(verify(&bench.store, &behind).await, Ok(()));
        assert!(verify(&bench.store, &Ledger { kills: 1, ..behind }).await.is_err());
    }

    #[tokio::test]
    async fn sees_a_lost_batch_a_torn_one_and_a_code_that_came_back() {
        let (bench, ledger) = worked(40).await;
        let lost = Ledger { acknowledged: [0, 41, 0, 0], ..ledger.clone() };
        assert!(verify(&bench.store, &lost).await.unwrap_err().contains("was acknowledged"));
        let faults: [(Batch, &str); 6] = [
            (Batch::new().delete(place("twin", 1, 40)).clone(), "twins"),
            (Batch::new().put(place("record", 1, 24), &note("old"), None).clone(), "records"),
            (Batch::new().put(place("record", 1, 30), &note("wrong"), None).clone(), "records"),
            (Batch::new().put(place("code", 1, 39), &note("unspent"), None).clone(), "unspent codes"),
            (Batch::new().add(count(1), 1, None).clone(), "counted"),
            (Batch::new().delete(place("ballast", 0, 7)).clone(), "older records"),
        ];
        for (damage, words) in faults {
            let (bench, ledger) = worked(40).await;
            bench.store.commit(damage).await.unwrap();
            let fault = verify(&bench.store, &ledger).await.unwrap_err();
            assert!(fault.contains(words), "{fault}");
        }
    }
}
