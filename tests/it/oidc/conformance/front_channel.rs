//! The plan *Front-Channel OP*.

use keyward::vocabulary::ClientMetadata;
use url::Url;

use super::{Suite, suite_client};
use crate::support::page::Way;
use crate::support::relying_party::awkward;

/// R-LO-08: the page frames exactly the applications that can be told, with `iss` and `sid`, and says *told*.
#[tokio::test]
async fn oidcc_frontchannel_rp_initiated_logout() {
    let base = "https://suite.example.org/test/a/keyward";
    let metadata = ClientMetadata {
        frontchannel_logout_uri: Some(format!("{base}/frontchannel_logout")),
        ..suite_client()
    };
    let mut suite = Suite::of(metadata, Way::Query).await;
    let request = suite.request();
    let done = suite.flow(request).await;
    let state = awkward(128);
    let request = suite
        .client
        .request()
        .at(&suite.app.url("/logout"))
        .with("id_token_hint", done.id_token())
        .with("post_logout_redirect_uri", format!("{base}/post_logout_redirect"))
        .with("state", &state);
    let page = suite.browser.open(request.url()).await;
    assert_eq!(page.status, 200, "{:?}", page.location());

    let frames = page.all("iframe", |frame| {
        let read = |name| frame.value().attr(name).unwrap_or_default().to_owned();
        (read("src"), read("sandbox"))
    });
    let [(address, sandbox)] = frames.as_slice() else { panic!("one frame is expected: {frames:?}") };
    assert_eq!(sandbox, "allow-scripts allow-same-origin");
    let frame = Url::parse(address).unwrap();
    assert!(address.starts_with(&format!("{base}/frontchannel_logout?")));
    let parameters: Vec<_> = frame.query_pairs().into_owned().collect();
    let expected = [
        ("iss".to_owned(), suite.app.issuer.clone()),
        ("sid".to_owned(), done.claims["sid"].as_str().unwrap().to_owned()),
    ];
    assert_eq!(parameters, expected);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.ends_with("; frame-src https://suite.example.org"), "{policy}");

    let target = page.hand_over().unwrap();
    assert!(target.as_str().starts_with(&format!("{base}/post_logout_redirect?")));
    let query: Vec<_> = target.query_pairs().into_owned().collect();
    assert_eq!(query, [("state".to_owned(), state)]);
    suite.signed_out().await;
}
