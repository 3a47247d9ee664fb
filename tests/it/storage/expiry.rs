//! Expiry: what has ended is absent at once, everywhere; the sweep only frees its space (R-ST-07).

use std::time::Duration;

use keyward::foundation::Clock as _;
use keyward::storage::{Batch, Key, Outcome};

use super::{Bench, done, key, note, on_every_engine};

on_every_engine! {
    is_absent_at_its_end, counts_as_absent_in_conditions, is_skipped_in_pages, sweeps_in_bounded_steps,
    spares_what_was_renewed, spares_what_lives_whatever_the_caller_says, keeps_its_index_in_step,
    leaves_nothing_of_what_comes_and_goes_under_ever_new_ends,
}

async fn is_absent_at_its_end(bench: Bench) {
    bench.put("a", "one", bench.in_seconds(10)).await;
    bench.clock.advance(Duration::from_millis(9_999));
    assert!(bench.text("a").await.is_some());
    bench.clock.advance(Duration::from_millis(1));
    assert!(bench.text("a").await.is_none());
}

async fn counts_as_absent_in_conditions(bench: Bench) {
    let revision = bench.put("a", "one", bench.in_seconds(10)).await;
    done(bench.store.commit(Batch::new().add(key("n"), 7, bench.in_seconds(10)).clone()).await.unwrap());
    bench.pass_seconds(10);
    let present = Batch::new().require_present(key("a")).clone();
    assert_eq!(bench.store.commit(present).await.unwrap(), Outcome::Refused(0));
    let unchanged = Batch::new().require_revision(key("a"), revision).clone();
    assert_eq!(bench.store.commit(unchanged).await.unwrap(), Outcome::Refused(0));
    let below = Batch::new().require_counter_below(key("n"), 1).clone();
    assert!(bench.store.commit(below).await.unwrap().is_done());
    let absent = Batch::new().require_absent(key("a")).put(key("a"), &note("two"), None).clone();
    assert!(bench.store.commit(absent).await.unwrap().is_done());
    assert_eq!(bench.text("a").await.as_deref(), Some("two"));
    bench.all_is_well().await;
}

async fn is_skipped_in_pages(bench: Bench) {
    for number in 0..20 {
        let end = if number % 4 == 3 { None } else { bench.in_seconds(10) };
        bench.put(&format!("{number:02}"), "x", end).await;
    }
    bench.pass_seconds(10);
    let page = bench.store.scan(&Key::prefix("note", &[]), None, 3).await.unwrap();
    let names: Vec<String> = page.iter().map(|(key, _)| key.last_part()).collect();
    assert_eq!(names, ["03", "07", "11"], "a page is full although most have ended");
}

async fn sweeps_in_bounded_steps(bench: Bench) {
    for number in 0..25 {
        bench.put(&number.to_string(), "x", bench.in_seconds(10)).await;
    }
    bench.put("stays", "x", bench.in_seconds(99)).await;
    assert_eq!(bench.store.sweep(bench.clock.now(), 10).await.unwrap(), 0);
    bench.pass_seconds(10);
    assert_eq!(bench.store.check().await.unwrap().records, 26, "ended records stand until they are swept");
    let mut steps = Vec::new();
    for _ in 0..4 {
        steps.push(bench.store.sweep(bench.clock.now(), 10).await.unwrap());
    }
    assert_eq!(steps, [10, 10, 5, 0]);
    let report = bench.store.check().await.unwrap();
    assert_eq!((report.records, report.problems), (1, vec![]));
}

async fn spares_what_was_renewed(bench: Bench) {
    for number in 0..50 {
        let name = number.to_string();
        bench.put(&name, "old", bench.in_seconds(10)).await;
        bench.pass_seconds(10);
        let mut renewal = Batch::new();
        renewal.put(key(&name), &note("new"), bench.in_seconds(3_600));
        let (swept, renewed) =
            tokio::join!(bench.store.sweep(bench.clock.now(), 100), bench.store.commit(renewal));
        swept.unwrap();
        done(renewed.unwrap());
        assert_eq!(bench.text(&name).await.as_deref(), Some("new"));
        assert_eq!(bench.store.sweep(bench.clock.now(), 100).await.unwrap(), 0);
    }
    bench.all_is_well().await;
}

async fn spares_what_lives_whatever_the_caller_says(bench: Bench) {
    bench.put("a", "one", bench.in_seconds(10)).await;
    let far = bench.clock.now().plus(Duration::from_secs(1_000));
    assert_eq!(bench.store.sweep(far, 10).await.unwrap(), 0);
    assert!(bench.text("a").await.is_some());
}

async fn keeps_its_index_in_step(bench: Bench) {
    bench.put("a", "one", bench.in_seconds(10)).await;
    bench.put("a", "two", bench.in_seconds(20)).await;
    bench.put("b", "one", bench.in_seconds(10)).await;
    bench.put("b", "two", None).await;
    bench.put("c", "one", None).await;
    bench.put("c", "two", bench.in_seconds(10)).await;
    bench.put("d", "one", bench.in_seconds(10)).await;
    done(bench.store.commit(Batch::new().delete(key("d")).clone()).await.unwrap());
    bench.all_is_well().await;
    bench.pass_seconds(10);
    assert_eq!(bench.store.sweep(bench.clock.now(), 10).await.unwrap(), 4, "each is looked at");
    assert_eq!(bench.store.check().await.unwrap().records, 2, "only c has ended");
    bench.all_is_well().await;
    assert_eq!(bench.store.sweep(bench.clock.now(), 10).await.unwrap(), 0, "and nothing is looked at twice");
    bench.put("a", "three", bench.in_seconds(5)).await;
    bench.pass_seconds(5);
    assert_eq!(bench.store.sweep(bench.clock.now(), 10).await.unwrap(), 1, "an end may also come earlier");
    assert_eq!(bench.store.check().await.unwrap().records, 1);
    bench.pass_seconds(5);
    assert_eq!(
        bench.store.sweep(bench.clock.now(), 10).await.unwrap(),
        1,
        "where it was to be looked for before"
    );
    bench.all_is_well().await;
}

/// As the count of a known browser's tries does at every sign-in: it would stand in the index for half a year each time.
async fn leaves_nothing_of_what_comes_and_goes_under_ever_new_ends(bench: Bench) {
    for _ in 0..20 {
        bench.put("a", "one", bench.in_seconds(180 * 86_400)).await;
        done(bench.store.commit(Batch::new().delete(key("a")).clone()).await.unwrap());
        bench.pass_seconds(60);
    }
    bench.pass_seconds(181 * 86_400);
    assert_eq!(bench.store.sweep(bench.clock.now(), 100).await.unwrap(), 0, "nothing is left to look at");
    bench.all_is_well().await;
}
