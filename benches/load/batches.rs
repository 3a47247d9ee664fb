//! The two batches of a hop, made with the modules that make them, committed without anything around them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keyward::app::App;
use keyward::audit::{Action, Actor, Origin, Outcome};
use keyward::foundation::ids::{ClientId, SessionId};
use keyward::foundation::secret::{AccessToken, AuthorizationCode, Plain};
use keyward::grants::{AccessGrant, Grants};
use keyward::limits::ApplicationLimit;
use keyward::oidc::store::{CODE_LIFETIME, CodeGrant, CodeRecord};
use keyward::sessions::Assurance;
use keyward::storage::{self, Batch, Key};
use keyward::users::User;
use keyward::vocabulary::{ClaimsRequest, Scope};

use super::Failed;
use super::provider::{APPLICATION, Provider};

/// One writer for each person until `time` is over; answers how many pairs were committed.
pub async fn run(provider: &Provider, time: Duration) -> Result<f64, Box<dyn std::error::Error>> {
    let begun = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for writer in writers(provider) {
        running.spawn(writer.run(begun, time));
    }
    let mut pairs = 0.0;
    while let Some(done) = running.join_next().await {
        pairs += done?.map_err(|error| error.to_string())?;
    }
    Ok(pairs)
}

/// Commits the batches of one person's hops.
pub struct Writer {
    app: App,
    person: User,
    session: SessionId,
    client: ClientId,
}

/// One for each person.
pub fn writers(provider: &Provider) -> Vec<Writer> {
    let people = provider.people.iter().zip(&provider.known.cookies);
    let writer = |(person, cookie): (&User, &String)| Writer {
        app: provider.app.clone(),
        person: person.clone(),
        session: SessionId::from_text(cookie.split(['=', '.']).nth(1).unwrap_or_default()),
        client: ClientId::from_text(&provider.known.client),
    };
    people.map(writer).collect()
}

/// A code between its two batches.
pub struct Waiting {
    key: Key,
    revision: u64,
}

impl Writer {
    async fn run(self, begun: Instant, time: Duration) -> Result<f64, Failed> {
        let mut pairs = 0.0;
        while begun.elapsed() < time {
            let waiting = self.first().await?;
            self.second(&waiting).await?;
            pairs += 1.0;
        }
        Ok(pairs)
    }

    /// What authorize commits.
    pub async fn first(&self) -> Result<Waiting, Failed> {
        let ground = &self.app.ground;
        let session = self.app.sessions.by_id(&self.session).await?.ok_or("the session is gone")?.session;
        let age = Duration::from_secs(3600);
        let fresh = Assurance::fresh(session.value.evidence.clone(), ground.clock.now(), age);
        let assurance = Assurance::of_fresh(&fresh).ok_or("no proof")?;
        let code = Plain::<AuthorizationCode>::generate(ground.random.as_ref());
        let key = Key::new("code", &[&code.hash().to_text()]);
        let mut batch = Batch::new();
        self.app.sessions.touch(&mut batch, &session);
        let record = CodeRecord::Fresh(Box::new(self.grant(assurance)));
        batch.put(key.clone(), &record, Some(ground.clock.now().plus(CODE_LIFETIME)));
        match ground.store.commit(batch).await? {
            storage::Outcome::Done(revision) => Ok(Waiting { key, revision }),
            storage::Outcome::Refused(_) => Err("the first batch was refused".into()),
        }
    }

    /// What token commits.
    pub async fn second(&self, waiting: &Waiting) -> Result<(), Failed> {
        let ground = &self.app.ground;
        let limit = ApplicationLimit::new(ground.store.clone(), ground.clock.clone(), self.app.live.clone());
        let grants = Grants::new(Arc::clone(&ground.store));
        let now = ground.clock.now();
        let token = Plain::<AccessToken>::generate(ground.random.as_ref());
        let spent = CodeRecord::Spent { client: self.client.clone(), access_token: token.hash() };
        let mut batch = limit.count(&self.client);
        let until = Some(now.plus(Duration::from_secs(3600)));
        batch.require_revision(waiting.key.clone(), waiting.revision).put(waiting.key.clone(), &spent, until);
        grants.issue(&mut batch, &token, &self.access(), now);
        self.app.sessions.record_participant(&mut batch, &self.session, &self.client);
        let event = self.app.trail.event(Action::TokenIssued, Outcome::Success, &Origin::default());
        let event = event.by(Actor::Client(self.client.clone())).about(&self.person.id);
        event.session(&self.session).write(&mut batch);
        let done = ground.store.commit(batch).await?.is_done();
        if done { Ok(()) } else { Err("the second batch was refused".into()) }
    }

    fn grant(&self, assurance: Assurance) -> CodeGrant {
        CodeGrant {
            client: self.client.clone(),
            redirect_uri: format!("{APPLICATION}/plugins/servlet/oidc/callback"),
            challenge: None,
            nonce: Some("n".repeat(43)),
            session: self.session.clone(),
            user: self.person.id.clone(),
            assurance,
            acr_values: Vec::new(),
            scopes: Scope::ALL.into_iter().collect(),
            claims: ClaimsRequest::default(),
        }
    }

    fn access(&self) -> AccessGrant {
        AccessGrant {
            client: self.client.clone(),
            user: self.person.id.clone(),
            session: self.session.clone(),
            scopes: Scope::ALL.into_iter().collect(),
            claims: ClaimsRequest::default(),
        }
    }
}
