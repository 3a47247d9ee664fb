//! The contract every engine keeps: reads, pages, conditions, limits, export (design: storage kernel).

use keyward::storage::{Batch, ExportSink, Key, Outcome, StorageError, StoreMark};

use super::{Bench, done, key, note, on_every_engine};

on_every_engine! {
    reads_what_was_written, pages_through_a_prefix, refuses_by_the_first_failed_condition, writes_all_or_nothing,
    keeps_revisions_rising, sees_the_writes_of_its_own_batch_in_order, does_nothing_for_an_empty_batch,
    keeps_its_limits, reports_a_record_that_is_no_json, exports_everything_in_key_order,
    stops_an_export_whose_sink_fails, reads_several_keys_in_one_view,
}

async fn reads_what_was_written(bench: Bench) {
    let revision = bench.put("a", "one", None).await;
    let found = bench.store.fetch::<super::Note>(&key("a")).await.unwrap().unwrap();
    assert_eq!((found.value, found.revision, found.expires), (note("one"), revision, None));
    let several = bench.store.get(&[key("b"), key("a"), key("a")]).await.unwrap();
    assert_eq!(several.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, true]);
    assert!(bench.store.get(&[]).await.unwrap().is_empty());
}

async fn pages_through_a_prefix(bench: Bench) {
    let mut batch = Batch::new();
    for number in 0..25 {
        batch.put(Key::new("page", &[&format!("{number:02}")]), &note("x"), None);
    }
    batch.put(Key::new("pag", &["zz"]), &note("before"), None);
    batch.put(Key::new("pages", &["0"]), &note("after"), None);
    done(bench.store.commit(batch).await.unwrap());
    let prefix = Key::prefix("page", &[]);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = bench.store.scan(&prefix, after.as_ref(), 10).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        assert!(page.len() <= 10);
        seen.extend(page.into_iter().map(|(key, _)| key.last_part()));
    }
    assert_eq!(seen, (0..25).map(|number| format!("{number:02}")).collect::<Vec<_>>());
    assert!(bench.store.scan(&prefix, None, 0).await.unwrap().is_empty());
    let early = bench.store.scan(&prefix, Some(&Key::new("a", &[])), 1).await.unwrap();
    assert_eq!(early.len(), 1, "a mark before the prefix skips nothing");
}

async fn refuses_by_the_first_failed_condition(bench: Bench) {
    let old = bench.put("a", "one", None).await;
    let new = bench.put("a", "two", None).await;
    let cases = [
        (Batch::new().require_absent(key("a")).clone(), Outcome::Refused(0)),
        (Batch::new().require_present(key("b")).clone(), Outcome::Refused(0)),
        (Batch::new().require_revision(key("a"), old).clone(), Outcome::Refused(0)),
        (Batch::new().require_revision(key("b"), old).clone(), Outcome::Refused(0)),
        (Batch::new().require_counter_below(key("none"), 0).clone(), Outcome::Refused(0)),
        (Batch::new().require_present(key("a")).require_absent(key("a")).clone(), Outcome::Refused(1)),
        (Batch::new().require_revision(key("a"), new).require_absent(key("b")).clone(), Outcome::Done(new)),
    ];
    for (place, (mut batch, expected)) in cases.into_iter().enumerate() {
        let refused = !expected.is_done();
        batch.put(key("written"), &note("x"), None);
        let outcome = bench.store.commit(batch).await.unwrap();
        assert_eq!(outcome.is_done(), !refused, "case {place}");
        assert!(!refused || outcome == expected, "case {place}: {outcome:?}");
        assert_eq!(bench.text("written").await.is_some(), !refused, "case {place}");
    }
}

async fn writes_all_or_nothing(bench: Bench) {
    bench.put("text", "no number", None).await;
    let mut batch = Batch::new();
    batch.put(key("first"), &note("x"), None).add(key("text"), 1, None);
    assert!(matches!(bench.store.commit(batch).await, Err(StorageError::Corrupt(_))));
    assert_eq!(bench.text("first").await, None, "a batch that fails half-way writes nothing");
    assert_eq!(bench.text("text").await.as_deref(), Some("no number"));
}

async fn keeps_revisions_rising(bench: Bench) {
    let first = bench.put("a", "one", None).await;
    done(bench.store.commit(Batch::new().delete(key("a")).clone()).await.unwrap());
    let second = bench.put("a", "one", None).await;
    assert!(second > first, "a record written again never bears its old revision");
    let stale = Batch::new().require_revision(key("a"), first).delete(key("a")).clone();
    assert_eq!(bench.store.commit(stale).await.unwrap(), Outcome::Refused(0));
}

async fn sees_the_writes_of_its_own_batch_in_order(bench: Bench) {
    let mut batch = Batch::new();
    batch.put(key("a"), &note("gone"), None).delete(key("a"));
    batch.delete(key("b")).put(key("b"), &note("stays"), None);
    batch.add(key("c"), 5, None).add(key("c"), -2, None);
    done(bench.store.commit(batch).await.unwrap());
    assert_eq!(bench.text("a").await, None);
    assert_eq!(bench.text("b").await.as_deref(), Some("stays"));
    assert_eq!(bench.store.counter(&key("c")).await.unwrap(), 3);
    bench.all_is_well().await;
}

