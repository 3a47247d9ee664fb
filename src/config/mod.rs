//! Start-up settings: one TOML file, or none at all, with environment variables and `--set` over it, read once before
//! anything else is built.
//!
//! One file a section, each with `read` (types and defaults) and `validate` (ranges and what must fit together).
//! A wrong setting is one sentence naming its place, key, what was seen and what would be right; nothing starts half.
//! Settings are what a restart may change; people, clients and, once something was applied, policies live in the store:
//! [`live`] holds what of them counts now.
//!
//! Must not: open the store, listen, or read anything but the named file and the environment.
//! Follows: security requirements R-CO-09, R-CO-11, R-OP-01, R-TR-01, R-TR-09.

pub mod account;
pub mod admin;
pub mod audit;
pub mod data;
pub mod duration;
pub mod http;
pub mod keys;
pub mod limits;
pub mod listen;
pub mod live;
pub mod log;
pub mod mail;
pub mod pages;
pub mod policy;
pub mod policy_rules;
pub mod proxies;
pub mod reader;
pub mod salvage;
pub mod secret;
pub mod sessions;
pub mod site;
pub mod sources;
pub mod storage;
pub mod tls;
pub mod wrong;

use std::path::{Path, PathBuf};

pub use live::{Live, LiveSettings};
pub use reader::Effective;
pub use salvage::Salvaged;
pub use site::Site;
pub use sources::Sources;
pub use wrong::WrongSetting;

use reader::Section;

/// Everything a start needs to know, checked as a whole.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Under which address the world knows us; decides loopback mode.
    pub site: Site,
    /// Where to listen.
    pub listen: listen::Listen,
    /// Where data and keys lie.
    pub data: data::Data,
    /// The storage engine's settings.
    pub storage: storage::Storage,
    /// How long a sign-in lasts.
    pub sessions: sessions::Sessions,
    /// What a person must prove.
    pub policy: policy::Policy,
    /// What people may change about themselves.
    pub account: account::Account,
    /// How many wrong tries are borne.
    pub limits: limits::Limits,
    /// How long the audit trail is kept.
    pub audit: audit::Audit,
    /// How often signing keys change.
    pub keys: keys::Keys,
    /// How pages look and whom they name.
    pub pages: pages::Pages,
    /// Whose word about a client's address counts.
    pub proxies: proxies::Proxies,
    /// The server that takes our mail; without one no mail is sent.
    pub mail: Option<mail::Mail>,
    /// A file with the certificates (PEM) that vouch for whichever mail server is configured.
    pub mail_ca_file: Option<PathBuf>,
    /// What is logged, and how.
    pub log: log::Log,
    /// Bounds on every connection and request.
    pub http: http::Http,
    /// The certificate with which we encrypt.
    pub tls: tls::Tls,
    /// The listener for those who run it.
    pub admin: admin::Admin,
}

impl Settings {
    /// Reads `file`; without one, the defaults: issuer `http://localhost:8443`, data in `keyward-data`, keys in `keys`,
    /// both in the working folder.
    pub fn load(file: Option<&Path>) -> Result<Self, WrongSetting> {
        Self::gather(&Sources::file(file)).map(|(settings, _)| settings)
    }

    /// Reads settings from `text`; `name` is the file's name in messages, relative paths start in `folder`.
    pub fn parse(name: &str, folder: &Path, text: &str) -> Result<Self, WrongSetting> {
        let top = Section::new(name, folder, sources::parse(name, text)?);
        Self::read(name, top).map(|(settings, _)| settings)
    }

    /// Reads all `sources`, and tells of every setting what holds and where it was given.
    pub fn gather(sources: &Sources) -> Result<(Self, Vec<Effective>), WrongSetting> {
        let name = sources.name();
        Self::read(&name, Section::new(&name, sources.folder(), sources.tree()?))
    }

    fn read(name: &str, top: Section) -> Result<(Self, Vec<Effective>), WrongSetting> {
        let (settings, effective) = Self::sections(top)?;
        wrong::first(settings.faults(name, &effective))?;
        Ok((settings, effective))
    }

    /// Every section by itself, not yet judged.
    fn sections(mut top: Section) -> Result<(Self, Vec<Effective>), WrongSetting> {
        let site = site::read(&mut top)?;
        let (mail, mail_ca_file) = top.section("mail", mail::read)?;
        let settings = Self {
            site,
            listen: top.section("listen", listen::Listen::read)?,
            data: top.section("data", data::Data::read)?,
            storage: top.section("storage", storage::Storage::read)?,
            sessions: top.section("sessions", sessions::Sessions::read)?,
            policy: top.section("policy", policy::Policy::read)?,
            account: top.section("account", account::Account::read)?,
            limits: top.section("limits", limits::Limits::read)?,
            audit: top.section("audit", audit::Audit::read)?,
            keys: top.section("keys", keys::Keys::read)?,
            pages: top.section("pages", pages::Pages::read)?,
            proxies: top.section("proxies", proxies::Proxies::read)?,
            mail,
            mail_ca_file,
            log: top.section("log", log::Log::read)?,
            http: top.section("http", http::Http::read)?,
            tls: top.section("tls", tls::Tls::read)?,
            admin: top.section("admin", admin::Admin::read)?,
        };
        Ok((settings, top.finish()?))
    }

    /// Checks every section, and what must fit between them.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        wrong::first(self.judged())
    }

    /// What is wrong, each at the place where it was given, or else in the file `name`.
    fn faults(&self, name: &str, effective: &[Effective]) -> Vec<WrongSetting> {
        let place = |wrong: WrongSetting| {
            let given = effective.iter().find(|effective| effective.key == wrong.key());
            let place = given.and_then(|effective| effective.place.as_ref()).map(ToString::to_string);
            wrong.in_file(place.as_deref().unwrap_or(name))
        };
        self.judged().into_iter().map(place).collect()
    }

    fn judged(&self) -> Vec<WrongSetting> {
        let mut faults = Vec::new();
        faults.extend(self.tls.validate(&self.site).err());
        faults.extend(self.listen.validate(&self.site, &self.proxies, &self.tls).err());
        faults.extend(self.admin.validate(&self.tls).err());
        faults.extend(self.data.validate().err());
        faults.extend(self.storage.validate().err());
        faults.extend(self.sessions.faults());
        faults.extend(self.policy.faults(&self.site));
        faults.extend(self.limits.faults());
        faults.extend(self.audit.faults());
        faults.extend(self.keys.faults());
        faults.extend(self.pages.validate().err());
        faults.extend(self.proxies.validate().err());
        faults.extend(self.mail.iter().flat_map(|mail| mail.faults(&self.site)));
        faults.extend(mail::fault_of_ca_file(self.mail_ca_file.as_deref()));
        faults.extend(self.http.validate().err());
        faults
    }
}
