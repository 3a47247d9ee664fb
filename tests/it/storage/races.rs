//! Many callers at once: one winner, no hang, and nobody disturbed by a caller that went away (R-CO-03).

use std::time::Duration;

use keyward::storage::Batch;
use tokio::time::timeout;

use super::{Bench, done, key, note, on_every_engine};

on_every_engine! { lets_one_of_32_spend_a_code, answers_32_commits_in_flight, is_not_disturbed_by_callers_that_leave }

const PATIENCE: Duration = Duration::from_secs(60);

async fn lets_one_of_32_spend_a_code(bench: Bench) {
    for round in 0..40 {
        let code = format!("code-{round}");
        bench.put(&code, "unspent", bench.in_seconds(60)).await;
        let spenders = (0..32).map(|spender| {
            let (store, code) = (bench.store.clone(), code.clone());
            tokio::spawn(async move {
                let mut batch = Batch::new();
                batch.require_present(key(&code)).delete(key(&code));
                batch.put(key(&format!("token-{code}-{spender}")), &note("granted"), None);
                store.commit(batch).await.unwrap().is_done()
            })
        });
        let mut winners = 0;
        for spender in spenders.collect::<Vec<_>>() {
            winners += u32::from(timeout(PATIENCE, spender).await.unwrap().unwrap());
        }
        assert_eq!(winners, 1, "round {round}");
        assert!(bench.text(&code).await.is_none());
    }
    assert_eq!(bench.store.check().await.unwrap().records, 40, "one token a code");
}

async fn answers_32_commits_in_flight(bench: Bench) {
    let commits = (0..32).map(|number| {
        let store = bench.store.clone();
        tokio::spawn(async move {
            for step in 0..10 {
                let mut batch = Batch::new();
                batch.put(key(&format!("{number}-{step}")), &note("x"), None);
                done(store.commit(batch).await.unwrap());
            }
        })
    });
    for commit in commits.collect::<Vec<_>>() {
        timeout(PATIENCE, commit).await.expect("a commit hangs").unwrap();
    }
    assert_eq!(bench.store.check().await.unwrap().records, 320);
}

async fn is_not_disturbed_by_callers_that_leave(bench: Bench) {
    for number in 0..100 {
        let mut batch = Batch::new();
        batch.put(key("left"), &note("x"), None).put(key("right"), &note("x"), None);
        let leaving = bench.store.commit(batch);
        drop(timeout(Duration::from_micros(number), leaving).await);
        bench.put("stays", &number.to_string(), None).await;
    }
    let pair = bench.store.get(&[key("left"), key("right")]).await.unwrap();
    assert_eq!(pair[0].is_some(), pair[1].is_some(), "whole or not at all");
    assert_eq!(bench.text("stays").await.as_deref(), Some("99"));
    bench.all_is_well().await;
}
