//! Clients that do what a browser and an application do in a hop, as fast as they are answered.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Failed;
use super::connection::Connection;
use super::provider::{APPLICATION, Known};

/// What a round is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// Authorize, token, userinfo: one round.
    Hop,
    /// The same three requests to routes that do nothing: each is a round.
    Empty,
}

/// What was done.
#[derive(Debug)]
pub struct Rate {
    /// Rounds.
    pub rounds: f64,
    /// Seconds.
    pub elapsed: f64,
}

/// Runs one client for each cookie until `time` is over.
pub async fn run(known: &Known, steps: Steps, time: Duration) -> Result<Rate, Box<dyn std::error::Error>> {
    let begun = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for cookie in &known.cookies {
        let client = Client::new(known, cookie, steps).await?;
        clients.spawn(client.run(begun, time));
    }
    // A client that sleeps must be woken, and the waking would count as the server's work.
    let awake = tokio::spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
    let mut rounds = 0.0;
    while let Some(done) = clients.join_next().await {
        rounds += done?.map_err(|error| error.to_string())?;
    }
    awake.abort();
    Ok(Rate { rounds, elapsed: begun.elapsed().as_secs_f64() })
}

struct Client {
    connection: Connection,
    steps: Steps,
    host: String,
    authorize: String,
    basic: String,
}

impl Client {
    async fn new(known: &Known, cookie: &str, steps: Steps) -> std::io::Result<Self> {
        let host = format!("localhost:{}", known.address.port());
        let back = callback();
        let (state, nonce) = ("s".repeat(43), "n".repeat(43));
        let authorize = format!(
            "GET /authorize?response_type=code&client_id={}&redirect_uri={back}&scope=openid%20profile%20email%20groups&state={state}&nonce={nonce} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\r\n",
            known.client,
        );
        Ok(Self {
            connection: Connection::open(known.address).await?,
            steps,
            authorize,
            basic: STANDARD.encode(format!("{}:{}", known.client, known.secret)),
            host,
        })
    }

    async fn run(mut self, begun: Instant, time: Duration) -> Result<f64, Failed> {
        let mut rounds = 0.0;
        while begun.elapsed() < time {
            match self.steps {
                Steps::Hop => {
                    self.hop().await?;
                    rounds += 1.0;
                }
                Steps::Empty => {
                    self.three_empty_requests().await?;
                    rounds += 3.0;
                }
            }
        }
        Ok(rounds)
    }

    async fn hop(&mut self) -> Result<(), Failed> {
        let answer = self.connection.send(&self.authorize).await?;
        let target = answer.header("location").unwrap_or_default();
        let code = target.split(['?', '&']).find_map(|part| part.strip_prefix("code="));
        let code = code.ok_or_else(|| format!("no code: {}", answer.head))?.to_owned();
        let answer = self.connection.send(&self.token_request(&code)).await?;
        let tokens: serde_json::Value = serde_json::from_slice(&answer.body)?;
        let token = tokens.get("access_token").and_then(|token| token.as_str());
        let token = token.ok_or_else(|| format!("no token: {tokens}"))?.to_owned();
        let answer = self.connection.send(&self.userinfo_request(&token)).await?;
        match answer.status() {
            200 => Ok(()),
            status => Err(format!("userinfo answered {status}").into()),
        }
    }

    async fn three_empty_requests(&mut self) -> Result<(), Failed> {
        let handle = "h".repeat(43);
        let requests = [self.authorize.clone(), self.token_request(&handle), self.userinfo_request(&handle)];
        for request in requests {
            let status = self.connection.send(&request).await?.status();
            if status != 200 {
                return Err(format!("an empty request was answered {status}").into());
            }
        }
        Ok(())
    }

    fn token_request(&self, code: &str) -> String {
        let body = format!("grant_type=authorization_code&code={code}&redirect_uri={}", callback());
        format!(
            "POST /token HTTP/1.1\r\nhost: {}\r\nauthorization: Basic {}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            self.host,
            self.basic,
            body.len(),
        )
    }

    fn userinfo_request(&self, token: &str) -> String {
        let host = &self.host;
        format!("GET /userinfo HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\r\n")
    }
}

/// The redirect URI as it stands in a query or form.
fn callback() -> String {
    let uri = format!("{APPLICATION}/plugins/servlet/oidc/callback");
    url::form_urlencoded::byte_serialize(uri.as_bytes()).collect()
}
