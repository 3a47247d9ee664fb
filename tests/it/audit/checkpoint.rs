//! The newest checkpoint in the keys folder: whoever can write to the data folder only cannot go back behind it (R-AU-06).

use std::path::PathBuf;

use keyward::audit::{Action, Chain, Checkpoint};
use keyward::telemetry::health::Check as _;

use super::tampering::Forger;
use super::{chain, tell};
use crate::support::world::World;

fn file(world: &World) -> PathBuf {
    world.keys.path().join("audit.checkpoint")
}

fn kept(world: &World) -> u64 {
    Checkpoint::parse(&std::fs::read_to_string(file(world)).unwrap()).unwrap().number
}

async fn problems(chain: &Chain) -> Vec<String> {
    chain.verify(None).await.unwrap().problems
}

#[tokio::test]
async fn the_newest_is_kept_whole() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new().await;
    let chain = chain(&world);
    chain.keep_checkpoint().await.unwrap();
    assert_eq!(kept(&world), 0);
    for number in 1..4 {
        tell(&world, &[Action::SignIn]).await;
        chain.link_all().await;
        assert_eq!(kept(&world), number - 1);
        chain.keep_checkpoint().await.unwrap();
        assert_eq!(kept(&world), number);
    }
    assert_eq!(std::fs::metadata(file(&world)).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!file(&world).with_extension("checkpoint.new").exists());
    assert_eq!(problems(&chain).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_store_behind_it_is_found_until_somebody_with_the_keys_folder_takes_note() {
    let forger = Forger::new().await;
    forger.chain.keep_checkpoint().await.unwrap();
    assert!(forger.chain.check().await.is_ok());
    forger.cut_off().await;
    forger.is_found("cut off: it ends with block 3, the checkpoint says 4").await;
    // Going on from there changes nothing, however far.
    for _ in 0..3 {
        tell(&forger.world, &[Action::SignIn]).await;
        forger.chain.link_all().await;
        forger.chain.keep_checkpoint().await.unwrap();
        assert_eq!(kept(&forger.world), 4);
        forger.is_found("block 4 is another than the checkpoint says").await;
        assert!(forger.chain.check().await.unwrap_err().contains("audit.checkpoint"));
    }
    std::fs::remove_file(file(&forger.world)).unwrap();
    forger.chain.keep_checkpoint().await.unwrap();
    assert_eq!(kept(&forger.world), 6);
    assert!(forger.chain.check().await.is_ok());
    assert!(!problems(&forger.chain).await.iter().any(|problem| problem.contains("checkpoint")));
}

#[tokio::test]
async fn what_is_no_checkpoint_of_ours_is_said() {
    let world = World::new().await;
    let chain = chain(&world);
    tell(&world, &[Action::SignIn]).await;
    chain.link_all().await;
    let forged = chain.newest().await.unwrap().unwrap().to_text().replacen(":1:", ":0:", 1);
    for (text, word) in [("nonsense", "holds no checkpoint"), (forged.as_str(), "was not made here")] {
        std::fs::write(file(&world), text).unwrap();
        chain.keep_checkpoint().await.unwrap();
        assert_eq!(std::fs::read_to_string(file(&world)).unwrap(), text, "it is not replaced");
        assert!(problems(&chain).await.iter().any(|problem| problem.contains(word)), "{word}");
    }
}
