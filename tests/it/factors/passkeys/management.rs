//! Renaming and removing keys (R-EN-05, R-EN-06).

use keyward::audit::Action;
use keyward::factors::{Factor as _, FactorError, KeyKind};
use keyward::foundation::ids::CredentialId;
use keyward::storage::Batch;

use super::enrolled;
use crate::support::authenticator::SoftKey;
use crate::support::world::{ORIGIN, occasion};

#[tokio::test]
async fn a_key_gets_another_name() {
    let (world, ann, _) = enrolled().await;
    let id = world.passkeys.enrolled(&ann.user).await.unwrap()[0].credential.clone();
    let eve = occasion(&world.person("eve").await.id, "j2");
    let mut batch = Batch::new();
    assert!(!world.passkeys.rename_into(&mut batch, &eve, &id, "mine").await.unwrap(), "not hers");
    let wrong = world.passkeys.rename_into(&mut batch, &ann, &id, "").await;
    assert!(matches!(wrong, Err(FactorError::Name)));
    assert!(world.passkeys.rename_into(&mut batch, &ann, &id, " desk ").await.unwrap());
    assert!(world.store.commit(batch).await.unwrap().is_done());
    assert_eq!(world.passkeys.enrolled(&ann.user).await.unwrap()[0].name, "desk");
    assert!(world.events().await.iter().any(|event| event.action == Action::FactorRenamed));
}

#[tokio::test]
async fn a_removed_key_opens_nothing_and_may_be_enrolled_again() {
    let (world, ann, mut key) = enrolled().await;
    let mut other = SoftKey::new(ORIGIN);
    world.enrol(&ann, &mut other, KeyKind::Passkey).await.evidence().unwrap();
    let id = world.passkeys.enrolled(&ann.user).await.unwrap()[0].credential.clone();
    let options = world.passkeys.ask(&ann).await.unwrap().unwrap();
    let mut batch = Batch::new();
    let nobodys = CredentialId::from_text("nobody's");
    assert!(!world.passkeys.remove_into(&mut batch, &ann, &nobodys).await.unwrap());
    assert!(world.passkeys.remove_into(&mut batch, &ann, &id).await.unwrap());
    assert!(world.store.commit(batch).await.unwrap().is_done());
    assert!(world.prove_by(&ann, &key.get(&options)).await.evidence().is_none(), "asked for before");
    assert!(world.recognise("j5", None, &mut key).await.is_none());
    world.prove(&ann, &mut other).await.evidence().unwrap();
    let eve = occasion(&world.person("eve").await.id, "j2");
    world.enrol(&eve, &mut key, KeyKind::Passkey).await.evidence().unwrap();
    let removed = world.events().await.into_iter().filter(|event| event.action == Action::FactorRemoved);
    assert_eq!(removed.map(|event| event.credential.unwrap()).collect::<Vec<_>>(), [id]);
}
