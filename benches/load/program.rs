//! The real program as a process of its own, and what the system tells of it.

use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::connection::Connection;

/// A start that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The running program; it ends with its handle.
pub struct Program {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Program {
    /// Starts it in `folder` with `more` sections of settings; answers when it is ready and how long that took.
    #[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
    pub async fn start(folder: &Path, more: &str) -> Result<(Duration, Self), Box<dyn Error>> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let settings = format!(
            "issuer = \"http://localhost:{port}\"\n[listen]\naddresses = [\"127.0.0.1:{port}\"]\n[log]\nlevel = \"warn\"\n\
             [admin]\nlisten = \"127.0.0.1:0\"\n{more}"
        );
        std::fs::write(folder.join("keyward.toml"), settings)?;
        let begun = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_keyward"))
            .args(["serve", "--settings", "keyward.toml"])
            .current_dir(folder)
            .stdout(Stdio::null())
            .spawn()?;
        let program = Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)) };
        while !program.is_ready().await {
            if begun.elapsed() > PATIENCE {
                return Err("the program did not become ready".into());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok((begun.elapsed(), program))
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut connection) = Connection::open(self.address).await else {
            return false;
        };
        let request = format!("GET /ready HTTP/1.1\r\nhost: localhost:{}\r\n\r\n", self.address.port());
        let answer = connection.send(&request).await;
        answer.is_ok_and(|answer| {
            answer.status() == 200 && answer.body == b"ready\n" && answer.header("cache-control").is_some()
        })
    }

    /// Its number among the system's processes.
    pub fn id(&self) -> String {
        self.child.id().to_string()
    }

    /// Megabytes that it holds in memory.
    pub fn resident_memory(&self) -> Result<f64, Box<dyn Error>> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib * 1024.0 / 1e6)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
