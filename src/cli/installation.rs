//! The installation a command works on: opened by this process when nobody holds the data folder, else reached through the
//! admin socket of the server that does. The command is the same.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::{Failed, Place, opening};
use crate::commands::{Administrator, Command, Refused, Registry, Request};
use crate::config::Settings;
use crate::config::log::Level;
use crate::foundation::Clock as _;
use crate::foundation::clock::SystemClock;
use crate::server::admin_socket::{self, NoAnswer};
use crate::storage::StorageError;
use crate::telemetry;

/// While a server starts or stops, it holds the folder and does not answer. It is given this long.
const PATIENCE: Duration = Duration::from_secs(12);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);

/// Where commands are performed.
#[derive(Debug)]
pub struct Installation {
    settings: Settings,
    opened: Option<Registry>,
}

impl Installation {
    /// The one that `place` names.
    pub fn at(place: &Place) -> Result<Self, Failed> {
        Ok(Self::of(place.read()?))
    }

    /// The one that `settings` describe. Only what needs mending is logged.
    pub fn of(mut settings: Settings) -> Self {
        settings.log.level = Level::Warn;
        telemetry::log::start(&settings.log);
        Self { settings, opened: None }
    }

    /// Has `command` performed.
    pub async fn perform<C: Command>(&mut self, command: C) -> Result<C::Answer, Failed> {
        let answer = match Request::of(&command) {
            Ok(request) => self.ask(request).await?,
            Err(refused) => Err(refused),
        };
        read::<C>(answer)
    }

    /// Has `command` performed by the server that holds the folder; `None` if no server listens.
    pub async fn perform_at_server<C: Command>(&self, command: C) -> Option<Result<C::Answer, Failed>> {
        let answer = match Request::of(&command) {
            Ok(request) => admin_socket::ask(&self.settings.data.folder, &request).await,
            Err(refused) => Ok(Err(refused)),
        };
        match answer {
            Err(NoAnswer::Nobody(_)) => None,
            Err(lost) => Some(Err(Failed::from_error(lost))),
            Ok(answer) => Some(read::<C>(answer)),
        }
    }

    /// Whoever holds the folder performs it. Nobody is asked twice: only who could not be reached is tried again.
    async fn ask(&mut self, request: Request) -> Result<Result<Value, Refused>, Failed> {
        let begun = SystemClock.now();
        loop {
            if let Some(registry) = &self.opened {
                return Ok(registry.perform(Administrator::Operator, request).await);
            }
            match admin_socket::ask(&self.settings.data.folder, &request).await {
                Err(NoAnswer::Nobody(_)) => {}
                answer => return answer.map_err(Failed::from_error),
            }
            match self.open().await {
                Err(Obstacle::InUse(_)) if SystemClock.now().since(begun) < PATIENCE => {
                    tokio::time::sleep(PAUSE).await
                }
                Err(Obstacle::InUse(folder)) => return Err(unanswered(&folder, &self.socket())),
                Err(Obstacle::Failed(failed)) => return Err(failed),
                Ok(()) => {}
            }
        }
    }

    async fn open(&mut self) -> Result<(), Obstacle> {
        let store = opening::try_store(&self.settings)?;
        let app = opening::with(self.settings.clone(), store).await.map_err(Obstacle::Failed)?;
        self.opened = Some(app.commands());
        Ok(())
    }

    fn socket(&self) -> PathBuf {
        admin_socket::path(&self.settings.data.folder)
    }
}

fn read<C: Command>(answer: Result<Value, Refused>) -> Result<C::Answer, Failed> {
    serde_json::from_value(answer.map_err(Failed::from_error)?).map_err(|error| {
        Failed(format!("the server's answer is of another version ({error}); restart it with this program"))
    })
}

enum Obstacle {
    InUse(String),
    Failed(Failed),
}

impl From<StorageError> for Obstacle {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::InUse(folder) => Self::InUse(folder),
            other => Self::Failed(Failed::from_error(other)),
        }
    }
}

fn unanswered(folder: &str, socket: &std::path::Path) -> Failed {
    Failed(format!(
        "{folder} is in use by another keyward process that does not answer at {}; wait until it has started or stopped, \
         or stop it, then run this again",
        socket.display()
    ))
}
