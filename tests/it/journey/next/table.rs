//! Every rule of the decision, with its reason, by example.

use keyward::factors::FactorKind::{Password, RecoveryCode, Totp};
use keyward::journey::next::Why;
use keyward::journey::stage::{AccountChoice, EnrolmentPermission, Stage};
use keyward::journey::{Demands, Next, Refusal};
use keyward::users::Epoch;
use keyward::users::Reason;
use keyward::vocabulary::acr::Level;
use keyward::vocabulary::{ErrorCode, Scopes};

use super::scene::{Scene, consent, user};

/// What is expected; of an arrival only the level.
#[derive(Debug, PartialEq)]
pub(super) enum Expected {
    Ask(Stage, Why),
    Refuse(Refusal),
    Arrive(Level),
}

use Expected::{Arrive, Ask, Refuse};

fn seen(next: &Next) -> Expected {
    match next {
        Next::Ask(stage, why) => Ask(*stage, *why),
        Next::Refuse(refusal) => Refuse(*refusal),
        Next::Arrive(assurance) => Arrive(assurance.level),
    }
}

pub(super) type Row = (&'static str, Scene, Expected);

pub(super) fn check(rows: Vec<Row>) {
    for (story, scene, expected) in rows {
        assert_eq!(seen(&scene.decide()), expected, "{story}");
    }
}

pub(super) fn plain() -> Scene {
    Scene::new(Demands::default())
}

pub(super) fn demanding(change: impl FnOnce(&mut Demands)) -> Scene {
    let mut demands = Demands::default();
    change(&mut demands);
    Scene::new(demands)
}

/// Ann, signed in with both factors a minute ago.
fn ann_is_in(scene: Scene) -> Scene {
    scene.signed_in("ann", &[(Password, 60), (Totp, 60)])
}

pub(super) const PASSWORD: Expected = Ask(Stage::Password, Why::NobodySignedIn);

#[test]
fn r_mf_04_who_is_not_signed_in_proves_both_factors_in_order() {
    check(vec![
        ("nobody is signed in", plain(), PASSWORD),
        (
            "one factor is not two",
            plain().proves("ann", Password),
            Ask(Stage::SecondFactor, Why::LevelTooLow),
        ),
        ("both", plain().proves("ann", Password).proves("ann", Totp), Arrive(Level::Mfa)),
        ("single sign-on", ann_is_in(plain()), Arrive(Level::Mfa)),
        (
            "where the password is enough",
            plain().password_is_enough().proves("ann", Password),
            Arrive(Level::Password),
        ),
        ("a code alone is no sign-in", plain().password_is_enough().proves("ann", Totp), PASSWORD),
        (
            "the second factor counts for twelve hours",
            plain().signed_in("ann", &[(Password, 43_200), (Totp, 43_200)]),
            Arrive(Level::Mfa),
        ),
        (
            "and no longer",
            plain().signed_in("ann", &[(Password, 43_201), (Totp, 43_201)]),
            Ask(Stage::SecondFactor, Why::LevelTooLow),
        ),
    ]);
}

#[test]
fn r_az_11_what_the_sender_demands_is_proved_in_this_journey() {
    let fresh = || demanding(|demands| demands.fresh_login = true);
    let aged = |seconds| demanding(move |demands| demands.max_age = Some(seconds));
    check(vec![
        (
            "prompt=login asks who is signed in",
            ann_is_in(fresh()),
            Ask(Stage::Password, Why::FreshLoginDemanded),
        ),
        (
            "one fresh first factor, not the young second one",
            ann_is_in(fresh()).proves("ann", Password),
            Arrive(Level::Mfa),
        ),
        (
            "a fresh second factor is no fresh first one",
            ann_is_in(fresh()).proves("ann", Totp),
            Ask(Stage::Password, Why::FreshLoginDemanded),
        ),
        ("max_age kept", ann_is_in(aged(60)), Arrive(Level::Mfa)),
        ("max_age exceeded", ann_is_in(aged(59)), Ask(Stage::Password, Why::ProofTooOld)),
        (
            "max_age=0 means a fresh proof now",
            plain()
                .signed_in("ann", &[(Password, 0), (Totp, 0)])
                .when(|journey| journey.demands.max_age = Some(0)),
            Ask(Stage::Password, Why::ProofTooOld),
        ),
        ("which a proof of this journey is", ann_is_in(aged(0)).proves("ann", Password), Arrive(Level::Mfa)),
    ]);
}

#[test]
fn r_az_13_the_account_is_the_one_that_was_meant() {
    let choose = || demanding(|demands| demands.select_account = true);
    let chosen = |choice| ann_is_in(choose()).when(move |journey| journey.account = choice);
    let meant = || demanding(|demands| demands.subject = Some(user("bob")));
    check(vec![
        (
            "select_account asks who is signed in",
            ann_is_in(choose()),
            Ask(Stage::Account, Why::AccountToChoose),
        ),
        ("there is nothing to select from when nobody is", choose(), PASSWORD),
        ("the present one", chosen(AccountChoice::Present), Arrive(Level::Mfa)),
        ("another", chosen(AccountChoice::Another), PASSWORD),
        (
            "Bob is meant, Ann is signed in",
            ann_is_in(meant()),
            Ask(Stage::Password, Why::OtherPersonSignedIn),
        ),
        ("Bob is meant, Ann proves herself", meant().proves("ann", Password), Refuse(Refusal::OtherPerson)),
        (
            "Bob signs in over Ann: her proofs are not his",
            ann_is_in(meant()).proves("bob", Password),
            Ask(Stage::SecondFactor, Why::LevelTooLow),
        ),
    ]);
}

#[test]
fn r_co_08_who_may_not_be_served_never_arrives() {
    for reason in [Reason::Disabled, Reason::Locked, Reason::Expired] {
        let struck = |scene: Scene| scene.whose(|person| person.standing = Err(reason));
        check(vec![
            ("signed in from before", struck(ann_is_in(plain())), PASSWORD),
            (
                "proved everything",
                struck(plain().proves("ann", Password).proves("ann", Totp)),
                Refuse(Refusal::NotServed(reason)),
            ),
            ("invited", struck(plain().invited()), Refuse(Refusal::NotServed(reason))),
        ]);
    }
    let mut gone = ann_is_in(plain());
    gone.person = None;
    check(vec![("the person was deleted", gone, PASSWORD)]);
}

#[test]
fn r_en_02_enrolment_is_asked_only_with_a_permission() {
    let new = || plain().proves("ann", Password).without_factor();
    let network = EnrolmentPermission::Network;
    let enrol = Ask(Stage::Enrolment, Why::FactorToEnrol);
    check(vec![
        ("no factor, no permission", new(), Refuse(Refusal::EnrolmentNotPermitted)),
        ("by network", new().permitted(network), enrol),
        (
            "by invitation, the password is set first",
            plain().invited().without_factor(),
            Ask(Stage::NewPassword, Why::PasswordToChange),
        ),
        (
            "then the factor",
            plain().invited().proves("ann", Password).without_factor(),
            Ask(Stage::Enrolment, Why::FactorToEnrol),
        ),
        (
            "who has a factor proves it, whatever the permission",
            plain().proves("ann", Password).permitted(network),
            Ask(Stage::SecondFactor, Why::LevelTooLow),
        ),
        (
            "and whatever the invitation",
            plain().invited().proves("ann", Password),
            Ask(Stage::SecondFactor, Why::LevelTooLow),
        ),
        (
            "new recovery codes are saved before going on",
            new().permitted(network).proves("ann", Totp).when(|journey| journey.codes_unsaved = true),
            Ask(Stage::RecoveryCodes, Why::CodesToSave),
        ),
    ]);
}

#[test]
fn r_rc_06_a_recovery_code_only_enrols_what_replaces_the_lost_factor() {
    let recovered = || plain().proves("ann", Password).proves("ann", RecoveryCode);
    check(vec![
        ("it forces the enrolment", recovered(), Ask(Stage::Enrolment, Why::FactorToEnrol)),
        ("which ends it", recovered().proves("ann", Totp), Arrive(Level::Mfa)),
        ("it raises nothing", recovered().password_is_enough(), Arrive(Level::Password)),
        (
            "it does not count in a later journey",
            plain().signed_in("ann", &[(Password, 60), (RecoveryCode, 60)]),
            Ask(Stage::SecondFactor, Why::LevelTooLow),
        ),
    ]);
}

#[test]
fn r_pw_08_a_password_to_change_is_given_first_and_after_the_second_factor() {
    let must = |scene: Scene| scene.whose(|person| person.must_change_password = true);
    check(vec![
        ("signed in from before", must(ann_is_in(plain())), Ask(Stage::Password, Why::PasswordToChange)),
        (
            "first the second factor",
            must(plain().proves("ann", Password)),
            Ask(Stage::SecondFactor, Why::LevelTooLow),
        ),
        (
            "then the change",
            must(plain().proves("ann", Password).proves("ann", Totp)),
            Ask(Stage::NewPassword, Why::PasswordToChange),
        ),
    ]);
}

#[test]
fn r_az_12_levels_are_reached_or_wished_in_vain_unless_essential() {
    let wishes = |levels: &[Level], essential: bool| {
        let levels = levels.to_vec();
        demanding(|demands| {
            demands.levels = levels;
            demands.level_essential = essential;
        })
        .password_is_enough()
    };
    let known = |scene: Scene| scene.proves("ann", Password);
    let (low, mfa, phishing) = (Level::Password, Level::Mfa, Level::PhishingResistant);
    let hardware = Level::PhishingResistantHardware;
    let factor = || Ask(Stage::SecondFactor, Why::LevelTooLow);
    check(vec![
        ("a wish is asked for", known(wishes(&[mfa], false)), factor()),
        ("of several the first within reach", known(wishes(&[phishing, mfa], true)), factor()),
        ("any one satisfies", known(wishes(&[mfa, low], true)), Arrive(low)),
        ("a higher one satisfies a lower", ann_is_in(wishes(&[low], true)), Arrive(mfa)),
        ("a wish out of reach is dropped", known(wishes(&[hardware], false)), Arrive(low)),
        (
            "a demand out of reach is refused",
            known(wishes(&[hardware], true)),
            Refuse(Refusal::LevelOutOfReach),
        ),
        ("a wish that only a new key fulfils is dropped", known(wishes(&[phishing], false)), Arrive(low)),
        ("such a demand asks for what there is first", known(wishes(&[phishing], true)), factor()),
        (
            "and then for the key",
            known(wishes(&[phishing], true)).proves("ann", Totp),
            Ask(Stage::Enrolment, Why::FactorToEnrol),
        ),
        (
            "but not where there can be none",
            known(wishes(&[phishing], true)).without_keys(),
            Refuse(Refusal::LevelOutOfReach),
        ),
        (
            "a wish that this person cannot fulfil is dropped too",
            known(wishes(&[mfa], false)).without_factor(),
            Arrive(low),
        ),
        (
            "a demand that this person cannot fulfil is refused",
            known(wishes(&[mfa], true)).without_factor(),
            Refuse(Refusal::LevelOutOfReach),
        ),
        (
            "a wish does not soften the floor",
            known(demanding(|demands| demands.levels = vec![low])),
            factor(),
        ),
    ]);
}

#[test]
fn consent_is_asked_last_and_only_where_it_is_missing() {
    let asks = |again| demanding(move |demands| demands.consent = consent("openid email", again));
    let given = |scopes: &'static str| {
        move |scene: Scene| scene.whose(|person| person.consent = Some(Scopes::parse(scopes)))
    };
    let ask = || Ask(Stage::Consent, Why::ConsentToGive);
    check(vec![
        ("never given", ann_is_in(asks(false)), ask()),
        ("given for less", given("openid")(ann_is_in(asks(false))), ask()),
        ("given for more", given("openid email profile")(ann_is_in(asks(false))), Arrive(Level::Mfa)),
        ("asked again", given("openid email")(ann_is_in(asks(true))), ask()),
        (
            "answered in this journey",
            ann_is_in(asks(true)).when(|journey| journey.consented = true),
            Arrive(Level::Mfa),
        ),
        (
            "not before the factors",
            asks(false).proves("ann", Password),
            Ask(Stage::SecondFactor, Why::LevelTooLow),
        ),
    ]);
}

