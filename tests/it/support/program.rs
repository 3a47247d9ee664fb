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

/// The program with these arguments, not yet started; variables that steer the tests are no settings of it.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = clean(env!("CARGO_BIN_EXE_keyward"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn clean(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("KEYWARD_")) {
        command.env_remove(name);
    }
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
        let issuer = format!("http://localhost:{port}");
        let this = Self { settings: settings.to_str().unwrap().to_owned(), folder };
        this.write(&issuer, &format!("127.0.0.1:{port}"), more);
        this
    }

    /// Writes its settings anew.
    pub fn write(&self, issuer: &str, listen: &str, more: &str) {
        let text = format!(
            "issuer = \"{issuer}\"\n[listen]\naddresses = [\"{listen}\"]\n\
             [data]\nfolder = \"data\"\nkeys = \"keys\"\n{more}\n"
        );
        std::fs::write(&self.settings, text).unwrap();
    }

    /// Its issuer.
    pub fn issuer(&self) -> String {
        let text = std::fs::read_to_string(&self.settings).unwrap();
        text.split('"').nth(1).unwrap().to_owned()
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn arguments<'a>(&'a self, command: &[&'a str]) -> Vec<&'a str> {
        command.iter().copied().chain(["--settings", &self.settings]).collect()
    }

    /// Runs a command here and expects success; the standard output.
    pub fn done(&self, command: &[&str]) -> String {
        done(&self.arguments(command), "")
    }

    /// Runs a command here: whether it succeeded, and all that it said.
    pub fn said(&self, command: &[&str]) -> (bool, String) {
        let output = keyward(&self.arguments(command), "");
        let text = String::from_utf8(output.stdout.clone()).unwrap() + &complaint(&output);
        (output.status.success(), text)
    }

    /// Runs a command here and expects a refusal; the sentence.
    pub fn refused(&self, command: &[&str]) -> String {
        refused(&self.arguments(command), "", 1)
    }

    /// Starts `keyward serve` here and waits until it answers.
    pub async fn serve(&self) -> Serving {
        self.wait_for(command(&self.arguments(&["serve"])).stdin(Stdio::null()).spawn().unwrap()).await
    }

    /// The same with these variables in its environment.
    pub async fn serve_with(&self, variables: &[(&str, &str)]) -> Serving {
        let mut serve = command(&self.arguments(&["serve"]));
        serve.envs(variables.iter().copied()).stdin(Stdio::null());
        self.wait_for(serve.spawn().unwrap()).await
    }

    /// What `keyward doctor` says here, with these variables in its environment: its exit code, and all that it found.
    pub fn doctor(&self, variables: &[(&str, &str)]) -> (i32, Examined) {
        let mut doctor = command(&self.arguments(&["doctor", "--json"]));
        let output = doctor.envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap();
        let found = serde_json::from_slice(&output.stdout);
        let found = found.unwrap_or_else(|error| panic!("{error}: {}", complaint(&output)));
        (output.status.code().unwrap(), Examined(found))
    }

    /// The same on a socket that was opened before and stays open, as a service manager does it.
    pub async fn serve_on(&self, listener: &std::net::TcpListener) -> Serving {
        self.wait_for(self.handed(listener).spawn().unwrap()).await
    }

    /// The same, expecting a refusal; the sentence.
    pub fn refused_on(&self, listener: &std::net::TcpListener) -> String {
        let output = self.handed(listener).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        complaint(&output)
    }

    fn handed(&self, listener: &std::net::TcpListener) -> Command {
        let hand_over = "exec 3<&0 0</dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$@\"";
        let mut shell = clean("sh");
        let program = env!("CARGO_BIN_EXE_keyward");
        shell.args(["-c", hand_over, "sh", program, "serve", "--settings", &self.settings]);
        let socket = std::os::fd::OwnedFd::from(listener.try_clone().unwrap());
        shell.stdin(socket).stdout(Stdio::piped()).stderr(Stdio::piped());
        shell
    }

    async fn wait_for(&self, mut child: Child) -> Serving {
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

/// What a doctor found.
#[derive(Debug)]
pub struct Examined(Vec<Value>);

impl Examined {
    /// How `check` is, with sentence and mend in one text.
    #[track_caller]
    pub fn of(&self, check: &str) -> (&str, String) {
        let it = self.0.iter().find(|it| it["check"] == check);
        let it = it.unwrap_or_else(|| panic!("no {check} in {:?}", self.0));
        let mend = it["mend"].as_str();
        let condition = it["condition"].as_str().unwrap();
        assert_eq!(mend.is_some(), ["warning", "wrong"].contains(&condition), "{it}");
        (condition, format!("{}; {}", it["sentence"].as_str().unwrap(), mend.unwrap_or_default()))
    }

    /// `check` is in this condition, and its text tells all of this.
    #[track_caller]
    pub fn is(&self, check: &str, condition: &str, told: &[&str]) {
        let (found, text) = self.of(check);
        assert!(
            found == condition && told.iter().all(|word| text.contains(word)),
            "{check}: {found}: {text}"
        );
    }

    /// The checks in this condition.
    pub fn all(&self, condition: &str) -> Vec<&str> {
        let them = self.0.iter().filter(|it| it["condition"] == condition);
        them.map(|it| it["check"].as_str().unwrap()).collect()
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
