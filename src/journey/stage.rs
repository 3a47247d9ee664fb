//! One journey: what is remembered of it, the stages it can stand at, and the only ways to change it.

use serde::{Deserialize, Serialize};

use crate::factors::{Evidence, FactorKind};
use crate::foundation::Timestamp;
use crate::foundation::ids::{ClientId, JourneyId, SessionId, UserId};
use crate::foundation::secret::{BrowserSecret, Hashed};
use crate::storage::Record;
use crate::users::Epoch;
use crate::vocabulary::acr::Level;
use crate::vocabulary::{ErrorCode, Scopes};

/// What the person is asked next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Which account to go on with.
    Account,
    /// User name and password.
    Password,
    /// A second factor, or a recovery code.
    SecondFactor,
    /// A new password.
    NewPassword,
    /// Setting up a second factor.
    Enrolment,
    /// Saving new recovery codes.
    RecoveryCodes,
    /// Whether to set up a passkey for the next time; the person may go on without.
    PasskeyOffer,
    /// Whether the application may learn about the person.
    Consent,
}

/// Where a journey stands: under way at a stage, arrived, or given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// The person is asked something.
    Under(Stage),
    /// The session stands; the errand may go on, once.
    Arrived(SessionId),
    /// The person, or policy, gave it up; the errand ends in this error.
    GivenUp(ErrorCode),
}

/// What lets a person without a second factor enrol one here and now (R-EN-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrolmentPermission {
    /// An administrator's one-time link was opened in this browser.
    Invitation,
    /// An administrator's one-time link for a new factor alone was opened in this browser.
    FactorLink,
    /// The browser is in a network where the password alone is enough.
    Network,
}

/// Which account the person chose to go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountChoice {
    /// Not asked yet.
    #[default]
    Open,
    /// The one that is signed in.
    Present,
    /// Another one.
    Another,
}

/// What the errand's sender demands of the sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Demands {
    /// A password proved in this very journey (`prompt=login`).
    pub fresh_login: bool,
    /// The person chooses the account (`prompt=select_account`).
    pub select_account: bool,
    /// Seconds since the last proof, at most (`max_age`).
    pub max_age: Option<u64>,
    /// Levels of which any one is wished, in the sender's order (`acr_values`).
    pub levels: Vec<Level>,
    /// One of the levels must be reached (`acr` as an essential claim).
    pub level_essential: bool,
    /// The person it must be (`id_token_hint`).
    pub subject: Option<UserId>,
    /// The strongest proof that this person has, at most so many seconds old: for changes of proofs themselves (R-EN-01).
    #[serde(default)]
    pub strongest_within: Option<u64>,
    /// Another password is chosen, because the person wishes it.
    #[serde(default)]
    pub new_password: bool,
    /// What consent is needed for; `None` where nobody is asked.
    pub consent: Option<ConsentDemand>,
    /// Prefills the user name.
    pub login_hint: Option<String>,
    /// Wished languages.
    pub ui_locales: Option<String>,
}

/// For what the person's consent is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentDemand {
    /// For these scopes.
    pub scopes: Scopes,
    /// Although it was given before (`prompt=consent`).
    pub again: bool,
    /// The host the answer goes to, to be shown.
    pub host: String,
}

/// Why the journey was begun, and where it returns to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// The own path that goes on afterwards, with a slash at its end; the journey's id is appended.
    pub resume: String,
    /// The sender's own data, opaque here.
    pub data: serde_json::Value,
    /// The application the person is going to.
    pub application: Option<Application>,
}

/// An application, as far as a journey knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Which one.
    pub client: ClientId,
    /// Its name for people.
    pub name: String,
    /// Where it can be started anew.
    pub start: Option<String>,
}

