//! What an event says. The list of actions is closed, so that nothing free-form, and no secret, can get in (R-AU-01, R-AU-04).

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::foundation::Timestamp;
use crate::foundation::ids::{ClientId, CredentialId, EventId, UserId};
use crate::storage::Record;
use crate::telemetry::metrics;

/// What was done or tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A password was checked.
    PasswordCheck,
    /// A second factor was checked.
    FactorCheck,
    /// A one-time code was sent.
    CodeSent,
    /// A recovery code was checked.
    RecoveryCodeCheck,
    /// A sign-in was completed: a session exists.
    SignIn,
    /// A sign-in was refused by policy or standing.
    SignInRefused,
    /// A request was refused on our own page before anybody was known.
    RequestRefused,
    /// A limit was reached.
    Throttled,
    /// A password failed very often over all addresses, without a success between; nothing was locked by it.
    ManyFailures,
    /// A factor was enrolled.
    FactorEnrolled,
    /// A browser is remembered from now on.
    DeviceRemembered,
    /// A remembered browser was forgotten.
    DeviceForgotten,
    /// A factor was removed.
    FactorRemoved,
    /// A factor was given another name.
    FactorRenamed,
    /// A key was locked: by its counter there are two of it.
    FactorLocked,
    /// A temporary access code was given out.
    AccessCodeIssued,
    /// A set of recovery codes was made; older ones are void.
    RecoveryCodesIssued,
    /// A password was set or changed.
    PasswordSet,
    /// A link to choose a new password was asked for.
    PasswordResetAsked,
    /// A person was created.
    UserCreated,
    /// A group was created.
    GroupCreated,
    /// A hardware token was taken over from a seed file.
    HardwareTokenImported,
    /// A hardware token was forgotten.
    HardwareTokenRemoved,
    /// A hardware token that had gone astray was brought into step.
    FactorResynchronised,
    /// A person consented to release data.
    Consent,
    /// A person took back what an application was allowed.
    ConsentWithdrawn,
    /// A token was issued.
    TokenIssued,
    /// A token was revoked.
    TokenRevoked,
    /// A code or token was used a second time.
    Reuse,
    /// A session ended.
    SignOut,
    /// An application was told of a sign-out.
    SignOutNotice,
    /// An invitation was made.
    InvitationIssued,
    /// An invitation was used.
    InvitationUsed,
    /// A person's mail address was changed or removed.
    MailAddressChanged,
    /// A person changed their own profile or language.
    ProfileChanged,
    /// A mail could not be delivered, and was given up.
    MailUndelivered,
    /// The mail server does not take our mail (failure), or does again (success).
    MailDown,
    /// An application was registered.
    ClientRegistered,
    /// A backup was made.
    BackupMade,
    /// A backup was restored: what was to pass before this moment has passed.
    Restored,
    /// The data was moved to another folder, and maybe another storage engine.
    DataMoved,
    /// An application was given a further secret.
    ClientSecretRotated,
    /// An application was changed by an applied configuration.
    ClientChanged,
    /// An application was removed.
    ClientRemoved,
    /// A configuration was applied: it counts from now on, all of it. `count` groups and clients are new, others or gone.
    ConfigurationApplied,
    /// The configuration was exported.
    ConfigurationExported,
    /// A person was locked out by an administrator.
    UserLocked,
    /// A person may sign in again.
    UserUnlocked,
    /// A person was deleted.
    UserDeleted,
    /// All second factors of a person were taken away.
    FactorsReset,
    /// A group was changed by an applied configuration.
    GroupChanged,
    /// A group was deleted.
    GroupDeleted,
    /// A link to become the first administrator was made.
    SetUpLinkIssued,
    /// A person became an administrator.
    AdministratorAdded,
    /// A person is no administrator any more.
    AdministratorRemoved,
    /// A person was put into a group.
    GroupMemberAdded,
    /// A person was taken out of a group.
    GroupMemberRemoved,
    /// A signing key was published, to be used later.
    SigningKeyAnnounced,
    /// A signing key began to sign.
    SigningKeyUsed,
    /// A signing key stopped signing and stays published for those who hold its tokens.
    SigningKeyRetired,
    /// A signing key that does not sign was taken out of the JWK set.
    SigningKeyRemoved,
    /// A signing key was declared void, with all that it signed.
    SigningKeyRevoked,
    /// The server began to serve.
    Started,
    /// The server stopped as it was asked to.
    Stopped,
    /// The machine's clock moved by itself, by `count` seconds.
    ClockJumped,
    /// Refusals of strangers were not told one by one, `count` of them.
    LeftOut,
    /// An administrator looked at the trail.
    TrailRead,
    /// The retention removed the oldest events.
    TrailShortened,
    /// What stood in the trail without proof, or could not be read, was set aside: `count` records.
    EventSetAside,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused.
    Failure,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Actor {
    /// A person who was known at that moment.
    User(UserId),
    /// Somebody not yet known.
    Anonymous,
    /// An application.
    Client(ClientId),
    /// An administrator at the command line.
    CommandLine,
    /// The program itself.
    System,
}

