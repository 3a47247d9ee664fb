//! What every page shows to a browser: policies, headers, and errors that give nothing away
//! (R-TR-03, R-TR-04, R-TR-05, R-TR-08, R-CO-10).

use keyward::vocabulary::ClientMetadata;
use reqwest::Method;

use super::World;
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::relying_party::web_application;

/// R-TR-03, R-TR-04, R-TR-05 for one page.
fn check(page: &Page, what: &str) {
    let policy = page.header("content-security-policy").unwrap_or_else(|| panic!("{what}: no policy"));
    for rule in [
        "default-src 'none'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
    ] {
        assert!(policy.contains(rule), "{what}: {rule}: {policy}");
    }
    let nonce = policy.split("script-src 'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(nonce.len() >= 16 && policy.contains(&format!("script-src 'nonce-{nonce}';")));
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{what}: {policy}");
    for script in page.all("script", |script| script.value().attr("nonce").map(str::to_owned)) {
        assert_eq!(script.as_deref(), Some(nonce), "{what}");
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(page.header(name), Some(value), "{what}: {name}");
    }
    assert!(page.header("permissions-policy").unwrap().contains("camera=()"));
    assert_eq!(page.header("server"), None, "{what}");
    for attribute in ["src", "href"] {
        let foreign = page
            .all(&format!("script[{attribute}], img[{attribute}], link[{attribute}]"), |element| {
                element.value().attr(attribute).unwrap().to_owned()
            });
        for address in foreign {
            assert!(address.starts_with('/') && !address.starts_with("//"), "{what}: {address}");
        }
    }
    let inline = page.all("[onclick],[onload],[onerror],[style]", |_| ());
    assert!(inline.is_empty(), "{what}: inline handlers or styles");
}

/// Every page of a sign-in, from the form to the hand-over, and of a sign-out.
#[tokio::test]
async fn r_tr_03_every_page_has_its_policy_and_headers() {
    let mut world = World::new().await;
    let asking = ClientMetadata {
        consent_skipped: false,
        frontchannel_logout_uri: None,
        ..web_application("https://wiki.example.com")
    };
    world.wiki = world.app.application_like(asking).await;
    let request = world.wiki.request();
    let browser = &mut world.browser;
    check(&browser.open(world.app.url("/")).await, "nobody's home");
    let page = browser.open(request.url()).await;
    check(&page, "login");
    let wrong = browser.submit(&page, "login", &[("username", "ada"), ("password", "wrong password")]).await;
    check(&wrong, "login failed");
    let good = [("username", "ada"), ("password", world.ada.password.as_str())];
    let page = browser.submit(&wrong, "login", &good).await;
    check(&page, "factor");
    let wrong = browser.submit(&page, "factor", &[("code", "000000")]).await;
    check(&wrong, "factor failed");
    check(&browser.submit(&page, "factor", &[("action", "lost_factor"), ("code", "")]).await, "lost factor");
    let code = world.ada.code(&world.app);
    let page = browser.submit(&page, "factor", &[("code", &code)]).await;
    check(&page, "consent");
    let page = browser.submit(&page, "consent", &[("action", "allow")]).await;
    check(&page, "hand-over");
    let done = world.wiki.complete(&request, &page).await;
    check(&browser.open(page.url.as_str()).await, "over");
    check(&browser.open(world.app.url("/")).await, "home");
    let again = world.wiki.request();
    check(&browser.open(again.clone().with("prompt", "login").url()).await, "login again");
    check(&browser.open(again.clone().with("prompt", "select_account").url()).await, "accounts");
    check(&browser.open(again.with("redirect_uri", "x").url()).await, "error");
    check(&browser.open(world.app.url("/nowhere")).await, "not found");
    check(&browser.open(world.app.url("/logout")).await, "confirmation");
    let url = format!("{}?id_token_hint={}", world.app.url("/logout"), done.id_token());
    check(&browser.open(&url).await, "signed out");
}

/// R-TR-03 for the pages of a first enrolment.
#[tokio::test]
async fn r_tr_03_enrolment_pages_have_their_policy_and_headers() {
    let mut world = World::new().await;
    let bob = world.app.person_without_factor("bob").await;
    let page = world.browser.open(world.wiki.request().url()).await;
    let good = [("username", "bob"), ("password", bob.password.as_str())];
    let page = world.browser.submit(&page, "login", &good).await;
    assert!(page.has("enrol"), "{}", page.body);
    check(&page, "enrolment");
}

/// R-TR-08: after a form the browser is handed over by a page of ours that needs no script.
#[tokio::test]
async fn r_tr_08_after_a_form_a_page_hands_over() {
    let mut world = World::new().await;
    let request = world.wiki.request();
    let page = world.browser.open(request.url()).await;
    let page = world.browser.sign_in(&world.app, page, &world.ada).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.location(), None);
    let target = page.hand_over().unwrap();
    assert!(target.as_str().starts_with(&world.wiki.redirect_uri));
    let escaped = target.as_str().replace('&', "&amp;");
    assert!(
        page.body.contains(&format!("<noscript><meta http-equiv=\"refresh\" content=\"0;url={escaped}")),
        "{}",
        page.body
    );
    let relation = page.attribute("go", "rel").unwrap();
    assert!(relation.contains("noreferrer"));
    // With a live session and no form it is a direct redirect.
    let page = world.browser.get(world.wiki.request().url()).await;
    assert_eq!(page.status, 303);
}

