//! Rotation while many verify with a JWK set that they keep for an hour: not one failure (RG-20).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use keyward::foundation::clock::ManualClock;
use keyward::foundation::{Clock as _, Timestamp};
use keyward::keys::Rotation;
use keyward::vocabulary::client_metadata::SigningAlgorithm;
use serde_json::{Value, json};
use tokio::sync::RwLock;

use super::{HOUR, TOKENS_LAST, node, published, signs};
use crate::support::world::World;

/// An application that fetches the set anew when it is an hour old, and never otherwise.
struct Application {
    node: Rotation,
    clock: Arc<ManualClock>,
    kept: Option<(Timestamp, JwkSet)>,
}

impl Application {
    fn set(&mut self) -> &JwkSet {
        let now = self.clock.now();
        if self.kept.as_ref().is_none_or(|(at, _)| now.since(*at) >= HOUR) {
            let set = serde_json::from_str(self.node.keyring().present().document()).unwrap();
            self.kept = Some((now, set));
        }
        &self.kept.as_ref().unwrap().1
    }

    fn verify(&mut self, token: &str) -> Result<Value, String> {
        let header = jsonwebtoken::decode_header(token).unwrap();
        let kid = header.kid.unwrap();
        let jwk = self.set().find(&kid).ok_or_else(|| format!("{kid} is unknown"))?;
        let mut validation = Validation::new(header.alg);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        let key = DecodingKey::from_jwk(jwk).unwrap();
        jsonwebtoken::decode(token, &key, &validation)
            .map(|data| data.claims)
            .map_err(|error| error.to_string())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rg_20_rotation_under_load_fails_no_verification() {
    let world = World::new().await;
    let node = node(&world).await;
    let (ended, verified) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let time = Arc::new(RwLock::new(()));
    let mut applications = Vec::new();
    for number in 0..16 {
        let (node, clock) = (node.clone(), world.clock.clone());
        let (ended, verified, time) = (ended.clone(), verified.clone(), time.clone());
        let algorithm = SigningAlgorithm::ALL[number % 2];
        applications.push(tokio::spawn(async move {
            let mut application = Application { node: node.clone(), clock: clock.clone(), kept: None };
            let mut held: Option<(Timestamp, String)> = None;
            while !ended.load(Ordering::Relaxed) {
                // Keys move meanwhile; only the time stands.
                let _now = time.read().await;
                let now = clock.now();
                if let Some((_, token)) = held.filter(|(signed, _)| now.since(*signed) <= TOKENS_LAST) {
                    assert_eq!(application.verify(&token).unwrap()["n"], number);
                    verified.fetch_add(1, Ordering::Relaxed);
                }
                let key = node.keyring().signing_key(algorithm).unwrap();
                let token = key.sign_token("JWT", &json!({ "n": number })).unwrap();
                assert_eq!(application.verify(&token).unwrap()["n"], number);
                verified.fetch_add(1, Ordering::Relaxed);
                held = Some((now, token));
            }
        }));
    }
    let mut seen = vec![signs(&node, SigningAlgorithm::RS256)];
    while seen.len() < 4 {
        // Fine steps while a key is on its way in or out.
        let moving = published(&node).len() > 2;
        {
            let _alone = time.write().await;
            world.clock.advance(if moving { HOUR / 2 } else { 12 * HOUR });
        }
        node.turn().await.unwrap();
        let present = signs(&node, SigningAlgorithm::RS256);
        if seen.last() != Some(&present) {
            seen.push(present);
        }
        tokio::task::yield_now().await;
    }
    ended.store(true, Ordering::Relaxed);
    for application in applications {
        application.await.unwrap();
    }
    assert!(verified.load(Ordering::Relaxed) > 100);
}
