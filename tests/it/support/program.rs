//! The real program as a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use keyward::foundation::Clock as _;
use keyward::foundation::clock::SystemClock;
use serde_json::Value;

/// The program with these arguments, to the end.
pub fn keyward(arguments: &[&str], input: &str) -> Output {
    use std::io::Write as _;
    let mut child = command(arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// Its standard error stream as text.
pub fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs and expects success; the standard output.
pub fn done(arguments: &[&str], input: &str) -> String {
    let output = keyward(arguments, input);
    assert!(output.status.success(), "{arguments:?}: {}", complaint(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs and expects this exit code, and nothing on the standard output; the standard error.
pub fn refused(arguments: &[&str], input: &str, code: i32) -> String {
    let output = keyward(arguments, input);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", complaint(&output));
    assert!(output.stdout.is_empty(), "{arguments:?} printed something");
    complaint(&output)
}

/// An installation in a folder of its own: settings, data, keys.
pub struct Installed {
    pub folder: tempfile::TempDir,
    pub settings: String,
    /// Where it is told to listen.
    pub port: u16,
}

impl Installed {
    pub fn new() -> Self {
        Self::with("")
    }

    /// With `more` sections of settings.
    pub fn with(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        let settings = folder.path().join("keyward.toml");
        let text = format!(
            "issuer = \"http://localhost:{port}\"\n[listen]\naddresses = [\"127.0.0.1:{port}\"]\n\
             [data]\nfolder = \"data\"\nkeys = \"keys\"\n{more}\n"
        );
        std::fs::write(&settings, text).unwrap();
        Self { settings: settings.to_str().unwrap().to_owned(), folder, port }
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn arguments<'a>(&'a self, command: &[&'a str]) -> Vec<&'a str> {
        command.iter().copied().chain(["--settings", &self.settings]).collect()
    }

    /// Runs a command here and expects success; the standard output.
    pub fn done(&self, command: &[&str]) -> String {
        done(&self.arguments(command), "")
    }

    /// Runs a command here and expects a refusal; the sentence.
    pub fn refused(&self, command: &[&str]) -> String {
        refused(&self.arguments(command), "", 1)
    }

    /// Starts `keyward serve` here and waits until it answers.
    pub async fn serve(&self) -> Serving {
        let mut child = command(&self.arguments(&["serve"])).stdin(Stdio::null()).spawn().unwrap();
        let begun = SystemClock.now();
        while !self.data().join("admin.sock").exists()
            || std::os::unix::net::UnixStream::connect(self.data().join("admin.sock")).is_err()
        {
            if child.try_wait().unwrap().is_some() {
                panic!("the server ended: {}", complaint(&child.wait_with_output().unwrap()));
            }
            assert!(SystemClock.now().since(begun) < Duration::from_secs(60), "the server does not come up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Serving { child: Some(child) }
    }
}

/// A running `keyward serve`; killed when dropped.
pub struct Serving {
    child: Option<Child>,
}

impl Serving {
    /// Kills it at once, as a power cut would; what it had said.
    pub fn kill(mut self) -> Output {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait_with_output().unwrap()
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Waits for it to end by itself; what it had said.
    pub fn ends(mut self) -> Output {
        self.child.take().unwrap().wait_with_output().unwrap()
    }

    /// Asks it to stop, without waiting.
    pub fn ask_to_stop(&self) {
        let id = rustix::process::Pid::from_child(self.child.as_ref().unwrap());
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    }

    /// Asks it to stop, and answers what it had said.
    pub fn stop(mut self) -> Output {
        self.ask_to_stop();
        self.child.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A running `keyward demo`; killed when dropped.
#[derive(Debug)]
pub struct Demo {
    child: Child,
    json: PathBuf,
    pub told: Value,
    /// From the start of the process to its answer.
    pub took: Duration,
}

impl Demo {
    /// Starts it in `folder` and waits until everything answers.
    pub async fn start(folder: &Path, more: &[&str]) -> Self {
        let json = folder.join("told.json");
        let _ = std::fs::remove_file(&json);
        let data = folder.join("data");
        let (json_text, data_text) = (json.to_str().unwrap(), data.to_str().unwrap());
        let mut arguments = vec!["demo", "--json", json_text, "--data", data_text];
        if !data.exists() {
            arguments.extend(["--listen", "127.0.0.1:0"]);
        }
        arguments.extend(more);
        let begun = SystemClock.now();
        let mut child = command(&arguments).stdin(Stdio::null()).spawn().unwrap();
        while !json.exists() {
            if child.try_wait().unwrap().is_some() {
                panic!("demo ended: {}", complaint(&child.wait_with_output().unwrap()));
            }
            assert!(SystemClock.now().since(begun) < Duration::from_secs(60), "the demo does not come up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let took = SystemClock.now().since(begun);
        let told = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
        Self { child, json, told, took }
    }

    pub fn text(&self, pointer: &str) -> String {
        self.told
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no {pointer}"))
            .to_owned()
    }

    /// Kills it at once, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and answers how it ended.
    pub async fn stop(mut self) -> std::process::ExitStatus {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        for _ in 0..600 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the demo does not stop");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.json);
    }
}
