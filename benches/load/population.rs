//! Many people in a store, written by this process before the real program opens it.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use keyward::app::{App, Ground};
use keyward::config::Settings;
use keyward::foundation::clock::SystemClock;
use keyward::foundation::random::SystemRandom;
use keyward::storage::{self, Batch};
use keyward::users::profile::{Mail, MailAddress, Text, Username};
use keyward::users::{NewUser, UserError};
use tokio::task::JoinSet;

/// So many are written at a time; they share the store's rounds.
const AT_ONCE: usize = 256;

/// The provider over the store in `folder`, where the real program will look too.
pub async fn open(folder: &Path) -> Result<App, Box<dyn Error>> {
    let settings = Settings::parse("bench.toml", folder, "")?;
    let clock = Arc::new(SystemClock);
    let cache = settings.storage.cache_bytes();
    let store = storage::open(settings.storage.engine, &settings.data.folder, cache, clock.clone())?;
    Ok(App::build(Ground::new(settings, store, clock, Arc::new(SystemRandom)).await?).await?)
}

/// Writes the people `person-0` to `person-<count - 1>`.
pub async fn populate(app: &App, count: usize) -> Result<(), Box<dyn Error>> {
    let mut writing: JoinSet<Result<(), UserError>> = JoinSet::new();
    for number in 0..count {
        if writing.len() >= AT_ONCE
            && let Some(done) = writing.join_next().await
        {
            done??;
        }
        let mut person = NewUser::named(Username::new(format!("person-{number}"))?);
        person.profile.name = Some(Text::new(format!("Person {number}"))?);
        let address = MailAddress::new(format!("person-{number}@example.com"))?;
        person.profile.mail = Some(Mail { address, verified: true });
        let users = app.users.clone();
        writing.spawn(async move { users.create(person, Batch::new()).await.map(|_| ()) });
    }
    while let Some(done) = writing.join_next().await {
        done??;
    }
    Ok(())
}
