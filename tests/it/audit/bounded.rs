//! Strangers cannot fill the trail, from one address or from many (R-ST-07).

use std::time::Duration;

use keyward::audit::bounded::{A_MINUTE, A_MINUTE_IN_ALL};
use keyward::audit::{Action, Outcome};

use crate::support::world::{World, origin};

#[tokio::test]
async fn r_st_07_many_addresses_together_get_so_many_events_a_minute_and_one_that_counts_the_rest() {
    let world = World::new().await;
    let refused = |address: String| {
        let (trail, store) = (world.trail.clone(), world.store.clone());
        async move {
            let event = trail.event(Action::RequestRefused, Outcome::Failure, &origin(&address));
            event.because("bad_request").write_bounded(&store).await.unwrap();
        }
    };
    for number in 0..1000 {
        refused(format!("198.51.{}.{}", number / 250, number % 250)).await;
    }
    assert_eq!(world.events().await.len() as u64, A_MINUTE_IN_ALL);
    world.trail.tell_left_out(&world.store).await.unwrap();
    world.trail.tell_left_out(&world.store).await.unwrap();
    let events = world.events().await;
    let left_out: Vec<_> = events.iter().filter(|event| event.action == Action::LeftOut).collect();
    assert_eq!(left_out.len(), 1, "one a minute, and none where nothing was left out");
    assert_eq!(left_out[0].count, Some(1000 - A_MINUTE_IN_ALL));
    world.clock.advance(Duration::from_secs(60));
    refused("198.51.100.1".to_owned()).await;
    assert_eq!(world.events().await.len() as u64, A_MINUTE_IN_ALL + 2, "the next minute begins anew");
}

#[tokio::test]
async fn r_st_07_one_address_gets_twenty_and_one_for_the_rest() {
    let world = World::new().await;
    for _ in 0..50 {
        let event = world.trail.event(Action::RequestRefused, Outcome::Failure, &origin("192.0.2.1"));
        event.write_bounded(&world.store).await.unwrap();
    }
    assert_eq!(world.events().await.len() as u64, A_MINUTE + 1);
    world.trail.tell_left_out(&world.store).await.unwrap();
    let events = world.events().await;
    let counted = events.iter().find(|event| event.action == Action::LeftOut).unwrap();
    assert_eq!(counted.count, Some(29));
}
