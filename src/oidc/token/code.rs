//! Exchanging an authorization code (RFC 6749 section 4.1.3, OpenID Connect Core section 3.1.3; R-TK-05 to R-TK-08).

use std::sync::Arc;

use super::{Tokens, bad_request};
use crate::audit::{Action, Actor, Outcome};
use crate::claims;
use crate::clients::Client;
use crate::foundation::ids::ClientId;
use crate::foundation::secret::{AccessToken, AuthorizationCode, Hashed, Plain};
use crate::grants::AccessGrant;
use crate::oidc::Oidc;
use crate::oidc::store::{CodeGrant, CodeRecord};
use crate::storage::{Batch, Stored};
use crate::users::User;
use crate::vocabulary::{CodeVerifier, ErrorCode};
use crate::web::{Failure, Parameters, Visitor};

fn invalid_grant(reason: &'static str) -> Failure {
    bad_request(ErrorCode::InvalidGrant, reason)
}

impl Oidc {
    pub(super) async fn exchange_code(
        &self,
        visitor: &Visitor,
        client: &Client,
        form: &Parameters,
    ) -> Result<Tokens, Failure> {
        let code =
            form.get("code")?.ok_or_else(|| bad_request(ErrorCode::InvalidRequest, "code is missing"))?;
        let unknown = || invalid_grant("the code is unknown or has expired");
        let code = Plain::<AuthorizationCode>::parse(code).ok_or_else(unknown)?;
        let read = self.find_code(&code).await?.ok_or_else(unknown)?;
        let grant = match &read.value {
            CodeRecord::Fresh(grant) => grant,
            CodeRecord::Spent { client: spent_by, access_token } => {
                return Err(self.refuse_reuse(visitor, client, spent_by, access_token).await?);
            }
        };
        if let Err(reason) = fits(grant, client, form) {
            return Err(self.refuse_misuse(visitor, client, &code, &read, reason).await?);
        }
        self.spend(visitor, client, &code, &read, grant).await
    }

    async fn spend(
        &self,
        visitor: &Visitor,
        client: &Client,
        code: &Plain<AuthorizationCode>,
        read: &Stored<CodeRecord>,
        grant: &CodeGrant,
    ) -> Result<Tokens, Failure> {
        let user = self.person_served(grant).await?;
        if !self.grants.still_allowed(&user.id, &client.id, !client.consent_skipped).await? {
            return Err(invalid_grant("the person took the consent back"));
        }
        let now = self.clock.now();
        let withheld = |_| invalid_grant("the person's claims may not be released");
        let released = claims::release(&user, client, &grant.scopes, &grant.claims).map_err(withheld)?;
        let id_token = self.id_token(client, grant, released.id_token(), now).map_err(Failure::internal)?;
        let access_token = Plain::<AccessToken>::generate(self.random.as_ref());
        let mut batch = self.limit.count(&client.id);
        self.spend_code(&mut batch, code, read, &client.id, access_token.hash());
        self.grants.issue(&mut batch, &access_token, &access_grant(grant), now);
        self.sessions.record_participant(&mut batch, &grant.session, &client.id);
        let event = self.trail.event(Action::TokenIssued, Outcome::Success, &visitor.origin());
        event.by(Actor::Client(client.id.clone())).about(&user.id).session(&grant.session).write(&mut batch);
        let outcome = self.store.commit(batch).await?;
        if outcome.is_done() {
            return Ok(Tokens { access_token, id_token, scopes: grant.scopes.clone() });
        }
        match self.limit.refusal(outcome) {
            Some(throttled) => Err(self.throttle(visitor, client, throttled).await),
            None => Err(self.refuse_loser(visitor, client, code).await?),
        }
    }

    /// The person is asked for again at this door too: whoever was disabled or signed out since gets nothing (R-CO-08).
    async fn person_served(&self, grant: &CodeGrant) -> Result<Arc<User>, Failure> {
        let gone = || invalid_grant("the sign-in behind the code has ended");
        let live = self.sessions.by_id(&grant.session).await?;
        let live = live.and_then(|live| live.served(self.clock.now())).ok_or_else(gone)?;
        if live.user.id == grant.user { Ok(live.user) } else { Err(gone()) }
    }

