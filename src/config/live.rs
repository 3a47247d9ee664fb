//! Settings that change while the server runs: as the configuration holds them, or, before there is one, as the settings
//! file has them.
//!
//! Whoever needs one asks [`Live::now`] at the moment of need and keeps nothing. A request sees one set from its beginning to
//! its end, whatever is applied meanwhile ([`Live::pinned`]).

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};

use super::Settings;
use super::account::Account;
use super::audit::Audit;
use super::keys::Keys;
use super::limits::Limits;
use super::mail::Mail;
use super::pages::Names;
use super::policy::Policy;
use super::sessions::Sessions;

/// Texts of pages in place of the built-in ones: language, id, text.
pub type OwnTexts = BTreeMap<String, BTreeMap<String, String>>;

/// All settings that the configuration holds.
#[derive(Debug, Clone, Default)]
pub struct LiveSettings {
    /// Of which generation they are; 0 while the settings file counts.
    pub generation: u64,
    /// What a person must prove.
    pub policy: Policy,
    /// How long a sign-in lasts.
    pub sessions: Sessions,
    /// What people may change about themselves.
    pub account: Account,
    /// How many wrong tries are borne.
    pub limits: Limits,
    /// How long the audit trail is kept.
    pub audit: Audit,
    /// How often signing keys change.
    pub keys: Keys,
    /// Whom pages name.
    pub pages: Names,
    /// What pages say in other words than the built-in ones.
    pub texts: OwnTexts,
    /// The server that takes our mail; without one no mail is sent.
    pub mail: Option<Mail>,
}

impl LiveSettings {
    /// What counts before anything is applied: the settings file.
    pub fn at_start(settings: &Settings) -> Self {
        Self {
            generation: 0,
            policy: settings.policy.clone(),
            sessions: settings.sessions.clone(),
            account: settings.account.clone(),
            limits: settings.limits.clone(),
            audit: settings.audit.clone(),
            keys: settings.keys.clone(),
            pages: settings.pages.names(),
            texts: OwnTexts::new(),
            mail: settings.mail.clone(),
        }
    }
}

tokio::task_local! {
    static PINNED: Arc<LiveSettings>;
}

/// The generation that the present request began with; `None` outside a request.
pub fn pinned_generation() -> Option<u64> {
    PINNED.try_with(|settings| settings.generation).ok()
}

/// The settings that count, for all who hold a clone.
#[derive(Debug, Clone, Default)]
pub struct Live(Arc<RwLock<Arc<LiveSettings>>>);

impl Live {
    /// Beginning with `settings`.
    pub fn new(settings: LiveSettings) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(settings))))
    }

    /// Those of the present request; outside a request, the latest known.
    pub fn now(&self) -> Arc<LiveSettings> {
        PINNED.try_with(Arc::clone).unwrap_or_else(|_| self.latest())
    }

    /// The latest known.
    pub fn latest(&self) -> Arc<LiveSettings> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on these count.
    pub fn replace(&self, settings: Arc<LiveSettings>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// Runs `request` to its end under `settings`.
    pub async fn pinned<F: Future>(settings: Arc<LiveSettings>, request: F) -> F::Output {
        PINNED.scope(settings, request).await
    }
}

impl From<&Limits> for Live {
    fn from(limits: &Limits) -> Self {
        Self::new(LiveSettings { limits: limits.clone(), ..LiveSettings::default() })
    }
}
