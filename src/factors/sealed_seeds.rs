//! Seeds that a PSKC file holds encrypted (RFC 6030 section 6): under a key agreed on with the maker, or a key derived from a
//! passphrase. AES-128-CBC alone would let anybody change them, so the code of each (`ValueMAC`) is checked before it is decrypted.

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{AES_128, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::{hmac, pbkdf2};
use zeroize::Zeroizing;

use super::pskc_tree::Element;
use super::seeds::from_hex;
use crate::foundation::secret::Hidden;

/// What opens the seeds of a file.
#[derive(Debug, Clone, Copy)]
pub enum Opener<'a> {
    /// Nothing: they lie open.
    Nothing,
    /// A key of 16 bytes, in hexadecimal.
    Key(&'a Hidden),
    /// A passphrase.
    Passphrase(&'a Hidden),
}

/// Bytes of the key, and of a block.
const BLOCK: usize = 16;
/// No maker derives a key in more rounds, which would stop everything else.
const MOST_ROUNDS: u32 = 1_000_000;
const AES_128_CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
const HMAC_SHA1: &str = "http://www.w3.org/2000/09/xmldsig#hmac-sha1";
const HMAC_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
/// The URI of RFC 6030, and that of XML Encryption 1.1.
const PBKDF2: [&str; 2] = [
    "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2",
    "http://www.w3.org/2009/xmlenc11#pbkdf2",
];

const NO_METHOD: &str = "is encrypted in another way than AES-128-CBC with an HMAC of SHA-1 or SHA-256";
const WRONG_KEY: &str = "cannot be opened: this is not its key, or the file was changed";

type Bytes = Zeroizing<Vec<u8>>;

/// The two keys of a file.
pub(super) struct Keys {
    encryption: Bytes,
    authentication: hmac::Key,
}

impl Keys {
    /// Those of `container`, with what the administrator was given.
    pub fn of(container: &Element, opener: Opener<'_>) -> Result<Self, &'static str> {
        let derived = container.at(&["EncryptionKey", "DerivedKey"])?;
        let encryption = match (opener, derived) {
            (Opener::Key(key), None) => {
                from_hex(key.expose().trim()).ok_or("is opened by a key in hexadecimal")?
            }
            (Opener::Passphrase(phrase), Some(derived)) => derive(derived, phrase)?,
            (_, None) => return Err("is encrypted: give its key, with --key-file"),
            (_, Some(_)) => return Err("is encrypted: give its passphrase, with --passphrase-file"),
        };
        if encryption.len() != BLOCK {
            return Err("is opened by a key of 16 bytes, which is 32 hexadecimal digits");
        }
        let method = container.child("MACMethod")?.ok_or(NO_METHOD)?;
        let algorithm = match method.attribute("Algorithm") {
            Some(HMAC_SHA1) => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Some(HMAC_SHA256) => hmac::HMAC_SHA256,
            _ => return Err(NO_METHOD),
        };
        let sealed = cipher_value(method.child("MACKey")?.ok_or(NO_METHOD)?)?;
        let authentication = hmac::Key::new(algorithm, &decrypt(&encryption, &sealed)?);
        Ok(Self { encryption, authentication })
    }

    /// The seed within `secret`, once its code is found right.
    pub fn open(&self, secret: &Element) -> Result<Bytes, &'static str> {
        let sealed = cipher_value(secret.child("EncryptedValue")?.ok_or("has no secret")?)?;
        let code = secret.child("ValueMAC")?.ok_or("has an encrypted secret without ValueMAC")?.base64()?;
        hmac::verify(&self.authentication, &sealed, &code).map_err(|_| WRONG_KEY)?;
        decrypt(&self.encryption, &sealed)
    }
}

/// PBKDF2 (RFC 8018 section 5.2) as RFC 6030 section 6.2 writes it.
fn derive(derived: &Element, phrase: &Hidden) -> Result<Bytes, &'static str> {
    const UNKNOWN: &str =
        "derives its key in another way than PBKDF2 with 16 bytes and up to a million rounds";
    let method = derived.child("KeyDerivationMethod")?.ok_or(UNKNOWN)?;
    if !method.attribute("Algorithm").is_some_and(|uri| PBKDF2.contains(&uri)) {
        return Err(UNKNOWN);
    }
    let parameters = method.child("PBKDF2-params")?.ok_or(UNKNOWN)?;
    let prf = match parameters.child("PRF")?.and_then(|prf| prf.attribute("Algorithm")) {
        None => pbkdf2::PBKDF2_HMAC_SHA1,
        Some(uri) if uri.ends_with("hmac-sha1") || uri.ends_with("hmacWithSHA1") => pbkdf2::PBKDF2_HMAC_SHA1,
        Some(uri) if uri.ends_with("hmac-sha256") => pbkdf2::PBKDF2_HMAC_SHA256,
        Some(_) => return Err(UNKNOWN),
    };
    let rounds =
        parameters.text_at(&["IterationCount"])?.and_then(|rounds| rounds.parse::<NonZeroU32>().ok());
    let rounds = rounds.filter(|rounds| rounds.get() <= MOST_ROUNDS).ok_or(UNKNOWN)?;
    if parameters.text_at(&["KeyLength"])?.is_some_and(|length| length != "16") {
        return Err(UNKNOWN);
    }
    let salt = parameters.at(&["Salt", "Specified"])?.ok_or(UNKNOWN)?.base64()?;
    let mut key = Zeroizing::new(vec![0; BLOCK]);
    let phrase = phrase.expose().trim_end_matches(['\r', '\n']);
    pbkdf2::derive(prf, rounds, &salt, phrase.as_bytes(), &mut key);
    Ok(key)
}

/// The initialization vector and what follows it.
fn cipher_value(encrypted: &Element) -> Result<Bytes, &'static str> {
    let method = encrypted.child("EncryptionMethod")?.and_then(|method| method.attribute("Algorithm"));
    if method != Some(AES_128_CBC) {
        return Err(NO_METHOD);
    }
    encrypted.at(&["CipherData", "CipherValue"])?.ok_or(NO_METHOD)?.base64()
}

fn decrypt(key: &[u8], sealed: &[u8]) -> Result<Bytes, &'static str> {
    let (vector, text) = sealed.split_first_chunk::<BLOCK>().ok_or(WRONG_KEY)?;
    let mut text = Zeroizing::new(text.to_vec());
    let key = UnboundCipherKey::new(&AES_128, key).and_then(PaddedBlockDecryptingKey::cbc_iso10126);
    let opened =
        key.and_then(|key| Ok(key.decrypt(&mut text, DecryptionContext::Iv128(vector.into()))?.len()));
    text.truncate(opened.map_err(|_| WRONG_KEY)?);
    Ok(text)
}
