//! Seed files in PSKC: the standard's examples, and whatever must be refused (RFC 6030; R-CO-04).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward::factors::oath::{Hash, Moving, Recipe};
use keyward::factors::sealed_seeds::Opener;
use keyward::factors::seeds::{self, Seed};
use keyward::foundation::secret::Hidden;
use proptest::prelude::*;

use super::SECRET;

/// RFC 6030 figures 2, 6 and 7 (their seed is that of RFC 4226 appendix D), with every prefix closed as it was opened.
const EXAMPLES: &str = include_str!("../../../fuzz/seeds/pskc.txt");
const KEY: &str = "12345678901234567890123456789012";

fn example(place: usize) -> String {
    EXAMPLES.lines().nth(place).unwrap().replace("\\n", "\n")
}

fn under_key(text: &str, key: &str) -> Result<Vec<Seed>, String> {
    seeds::read(text, Opener::Key(&Hidden::new(key))).map_err(|error| error.to_string())
}

fn openly(text: &str) -> Result<Vec<Seed>, String> {
    seeds::read(text, Opener::Nothing).map_err(|error| error.to_string())
}

#[test]
fn rfc_6030_examples_are_read_open_and_encrypted() {
    let phrase = Hidden::new("qwerty\n");
    let read = [
        openly(&example(0)).unwrap(),
        under_key(&example(1), &format!("{KEY}\n")).unwrap(),
        seeds::read(&example(2), Opener::Passphrase(&phrase)).unwrap(),
    ];
    let eight = Recipe { hash: Hash::Sha1, digits: 8, moving: Moving::Count };
    for seeds in read {
        let [seed] = seeds.as_slice() else { panic!("{seeds:?}") };
        assert_eq!((seed.secret.as_slice(), seed.recipe, seed.count), (SECRET, eight, 0));
        assert_eq!(seed.serial, "987654321");
    }
}

#[test]
fn what_was_encrypted_is_taken_only_unchanged_and_under_its_key() {
    let file = example(1);
    let wrong_keys = ["", "1234", "12345678901234567890123456789013", "no hexadecimal", &KEY.repeat(2)];
    for key in wrong_keys {
        under_key(&file, key).unwrap_err();
    }
    assert!(openly(&file).unwrap_err().contains("--key-file"));
    assert!(openly(&example(2)).unwrap_err().contains("--passphrase-file"));
    let wrong = Hidden::new("qwertz");
    assert!(seeds::read(&example(2), Opener::Passphrase(&wrong)).is_err());
    for (value, name) in [
        ("ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX", "the code's key"),
        ("AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv", "the seed"),
        ("Su+NvtQfmvfJzF6bmQiJqoLRExc=", "the code"),
    ] {
        assert!(file.contains(value));
        let bytes = STANDARD.decode(value).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 0x10;
            let changed = file.replace(value, &STANDARD.encode(&changed));
            let refused = under_key(&changed, KEY).unwrap_err();
            assert!(refused.starts_with("line "), "{name}, byte {place}: {refused}");
        }
    }
    let mut bare = file.clone();
    bare.replace_range(file.find("<ValueMAC>").unwrap()..file.find("</Secret>").unwrap(), "");
    assert!(under_key(&bare, KEY).unwrap_err().contains("ValueMAC"));
}

