//! Sealing: values bound to their place, keys apart, and a master key that is never lost in silence (R-KS-01 to R-KS-06).

mod master_key;

use std::path::Path;
use std::sync::Arc;

use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;
use keyward::foundation::random::SystemRandom;
use keyward::sealing::{Identity, Sealed, Sealing, SealingError};
use keyward::storage::{self, SharedStore};

const SEED: Identity<'static> = Identity { kind: "totp", field: "seed", id: "person-1" };

fn store() -> SharedStore {
    storage::memory::open(Arc::new(ManualClock::new(Timestamp(0))))
}

async fn start(folder: &Path, store: &SharedStore) -> Result<Sealing, SealingError> {
    Sealing::start(folder, &**store, Arc::new(SystemRandom)).await
}

async fn fresh() -> Sealing {
    let folder = tempfile::tempdir().unwrap();
    start(folder.path(), &store()).await.unwrap()
}

#[tokio::test]
async fn opens_what_it_sealed_and_seals_differently_each_time() {
    let sealing = fresh().await;
    let (one, two) = (sealing.seal(SEED, b"canary").unwrap(), sealing.seal(SEED, b"canary").unwrap());
    assert!(one != two);
    assert_eq!(sealing.open(SEED, &one).unwrap().as_slice(), b"canary");
    assert_eq!(sealing.open(SEED, &sealing.seal(SEED, b"").unwrap()).unwrap().as_slice(), b"");
}

/// R-KS-03: a sealed value moved to another record, field or kind does not open.
#[tokio::test]
async fn refuses_swapped_rows() {
    let sealing = fresh().await;
    let sealed = sealing.seal(SEED, b"canary").unwrap();
    let elsewhere = [
        Identity { id: "person-2", ..SEED },
        Identity { field: "previous", ..SEED },
        Identity { kind: "hotp", ..SEED },
        Identity { kind: "totp", field: "see", id: "dperson-1" },
    ];
    for identity in elsewhere {
        assert!(matches!(sealing.open(identity, &sealed), Err(SealingError::Unopenable(_))), "{identity}");
    }
}

#[tokio::test]
async fn refuses_every_changed_byte_and_every_cut() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    let sealing = fresh().await;
    let sealed = sealing.seal(SEED, b"canary").unwrap();
    let text: String = serde_json::from_value(serde_json::to_value(&sealed).unwrap()).unwrap();
    let bytes = STANDARD_NO_PAD.decode(&text).unwrap();
    let reread =
        |bytes: &[u8]| -> Sealed { serde_json::from_value(STANDARD_NO_PAD.encode(bytes).into()).unwrap() };
    assert!(sealing.open(SEED, &reread(&bytes)).is_ok());
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert!(sealing.open(SEED, &reread(&changed)).is_err(), "byte {place}");
        assert!(sealing.open(SEED, &reread(&bytes[..place])).is_err(), "cut at {place}");
    }
}

/// R-KS-06: nothing printable shows a secret or a key.
#[tokio::test]
async fn prints_no_secret() {
    let sealing = fresh().await;
    let sealed = sealing.seal(SEED, b"canary").unwrap();
    let error = sealing.open(Identity { id: "other", ..SEED }, &sealed).unwrap_err();
    assert_eq!(format!("{sealed:?}"), "(sealed)");
    assert!(format!("{sealing:?}").contains("(hidden)"));
    assert!(!format!("{error} {error:?} {sealing:?}").contains("canary"));
}

/// R-KS-04: each purpose has its own key, and uses never share one.
#[tokio::test]
async fn keeps_purposes_apart_and_keys_stable() {
    let (folder, store) = (tempfile::tempdir().unwrap(), store());
    let sealing = start(folder.path(), &store).await.unwrap();
    let again = start(folder.path(), &store).await.unwrap();
    assert_eq!(sealing.key("pepper"), again.key("pepper"));
    assert_ne!(sealing.key("pepper"), sealing.key("cookie"));
    let hash = sealing.keyed_hash("mail", b"ann@example.com");
    assert_ne!(hash, sealing.keyed_hash("user_name", b"ann@example.com"));
    assert_ne!(hash, fresh().await.keyed_hash("mail", b"ann@example.com"));
    assert!(again.verify_keyed_hash("mail", b"ann@example.com", &hash));
    assert!(!again.verify_keyed_hash("mail", b"bob@example.com", &hash));
    assert!(!again.verify_keyed_hash("mail", b"ann@example.com", &hash[..31]));
}
