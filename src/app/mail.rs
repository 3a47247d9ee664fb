//! How mail is wired: who queues it, and who carries it.

use std::sync::Arc;

use super::Ground;
use crate::audit::Trail;
use crate::config::Live;
use crate::delivery::DeliveryError;
use crate::factors::MailCodes;
use crate::jobs::{Queue, Runner};
use crate::lifecycle::post::Way;
use crate::lifecycle::{Invitations, MailedLinks, PasswordResets, Post, password_reset};
use crate::limits::AuthenticatorLockout;
use crate::pages::Pages;
use crate::users::Users;
use crate::users::notices::{self, Notices};

/// The parts that others need before the rest is built.
#[derive(Debug)]
pub(super) struct Mailing {
    /// Queues mails, where a server is configured that could take them.
    pub notices: Notices,
    /// The way to that server, and what is wrong with it.
    pub way: Way,
    trail: Trail,
}

impl Mailing {
    pub fn new(ground: &Ground, trail: &Trail, live: &Live) -> Self {
        let Ground { store, sealing, clock, random, .. } = ground;
        let queue = Queue::new(clock.clone(), random.clone(), sealing.clone());
        let notices = Notices::by(store.clone(), clock.clone(), queue, trail.clone(), live.clone());
        Self { notices, way: Way::new(live.clone()), trail: trail.clone() }
    }

    /// The factor that this mail carries.
    pub fn codes(&self, ground: &Ground, live: &Live) -> MailCodes {
        let Ground { store, sealing, clock, random, .. } = ground;
        let lockout = AuthenticatorLockout::new(store.clone(), clock.clone(), live.clone());
        let (clock, random, sealing) = (clock.clone(), random.clone(), sealing.clone());
        MailCodes::new(store.clone(), clock, random, sealing, lockout, self.trail.clone())
            .sent_by(self.notices.clone())
    }

    /// What forgotten passwords work with.
    pub fn resets(&self, ground: &Ground, users: &Users) -> PasswordResets {
        let Ground { store, sealing, clock, random, .. } = ground;
        PasswordResets {
            store: store.clone(),
            clock: clock.clone(),
            users: users.clone(),
            links: MailedLinks::new(store.clone(), clock.clone(), random.clone()),
            notices: self.notices.clone(),
            queue: Queue::new(clock.clone(), random.clone(), sealing.clone()),
            trail: self.trail.clone(),
        }
    }

    /// Carries out what is queued. Also without a mail server: then what still waits from before is given up in time.
    pub fn runner(
        &self,
        ground: &Ground,
        pages: &Arc<Pages>,
        invitations: &Invitations,
        mail_codes: &MailCodes,
        resets: &PasswordResets,
    ) -> Result<Runner, DeliveryError> {
        let Ground { settings, store, sealing, clock, random, arrivals } = ground;
        // What cannot be used is said at the start.
        self.way.present()?;
        let post = Post {
            way: self.way.clone(),
            pages: pages.clone(),
            site: Arc::new(settings.site.clone()),
            invitations: invitations.clone(),
            links: resets.links.clone(),
            mail_codes: mail_codes.clone(),
            clock: clock.clone(),
            store: store.clone(),
            trail: self.trail.clone(),
        };
        let (store, clock, random) = (store.clone(), clock.clone(), random.clone());
        let mut runner = Runner::new(store, clock, random, sealing.clone(), arrivals.clone());
        let post = Arc::new(post);
        runner.register(notices::KIND, post.clone());
        runner.register(notices::CODE_KIND, post);
        runner.register(password_reset::KIND, Arc::new(resets.clone()));
        Ok(runner)
    }
}