/// Why, as one of our own words. Only a literal in our source can become one, so nothing typed by a person gets in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reason(String);

impl Reason {
    /// The reason named by this word.
    pub fn new(word: &'static str) -> Self {
        Self(word.to_owned())
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which copy became this store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The number of the store that was copied, in hexadecimal.
    pub store: String,
    /// When.
    pub made_at: Timestamp,
}

/// What became of one configured value. Of a secret there is nothing but that it is another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueChange {
    /// Where it stands in the file of a configuration.
    pub path: String,
    /// What it was, as JSON, cut where it is long; absent where it is new.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<String>,
    /// What it is, likewise; absent where it is gone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<String>,
}

/// Where a request came from, as the server knows it (R-AU-02, R-RL-09).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The client's address; absent for the command line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    user_agent: Option<String>,
    /// The request's id, which stands on error pages and in logs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request: Option<String>,
}

impl Origin {
    /// Characters kept of a user agent.
    const USER_AGENT: usize = 200;

    /// A request from `address` with the id `request`.
    pub fn new(address: Option<IpAddr>, user_agent: Option<&str>, request: Option<String>) -> Self {
        Self { address, user_agent: user_agent.map(printable), request }
    }

    /// The browser's description of itself, cut to 200 characters and rid of control characters (R-AU-03).
    pub fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref()
    }
}

pub(super) fn printable(text: &str) -> String {
    let steering =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| !c.is_control() && !steering(*c)).take(Origin::USER_AGENT).collect()
}

/// One event as it is kept (R-AU-02). Times are UTC in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// What.
    pub action: Action,
    /// How it went.
    pub outcome: Outcome,
    /// By whom.
    pub actor: Actor,
    /// Whom it concerns.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<UserId>,
    /// Which application it concerns.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client: Option<ClientId>,
    /// Which group it concerns.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub group: Option<String>,
    /// Which enrolled factor it concerns.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credential: Option<CredentialId>,
    /// Which hardware token it concerns: its serial number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token: Option<String>,
    /// Which signing key it concerns: its `kid`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signing_key: Option<String>,
    /// A hash of the session's id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Reason>,
    /// Why, in the words of who did it; at most 200 characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// Which backup was restored.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub backup: Option<Backup>,
    /// How many, or how much: events left out, seconds of a jump, objects of a configuration.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub count: Option<u64>,
    /// Which values of a configuration have changed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub changes: Vec<ValueChange>,
    /// So many further ones are not told, because they are too many.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub changes_left_out: Option<u64>,
    /// Where from.
    pub origin: Origin,
}

impl Event {
    /// Counts it for monitoring.
    pub(super) fn tally(&self) {
        let outcome = match self.outcome {
            Outcome::Success => "success",
            Outcome::Failure => "failure",
        };
        // As it stands in the record: in snake case, in quotes.
        let action = serde_json::to_string(&self.action).unwrap_or_default();
        metrics::event(action.trim_matches('"').to_owned(), outcome);
    }
}

impl Record for Event {}
