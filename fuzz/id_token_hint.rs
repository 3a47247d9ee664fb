//! ID token hints: nothing that a stranger makes is one of ours.

use std::sync::{Arc, OnceLock};

use keyward::keys::{KeySet, Keyring, SigningKey};
use keyward::vocabulary::client_metadata::SigningAlgorithm;

const ISSUER: &str = "https://id.example.com";

/// A ring whose keys never signed anything.
fn ring() -> &'static Keyring {
    static RING: OnceLock<Keyring> = OnceLock::new();
    RING.get_or_init(|| {
        let signing = SigningAlgorithm::ALL.map(key).map(Arc::new).into();
        Keyring::new(KeySet::new(signing, Vec::new(), Vec::new()).expect("a key for each"))
    })
}

fn key(algorithm: SigningAlgorithm) -> SigningKey {
    let der = SigningKey::generate(algorithm).expect("a key can be made");
    SigningKey::from_pkcs8(algorithm, &der).expect("and read")
}

/// `data` as a token; `KID` in it stands for the key's real name.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let key = ring().signing_key(SigningAlgorithm::RS256);
    let kid = key.map(|key| key.jwk().kid.clone()).unwrap_or_default();
    let named = text.replace("KID", &kid);
    assert!(ring().verify_hint(&named, ISSUER).is_err(), "a token nobody signed was accepted: {named}");
    let mut parts = named.splitn(3, '.');
    let encoded: Vec<_> = parts.by_ref().map(encode).collect();
    assert!(ring().verify_hint(&encoded.join("."), ISSUER).is_err());
}

fn encode(part: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(part)
}
