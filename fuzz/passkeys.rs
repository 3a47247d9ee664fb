//! What browsers answer for passkeys: only the one right answer to each question is accepted, whatever is done to it.

use std::sync::LazyLock;

use keyward::config::Site;
use keyward::factors::passkeys::relying_party::{RelyingParty, read};
use serde_json::Value;
use webauthn_rs_core::proto::{AuthenticationState, Credential, RegistrationState};

const ENROLLING: &str = r#"{"policy":"preferred","exclude_credentials":[],"challenge":"PFuB8P1-EtmfvH_flgvJYKUtDzxAxRoaTdLWtEUOPgc","credential_algorithms":["ES256","ES384","RS256"],"require_resident_key":false,"authenticator_attachment":null,"extensions":{"uvm":true,"credProps":true},"allow_synchronised_authenticators":true}"#;
const PROVING: &str = r#"{"credentials":[],"policy":"preferred","challenge":"Ni3Lsr8yyBm7pudvPDllhUyY5RwGDUteRSBWjMPh7t4","appid":null,"allow_backup_eligible_upgrade":false}"#;
const KEY: &str = r#"{"cred_id":"6wku1ETCK6xEAW_OiYDTQF65eNhU2LFIPa1iFTwLsvE","cred":{"type_":"ES256","key":{"EC_EC2":{"curve":"SECP256R1","x":"li3H3BabJ2ow074YEza8O4gzRfeaw0TZMfArtQNvRGs","y":"-XBUmAwXX-k5aw5ecSiSN5dxP6DvwWqTQDFbuoCjSmw"}}},"counter":5,"transports":["internal"],"user_verified":true,"backup_eligible":false,"backup_state":false,"registration_policy":"preferred","extensions":{"cred_protect":"NotRequested","hmac_create_secret":"NotRequested","appid":"NotRequested","cred_props":"Ignored"},"attestation":{"data":"None","metadata":"None"},"attestation_format":"none"}"#;

struct Ceremonies {
    party: RelyingParty,
    enrolling: RegistrationState,
    proving: AuthenticationState,
    key: Credential,
    /// The first two seeds: the right answers.
    right: [Value; 2],
}

static CEREMONIES: LazyLock<Ceremonies> = LazyLock::new(|| {
    let mut seeds = include_str!("seeds/passkeys.txt").lines();
    let mut right = || serde_json::from_str(seeds.next().unwrap()).unwrap();
    Ceremonies {
        party: RelyingParty::of(&Site::new("https://id.example.test").unwrap()).unwrap(),
        enrolling: serde_json::from_str(ENROLLING).unwrap(),
        proving: serde_json::from_str(PROVING).unwrap(),
        key: serde_json::from_str(KEY).unwrap(),
        right: [right(), right()],
    }
});

/// `data` as the answer of a browser.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ceremonies { party, enrolling, proving, key, right: [made, signed] } = &*CEREMONIES;
    let same = |right: &Value, part: &str| {
        let answer: Value = serde_json::from_str(text).unwrap_or_default();
        assert_eq!(answer["response"][part], right["response"][part], "{part} was changed, and accepted");
    };
    // What is made is not signed: beside the question and the page nothing binds it.
    if party.made(enrolling, text).is_some() {
        same(made, "clientDataJSON");
    }
    if read(text).is_some_and(|answer| party.signed(proving, &answer, key).is_ok()) {
        ["clientDataJSON", "authenticatorData", "signature"].iter().for_each(|part| same(signed, part));
    }
}

/// The seeds are what they should be: one key made, one question answered, the rest refused.
pub fn check_seeds() {
    let Ceremonies { party, enrolling, proving, key, .. } = &*CEREMONIES;
    let seeds = include_str!("seeds/passkeys.txt");
    assert_eq!(seeds.lines().filter(|seed| party.made(enrolling, seed).is_some()).count(), 1);
    let answers = seeds.lines().filter_map(read);
    assert_eq!(answers.filter(|answer| party.signed(proving, answer, key).is_ok()).count(), 1);
}
