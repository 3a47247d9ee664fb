//! Nothing goes outside: the real demo and a full sign-in at both applications run where only the loopback exists, every connection
//! and datagram is recorded, and none is meant for another address or asks for a name. No page loads anything foreign.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use keyward::demo::application::routes::EXTERNAL_LOGIN;
use keyward::foundation::Clock as _;
use keyward::foundation::clock::SystemClock;
use serde_json::Value;
use totp_rs::Secret;

use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::people::code_of;

const FOLDER: &str = "KEYWARD_NOTHING_OUTSIDE";
/// The calls by which a process reaches others.
const CALLS: &str = "trace=connect,sendto,sendmsg,sendmmsg";

#[test]
fn a_full_sign_in_tries_nothing_but_the_loopback() {
    let folder = tempfile::tempdir().unwrap();
    let Some(trace) = alone(folder.path()) else { return };
    let (mut loopback, mut foreign) = (0, Vec::new());
    for line in trace.lines().filter(|line| line.contains("sa_family=AF_INET")) {
        match line {
            name if name.contains("htons(53)") => foreign.push(line),
            four if four.contains("inet_addr(\"127.") => loopback += 1,
            six if six.contains("\"::1\"") => loopback += 1,
            _ => foreign.push(line),
        }
    }
    foreign.extend(trace.lines().filter(|line| line.contains("nscd") || line.contains("resolve")));
    assert!(foreign.is_empty(), "{foreign:#?}");
    assert!(loopback >= 4, "the sign-in was not seen: {trace}");
}

/// The record of a sign-in without any network but the loopback; `None`, loudly, where that cannot be had (a failure in continuous
/// integration).
fn alone(folder: &Path) -> Option<String> {
    let trace = folder.join("trace");
    let room = ["--net", "--map-root-user --net"].into_iter().find(|room| {
        let mut command = Command::new("unshare");
        command.args(room.split(' ')).args(["sh", "-c", "ip link set lo up && strace -f -o /dev/null true"]);
        command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    });
    let Some(room) = room else {
        let notice = "NOT TESTED: unshare, ip or strace is missing or may not be used here, so nobody saw whether anything goes outside";
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{notice}");
        eprintln!("{notice}");
        return None;
    };
    let script = "ip link set lo up && exec strace -f -qq -e \"$0\" -o \"$1\" \"$2\" --exact app::nothing_outside::child --nocapture --test-threads=1";
    let output = Command::new("unshare")
        .args(room.split(' '))
        .args(["sh", "-c", script, CALLS])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER, folder)
        .output()
        .unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("signed in everywhere"), "{said}");
    Some(std::fs::read_to_string(trace).unwrap())
}

/// The half without a network: does nothing unless the test above started it.
#[tokio::test]
async fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let demo = Demo::start(Path::new(&folder)).await;
    let mut browser = Browser::new();
    for place in [0, 1] {
        let base = demo.facts["applications"][place]["base_url"].as_str().unwrap();
        let page = browser.get(format!("{base}{EXTERNAL_LOGIN}")).await;
        let page = walk(&mut browser, page, &demo.facts["people"][0]).await;
        let mail = demo.facts["people"][0]["email"].as_str().unwrap();
        assert!(
            page.url.as_str().starts_with(base) && page.body.contains(mail),
            "{}: {}",
            page.url,
            page.body
        );
    }
    let home = browser.open(demo.facts["issuer"].as_str().unwrap()).await;
    loads_nothing_foreign(&home);
    println!("signed in everywhere");
}

/// Goes wherever it is sent and fills in what it is asked, until no page asks anything more.
async fn walk(browser: &mut Browser, mut page: Page, person: &Value) -> Page {
    let text = |name: &str| person[name].as_str().unwrap();
    for _ in 0..20 {
        loads_nothing_foreign(&page);
        page = if let Some(next) = page.location().or_else(|| page.hand_over()) {
            browser.get(next).await
        } else if page.has("login") {
            let fill = [("username", text("username")), ("password", text("password"))];
            browser.submit(&page, "login", &fill).await
        } else if page.has("factor") {
            let secret = Secret::try_from_base32(text("totp_secret")).unwrap();
            let code = code_of(secret.as_ref(), SystemClock.now().seconds());
            browser.submit(&page, "factor", &[("code", &code)]).await
        } else {
            return page;
        };
    }
    panic!("a sign-in without end: {} {}", page.url, page.body);
}

/// Whatever a page loads by itself stands at the address it came from (R-TR-05).
fn loads_nothing_foreign(page: &Page) {
    let loaded =
        ["script", "img", "iframe", "source", "video", "audio", "embed"].map(|element| (element, "src"));
    for (element, attribute) in loaded.into_iter().chain([("link", "href"), ("object", "data")]) {
        for target in
            page.all(element, |found| found.attr(attribute).map(str::to_owned)).into_iter().flatten()
        {
            let target = page.url.join(&target).unwrap();
            let own = target.scheme() == "data" || target.origin() == page.url.origin();
            assert!(own, "{} loads {target}", page.url);
        }
    }
    assert!(!page.body.contains("@import") && !page.body.contains("url(http"), "{}", page.body);
}

/// The real program's demo; it ends with its handle.
struct Demo {
    process: Child,
    facts: Value,
}

impl Demo {
    async fn start(folder: &Path) -> Self {
        let json = folder.join("demo.json");
        let process = Command::new(env!("CARGO_BIN_EXE_keyward"))
            .args(["demo", "--totp-enrolled", "--listen", "127.0.0.1:8443", "--json"])
            .arg(&json)
            .arg("--data")
            .arg(folder.join("data"))
            .spawn()
            .unwrap();
        let mut demo = Self { process, facts: Value::Null };
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        for _ in 0..1200 {
            tick.tick().await;
            if let Some(status) = demo.process.try_wait().unwrap() {
                panic!("the demo ended: {status}");
            }
            if let Some(facts) = std::fs::read(&json).ok().and_then(|text| serde_json::from_slice(&text).ok())
            {
                demo.facts = facts;
                return demo;
            }
        }
        panic!("the demo did not become ready within a minute");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _waited = self.process.wait();
    }
}
