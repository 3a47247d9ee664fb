//! Refusals on our own page are told of in the trail, without letting strangers fill it (outcome code `P400`, R-ST-07).

use keyward::audit::{Action, Trail};

use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;

async fn refusals(app: &TestApp) -> Vec<String> {
    let ground = &app.app.ground;
    let trail = Trail::new(ground.clock.clone(), ground.random.clone());
    let found = trail.read(&ground.store, None, 1000).await.unwrap();
    let refused = found.into_iter().map(|(_, event)| event);
    let refused = refused.filter(|event| event.action == Action::RequestRefused);
    let reason = refused.map(|event| event.reason.unwrap().as_str().to_owned());
    reason.collect()
}

#[tokio::test]
async fn p400_20_refusals_a_minute_are_told_each_and_the_rest_together() {
    let app = app::start().await;
    let mut browser = Browser::new();
    for round in 1..=2 {
        for _ in 0..30 {
            let page = browser.get(app.url("/authorize?client_id=nobody")).await;
            assert_eq!(page.status, 400, "{}", page.body);
        }
        let told = refusals(&app).await;
        assert_eq!(told.len(), 21 * round);
        let collective = told.iter().filter(|reason| *reason == "more_than_20_a_minute");
        assert_eq!(collective.count(), round);
        app.pass(60);
    }
}
