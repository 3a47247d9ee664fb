//! A real SMTP server of another make (PyPI `aiosmtpd`), in a process of its own, and the certificates it shows.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use keyward::config::mail::{Encryption, Mail};
use keyward::foundation::secret::Hidden;
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use serde_json::{Value, json};

use crate::support::mailbox::plain;

pub const USER: &str = "keyward";
pub const PASSWORD: &str = "lantern harbour";

/// A running server; it ends with the test.
pub struct Server {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

/// How a server is to be.
#[derive(Clone, Copy)]
pub struct Plan {
    pub tls: &'static str,
    pub behaviour: &'static str,
    /// The name in its certificate.
    pub name: &'static str,
    pub login: bool,
}

pub const USUAL: Plan = Plan { tls: "starttls", behaviour: "takes", name: "localhost", login: true };

impl Plan {
    /// Starts it; `None`, loudly, where Python or the package cannot be had (a failure in continuous integration).
    pub fn start(self) -> Option<Server> {
        let python = python()?;
        let folder = tempfile::tempdir().unwrap();
        certificates(folder.path(), self.name);
        let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let mut told = json!({
            "tls": self.tls, "behaviour": self.behaviour, "certificate": file("server.pem"), "key": file("server.key"),
            "taken": file("taken"),
        });
        if self.login {
            told["user"] = json!(USER);
            told["password"] = json!(PASSWORD);
        }
        let mut process = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/smtp/server.py"))
            .arg(told.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port = port.trim().parse().expect("the server did not start");
        Some(Server { process, port, folder })
    }
}

impl Server {
    /// The way there, with the right login and the right authority.
    pub fn mail(&self) -> Mail {
        Mail {
            host: "localhost".to_owned(),
            encryption: Encryption::StartTls,
            username: Some(USER.to_owned()),
            password: Some(Hidden::new(PASSWORD)),
            ca_file: Some(self.folder.path().join("ca.pem")),
            ..plain(self.port)
        }
    }

    /// What it was given so far.
    pub fn taken(&self) -> Vec<Value> {
        let lines = std::fs::read_to_string(self.folder.path().join("taken")).unwrap_or_default();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An authority, and a certificate by it for `name`.
fn certificates(folder: &Path, name: &str) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    for (file, text) in
        [("ca.pem", authority.pem()), ("server.pem", certificate.pem()), ("server.key", key.serialize_pem())]
    {
        std::fs::write(folder.join(file), text).unwrap();
    }
}

/// A Python with the package, in an environment of its own that is kept for later runs.
fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = PYTHON.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("smtp-environment");
        let python = folder.join("bin/python");
        let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/smtp/requirements.txt");
        let run = |program: &Path, arguments: &[&str]| {
            let command = &mut Command::new(program);
            command.args(arguments).stdout(Stdio::null()).status().is_ok_and(|status| status.success())
        };
        let ready = || run(&python, &["-c", "import aiosmtpd"]);
        let made = || {
            run(Path::new("python3"), &["-m", "venv", folder.to_str().unwrap()])
                && run(&python, &["-m", "pip", "install", "-q", "-r", requirements.to_str().unwrap()])
        };
        (ready() || (made() && ready())).then(|| python.clone())
    });
    if found.is_none() {
        let notice =
            "NOT TESTED: Python with aiosmtpd cannot be had here, so nobody talked to a real mail server";
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{notice}");
        eprintln!("{notice}");
    }
    found.as_deref()
}
