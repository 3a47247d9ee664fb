//! The real binary's demo, started for one test.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// A running demo; ends with the test.
pub struct Demo {
    process: Child,
    _folder: tempfile::TempDir,
    facts: Value,
}

impl Demo {
    /// Starts it and waits until it has written its facts.
    pub async fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let json: PathBuf = folder.path().join("demo.json");
        let mut process = Command::new(env!("CARGO_BIN_EXE_keyward"))
            .args(["demo", "--listen", &format!("127.0.0.1:{}", free_port())])
            .arg("--data")
            .arg(folder.path().join("data"))
            .arg("--json")
            .arg(&json)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        for _ in 0..1200 {
            tick.tick().await;
            if let Some(status) = process.try_wait().unwrap() {
                panic!("the demo ended: {status}");
            }
            if let Ok(text) = std::fs::read_to_string(&json) {
                let facts = serde_json::from_str(&text).unwrap();
                return Self { process, _folder: folder, facts };
            }
        }
        panic!("the demo did not become ready within a minute");
    }

    pub fn issuer(&self) -> &str {
        self.facts["issuer"].as_str().unwrap()
    }

    /// The first sample person's member `name`.
    pub fn person(&self, name: &str) -> &str {
        self.facts["people"][0][name].as_str().unwrap()
    }

    /// The address of the application at `place`.
    pub fn application(&self, place: usize) -> &str {
        self.facts["applications"][place]["base_url"].as_str().unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _waited = self.process.wait();
    }
}

/// The provider takes it, the applications the following free ones.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
