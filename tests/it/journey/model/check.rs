//! What must hold after every step, whatever happened.

use keyward::factors::{Evidence, FactorKind};
use keyward::foundation::secret::Hashed;
use keyward::grants::access_token::AccessGrant;
use keyward::journey::Journey;
use keyward::oidc::store::{CodeGrant, CodeRecord};
use keyward::sessions::Session;
use keyward::storage::{Key, Record};
use keyward::vocabulary::acr::Level;

use super::browser::{SESSION, Seen};
use super::world::Case;

impl Case<'_> {
    pub async fn check(&self) {
        for journey in self.all::<Journey>("journey").await {
            for evidence in journey.evidence() {
                assert!(self.is_in_ledger(evidence), "a journey holds {evidence:?}");
            }
        }
        for session in self.all::<Session>("session").await {
            // A session of an earlier epoch of its person is dead, though its record may still be there.
            if self.world.app.app.sessions.by_id(&session.id).await.unwrap().is_some() {
                self.check_session(&session);
            }
        }
        for code in self.all::<CodeRecord>("code").await {
            if let CodeRecord::Fresh(grant) = code {
                self.check_code(&grant);
            }
        }
        for grant in self.all::<AccessGrant>("access-token").await {
            if let Some(person) = self.index_of(&grant.user) {
                for factor in [FactorKind::Password, FactorKind::Totp] {
                    assert!(self.gave(person, factor), "a token without {factor:?}");
                }
            }
        }
        for person in &self.people {
            let key = Key::new("factor_totp", &[person.id.as_str()]);
            let found = self.world.app.store().get(&[key]).await.unwrap().pop().flatten();
            let enrolled = found.map_or(0, |raw| {
                let json: serde_json::Value = serde_json::from_slice(&raw.json).unwrap();
                json["d"]["list"].as_array().unwrap().len()
            });
            assert_eq!(enrolled, person.devices.len(), "{} has other devices", person.name);
        }
    }

    async fn all<T: Record>(&self, kind: &str) -> Vec<T> {
        let prefix = Key::prefix(kind, &[]);
        let found = self.world.app.store().scan(&prefix, None, 1000).await.unwrap();
        let decoded = found.into_iter().map(|(_, raw)| raw.decode().unwrap().value);
        decoded.collect()
    }

    fn is_in_ledger(&self, evidence: &Evidence) -> bool {
        self.ledger.iter().any(|proven| proven.evidence == *evidence)
    }

    fn gave(&self, person: usize, factor: FactorKind) -> bool {
        let id = &self.people[person].id;
        let fits = |evidence: &Evidence| evidence.user() == id && evidence.factor() == factor;
        self.ledger.iter().any(|proven| fits(&proven.evidence))
    }

    /// R-MF-05, R-SE-02, R-SE-08: a session is held by one browser, which proved both factors as this person, by what
    /// the person has and knows now.
    fn check_session(&self, session: &Session) {
        let Some(person) = self.index_of(&session.user) else {
            return;
        };
        if self.left_behind.contains(&session.id.to_string()) {
            return;
        }
        let holds = |cookie: &String| {
            cookie
                .split_once('.')
                .is_some_and(|(id, secret)| id == session.id.as_str() && Hashed::of(secret) == session.secret)
        };
        let holder = self.browsers.iter().position(|browser| browser.cookies.get(SESSION).is_some_and(holds));
        let holder = holder.expect("a session that no browser holds");
        for evidence in &session.evidence {
            assert_eq!(evidence.user(), &session.user, "another person's proof");
            assert!(self.is_proven(evidence, holder), "a session holds {evidence:?}");
        }
        let person = &self.people[person];
        let since = |factor, moment| {
            let fits = |evidence: &&Evidence| evidence.factor() == factor && evidence.at() >= moment;
            session.evidence.iter().any(|evidence| fits(&evidence))
        };
        assert!(since(FactorKind::Password, person.password_changed_at), "by an old password");
        assert!(since(FactorKind::Totp, person.replaced_at), "without a present second factor");
    }

    fn check_code(&self, grant: &CodeGrant) {
        let Some(person) = self.index_of(&grant.user) else {
            return;
        };
        assert_eq!(grant.assurance.level, Level::Mfa, "a code below the floor");
        let mine = |evidence: &Evidence| evidence.user() == &self.people[person].id;
        let at = |evidence: &Evidence| evidence.at() == grant.assurance.auth_time;
        let mut proofs = self.ledger.iter().map(|proven| &proven.evidence);
        assert!(proofs.any(|evidence| mine(evidence) && at(evidence)), "auth_time without a proof");
    }

    /// Nothing of one person is shown in a browser that did not prove to be that person; a name only where it was typed.
    pub fn check_page(&self, browser: usize, seen: &Seen) {
        assert!(seen.status < 500, "{} {}", seen.status, seen.body);
        for (index, person) in self.people.iter().enumerate() {
            let (knows, proved) = (self.knows_name(browser, index), self.has_proved(browser, index));
            assert!(knows || !seen.body.contains(&person.name), "{} is named", person.name);
            assert!(proved || !seen.body.contains(&person.marker), "{} is shown", person.name);
        }
    }
}
