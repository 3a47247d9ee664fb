//! What holds of the decision for arbitrary facts: it never says "arrived" without the evidence.

use keyward::factors::Evidence;
use keyward::factors::FactorKind::{self, MailCode, Passkey, Password, RecoveryCode, Totp};
use keyward::journey::next::person_concerned;
use keyward::journey::policy::Requirement;
use keyward::journey::stage::{AccountChoice, EnrolmentPermission, Stage};
use keyward::journey::{Demands, Next, Refusal};
use keyward::users::{Epoch, Reason};
use keyward::vocabulary::Scopes;
use keyward::vocabulary::acr::Level;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::scene::{EARLIER, MAX_AGE, NOW, Scene, THIS, ago, consent, proof, somebody, user};

const PEOPLE: [&str; 2] = ["ann", "bob"];
const AGES: [u64; 7] = [0, 1, 59, 3600, 43_200, 43_201, 90_000];

fn factors(most: usize) -> impl Strategy<Value = Vec<(FactorKind, u64)>> {
    vec((select(vec![Password, Passkey, Totp, MailCode, RecoveryCode]), select(AGES.to_vec())), 0..=most)
}

fn demands() -> impl Strategy<Value = Demands> {
    let levels = vec(select(Level::ALL.to_vec()), 0..3);
    let age = option::of(select(vec![0u64, 60, 3600, u64::MAX]));
    let consents = option::of((select(vec!["openid", "openid email"]), any::<bool>()));
    let subject = option::weighted(0.2, select(PEOPLE.to_vec()));
    let strongest = option::weighted(0.2, select(vec![60u64, 300]));
    (any::<[bool; 3]>(), age, levels, subject, consents, strongest).prop_map(
        |(
            [fresh_login, select_account, level_essential],
            max_age,
            levels,
            subject,
            consents,
            strongest_within,
        )| Demands {
            strongest_within,
            fresh_login,
            select_account,
            max_age,
            level_essential: level_essential && !levels.is_empty(),
            levels,
            subject: subject.map(user),
            consent: consents.and_then(|(scopes, again)| consent(scopes, again)),
            ..Demands::default()
        },
    )
}

/// What happened in the journey so far.
#[derive(Debug, Clone)]
struct Walk {
    account: AccountChoice,
    permission: Option<EnrolmentPermission>,
    codes_unsaved: bool,
    consented: bool,
    who: &'static str,
    proofs: Vec<(FactorKind, u64)>,
}

impl Walk {
    fn take(self, mut scene: Scene) -> Scene {
        let journey = &mut scene.journey;
        if self.permission == Some(EnrolmentPermission::Invitation) {
            journey.invite(user(self.who), Epoch::default(), EnrolmentPermission::Invitation);
        }
        for (factor, age) in &self.proofs {
            journey.accept(proof(*factor, self.who, THIS, ago(*age)), Epoch::default()).unwrap();
        }
        journey.permission = self.permission;
        journey.account = self.account;
        journey.codes_unsaved = self.codes_unsaved;
        journey.consented = self.consented;
        scene
    }
}

fn walks() -> impl Strategy<Value = Walk> {
    let accounts = vec![AccountChoice::Open, AccountChoice::Present, AccountChoice::Another];
    let permissions = vec![EnrolmentPermission::Network, EnrolmentPermission::Invitation];
    (
        select(accounts),
        option::of(select(permissions)),
        any::<[bool; 2]>(),
        select(PEOPLE.to_vec()),
        factors(3),
    )
        .prop_map(|(account, permission, [codes_unsaved, consented], who, proofs)| Walk {
            account,
            permission,
            codes_unsaved,
            consented,
            who,
            proofs,
        })
}

