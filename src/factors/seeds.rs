//! Seed files of hardware tokens: tables in CSV, as makers deliver them and as other providers take them.
//!
//! The first row names the columns, in any order and any case; those not known are passed over, for makers add their own. A
//! bad row stops the whole file, and is named by its line and never by its seed.

use std::collections::BTreeSet;

use csv::StringRecord;
use totp_rs::Secret;
use zeroize::Zeroizing;

use super::oath::{Hash, Moving, Recipe};
use super::totp::PERIOD;
use crate::foundation::table::{Table, TableError};
use crate::users::profile::Text;

/// More tokens than this come in several files.
const MOST: usize = 10_000;
/// No button is pressed so often; greater counters are a fault of the file.
const MOST_COUNT: u64 = 1_000_000_000;
/// Longest seed, in bytes: twice that of any token.
const MOST_SECRET: usize = 128;
/// Longest serial number and model, in characters.
const LONGEST: usize = 64;

/// A token as its maker describes it.
pub struct Seed {
    /// The number on its back.
    pub serial: String,
    /// What it makes its codes of.
    pub secret: Zeroizing<Vec<u8>>,
    /// How.
    pub recipe: Recipe,
    /// The last count it has shown; 0 for one by time.
    pub count: u64,
    /// Maker and model, where the file says so.
    pub model: Option<String>,
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seed").field("serial", &self.serial).finish_non_exhaustive()
    }
}

/// Why a file cannot be taken over: one sentence, without any secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

/// What a column may be called, in small letters.
const SERIAL: &[&str] = &["serial number", "serial", "serial_number", "serialnumber"];
const SECRET: &[&str] = &["secret key", "secret", "seed", "secret_key"];
const KIND: &[&str] = &["type", "kind"];
const HASH: &[&str] = &["algorithm", "hash"];
const DIGITS: &[&str] = &["digits", "length"];
const SECONDS: &[&str] = &["time interval", "timeinterval", "interval", "period", "time_interval"];
const COUNT: &[&str] = &["counter", "count"];
const MAKER: &[&str] = &["manufacturer", "maker"];
const MODEL: &[&str] = &["model"];

/// All tokens in `text`.
pub fn read(text: &str) -> Result<Vec<Seed>, Unreadable> {
    let no_table = |error: TableError| Unreadable(error.to_string());
    let table = Table::open(text).map_err(no_table)?;
    let columns = Columns::of(table.header())?;
    let mut seeds: Vec<Seed> = Vec::new();
    let mut serials = BTreeSet::new();
    for row in table {
        let (line, mut record) = row.map_err(no_table)?;
        let at_line = |why: &str| Unreadable(format!("line {line} {why}"));
        let seed = columns.seed(&record);
        wipe(&mut record);
        let seed = seed.map_err(at_line)?;
        if !serials.insert(seed.serial.clone()) {
            return Err(at_line("has a serial number that another row has too"));
        }
        if seeds.len() == MOST {
            return Err(Unreadable(format!("the file has more than {MOST} tokens; split it")));
        }
        seeds.push(seed);
    }
    Ok(seeds)
}

/// What each column holds, in small letters.
struct Columns(Vec<String>);

impl Columns {
    fn of(header: &StringRecord) -> Result<Self, Unreadable> {
        let columns = Self(header.iter().map(str::to_lowercase).collect());
        for needed in [SERIAL, SECRET] {
            match columns.0.iter().filter(|name| needed.contains(&name.as_str())).count() {
                1 => {}
                0 => {
                    return Err(Unreadable(format!(
                        "the first row must name the columns \"serial number\" and \"secret key\", and {:?} is missing",
                        needed.first().copied().unwrap_or_default()
                    )));
                }
                _ => return Err(Unreadable("the first row names a column twice".to_owned())),
            }
        }
        Ok(columns)
    }

