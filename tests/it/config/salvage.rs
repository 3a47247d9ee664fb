//! Settings half wrong: every fault is named once, by the sentence that refuses a start, and nothing is guessed of the rest.

use keyward::config::{Salvaged, Settings, Sources, WrongSetting};
use proptest::prelude::*;

use super::mistakes::MISTAKES;

/// What is salvaged of `text`, and what a start says of it.
fn judged(text: &str) -> (Salvaged, Option<WrongSetting>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keyward.toml");
    std::fs::write(&file, text).unwrap();
    let sources = Sources::file(Some(&file));
    (Salvaged::from(&sources), Settings::gather(&sources).err())
}

fn salvage(text: &str) -> Salvaged {
    judged(text).0
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
        let (salvaged, refused) = judged(text);
        let refused = refused.unwrap();
        assert_eq!(salvaged.faults.first(), Some(&refused), "{text}");
        assert_eq!(refused.to_string(), format!("{}; {}.", refused.finding(), refused.mend()));
    }
}

#[test]
fn every_fault_is_named_and_what_rests_on_it_is_unknown() {
    let none: [&str; 0] = [];
    assert_eq!(faults("issuer = \"http://localhost:8443\""), (vec![], vec![]));
    let several = "isuer = \"https://id.example.com\"\n[listen]\naddresses = [\"0.0.0.0:443\"]\n[log]\nlevel = \"loud\"\n\
         [sessions]\nidle = \"13h\"\n[mail]\nport = 0\n";
    let told = ["mail.port", "log.level", "isuer", "sessions.idle"].map(str::to_owned).to_vec();
    assert_eq!(faults(several), (told, vec!["issuer", "listen", "tls", "mail", "proxies", "log"]));
    let behind = "issuer = \"https://id.example.com\"\n[proxies]\ntrusted = [\"10.0.0.500\"]\n";
    let one = |key: &str| vec![key.to_owned()];
    assert_eq!(faults(behind), (one("proxies.trusted"), vec!["listen", "proxies"]));
    let alone = "issuer = \"https://id.example.com\"\n";
    assert_eq!(faults(alone), (one("proxies.trusted"), vec!["listen", "proxies"]));
    let half =
        "issuer = \"https://id.example.com\"\n[listen]\naddresses = [\"0.0.0.0:443\"]\n[tls]\nkey = \"k\"\n";
    assert_eq!(faults(half), (one("tls.certificate"), vec!["listen", "tls", "proxies"]));
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
    fn any_mixture_of_mistakes_begins_as_a_start_would(
        picked in proptest::collection::vec(0..MISTAKES.len(), 1..4),
    ) {
        let tables: Vec<toml::Table> = picked.iter().filter_map(|at| MISTAKES[*at].0.parse().ok()).collect();
        let mut whole = toml::Table::new();
        tables.into_iter().for_each(|table| whole.extend(table));
        let (salvaged, refused) = judged(&whole.to_string());
        prop_assert_eq!(salvaged.faults.first(), refused.as_ref());
        for (at, wrong) in salvaged.faults.iter().enumerate() {
            prop_assert!(!salvaged.faults[..at].contains(wrong), "told twice: {}", wrong);
        }
    }
}
