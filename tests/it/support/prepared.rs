//! An installation with somebody who signs in and an application that asks for it, made while nobody serves it.

use std::path::Path;
use std::sync::Arc;

use keyward::app::{App, Ground};
use keyward::audit::{Event, Origin};
use keyward::clients::registration::Registered;
use keyward::config::Settings;
use keyward::factors::{Occasion, totp};
use keyward::foundation::Clock as _;
use keyward::foundation::clock::SystemClock;
use keyward::foundation::ids::JourneyId;
use keyward::foundation::random::SystemRandom;
use keyward::storage::{self, Batch};
use keyward::users::NewUser;
use keyward::users::profile::Username;

use super::browser::Browser;
use super::page::Page;
use super::people::{PASSWORD, Person, code_of};
use super::program::Installed;
use super::relying_party::web_application;

/// The provider of `at` in this process; nobody else may hold it meanwhile.
async fn open(at: &Installed) -> App {
    let settings = Settings::load(Some(Path::new(&at.settings))).unwrap();
    let cache = settings.storage.cache_bytes();
    let clock = Arc::new(SystemClock);
    let store = storage::open(settings.storage.engine, &settings.data.folder, cache, clock.clone()).unwrap();
    App::build(Ground::new(settings, store, clock, Arc::new(SystemRandom)).await.unwrap()).await.unwrap()
}

/// Ada, with password and authenticator app, and the wiki.
pub async fn prepare(at: &Installed) -> (Person, Registered) {
    let app = open(at).await;
    let user = app.users.create(NewUser::named(Username::new("ada").unwrap()), Batch::new()).await.unwrap();
    let mut batch = Batch::new();
    app.passwords.set(&user, PASSWORD, false, &app.password_rules(), &mut batch).await.unwrap();
    app.ground.store.commit(batch).await.unwrap();
    let secret = vec![b'k'; totp::SECRET_BYTES];
    let journey = JourneyId::from_text("import");
    let occasion = Occasion { user: user.id.clone(), journey, origin: Origin::default() };
    app.enrolment.import(&occasion, &secret, "phone", Batch::new()).await.unwrap();
    let registered = app.clients.register(web_application("https://wiki.example.com"), None).await.unwrap();
    let (password, username) = (PASSWORD.to_owned(), "ada".to_owned());
    (Person { id: user.id, username, password, secret: Some(secret) }, registered)
}

/// All events of `at` so far, oldest first, while nobody serves it.
pub async fn events(at: &Installed) -> Vec<Event> {
    let app = open(at).await;
    let found = app.trail.read(&app.ground.store, None, 10_000).await.unwrap();
    found.into_iter().map(|(_, event)| event).collect()
}

/// `person` goes on from the sign-in page to the end, with the code that the app shows now.
pub async fn finish(browser: &mut Browser, page: &Page, person: &Person) -> Page {
    let fill = [("username", person.username.as_str()), ("password", &person.password)];
    let page = browser.submit(page, "login", &fill).await;
    let code = code_of(person.secret.as_ref().unwrap(), SystemClock.now().seconds());
    browser.submit(&page, "factor", &[("code", &code)]).await
}
