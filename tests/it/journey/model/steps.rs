//! What each act does, and which proofs the model takes as rightly accepted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyward::factors::{Evidence, FactorKind, totp};
use keyward::foundation::Timestamp;
use keyward::foundation::ids::SessionId;
use keyward::foundation::secret::Hashed;
use keyward::journey::Journey;
use keyward::journey::stage::EnrolmentPermission;
use url::Url;
use url::form_urlencoded::Serializer;

use super::browser::{BROWSER, SESSION, Seen};
use super::world::{Case, Device, Known, Proven, Somebody};

type Fields = Vec<(String, String)>;

pub fn field(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

fn given<'a>(fields: &'a Fields, name: &str) -> &'a str {
    let found = fields.iter().find(|(given, _)| given == name);
    found.map(|(_, value)| value.as_str()).unwrap_or_default()
}

/// `/sign-in/<journey>/<stage>`
fn journey_and_stage(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("/sign-in/")?.split_once('/')
}

impl Somebody {
    /// One of the person's apps must show this code now, and not have shown it before.
    fn spend_code(&mut self, code: &str, now: Timestamp) {
        let fits = |device: &mut Device| {
            let step = device.accepts(code, now);
            device.last_step = step.unwrap_or(device.last_step);
            step.is_some()
        };
        assert!(self.devices.iter_mut().any(fits), "a wrong or spent code");
    }

    fn spend_recovery_code(&mut self, code: &str) {
        let place = self.recovery_codes.iter().position(|known| known == code);
        let code = self.recovery_codes.remove(place.expect("a wrong or spent recovery code"));
        self.spent.push(code);
    }
}

