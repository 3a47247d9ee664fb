//! Settings half wrong: every fault is named once, by the sentence that refuses a start, and nothing is guessed of the rest.

use keyward::config::{Salvaged, Settings, Sources};
use proptest::prelude::*;

use super::mistakes::MISTAKES;

fn salvage(text: &str) -> Salvaged {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keyward.toml");
    std::fs::write(&file, text).unwrap();
    Salvaged::from(&Sources::file(Some(&file)))
}

/// The keys at fault, and which of these sections are not whole.
fn faults(text: &str) -> (Vec<String>, Vec<&'static str>) {
    let salvaged = salvage(text);
    let keys = salvaged.faults.iter().map(|wrong| wrong.key().to_owned()).collect();
    let sections = ["issuer", "data", "storage", "listen", "tls", "mail", "proxies", "log"];
    (keys, sections.into_iter().filter(|section| !salvaged.is_whole(section)).collect())
}

#[test]
fn the_first_fault_is_the_one_that_refuses_a_start() {
    for (text, _) in MISTAKES {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyward.toml");
        std::fs::write(&file, text).unwrap();
        let sources = Sources::file(Some(&file));
        let refused = Settings::gather(&sources).unwrap_err();
        assert_eq!(Salvaged::from(&sources).faults.first(), Some(&refused), "{text}");
        assert_eq!(refused.to_string(), format!("{}; {}.", refused.finding(), refused.mend()));
    }
}

#[test]
fn every_fault_is_named_and_what_rests_on_it_is_unknown() {
    let none: [&str; 0] = [];
    assert_eq!(faults("issuer = \"https://id.example.com\""), (vec![], vec![]));
    let several = "isuer = \"https://id.example.com\"\n[listen]\naddresses = [\"0.0.0.0:443\"]\n[log]\nlevel = \"loud\"\n";
    let told = ["log.level", "isuer"].map(str::to_owned).to_vec();
    assert_eq!(faults(several), (told, vec!["issuer", "listen", "tls", "mail", "log"]));
    let folder = "[data]\nfoldr = \"/srv/keyward\"\n";
    assert_eq!(faults(folder), (vec!["data.foldr".to_owned()], vec!["data"]));
    assert_eq!(faults("[dat]\nfolder = \"/srv/keyward\"\n").1, ["data"]);
    assert_eq!(faults("[mail]\nsender = \"k@example.com\"\n"), (vec!["mail.host".to_owned()], vec!["mail"]));
    assert_eq!(faults("data = 3\n"), (vec!["data".to_owned()], vec!["data"]));
    assert_eq!(faults("[colours]\nred = 1\n"), (vec!["colours".to_owned()], none.to_vec()));
    let broken = salvage("issuer = ");
    assert!(broken.settings.is_none() && broken.faults.len() == 1 && !broken.is_whole("log"));
}

proptest! {
    #[test]
    fn any_mixture_of_mistakes_comes_to_an_end(picked in proptest::collection::vec(0..MISTAKES.len(), 1..4)) {
        let tables: Vec<toml::Table> = picked.iter().filter_map(|at| MISTAKES[*at].0.parse().ok()).collect();
        let mut whole = toml::Table::new();
        tables.into_iter().for_each(|table| whole.extend(table));
        let salvaged = salvage(&whole.to_string());
        prop_assert_eq!(salvaged.faults.is_empty(), whole.is_empty());
        if let Some(settings) = salvaged.settings {
            prop_assert!(settings.validate().is_ok());
        }
    }
}
