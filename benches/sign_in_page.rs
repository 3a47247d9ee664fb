//! The sign-in page as a browser meets it: how long it takes, and what it weighs with all that it loads.
//! Aims: half of the answers within 5 ms, at most 60 KB in all. Run: `cargo bench --bench sign_in_page`.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints its table and measures real time"
)]

#[path = "load/connection.rs"]
mod connection;
#[path = "load/provider.rs"]
mod provider;

use std::error::Error;
use std::time::Instant;

use connection::{Answer, Connection};
use provider::{APPLICATION, Known, Provider};

/// What the shipped program allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PAGES: usize = 2000;
const SIGN_INS: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(report())
}

async fn report() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let provider = Provider::new(folder.path(), 1).await?;
    let mut browser = Browser::new(provider.known.clone()).await?;
    let router = provider.app.router();
    tokio::spawn(provider.serve(router));
    let mut begin = Vec::new();
    let mut page = String::new();
    for _ in 0..SIGN_INS {
        let begun = Instant::now();
        page = browser.begin().await?;
        begin.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    let mut show = Vec::new();
    for _ in 0..PAGES {
        let begun = Instant::now();
        browser.get(&page).await?;
        show.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    let show_line = |what: &str, times: &mut Vec<f64>, aim: &str| {
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
        println!("{what:<44}{:>8.2} ms half{:>8.2} ms of 99 %{aim}", at(50), at(99));
    };
    show_line("the page", &mut show, "   (aim: half within 5)");
    show_line("from the application's request to the page", &mut begin, "");
    let weight = browser.weight(&page).await?;
    println!("weight, page and all that it loads          {:>8.1} KB   (aim: at most 60)", weight / 1000.0);
    Ok(())
}

struct Browser {
    connection: Connection,
    known: Known,
    cookie: String,
}

impl Browser {
    async fn new(known: Known) -> std::io::Result<Self> {
        Ok(Self { connection: Connection::open(known.address).await?, known, cookie: String::new() })
    }

    /// What a browser without a session meets: the application's request leads to the page, which is loaded. Answers its path.
    async fn begin(&mut self) -> Result<String, Box<dyn Error>> {
        self.cookie.clear();
        let uri = format!("{APPLICATION}/plugins/servlet/oidc/callback");
        let back: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
        let client = &self.known.client;
        let path = format!(
            "/authorize?response_type=code&client_id={client}&redirect_uri={back}&scope=openid&nonce=n"
        );
        let answer = self.get(&path).await?;
        let page = answer.header("location").ok_or("no way to the sign-in page")?.to_owned();
        let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next());
        self.cookie = cookie.ok_or("no cookie")?.to_owned();
        self.get(&page).await?;
        Ok(page)
    }

    async fn get(&mut self, path: &str) -> Result<Answer, Box<dyn Error>> {
        let port = self.known.address.port();
        let cookie = &self.cookie;
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\ncookie: {cookie}\r\n\r\n");
        let answer = self.connection.send(&request).await?;
        match answer.status() {
            200 | 303 => Ok(answer),
            status => Err(format!("{path} was answered {status}").into()),
        }
    }

    /// Bytes of the page's body and of everything it names in `src` and `href` at our own address.
    async fn weight(&mut self, page: &str) -> Result<f64, Box<dyn Error>> {
        let body = self.get(page).await?.body;
        let text = String::from_utf8_lossy(&body).into_owned();
        let mut weight = 0.0 + f64::from(u32::try_from(body.len())?);
        for attribute in ["<link rel=\"stylesheet\" href=\"", "<link rel=\"icon\" href=\"", " src=\""] {
            for rest in text.split(attribute).skip(1) {
                let path = rest.split('"').next().unwrap_or_default();
                let size = self.get(path).await?.body.len();
                println!("  {path}: {size} bytes");
                weight += f64::from(u32::try_from(size)?);
            }
        }
        println!("  {page}: {} bytes", body.len());
        Ok(weight)
    }
}
