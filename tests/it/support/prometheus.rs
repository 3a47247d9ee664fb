//! A strict reader of the text format of Prometheus (version 0.0.4), which refuses what a scraper might forgive.

use std::collections::{BTreeMap, BTreeSet};

/// One line of figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

/// Everything that was shown.
#[derive(Debug)]
pub struct Exposition {
    pub samples: Vec<Sample>,
    kinds: BTreeMap<String, String>,
}

impl Exposition {
    /// Reads `text`, or says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut read = Self { samples: Vec::new(), kinds: BTreeMap::new() };
        if !text.ends_with('\n') {
            return Err("does not end with a line feed".to_owned());
        }
        let (mut family, mut seen) = (String::new(), BTreeSet::new());
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(rest) = line.strip_prefix("# ") {
                let (word, rest) = rest.split_once(' ').ok_or(line)?;
                let (name, rest) = rest.split_once(' ').ok_or(line)?;
                match word {
                    "TYPE" if read.kinds.insert(name.to_owned(), rest.to_owned()).is_some() => {
                        return Err(format!("{name} comes in two places"));
                    }
                    "TYPE" if !["counter", "gauge", "histogram"].contains(&rest) => {
                        return Err(line.to_owned());
                    }
                    "TYPE" => name.clone_into(&mut family),
                    "HELP" if !rest.is_empty() => {}
                    _ => return Err(line.to_owned()),
                }
                continue;
            }
            let sample = sample(line).ok_or_else(|| format!("no sample: {line}"))?;
            if read.family(&sample.name) != Some(family.as_str()) {
                return Err(format!("{} stands under {family}", sample.name));
            }
            if !seen.insert((sample.name.clone(), sample.labels.clone())) {
                return Err(format!("twice: {line}"));
            }
            read.samples.push(sample);
        }
        read.check_counters()?;
        read.check_histograms()?;
        Ok(read)
    }

    /// The sum of the samples `name` that bear these labels.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let bears = |sample: &&Sample| {
            sample.name == name
                && labels
                    .iter()
                    .all(|(label, value)| sample.labels.get(*label).is_some_and(|own| own == value))
        };
        self.samples.iter().filter(bears).map(|sample| sample.value).sum()
    }

    fn family<'a>(&self, name: &'a str) -> Option<&'a str> {
        let ends = ["_bucket", "_sum", "_count"];
        let histogram = ends.iter().find_map(|end| name.strip_suffix(end));
        let histogram =
            histogram.filter(|family| self.kinds.get(*family).is_some_and(|kind| kind == "histogram"));
        histogram.or_else(|| self.kinds.contains_key(name).then_some(name))
    }

    fn check_counters(&self) -> Result<(), String> {
        let named = |(name, kind): &(&String, &String)| (*kind == "counter") == name.ends_with("_total");
        self.kinds
            .iter()
            .find(|entry| !named(entry))
            .map_or(Ok(()), |(name, kind)| Err(format!("{name} is a {kind}")))
    }

    /// Buckets rise with their bounds, and the last one, without bound, is the count.
    fn check_histograms(&self) -> Result<(), String> {
        let mut rows: BTreeMap<(String, String), Vec<(f64, f64)>> = BTreeMap::new();
        for sample in &self.samples {
            let Some(family) = sample.name.strip_suffix("_bucket") else { continue };
            let mut labels = sample.labels.clone();
            let bound = labels.remove("le").ok_or("a bucket without a bound")?;
            let bound =
                if bound == "+Inf" { f64::INFINITY } else { bound.parse().map_err(|_| "a strange bound")? };
            rows.entry((family.to_owned(), format!("{labels:?}"))).or_default().push((bound, sample.value));
        }
        for ((family, labels), row) in rows {
            let count = self.samples.iter().find(|sample| {
                sample.name == format!("{family}_count") && format!("{:?}", sample.labels) == labels
            });
            let last = row.last().copied().unwrap_or_default();
            let rises = row.is_sorted_by(|one, next| one.0 < next.0 && one.1 <= next.1);
            if !rises || last.0.is_finite() || count.is_none_or(|count| count.value != last.1) {
                return Err(format!("{family} {labels}: {row:?}"));
            }
        }
        Ok(())
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn sample(line: &str) -> Option<Sample> {
    let (head, value) = line.rsplit_once(' ')?;
    let (name, labels) = match head.split_once('{') {
        None => (head, BTreeMap::new()),
        Some((name, labels)) => (name, read_labels(labels.strip_suffix('}')?)?),
    };
    is_name(name).then_some(Sample { name: name.to_owned(), labels, value: value.parse().ok()? })
}

/// Values here hold neither quotes nor escapes: whatever needs one is not a word of ours.
fn read_labels(text: &str) -> Option<BTreeMap<String, String>> {
    let mut labels = BTreeMap::new();
    for pair in text.split("\",") {
        let (name, value) = pair.split_once("=\"")?;
        let value = value.strip_suffix('"').unwrap_or(value);
        let plain = is_name(name) && !value.contains(['"', '\\', '\n']);
        if !plain || labels.insert(name.to_owned(), value.to_owned()).is_some() {
            return None;
        }
    }
    Some(labels)
}
