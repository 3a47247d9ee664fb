//! Seed files of hardware tokens: tables in CSV, as makers deliver them and as other providers take them, and PSKC
//! ([`super::pskc`]).
//!
//! The first row of a table names the columns, in any order and any case; those not known are passed over, for makers add their own. A
//! bad row stops the whole file, and is named by its line and never by its seed.

use std::collections::BTreeSet;

use csv::StringRecord;
use totp_rs::Secret;
use zeroize::Zeroizing;

use super::oath::{Hash, Moving, Recipe};
use super::pskc;
use super::sealed_seeds::Opener;
use super::totp::PERIOD;
use crate::foundation::table::{LARGEST, Table, TableError};
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

impl Unreadable {
    pub(super) fn at_line(line: u64, why: &str) -> Self {
        Self(format!("line {line} {why}"))
    }
}

/// Seeds as they are read one after the other, each of another token.
#[derive(Default)]
pub(super) struct Seeds {
    list: Vec<Seed>,
    serials: BTreeSet<String>,
}

impl Seeds {
    /// Adds the one of `line`.
    pub fn add(&mut self, line: u64, seed: Seed) -> Result<(), Unreadable> {
        if !self.serials.insert(seed.serial.clone()) {
            return Err(Unreadable::at_line(line, "has a serial number that another token has too"));
        }
        if self.list.len() == MOST {
            return Err(Unreadable(format!("the file has more than {MOST} tokens; split it")));
        }
        self.list.push(seed);
        Ok(())
    }

    /// All of them.
    pub fn all(self) -> Vec<Seed> {
        self.list
    }
}

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

/// All tokens in `text`, which is a table or, where it is XML, PSKC; `opener` opens what is encrypted.
pub fn read(text: &str, opener: Opener<'_>) -> Result<Vec<Seed>, Unreadable> {
    if text.len() > LARGEST {
        return Err(Unreadable(TableError::TooLarge.to_string()));
    }
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
        return pskc::read(text.trim_start_matches('\u{feff}'), opener);
    }
    match opener {
        Opener::Nothing => read_table(text),
        _ => Err(Unreadable("a table is not encrypted: give no key and no passphrase".to_owned())),
    }
}

fn read_table(text: &str) -> Result<Vec<Seed>, Unreadable> {
    let no_table = |error: TableError| Unreadable(error.to_string());
    let table = Table::open(text).map_err(no_table)?;
    let columns = Columns::of(table.header())?;
    let mut seeds = Seeds::default();
    for row in table {
        let (line, mut record) = row.map_err(no_table)?;
        let seed = columns.seed(&record);
        wipe(&mut record);
        seeds.add(line, seed.map_err(|why| Unreadable::at_line(line, why))?)?;
    }
    Ok(seeds.all())
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
        let secret = secret(cell(SECRET).unwrap_or_default())
            .ok_or("has a secret that is neither Base32 nor hexadecimal")?;
        Described {
            serial: cell(SERIAL),
            kind: cell(KIND),
            hash: cell(HASH),
            digits: cell(DIGITS),
            seconds: cell(SECONDS),
            count: cell(COUNT),
            maker: cell(MAKER),
            model: cell(MODEL),
        }
        .with(secret)
    }
}

/// A token in a file's own words; what is not said is as with authenticator apps.
pub(super) struct Described<'a> {
    pub serial: Option<&'a str>,
    pub kind: Option<&'a str>,
    pub hash: Option<&'a str>,
    pub digits: Option<&'a str>,
    pub seconds: Option<&'a str>,
    pub count: Option<&'a str>,
    pub maker: Option<&'a str>,
    pub model: Option<&'a str>,
}

impl Described<'_> {
    /// The token that makes its codes of `secret`, or what is wrong with it.
    pub fn with(&self, secret: Zeroizing<Vec<u8>>) -> Result<Seed, &'static str> {
        let serial = self.serial.filter(|serial| is_plain(serial)).ok_or("has no usable serial number")?;
        if secret.len() > MOST_SECRET {
            return Err("has a secret of more than 128 bytes");
        }
        let recipe = self.recipe()?;
        recipe
            .generator(&secret)
            .map_err(|_| "asks for what no token does: 6 to 8 digits, 16 bytes of secret or more")?;
        let count = self.count.filter(|_| recipe.moving == Moving::Count).map_or(Ok(0), str::parse);
        let count = count.ok().filter(|count| *count <= MOST_COUNT);
        let model = [self.maker, self.model].into_iter().flatten().filter(|name| is_plain(name));
        let model = model.collect::<Vec<_>>().join(" ");
        Ok(Seed {
            serial: serial.to_owned(),
            secret,
            recipe,
            count: count.ok_or("has a counter that is no number below a thousand million")?,
            model: (!model.is_empty()).then_some(model),
        })
    }

    fn recipe(&self) -> Result<Recipe, &'static str> {
        let hash = match self.hash.map(|text| text.to_lowercase().replace(['-', ' '], "")).as_deref() {
            None | Some("sha1" | "hmacsha1") => Hash::Sha1,
            Some("sha256" | "hmacsha256") => Hash::Sha256,
            Some("sha512" | "hmacsha512") => Hash::Sha512,
            Some(_) => return Err("names an algorithm other than SHA1, SHA256 and SHA512"),
        };
        let seconds = self.seconds.map_or(Ok(PERIOD), str::parse);
        let seconds = seconds.map_err(|_| "has an interval that is no number")?;
        let moving = match self.kind.map(str::to_lowercase).as_deref() {
            None | Some("totp" | "time") if (1..=3600).contains(&seconds) => Moving::Time(seconds),
            None | Some("totp" | "time") => {
                return Err("has an interval that is not between 1 and 3600 seconds");
            }
            Some("hotp" | "event" | "counter") => Moving::Count,
            Some(_) => return Err("has a type other than TOTP and HOTP"),
        };
        let digits = self.digits.map_or(Ok(Recipe::default().digits), str::parse);
        Ok(Recipe { hash, digits: digits.map_err(|_| "has digits that are no number")?, moving })
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

/// Base32 (RFC 4648 section 6), as most makers write secrets, or hexadecimal. A text that is both is taken for hexadecimal only
/// where its length is that of a secret in hexadecimal: 20, 32 or 64 bytes.
fn secret(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut kept = Zeroizing::new(String::with_capacity(text.len()));
    kept.extend(text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()));
    let text = kept.trim_end_matches('=');
    let as_base32 = || Secret::try_from_base32(text).ok().map(|it| Zeroizing::new(it.as_bytes().to_vec()));
    if [40, 64, 128].contains(&text.len()) {
        return from_hex(text).or_else(as_base32);
    }
    as_base32().or_else(|| from_hex(text))
}

/// The bytes that `text` writes in hexadecimal.
pub(super) fn from_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 2));
    for pair in text.as_bytes().chunks_exact(2) {
        bytes.push(u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?);
    }
    Some(bytes)
}
