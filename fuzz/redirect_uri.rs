//! Redirect URIs: whatever can be registered means one thing only, and is matched by itself.

use keyward::clients::RedirectUri;
use keyward::config::Site;
use url::Url;

/// `data` as a redirect URI to register, and one to present: the two parts beside the first blank.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (registered, presented) = text.split_once(' ').unwrap_or((text, text));
    for (issuer, native) in [
        ("https://id.example.com", false),
        ("https://id.example.com", true),
        ("http://localhost:8443", false),
    ] {
        let site = Site::new(issuer).expect("a good issuer");
        let Ok(uri) = RedirectUri::register(registered, native, &site) else {
            continue;
        };
        means_one_thing(registered);
        assert!(uri.matches(registered, native));
        if uri.matches(presented, native) && presented != registered {
            assert!(native, "{registered} matched {presented}");
            let host =
                |text: &str| Url::parse(text).ok().and_then(|uri| uri.host().map(|host| host.to_owned()));
            assert_eq!(host(registered), host(presented));
        }
    }
}

fn means_one_thing(text: &str) {
    let uri = Url::parse(text).expect("what is registered can be parsed");
    assert!(text.is_ascii() && uri.fragment().is_none());
    assert!(uri.username().is_empty() && uri.password().is_none());
    assert!(uri.as_str() == text || uri.as_str() == format!("{text}/"), "{text}");
}
