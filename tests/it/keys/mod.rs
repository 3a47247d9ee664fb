//! The life of the signing keys: by model, under load, and at the public face (R-UI-06, R-UI-07, R-KS-07, RG-20).

mod face;
mod life;
mod load;

use std::time::Duration;

use keyward::config::keys::Keys;
use keyward::config::sessions::Sessions;
use keyward::config::{Live, LiveSettings};
use keyward::keys::rotation::{Parts, Phase};
use keyward::keys::{KeyStatus, Rotation};
use keyward::vocabulary::client_metadata::SigningAlgorithm;

use crate::support::world::World;

pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long a key signs in these tests.
pub const EVERY: Duration = Duration::from_secs(10 * 24 * 3600);
/// How long its tokens are of use.
pub const TOKENS_LAST: Duration = HOUR;

/// One node over the store of `world`.
pub async fn node(world: &World) -> Rotation {
    let sessions = Sessions { idle: HOUR, absolute: TOKENS_LAST };
    let parts = Parts {
        store: world.store.clone(),
        sealing: world.sealing.clone(),
        clock: world.clock.clone(),
        trail: world.trail.clone(),
        live: Live::new(LiveSettings {
            sessions,
            keys: Keys { rotate_every: EVERY },
            ..LiveSettings::default()
        }),
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
