//! A whole password sign-in through the pages, from the application's request to its code, against its one hash; and the
//! memory held after a thousand of them, of which half come one after another and half as a morning's do, several at a time.
//! Aims: at most 1.15 times the hash's processor time, at most 90 MB.
//! Run: `cargo bench --bench sign_in`.
//!
//! What the hash takes is measured where it is made: the threads that hash do nothing else. Beside it stands a hash in a
//! process that does nothing else, one after another: quicker, because nobody else is in the processor's caches.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "load/connection.rs"]
mod connection;
#[path = "load/population.rs"]
mod population;
#[path = "load/processor.rs"]
mod processor;
#[path = "load/program.rs"]
mod program;
#[path = "load/threads.rs"]
mod threads;

use std::error::Error;
use std::path::Path;

use connection::{Answer, Connection};
use keyward::app::App;
use keyward::clients::Preset;
use keyward::storage::Batch;
use keyward::users::Prepared;
use program::Program;

/// What the shipped program allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PEOPLE: usize = 100;
/// Each is measured so often, in turn.
const TURNS: usize = 5;
/// So many one after another, and so many together, in each turn: a thousand in all.
const SIGN_INS: usize = 100;
/// People who sign in at the same moment when work begins.
const MORNING: usize = 8;
const HASHES: usize = 60;
const PASSWORD: &str = "violet harbour 42 lantern";
const APPLICATION: &str = "http://localhost:9";
const SETTINGS: &str = "[policy]\nfloor = \"pwd\"\n[limits]\naddress_attempts = 100000\n";

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(report())
}

async fn report() -> Result<(), Box<dyn Error>> {
    let (folder, aside) = (folder()?, folder()?);
    let client = prepare(folder.path()).await?;
    let hashing = population::open(aside.path()).await?;
    let (took, program) = Program::start(folder.path(), SETTINGS).await?;
    let (mut lone, mut alone, mut together) = (f64::INFINITY, Spent::default(), Spent::default());
    for _ in 0..TURNS {
        lone = lone.min(one_hash(&hashing).await?);
        alone.add(round(&program, &client, 1).await?);
        together.add(round(&program, &client, MORNING).await?);
    }
    println!("ready after {:.0} ms; processor time of one sign-in:", took.as_secs_f64() * 1000.0);
    alone.say("one after another", "");
    together.say(&format!("{MORNING} at a time"), "");
    alone.add(together);
    alone.say("all of them", " (aim: at most 1.15)");
    println!(
        "a hash in a process that does nothing else {:>8.2} ms, quickest of {TURNS} turns",
        lone * 1000.0
    );
    let sign_ins = 2 * TURNS * SIGN_INS;
    println!("memory after {sign_ins}    {:>8.1} MB   (aim: at most 90)", program.resident_memory()?);
    Ok(())
}

/// Processor time of one turn's sign-ins, or of several turns', in seconds.
#[derive(Default)]
struct Spent {
    whole: f64,
    hashing: f64,
    sign_ins: f64,
}

impl Spent {
    fn add(&mut self, more: Self) {
        self.whole += more.whole;
        self.hashing += more.hashing;
        self.sign_ins += more.sign_ins;
    }

    fn say(&self, how: &str, aim: &str) {
        let each = |seconds: f64| seconds / self.sign_ins * 1000.0;
        let (whole, hash) = (each(self.whole), each(self.hashing));
        println!("{how:<18} {whole:>7.2} ms, its hash {hash:>7.2} ms, ratio {:.3}{aim}", whole / hash);
    }
}

fn folder() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
}

/// Processor time of one hash in seconds, one after another.
async fn one_hash(app: &App) -> Result<f64, Box<dyn Error>> {
    let before = processor::seconds("self")?;
    for _ in 0..HASHES {
        app.passwords.slow_hash(Prepared::new(PASSWORD)?).await?;
    }
    Ok((processor::seconds("self")? - before) / f64::from(u32::try_from(HASHES)?))
}