/// R-TR-08: an error after a form is handed over in the same way.
#[tokio::test]
async fn r_tr_08_a_cancelled_sign_in_is_handed_over_with_its_error() {
    let mut world = World::new().await;
    let request = world.wiki.request();
    let page = world.browser.open(request.url()).await;
    let page = world.browser.submit(&page, "login", &[("action", "cancel")]).await;
    let arrival = page.arrival().unwrap();
    assert_eq!(arrival.error(), "access_denied");
    assert_eq!(arrival.get("state"), request.get("state"));
    assert_eq!(arrival.get("iss"), Some(world.app.issuer.as_str()));
    assert_eq!(arrival.get("code"), None);
}

/// R-CO-10: errors tell a request id and whom to ask, and nothing of the inside or of what was sent.
#[tokio::test]
async fn r_co_10_errors_give_nothing_away() {
    let (mut world, done) = World::signed_in().await;
    let secret = world.wiki.secret.clone().unwrap();
    let token = done.access_token();
    let request = world.wiki.request();
    let pages = [
        world.browser.get(request.clone().with("redirect_uri", "https://evil.example").url()).await,
        world.browser.get(request.clone().with("client_id", &token).url()).await,
        world.browser.get(world.app.url("/authorize?%zz")).await,
        world.browser.get(world.app.url("/authorize?state=%ff")).await,
        world.browser.get(world.app.url("/authorize/resume/../../x")).await,
        world.browser.get(world.app.url("/sign-in/nothing")).await,
        world.browser.get(world.app.url("/invitation/nothing")).await,
        world.browser.get(world.app.url("/logout?id_token_hint=x.y.z")).await,
        world.browser.send(Method::DELETE, &world.app.url("/token"), None).await,
        world.wiki.redeem(&token).await,
        world.wiki.redeem(&secret).await,
        world.wiki.token(Some("Basic xyz"), &[("code", &secret)]).await,
        world.wiki.userinfo(&secret).await,
    ];
    for page in pages {
        assert!(page.status.is_client_error(), "{} {}", page.url, page.status);
        for inside in [
            ".rs",
            "src/",
            "panicked",
            "unwrap",
            "Error(",
            "serde",
            "redb",
            "jsonwebtoken",
            "127.0.0.1",
            "/tmp",
            &secret,
            &token,
        ] {
            assert!(!page.body.contains(inside), "{} shows {inside}: {}", page.url, page.body);
        }
    }
}

/// A page that was not asked for by a browser of a person still names nobody: strangers see the same as everybody.
#[tokio::test]
async fn r_pw_01_unknown_and_known_people_see_the_same_page() {
    let world = World::new().await;
    let mut bodies = Vec::new();
    for name in ["ada", "nobody"] {
        let mut browser = Browser::new();
        let page = browser.open(world.wiki.request().url()).await;
        let journey = page.url.path().rsplit('/').next().unwrap().to_owned();
        let fill = [("username", name), ("password", "not the right one")];
        let answer = browser.submit(&page, "login", &fill).await;
        assert_eq!(answer.status, 200);
        let nonce =
            answer.all("script", |script| script.value().attr("nonce").unwrap_or_default().to_owned());
        let token = answer.form("login").fields[0].1.clone();
        let mut body =
            answer.body.replace(&journey, "").replace(&token, "").replace(&format!("\"{name}\""), "");
        for nonce in nonce.iter().filter(|nonce| !nonce.is_empty()) {
            body = body.replace(nonce, "");
        }
        bodies.push(body);
    }
    assert_eq!(bodies[0], bodies[1]);
}
