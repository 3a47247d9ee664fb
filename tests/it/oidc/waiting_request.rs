//! A request that waits for its journey: bound to one browser, for a while, answered once (R-AZ-16 to R-AZ-18).

use reqwest::StatusCode;

use super::World;
use crate::support::browser::Browser;

/// R-AZ-16: whoever has the address of a journey and not its cookie has nothing.
#[tokio::test]
async fn r_az_16_a_journey_without_its_cookie_is_worthless() {
    let mut world = World::new().await;
    let page = world.browser.open(world.wiki.request().url()).await;
    assert!(page.has("login"));
    let mut stranger = Browser::new();
    let seen = stranger.open(page.url.as_str()).await;
    assert!(!seen.has("login"), "{}", seen.body);
    let fill = [("username", world.ada.username.as_str()), ("password", &world.ada.password)];
    let answer = stranger.submit(&page, "login", &fill).await;
    assert!(!answer.has("factor") && answer.arrival().is_none());
    let resume = page.url.as_str().replace("/sign-in/", "/authorize/resume/");
    let answer = stranger.open(&resume).await;
    assert!(answer.arrival().is_none());
    assert!(stranger.cookie_names().is_empty());
    // Its owner is not disturbed by the attempt.
    let page = world.browser.sign_in(&world.app, page, &world.ada).await;
    assert!(page.arrival().unwrap().get("code").is_some());
}

/// R-AZ-16: the address bar holds nothing of the request.
#[tokio::test]
async fn r_az_16_the_address_of_a_journey_tells_nothing_of_the_request() {
    let mut world = World::new().await;
    let request = world.wiki.request();
    let page = world.browser.open(request.url()).await;
    assert_eq!(page.url.query(), None);
    for part in ["state", "nonce"] {
        let value = request.get(part).unwrap();
        assert!(!page.url.as_str().contains(value) && !page.body.contains(value));
    }
}

/// R-AZ-17: after a quarter of an hour a journey is over.
#[tokio::test]
async fn r_az_17_a_journey_ends_after_a_quarter_of_an_hour() {
    let mut world = World::new().await;
    let page = world.browser.open(world.wiki.request().url()).await;
    world.app.pass(15 * 60);
    let again = world.browser.open(page.url.as_str()).await;
    assert!(!again.has("login"));
    assert!(again.has("go") || !again.all("a.main", |_| ()).is_empty(), "a way on is shown");
}

/// R-AZ-17: of eleven journeys in one browser the first is dropped.
#[tokio::test]
async fn r_az_17_a_browser_has_ten_journeys_at_most() {
    let mut world = World::new().await;
    let mut addresses = Vec::new();
    for _ in 0..11 {
        let page = world.browser.open(world.wiki.request().url()).await;
        addresses.push(page.url.to_string());
    }
    let first = world.browser.open(&addresses[0]).await;
    assert!(!first.has("login"));
    for address in &addresses[1..] {
        assert!(world.browser.open(address).await.has("login"));
    }
}

/// R-AZ-17: a journey that arrived cannot be taken twice.
#[tokio::test]
async fn r_az_17_a_journey_answers_once() {
    let mut world = World::new().await;
    let page = world.browser.open(world.wiki.request().url()).await;
    let page = world.browser.sign_in(&world.app, page, &world.ada).await;
    assert!(page.arrival().is_some());
    let journey = page.url.path().split('/').nth(2).unwrap();
    for place in ["/sign-in/", "/authorize/resume/"] {
        let again = world.browser.open(world.app.url(&format!("{place}{journey}"))).await;
        assert_eq!((again.status.as_u16(), again.arrival().is_none()), (400, true), "{}", again.body);
    }
    let mut world = World::new().await;
    let page = world.arrived_without_a_code().await;
    let place = page.location().unwrap();
    assert!(world.browser.follow(page).await.arrival().unwrap().get("code").is_some());
    let again = world.browser.open(place.as_str()).await;
    assert_eq!((again.status.as_u16(), again.arrival().is_none()), (400, true), "{}", again.body);
}

/// R-CO-03 and R-AZ-17: of 32 returns at once one gets a code.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r_co_03_of_32_returns_at_once_one_gets_a_code() {
    let mut world = World::new().await;
    let resume = world.arrived_without_a_code().await.location().unwrap();
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (mut tab, resume) = (world.browser.clone(), resume.clone());
        tries.spawn(async move { tab.get(resume).await });
    }
    let pages = tries.join_all().await;
    let codes = pages.iter().filter_map(|page| page.arrival()).count();
    assert_eq!(codes, 1);
    assert!(pages.iter().all(|page| page.status == 200 || page.status == 400));
}

/// R-AZ-18: a browser that posted goes on with GET.
#[tokio::test]
async fn r_az_18_redirects_are_303() {
    let (mut world, _) = World::signed_in().await;
    let request = world.wiki.request();
    let fields: Vec<_> =
        request.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = world.browser.post_only(world.app.url("/authorize"), &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let mut fresh = Browser::new();
    let page = fresh.post_only(world.app.url("/authorize"), &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let page = fresh.follow(page).await;
    let fill = [("username", world.ada.username.as_str()), ("password", &world.ada.password)];
    let page = fresh.submit_only(&page, "login", &fill).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}
