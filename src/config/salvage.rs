//! Settings that are half wrong: all that is wrong with them, and what holds of the rest. For looking at an installation; a
//! start refuses them.

use std::collections::BTreeSet;

use super::reader::Section;
use super::sources::{self, Sources};
use super::{Settings, WrongSetting};

/// Sections that are judged by the issuer, and so cannot be while it is wrong.
const JUDGED_BY_ISSUER: [&str; 5] = ["admin", "listen", "mail", "policy", "tls"];

/// What is left of settings, each wrong one taken out.
#[derive(Debug)]
pub struct Salvaged {
    /// The rest; `None` where nothing of it can be read.
    pub settings: Option<Settings>,
    /// What is wrong, in the order in which it was met.
    pub faults: Vec<WrongSetting>,
    lost: BTreeSet<String>,
}

impl Salvaged {
    /// Reads `sources` as far as possible.
    pub fn from(sources: &Sources) -> Self {
        let mut salvaged = Self { settings: None, faults: Vec::new(), lost: BTreeSet::new() };
        let mut tree = match sources.tree() {
            Ok(tree) => tree,
            Err(wrong) => {
                salvaged.faults.push(wrong);
                return salvaged;
            }
        };
        let name = sources.name();
        loop {
            match Settings::read(&name, Section::new(&name, sources.folder(), tree.clone())) {
                Ok((settings, _)) => {
                    salvaged.settings = Some(settings);
                    return salvaged;
                }
                Err(wrong) => {
                    let removed = sources::remove(&mut tree, wrong.key());
                    let section = wrong.concerns().split('.').next().unwrap_or_default().to_owned();
                    if section == "issuer" {
                        JUDGED_BY_ISSUER.iter().for_each(|judged| drop(tree.remove(*judged)));
                        salvaged.lost.extend(JUDGED_BY_ISSUER.map(str::to_owned));
                    }
                    salvaged.lost.insert(section);
                    salvaged.faults.push(wrong);
                    if !removed {
                        return salvaged;
                    }
                }
            }
        }
    }

    /// Whether all of `section` (or the setting of that name at the top) is as it was given.
    pub fn is_whole(&self, section: &str) -> bool {
        self.settings.is_some() && !self.lost.contains(section)
    }
}
