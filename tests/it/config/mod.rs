//! Start-up settings: defaults, whole files, sites, and what is no setting at all.

mod mistakes;
mod salvage;
mod sources;

use std::path::{Path, PathBuf};
use std::time::Duration;

use keyward::config::mail::Encryption;
use keyward::config::policy::Floor;
use keyward::config::{Settings, Site};
use proptest::prelude::*;
use url::Url;

fn parse(text: &str) -> Result<Settings, String> {
    Settings::parse("keyward.toml", Path::new("/etc/keyward"), text).map_err(|wrong| wrong.to_string())
}

#[test]
fn without_a_file_everything_is_on_loopback() {
    // R-OP-01, R-CO-11: secure defaults.
    let settings = Settings::load(None).unwrap();
    assert_eq!(settings.site.issuer(), "http://localhost:8443");
    assert!(settings.site.is_loopback());
    assert_eq!(settings.listen.addresses, ["127.0.0.1:8443".parse().unwrap()]);
    assert_eq!(settings.data.folder, PathBuf::from("keyward-data"));
    assert_eq!(settings.data.keys, PathBuf::from("keys"));
    assert_eq!(settings.storage.cache_mib, 64);
    assert!(settings.proxies.trusted.is_empty());
}

#[test]
fn defaults_are_those_of_the_requirements() {
    let settings = parse("").unwrap();
    // R-SE-04
    assert_eq!(settings.sessions.idle, Duration::from_secs(3600));
    assert_eq!(settings.sessions.absolute, Duration::from_secs(12 * 3600));
    assert_eq!(settings.policy.floor, Floor::Mfa);
    assert_eq!(settings.policy.second_factor_max_age, Duration::from_secs(12 * 3600));
    assert!(settings.policy.first_enrolment_by_password.is_empty());
    // R-RL-04
    assert_eq!(settings.limits.password_failures, 5);
    assert_eq!((settings.limits.factor_failures, settings.limits.factor_ceiling), (5, 50));
    // R-TR-09
    let http = settings.http;
    assert_eq!((http.header_bytes, http.headers, http.body_bytes, http.streams), (16_384, 100, 65_536, 100));
    let seconds = [http.header_time, http.body_time, http.request_time, http.idle_time, http.stop_time];
    assert_eq!(seconds.map(|time| time.as_secs()), [10, 15, 30, 60, 10]);
}

#[test]
fn a_whole_file_is_read() {
    let settings = parse(
        r#"
        issuer = "https://id.example.com"
        [listen]
        addresses = ["127.0.0.1:8443", "10.0.0.7:8443"]
        [data]
        folder = "data"
        keys = "/srv/keys"
        [sessions]
        idle = "30m"
        [policy]
        floor = "pwd"
        first_enrolment_by_password = ["10.1.0.0/16", "2001:db8::/32"]
        [proxies]
        trusted = ["10.0.0.5"]
        header = "forwarded"
        [log]
        format = "json"
        "#,
    )
    .unwrap();
    assert_eq!(settings.data.folder, PathBuf::from("/etc/keyward/data"));
    assert_eq!(settings.data.keys, PathBuf::from("/srv/keys"));
    assert_eq!(settings.sessions.idle, Duration::from_secs(1800));
    assert_eq!(settings.policy.floor, Floor::Password);
    assert_eq!(settings.policy.first_enrolment_by_password.len(), 2);
    assert!(settings.proxies.is_trusted("10.0.0.5".parse().unwrap()));
    assert!(settings.proxies.is_trusted("::ffff:10.0.0.5".parse().unwrap()));
    assert!(!settings.proxies.is_trusted("10.0.0.6".parse().unwrap()));
}

#[test]
fn r_en_02_the_loopback_permits_an_enrolment_in_loopback_mode_only() {
    let with = |issuer: &str, network: &str| {
        let text = format!(
            "issuer = \"{issuer}\"\n[proxies]\ntrusted = [\"10.0.0.5\"]\n[policy]\nfirst_enrolment_by_password = [\"{network}\"]"
        );
        parse(&text).map(|_| ())
    };
    for network in ["127.0.0.0/8", "127.1.0.0/16", "0.0.0.0/0", "::1", "::/0"] {
        let wrong = with("https://id.example.com", network).unwrap_err();
        assert!(wrong.contains("policy.first_enrolment_by_password has the entry"), "{wrong}");
        with("http://localhost:8443", network).unwrap();
    }
    for network in ["10.0.0.0/8", "2001:db8::/32"] {
        with("https://id.example.com", network).unwrap();
    }
}