fn scenes() -> impl Strategy<Value = Scene> {
    let session = option::of((select(PEOPLE.to_vec()), factors(3)));
    let floor = select(vec![Level::Password, Level::MfaLow, Level::Mfa, Level::PhishingResistant]);
    let standing = select(vec![Ok(()), Ok(()), Ok(()), Err(Reason::Disabled), Err(Reason::Expired)]);
    let given = option::of(select(vec!["openid", "openid email"]));
    let kinds = select(vec![
        vec![],
        vec![Totp],
        vec![MailCode],
        vec![Totp, MailCode],
        vec![Passkey],
        vec![Passkey, Totp],
        vec![Passkey, MailCode],
    ]);
    let person = (standing, any::<bool>(), kinds, given, prop::bool::weighted(0.95));
    let all = || vec![Passkey, Totp, MailCode];
    let counting =
        select(vec![all(), all(), vec![Totp, MailCode], vec![Totp], vec![MailCode], vec![Passkey]]);
    let also = select(vec![vec![], vec![], vec![], vec![Totp], vec![MailCode], vec![Passkey]]);
    let denied = prop::bool::weighted(0.05);
    let floor = (floor, select(vec![vec![], vec![MailCode]]), counting, also, denied);
    (demands(), walks(), session, floor, person).prop_map(|(demands, walk, session, asked, person)| {
        let mut scene = walk.take(Scene::new(demands));
        if let Some((who, proofs)) = session {
            scene = scene.signed_in(who, &proofs);
        }
        let (floor, mut instead, counting, mut also, denied) = asked;
        // A rule cannot ask for what does not count, and nothing else stands in for the floor.
        instead.retain(|kind| counting.contains(kind));
        also.retain(|kind| counting.contains(kind));
        scene.requirement = Requirement { floor, instead, counting, also, denied, ..scene.requirement };
        let (standing, must_change_password, factors, given, exists) = person;
        let concerned = person_concerned(&scene.journey, scene.session.as_ref()).filter(|_| exists);
        scene.person = concerned.cloned().map(|user| keyward::journey::next::Person {
            standing,
            must_change_password,
            factors,
            consent: given.map(Scopes::parse),
            ..somebody(user)
        });
        scene
    })
}

/// All proofs of the person concerned that count now, told apart by hand.
fn counting(scene: &Scene) -> Vec<Evidence> {
    let Some(who) = person_concerned(&scene.journey, scene.session.as_ref()) else {
        return Vec::new();
    };
    let session = scene.session.iter().flat_map(|session| &session.evidence);
    let all = session.chain(scene.journey.evidence());
    let mine = all.filter(|proof| proof.user() == who);
    let kinds = &scene.requirement.counting;
    let counts = |proof: &Evidence| kinds.contains(&proof.factor()) || proof.factor() == RecoveryCode;
    mine.filter(|proof| proof.is_first() || (is_young(proof) && counts(proof))).cloned().collect()
}

fn is_young(proof: &Evidence) -> bool {
    NOW.since(proof.at()) <= MAX_AGE
}

fn has_first(proofs: &[Evidence]) -> bool {
    proofs.iter().any(Evidence::is_first)
}

fn has(proofs: &[Evidence], factor: FactorKind) -> bool {
    proofs.iter().any(|proof| proof.factor() == factor)
}

fn real_level(scene: &Scene) -> Option<Level> {
    let proofs = counting(scene);
    let counts = |kind| scene.requirement.counting.contains(&kind);
    let second = |kind| counts(kind) && proofs.iter().any(|proof| proof.factor() == kind && is_young(proof));
    let level = match (second(Passkey), second(Totp), second(MailCode)) {
        (true, ..) => Level::PhishingResistant,
        (false, true, _) => Level::Mfa,
        (false, false, true) => Level::MfaLow,
        (false, false, false) => Level::Password,
    };
    has_first(&proofs).then_some(level)
}

