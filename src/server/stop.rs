//! Stopping: first what is under way ends, then the process (R-OP-07).

use tokio::sync::watch;

/// How far a stop has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Running,
    /// No new connections; what is under way may end.
    Draining,
    /// Everything ends now. Safe: what was acknowledged is durable.
    Now,
}

/// Asks the server to stop.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<Phase>);

/// Learns of a stop.
#[derive(Debug, Clone)]
pub struct Stopping(watch::Receiver<Phase>);

impl Stop {
    /// A pair: one end asks, the other learns.
    pub fn new() -> (Self, Stopping) {
        let (sender, receiver) = watch::channel(Phase::Running);
        (Self(sender), Stopping(receiver))
    }

    /// Asks once: drain. Asks again: at once.
    pub fn ask(&self) {
        self.0.send_modify(|phase| {
            *phase = if *phase == Phase::Running { Phase::Draining } else { Phase::Now }
        });
    }

    /// Asks whenever the system does from now on: SIGTERM or SIGINT, twice for at once. What it answers never ends by itself.
    pub fn on_signals(self) -> std::io::Result<impl Future<Output = ()>> {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                tracing::info!("asked to stop");
                self.ask();
            }
        })
    }
}

impl Stopping {
    /// Ends when a stop is asked for. Everybody who could ask being gone counts as asked.
    pub async fn draining(&self) {
        self.reached(Phase::Draining).await;
    }

    /// Whether a stop was asked for.
    pub fn is_draining(&self) -> bool {
        *self.0.borrow() >= Phase::Draining
    }

    /// Ends when everything is to end now.
    pub async fn now(&self) {
        self.reached(Phase::Now).await;
    }

    async fn reached(&self, wanted: Phase) {
        let _ = self.0.clone().wait_for(|phase| *phase >= wanted).await;
    }
}
