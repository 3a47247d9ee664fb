//! What goes on beside the requests: the space of expired records is freed, and a store that has failed stops the program,
//! so that nothing is acknowledged that is not durable (R-ST-02, R-ST-07).

use std::sync::Arc;
use std::time::Duration;

use crate::foundation::Clock;
use crate::storage::SharedStore;

use super::stop::{Stop, Stopping};

/// How often is swept.
const PAUSE: Duration = Duration::from_secs(60);
/// Records freed in one commit.
const PORTION: usize = 400;

/// Sweeps until the program stops.
pub async fn sweep(store: SharedStore, clock: Arc<dyn Clock>, stopping: Stopping) {
    let mut pause = tokio::time::interval(PAUSE);
    loop {
        tokio::select! {
            () = stopping.draining() => return,
            _ = pause.tick() => {}
        }
        loop {
            match store.sweep(clock.now(), PORTION).await {
                Ok(freed) if freed == PORTION => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::error!(%error, "expired records could not be freed");
                    break;
                }
            }
        }
    }
}

/// Waits for the store to fail, then asks the program to stop. Answers what failed; `None` where it stopped without.
pub async fn stop_on_failure(store: SharedStore, stop: Stop, stopping: Stopping) -> Option<String> {
    let mut failure = store.failure();
    tokio::select! {
        () = stopping.draining() => None,
        failed = failure.wait_for(Option::is_some) => {
            let reason = failed.ok().and_then(|reason| reason.clone())?;
            tracing::error!(reason, "the store failed; stopping, so that nothing is acknowledged that is not durable");
            stop.ask();
            Some(reason)
        }
    }
}