#[test]
fn r_az_10_every_answer_but_arrival_has_its_silent_error() {
    let error = |scene: Scene| scene.decide().silent_error();
    let choose = demanding(|demands| demands.select_account = true);
    let consents = demanding(|demands| demands.consent = consent("openid", false));
    let essential = demanding(|demands| {
        demands.levels = vec![Level::PhishingResistantHardware];
        demands.level_essential = true;
    });
    assert_eq!(error(plain()), Some(ErrorCode::LoginRequired));
    assert_eq!(error(ann_is_in(choose)), Some(ErrorCode::AccountSelectionRequired));
    assert_eq!(error(ann_is_in(consents)), Some(ErrorCode::ConsentRequired));
    assert_eq!(error(ann_is_in(essential)), Some(ErrorCode::UnmetAuthenticationRequirements));
    let half = plain().signed_in("ann", &[(Password, 60)]);
    assert_eq!(error(half.clone()), Some(ErrorCode::InteractionRequired));
    assert_eq!(error(half.without_factor()), Some(ErrorCode::InteractionRequired));
    assert_eq!(error(ann_is_in(plain())), None);
}

#[test]
fn r_mf_01_a_journey_takes_no_proof_of_another_person_or_journey() {
    use super::scene::{EARLIER, THIS, ago, proof};
    let mut journey = plain().proves("ann", Password).journey;
    let before = journey.clone();
    assert!(journey.accept(proof(Totp, "bob", THIS, ago(0)), Epoch::default()).is_err());
    assert!(journey.accept(proof(Totp, "ann", EARLIER, ago(0)), Epoch::default()).is_err());
    assert_eq!(journey, before, "nothing was left behind");
    let mut invited = plain().invited().journey;
    assert!(invited.accept(proof(Password, "bob", THIS, ago(0)), Epoch::default()).is_err());
    assert_eq!(invited.user(), Some(&user("ann")), "R-MF-02");
}
