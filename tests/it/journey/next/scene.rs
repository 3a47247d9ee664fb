//! One moment of a journey, made by hand: who is signed in, what was proved, what is demanded.

use std::time::Duration;

use keyward::audit::Origin;
use keyward::factors::{Evidence, FactorKind};
use keyward::foundation::Timestamp;
use keyward::foundation::ids::{ClientId, JourneyId, SessionId, UserId};
use keyward::foundation::secret::Hashed;
use keyward::journey::next::{Facts, Next, Person, next, person_concerned};
use keyward::journey::policy::Requirement;
use keyward::journey::stage::EnrolmentPermission;
use keyward::journey::{Application, ConsentDemand, Demands, Errand, Journey};
use keyward::sessions::Session;
use keyward::users::Epoch;
use keyward::vocabulary::Scopes;
use keyward::vocabulary::acr::Level;

/// The moment of every scene.
pub const NOW: Timestamp = Timestamp(1_800_000_000_000);
/// How long a second factor counts.
pub const MAX_AGE: Duration = Duration::from_secs(12 * 3600);
/// The journey of every scene.
pub const THIS: &str = "this journey";
/// The journey in which the session's proofs were given.
pub const EARLIER: &str = "an earlier journey";

pub fn user(name: &str) -> UserId {
    UserId::from_text(name)
}

pub fn ago(seconds: u64) -> Timestamp {
    NOW.minus(Duration::from_secs(seconds))
}

/// A proof; only the store can give one back, so it is read as from there. A key has verified its user in even seconds.
pub fn proof(factor: FactorKind, who: &str, journey: &str, at: Timestamp) -> Evidence {
    let credential = (factor != FactorKind::Password).then_some("a credential");
    let mut json = serde_json::json!({
        "factor": factor, "credential": credential, "at": at, "journey": journey, "user": who,
    });
    if factor == FactorKind::Passkey {
        let verified = at.seconds() % 2 == 0;
        json["key"] =
            serde_json::json!({"user_verified": verified, "backup_eligible": true, "attested": false});
    }
    serde_json::from_value(json).unwrap()
}

/// Everything the decision rests on.
#[derive(Debug, Clone)]
pub struct Scene {
    pub journey: Journey,
    pub session: Option<Session>,
    pub person: Option<Person>,
    pub requirement: Requirement,
}

impl Scene {
    /// Nobody is signed in, nothing special is demanded, the floor is two factors. Ann has an app and a password.
    pub fn new(demands: Demands) -> Self {
        let errand = Errand {
            resume: "/resume/".to_owned(),
            data: serde_json::Value::Null,
            application: Some(Application {
                client: ClientId::from_text("wiki"),
                name: "Wiki".to_owned(),
                start: None,
            }),
        };
        let browser = Hashed::of("a browser");
        Self {
            journey: Journey::new(JourneyId::from_text(THIS), browser, demands, errand, ago(60)),
            session: None,
            person: None,
            requirement: Requirement {
                rule: None,
                denied: false,
                floor: Level::Mfa,
                instead: Vec::new(),
                counting: FactorKind::SECOND.to_vec(),
                also: Vec::new(),
                remembered_devices: Duration::ZERO,
                second_factor_max_age: MAX_AGE,
            },
        }
    }

    /// The same with a floor of one factor.
    pub fn password_is_enough(mut self) -> Self {
        self.requirement.floor = Level::Password;
        self
    }

    /// `who` is signed in, by these proofs so many seconds ago.
    pub fn signed_in(mut self, who: &str, proofs: &[(FactorKind, u64)]) -> Self {
        let evidence = proofs.iter().map(|(factor, age)| proof(*factor, who, EARLIER, ago(*age)));
        self.session = Some(Session {
            epoch: Epoch::default(),
            id: SessionId::from_text("sid"),
            user: user(who),
            secret: Hashed::of("a session"),
            evidence: evidence.collect(),
            created_at: ago(3600),
            last_seen_at: NOW,
            origin: Origin::default(),
        });
        self.about()
    }

    /// `who` gave this proof in this journey just now.
    pub fn proves(mut self, who: &str, factor: FactorKind) -> Self {
        self.journey.accept(proof(factor, who, THIS, ago(1)), Epoch::default()).unwrap();
        self.about()
    }

    /// Ann came by an administrator's link.
    pub fn invited(mut self) -> Self {
        self.journey.invite(user("ann"), Epoch::default(), EnrolmentPermission::Invitation);
        self.about()
    }

    /// A first factor may be enrolled here.
    pub fn permitted(mut self, permission: EnrolmentPermission) -> Self {
        self.journey.permission = Some(permission);
        self
    }

    /// Changes the journey.
    pub fn when(mut self, change: impl FnOnce(&mut Journey)) -> Self {
        change(&mut self.journey);
        self.about()
    }

    /// Changes the person concerned.
    pub fn whose(mut self, change: impl FnOnce(&mut Person)) -> Self {
        change(self.person.as_mut().expect("nobody is concerned yet"));
        self
    }

    /// There can be no passkeys.
    pub fn without_keys(self) -> Self {
        self.whose(|person| person.can_have_keys = false)
    }

    /// Has no second factor.
    pub fn without_factor(self) -> Self {
        self.whose(|person| person.factors.clear())
    }

    /// Looks up the person concerned, as the journey does before it asks.
    pub fn about(mut self) -> Self {
        let concerned = person_concerned(&self.journey, self.session.as_ref()).cloned();
        if self.person.as_ref().map(|person| &person.user) != concerned.as_ref() {
            self.person = concerned.map(somebody);
        }
        self
    }

    pub fn facts(&self) -> Facts<'_> {
        Facts {
            now: NOW,
            journey: &self.journey,
            session: self.session.as_ref(),
            person: self.person.as_ref(),
            requirement: &self.requirement,
        }
    }

    pub fn decide(&self) -> Next {
        next(&self.facts())
    }
}

/// A person in good standing with one app.
pub fn somebody(user: UserId) -> Person {
    Person {
        user,
        administrator: false,
        standing: Ok(()),
        must_change_password: false,
        factors: vec![FactorKind::Totp],
        can_have_keys: true,
        consent: None,
    }
}

/// Consent is needed for these scopes.
pub fn consent(scopes: &str, again: bool) -> Option<ConsentDemand> {
    Some(ConsentDemand { scopes: Scopes::parse(scopes), again, host: "wiki.example.com".to_owned() })
}
