//! Certificate files of tired administrators: a fault or flaw, one sentence each (R-TR-01).

use aws_lc_rs::encoding::{AsDer as _, EcPrivateKeyRfc5915Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward::foundation::Timestamp;
use keyward::server::certificate::{Certificate, Files, Flaw};
use rcgen::KeyPair;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::pkcs8::DecodePrivateKey as _;

use crate::support::authority::{Authority, Days, GOOD, Pair, params};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn read(pair: &Pair) -> Result<Certificate, String> {
    let files = Files::read(&pair.certificate, &pair.key).map_err(|fault| fault.to_string())?;
    Certificate::new(&files, &pair.certificate, &pair.key).map_err(|fault| fault.to_string())
}

fn pem(kind: &str, der: &[u8]) -> String {
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(der))
}

#[test]
fn keys_of_every_usual_form_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let (chain, key) = authority.issue("id.example.com", GOOD, NOW);
    read(&Pair::write(folder.path(), &chain, &key.serialize_pem())).unwrap();
    // A certificate and its key in one file, as some tools write them.
    let both = format!("{}{chain}", key.serialize_pem());
    read(&Pair::write(folder.path(), &both, &both)).unwrap();
    // SEC1
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key.serialize_der()).unwrap();
    let sec1: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().unwrap();
    read(&Pair::write(folder.path(), &chain, &pem("EC PRIVATE KEY", sec1.as_ref()))).unwrap();
    // PKCS#1
    let generated = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
    let pkcs8 =
        aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&generated).unwrap();
    let key = KeyPair::try_from(pkcs8.as_ref()).unwrap();
    let chain = authority.sign(params("id.example.com", GOOD, NOW), &key);
    let pkcs1 = rsa::RsaPrivateKey::from_pkcs8_der(pkcs8.as_ref()).unwrap().to_pkcs1_der().unwrap();
    let certificate =
        read(&Pair::write(folder.path(), &chain, &pem("RSA PRIVATE KEY", pkcs1.as_bytes()))).unwrap();
    assert!(certificate.flaws("id.example.com", NOW).is_empty());
}

#[test]
fn what_cannot_be_used_is_refused_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = Authority::new().issue("id.example.com", GOOD, NOW);
    let (key, other) = (key.serialize_pem(), KeyPair::generate().unwrap().serialize_pem());
    let locked = pem("ENCRYPTED PRIVATE KEY", b"anything");
    let place = folder.path().to_str().unwrap().to_owned();
    let cases: [(&str, &str, &str); 8] = [
        ("", &key, "tls.certificate: the file P/fullchain.pem holds no certificate; "),
        (&key, &key, "tls.certificate: the file P/fullchain.pem holds no certificate; "),
        ("-----BEGIN CERTIFICATE-----\n!\n", &key, "tls.certificate: the file P/fullchain.pem is no PEM ("),
        (
            &pem("CERTIFICATE", b"garbage"),
            &key,
            "tls.certificate: the file P/fullchain.pem begins with something else than a certificate (",
        ),
        (&chain, "", "tls.key: the file P/privkey.pem holds no private key that can be read; "),
        (&chain, &locked, "tls.key: the file P/privkey.pem holds no private key that can be read; "),
        (
            &chain,
            &pem("PRIVATE KEY", b"garbage"),
            "tls.key: the file P/privkey.pem holds a private key that cannot be used (",
        ),
        (
            &chain,
            &other,
            "tls.key: the file P/privkey.pem is not the key of the certificate in P/fullchain.pem; name the file with the private key of the certificate, in PEM without a passphrase",
        ),
    ];
    for (certificate, key, sentence) in cases {
        let said = read(&Pair::write(folder.path(), certificate, key)).unwrap_err().replace(&place, "P");
        assert!(said.starts_with(sentence) && said.contains("; name "), "{said}");
    }
    let pair = Pair::write(folder.path(), &chain, &key);
    std::fs::remove_file(&pair.key).unwrap();
    let said = read(&pair).unwrap_err();
    assert!(said.contains("tls.key: the file ") && said.contains("cannot be read (No such file"), "{said}");
}

#[test]
fn what_browsers_will_refuse_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let flaws = |chain: &str, key: &KeyPair, name: &str| {
        let pair = Pair::write(folder.path(), chain, &key.serialize_pem());
        read(&pair).unwrap().flaws(name, NOW)
    };
    let of = |days: Days, name: &str| {
        let (chain, key) = authority.issue("id.example.com", days, NOW);
        flaws(&chain, &key, name)
    };
    assert!(of(GOOD, "id.example.com").is_empty());
    let only = |flaws: Vec<Flaw>, beginning: &str| {
        assert!(flaws.len() == 1 && flaws[0].to_string().starts_with(beginning), "{flaws:?}");
    };
    only(of(Days { from: -20, to: -1 }, "id.example.com"), "it has expired: ");
    only(of(Days { from: 1, to: 20 }, "id.example.com"), "it is not valid yet: ");
    only(of(GOOD, "login.example.com"), "it is not for login.example.com: ");
    assert_eq!(of(Days { from: -20, to: -1 }, "login.example.com").len(), 2);
    let (chain, key) = authority.issue("10.0.0.5", GOOD, NOW);
    assert!(flaws(&chain, &key, "10.0.0.5").is_empty());
    only(flaws(&chain, &key, "10.0.0.6"), "it is not for 10.0.0.6: ");
    let (chain, key) = authority.issue("id.example.com", GOOD, NOW);
    let alone = chain.split_inclusive("-----END CERTIFICATE-----\n").next().unwrap();
    only(flaws(alone, &key, "id.example.com"), "it stands alone, ");
    let foreign = format!("{alone}{}", Authority::new().between());
    only(flaws(&foreign, &key, "id.example.com"), "its chain does not lead to the last certificate");
    // One that signed itself is whole.
    let itself = params("id.example.com", GOOD, NOW).self_signed(&key).unwrap().pem();
    assert!(flaws(&itself, &key, "id.example.com").is_empty());
}

#[test]
fn its_end_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = Authority::new().issue("id.example.com", Days { from: -3, to: 5 }, NOW);
    let certificate = read(&Pair::write(folder.path(), &chain, &key.serialize_pem())).unwrap();
    assert_eq!(certificate.ends().unwrap().0, NOW.0 + 5 * 86_400_000);
}
