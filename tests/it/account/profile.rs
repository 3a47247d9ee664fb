//! Language, and the fields that the operator opened (R-PO-03, R-ID-02).

use keyward::config::account::Field;

use super::{FIREFOX, at_portal, is_refused_from_elsewhere};
use crate::support::app;

#[tokio::test]
async fn r_po_03_only_open_fields_are_written_whatever_the_form_holds() {
    let app =
        app::start_with(|settings| settings.account.editable = vec![Field::Nickname, Field::PhoneNumber])
            .await;
    let ann = app.person("ann").await;
    let before = app.app.users.by_id(&ann.id).await.unwrap().unwrap().value;
    let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
    let page = browser.open(app.url("/account/profile")).await;
    let names = page.all("#profile input[type=text]", |input| input.value().attr("name").unwrap().to_owned());
    assert_eq!(names, ["nickname", "phone_number"]);
    is_refused_from_elsewhere(&mut browser, &page, "profile", ("nickname", "Eve")).await;
    let smuggled = [
        ("nickname", "Annie"),
        ("phone_number", "+41441234567"),
        ("name", "Root"),
        ("username", "root"),
        ("email", "root@example.com"),
        ("groups", "admins"),
        ("language", "de"),
    ];
    let page = browser.submit(&page, "profile", &smuggled).await;
    assert!(page.body.contains("lang=\"de\"") && page.body.contains("Sprache"), "{}", page.body);
    let after = app.app.users.by_id(&ann.id).await.unwrap().unwrap().value;
    assert_eq!(after.profile.nickname.as_ref().unwrap().as_str(), "Annie");
    let phone = after.profile.phone.clone().unwrap();
    assert_eq!((phone.number.as_str(), phone.verified), ("+41441234567", false), "R-ID-05");
    assert_eq!(after.language(), Some("de"));
    let same = |user: &keyward::users::User| {
        (user.username.clone(), user.profile.name.clone(), user.profile.mail.clone(), user.groups.clone())
    };
    assert_eq!(same(&after), same(&before));
    // What does not fit is refused as a whole, and shown again.
    let page = browser.submit(&page, "profile", &[("nickname", "Nan"), ("phone_number", "12")]).await;
    assert!(page.has("problem") && page.body.contains("Nan"), "{}", page.body);
    let unchanged = app.app.users.by_id(&ann.id).await.unwrap().unwrap().value;
    assert_eq!(unchanged.profile, after.profile);
    // An empty field is none.
    let page = browser.open(app.url("/account/profile")).await;
    browser.submit(&page, "profile", &[("nickname", ""), ("language", "")]).await;
    let cleared = app.app.users.by_id(&ann.id).await.unwrap().unwrap().value;
    assert_eq!((cleared.profile.nickname, cleared.language), (None, None));
}

#[tokio::test]
async fn r_po_03_nothing_but_the_language_is_open_by_default() {
    let app = app::start().await;
    let ann = app.person("ann").await;
    let (mut browser, _) = at_portal(&app, &ann, FIREFOX).await;
    let page = browser.open(app.url("/account/profile")).await;
    assert!(page.all("#profile input[type=text]", |_| ()).is_empty(), "{}", page.body);
    browser.submit(&page, "profile", &[("name", "Root"), ("language", "xx")]).await;
    let user = app.app.users.by_id(&ann.id).await.unwrap().unwrap().value;
    assert_eq!((user.profile.name.unwrap().as_str(), user.language), ("Ada Byron Lovelace", None));
}
