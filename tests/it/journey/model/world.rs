//! What the model knows: people with what they know and have, and a ledger of every proof that was rightly accepted.

use std::collections::HashMap;

use keyward::config::Settings;
use keyward::factors::{Evidence, totp};
use keyward::foundation::Timestamp;
use keyward::foundation::clock::Clock as _;
use keyward::foundation::ids::UserId;
use keyward::journey::Journey;
use keyward::storage::{Key, Stored};
use keyward::users::NewUser;
use keyward::users::profile::{Profile, Text, Username};

use super::browser::{Browser, Wire};
use crate::support::app::{self, TestApp};
use crate::support::people::{PASSWORD, code_of};
use crate::support::relying_party::{RelyingParty, web_application};

/// The provider and two applications, the second of which asks for consent.
pub struct World {
    pub app: TestApp,
    pub wire: Wire,
    pub applications: [RelyingParty; 2],
}

impl World {
    pub async fn new() -> Self {
        // All cases come from one address in a few seconds, which is not what its limit is about.
        let adjust = |settings: &mut Settings| settings.limits.address_attempts = 1_000_000;
        let app = app::start_with(adjust).await;
        let mut board = web_application("https://board.example.com");
        board.consent_skipped = false;
        let applications = [app.application().await, app.application_like(board).await];
        let wire = Wire { router: app.app.router(), host: app.host().to_owned(), issuer: app.issuer.clone() };
        Self { app, wire, applications }
    }

    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    pub async fn journey(&self, id: &str) -> Option<Journey> {
        let key = Key::new("journey", &[id]);
        let found: Option<Stored<Journey>> = self.app.store().fetch(&key).await.unwrap();
        found.map(|stored| stored.value)
    }
}

/// An authenticator app.
#[derive(Debug, Clone)]
pub struct Device {
    pub secret: Vec<u8>,
    /// The step of the last accepted code.
    pub last_step: u64,
}

impl Device {
    /// The step within the window whose code this is and that was not used yet.
    pub fn accepts(&self, code: &str, now: Timestamp) -> Option<u64> {
        let present = totp::step(now);
        let later = |step: &u64| *step > self.last_step;
        let mut window = (present - 1..=present + 1).filter(later);
        window.find(|step| self.at(*step) == code)
    }

    pub fn at(&self, step: u64) -> String {
        code_of(&self.secret, i64::try_from(step * totp::PERIOD).unwrap())
    }
}

/// A person, as the model knows it.
#[derive(Debug, Clone)]
pub struct Somebody {
    pub id: UserId,
    pub name: String,
    /// Stands on no page but those about this person.
    pub marker: String,
    pub password: String,
    pub password_changed_at: Timestamp,
    pub devices: Vec<Device>,
    /// When a lost device was replaced.
    pub replaced_at: Timestamp,
    pub recovery_codes: Vec<String>,
    pub spent: Vec<String>,
    /// The secrets shown on enrolment pages, by journey.
    pub offered: HashMap<String, Vec<u8>>,
}

impl Somebody {
    async fn new(world: &World, case: usize, first: &str) -> Self {
        let name = format!("{first}{case}");
        let marker = format!("Marked {first} {case}");
        let new = NewUser {
            profile: Profile { name: Some(Text::new(&marker).unwrap()), ..Profile::default() },
            ..NewUser::named(Username::new(&name).unwrap())
        };
        let person = world.app.person_like(new).await;
        Self {
            id: person.id,
            name,
            marker,
            password: PASSWORD.to_owned(),
            password_changed_at: world.now(),
            devices: Vec::new(),
            replaced_at: Timestamp(0),
            recovery_codes: Vec::new(),
            spent: Vec::new(),
            offered: HashMap::new(),
        }
    }
}

/// A proof that was accepted, rightly, and where.
#[derive(Debug, Clone)]
pub struct Proven {
    pub evidence: Evidence,
    pub browser: usize,
}

/// A journey whose form was seen.
#[derive(Debug, Clone)]
pub struct Known {
    pub id: String,
    pub token: String,
}

/// A form that was sent: by which browser, where to, and its fields.
pub type Sent = (usize, String, Vec<(String, String)>);

/// One sequence: two people, two browsers.
pub struct Case<'w> {
    pub world: &'w World,
    pub people: [Somebody; 2],
    pub browsers: [Browser; 2],
    /// The newest first.
    pub journeys: Vec<Known>,
    pub ledger: Vec<Proven>,
    /// Who typed whose name, and who proved to be whom: browser, then person.
    pub knows: [[bool; 2]; 2],
    pub proved: [[bool; 2]; 2],
    /// A thief holds the other's cookies, so what one browser proved the other has.
    pub shared: bool,
    /// Sessions whose cookie the model itself overwrote.
    pub left_behind: Vec<String>,
    pub last: Option<Sent>,
    pub passwords_made: usize,
    pub arrivals: usize,
}

impl<'w> Case<'w> {
    /// Two days later, when nothing of the last case lives: Ann with an app, Bob without.
    pub async fn new(world: &'w World, case: usize) -> Self {
        world.app.pass(2 * 86_400);
        world.app.store().sweep(world.now(), 10_000).await.unwrap();
        let mut ann = Somebody::new(world, case, "ann").await;
        let bob = Somebody::new(world, case, "bob").await;
        let secret = world.app.give_totp(&ann.id, &ann.name).await;
        let last_step = totp::step(world.now()) - 2;
        ann.devices.push(Device { secret, last_step });
        Self {
            world,
            people: [ann, bob],
            browsers: [Browser::default(), Browser::default()],
            journeys: Vec::new(),
            ledger: Vec::new(),
            knows: [[false; 2]; 2],
            proved: [[false; 2]; 2],
            shared: false,
            left_behind: Vec::new(),
            last: None,
            passwords_made: 0,
            arrivals: 0,
        }
    }

    pub fn index_of(&self, user: &UserId) -> Option<usize> {
        self.people.iter().position(|person| person.id == *user)
    }

    /// Whether this browser, or the one whose cookies it holds, typed this person's name.
    pub fn knows_name(&self, browser: usize, person: usize) -> bool {
        self.knows[browser][person] || (self.shared && self.knows[1 - browser][person])
    }

    /// Whether this browser, or the one whose cookies it holds, proved to be this person.
    pub fn has_proved(&self, browser: usize, person: usize) -> bool {
        self.proved[browser][person] || (self.shared && self.proved[1 - browser][person])
    }

    /// Whether the ledger holds this proof as given in this browser, or in the one whose cookies it holds.
    pub fn is_proven(&self, evidence: &Evidence, browser: usize) -> bool {
        let here = |proven: &&Proven| self.shared || proven.browser == browser;
        self.ledger.iter().filter(here).any(|proven| proven.evidence == *evidence)
    }
}
