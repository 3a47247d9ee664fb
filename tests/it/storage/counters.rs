//! Counters: judged in commit order, never below 0, never above their bound.

use keyward::storage::{Batch, Outcome};

use super::{Bench, done, key, on_every_engine};

on_every_engine! { counts_from_nothing, never_falls_below_zero, holds_its_bound_under_32_tasks, is_set_anew_with_its_end }

async fn counts_from_nothing(bench: Bench) {
    assert_eq!(bench.store.counter(&key("tries")).await.unwrap(), 0);
    let count = || Batch::new().require_counter_below(key("tries"), 2).add(key("tries"), 1, None).clone();
    done(bench.store.commit(count()).await.unwrap());
    done(bench.store.commit(count()).await.unwrap());
    assert_eq!(bench.store.commit(count()).await.unwrap(), Outcome::Refused(0));
    assert_eq!(bench.store.counter(&key("tries")).await.unwrap(), 2);
}

async fn never_falls_below_zero(bench: Bench) {
    done(
        bench
            .store
            .commit(Batch::new().add(key("tries"), -5, None).add(key("tries"), 1, None).clone())
            .await
            .unwrap(),
    );
    assert_eq!(bench.store.counter(&key("tries")).await.unwrap(), 1);
}

async fn is_set_anew_with_its_end(bench: Bench) {
    let count = |end| Batch::new().add(key("tries"), 1, end).clone();
    done(bench.store.commit(count(bench.in_seconds(10))).await.unwrap());
    done(bench.store.commit(count(bench.in_seconds(60))).await.unwrap());
    bench.pass_seconds(10);
    assert_eq!(bench.store.counter(&key("tries")).await.unwrap(), 2, "the second end holds");
    bench.pass_seconds(50);
    assert_eq!(bench.store.counter(&key("tries")).await.unwrap(), 0);
    done(bench.store.commit(count(None)).await.unwrap());
    assert_eq!(bench.store.counter(&key("tries")).await.unwrap(), 1, "an ended counter starts from nothing");
    bench.all_is_well().await;
}

/// No commit is retried: of 32 × 10 exactly the bound is let through, and the counter stands at it.
async fn holds_its_bound_under_32_tasks(bench: Bench) {
    const BOUND: u64 = 100;
    let tasks = (0..32).map(|_| {
        let store = bench.store.clone();
        tokio::spawn(async move {
            let mut passed = 0u64;
            for _ in 0..10 {
                let mut batch = Batch::new();
                batch.require_counter_below(key("hot"), BOUND).add(key("hot"), 1, None);
                passed += u64::from(store.commit(batch).await.unwrap().is_done());
            }
            passed
        })
    });
    let mut passed = 0;
    for task in tasks.collect::<Vec<_>>() {
        passed += task.await.unwrap();
    }
    assert_eq!(passed, BOUND);
    assert_eq!(bench.store.counter(&key("hot")).await.unwrap(), BOUND);
}