#[test]
fn what_is_no_toml_names_its_line() {
    let wrong = parse("issuer = \"http://localhost:8443\"\n[log\nlevel = \"info\"\n").unwrap_err();
    assert!(wrong.starts_with("keyward.toml: line 2 is not TOML ("), "{wrong}");
    assert!(wrong.ends_with("mend that line: settings are written as name = value, texts in double quotes, sections as [name]."), "{wrong}");
    assert_eq!(wrong.lines().count(), 1);
}

#[test]
fn a_missing_file_is_named() {
    let wrong = Settings::load(Some(Path::new("/nowhere/keyward.toml"))).unwrap_err().to_string();
    assert!(wrong.starts_with("/nowhere/keyward.toml: cannot be read ("), "{wrong}");
}

#[test]
fn loopback_mode_is_on_exactly_for_http_localhost_with_a_port() {
    // R-CO-11
    for issuer in ["http://localhost:8443", "http://localhost:1", "http://localhost:65535"] {
        assert!(Site::new(issuer).unwrap().is_loopback(), "{issuer}");
    }
    for issuer in [
        "https://localhost:8443",
        "https://id.example.com",
        "https://id.example.com:8443",
        "https://127.0.0.1:1",
    ] {
        assert!(!Site::new(issuer).unwrap().is_loopback(), "{issuer}");
    }
    let refused = [
        "http://localhost",
        "http://127.0.0.1:8443",
        "http://[::1]:8443",
        "http://localhost.:8443",
        "http://localhost.example.com:1",
        "http://LOCALHOST:8443",
        "HTTPS://id.example.com",
        "https://ID.example.com",
        "https://id.example.com:443",
        "https://id.example.com/x",
        "https://id.example.com?x",
        "https://id.example.com#x",
        "https://me@id.example.com",
        "https://id.example.com ",
        "ftp://id.example.com",
        "http://localhost:80",
        "https://",
        "",
        "localhost:8443",
        "file:///etc/passwd",
        "https://id.example.com\\",
    ];
    for issuer in refused {
        assert!(Site::new(issuer).is_err(), "{issuer}");
    }
}

#[test]
fn a_site_builds_addresses_and_knows_its_host() {
    let site = Site::new("https://id.example.com").unwrap();
    assert_eq!(site.url("/token"), "https://id.example.com/token");
    assert_eq!(site.origin(), "https://id.example.com");
    assert_eq!(site.host(), "id.example.com");
    for (issuer, name) in [
        ("https://id.example.com:8443", "id.example.com"),
        ("https://10.0.0.5", "10.0.0.5"),
        ("https://[2001:db8::5]:8443", "2001:db8::5"),
        ("https://[2001:db8::5]", "2001:db8::5"),
    ] {
        assert_eq!(Site::new(issuer).unwrap().host_name(), name);
    }
    assert!(
        site.is_host("id.example.com:443")
            && site.is_host("ID.example.com")
            && site.is_host("id.example.com")
    );
    assert!(
        !site.is_host("id.example.com:80")
            && !site.is_host("id.example.com:8443")
            && !site.is_host("id.example.com.evil.example")
    );
    let local = Site::new("http://localhost:8443").unwrap();
    assert!(local.is_host("localhost:8443"));
    assert!(!local.is_host("localhost") && !local.is_host("127.0.0.1:8443"));
}

#[test]
fn plain_http_is_admitted_for_localhost_in_loopback_mode_only() {
    // R-CO-11
    let (public, local) =
        (Site::new("https://id.example.com").unwrap(), Site::new("http://localhost:8443").unwrap());
    let admitted = |site: &Site, address: &str| site.admit(&Url::parse(address).unwrap()).is_ok();
    assert!(
        admitted(&public, "https://jira.example.com/x") && admitted(&local, "https://jira.example.com/x")
    );
    assert!(admitted(&local, "http://localhost:9000/x") && !admitted(&public, "http://localhost:9000/x"));
    for address in [
        "http://jira.example.com/x",
        "http://127.0.0.1:9000/x",
        "http://localhost.evil.example/",
        "ftp://localhost/",
        "javascript:alert(1)",
    ] {
        assert!(!admitted(&local, address) && !admitted(&public, address), "{address}");
    }
    let why = public.admit(&Url::parse("http://jira.example.com").unwrap()).unwrap_err();
    assert_eq!(why.to_string(), "is plain http, and only https is possible here");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever stands in the file: settings or one sentence, never a panic.
    #[test]
    fn any_file_is_settings_or_one_sentence(text in "(\\[[a-z]{1,8}\\]|[a-z_]{1,10} ?= ?(-?[0-9]{1,20}|\"[^\n]{0,12}\"|\\[\\])|\n| |.){0,12}") {
        if let Err(sentence) = parse(&text) {
            prop_assert!(sentence.starts_with("keyward.toml"), "{}", sentence);
            prop_assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{}", sentence);
        }
    }

    /// Durations of whole seconds are written back so that they read the same.
    #[test]
    fn durations_read_back(seconds in 0u64..=3650 * 86400) {
        let duration = Duration::from_secs(seconds);
        prop_assert_eq!(keyward::config::duration::parse(&keyward::config::duration::show(duration)), Some(duration));
    }
}

