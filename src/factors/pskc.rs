//! Seed files in PSKC, the Portable Symmetric Key Container (RFC 6030): XML, as several makers deliver them, open or encrypted.
//!
//! What is not understood of a key is refused and never passed over: a policy might forbid its use (section 5).

use zeroize::Zeroizing;

use super::pskc_tree::{self, Element};
use super::sealed_seeds::{Keys, Opener};
use super::seeds::{Described, Seed, Seeds, Unreadable};

/// Stands before the name of each algorithm (RFC 6030 section 10).
const ALGORITHMS: &str = "urn:ietf:params:xml:ns:keyprov:pskc:";
/// Parts of a policy that do not narrow what we do with a key.
const HARMLESS: [&str; 3] = ["StartDate", "ExpiryDate", "KeyUsage"];

/// All tokens in `text`, opened by `opener`.
pub(super) fn read(text: &str, opener: Opener<'_>) -> Result<Vec<Seed>, Unreadable> {
    let container = pskc_tree::read(text)?;
    let whole = |why: &str| Unreadable::at_line(container.line, why);
    if container.name != "KeyContainer" {
        return Err(whole("is no KeyContainer of PSKC (RFC 6030)"));
    }
    let is_encrypted = container.child("EncryptionKey").map_err(whole)?.is_some();
    let keys = if is_encrypted { Some(Keys::of(&container, opener).map_err(whole)?) } else { None };
    let mut seeds = Seeds::default();
    for package in container.children("KeyPackage") {
        let at_line = |why: &str| Unreadable::at_line(package.line, why);
        let seed = seed(package, keys.as_ref()).map_err(at_line)?;
        seeds.add(package.line, seed)?;
    }
    Ok(seeds.all())
}

fn seed(package: &Element, keys: Option<&Keys>) -> Result<Seed, &'static str> {
    let key = package.child("Key")?.ok_or("has no key")?;
    check_policy(key)?;
    let parameters = key.child("AlgorithmParameters")?;
    let format = key.at(&["AlgorithmParameters", "ResponseFormat"])?;
    if format.and_then(|it| it.attribute("Encoding")).is_some_and(|it| it != "DECIMAL")
        || format.and_then(|it| it.attribute("CheckDigits")).is_some_and(|it| !matches!(it, "false" | "0"))
        || parameters.is_some_and(|it| it.children("ChallengeFormat").next().is_some())
    {
        return Err("has codes that are no plain digits");
    }
    let data = key.child("Data")?.ok_or("has no secret")?;
    if ["Counter", "TimeInterval"].iter().any(|name| data.children(name).any(is_encrypted)) {
        return Err("has an encrypted counter or interval");
    }
    let algorithm = key.attribute("Algorithm").and_then(|uri| uri.strip_prefix(ALGORITHMS));
    Described {
        serial: package.text_at(&["DeviceInfo", "SerialNo"])?.or_else(|| key.attribute("Id")),
        kind: Some(algorithm.unwrap_or("unknown")),
        hash: key.text_at(&["AlgorithmParameters", "Suite"])?,
        digits: format.and_then(|it| it.attribute("Length")),
        seconds: data.text_at(&["TimeInterval", "PlainValue"])?,
        count: data.text_at(&["Counter", "PlainValue"])?,
        maker: package.text_at(&["DeviceInfo", "Manufacturer"])?,
        model: package.text_at(&["DeviceInfo", "Model"])?,
    }
    .with(secret(data, keys)?)
}

fn is_encrypted(value: &Element) -> bool {
    value.children("EncryptedValue").next().is_some()
}

fn secret(data: &Element, keys: Option<&Keys>) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let secret = data.child("Secret")?.ok_or("has no secret")?;
    match (secret.child("PlainValue")?, keys) {
        (Some(plain), None) => plain.base64(),
        (None, Some(keys)) => keys.open(secret),
        (Some(_), Some(_)) => Err("has an open secret in an encrypted file"),
        (None, None) => Err("has no secret, or one without EncryptionKey in the file"),
    }
}

fn check_policy(key: &Element) -> Result<(), &'static str> {
    let Some(policy) = key.child("Policy")? else { return Ok(()) };
    let known = policy.all().iter().all(|part| HARMLESS.contains(&part.name.as_str()));
    let mut usages = policy.children("KeyUsage").map(Element::text).peekable();
    let for_codes = usages.peek().is_none() || usages.any(|usage| usage == "OTP");
    if known && for_codes {
        Ok(())
    } else {
        Err("has a policy that forbids its use for codes, or that is not understood")
    }
}
