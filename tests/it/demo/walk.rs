//! The whole demonstration as a process, walked by a browser: what issue 2 promises under "Try it".

use axum::http::StatusCode;
use keyward::factors::totp;
use keyward::foundation::Clock as _;
use keyward::foundation::clock::SystemClock;
use serde_json::Value;

use super::browser::Browser;
use crate::support::program::Demo;

/// A code of the authenticator with this base32 secret, `ahead` steps from now.
fn code(secret: &str, ahead: u64) -> String {
    let bytes = decode(secret);
    let time = u64::try_from(SystemClock.now().seconds()).unwrap() + ahead * totp::PERIOD;
    totp::generator(&bytes).unwrap().generate(time).to_string()
}

/// Base32 back to bytes (RFC 4648 section 6).
fn decode(secret: &str) -> Vec<u8> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0u32, 0);
    for letter in secret.chars().filter(|letter| !letter.is_whitespace()) {
        held = held << 5
            | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
                .find(letter)
                .map(|value| u32::try_from(value).unwrap())
                .unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).unwrap());
        }
    }
    bytes
}

#[test]
fn base32_reads_back() {
    for length in 0..12 {
        let bytes: Vec<u8> = (0..length).map(|byte: u8| byte.wrapping_mul(37)).collect();
        assert_eq!(decode(&keyward::demo::people::base32(&bytes)), bytes);
    }
}

/// The people's, as issue 2 lists them.
struct Person {
    username: String,
    password: String,
}

fn person(demo: &Demo, place: usize) -> Person {
    let text = |name: &str| demo.text(&format!("/people/{place}/{name}"));
    Person { username: text("username"), password: text("password") }
}

async fn log_in(browser: &mut Browser, person: &Person) {
    let fields = [("username", person.username.as_str()), ("password", person.password.as_str())];
    browser.submit("login", &fields).await;
}

#[tokio::test]
async fn a_person_signs_in_with_a_second_factor_and_out_of_everything() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path(), &[]).await;
    let (jira, confluence) = (demo.text("/applications/0/base_url"), demo.text("/applications/1/base_url"));
    let (issuer, person) = (demo.text("/issuer"), person(&demo, 0));
    let mut browser = Browser::new();

    browser.open(&jira).await;
    assert!(browser.address.as_str().starts_with(&issuer), "sent to Keyward: {}", browser.address);
    log_in(&mut browser, &person).await;
    let secret = browser.text(".secret");
    browser.submit("enrol", &[("code", &code(&secret, 0))]).await;
    assert!(browser.has("#codes"), "recovery codes: {}", browser.body);
    browser.submit("recovery-codes", &[("saved", "yes")]).await;
    assert_eq!(browser.address.as_str(), format!("{jira}/"), "{}", browser.body);
    assert_eq!(browser.text("#claim-username"), person.username);
    assert_eq!(browser.text("#claim-name"), "Amara Okafor");
    assert_eq!(browser.text("#claim-email"), demo.text("/people/0/email"));
    assert_eq!(browser.text("#claim-groups"), "confluence-users design jira-software-users");
    assert!(!browser.has("#signature-fault"), "{}", browser.text("#signature-fault"));

    browser.open(&confluence).await;
    assert_eq!(browser.address.as_str(), format!("{confluence}/"), "no prompt");
    assert_eq!(browser.text("#claim-username"), person.username);

    out_of_everything(&mut browser, &jira, &confluence).await;

    browser.open(&confluence).await;
    log_in(&mut browser, &person).await;
    assert!(browser.has("form#factor"), "asks for a code again: {}", browser.body);
    browser.submit("factor", &[("code", &code(&secret, 1))]).await;
    assert_eq!(browser.address.as_str(), format!("{confluence}/"), "{}", browser.body);
    assert!(demo.stop().await.success());
}

async fn out_of_everything(browser: &mut Browser, jira: &str, confluence: &str) {
    browser.open(jira).await;
    browser.follow("sign-out-everywhere").await;
    assert!(browser.has("#sign-out-status"), "{}", browser.body);
    assert_eq!(browser.load_frames().await, 2, "both applications are told");
    browser.follow("go").await;
    assert!(
        browser.address.as_str().starts_with(&format!("{jira}/plugins/servlet/sso-logout")),
        "{}",
        browser.address
    );
    assert_eq!(browser.status, StatusCode::OK);
    for application in [jira, confluence] {
        browser.open(application).await;
        assert!(browser.has("form#login"), "signed out of {application}: {}", browser.address);
    }
}

/// Signs a person with an enrolled authenticator in to `application`.
async fn sign_in(browser: &mut Browser, demo: &Demo, application: &str, place: usize, ahead: u64) {
    browser.open(application).await;
    log_in(browser, &person(demo, place)).await;
    let secret = demo.text(&format!("/people/{place}/totp_secret"));
    browser.submit("factor", &[("code", &code(&secret, ahead))]).await;
    assert_eq!(browser.address.as_str(), format!("{application}/"), "{}", browser.body);
}

#[tokio::test]
async fn a_killed_demo_is_up_again_in_two_seconds_with_people_clients_and_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(folder.path(), &["--totp-enrolled"]).await;
    let (jira, confluence) = (demo.text("/applications/0/base_url"), demo.text("/applications/1/base_url"));
    let mut browser = Browser::new();
    sign_in(&mut browser, &demo, &jira, 1, 0).await;
    demo.kill();

    let again = Demo::start(folder.path(), &["--totp-enrolled"]).await;
    assert!(again.took.as_secs_f32() <= 2.0, "took {:?}", again.took);
    assert_eq!(again.told, demo.told, "the same people and clients");
    browser.open(&confluence).await;
    assert_eq!(browser.address.as_str(), format!("{confluence}/"), "the session is alive");
    assert_eq!(browser.text("#claim-username"), again.text("/people/1/username"));
}

