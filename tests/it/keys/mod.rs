//! The life of the signing keys: by model, under load, and at the public face (R-UI-06, R-UI-07, R-KS-07, RG-20).

mod face;
mod life;
mod load;

use std::time::Duration;

use keyward::keys::rotation::{Parts, Phase, Schedule};
use keyward::keys::{KeyStatus, Rotation};
use keyward::vocabulary::client_metadata::SigningAlgorithm;

use crate::support::world::World;

pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long a key signs in these tests, and how long its tokens are of use.
pub const SCHEDULE: Schedule = Schedule { every: Duration::from_secs(10 * 24 * 3600), tokens_last: HOUR };

/// One node over the store of `world`.
pub async fn node(world: &World) -> Rotation {
    let parts = Parts {
        store: world.store.clone(),
        sealing: world.sealing.clone(),
        clock: world.clock.clone(),
        trail: world.trail.clone(),
        schedule: SCHEDULE,
    };
    Rotation::open(parts).await.unwrap()
}

/// The `kid` of the key of `algorithm` that signs at this node.
pub fn signs(node: &Rotation, algorithm: SigningAlgorithm) -> String {
    node.keyring().signing_key(algorithm).unwrap().jwk().kid.clone()
}

/// Which kids the node publishes.
pub fn published(node: &Rotation) -> Vec<String> {
    let set: serde_json::Value = serde_json::from_str(node.keyring().present().document()).unwrap();
    let kids = set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned());
    kids.collect()
}

pub fn announced(keys: &[KeyStatus]) -> Vec<&KeyStatus> {
    keys.iter().filter(|key| matches!(key.phase, Phase::Announced { .. })).collect()
}
