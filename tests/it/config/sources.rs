//! Every setting by file, by environment variable and by `--set`: which one holds, and how a wrong one names its place.

use std::path::{Path, PathBuf};

use keyward::config::sources::Place;
use keyward::config::{Effective, Settings, Sources};

use crate::support::program::{command, complaint, keyward};

/// What a start is given: text of a file, variables and options.
#[derive(Default, Clone)]
struct Given {
    file: String,
    variables: Vec<(String, String)>,
    options: Vec<String>,
}

impl Given {
    fn read(&self) -> Result<(Settings, Vec<Effective>), String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyward.toml");
        std::fs::write(&file, &self.file).unwrap();
        let sources = Sources::new(Some(&file), self.variables.clone().into_iter(), &self.options);
        let place = folder.path().to_str().unwrap();
        Settings::gather(&sources).map_err(|wrong| wrong.to_string().replace(&format!("{place}/"), ""))
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn option(mut self, option: &str) -> Self {
        self.options.push(option.to_owned());
        self
    }
}

fn file(text: &str) -> Given {
    Given { file: text.to_owned(), ..Given::default() }
}

fn variable_of(key: &str) -> String {
    format!("KEYWARD_{}", key.to_uppercase().replace('.', "__"))
}

/// A value for every setting: its default, or something admissible where it has none.
fn every_setting() -> Vec<(String, String)> {
    let mail = file("[mail]\nhost = \"smtp.example.com\"\nsender = \"keyward@example.com\"\n");
    let (_, effective) = mail.read().unwrap();
    assert!(effective.len() >= 45, "{effective:?}");
    let value = |setting: Effective| match (setting.key.as_str(), setting.value.as_str()) {
        ("pages.folder", "") => "\"/\"".to_owned(),
        ("pages.language", "") => "\"de\"".to_owned(),
        ("mail.ca_file", "") => format!("\"{}/Cargo.toml\"", env!("CARGO_MANIFEST_DIR")),
        ("mail.password", "") => "{ env = \"PATH\" }".to_owned(),
        (_, "") => "\"words\"".to_owned(),
        _ => setting.value,
    };
    effective.into_iter().map(|setting| (setting.key.clone(), value(setting))).collect()
}

/// What a setting cannot stand without.
fn companions(key: &str) -> Vec<(String, String)> {
    let host = ("mail.host", "smtp.example.com");
    let sender = ("mail.sender", "keyward@example.com");
    let pairs = match key {
        "tls.certificate" => vec![("issuer", "https://id.example.com"), ("tls.key", "file.pem")],
        "tls.key" => vec![("issuer", "https://id.example.com"), ("tls.certificate", "file.pem")],
        "mail.host" => vec![sender],
        "mail.sender" => vec![host],
        "mail.username" => vec![host, sender, ("mail.password", "{ env = \"PATH\" }")],
        "mail.password" => vec![host, sender, ("mail.username", "keyward")],
        _ if key.starts_with("mail.") => vec![host, sender],
        _ => Vec::new(),
    };
    pairs.into_iter().map(|(key, value)| (variable_of(key), value.to_owned())).collect()
}

#[test]
fn every_setting_can_be_given_by_file_by_variable_and_by_option() {
    for (key, value) in every_setting() {
        let name = key.rsplit('.').next().unwrap();
        let section = key.strip_suffix(&format!(".{name}")).map(|section| format!("[{section}]\n"));
        let ways = [
            file(&format!("{}{name} = {value}\n", section.unwrap_or_default())),
            Given::default().variable(&variable_of(&key), &value),
            Given::default().variable(&variable_of(&key), value.trim_matches('"')),
            Given::default().option(&format!("{key}={value}")),
            Given::default().option(&format!("{key}={}", value.trim_matches('"'))),
        ];
        let companions = companions(&key);
        for (number, mut way) in ways.into_iter().enumerate() {
            way.variables.extend(companions.clone());
            let (_, effective) = way.read().unwrap_or_else(|wrong| panic!("{key}, way {number}: {wrong}"));
            let found = effective.iter().find(|setting| setting.key == key).unwrap();
            assert_eq!(found.value, value, "{key}, way {number}");
            match (number, found.place.as_ref().unwrap()) {
                (0, Place::File(..)) | (1 | 2, Place::Variable(_)) | (3 | 4, Place::Option) => {}
                (_, place) => panic!("{key} is said to come from {place}"),
            }
            let given = effective.iter().filter(|setting| setting.place.is_some()).count();
            assert_eq!(given, 1 + companions.len(), "{key}, way {number}");
        }
    }
}

