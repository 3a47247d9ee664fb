//! From stranger to signed in.
//!
//! ```text
//!             ┌────────── next ──────────┐        every step returns to `next`, which alone says what is asked now
//!  start ──▶ Account ─▶ Password ─▶ SecondFactor ─▶ NewPassword ─▶ Enrolment ─▶ RecoveryCodes ─▶ PasskeyOffer ─▶ Consent ──▶ Arrived
//!                                       │                                                                                     │
//!             cancel, refusal ──────────┴──────────────────────▶ GivenUp ─────────▶ the errand's resume path ◀────────────────┘
//! ```
//!
//! A journey is a record bound to the browser by a cookie; its address holds an identifier that is worthless without it.
//! A step leaves evidence, never a boolean. Nothing that counts as signed in exists before [`finish`] commits (R-MF-05).
//!
//! Must not: know a protocol; an errand's data is opaque here.
//! Follows: security requirements R-AZ-16, R-AZ-17, R-MF-01 to R-MF-05, R-EN-01 to R-EN-04, R-SE-02, R-SE-06, R-SE-11,
//! R-WA-01, R-WA-04, R-WA-09.

pub mod consent;
pub mod enrol;
pub mod error;
pub mod errands;
pub mod finish;
pub mod invitation;
pub mod keys;
mod mail_code;
pub mod next;
pub mod page;
mod passkey_offer;
pub mod people;
pub mod password;
pub mod policy;
pub mod prospect;
pub mod reach;
mod recovery_pages;
mod remembering;
pub mod routes;
pub mod second_factor;
pub mod set_up;
pub mod stage;
pub mod start;
pub mod step;
pub mod store;

use std::sync::Arc;

use crate::audit::Trail;
use crate::config::Live;
use crate::directory::Directory;
use crate::factors::{
    Enrolled, Factor, MailCodes, Passkeys, PasswordProof, RecoveryCodes, RecoverySheets, RememberedDevices,
    TotpEnrolment, TotpFactor,
};
use crate::foundation::ids::UserId;
use crate::foundation::{Clock, Random};
use crate::grants::Grants;
use crate::lifecycle::post::Way;
use crate::lifecycle::{FirstAdministrator, Invitations, Lifecycle};
use crate::sessions::Sessions;
use crate::storage::SharedStore;
use crate::users::{PasswordRules, Passwords, Users};
use crate::web::{Failure, Web};

pub use errands::{Arrived, Errands};
pub use next::{Next, Refusal};
pub use people::People;
pub use routes::routes;
pub use stage::{Application, ConsentDemand, Demands, Errand, Journey, Progress};
pub use start::Beginning;

/// Everything a journey works with.
#[derive(Debug)]
pub struct Journeys {
    pub(crate) store: SharedStore,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) web: Arc<Web>,
    pub(crate) trail: Trail,
    pub(crate) settings: Live,
    pub(crate) users: Users,
    pub(crate) people: People,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) proof: PasswordProof,
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) second_factor: Arc<TotpFactor>,
    pub(crate) passkeys: Passkeys,
    pub(crate) mail_codes: MailCodes,
    pub(crate) mail: Way,
    pub(crate) remembered: RememberedDevices,
    pub(crate) enrolment: TotpEnrolment,
    pub(crate) recovery_codes: RecoveryCodes,
    pub(crate) recovery_sheets: RecoverySheets,
    pub(crate) sessions: Sessions,
    pub(crate) grants: Grants,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) invitations: Invitations,
    pub(crate) first_administrator: FirstAdministrator,
    pub(crate) errands: Arc<dyn Errands>,
}

impl Journeys {
    /// What a new password must fulfil now.
    pub(crate) fn password_rules(&self) -> PasswordRules {
        PasswordRules::under(&self.settings.now())
    }

    /// The second factors a person has enrolled, strongest kinds first.
    pub(crate) async fn second_factors(&self, user: &UserId) -> Result<Vec<Enrolled>, Failure> {
        let mut all = self.passkeys.enrolled(user).await.map_err(error::factor)?;
        all.extend(self.second_factor.enrolled(user).await.map_err(error::factor)?);
        Ok(all)
    }
}