async fn does_nothing_for_an_empty_batch(bench: Bench) {
    let revision = bench.put("a", "one", None).await;
    assert_eq!(bench.store.commit(Batch::new()).await.unwrap(), Outcome::Done(revision));
    let question = Batch::new().require_present(key("a")).clone();
    assert_eq!(bench.store.commit(question).await.unwrap(), Outcome::Done(revision));
    assert_eq!(bench.put("a", "two", None).await, revision + 1);
}

async fn keeps_its_limits(bench: Bench) {
    let refused =
        |batch: Batch| async { matches!(bench.store.commit(batch).await, Err(StorageError::Invalid(_))) };
    let mut many = Batch::new();
    (0..1_000).for_each(|number| {
        many.delete(key(&number.to_string()));
    });
    done(bench.store.commit(many.clone()).await.unwrap());
    assert!(refused(many.require_absent(key("x")).clone()).await);

    let envelope = r#"{"v":1,"d":""}"#.len();
    let fits = "x".repeat(64 * 1024 - envelope);
    bench.put("large", &fits, None).await;
    assert_eq!(bench.text("large").await.as_deref(), Some(fits.as_str()));
    assert!(refused(Batch::new().put(key("larger"), &note(&format!("{fits}x")), None).clone()).await);

    let mut heavy = Batch::new();
    (0..64).for_each(|number| {
        heavy.put(key(&number.to_string()), &note(&fits), None);
    });
    assert!(refused(heavy).await);
    assert!(refused(Batch::new().delete(key(&"k".repeat(2_048))).clone()).await);
    assert_eq!(bench.text("larger").await, None);
}

async fn reports_a_record_that_is_no_json(bench: Bench) {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Odd(std::collections::BTreeMap<(u8, u8), u8>);
    impl keyward::storage::Record for Odd {}
    let mut batch = Batch::new();
    batch.put(key("odd"), &Odd([((1, 2), 3)].into()), None);
    assert!(matches!(bench.store.commit(batch).await, Err(StorageError::Invalid(_))));
}

#[derive(Default)]
pub struct Copy(pub Vec<(Key, Vec<u8>)>, pub Option<StoreMark>);

impl ExportSink for Copy {
    fn begin(&mut self, mark: StoreMark) -> Result<(), StorageError> {
        assert!(self.0.is_empty() && self.1.replace(mark).is_none());
        Ok(())
    }

    fn record(&mut self, key: &Key, envelope: &[u8]) -> Result<(), StorageError> {
        self.0.push((key.clone(), envelope.to_vec()));
        Ok(())
    }
}

async fn exports_everything_in_key_order(bench: Bench) {
    let mut empty = Copy::default();
    assert_eq!(bench.store.export(&mut empty).await.unwrap(), 0);
    let number = empty.1.unwrap().number;
    for name in ["b", "c", "a"] {
        bench.put(name, name, bench.in_seconds(60)).await;
    }
    let mut copy = Copy::default();
    assert_eq!(bench.store.export(&mut copy).await.unwrap(), 3);
    assert_eq!(copy.1, Some(StoreMark { number, revision: 3 }));
    let names: Vec<String> = copy.0.iter().map(|(key, _)| key.last_part()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let (key, envelope) = &copy.0[0];
    let raw = keyward::storage::envelope::decode(key, envelope).unwrap();
    assert_eq!((raw.revision, raw.expires), (3, bench.in_seconds(60)));
}

async fn stops_an_export_whose_sink_fails(bench: Bench) {
    struct Full;
    impl ExportSink for Full {
        fn begin(&mut self, _: StoreMark) -> Result<(), StorageError> {
            Ok(())
        }
        fn record(&mut self, _: &Key, _: &[u8]) -> Result<(), StorageError> {
            Err(StorageError::Invalid("the disk is full".into()))
        }
    }
    let mut batch = Batch::new();
    (0..900).for_each(|number| {
        batch.put(key(&number.to_string()), &note("x"), None);
    });
    done(bench.store.commit(batch).await.unwrap());
    assert!(matches!(bench.store.export(&mut Full).await, Err(StorageError::Invalid(_))));
    assert_eq!(*bench.store.failure().borrow(), None, "the fault was the sink's");
    bench.put("a", "goes on", None).await;
}

/// Two keys that always change together are never read apart.
async fn reads_several_keys_in_one_view(bench: Bench) {
    let writer = bench.store.clone();
    let writing = tokio::spawn(async move {
        for number in 0..200 {
            let mut batch = Batch::new();
            batch.put(key("left"), &note(&number.to_string()), None);
            batch.put(key("right"), &note(&number.to_string()), None);
            done(writer.commit(batch).await.unwrap());
        }
    });
    let mut views = 0u32;
    while !writing.is_finished() {
        let found = bench.store.get(&[key("left"), key("right")]).await.unwrap();
        let json: Vec<_> = found.into_iter().map(|raw| raw.map(|raw| (raw.json, raw.revision))).collect();
        assert_eq!(json[0], json[1]);
        views += 1;
        tokio::task::yield_now().await;
    }
    writing.await.unwrap();
    assert!(views > 0);
}