    /// Two requests raced and this one lost: the other spent the code, so this is its second use.
    async fn refuse_loser(
        &self,
        visitor: &Visitor,
        client: &Client,
        code: &Plain<AuthorizationCode>,
    ) -> Result<Failure, Failure> {
        match self.find_code(code).await?.map(|read| read.value) {
            Some(CodeRecord::Spent { client: spent_by, access_token }) => {
                self.refuse_reuse(visitor, client, &spent_by, &access_token).await
            }
            _ => Ok(invalid_grant("the sign-in behind the code has ended")),
        }
    }

    /// A second use: what the first gave is revoked (R-TK-06).
    async fn refuse_reuse(
        &self,
        visitor: &Visitor,
        client: &Client,
        spent_by: &ClientId,
        access_token: &Hashed<AccessToken>,
    ) -> Result<Failure, Failure> {
        let mut batch = Batch::new();
        let event = |action| self.trail.event(action, Outcome::Failure, &visitor.origin());
        let by = Actor::Client(client.id.clone());
        event(Action::Reuse).by(by.clone()).because("code_used_twice").write(&mut batch);
        let revoked = client.id == *spent_by;
        if revoked {
            self.grants.revoke(&mut batch, access_token);
            event(Action::TokenRevoked).by(by).because("code_used_twice").write(&mut batch);
        }
        self.store.commit(batch).await?;
        tracing::warn!(client = client.id.as_str(), revoked, "an authorization code was used twice");
        Ok(invalid_grant("the code was used before"))
    }

    /// Wrong client, redirect URI or verifier: the code is destroyed and an alarm raised (R-TK-07). If it was used at the same
    /// moment, this is its second use.
    async fn refuse_misuse(
        &self,
        visitor: &Visitor,
        client: &Client,
        code: &Plain<AuthorizationCode>,
        read: &Stored<CodeRecord>,
        reason: &'static str,
    ) -> Result<Failure, Failure> {
        let mut batch = Batch::new();
        self.destroy_code(&mut batch, code, read);
        let event = self.trail.event(Action::Reuse, Outcome::Failure, &visitor.origin());
        let mut event = event.by(Actor::Client(client.id.clone())).because("code_misused");
        if let CodeRecord::Fresh(grant) = &read.value {
            event = event.about(&grant.user).client(&grant.client);
        }
        event.write(&mut batch);
        if !self.store.commit(batch).await?.is_done() {
            return self.refuse_loser(visitor, client, code).await;
        }
        tracing::warn!(
            client = client.id.as_str(),
            reason,
            "an authorization code was misused and is destroyed"
        );
        Ok(invalid_grant(reason))
    }
}

/// Everything the code is bound to, compared (R-TK-05, R-TK-08).
fn fits(grant: &CodeGrant, client: &Client, form: &Parameters) -> Result<(), &'static str> {
    let one = |name| form.get(name).ok().flatten();
    if grant.client != client.id {
        return Err("the code was issued to another client");
    }
    if one("redirect_uri") != Some(grant.redirect_uri.as_str()) {
        return Err("redirect_uri differs from the authorization request");
    }
    match (&grant.challenge, one("code_verifier")) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err("code_verifier without a code_challenge"),
        (Some(_), None) => Err("code_verifier is missing"),
        (Some(challenge), Some(text)) => match CodeVerifier::parse(text) {
            Some(verifier) if challenge.is_met_by(&verifier) => Ok(()),
            _ => Err("code_verifier does not fit the code_challenge"),
        },
    }
}

fn access_grant(grant: &CodeGrant) -> AccessGrant {
    AccessGrant {
        client: grant.client.clone(),
        user: grant.user.clone(),
        session: grant.session.clone(),
        scopes: grant.scopes.clone(),
        claims: grant.claims.clone(),
    }
}
