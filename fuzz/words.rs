//! The single words of a request: scope, prompt, proof key, response mode, grant type, durations, handles.

use keyward::foundation::secret::{AccessToken, AuthorizationCode, Plain};
use keyward::vocabulary::acr::{ForeignNames, Level};
use keyward::vocabulary::grant_type::GrantType;
use keyward::vocabulary::{CodeChallenge, CodeVerifier, Prompt, ResponseMode, Scopes};

/// `data` as each of them.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let scopes = Scopes::parse(text);
    assert_eq!(Scopes::parse(&scopes.to_string()), scopes);
    if let Some(prompt) = Prompt::parse(text) {
        assert!(!(prompt.none && (prompt.login || prompt.consent || prompt.select_account)));
    }
    assert!(CodeChallenge::parse(text).is_none() || text.len() == 43);
    assert!(CodeVerifier::parse(text).is_none() || (43..=128).contains(&text.len()));
    assert!(ResponseMode::parse(text).is_none_or(|mode| mode.as_str() == text));
    assert!(GrantType::parse(text).is_none_or(|grant| grant.as_str() == text));
    let _level = Level::from_request(text, ForeignNames::default());
    let _duration = keyward::config::duration::parse(text);
    let code = Plain::<AuthorizationCode>::parse(text).is_some();
    assert!(!(code && Plain::<AccessToken>::parse(text).is_some()), "one handle of two kinds");
}