#[tokio::test]
async fn the_applications_behave_as_the_built_in_client_does() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path(), &["--totp-enrolled"]).await;
    let (jira, issuer) = (demo.text("/applications/0/base_url"), demo.text("/issuer"));
    let mut browser = Browser::new();
    sign_in(&mut browser, &demo, &jira, 2, 0).await;
    let answer = browser
        .way
        .iter()
        .find(|address| address.path() == "/plugins/servlet/oidc/callback")
        .unwrap()
        .to_string();

    // A late or repeated answer.
    browser.open(&answer).await;
    assert_eq!(browser.status, StatusCode::BAD_REQUEST);
    assert!(browser.text("#error-description").contains("Unknown state in response"));

    // Logged out here only: the next log-in needs no password.
    browser.open(&jira).await;
    browser.submit("local-logout", &[]).await;
    assert_eq!(browser.address.as_str(), format!("{jira}/plugins/servlet/sso-logout"));
    browser.follow("log-in").await;
    assert_eq!(browser.address.as_str(), format!("{jira}/"));

    // The forbidden page asks for the password, and not for a code that is young.
    browser.follow("forbidden").await;
    assert!(browser.has("form#login") && prompt(&browser) == Some("login".to_owned()), "{:?}", browser.way);
    let password = demo.text("/people/2/password");
    browser.submit("login", &[("password", password.as_str())]).await;
    assert_eq!(browser.address.as_str(), format!("{jira}/"), "{}", browser.body);

    initiate_login(&mut browser, &jira, &issuer).await;
    front_channel(&mut browser, &jira, &issuer).await;
}

fn prompt(browser: &Browser) -> Option<String> {
    let request = browser.way.iter().find(|address| address.path() == "/authorize")?;
    request.query_pairs().find(|(name, _)| name == "prompt").map(|(_, value)| value.into_owned())
}

async fn initiate_login(browser: &mut Browser, jira: &str, issuer: &str) {
    let start = format!("{jira}/plugins/servlet/oidc/initiate-login");
    browser.open(&format!("{start}?iss={issuer}/")).await;
    assert_eq!((browser.status, browser.text("#error")), (StatusCode::BAD_REQUEST, "iss".to_owned()));
    browser.open(&start).await;
    assert_eq!(browser.address.path(), "/login", "without iss");
    browser.open(&format!("{start}?iss={issuer}&target_link_uri={jira}/login")).await;
    assert_eq!(browser.address.as_str(), format!("{jira}/login"), "the wished page");
    assert_eq!(prompt(browser), None, "the old session was dropped first");
    browser.open(&format!("{start}?iss={issuer}&target_link_uri=https://evil.example/")).await;
    assert_eq!(browser.address.as_str(), format!("{jira}/"), "never a foreign address");
}

async fn front_channel(browser: &mut Browser, jira: &str, issuer: &str) {
    browser.open(jira).await;
    let claims: Value = serde_json::from_str(&browser.text("#claims")).unwrap();
    let sid = claims["sid"].as_str().unwrap().to_owned();
    let told = format!("{jira}/frontchannel_logout");
    for wrong in
        [format!("?iss={issuer}"), format!("?sid={sid}"), format!("?iss={issuer}/&sid={sid}"), String::new()]
    {
        browser.open(&format!("{told}{wrong}")).await;
        assert_eq!(browser.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    browser.open(&format!("{told}?iss={issuer}&sid=another")).await;
    browser.open(jira).await;
    assert!(!browser.way.iter().any(|address| address.path() == "/authorize"), "still signed in");
    browser.open(&format!("{told}?iss={issuer}&sid={sid}")).await;
    let policy = browser.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains(&format!("frame-ancestors {issuer}"))
            && !browser.headers.contains_key("x-frame-options")
    );
    browser.open(jira).await;
    assert!(browser.way.iter().any(|address| address.path() == "/authorize"), "the session here has ended");
}

#[tokio::test]
async fn what_programs_are_told_is_whole_private_and_the_same_at_the_next_start() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let client = folder.path().join("client.json");
    std::fs::write(&client, r#"{"client_name": "Suite", "redirect_uris": ["https://suite.example.com/cb"]}"#)
        .unwrap();
    let more = ["--client", client.to_str().unwrap()];
    let demo = Demo::start(folder.path(), &more).await;
    assert_eq!(demo.told["admin"], Value::Null);
    assert_eq!(demo.told["people"].as_array().unwrap().len(), 3);
    assert!(demo.told["people"][0].get("totp_secret").is_none(), "nobody was enrolled");
    for name in ["name", "base_url", "client_id", "client_secret", "redirect_uri"] {
        assert!(!demo.text(&format!("/applications/1/{name}")).is_empty(), "{name}");
    }
    assert_eq!(demo.text("/clients/0/name"), "Suite");
    for file in ["told.json", "data/demo.json", "data/keys/master.key", "data/store/store.redb"] {
        let mode = std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let told = demo.told.clone();
    assert!(demo.stop().await.success());
    assert_eq!(Demo::start(folder.path(), &more).await.told, told);
}