#[test]
fn r_ob_05_mail_is_encrypted_and_its_password_stands_elsewhere() {
    assert!(parse("").unwrap().mail.is_none());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "lantern harbour\n").unwrap();
    let read = |text: &str| {
        let parsed = Settings::parse("keyward.toml", folder.path(), &format!("[mail]\n{text}"));
        parsed.map(|settings| settings.mail.unwrap()).map_err(|wrong| wrong.to_string())
    };
    let authority = Settings::parse("keyward.toml", folder.path(), "[mail]\nca_file = \"secret\"\n").unwrap();
    assert!(authority.mail.is_none(), "an applied server is vouched for by it, and none is set here");
    assert_eq!(authority.mail_ca_file.unwrap(), folder.path().join("secret"));
    let usual = "host = \"smtp.example.com\"\nsender = \"keyward@example.com\"\n";
    let mail = read(usual).unwrap();
    assert_eq!((mail.port, mail.encryption, mail.per_hour), (587, Encryption::StartTls, 1000));
    assert_eq!(read(&format!("{usual}encryption = \"tls\"")).unwrap().port, 465);
    let login = format!("{usual}username = \"keyward\"\npassword = {{ file = \"secret\" }}");
    let mail = read(&login).unwrap();
    assert_eq!(mail.password.as_ref().unwrap().expose(), "lantern harbour");
    assert!(!format!("{mail:?}").contains("lantern"));
    let wrong = [
        ("sender = \"keyward@example.com\"", "mail.host"),
        ("host = \"smtp.example.com\"", "mail.sender"),
        ("host = \"a b\"\nsender = \"keyward@example.com\"", "mail.host"),
        ("host = \"smtp.example.com\"\nsender = \"kéy@example.com\"", "mail.sender"),
        ("host = \"smtp.example.com\"\nsender = \"a@example.com\\r\\nBcc: b@example.com\"", "mail.sender"),
        ("host = \"smtp.example.com\"\nsender = \"a@example.com\"\nencryption = \"none\"", "mail.encryption"),
        ("host = \"smtp.example.com\"\nsender = \"a@example.com\"\nusername = \"x\"", "mail.password"),
        (
            "host = \"smtp.example.com\"\nsender = \"a@example.com\"\nca_file = \"nowhere.pem\"",
            "mail.ca_file",
        ),
        ("host = \"smtp.example.com\"\nsender = \"a@example.com\"\nport = 0", "mail.port"),
        ("ca_file = \"nowhere.pem\"", "mail.ca_file"),
        ("hots = \"smtp.example.com\"", "mail.host"),
    ];
    for (text, key) in wrong {
        let said = read(text).unwrap_err();
        assert!(said.contains(key) && said.ends_with('.'), "{text}: {said}");
    }
    for written in
        ["\"hunter2\"", "{ file = \"nowhere\" }", "{ env = \"KEYWARD_NO_SUCH\" }", "{ word = \"hunter2\" }"]
    {
        let said = read(&format!("{usual}username = \"x\"\npassword = {written}")).unwrap_err();
        assert!(said.contains("mail.password") && !said.contains("hunter2"), "{said}");
    }
    let plain = "host = \"127.0.0.1\"\nsender = \"a@example.com\"\nencryption = \"none\"\n";
    assert!(read(plain).is_ok(), "on the loopback, in loopback mode");
    let abroad =
        format!("issuer = \"https://id.example.com\"\n[proxies]\ntrusted = [\"127.0.0.1\"]\n[mail]\n{plain}");
    assert!(parse(&abroad).unwrap_err().contains("mail.encryption"));
    let said = read(&format!("{plain}username = \"x\"\npassword = {{ file = \"secret\" }}")).unwrap_err();
    assert!(said.contains("mail.encryption"), "{said}");
}
