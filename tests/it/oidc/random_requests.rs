//! Random authorization requests: every answer is our error page, an error at the client, a page that asks, or a code; and
//! nothing ever leads to an address that is not registered.

use keyward::foundation::random::{SeededRandom, bytes};

use super::World;
use crate::support::page::Page;
use crate::support::relying_party::Request;

const NAMES: [&str; 18] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "prompt",
    "max_age",
    "display",
    "acr_values",
    "claims",
    "login_hint",
    "ui_locales",
    "id_token_hint",
    "request",
    "code_challenge",
    "code_challenge_method",
    "response_mode",
];

const VALUES: [&str; 24] = [
    "",
    "code",
    "token",
    "openid",
    "openid email",
    "none",
    "login",
    "select_account",
    "consent",
    "0",
    "1",
    "-1",
    "form_post",
    "query",
    "fragment",
    "S256",
    "plain",
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "{}",
    "{\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"phr\"}}}",
    "https://evil.example/",
    "\u{0}\r\n",
    "caf\u{e9}",
    "\u{202e}\"'><script>",
];

/// A good request with up to four parameters changed, dropped or doubled.
fn random_request(good: Request, random: &SeededRandom) -> Request {
    let [times] = bytes::<1>(random);
    (0..=times % 4).fold(good, |request, _| {
        let [kind, name, value] = bytes::<3>(random);
        let name = NAMES[usize::from(name) % NAMES.len()];
        let value = VALUES[usize::from(value) % VALUES.len()];
        match kind % 5 {
            0 => request.without(name),
            1 => request.also(name, value),
            _ => request.with(name, value),
        }
    })
}

fn check(page: &Page, issuer: &str, registered: &str, request: &str) {
    if let Some(arrival) = page.arrival() {
        let place = arrival.uri.as_str().split('?').next();
        assert_eq!(place, Some(registered), "{request}");
        assert_eq!(arrival.get("iss"), Some(issuer), "{request}");
        let answers = [arrival.get("code"), arrival.get("error")];
        assert_eq!(answers.iter().flatten().count(), 1, "{request}: {arrival:?}");
        return;
    }
    match page.status.as_u16() {
        303 => assert!(page.location().unwrap().path().starts_with("/sign-in/"), "{request}"),
        400 => assert!(page.header("set-cookie").is_none(), "{request}"),
        other => panic!("{request} was answered by {other}: {}", page.body),
    }
}

#[tokio::test]
async fn every_request_is_answered_by_a_page_an_error_or_a_code() {
    let random = SeededRandom::new(7);
    let (mut world, _) = World::signed_in().await;
    for round in 0..400 {
        if round == 200 {
            world.browser.forget();
        }
        let request = random_request(world.wiki.request(), &random).url();
        let page = world.browser.get(&request).await;
        check(&page, &world.app.issuer, &world.wiki.redirect_uri, &request);
    }
}

/// The bytes of the query are random too.
#[tokio::test]
async fn no_query_breaks_the_endpoints() {
    let random = SeededRandom::new(8);
    let world = World::new().await;
    for round in 0..150_u32 {
        let good = world.wiki.request().url();
        let mut query = good.split_once('?').unwrap().1.as_bytes().to_vec();
        for _ in 0..4 {
            let [high, low, value] = bytes::<3>(&random);
            let place = usize::from(u16::from_be_bytes([high, low])) % query.len();
            query[place] = value;
        }
        let graphic = |byte: &u8| byte.is_ascii_graphic() && *byte != b'#';
        let query: String = query.iter().filter(|byte| graphic(byte)).map(|byte| char::from(*byte)).collect();
        let path = ["/authorize", "/logout", "/token"][usize::try_from(round).unwrap() % 3];
        let head =
            crate::support::raw::get(world.app.host(), &format!("{path}?{query}"), "Accept: text/html\r\n");
        let answer = crate::support::raw::send(world.app.address, head).await;
        assert!((200..500).contains(&answer.status), "{} for {path}?{query}", answer.status);
    }
}