/// Whether a weak factor was given that policy accepts in place of the floor.
fn instead_of_floor(scene: &Scene) -> bool {
    let proofs = counting(scene);
    has_first(&proofs) && scene.requirement.instead.iter().any(|kind| has(&proofs, *kind))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// R-MF-04, R-MF-05, R-RC-06: what is said to be reached was proved, and is enough.
    #[test]
    fn nobody_arrives_above_the_evidence_or_below_the_floor(scene in scenes()) {
        if let Next::Arrive(assurance) = scene.decide() {
            prop_assert_eq!(Some(assurance.level), real_level(&scene));
            prop_assert!(assurance.level >= scene.requirement.floor || instead_of_floor(&scene));
            prop_assert!(!scene.requirement.denied);
            let proofs = counting(&scene);
            prop_assert!(scene.requirement.also.iter().all(|kind| has(&proofs, *kind)));
            let demands = &scene.journey.demands;
            if demands.level_essential {
                prop_assert!(demands.levels.iter().any(|level| *level <= assurance.level));
            }
            let newest = counting(&scene).iter().map(Evidence::at).max();
            prop_assert_eq!(Some(assurance.auth_time), newest);
        }
    }

    /// R-AZ-10, R-AZ-11, R-AZ-13, R-CO-08, R-PW-08: every demand is met on arrival.
    #[test]
    fn nobody_arrives_with_a_demand_unmet(scene in scenes()) {
        if !matches!(scene.decide(), Next::Arrive(_)) {
            return Ok(());
        }
        let (journey, demands) = (&scene.journey, &scene.journey.demands);
        let person = scene.person.as_ref().expect("nobody arrived");
        prop_assert!(person.standing.is_ok());
        prop_assert!(!person.must_change_password || !has(&counting(&scene), Password));
        prop_assert!(!journey.codes_unsaved);
        prop_assert!(!demands.fresh_login || has_first(journey.evidence()));
        prop_assert!(demands.subject.as_ref().is_none_or(|meant| *meant == person.user));
        let newest = counting(&scene).iter().map(Evidence::at).max().expect("without proof");
        let young = demands.max_age.is_none_or(|most| most > 0 && NOW.since(newest).as_secs() <= most);
        prop_assert!(young || !journey.evidence().is_empty());
        let chosen = journey.account != AccountChoice::Open || journey.user().is_some();
        prop_assert!(!demands.select_account || scene.session.is_none() || chosen);
        let given = |wanted: &Scopes| person.consent.as_ref().is_some_and(|given| wanted.is_within(given));
        let consented = demands.consent.as_ref().is_none_or(|demand| {
            journey.consented || (given(&demand.scopes) && !demand.again)
        });
        prop_assert!(consented);
        if journey.account == AccountChoice::Another {
            prop_assert!(journey.user().is_some(), "another account was wished");
        }
    }

    /// R-MF-01, R-MF-02: what somebody else proved in this browser changes nothing.
    #[test]
    fn the_proofs_of_another_person_never_count(scene in scenes()) {
        let concerned = person_concerned(&scene.journey, scene.session.as_ref()).cloned();
        let other = scene.session.as_ref().is_some_and(|session| Some(&session.user) != concerned.as_ref());
        let mut bare = scene.clone();
        if let Some(session) = bare.session.as_mut().filter(|_| other) {
            session.evidence.clear();
        }
        prop_assert_eq!(bare.decide(), scene.decide());
        let mut mixed = scene.clone();
        if let Some(session) = &mut mixed.session {
            let who = if session.user == user("ann") { "bob" } else { "ann" };
            session.evidence.push(proof(Totp, who, EARLIER, ago(1)));
            if let Next::Arrive(assurance) = mixed.decide() {
                prop_assert!(Some(assurance.level) <= real_level(&scene), "a foreign proof raised the level");
            }
        }
    }

    /// R-EN-01, R-EN-02: enrolment is for who has nothing and is permitted, or has given a recovery code.
    #[test]
    fn enrolment_is_never_asked_without_permission(scene in scenes()) {
        if let Next::Ask(Stage::Enrolment, _) = scene.decide() {
            let recovered = scene.journey.has_proof_of(RecoveryCode);
            let factors = scene.person.as_ref().map(|person| person.factors.clone()).unwrap_or_default();
            let proved = factors.first().is_some_and(|strongest| scene.journey.has_proof_of(*strongest));
            let has_none = factors.iter().all(|kind| *kind == MailCode);
            prop_assert!(recovered || proved || (has_none && scene.journey.permission.is_some()));
            prop_assert!(has_first(&counting(&scene)));
            let helps = keyward::journey::reach::enrollable(&scene.facts());
            prop_assert!(!helps.is_empty(), "a page without a way on");
        }
    }

    /// R-MF-04: what is offered can be given by the person, and is enough, or is the strongest there is.
    #[test]
    fn only_what_helps_is_offered(scene in scenes()) {
        let offered = keyward::journey::reach::offered(&scene.facts());
        let factors = scene.person.as_ref().map(|person| person.factors.clone()).unwrap_or_default();
        prop_assert!(offered.iter().all(|kind| factors.contains(kind)));
        if matches!(scene.decide(), Next::Ask(Stage::SecondFactor, _)) {
            prop_assert!(!offered.is_empty(), "a page without a way on");
        }
        let enough = scene.requirement.floor <= Level::MfaLow || scene.requirement.instead.contains(&MailCode);
        if offered == [MailCode] && factors.contains(&Totp) {
            let only = scene.requirement.also == [MailCode] || !scene.requirement.counting.contains(&Totp);
            prop_assert!(only || (enough && scene.requirement.floor != Level::Mfa), "the stronger one would do as well");
        }
    }

    /// R-EN-01: whoever arrives where the strongest proof is demanded has just given it.
    #[test]
    fn the_strongest_proof_is_recent(scene in scenes()) {
        let (Some(within), Next::Arrive(_)) = (scene.journey.demands.strongest_within, scene.decide()) else {
            return Ok(());
        };
        let who = &scene.person.as_ref().unwrap().user;
        let all = scene.session.iter().flat_map(|session| &session.evidence).chain(scene.journey.evidence());
        let recent: Vec<_> = all
            .filter(|proof| proof.user() == who)
            .filter(|proof| NOW.since(proof.at()).as_secs() <= within || proof.journey().as_str() == THIS)
            .cloned()
            .collect();
        prop_assert!(has_first(&recent));
        let counts = |kind: &FactorKind| *kind != MailCode || scene.requirement.counting.contains(&MailCode);
        let strongest = scene.person.as_ref().unwrap().factors.iter().copied().find(counts);
        let recovered = scene.journey.has_proof_of(RecoveryCode);
        prop_assert!(strongest.is_none_or(|kind| recovered || has(&recent, kind)));
    }

    /// R-RC-06: with a recovery code the same level is reached as without, or less.
    #[test]
    fn a_recovery_code_never_raises_the_level(scene in scenes()) {
        let Next::Arrive(reached) = scene.decide() else { return Ok(()) };
        prop_assert_eq!(Some(reached.level), real_level(&scene));
        let mut with = scene.clone();
        let who = with.person.as_ref().map(|person| person.user.to_string()).unwrap_or_default();
        with.journey.accept(proof(RecoveryCode, &who, THIS, ago(0)), Epoch::default()).unwrap();
        if let Next::Arrive(after) = with.decide() {
            prop_assert!(after.level <= reached.level);
        }
    }

    /// R-AZ-10: whoever allows no page gets an error, and only arrival has none; a new password needs the present one.
    #[test]
    fn every_answer_is_fit_for_its_door(scene in scenes()) {
        let next = scene.decide();
        prop_assert_eq!(next.silent_error().is_none(), matches!(next, Next::Arrive(_)));
        if let Next::Ask(Stage::NewPassword, _) = next {
            let invited = scene.journey.permission == Some(EnrolmentPermission::Invitation);
            prop_assert!(invited || scene.journey.has_proof_of(Password));
        }
        if let Next::Refuse(Refusal::LevelOutOfReach) = next {
            let asked = &scene.requirement;
            let cannot = !asked.counting.contains(&Totp) || !asked.also.is_empty() || asked.floor > Level::Mfa;
            prop_assert!(scene.journey.demands.level_essential || cannot);
        }
    }
}
