//! A key of our own making, for tests: it signs what it is told to, right or wrong (WebAuthn Level 3 section 6).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_CREDENTIAL: u8 = 0x40;

/// One key, and the browser it is used in. Every field may be turned before the next ceremony.
pub struct SoftKey {
    pair: EcdsaKeyPair,
    pub id: Vec<u8>,
    pub counter: u32,
    pub present: bool,
    pub verifies: bool,
    pub backup_eligible: bool,
    pub backed_up: bool,
    /// What it remembers of its owner; learned at enrolment.
    pub handle: Option<Vec<u8>>,
    pub origin: String,
    pub rp_id: String,
    pub cross_origin: bool,
    pub top_origin: Option<String>,
    /// In place of the word for the ceremony.
    pub ceremony: Option<&'static str>,
    /// In place of the challenge of the options.
    pub challenge: Option<String>,
    /// In place of ES256.
    pub algorithm: u8,
}

impl SoftKey {
    pub fn new(origin: &str) -> Self {
        let host = origin.split("://").nth(1).unwrap().split(':').next().unwrap();
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self {
            id: digest(&SHA256, pair.public_key().as_ref()).as_ref().to_vec(),
            pair,
            counter: 0,
            present: true,
            verifies: true,
            backup_eligible: false,
            backed_up: false,
            handle: None,
            origin: origin.to_owned(),
            rp_id: host.to_owned(),
            cross_origin: false,
            top_origin: None,
            ceremony: None,
            challenge: None,
            algorithm: 0x26, // -7, ES256
        }
    }

    /// One that verifies nobody, like the first security keys.
    pub fn plain(origin: &str) -> Self {
        Self { verifies: false, ..Self::new(origin) }
    }

    /// A second one of the same id, owner and counter. Its key pair is a copy.
    pub fn copy(&self) -> Self {
        let document = self.pair.to_pkcs8v1().unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref()).unwrap();
        Self {
            pair,
            id: self.id.clone(),
            handle: self.handle.clone(),
            counter: self.counter,
            ..Self::new(&self.origin)
        }
    }

    /// The answer of `navigator.credentials.create` to `options`.
    pub fn create(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        self.handle = Some(decoded(&options["user"]["id"]));
        let client_data = self.client_data("webauthn.create", &options);
        let mut data = self.authenticator_data(HAS_CREDENTIAL);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(self.public_key());
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend(data);
        json!({
            "id": encoded(&self.id), "rawId": encoded(&self.id), "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "attestationObject": encoded(&object),
                "clientDataJSON": encoded(&client_data),
                "transports": ["internal"],
            },
        })
        .to_string()
    }

    /// The answer of `navigator.credentials.get` to `options`: its counter rises by one, if it counts at all.
    pub fn get(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        if self.counter > 0 {
            self.counter += 1;
        }
        let client_data = self.client_data("webauthn.get", &options);
        let data = self.authenticator_data(0);
        let mut signed = data.clone();
        signed.extend(digest(&SHA256, &client_data).as_ref());
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": encoded(&self.id), "rawId": encoded(&self.id), "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "authenticatorData": encoded(&data),
                "clientDataJSON": encoded(&client_data),
                "signature": encoded(signature.as_ref()),
                "userHandle": self.handle.as_deref().map(encoded),
            },
        })
        .to_string()
    }

    fn client_data(&self, ceremony: &str, options: &Value) -> Vec<u8> {
        let challenge = self.challenge.as_deref().or(options["challenge"].as_str()).unwrap();
        let mut said = json!({
            "type": self.ceremony.unwrap_or(ceremony), "challenge": challenge,
            "origin": self.origin, "crossOrigin": self.cross_origin,
        });
        if let Some(top) = &self.top_origin {
            said["topOrigin"] = top.as_str().into();
        }
        serde_json::to_vec(&said).unwrap()
    }

    fn authenticator_data(&self, more: u8) -> Vec<u8> {
        let flag = |set, flag| if set { flag } else { 0 };
        let flags = more
            | flag(self.present, USER_PRESENT)
            | flag(self.verifies, USER_VERIFIED)
            | flag(self.backup_eligible, BACKUP_ELIGIBLE)
            | flag(self.backed_up, BACKED_UP);
        let mut data = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// As COSE writes it (RFC 9053 section 7.1.1).
    fn public_key(&self) -> Vec<u8> {
        let point = self.pair.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let start = [0xa5, 0x01, 0x02, 0x03, self.algorithm, 0x20, 0x01, 0x21, 0x58, 0x20];
        [&start, x, &[0x22, 0x58, 0x20], y].concat()
    }
}

pub fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decoded(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}