#[test]
fn every_setting_is_documented() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let text = std::fs::read_to_string(file).unwrap();
    let names = text.lines().filter_map(|line| line.strip_prefix("| ")?.split('|').next());
    let names = names.collect::<String>();
    let mut missing: Vec<_> = every_setting().into_iter().map(|(key, _)| key).collect();
    missing.retain(|key| !names.contains(&format!("`{key}`")));
    assert!(missing.is_empty(), "docs/operations.md has no row for {missing:?}");
}

#[test]
fn options_stand_over_variables_and_variables_over_the_file() {
    let all = file("[sessions]\nidle = \"10m\"\nabsolute = \"10h\"\n[limits]\npassword_failures = 3\n")
        .variable("KEYWARD_SESSIONS__IDLE", "20m")
        .variable("KEYWARD_SESSIONS__ABSOLUTE", "11h")
        .option("sessions.idle=30m")
        .option("sessions.idle=40m");
    let (settings, _) = all.read().unwrap();
    let minutes = |time: std::time::Duration| time.as_secs() / 60;
    assert_eq!((minutes(settings.sessions.idle), minutes(settings.sessions.absolute)), (40, 660));
    assert_eq!(settings.limits.password_failures, 3);
}

#[test]
fn texts_lists_and_numbers_need_no_quotes_outside_the_file() {
    let (settings, _) = Given::default()
        .variable("KEYWARD_ISSUER", "https://id.example.com")
        .variable("KEYWARD_PAGES__ORGANISATION", "2020")
        .variable("KEYWARD_PAGES__SUPPORT", "Ann's desk, \"room 5\" = good")
        .variable("KEYWARD_PROXIES__TRUSTED", "10.0.0.5, 10.1.0.0/16")
        .option("listen.addresses=[\"127.0.0.1:1\", \"[::1]:2\"]")
        .option("limits.password_failures= 7")
        .read()
        .unwrap();
    assert_eq!(settings.pages.organisation, "2020");
    assert_eq!(settings.pages.support.as_deref(), Some("Ann's desk, \"room 5\" = good"));
    assert_eq!((settings.proxies.trusted.len(), settings.listen.addresses.len()), (2, 2));
    assert_eq!(settings.limits.password_failures, 7);
    let (settings, _) =
        file("[proxies]\ntrusted = [\"10.0.0.5\"]").variable("KEYWARD_PROXIES__TRUSTED", "").read().unwrap();
    assert!(settings.proxies.trusted.is_empty());
}

#[test]
fn relative_paths_start_in_the_files_folder_or_where_they_are_typed() {
    let given = file("[data]\nfolder = \"records\"").option("data.keys=elsewhere/keys");
    let (settings, _) = given.read().unwrap();
    assert!(settings.data.folder.is_absolute() && settings.data.folder.ends_with("records"));
    assert_eq!(settings.data.keys, PathBuf::from("elsewhere/keys"));
}

#[test]
fn a_wrong_setting_names_its_line_variable_or_option() {
    let wrong: [(Given, &str); 11] = [
        (
            file("# first\n[sessions]\nabsolute = \"2h\"\nidle = \"3h\"\n"),
            "keyward.toml, line 4: sessions.idle is \"3h\"; write at most sessions.absolute, which is \"2h\".",
        ),
        (
            file("[log]\nlevel = \"loud\""),
            "keyward.toml, line 2: log.level is \"loud\"; write one of \"error\", \"warn\", \"info\", \"debug\".",
        ),
        (
            file("\n[sesions]\nidle = \"1h\""),
            "keyward.toml, line 2: sesions is no section of Keyward; write sessions if that is meant.",
        ),
        (
            Given::default().variable("KEYWARD_LOG__LEVEL", "loud"),
            "KEYWARD_LOG__LEVEL: log.level is \"loud\"; write one of \"error\", \"warn\", \"info\", \"debug\".",
        ),
        (
            Given::default().variable("KEYWARD_LIMITS__PASSWORD_FAILURES", "many"),
            "KEYWARD_LIMITS__PASSWORD_FAILURES: limits.password_failures is \"many\"; write a whole number from 1 to 20 (default 5).",
        ),
        (
            Given::default().variable("KEYWARD_LOGS__LEVEL", "warn"),
            "KEYWARD_LOGS__LEVEL: logs is no section of Keyward; write log if that is meant.",
        ),
        (
            Given::default().variable("KEYWARD_LOG", "warn"),
            "KEYWARD_LOG: log is \"warn\"; write a section [log] with keys in it.",
        ),
        (
            Given::default().option("http.stop_time=1m"),
            "--set: http.stop_time is \"1m\"; write between \"1s\" and \"10s\".",
        ),
        (
            Given::default().option("issuer.name=x"),
            "--set: issuer is a section; write a text in double quotes.",
        ),
        (
            Given::default().option("sessions.idle"),
            "--set: has no = in \"sessions.idle\"; write --set section.name=value.",
        ),
        (
            file("[log]\nlevel = \"loud\"").option("log.format=xml"),
            "--set: log.format is \"xml\"; write one of \"text\", \"json\".",
        ),
    ];
    for (given, sentence) in wrong {
        assert_eq!(given.read().unwrap_err(), sentence);
    }
    // Kubernetes invents such variables for a service of our name.
    let said = Given::default().variable("KEYWARD_PORT", "tcp://10.0.0.1:443").read().unwrap_err();
    assert!(
        said.starts_with("KEYWARD_PORT: port is no setting of Keyward; remove it; known here are issuer,")
    );
}