/// Sign-ins by so many browsers at a time.
async fn round(program: &Program, client: &str, browsers: usize) -> Result<Spent, Box<dyn Error>> {
    let (whole, hashing) =
        (threads::seconds(&program.id(), "")?, threads::seconds(&program.id(), "password-")?);
    let browsing = (0..browsers).map(|first| async move {
        let connection = Connection::open(program.address).await?;
        let mut browser = Browser { connection, program, client };
        for number in (first..SIGN_INS).step_by(browsers) {
            browser.sign_in(number % PEOPLE).await?;
        }
        Ok::<_, Box<dyn Error>>(())
    });
    futures_util::future::try_join_all(browsing).await?;
    Ok(Spent {
        whole: threads::seconds(&program.id(), "")? - whole,
        hashing: threads::seconds(&program.id(), "password-")? - hashing,
        sign_ins: f64::from(u32::try_from(SIGN_INS)?),
    })
}

/// People with passwords and an application; its id.
async fn prepare(folder: &Path) -> Result<String, Box<dyn Error>> {
    let app = population::open(folder).await?;
    population::populate(&app, PEOPLE).await?;
    for number in 0..PEOPLE {
        let user = app.users.find_by_login_name(&format!("person-{number}")).await?.ok_or("nobody")?;
        let mut batch = Batch::new();
        app.passwords.set(&user.value, PASSWORD, false, &app.password_rules(), &mut batch).await?;
        app.ground.store.commit(batch).await?;
    }
    let client = app.clients.prepare_preset(Preset::JiraDc, APPLICATION)?;
    app.clients.insert(&client.client, Batch::new()).await?;
    Ok(client.client.id.to_string())
}

struct Browser<'a> {
    connection: Connection,
    program: &'a Program,
    client: &'a str,
}

impl Browser<'_> {
    /// As somebody without a session: the application's request, the page, the form, and back with a code.
    async fn sign_in(&mut self, number: usize) -> Result<(), Box<dyn Error>> {
        let back = encode(&format!("{APPLICATION}/plugins/servlet/oidc/callback"));
        let path = format!(
            "/authorize?response_type=code&client_id={}&redirect_uri={back}&scope=openid&nonce=n",
            self.client
        );
        let sent = self.send("GET", &path, "", "").await?;
        let page = sent.header("location").ok_or("no way to the sign-in page")?.to_owned();
        let mut cookies = cookies(&sent);
        let shown = self.send("GET", &page, &cookies, "").await?;
        let html = String::from_utf8_lossy(&shown.body).into_owned();
        let form = html.split("<form id=\"login\"").nth(1).ok_or("no form")?;
        let action = between(form, "action=\"", "\"").ok_or("no target")?.to_owned();
        let mut body = format!("username=person-{number}&password={}", encode(PASSWORD));
        for field in form.split("<input type=\"hidden\" ").skip(1) {
            let name = between(field, "name=\"", "\"").ok_or("no name")?;
            let value = between(field, "value=\"", "\"").ok_or("no value")?;
            body.push_str(&format!("&{name}={}", encode(value)));
        }
        let mut answer = self.send("POST", &action, &cookies, &body).await?;
        for _ in 0..3 {
            // The last page goes on by itself.
            let html = String::from_utf8_lossy(&answer.body);
            let next = match between(&html, "id=\"go\" rel=\"noreferrer\" href=\"", "\"") {
                Some(link) => link.to_owned(),
                None => answer.header("location").ok_or("it leads nowhere")?.to_owned(),
            };
            if next.starts_with(APPLICATION) && next.contains("code=") {
                return Ok(());
            }
            cookies = [cookies, self::cookies(&answer)].join("; ");
            answer = self.send("GET", &next, &cookies, "").await?;
        }
        Err("no code came".into())
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        cookies: &str,
        body: &str,
    ) -> Result<Answer, Box<dyn Error>> {
        let port = self.program.address.port();
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nhost: localhost:{port}\r\ncookie: {cookies}\r\n");
        if method == "POST" {
            request.push_str(&format!(
                "origin: http://localhost:{port}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
                body.len()
            ));
        }
        let answer = self.connection.send(&format!("{request}\r\n{body}")).await?;
        match answer.status() {
            200 | 302 | 303 => Ok(answer),
            status => Err(format!("{path} was answered {status}").into()),
        }
    }
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split(before).nth(1)?.split(after).next()
}

fn cookies(answer: &Answer) -> String {
    let lines = answer.head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    lines.filter_map(|line| line.split(';').next()).collect::<Vec<_>>().join("; ")
}
