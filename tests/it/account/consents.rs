//! What applications may learn, and taking it back (R-PO-02).

use keyward::vocabulary::ClientMetadata;

use super::{FIREFOX, at_portal, is_refused_from_elsewhere};
use crate::support::app;
use crate::support::relying_party::web_application;

#[tokio::test]
async fn r_po_02_a_consent_taken_back_ends_what_came_of_it_and_is_asked_again() {
    let app = app::start().await;
    let (ann, bob) = (app.person("ann").await, app.person("bob").await);
    let asking = ClientMetadata { consent_skipped: false, ..web_application("https://wiki.example.com") };
    let wiki = app.application_like(asking).await;
    let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
    let signed_in = wiki.sign_in(&app, &mut browser, &ann, wiki.request()).await;
    let (mut bobs, _) = at_portal(&app, &bob, FIREFOX).await;
    let of_bob = wiki.sign_in(&app, &mut bobs, &bob, wiki.request()).await;
    assert_eq!(wiki.userinfo(&signed_in.access_token()).await.status, 200);
    let page = browser.open(app.url("/account/consents")).await;
    let buttons =
        page.all("button[name=application]", |button| button.value().attr("value").unwrap().to_owned());
    assert_eq!(buttons, [wiki.id.as_str()]);
    let press = ("application", buttons[0].as_str());
    is_refused_from_elsewhere(&mut browser, &page, "consents", press).await;
    assert_eq!(wiki.userinfo(&signed_in.access_token()).await.status, 200);
    let code = browser.get(wiki.request().url()).await;
    let page = browser.submit(&page, "consents", &[press]).await;
    assert!(page.all("button[name=application]", |_| ()).is_empty(), "{}", page.body);
    assert_eq!(wiki.userinfo(&signed_in.access_token()).await.status, 401);
    assert_eq!(wiki.userinfo(&of_bob.access_token()).await.status, 200, "Bob's own");
    let refused = wiki.redeem(code.arrival().unwrap().code()).await;
    assert_eq!(refused.json()["error"], "invalid_grant", "a code on its way is worth nothing either");
    assert!(browser.open(wiki.request().url()).await.has("consent"));
}
