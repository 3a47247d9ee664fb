//! R-CO-08: whoever is disabled, locked, expired or gone is served at no door. The applications' must-pass case 17.

use keyward::foundation::Clock as _;
use keyward::storage::Batch;
use keyward::users::user::State;

use super::{World, json_error};

/// What can happen to a person.
const FATES: [Fate; 4] = [Fate::Disabled, Fate::Locked, Fate::Expired, Fate::Deleted];

#[derive(Debug, Clone, Copy)]
enum Fate {
    Disabled,
    Locked,
    Expired,
    Deleted,
}

impl World {
    /// Lets it happen, without ending what hangs on it: each door must see for itself.
    async fn befall(&self, fate: Fate) {
        let (users, id) = (&self.app.app.users, &self.ada.id);
        match fate {
            Fate::Disabled => drop(users.set_state(id, State::Disabled, Batch::new()).await.unwrap()),
            Fate::Locked => drop(users.set_state(id, State::Locked, Batch::new()).await.unwrap()),
            Fate::Deleted => users.delete(id, Batch::new()).await.unwrap(),
            Fate::Expired => {
                let now = self.app.clock.now();
                let expire = |user: &mut keyward::users::User| user.valid_until = Some(now);
                drop(users.change(id, Batch::new(), expire).await.unwrap());
            }
        }
    }
}

/// At the authorization endpoint, with a live session: silently and not.
#[tokio::test]
async fn r_co_08_authorize() {
    for fate in FATES {
        let (mut world, _) = World::signed_in().await;
        world.befall(fate).await;
        let request = world.wiki.request().with("prompt", "none");
        world.redirected_error(&request, "login_required").await;
        let page = world.browser.open(world.wiki.request().url()).await;
        assert!(page.has("login"), "{fate:?}: {}", page.body);
    }
}

/// At the sign-in form: as if the password were wrong.
#[tokio::test]
async fn r_co_08_login() {
    for fate in FATES {
        let mut world = World::new().await;
        world.befall(fate).await;
        let page = world.browser.open(world.wiki.request().url()).await;
        let fill = [("username", "ada"), ("password", world.ada.password.as_str())];
        let page = world.browser.submit(&page, "login", &fill).await;
        assert!(page.has("login") && !page.has("factor"), "{fate:?}");
    }
}

/// At the second factor, after the password was right.
#[tokio::test]
async fn r_co_08_second_factor() {
    for fate in FATES {
        let mut world = World::new().await;
        let page = world.browser.open(world.wiki.request().url()).await;
        let fill = [("username", "ada"), ("password", world.ada.password.as_str())];
        let page = world.browser.submit(&page, "login", &fill).await;
        world.befall(fate).await;
        let code = world.ada.code(&world.app);
        let page = world.browser.submit(&page, "factor", &[("code", &code)]).await;
        let answered = page.arrival().is_some_and(|arrival| arrival.get("code").is_some());
        assert!(!answered, "{fate:?}");
        let cookies = world.browser.cookie_names();
        assert!(!cookies.iter().any(|name| name.contains("session")), "{fate:?}: {cookies:?}");
    }
}

/// At the return from a journey that did not end with a code, after every step was passed.
#[tokio::test]
async fn r_co_08_resume() {
    for fate in FATES {
        let mut world = World::new().await;
        let page = world.arrived_without_a_code().await;
        world.befall(fate).await;
        let page = world.browser.follow(page).await;
        let answered = page.arrival().is_some_and(|arrival| arrival.get("code").is_some());
        assert!(!answered, "{fate:?}: a code was issued");
    }
}

/// At the token endpoint.
#[tokio::test]
async fn r_co_08_token() {
    for fate in FATES {
        let (mut world, _) = World::signed_in().await;
        let code = world.code().await;
        world.befall(fate).await;
        json_error(&world.wiki.redeem(&code).await, 400, "invalid_grant");
    }
}

/// At userinfo.
#[tokio::test]
async fn r_co_08_userinfo() {
    for fate in FATES {
        let (world, done) = World::signed_in().await;
        world.befall(fate).await;
        let page = world.wiki.userinfo(&done.access_token()).await;
        json_error(&page, 401, "invalid_token");
    }
}

/// At the person's own page.
#[tokio::test]
async fn r_co_08_home() {
    for fate in FATES {
        let (mut world, _) = World::signed_in().await;
        world.befall(fate).await;
        let page = world.browser.open(world.app.url("/")).await;
        assert!(!page.body.contains("ada@example.com"), "{fate:?}: {}", page.body);
    }
}

/// Whoever is disabled can still sign out.
#[tokio::test]
async fn a_disabled_person_can_sign_out() {
    let (mut world, done) = World::signed_in().await;
    world.befall(Fate::Disabled).await;
    let url = format!("{}?id_token_hint={}", world.app.url("/logout"), done.id_token());
    let page = world.browser.open(&url).await;
    assert_eq!(page.title(), "You are signed out");
}
