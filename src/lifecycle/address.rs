//! A person's own change of the mail address (R-PO-01): a link to the new one confirms it; the old one is told and gets a link that
//! undoes the change for 72 hours, whatever else was changed since.

use std::time::Duration;

use super::Lifecycle;
use super::mailed_link::{Errand, Good, MailedLinks};
use crate::audit::{Action, Actor, Origin, Outcome};
use crate::foundation::Timestamp;
use crate::limits::{RateLimit, Throttled};
use crate::pages::link_mail::Purpose;
use crate::pages::mails::Notice;
use crate::storage::{Batch, Outcome as Committed, StorageError};
use crate::users::notices::LinkLetter;
use crate::users::profile::{Mail, MailAddress};
use crate::users::{User, UserError, address_change};

/// So often a person may have a link sent to a new address.
const A_DAY: RateLimit =
    RateLimit { name: "new-address", bound: 5, window: Duration::from_secs(24 * 60 * 60) };

impl Lifecycle {
    /// Sends a link to `address`, in one commit with the caller's batch. Whether somebody else has the address is not told: only
    /// who reads its mail could confirm it.
    pub async fn ask_new_address(
        &self,
        links: &MailedLinks,
        user: &User,
        address: &MailAddress,
        (now, origin): (Timestamp, &Origin),
        with: Batch,
    ) -> Result<Result<(), Throttled>, UserError> {
        let mut batch = Batch::new();
        A_DAY.count(user.id.as_str(), now, &mut batch);
        let (link, until) = links.issue(&mut batch, user, Errand::NewAddress(address.clone()));
        let letter = LinkLetter::new(Purpose::NewAddress, &link).naming(address.as_str());
        self.notices.send_link(&mut batch, (user, address), letter, until, origin).await?;
        batch.append(with);
        match self.store.commit(batch).await? {
            Committed::Done(_) => Ok(Ok(())),
            Committed::Refused(0) => Ok(Err(A_DAY.refusal(now))),
            Committed::Refused(_) => Err(UserError::Conflict),
        }
    }

    /// The address is the person's from now on, because its link was used.
    pub async fn confirm_address(
        &self,
        links: &MailedLinks,
        good: &Good,
        address: &MailAddress,
        origin: &Origin,
    ) -> Result<(), UserError> {
        let before = self.users.by_id(&good.user).await?.ok_or(UserError::Unknown)?.value;
        let mut batch = Batch::new();
        links.burn(&mut batch, good);
        self.note_new_address(&mut batch, &before, origin);
        let after = Mail { address: address.clone(), verified: true };
        let notice = || Notice::AddressChanged { address: Some(address.as_str().to_owned()) };
        self.notices.tell_at(&mut batch, &before, &[address.as_str()], notice(), origin).await?;
        if let Some(old) = before.profile.mail.clone().filter(|old| old.verified) {
            let (link, until) = links.issue(&mut batch, &before, Errand::FormerAddress(old.clone()));
            let letter = LinkLetter::new(Purpose::FormerAddress, &link).naming(address.as_str());
            self.notices.send_link(&mut batch, (&before, &old.address), letter, until, origin).await?;
        }
        self.users.set_mail(&good.user, Some(after), batch).await.map(|_| ())
    }

    /// The former address is the person's again. Whoever changed it had the account: all sessions and open sign-ins end.
    pub async fn undo_address(
        &self,
        links: &MailedLinks,
        good: &Good,
        former: &Mail,
        origin: &Origin,
    ) -> Result<(), UserError> {
        let before = self.users.by_id(&good.user).await?.ok_or(UserError::Unknown)?.value;
        let mut batch = Batch::new();
        links.burn(&mut batch, good);
        links.burn_later(&mut batch, good).await?;
        self.sessions.remove_all(&mut batch, &good.user, None).await?;
        self.mail_changed(&mut batch, &before, Some(former), Actor::User(good.user.clone()), origin).await?;
        // It was trusted before the change that is undone.
        address_change::forget(&mut batch, &good.user);
        let undone = self.users.change(&good.user, batch, |user| {
            user.profile.mail = Some(former.clone());
            user.epoch = user.epoch.next();
        });
        undone.await.map(|_| ())
    }

    fn note_new_address(&self, batch: &mut Batch, user: &User, origin: &Origin) {
        let event = self.trail.event(Action::MailAddressChanged, Outcome::Success, origin);
        event.by(Actor::User(user.id.clone())).about(&user.id).write(batch);
    }
}

/// Whether a link is still good, for the letter that carries it.
pub(super) async fn is_good(links: &MailedLinks, secret: &str) -> Result<bool, StorageError> {
    match crate::foundation::secret::Plain::parse(secret) {
        Some(link) => Ok(links.find(&link).await?.is_some()),
        None => Ok(false),
    }
}
