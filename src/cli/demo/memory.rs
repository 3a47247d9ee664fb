//! What a demonstration needs for its next start: `demo.json` in its folder, for its owner alone. It holds the sample
//! people's passwords and the applications' secrets in clear, as the real applications hold theirs.

use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Place;
use crate::cli::Failed;
use crate::demo::people::SamplePerson;
use crate::vocabulary::ClientMetadata;

/// One demo application as it is registered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RegisteredApplication {
    /// Its name.
    pub name: String,
    /// Its base address.
    pub base_url: String,
    /// Its id at the provider.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Where answers go.
    pub redirect_uri: String,
}

impl RegisteredApplication {
    /// The port in its base address.
    pub fn port(&self) -> u16 {
        url::Url::parse(&self.base_url).ok().and_then(|url| url.port()).unwrap_or_default()
    }
}

/// One client of `--client`, with the metadata it was registered by.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RegisteredClient {
    /// Its name.
    pub name: String,
    /// Its id.
    pub client_id: String,
    /// Its secret; absent for a public client.
    pub client_secret: Option<String>,
    /// Where answers may go.
    pub redirect_uris: Vec<String>,
    /// As it stood in the file.
    pub metadata: ClientMetadata,
}

/// Everything that is remembered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Memory {
    /// Where the provider listens.
    pub listen: SocketAddr,
    /// The issuer.
    pub issuer: String,
    /// The sample people.
    pub people: Vec<SamplePerson>,
    /// The demo applications.
    pub applications: Vec<RegisteredApplication>,
    /// The port of the mailbox's page; absent where an older version wrote this.
    #[serde(default)]
    pub inbox_port: Option<u16>,
    /// Further clients.
    #[serde(default)]
    pub clients: Vec<RegisteredClient>,
}

impl Memory {
    /// What an earlier start left; `None` at the first.
    pub fn read(place: &Place) -> Result<Option<Self>, Failed> {
        let file = place.memory();
        let unusable = |why: &dyn std::fmt::Display| {
            Failed(format!(
                "{} is not what a demonstration wrote ({why}); choose another --data",
                file.display()
            ))
        };
        match std::fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| unusable(&error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(&error)),
        }
    }

    /// Writes it for the next start.
    pub fn write(&self, place: &Place) -> Result<(), Failed> {
        let text = serde_json::to_vec_pretty(self).map_err(Failed::from_error)?;
        write_privately(&place.memory(), &text)
    }
}

/// Writes `bytes` to `file` whole or not at all, readable by its owner alone.
pub fn write_privately(file: &Path, bytes: &[u8]) -> Result<(), Failed> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = file.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)
        .and_then(|mut opened| opened.write_all(bytes).and_then(|()| opened.sync_all()))
        .and_then(|()| std::fs::rename(&unfinished, file));
    written.map_err(|error| Failed(format!("{} cannot be written: {error}", file.display())))
}
