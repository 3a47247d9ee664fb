//! The `claims` parameter: bounded, and the same when it is stored and read again.

use keyward::vocabulary::ClaimsRequest;

/// `data` as the parameter's text.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Some(request) = ClaimsRequest::parse(text) else {
        return;
    };
    assert!(request.userinfo.len() <= 64 && request.id_token.len() <= 64);
    let stored = serde_json::to_string(&request).expect("it can be stored");
    let read: ClaimsRequest = serde_json::from_str(&stored).expect("it can be read again");
    assert_eq!(read, request);
}
