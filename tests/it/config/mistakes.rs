//! The one sentence for every typical mistake of a tired administrator.

use super::parse;

/// What was written, and the sentence it gives.
pub(super) const MISTAKES: &[(&str, &str)] = &[
    (
        "issuer = \"https://id.example.com/\"",
        "issuer is \"https://id.example.com/\", which is more than, or a different spelling of, https://id.example.com; write scheme, host and port only, such as \"https://id.example.com\", or \"http://localhost:8443\" to try it.",
    ),
    (
        "issuer = \"http://id.example.com\"",
        "issuer is \"http://id.example.com\", which is plain http, which is only possible for http://localhost:<port>; write scheme, host and port only, such as \"https://id.example.com\", or \"http://localhost:8443\" to try it.",
    ),
    (
        "issuer = \"id.example.com\"",
        "issuer is \"id.example.com\", which is no address (relative URL without a base); write scheme, host and port only, such as \"https://id.example.com\", or \"http://localhost:8443\" to try it.",
    ),
    ("isuer = \"https://id.example.com\"", "isuer is no setting of Keyward; write issuer if that is meant."),
    ("[session]\nidle = \"1h\"", "session is no section of Keyward; write sessions if that is meant."),
    (
        "[sessions]\nidel = \"1h\"",
        "sessions.idel is no setting of Keyward; write sessions.idle if that is meant.",
    ),
    (
        "[sessions]\ncolour = \"red\"",
        "sessions.colour is no setting of Keyward; remove it; known here are idle, absolute.",
    ),
    (
        "[sessions]\nidle = 60",
        "sessions.idle is 60; write a whole number with s, m, h or d in double quotes, such as \"1h\".",
    ),
    (
        "[sessions]\nidle = \"1 hour\"",
        "sessions.idle is \"1 hour\"; write a whole number with s, m, h or d in double quotes, such as \"1h\".",
    ),
    (
        "[sessions]\nidle = \"13h\"",
        "sessions.idle is \"13h\"; write at most sessions.absolute, which is \"12h\".",
    ),
    ("sessions = \"1h\"", "sessions is \"1h\"; write a section [sessions] with keys in it."),
    (
        "[listen]\naddresses = \"127.0.0.1:8443\"",
        "listen.addresses is \"127.0.0.1:8443\"; write a list of texts, such as [\"one\", \"two\"].",
    ),
    (
        "[listen]\naddresses = [\"localhost\"]",
        "listen.addresses has the entry \"localhost\"; write addresses with a port, such as \"127.0.0.1:8443\" or \"[::1]:8443\".",
    ),
    (
        "[listen]\naddresses = []",
        "listen.addresses is empty; name at least one address, such as \"127.0.0.1:8443\".",
    ),
    (
        "[listen]\naddresses = [\"0.0.0.0:8443\"]",
        "listen.addresses has the entry \"0.0.0.0:8443\" while the issuer is http://localhost:8443; listen on 127.0.0.1 or [::1] only, or set issuer to the https address people will use.",
    ),
    (
        "issuer = \"https://id.example.com\"\n[listen]\naddresses = [\"0.0.0.0:8443\"]",
        "listen.addresses has the entry \"0.0.0.0:8443\", where other machines would reach us without encryption; set tls.certificate and tls.key, name the proxy that encrypts in proxies.trusted, or listen on 127.0.0.1.",
    ),
    (
        "issuer = \"https://id.example.com\"",
        "proxies.trusted is empty, though only a proxy on this machine can reach us; name it, such as [\"127.0.0.1\"], or set tls.certificate and tls.key.",
    ),
    (
        "issuer = \"https://id.example.com\"\n[tls]\ncertificate = \"fullchain.pem\"",
        "tls.key is missing; name the file with the certificate's private key.",
    ),
    (
        "issuer = \"https://id.example.com\"\n[tls]\nkey = \"privkey.pem\"",
        "tls.certificate is missing; name the file with the certificate of tls.key.",
    ),
    (
        "[tls]\ncertificate = \"fullchain.pem\"\nkey = \"privkey.pem\"",
        "tls.certificate is set while the issuer is http://localhost:8443; set issuer to the https address that the certificate is for, or remove the section [tls].",
    ),
    (
        "[admin]\nlisten = \"9464\"",
        "admin.listen is \"9464\"; write an address with a port, such as \"127.0.0.1:9464\", or \"off\".",
    ),
    (
        "[admin]\nlisten = \"0.0.0.0:9464\"",
        "admin.listen is \"0.0.0.0:9464\", which other machines can reach; name in admin.networks who may ask, or listen on 127.0.0.1.",
    ),
    (
        "[admin]\nlisten = \"10.0.0.7:9464\"\nnetworks = [\"10.0.0.0/8\"]",
        "admin.listen is \"10.0.0.7:9464\", where other machines would reach us without encryption; set tls.certificate and tls.key, or listen on 127.0.0.1.",
    ),
    (
        "[admin]\nnetworks = [\"::/0\"]",
        "admin.networks has the entry \"::/0\"; name the networks of your monitoring only, such as \"10.0.0.0/8\".",
    ),
    (
        "[proxies]\ntrusted = [\"10.0.0.1/8\"]",
        "proxies.trusted has the entry \"10.0.0.1/8\"; write addresses or networks, such as \"10.0.0.5\" or \"10.0.0.0/8\".",
    ),
    (
        "[proxies]\ntrusted = [\"0.0.0.0/0\"]",
        "proxies.trusted has the entry \"0.0.0.0/0\"; name the proxies only, such as \"10.0.0.5\", since whoever is named can claim any address.",
    ),
    (
        "[policy]\nfloor = \"MFA\"",
        "policy.floor is \"MFA\"; write one of \"pwd\", \"mfa-low\", \"mfa\", \"phr\", \"phrh\".",
    ),
    (
        "[policy]\nsecond_factor_max_age = \"0s\"",
        "policy.second_factor_max_age is \"0s\"; write between \"1m\" and \"30d\".",
    ),
    (
        "[limits]\npassword_failures = 0",
        "limits.password_failures is 0; write a whole number from 1 to 20 (default 5).",
    ),
    (
        "[limits]\nfactor_failures = 10\nfactor_ceiling = 8",
        "limits.factor_ceiling is 8; write at least limits.factor_failures, which is 10.",
    ),
    (
        "[storage]\ncache_mib = -1",
        "storage.cache_mib is -1; write a whole number from 1 to 65536 (default 64).",
    ),
    (
        "[storage]\ncache_mib = \"64\"",
        "storage.cache_mib is \"64\"; write a whole number from 1 to 65536 (default 64).",
    ),
    ("[storage]\nengine = \"rocksdb\"", "storage.engine is \"rocksdb\"; write one of \"redb\", \"sled\"."),
    (
        "[data]\nfolder = \"data\"\nkeys = \"data/keys\"",
        "data.keys is \"/etc/keyward/data/keys\", inside data.folder; choose a folder outside, so that a copy of the data does not carry its key.",
    ),
    (
        "[pages]\nfolder = \"/nowhere/at/all\"",
        "pages.folder is \"/nowhere/at/all\", where there is no folder; make the folder, or remove the setting to use the built-in pages.",
    ),
    (
        "[pages]\nsupport = \"\"",
        "pages.support is empty, too long or has control characters; write 1 to 200 characters on one line.",
    ),
    (
        "issuer = \"https://id.example.com\"\n[proxies]\ntrusted = [\"10.0.0.5\"]\n[policy]\nfirst_enrolment_by_password = [\"10.0.0.0/8\", \"127.0.0.1\"]",
        "policy.first_enrolment_by_password has the entry \"127.0.0.1/32\", which holds addresses of this machine itself; name networks of your people only, such as \"10.0.0.0/8\", since behind a proxy on this machine everybody would seem to come from here.",
    ),
    (
        "[log]\nlevel = \"verbose\"",
        "log.level is \"verbose\"; write one of \"error\", \"warn\", \"info\", \"debug\".",
    ),
    ("[http]\nstop_time = \"1m\"", "http.stop_time is \"1m\"; write between \"1s\" and \"10s\"."),
];

#[test]
fn a_wrong_setting_is_one_sentence_with_file_key_seen_and_right() {
    for (text, sentence) in MISTAKES {
        let said = parse(text).unwrap_err();
        let (place, said) = said.split_once(": ").unwrap();
        assert!(place == "keyward.toml" || place.starts_with("keyward.toml, line "), "{place} for {text}");
        assert_eq!(said, *sentence, "for {text}");
    }
}
