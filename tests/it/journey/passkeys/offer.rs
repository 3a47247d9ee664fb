//! A passkey offered for the next time (section 4.6, R-EN-01).

use super::{SESSION, World, world};
use crate::support::authenticator::SoftKey;

/// Section 4.6: after a code, on a device that makes passkeys, one is offered; at most once in fourteen days, and going on
/// without is one press.
#[tokio::test]
async fn a_passkey_is_offered_after_a_code_and_never_stands_in_the_way() {
    let mut world = world().await;
    let ann = world.app.person("ann").await;
    let offered = async |world: &mut World, keys: &str| {
        world.browser.forget();
        world.app.pass(30);
        let page = world.login().await;
        let fill = [("username", "ann"), ("password", ann.password.as_str()), ("keys", keys)];
        let page = world.browser.submit(&page, "login", &fill).await;
        world.browser.submit(&page, "factor", &[("code", &ann.code(&world.app))]).await
    };
    let page = offered(&mut world, "").await;
    assert!(page.arrival().is_some(), "the browser makes none: {}", page.body);
    let page = offered(&mut world, "yes").await;
    assert!(page.has("new-key"), "{}", page.body);
    assert!(world.browser.cookie(&world.app.issuer, SESSION).is_none(), "R-MF-05");
    let page = world.browser.submit(&page, "new-key", &[("action", "later")]).await;
    assert_eq!(world.claims(&page).await["acr"], "urn:keyward:acr:mfa");
    let page = offered(&mut world, "yes").await;
    assert!(page.arrival().is_some(), "it was offered lately");
    world.app.pass(14 * 24 * 3600);
    let page = offered(&mut world, "yes").await;
    let options = world.options(&page, "new-key").await;
    let mut key = SoftKey::new(&world.app.issuer);
    let answer = key.create(&options.body);
    let mut page = world.browser.submit(&page, "new-key", &[("answer", &answer)]).await;
    if page.has("recovery-codes") {
        page = world.browser.submit(&page, "recovery-codes", &[("saved", "yes")]).await;
    }
    assert_eq!(world.claims(&page).await["acr"], "urn:keyward:acr:phr");
    assert_eq!(world.keys_of(&ann).await, 1);
    world.app.pass(15 * 24 * 3600);
    let page = offered(&mut world, "yes").await;
    assert!(page.has("factor") || page.has("problem"), "whoever has one is asked for it: {}", page.body);
}

/// R-EN-01: an offer that was left open is no way to add a factor later.
#[tokio::test]
async fn r_en_01_an_offer_holds_for_five_minutes_after_the_proofs() {
    let mut world = world().await;
    let ann = world.app.person("ann").await;
    let page = world.login().await;
    let fill = [("username", "ann"), ("password", ann.password.as_str()), ("keys", "yes")];
    let page = world.browser.submit(&page, "login", &fill).await;
    let page = world.browser.submit(&page, "factor", &[("code", &ann.code(&world.app))]).await;
    let options = world.options(&page, "new-key").await;
    let answer = SoftKey::new(&world.app.issuer).create(&options.body);
    world.app.pass(299);
    assert_eq!(world.options(&page, "new-key").await.status, 200);
    world.app.pass(2);
    assert_eq!(world.options(&page, "new-key").await.status, 400);
    let page = world.browser.submit(&page, "new-key", &[("answer", &answer)]).await;
    assert!(page.arrival().is_some(), "on without it: {}", page.body);
    assert_eq!(world.keys_of(&ann).await, 0);
}
