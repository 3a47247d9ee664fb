//! The operator's rules, and proofs that are asked anew, by example.

use keyward::factors::FactorKind::{self, MailCode, Password, Totp};
use keyward::journey::Refusal;
use keyward::journey::next::Why;
use keyward::journey::stage::Stage;
use keyward::vocabulary::acr::Level;

use super::scene::Scene;
use super::table::Expected::{Arrive, Ask, Refuse};
use super::table::{PASSWORD, check, demanding, plain};

/// Security requirements 4.5: what a rule says of the factors that count, in place of the floor and besides.
#[test]
fn r_mf_04_rules_say_which_factors_count_and_which_must_be_there_besides() {
    let given = |proofs: &[FactorKind]| {
        proofs.iter().fold(plain().proves("ann", Password), |scene, kind| scene.proves("ann", *kind))
    };
    let with = |mut scene: Scene, change: fn(&mut keyward::journey::policy::Requirement)| {
        change(&mut scene.requirement);
        scene.whose(|person| person.factors = vec![Totp, MailCode])
    };
    let second = || Ask(Stage::SecondFactor, Why::LevelTooLow);
    check(vec![
        ("a code by mail is below the floor", with(given(&[MailCode]), |_| {}), second()),
        (
            "unless it is accepted in its place",
            with(given(&[MailCode]), |asked| asked.instead = vec![MailCode]),
            Arrive(Level::MfaLow),
        ),
        (
            "only an app counts here",
            with(given(&[MailCode]), |asked| {
                asked.floor = Level::MfaLow;
                asked.counting = vec![Totp];
            }),
            second(),
        ),
        ("both are wanted", with(given(&[Totp]), |asked| asked.also = vec![MailCode]), second()),
        (
            "both are there",
            with(given(&[Totp, MailCode]), |asked| asked.also = vec![MailCode]),
            Arrive(Level::Mfa),
        ),
        ("nobody gets in", with(given(&[Totp]), |asked| asked.denied = true), Refuse(Refusal::Denied)),
        (
            "what is wanted besides cannot be had",
            with(given(&[Totp]), |asked| asked.also = vec![MailCode])
                .whose(|person| person.factors = vec![Totp]),
            Refuse(Refusal::LevelOutOfReach),
        ),
        (
            "nobody is told before the password",
            {
                let mut scene = plain();
                scene.requirement.denied = true;
                scene
            },
            PASSWORD,
        ),
    ]);
}

/// R-EN-01: before proofs are changed, the strongest one there is was given within five minutes.
#[test]
fn r_en_01_the_strongest_factor_is_asked_anew_for_changes() {
    let strong = || demanding(|demands| demands.strongest_within = Some(300));
    let second = || Ask(Stage::SecondFactor, Why::ProofTooOld);
    check(vec![
        ("both are recent", strong().signed_in("ann", &[(Password, 60), (Totp, 60)]), Arrive(Level::Mfa)),
        (
            "both are old",
            strong().signed_in("ann", &[(Password, 301), (Totp, 301)]),
            Ask(Stage::Password, Why::ProofTooOld),
        ),
        ("the app is old", strong().signed_in("ann", &[(Password, 60), (Totp, 301)]), second()),
        (
            "a weaker one does not do",
            strong().password_is_enough().signed_in("ann", &[(Password, 60), (MailCode, 60)]),
            second(),
        ),
        (
            "there is no second one",
            strong().password_is_enough().signed_in("ann", &[(Password, 60)]).without_factor(),
            Arrive(Level::Password),
        ),
    ]);
}
