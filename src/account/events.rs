//! What happened to the person's account lately: the newest fifty events of ninety days, in words (R-PO-02).

use std::time::Duration;

use axum::response::Response;

use super::Accounts;
use super::browser_name::BrowserName;
use super::portal::{Opening, Section};
use crate::audit::{Action, Actor, Event, Outcome};
use crate::foundation::address::network;
use crate::lifecycle::post::for_people;
use crate::pages::portal_pages::{EventInWords, EventLine, EventsPage};
use crate::web::{Failure, Visitor};

/// How far back is shown.
const LOOK_BACK: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// So many are shown.
const MOST: usize = 50;

impl Accounts {
    /// `GET /account/events`.
    pub(super) async fn events_page(&self, visitor: Visitor) -> Result<Response, Failure> {
        let here = match self.enter(visitor, Section::Events).await? {
            Opening::Go(here) => here,
            Opening::Instead(response) => return Ok(response),
        };
        let since = self.journeys.clock.now().minus(LOOK_BACK);
        let shown = |event: &Event| in_words(event).is_some();
        let found = self.chain.of_person(&here.user.id, since, shown, MOST).await?;
        let mut events = Vec::new();
        for event in &found {
            events.extend(self.event_line(event).await?);
        }
        self.show(&here, &EventsPage { section: "events", events }).await
    }

    async fn event_line(&self, event: &Event) -> Result<Option<EventLine>, Failure> {
        let Some(words) = in_words(event) else { return Ok(None) };
        let application = match &event.client {
            Some(client) => self.clients.find(client).await?.map(|client| client.name.clone()),
            None => None,
        };
        let BrowserName { browser, system } =
            event.origin.user_agent().map(BrowserName::of).unwrap_or_default();
        Ok(Some(EventLine {
            text: words.text_id(),
            application,
            at: for_people(event.at),
            network: event.origin.address.map(network),
            browser,
            system,
            by_administrator: event.actor == Actor::CommandLine,
            failed: event.outcome == Outcome::Failure,
        }))
    }
}

/// The words for an event that its person may see; none for what tells nothing about the account's safety.
fn in_words(event: &Event) -> Option<EventInWords> {
    let failed = event.outcome == Outcome::Failure;
    Some(match event.action {
        Action::SignIn => EventInWords::SignedIn,
        Action::SignInRefused => EventInWords::SignInRefused,
        Action::SignOut => EventInWords::SignedOut,
        Action::PasswordCheck if failed => EventInWords::WrongPassword,
        Action::FactorCheck if failed => EventInWords::WrongCode,
        Action::RecoveryCodeCheck if failed => EventInWords::WrongCode,
        Action::RecoveryCodeCheck => EventInWords::RecoveryCodeUsed,
        Action::Throttled | Action::ManyFailures => EventInWords::Throttled,
        Action::FactorEnrolled => EventInWords::FactorAdded,
        Action::FactorRemoved => EventInWords::FactorRemoved,
        Action::FactorRenamed => EventInWords::FactorRenamed,
        Action::FactorsReset => EventInWords::FactorsReset,
        Action::RecoveryCodesIssued => EventInWords::RecoveryCodesIssued,
        Action::PasswordSet => EventInWords::PasswordSet,
        Action::PasswordResetAsked => EventInWords::PasswordResetAsked,
        Action::MailAddressChanged => EventInWords::MailAddressChanged,
        Action::ProfileChanged => EventInWords::ProfileChanged,
        Action::Consent => EventInWords::ConsentGiven,
        Action::ConsentWithdrawn => EventInWords::ConsentWithdrawn,
        Action::InvitationIssued => EventInWords::LinkMade,
        Action::InvitationUsed => EventInWords::LinkUsed,
        Action::UserCreated => EventInWords::AccountMade,
        Action::UserLocked => EventInWords::Locked,
        Action::UserUnlocked => EventInWords::Unlocked,
        Action::AdministratorAdded | Action::AdministratorRemoved => EventInWords::OfficeChanged,
        Action::GroupMemberAdded | Action::GroupMemberRemoved => EventInWords::GroupsChanged,
        _ => return None,
    })
}