    fn seed(&self, record: &StringRecord) -> Result<Seed, &'static str> {
        if record.len() != self.0.len() {
            return Err("has not as many cells as the first row");
        }
        let cell = |names: &[&str]| {
            let place = self.0.iter().position(|known| names.contains(&known.as_str()));
            place.and_then(|place| record.get(place)).filter(|text| !text.is_empty())
        };
        let serial = cell(SERIAL).filter(|serial| is_plain(serial)).ok_or("has no usable serial number")?;
        let secret = secret(cell(SECRET).unwrap_or_default())
            .ok_or("has a secret that is neither Base32 nor hexadecimal")?;
        if secret.len() > MOST_SECRET {
            return Err("has a secret of more than 128 bytes");
        }
        let recipe = recipe(&cell)?;
        recipe
            .generator(&secret)
            .map_err(|_| "asks for what no token does: 6 to 8 digits, 16 bytes of secret or more")?;
        let count = cell(COUNT).map(|text| {
            let count = text.parse().ok().filter(|count| *count <= MOST_COUNT);
            count.ok_or("has a counter that is no number below a thousand million")
        });
        let model = [cell(MAKER), cell(MODEL)].into_iter().flatten().filter(|name| is_plain(name));
        let model = model.collect::<Vec<_>>().join(" ");
        Ok(Seed {
            serial: serial.to_owned(),
            secret,
            recipe,
            count: if recipe.moving == Moving::Count { count.transpose()?.unwrap_or(0) } else { 0 },
            model: (!model.is_empty()).then_some(model),
        })
    }
}

/// Whether a text is short, and everybody sees the same in it.
fn is_plain(text: &str) -> bool {
    text.chars().count() <= LONGEST && Text::new(text).is_ok()
}

/// Writes over the cells, in the place where they stand.
fn wipe(record: &mut StringRecord) {
    let blank = "-".repeat(record.as_slice().len());
    record.clear();
    record.push_field(&blank);
}

fn recipe<'a>(cell: &impl Fn(&[&str]) -> Option<&'a str>) -> Result<Recipe, &'static str> {
    let hash = match cell(HASH).map(|text| text.to_lowercase().replace(['-', ' '], "")).as_deref() {
        None | Some("sha1" | "hmacsha1") => Hash::Sha1,
        Some("sha256" | "hmacsha256") => Hash::Sha256,
        Some("sha512" | "hmacsha512") => Hash::Sha512,
        Some(_) => return Err("names an algorithm other than SHA1, SHA256 and SHA512"),
    };
    let seconds =
        cell(SECONDS).map_or(Ok(PERIOD), str::parse).map_err(|_| "has an interval that is no number")?;
    let moving = match cell(KIND).map(str::to_lowercase).as_deref() {
        None | Some("totp" | "time") if (1..=3600).contains(&seconds) => Moving::Time(seconds),
        None | Some("totp" | "time") => return Err("has an interval that is not between 1 and 3600 seconds"),
        Some("hotp" | "event" | "counter") => Moving::Count,
        Some(_) => return Err("has a type other than TOTP and HOTP"),
    };
    let digits = cell(DIGITS).map_or(Ok(Recipe::default().digits), str::parse);
    Ok(Recipe { hash, digits: digits.map_err(|_| "has digits that are no number")?, moving })
}

/// Base32 (RFC 4648 section 6), as most makers write secrets, or hexadecimal. A text that is both is taken for hexadecimal only
/// where its length is that of a secret in hexadecimal: 20, 32 or 64 bytes.
fn secret(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut kept = Zeroizing::new(String::with_capacity(text.len()));
    kept.extend(text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()));
    let text = kept.trim_end_matches('=');
    let is_hex = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let as_base32 = || Secret::try_from_base32(text).ok().map(|it| Zeroizing::new(it.as_bytes().to_vec()));
    if is_hex && [40, 64, 128].contains(&text.len()) {
        return from_hex(text);
    }
    as_base32().or_else(|| is_hex.then(|| from_hex(text)).flatten())
}

fn from_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 2));
    for pair in text.as_bytes().chunks_exact(2) {
        bytes.push(u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?);
    }
    Some(bytes)
}