#[test]
fn a_file_with_a_fault_is_refused_by_line_and_without_its_seed() {
    let file = example(0).replace("<KeyPackage>", "\n<KeyPackage>");
    let faults = [
        (
            "<KeyContainer",
            "<!DOCTYPE x [<!ENTITY a \"b\">]><KeyContainer",
            "line 1 holds what no seed file needs",
        ),
        ("Manufacturer</M", "&xxe;</M", "line 2 refers to an entity"),
        ("<KeyContainer", "<?php x?><KeyContainer", "line 1 holds what no seed file needs"),
        ("</KeyContainer>", "", "line 2 ends before"),
        ("</KeyPackage>", "</KeyPackages>", "line 2 "),
        ("KeyContainer", "Container", "line 1 is no KeyContainer"),
        (":hotp", ":ocra", "line 2 has a type"),
        ("Length=\"8\"", "Length=\"9\"", "line 2 asks for what no token does"),
        ("DECIMAL", "ALPHANUMERIC", "line 2 has codes that are no plain digits"),
        ("<PlainValue>0<", "<PlainValue>-1<", "line 2 has a counter"),
        (
            "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=",
            "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=!",
            "line 2 has a value that is no base64",
        ),
        ("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", "MTIzNDU2", "line 2 asks for what no token does"),
        ("</Data>", "</Data><Policy><PINPolicy/></Policy>", "line 2 has a policy"),
        ("</Data>", "</Data><Policy><KeyUsage>Encrypt</KeyUsage></Policy>", "line 2 has a policy"),
        ("<SerialNo>", "<SerialNo>1</SerialNo><SerialNo>", "line 2 has an element twice"),
        ("987654321", "9876\u{202e}4321", "line 2 has no usable serial"),
    ];
    for (from, to, expected) in faults {
        assert!(file.contains(from), "{from}");
        let refused = openly(&file.replace(from, to)).unwrap_err();
        assert!(refused.starts_with(expected), "{from} -> {to}: {refused}");
        assert!(!refused.contains("MTIz"), "{refused}");
    }
    let package = &file[file.find("<KeyPackage>").unwrap()..file.find("</KeyContainer>").unwrap()];
    let twice = file.replace(package, &format!("{package}\n{package}"));
    assert!(openly(&twice).unwrap_err().starts_with("line 3 has a serial number"));
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert!(openly(&deep).unwrap_err().contains("too deep"));
    assert!(openly(&format!("<a>{}</a>", "&amp;x".repeat(300_000))).unwrap_err().contains("too long"));
    assert!(openly(&format!("<a>{}</a>", " ".repeat(3 << 20))).unwrap_err().contains("2 MiB"));
    let allowed =
        "</Data><Policy><StartDate>2012-08-01T00:00:00Z</StartDate><KeyUsage>OTP</KeyUsage></Policy>";
    assert_eq!(openly(&file.replace("</Data>", allowed)).unwrap().len(), 1);
}

fn hashes() -> impl Strategy<Value = (Hash, &'static str)> {
    prop_oneof![
        Just((Hash::Sha1, "HMAC-SHA1")),
        Just((Hash::Sha256, "HMAC-SHA256")),
        Just((Hash::Sha512, "HMAC-SHA512")),
    ]
}

proptest! {
    /// Whatever token a maker writes, under whatever prefix, comes out as it is.
    #[test]
    fn every_token_that_is_written_is_read(
        prefix in "([a-z]{1,8}:)?",
        serial in "[A-Za-z0-9-]{1,64}",
        secret in proptest::collection::vec(any::<u8>(), 16..=128),
        (hash, suite) in hashes(),
        digits in 6_u8..=8,
        seconds in proptest::option::of(1_u64..=3600),
        count in 0_u64..1_000_000_000,
    ) {
        let (algorithm, factor) = match seconds {
            Some(seconds) => ("totp", format!("<%TimeInterval><%PlainValue>{seconds}</%PlainValue></%TimeInterval>")),
            None => ("hotp", format!("<%Counter><%PlainValue>\n{count}\n</%PlainValue></%Counter>")),
        };
        let text = format!(
            "<?xml version='1.0'?><%KeyContainer><!-- a --><%KeyPackage><%DeviceInfo><%SerialNo>{serial}</%SerialNo>\
             </%DeviceInfo><%Key Algorithm='urn:ietf:params:xml:ns:keyprov:pskc:{algorithm}'><%AlgorithmParameters>\
             <%Suite>{suite}</%Suite><%ResponseFormat Length='{digits}' Encoding='DECIMAL'/></%AlgorithmParameters>\
             <%Data><%Secret><%PlainValue>{}</%PlainValue></%Secret>{factor}</%Data></%Key></%KeyPackage></%KeyContainer>",
            STANDARD.encode(&secret),
        );
        let seeds = openly(&text.replace('%', &prefix)).unwrap();
        let moving = seconds.map_or(Moving::Count, Moving::Time);
        prop_assert_eq!(seeds.len(), 1);
        prop_assert_eq!(&seeds[0].serial, &serial);
        prop_assert_eq!(seeds[0].secret.as_slice(), secret.as_slice());
        prop_assert_eq!(seeds[0].recipe, Recipe { hash, digits, moving });
        prop_assert_eq!(seeds[0].count, if seconds.is_some() { 0 } else { count });
    }
}
