//! Random batches, pages, sweeps and the passing of time, on each engine and on a plain map: they must never differ.

use std::collections::BTreeMap;
use std::task::{Context, Poll, Waker};

use keyward::foundation::Clock as _;
use keyward::storage::{Batch, Key, Outcome, Precondition, Write};
use proptest::prelude::*;

use super::{Bench, key, note};

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
const COUNTERS: [&str; 2] = ["m", "n"];

#[derive(Debug, Clone)]
enum Step {
    /// Batches that are sent together, so that some share a round.
    Commit(Vec<Plan>),
    Pass(u64),
    Sweep(usize),
    Page {
        after: Option<&'static str>,
        limit: usize,
    },
}

/// A batch, with revisions named by how far back they lie.
#[derive(Debug, Clone)]
struct Plan(Vec<Asked>, Vec<Change>);

#[derive(Debug, Clone)]
enum Asked {
    Absent(&'static str),
    Present(&'static str),
    Recent(&'static str, u64),
    Below(&'static str, u64),
}

#[derive(Debug, Clone)]
enum Change {
    Put(&'static str, u8, Option<u64>),
    Delete(&'static str),
    Add(&'static str, i64, Option<u64>),
}

fn any_name() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => proptest::sample::select(&NAMES[..]), 1 => proptest::sample::select(&COUNTERS[..])]
}

fn asked() -> impl Strategy<Value = Asked> {
    prop_oneof![
        any_name().prop_map(Asked::Absent),
        any_name().prop_map(Asked::Present),
        (any_name(), 0..6u64).prop_map(|(name, back)| Asked::Recent(name, back)),
        (proptest::sample::select(&COUNTERS[..]), 0..6u64)
            .prop_map(|(name, bound)| Asked::Below(name, bound)),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let end = || proptest::option::of(0..8u64);
    let counter = || proptest::sample::select(&COUNTERS[..]);
    prop_oneof![
        3 => (proptest::sample::select(&NAMES[..]), any::<u8>(), end()).prop_map(|(n, v, e)| Change::Put(n, v, e)),
        1 => any_name().prop_map(Change::Delete),
        2 => (counter(), -2..4i64, end()).prop_map(|(name, amount, end)| Change::Add(name, amount, end)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let plan = || {
        (prop::collection::vec(asked(), 0..2), prop::collection::vec(change(), 0..4))
            .prop_map(|(a, c)| Plan(a, c))
    };
    prop_oneof![
        6 => prop::collection::vec(plan(), 1..5).prop_map(Step::Commit),
        2 => (0..4u64).prop_map(Step::Pass),
        1 => (1..5usize).prop_map(Step::Sweep),
        1 => (proptest::option::of(any_name()), 0..8usize).prop_map(|(after, limit)| Step::Page { after, limit }),
    ]
}

/// What stands at a key: JSON, revision, end in milliseconds.
type Content = (String, u64, Option<i64>);

#[derive(Default)]
struct Model {
    rows: BTreeMap<Key, Content>,
    revision: u64,
}

impl Model {
    fn live(&self, key: &Key, now: i64) -> Option<&Content> {
        self.rows.get(key).filter(|(_, _, end)| end.is_none_or(|end| now < end))
    }

    fn holds(&self, condition: &Precondition, now: i64) -> bool {
        let found = self.live(condition.key(), now);
        match condition {
            Precondition::Absent(_) => found.is_none(),
            Precondition::Present(_) => found.is_some(),
            Precondition::AtRevision(_, revision) => found.is_some_and(|content| content.1 == *revision),
            Precondition::CounterBelow(_, bound) => {
                found.map_or(0, |content| content.0.parse().unwrap()) < *bound
            }
        }
    }

    fn commit(&mut self, conditions: &[Precondition], writes: &[Write], now: i64) -> Outcome {
        if let Some(place) = conditions.iter().position(|condition| !self.holds(condition, now)) {
            return Outcome::Refused(place);
        }
        self.revision += u64::from(!writes.is_empty());
        for write in writes {
            let content = match write {
                Write::Put { json, expires, .. } => {
                    (String::from_utf8(json.clone()).unwrap(), expires.map(|end| end.0))
                }
                Write::Add { key, amount, expires } => {
                    let before: i64 = self.live(key, now).map_or(0, |content| content.0.parse().unwrap());
                    ((before + amount).max(0).to_string(), expires.map(|end| end.0))
                }
                Write::Delete(key) => {
                    self.rows.remove(key);
                    continue;
                }
            };
            self.rows.insert(write.key().clone(), (content.0, self.revision, content.1));
        }
        Outcome::Done(self.revision)
    }
}

impl Plan {
    fn conditions(&self, revision: u64) -> Vec<Precondition> {
        let condition = |asked: &Asked| match asked {
            Asked::Absent(name) => Precondition::Absent(key(name)),
            Asked::Present(name) => Precondition::Present(key(name)),
            Asked::Recent(name, back) => Precondition::AtRevision(key(name), revision.saturating_sub(*back)),
            Asked::Below(name, bound) => Precondition::CounterBelow(key(name), *bound),
        };
        self.0.iter().map(condition).collect()
    }

    fn writes(&self, bench: &Bench) -> Vec<Write> {
        let end = |seconds: Option<u64>| seconds.and_then(|seconds| bench.in_seconds(seconds));
        let write = |change: &Change| match change {
            Change::Put(name, value, seconds) => Write::Put {
                key: key(name),
                json: format!(r#"{{"v":1,"d":"{value}"}}"#).into_bytes(),
                expires: end(*seconds),
            },
            Change::Delete(name) => Write::Delete(key(name)),
            Change::Add(name, amount, seconds) => {
                Write::Add { key: key(name), amount: *amount, expires: end(*seconds) }
            }
        };
        self.1.iter().map(write).collect()
    }

    fn batch(&self, bench: &Bench, revision: u64) -> Batch {
        let mut batch = Batch::new();
        for condition in self.conditions(revision) {
            match condition {
                Precondition::Absent(key) => batch.require_absent(key),
                Precondition::Present(key) => batch.require_present(key),
                Precondition::AtRevision(key, revision) => batch.require_revision(key, revision),
                Precondition::CounterBelow(key, bound) => batch.require_counter_below(key, bound),
            };
        }
        for change in &self.1 {
            let end = |seconds: &Option<u64>| seconds.and_then(|seconds| bench.in_seconds(seconds));
            match change {
                Change::Put(name, value, seconds) => {
                    batch.put(key(name), &note(&value.to_string()), end(seconds))
                }
                Change::Delete(name) => batch.delete(key(name)),
                Change::Add(name, amount, seconds) => batch.add(key(name), *amount, end(seconds)),
            };
        }
        batch
    }
}

async fn compare(bench: Bench, steps: Vec<Step>) {
    let mut model = Model::default();
    for step in steps {
        let now = bench.clock.now().0;
        match step {
            Step::Commit(plans) => commit(&bench, &mut model, &plans, now).await,
            Step::Pass(seconds) => bench.pass_seconds(seconds),
            Step::Sweep(limit) => {
                sweep(&bench, limit).await;
                model.rows.retain(|_, content| content.2.is_none_or(|end| end > now));
                let report = bench.store.check().await.unwrap();
                assert_eq!(report.records, u64::try_from(model.rows.len()).unwrap());
            }
            Step::Page { after, limit } => page(&bench, &model, after, limit, now).await,
        }
    }
    bench.all_is_well().await;
    assert_eq!(bench.store.check().await.unwrap().records, u64::try_from(model.rows.len()).unwrap());
}

/// Until nothing is left to look at. A record is looked at once for each end that it had, so that comes soon.
async fn sweep(bench: &Bench, limit: usize) {
    for _ in 0..1_000 {
        let looked_at = bench.store.sweep(bench.clock.now(), limit).await.unwrap();
        assert!(looked_at <= limit);
        if looked_at < limit {
            return;
        }
    }
    panic!("the sweep does not come to an end");
}

async fn commit(bench: &Bench, model: &mut Model, plans: &[Plan], now: i64) {
    let revision = model.revision;
    let mut sent = Vec::new();
    for plan in plans {
        let mut commit = bench.store.commit(plan.batch(bench, revision));
        let early = commit.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        sent.push((commit, early));
    }
    for (plan, (commit, early)) in plans.iter().zip(sent) {
        let outcome = match early {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => commit.await,
        };
        assert_eq!(outcome.unwrap(), model.commit(&plan.conditions(revision), &plan.writes(bench), now));
    }
    let keys: Vec<Key> = NAMES.iter().chain(&COUNTERS).map(|name| key(name)).collect();
    for (key, found) in keys.iter().zip(bench.store.get(&keys).await.unwrap()) {
        assert_eq!(found.map(content).as_ref(), model.live(key, now), "{key}");
    }
}

fn content(raw: keyward::storage::Raw) -> Content {
    (String::from_utf8(raw.json).unwrap(), raw.revision, raw.expires.map(|end| end.0))
}

async fn page(bench: &Bench, model: &Model, after: Option<&'static str>, limit: usize, now: i64) {
    let after = after.map(key);
    let page = bench.store.scan(&Key::prefix("note", &[]), after.as_ref(), limit).await.unwrap();
    let expected = model.rows.keys().filter(|key| after.as_ref().is_none_or(|after| *key > after));
    let expected = expected.filter_map(|key| Some((key.clone(), model.live(key, now)?.clone())));
    let found: Vec<_> = page.into_iter().map(|(key, raw)| (key, content(raw))).collect();
    assert_eq!(found, expected.take(limit).collect::<Vec<_>>());
}

fn run(bench: Bench, steps: Vec<Step>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(compare(bench, steps));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn memory_does_what_the_model_does(steps in prop::collection::vec(step(), 1..40)) {
        run(Bench::memory(), steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn redb_does_what_the_model_does(steps in prop::collection::vec(step(), 1..40)) {
        run(Bench::redb(), steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn sled_does_what_the_model_does(steps in prop::collection::vec(step(), 1..40)) {
        run(Bench::sled(), steps);
    }
}