/// One walk from stranger to signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// In its address.
    pub id: JourneyId,
    /// The browser it is bound to (R-AZ-16).
    pub browser: Hashed<BrowserSecret>,
    /// What it must reach.
    pub demands: Demands,
    /// What it is for.
    pub errand: Errand,
    /// When it was begun.
    pub started_at: Timestamp,
    /// Where it stands.
    pub progress: Progress,
    /// Chosen account.
    pub account: AccountChoice,
    /// May a first factor be enrolled?
    pub permission: Option<EnrolmentPermission>,
    /// New recovery codes were made in it and are not confirmed as saved.
    pub codes_unsaved: bool,
    /// The person allowed what is asked.
    pub consented: bool,
    /// The second factor that the person chose to give; else the strongest is asked.
    #[serde(default)]
    pub chosen: Option<FactorKind>,
    /// A password was chosen in it.
    #[serde(default)]
    pub password_chosen: bool,
    /// The person wants this browser to be remembered.
    #[serde(default)]
    pub remember: bool,
    /// The browser says that it stands on a device that makes passkeys.
    #[serde(default)]
    pub can_make_passkeys: bool,
    /// A passkey is offered for the next time, and the person has not answered yet.
    #[serde(default)]
    pub passkey_offered: bool,
    /// Whom the present stage was shown to: nobody else may answer it (R-MF-02).
    pub concerned: Option<UserId>,
    user: Option<UserId>,
    epoch: Option<Epoch>,
    evidence: Vec<Evidence>,
}

impl Record for Journey {}

/// A step tried to put another person, or the proof of another journey or epoch, into this journey (R-MF-01, R-MF-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proof belongs to another person, journey or epoch")]
pub struct ForeignProof;

impl Journey {
    /// A journey about to begin.
    pub fn new(
        id: JourneyId,
        browser: Hashed<BrowserSecret>,
        demands: Demands,
        errand: Errand,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            browser,
            demands,
            errand,
            started_at: now,
            progress: Progress::Under(Stage::Password),
            account: AccountChoice::Open,
            permission: None,
            codes_unsaved: false,
            consented: false,
            password_chosen: false,
            chosen: None,
            remember: false,
            can_make_passkeys: false,
            passkey_offered: false,
            concerned: None,
            user: None,
            epoch: None,
            evidence: Vec::new(),
        }
    }

    /// The person, fixed by the first proof or invitation (R-MF-02).
    pub fn user(&self) -> Option<&UserId> {
        self.user.as_ref()
    }

    /// What was proved in it.
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// Whether a factor of this kind was proved in it.
    pub fn has_proof_of(&self, factor: FactorKind) -> bool {
        self.evidence.iter().any(|proof| proof.factor() == factor)
    }

    /// Whether a code was given in it that stands for lost factors.
    pub fn has_recovered(&self) -> bool {
        self.has_proof_of(FactorKind::RecoveryCode) || self.has_proof_of(FactorKind::AccessCode)
    }

    /// Whether a first factor was proved in it: a password, or a passkey.
    pub fn has_first_proof(&self) -> bool {
        self.evidence.iter().any(Evidence::is_first)
    }

    /// Whether a factor was proved in it that is enrolled by its owner.
    pub fn has_enrolled_proof(&self) -> bool {
        self.has_proof_of(FactorKind::Totp) || self.has_proof_of(FactorKind::Passkey)
    }

    /// Whether a second factor was proved in it, or a recovery code in its place.
    pub fn has_second_proof(&self) -> bool {
        self.evidence.iter().any(|proof| proof.factor() != FactorKind::Password)
    }

    /// The epoch of its proofs: the journey ends with it.
    pub fn epoch(&self) -> Option<Epoch> {
        self.epoch
    }

    /// Goes on in the person's next epoch: a step of this very journey began it.
    pub fn enter(&mut self, epoch: Epoch) {
        self.epoch = Some(epoch);
    }

    /// Fixes the person by an administrator's link, which also permits what it was made for.
    pub fn invite(&mut self, user: UserId, epoch: Epoch, permission: EnrolmentPermission) {
        self.user = Some(user);
        self.epoch = Some(epoch);
        self.permission = Some(permission);
    }

    /// Takes a proof given in `epoch`; only one of this journey, this person and the epoch of the proofs before.
    pub fn accept(&mut self, proof: Evidence, epoch: Epoch) -> Result<(), ForeignProof> {
        let same_person = self.user.as_ref().is_none_or(|user| user == proof.user());
        let same_epoch = self.epoch.is_none_or(|known| known == epoch);
        if proof.journey() != &self.id || !same_person || !same_epoch {
            return Err(ForeignProof);
        }
        self.epoch = Some(epoch);
        self.user = Some(proof.user().clone());
        self.evidence.push(proof);
        Ok(())
    }
}
