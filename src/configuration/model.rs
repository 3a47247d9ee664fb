//! The one typed model of all that is configured, as files show it.
//!
//! What the provider itself owns (ids it made, hashes, times) is not in it (R-AD-05). What is left out of a file has its
//! usual value, and a client or group that is left out is gone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::part;
use super::reference::Reference;
use crate::clients::Preset;
use crate::config::account::Account;
use crate::config::audit::Audit;
use crate::config::keys::Keys;
use crate::config::limits::Limits;
use crate::config::live::OwnTexts;
use crate::config::mail::Encryption;
use crate::config::pages::Names;
use crate::config::policy::Policy;
use crate::config::sessions::Sessions;
use crate::vocabulary::ResponseMode;
use crate::vocabulary::client_metadata::{ClientAuthentication, SigningAlgorithm};

/// The version of the model that this program reads and writes.
pub const FORMAT: u64 = 1;

/// All that is configured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Model {
    /// Which version of the model the file was written for.
    pub format: u64,
    /// What a person must prove.
    pub policy: Policy,
    /// How long a sign-in lasts.
    pub sessions: Sessions,
    /// What people may change about themselves.
    pub account: Account,
    /// How many wrong tries are borne, of passwords and of second factors.
    pub limits: Limits,
    /// How long the audit trail is kept.
    pub audit: Audit,
    /// How often signing keys change.
    pub keys: Keys,
    /// Whom pages name, and in which language they speak to whoever wishes none.
    pub pages: Names,
    /// Texts of pages in place of the built-in ones: language, id, text.
    pub texts: OwnTexts,
    /// The server that takes the provider's mail; without one no mail is sent.
    pub mail: Option<MailEntry>,
    /// Groups by name. Who is in one is not configured: that belongs to the people.
    pub groups: BTreeMap<String, GroupEntry>,
    /// Clients by `client_id`.
    pub clients: BTreeMap<String, ClientEntry>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            format: FORMAT,
            policy: Policy::default(),
            sessions: Sessions::default(),
            account: Account::default(),
            limits: Limits::default(),
            audit: Audit::default(),
            keys: Keys::default(),
            pages: Names::default(),
            texts: OwnTexts::new(),
            mail: None,
            groups: BTreeMap::new(),
            clients: BTreeMap::new(),
        }
    }
}

/// A mail server. Which certificates vouch for it is a start-up setting, `mail.ca_file`: a path is never part of the model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailEntry {
    /// Its name, which its certificate must bear, or its address.
    pub host: String,
    /// Its port; by default the usual one of `encryption`.
    pub port: Option<u16>,
    /// How the way there is encrypted; STARTTLS by default.
    pub encryption: Encryption,
    /// The address that mails come from.
    pub sender: String,
    /// The name beside it; the organisation's by default.
    pub sender_name: Option<String>,
    /// The name to log in with; without one nobody logs in.
    pub username: Option<String>,
    /// Where the password to log in with stands.
    pub password: Option<Reference>,
    /// Mails sent in one hour; 1,000 by default.
    pub per_hour: Option<u64>,
}

/// A group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GroupEntry {
    /// What it is for.
    pub description: Option<String>,
}

/// A client, in the words of client metadata (OpenID Connect Dynamic Client Registration section 2) and a few of our own.
/// What is left out has its usual value; with `preset` and `base_url`, that of the application.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientEntry {
    /// Shown to people.
    pub client_name: Option<String>,
    /// The application's kind.
    pub preset: Option<Preset>,
    /// The application's own base address: from it and `preset` comes all that is left out. Never exported.
    pub base_url: Option<String>,
    /// A disabled client is treated as unknown.
    pub enabled: Option<bool>,
    /// Where its secret stands. Left out: the present one stays, and a new client gets one, shown once.
    pub client_secret: Option<Reference>,
    /// How it may authenticate at the token endpoint.
    pub token_endpoint_auth_methods: Option<Vec<ClientAuthentication>>,
    /// `web` or `native`.
    pub application_type: Option<String>,
    /// Where authorization responses may go.
    pub redirect_uris: Option<Vec<String>>,
    /// Where the browser may go after sign-out.
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// Loaded in a frame at sign-out.
    pub frontchannel_logout_uri: Option<String>,
    /// Where its sign-in can be started.
    pub initiate_login_uri: Option<String>,
    /// The application's own address, for links.
    pub client_uri: Option<String>,
    /// Signs its ID tokens.
    pub id_token_signed_response_alg: Option<SigningAlgorithm>,
    /// What it may ask for, space-separated.
    pub scope: Option<String>,
    /// How responses may travel to it.
    pub response_modes: Option<Vec<ResponseMode>>,
    /// Runs with neither PKCE nor nonce (R-AZ-07).
    pub unbound: Option<bool>,
    /// PKCE may not be left out, even with a nonce.
    pub pkce_required: Option<bool>,
    /// People are not asked for consent.
    pub consent_skipped: Option<bool>,
    /// `redirect_uri` and `logout_uri` are read as `post_logout_redirect_uri` at sign-out (R-LO-03).
    pub logout_aliases: Option<bool>,
    /// A person without groups is sent as an empty list (R-ID-07).
    pub empty_groups_allowed: Option<bool>,
    /// The groups it may learn; all where absent (R-ID-08).
    pub allowed_groups: Option<Vec<String>>,
    /// Whom to ask about it.
    pub contacts: Option<Vec<String>>,
}

impl Model {
    /// Every reference to a secret, by its path.
    pub fn references(&self) -> Vec<(String, &Reference)> {
        let clients = self.clients.iter();
        let mail = self.mail.as_ref().and_then(|mail| mail.password.as_ref());
        clients
            .filter_map(|(id, entry)| Some((client_secret_path(id), entry.client_secret.as_ref()?)))
            .chain(mail.map(|password| (MAIL_PASSWORD.to_owned(), password)))
            .collect()
    }
}

/// The path of the mail server's password.
pub const MAIL_PASSWORD: &str = "mail.password";

/// The path of a client's secret.
pub fn client_secret_path(id: &str) -> String {
    format!("clients.{}.client_secret", part(id))
}
