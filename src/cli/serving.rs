//! A running installation: listeners, signals, the sweep of what has expired, and the end when the store fails.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::Failed;
use crate::app::App;
use crate::app::upkeep::{self, Upkeep};
use crate::journey;
use crate::server::{AdminSocket, Server, Stop, Stopping};

/// How often expired records are cleared away; they count as absent at once anyway.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// So many are cleared away in one commit.
const SWEEP_AT_ONCE: usize = 500;

/// Listeners, each with what it serves.
pub type Doors = Vec<(Server, Router)>;

/// Serves `doors` until a signal asks to stop, or the store of `app` fails (R-ST-02). `meanwhile` runs beside it once; its
/// failure ends everything. The command line reaches it all the while.
pub async fn serve(
    app: &App,
    doors: Doors,
    meanwhile: impl Future<Output = Result<(), Failed>>,
) -> Result<(), Failed> {
    let mut upkeep = app.upkeep();
    upkeep.started().await.map_err(Failed::from_error)?;
    let (stop, stopping) = Stop::new();
    let signals = tokio::spawn(stop.clone().on_signals().map_err(Failed::from_error)?);
    let socket = AdminSocket::open(&app.ground.settings.data.folder).map_err(Failed::from_error)?;
    let mut serving = JoinSet::new();
    serving.spawn(socket.serve(app.commands(), stopping.clone()));
    serving.spawn(work(app.clone(), stopping.clone()));
    for (server, router) in doors {
        serving.spawn(server.serve(router, stopping.clone()));
    }
    let sweeping = tokio::spawn(sweep(app.clone(), stopping.clone()));
    let keeping = tokio::spawn(keep_up(upkeep, stopping.clone()));
    let outcome = tokio::select! {
        failed = store_failure(app) => Err(failed),
        outcome = until_stopped(meanwhile, &stopping) => outcome,
    };
    if outcome.is_err() {
        stop.ask();
    }
    while serving.join_next().await.is_some() {}
    signals.abort();
    sweeping.abort();
    if let Ok(upkeep) = keeping.await {
        upkeep.stopped().await;
    }
    outcome
}

/// Carries out what is queued. At a stop, a mail that is being handed over is better brought to its end than sent twice.
async fn work(app: App, stopping: Stopping) {
    let working = app.runner.run(stopping.draining());
    tokio::pin!(working);
    tokio::select! {
        () = &mut working => return,
        () = stopping.draining() => {}
    }
    tokio::select! {
        () = working => {}
        () = tokio::time::sleep(app.ground.settings.http.stop_time) => {}
        () = stopping.now() => {}
    }
}

async fn until_stopped(
    meanwhile: impl Future<Output = Result<(), Failed>>,
    stopping: &Stopping,
) -> Result<(), Failed> {
    tokio::select! {
        () = stopping.draining() => return Ok(()),
        done = meanwhile => done?,
    }
    stopping.draining().await;
    Ok(())
}

async fn store_failure(app: &App) -> Failed {
    let mut failure = app.ground.store.failure();
    let reason = match failure.wait_for(Option::is_some).await {
        Ok(reason) => reason.clone().unwrap_or_default(),
        Err(_) => "its writer has stopped".to_owned(),
    };
    Failed(format!(
        "the store failed ({reason}); nothing was acknowledged since. Mend the cause and start again"
    ))
}

/// Beats for the upkeep until a stop is asked for. Events are linked at their own beat, whatever else takes its time.
async fn keep_up(mut upkeep: Upkeep, stopping: Stopping) -> Upkeep {
    let (mut linking, mut looking) = (interval(upkeep::LINK_EVERY), interval(upkeep::LOOK_EVERY));
    linking.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looking.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let linker = upkeep.linker();
    let link = async {
        loop {
            linking.tick().await;
            linker.link_all().await;
        }
    };
    let look = async {
        looking.tick().await;
        loop {
            looking.tick().await;
            upkeep.look_around().await;
        }
    };
    tokio::select! {
        () = stopping.draining() => {}
        () = link => {}
        () = look => {}
    }
    upkeep
}

async fn sweep(app: App, stopping: Stopping) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            () = stopping.draining() => return,
            _ = ticks.tick() => {}
        }
        let store = &app.ground.store;
        // A full batch means that more is waiting.
        while let Ok(SWEEP_AT_ONCE) = store.sweep(app.ground.clock.now(), SWEEP_AT_ONCE).await {}
        if let Err(error) = app.configuration.clear_replaced().await {
            tracing::error!(%error, "replaced configurations could not be cleared away");
        }
        match journey::store::evict(store, journey::store::MOST_IN_ALL).await {
            Ok(0) => {}
            Ok(evicted) => {
                tracing::warn!(evicted, "too many sign-ins stood open; the oldest of nobody gave way")
            }
            Err(error) => tracing::error!(%error, "open sign-ins could not be counted"),
        }
    }
}
