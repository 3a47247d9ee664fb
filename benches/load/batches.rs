//! The two batches of a hop, made with the modules that make them, committed without anything around them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keyward::app::App;
use keyward::audit::{Action, Actor, Origin, Outcome, Trail, trail::RETENTION};
use keyward::foundation::ids::{ClientId, SessionId};
use keyward::foundation::secret::{AccessToken, AuthorizationCode, Plain};
use keyward::grants::{AccessGrant, Grants};
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
    let mut writers = tokio::task::JoinSet::new();
    for (person, cookie) in provider.people.iter().zip(&provider.known.cookies) {
        let session = cookie.split(['=', '.']).nth(1).unwrap_or_default();
        let writer = Writer {
            app: provider.app.clone(),
            person: person.clone(),
            session: SessionId::from_text(session),
            client: ClientId::from_text(&provider.known.client),
        };
        writers.spawn(writer.run(begun, time));
    }
    let mut pairs = 0.0;
    while let Some(done) = writers.join_next().await {
        pairs += done?.map_err(|error| error.to_string())?;
    }
    Ok(pairs)
}

struct Writer {
    app: App,
    person: User,
    session: SessionId,
    client: ClientId,
}

impl Writer {
    async fn run(self, begun: Instant, time: Duration) -> Result<f64, Failed> {
        let session = self.app.sessions.by_id(&self.session).await?.ok_or("the session is gone")?.session;
        let ground = &self.app.ground;
        let trail = Trail::new(ground.clock.clone(), ground.random.clone(), RETENTION);
        let grants = Grants::new(Arc::clone(&ground.store));
        let age = Duration::from_secs(3600);
        let assurance = Assurance::of(&session.value.evidence, ground.clock.now(), age).ok_or("no proof")?;
        let grant = self.grant(assurance);
        let mut pairs = 0.0;
        while begun.elapsed() < time {
            let now = ground.clock.now();
            let code = Plain::<AuthorizationCode>::generate(ground.random.as_ref());
            let key = Key::new("code", &[&code.hash().to_text()]);
            let mut first = Batch::new();
            self.app.sessions.touch(&mut first, &session);
            first.put(
                key.clone(),
                &CodeRecord::Fresh(Box::new(grant.clone())),
                Some(now.plus(CODE_LIFETIME)),
            );
            let storage::Outcome::Done(revision) = ground.store.commit(first).await? else {
                return Err("the first batch was refused".into());
            };
            let token = Plain::<AccessToken>::generate(ground.random.as_ref());
            let spent = CodeRecord::Spent { client: self.client.clone(), access_token: token.hash() };
            let mut second = Batch::new();
            second.require_revision(key.clone(), revision).put(key, &spent, Some(now.plus(age)));
            grants.issue(&mut second, &token, &self.access(), now);
            self.app.sessions.record_participant(&mut second, &self.session, &self.client);
            let event = trail.event(Action::TokenIssued, Outcome::Success, &Origin::default());
            let event = event.by(Actor::Client(self.client.clone())).about(&self.person.id);
            event.session(&self.session).write(&mut second);
            if !ground.store.commit(second).await?.is_done() {
                return Err("the second batch was refused".into());
            }
            pairs += 1.0;
        }
        Ok(pairs)
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