#[test]
fn r_ks_05_a_secret_is_named_by_its_place_from_everywhere_and_shown_nowhere() {
    let mail = |given: Given| given.option("mail.host=smtp.example.com").option("mail.sender=k@example.com");
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "open sesame\n").unwrap();
    let place = secret.to_str().unwrap();
    for given in [
        Given::default().option(&format!("mail.password={{ file = \"{place}\" }}")),
        Given::default().variable("KEYWARD_MAIL__PASSWORD__FILE", place),
        file(&format!("[mail]\npassword = {{ file = \"{place}\" }}")),
        file(&format!("[mail.password]\nfile = \"{place}\"")),
    ] {
        let (settings, effective) = mail(given).option("mail.username=keyward").read().unwrap();
        assert_eq!(settings.mail.unwrap().password.unwrap().expose(), "open sesame");
        assert!(!format!("{effective:?}").contains("sesame"));
    }
    let written = mail(Given::default().variable("KEYWARD_MAIL__PASSWORD", "open sesame"));
    let said = written.read().unwrap_err();
    assert!(said.starts_with("KEYWARD_MAIL__PASSWORD: mail.password is no reference"), "{said}");
    assert!(!said.contains("sesame"));
}

#[test]
fn the_variable_keyward_settings_names_the_file_unless_an_option_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, idle: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("[sessions]\nidle = \"{idle}\"")).unwrap();
        path
    };
    let (one, two) = (path("one.toml", "10m"), path("two.toml", "20m"));
    let environment = || [("KEYWARD_SETTINGS".to_owned(), one.to_str().unwrap().to_owned())].into_iter();
    let idle = |file: Option<&Path>| {
        let sources = Sources::new(file, environment(), &[]);
        Settings::gather(&sources).unwrap().0.sessions.idle.as_secs() / 60
    };
    assert_eq!((idle(None), idle(Some(&two))), (10, 20));
}

#[test]
fn the_program_shows_what_holds_and_why_and_refuses_what_it_does_not_know() {
    let shown = command(&["settings", "--json", "--set", "sessions.idle=30m"])
        .env("KEYWARD_LOG__LEVEL", "warn")
        .output()
        .unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let row = |name: &str| rows.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone();
    assert_eq!(
        (row("sessions.idle")["value"].as_str(), row("sessions.idle")["source"].as_str()),
        (Some("\"30m\""), Some("--set"))
    );
    assert_eq!(row("log.level")["source"], "KEYWARD_LOG__LEVEL");
    assert_eq!(row("http.headers")["source"], "default");
    let text = String::from_utf8(keyward(&["settings", "--set", "sessions.idle=30m"], "").stdout).unwrap();
    assert!(text.contains("sessions.idle = \"30m\"   # --set\n"), "{text}");
    assert!(text.contains("# pages.support is not set\n"), "{text}");
    let refused = command(&["serve"]).env("KEYWARD_SESIONS__IDLE", "1h").output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        complaint(&refused).contains("KEYWARD_SESIONS__IDLE: sesions is no section"),
        "{}",
        complaint(&refused)
    );
}
