//! Settings that are half wrong: all that is wrong with them, and what holds of the rest. For looking at an installation; a
//! start refuses them.

use std::collections::BTreeSet;

use super::reader::Section;
use super::sources::{self, Sources};
use super::{Settings, WrongSetting};

/// By what sections are judged beside themselves: while that is wrong, nothing can be said of them.
const JUDGES: [(&str, &[&str]); 6] = [
    ("admin", &["tls"]),
    ("listen", &["issuer", "proxies", "tls"]),
    ("mail", &["issuer"]),
    ("policy", &["issuer"]),
    ("proxies", &["issuer", "tls"]),
    ("tls", &["issuer"]),
];

/// What is left of settings.
#[derive(Debug)]
pub struct Salvaged {
    /// All that can be read; `None` where nothing of it can. Only what is whole may be used ([`Self::is_whole`]).
    pub settings: Option<Settings>,
    /// What is wrong, in the order in which it was met: first what cannot be read, then what cannot be.
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
                salvaged.lose(wrong);
                return salvaged;
            }
        };
        let name = sources.name();
        loop {
            match Settings::sections(Section::new(&name, sources.folder(), tree.clone())) {
                Ok((settings, effective)) => {
                    let faults = settings.faults(&name, &effective);
                    faults.into_iter().for_each(|wrong| salvaged.consider(wrong));
                    salvaged.settings = Some(settings);
                    return salvaged;
                }
                Err(wrong) => {
                    let removed = sources::remove(&mut tree, wrong.key());
                    salvaged.lose(wrong);
                    if !removed {
                        return salvaged;
                    }
                }
            }
        }
    }

    /// Whether all of `section` (or the setting of that name at the top) is as it was given, and as it may be.
    pub fn is_whole(&self, section: &str) -> bool {
        self.settings.is_some() && self.is_judged(section)
    }

    fn is_judged(&self, section: &str) -> bool {
        let judges =
            JUDGES.iter().find(|(judged, _)| *judged == section).map_or(&[][..], |(_, judges)| judges);
        !self.lost.contains(section) && !judges.iter().any(|judge| self.lost.contains(*judge))
    }

    /// Takes `wrong` for a fault, unless it may only follow from another one.
    fn consider(&mut self, wrong: WrongSetting) {
        if self.is_judged(section_of(&wrong)) {
            self.lose(wrong);
        }
    }

    fn lose(&mut self, wrong: WrongSetting) {
        self.lost.insert(section_of(&wrong).to_owned());
        self.faults.push(wrong);
    }
}

fn section_of(wrong: &WrongSetting) -> &str {
    wrong.concerns().split('.').next().unwrap_or_default()
}