impl Case<'_> {
    /// Opens a path and goes where it leads.
    pub async fn open(&mut self, browser: usize, path: &str) {
        let seen = self.browsers[browser].request(&self.world.wire, path, None).await;
        self.follow(browser, seen).await;
    }

    async fn follow(&mut self, browser: usize, mut seen: Seen) {
        for _ in 0..6 {
            self.see(browser, &seen).await;
            let Some(path) = seen.next(&self.world.wire.issuer) else {
                return self.settle(browser, seen).await;
            };
            seen = self.browsers[browser].request(&self.world.wire, &path, None).await;
        }
        panic!("redirects without end");
    }

    /// The page that the browser comes to rest on, or the application.
    async fn settle(&mut self, browser: usize, seen: Seen) {
        if let Some(target) = seen.leaves_for() {
            let target = Url::parse(&target).unwrap();
            let code = target.query_pairs().find(|(name, _)| name == "code");
            if let Some((_, code)) = code {
                self.redeem(browser, &target, &code).await;
            }
        }
        self.browsers[browser].page = seen;
    }

    /// Looks at an answer: who may see it, and what can be learnt from it.
    async fn see(&mut self, browser: usize, seen: &Seen) {
        self.check_page(browser, seen);
        let Some((id, action, token)) = seen.form() else {
            return;
        };
        let Some((journey, _)) = journey_and_stage(action) else {
            return;
        };
        let (journey, token) = (journey.to_owned(), token.to_owned());
        self.journeys.retain(|known| known.id != journey);
        let known = Known { id: journey.clone(), token };
        self.journeys.insert(0, known);
        if !matches!(id, "enrol" | "recovery-codes") {
            return;
        }
        let person = self.people.iter().position(|person| seen.body.contains(&person.name));
        let person = person.expect("a page of secrets about nobody");
        assert!(self.has_proved(browser, person), "secrets are shown to a stranger");
        if id == "enrol" {
            let key = seen.between("<p class=\"secret\"", "</p>").unwrap();
            let groups: Vec<_> =
                key.split("<span>").skip(1).filter_map(|part| part.split('<').next()).collect();
            let secret = totp_rs::Secret::try_from_base32(groups.concat()).unwrap();
            self.people[person].offered.insert(journey, secret.as_bytes().to_vec());
        } else {
            let codes = seen.each_between("<code>", "</code>");
            self.people[person].recovery_codes = codes.into_iter().map(str::to_owned).collect();
        }
    }

    /// Sends a form, and takes down what was proved by it.
    pub async fn post(&mut self, browser: usize, path: &str, fields: Fields) {
        self.last = Some((browser, path.to_owned(), fields.clone()));
        for person in 0..2 {
            if given(&fields, "username") == self.people[person].name {
                self.knows[browser][person] = true;
            }
        }
        let target = journey_and_stage(path);
        let before = match target {
            Some((journey, _)) => self.world.journey(journey).await,
            None => None,
        };
        let body = Serializer::new(String::new()).extend_pairs(&fields).finish();
        let seen = self.browsers[browser].request(&self.world.wire, path, Some(&body)).await;
        if let (Some((journey, stage)), Some(before)) = (target, before) {
            let known = before.evidence();
            let after = match self.world.journey(journey).await {
                Some(after) => after.evidence().to_vec(),
                None => {
                    known.iter().cloned().chain(self.new_in_the_session(browser, &before).await).collect()
                }
            };
            assert_eq!(known, &after[..known.len()], "proofs were changed");
            for evidence in &after[known.len()..] {
                self.justify(browser, stage, &fields, &before, evidence);
            }
        }
        self.follow(browser, seen).await;
    }

    /// What the journey's last step has proved: it went into the session, and the journey is gone.
    async fn new_in_the_session(&self, browser: usize, before: &Journey) -> Vec<Evidence> {
        let Some(sid) = self.browsers[browser].sid() else { return Vec::new() };
        let live = self.world.app.app.sessions.by_id(&SessionId::from_text(sid)).await.unwrap();
        let proofs = live.map(|live| live.session.value.evidence.clone()).unwrap_or_default();
        let is_new = |proof: &Evidence| proof.journey() == &before.id && !before.evidence().contains(proof);
        proofs.into_iter().filter(is_new).collect()
    }

    /// A new proof must be what was typed just now, by the browser of the journey, and right.
    fn justify(
        &mut self,
        browser: usize,
        stage: &str,
        fields: &Fields,
        before: &Journey,
        evidence: &Evidence,
    ) {
        let now = self.world.now();
        let cookie = self.browsers[browser].cookies.get(BROWSER).map(|cookie| Hashed::of(cookie));
        assert_eq!(cookie.as_ref(), Some(&before.browser), "another browser's journey");
        assert_eq!((evidence.journey(), evidence.at()), (&before.id, now));
        let index = self.index_of(evidence.user()).expect("a proof by nobody");
        let earlier = before.user().is_none_or(|user| user == evidence.user());
        assert!(earlier, "the person of a journey was changed");
        let had = |factor| before.has_proof_of(factor);
        let knew = before.evidence().iter().any(|proof| {
            proof.factor() == FactorKind::Password && proof.at() >= self.people[index].password_changed_at
        });
        let person = &mut self.people[index];
        match (evidence.factor(), stage) {
            (FactorKind::Password, "password") => {
                assert_eq!(given(fields, "username"), person.name);
                assert_eq!(given(fields, "password"), person.password);
            }
            (FactorKind::Password, "new-password") => {
                let invited = before.permission == Some(EnrolmentPermission::Invitation);
                assert!(invited || knew, "a password was set by who does not know the present one");
                // Whoever has only a link is not told what the present password is.
                assert!(!had(FactorKind::Password) || given(fields, "password") != person.password);
                person.password = given(fields, "password").to_owned();
                person.password_changed_at = now;
            }
            (FactorKind::Totp, "second-factor") => person.spend_code(given(fields, "code"), now),
            (FactorKind::Totp, "enrolment") => {
                let lost = had(FactorKind::RecoveryCode);
                let first = person.devices.is_empty() && before.permission.is_some();
                assert!(lost || first, "enrolled beside what there was, without permission");
                assert!(knew, "enrolled by who does not know the password");
                let secret = person.offered[before.id.as_str()].clone();
                let mut device = Device { secret, last_step: 0 };
                device.last_step = device.accepts(given(fields, "code"), now).expect("a wrong code");
                if lost {
                    person.devices.clear();
                    person.replaced_at = now;
                }
                person.devices.push(device);
            }
            (FactorKind::RecoveryCode, "recovery-code") => person.spend_recovery_code(given(fields, "code")),
            (factor, stage) => panic!("{factor:?} proved by the form of {stage}"),
        }
        self.proved[browser][index] = true;
        let evidence = evidence.clone();
        self.ledger.push(Proven { evidence, browser });
    }

    /// The application redeems the code; the ID token says what the ledger says.
    async fn redeem(&mut self, browser: usize, target: &Url, code: &str) {
        let mut applications = self.world.applications.iter();
        let application = applications.find(|known| target.as_str().starts_with(&known.redirect_uri));
        let application = application.expect("a code for nobody");
        let body = Serializer::new(String::new()).extend_pairs(application.redemption(code)).finish();
        let request = axum::http::Request::builder().method("POST").uri("/token");
        let request = request.header("authorization", application.basic());
        let answer = self.world.wire.send(request, body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let answer: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        let payload = answer["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
        let claims: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        let person = self.people.iter().position(|person| claims["sub"] == person.id.as_str());
        let person = person.expect("a token about nobody");
        assert!(self.has_proved(browser, person), "a token about another person");
        assert_eq!(claims["sid"].as_str(), self.browsers[browser].sid());
        assert_eq!(claims["acr"], "urn:keyward:acr:mfa");
        for method in ["pwd", "otp", "mfa"] {
            assert!(claims["amr"].as_array().unwrap().contains(&method.into()), "{claims}");
        }
        let mine = self.ledger.iter().filter(|proven| proven.evidence.user() == &self.people[person].id);
        let mut times = mine.map(|proven| proven.evidence.at().seconds());
        assert!(times.any(|time| claims["auth_time"] == time), "{claims}");
        self.arrivals += 1;
    }

    /// A cookie changes hands.
    pub fn steal(&mut self, browser: usize, session: bool) {
        let name = if session { SESSION } else { BROWSER };
        let Some(stolen) = self.browsers[1 - browser].cookies.get(name).cloned() else {
            return;
        };
        if session && let Some(own) = self.browsers[browser].sid() {
            self.left_behind.push(own.to_owned());
        }
        self.browsers[browser].cookies.insert(name.to_owned(), stolen);
        self.shared = true;
    }

    /// A code that this person's app shows and that was not used, waiting for the next one if need be.
    pub fn fresh_code(&self, person: usize) -> String {
        let Some(device) = self.people[person].devices.last() else {
            return "000000".to_owned();
        };
        if totp::step(self.world.now()) <= device.last_step {
            self.world.app.pass(totp::PERIOD);
        }
        device.at(totp::step(self.world.now()))
    }
}
