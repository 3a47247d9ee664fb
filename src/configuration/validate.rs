//! From a model to the state it asks for: every fault named, by the same rules that hold everywhere else.

use std::collections::{BTreeMap, BTreeSet};

use super::Parts;
use super::model::{ClientEntry, FORMAT, GroupEntry, MAIL_PASSWORD, Model, client_secret_path};
use super::problem::{self, Problem, part};
use super::reference::{Reference, Secrets};
use super::state::State;
use crate::clients::{Client, StoredSecret};
use crate::config::live::OwnTexts;
use crate::config::mail::Mail;
use crate::config::policy::Policy;
use crate::config::{LiveSettings, WrongSetting};
use crate::foundation::ids::ClientId;
use crate::foundation::secret::{ClientSecret, Hashed, Plain};
use crate::pages::Language;
use crate::users::profile::Text;
use crate::users::{Group, group};
use crate::vocabulary::client_metadata::ClientAuthentication;

/// A record must fit into the store with room to spare, in bytes.
const LARGEST_RECORD: usize = 60 * 1024;

/// What a model asks for.
#[derive(Debug)]
pub struct Target {
    pub state: State,
    /// Clients that are new and were given no secret: they get one, shown once.
    pub without_secret: Vec<ClientId>,
    /// Paths of secrets that are new or other ones.
    pub new_secrets: Vec<String>,
}

/// Collects faults while it goes through the model.
struct Check<'a> {
    parts: &'a Parts,
    model: &'a Model,
    secrets: &'a Secrets,
    present: &'a State,
    problems: Vec<Problem>,
    without_secret: Vec<ClientId>,
    new_secrets: Vec<String>,
}

/// The state that `model` asks for, with `secrets` where it refers to some, in place of `present`.
pub fn target(
    parts: &Parts,
    model: &Model,
    secrets: &Secrets,
    present: &State,
) -> Result<Target, Vec<Problem>> {
    let mut check = Check {
        parts,
        model,
        secrets,
        present,
        problems: Vec::new(),
        without_secret: Vec::new(),
        new_secrets: Vec::new(),
    };
    let settings = check.settings();
    let groups = check.groups();
    let clients = check.clients();
    let Check { mut problems, without_secret, new_secrets, .. } = check;
    problems.truncate(problem::MOST);
    match problems.is_empty() {
        true => Ok(Target { state: State { settings, groups, clients }, without_secret, new_secrets }),
        false => Err(problems),
    }
}

impl Check<'_> {
    fn note(&mut self, path: impl Into<String>, sentence: impl Into<String>) {
        self.problems.push(Problem::at(path, sentence));
    }

    fn settings(&mut self) -> LiveSettings {
        let Model { policy, sessions, account, limits, audit, keys, pages, texts, .. } = self.model.clone();
        if self.model.format != FORMAT {
            let seen = self.model.format;
            self.note("format", format!("is {seen}, which this program does not know; write {FORMAT}"));
        }
        let faults = [
            policy.faults(&self.parts.site),
            sessions.faults(),
            limits.faults(),
            audit.faults(),
            keys.faults(),
            pages.faults(),
        ];
        let told = |fault: WrongSetting| Problem::at(fault.key(), fault.sentence());
        self.problems.extend(faults.into_iter().flatten().map(told));
        self.rules(&policy);
        self.texts(&texts);
        let languages = self.parts.pages.languages();
        let languages: Vec<_> = languages.iter().map(Language::tag).collect();
        if let Some(language) = pages.language.as_ref().filter(|tag| !languages.contains(&tag.as_str())) {
            let known = languages.join(", ");
            self.note("pages.language", format!("is {language:?}, but there are texts only in {known}"));
        }
        let mail = self.mail();
        LiveSettings { generation: 0, policy, sessions, account, limits, audit, keys, pages, texts, mail }
    }

    /// Rules speak of applications and groups that there are.
    fn rules(&mut self, policy: &Policy) {
        let (clients, groups) = (&self.model.clients, &self.model.groups);
        let mut faults = Vec::new();
        for (name, rule) in &policy.rules {
            let path = format!("policy.rules.{}", part(name));
            let unknown = rule.applications.iter().filter(|id| !clients.contains_key(*id));
            faults.extend(unknown.map(|id| {
                Problem::at(
                    format!("{path}.applications"),
                    format!("has the entry {id:?}, and no client has this id"),
                )
            }));
            let unknown = rule.groups.iter().filter(|group| !groups.contains_key(*group));
            faults.extend(unknown.map(|group| {
                Problem::at(
                    format!("{path}.groups"),
                    format!("has the entry {group:?}, and there is no such group"),
                )
            }));
        }
        self.problems.extend(faults);
    }

    fn mail(&mut self) -> Option<Mail> {
        let entry = self.model.mail.as_ref()?;
        let present = self.present.settings.mail.as_ref();
        let mail = match entry.settings(self.secrets, present, self.parts.mail_ca_file.clone()) {
            Ok(mail) => mail,
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        };
        let told = |fault: WrongSetting| Problem::at(fault.key(), fault.sentence());
        self.problems.extend(mail.faults(&self.parts.site).into_iter().map(told));
        let password = |mail: &Mail| mail.password.as_ref().map(|password| password.expose().to_owned());
        if mail.password.is_some() && present.and_then(password) != password(&mail) {
            self.new_secrets.push(MAIL_PASSWORD.to_owned());
        }
        Some(mail)
    }

    fn texts(&mut self, texts: &OwnTexts) {
        let languages = self.parts.pages.languages();
        let languages: Vec<_> = languages.iter().map(Language::tag).collect();
        for (language, own) in texts {
            let path = format!("texts.{}", part(language));
            if !languages.contains(&language.as_str()) {
                self.note(path, format!("is no language of the pages; known are {}", languages.join(", ")));
                continue;
            }
            if size(own) > LARGEST_RECORD {
                self.note(&path, "is larger than 60 KiB; keep to the texts that differ");
            }
            for (id, text) in own {
                if let Some(sentence) = self.fault_of_text(language, id, text) {
                    self.note(format!("{path}.{}", part(id)), sentence);
                }
            }
        }
    }

    fn fault_of_text(&self, language: &str, id: &str, text: &str) -> Option<String> {
        let pages = &self.parts.pages;
        let Some(built_in) = pages.built_in_text(language, id) else {
            return Some("is the id of no text; remove it".to_owned());
        };
        let length = text.chars().count();
        if text.trim().is_empty()
            || length > 2000
            || text.chars().any(|letter| letter.is_control() && letter != '\n')
        {
            return Some("is empty, longer than 2,000 characters or has control characters".to_owned());
        }
        let known = places(built_in);
        let unknown = places(text).into_iter().find(|place| !known.contains(place))?;
        Some(format!(
            "has the place {{{unknown}}}, which is not filled there; the built-in text is {built_in:?}"
        ))
    }

    fn groups(&mut self) -> BTreeMap<String, Group> {
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for (name, entry) in &self.model.groups {
            let path = format!("groups.{}", part(name));
            let Some(group) = self.group(&path, name, entry) else { continue };
            let id = group::id(&group.name);
            if let Some(other) = groups.get(&id) {
                let other = other.name.as_str().to_owned();
                self.note(
                    path,
                    format!("differs from the group {other:?} in its spelling only; keep one of them"),
                );
                continue;
            }
            groups.insert(id, group);
        }
        groups
    }

    fn group(&mut self, path: &str, name: &str, entry: &GroupEntry) -> Option<Group> {
        let name = Text::new(name).map_err(|fault| self.note(path, format!("is no name: {fault}"))).ok();
        let description = entry.description.as_deref().map(Text::new).transpose().map_err(|fault| {
            self.note(format!("{path}.description"), fault.to_string());
        });
        let name = name?;
        let known = self.present.groups.get(&group::id(&name)).filter(|known| known.name == name);
        let created_at = known.map_or_else(|| self.parts.clock.now(), |known| known.created_at);
        Some(Group { name, description: description.ok()?, created_at })
    }

    fn clients(&mut self) -> BTreeMap<ClientId, Client> {
        let entries = self.model.clients.iter();
        entries.filter_map(|(id, entry)| Some((ClientId::from_text(id), self.client(id, entry)?))).collect()
    }

    fn client(&mut self, id: &str, entry: &ClientEntry) -> Option<Client> {
        let path = format!("clients.{}", part(id));
        let before = self.problems.len();
        let metadata = entry.metadata(id, &self.parts.site).map_err(|(member, fault)| {
            self.note(format!("{path}.{member}"), fault);
        });
        let metadata = metadata.ok()?;
        for fault in self.parts.clients.faults(&metadata) {
            self.note(format!("{path}.{}", fault.member), fault.sentence);
        }
        let public = metadata.token_endpoint_auth_methods == [ClientAuthentication::None];
        if public && entry.pkce_required == Some(false) {
            self.note(
                format!("{path}.pkce_required"),
                "is false; a public client cannot do without, so remove it",
            );
        }
        self.allowed_groups(&path, entry);
        let secrets = self.client_secrets(id, entry, public);
        if self.problems.len() > before {
            return None;
        }
        let prepared = self.parts.clients.prepare(metadata, entry.preset).map_err(|fault| {
            self.note(&*path, fault.to_string());
        });
        let client = self.finished(entry, prepared.ok()?.client, secrets);
        if size(&client) > LARGEST_RECORD {
            self.note(path, "is larger than 60 KiB; write fewer addresses");
        }
        Some(client)
    }

    /// What metadata cannot say, and what the provider itself remembers.
    fn finished(&self, entry: &ClientEntry, made: Client, secrets: Vec<StoredSecret>) -> Client {
        let known = self.present.clients.get(&made.id);
        Client {
            enabled: entry.enabled.unwrap_or(made.enabled),
            pkce_required: entry.pkce_required.unwrap_or(made.pkce_required),
            logout_aliases: entry.logout_aliases.unwrap_or(made.logout_aliases),
            empty_groups_allowed: entry.empty_groups_allowed.unwrap_or(made.empty_groups_allowed),
            allowed_groups: entry.allowed_groups.clone(),
            created_at: known.map_or(made.created_at, |known| known.created_at),
            secrets,
            ..made
        }
    }

    fn allowed_groups(&mut self, path: &str, entry: &ClientEntry) {
        for name in entry.allowed_groups.iter().flatten() {
            if !self.model.groups.contains_key(name) {
                let right = "write the name of a group of this file, or add the group to it";
                self.note(format!("{path}.allowed_groups"), format!("has the entry {name:?}; {right}"));
            }
        }
    }

    /// The hashes that the client will have: the present ones, or that of the secret referred to.
    fn client_secrets(&mut self, id: &str, entry: &ClientEntry, public: bool) -> Vec<StoredSecret> {
        let path = client_secret_path(id);
        let client = ClientId::from_text(id);
        let present = self.present.clients.get(&client);
        let kept = present.map(|present| present.secrets.clone()).unwrap_or_default();
        match (&entry.client_secret, public) {
            (None, true) => Vec::new(),
            (Some(_), true) => {
                self.note(path, "is not for a public client (token_endpoint_auth_methods none); remove it");
                Vec::new()
            }
            (None | Some(Reference::Set), false) => {
                if kept.is_empty() {
                    self.without_secret.push(client);
                }
                kept
            }
            (Some(Reference::Env(_) | Reference::File(_)), false) => {
                let found = self.secrets.get(&path).map(|secret| secret.expose());
                let found = match found {
                    Some(found) if well_formed(found) => found,
                    Some(_) => {
                        self.note(path, "refers to a secret that is not 43 or more letters and digits; leave it out and one is made");
                        return Vec::new();
                    }
                    None => {
                        self.note(path, "refers to a secret that was not looked up");
                        return Vec::new();
                    }
                };
                if present.is_some_and(|present| present.accepts_secret(found, self.parts.clock.now())) {
                    return kept;
                }
                self.new_secrets.push(path);
                vec![StoredSecret { hash: Hashed::of(found), expires: None }]
            }
        }
    }
}

/// As for a registered client (R-TK-04).
fn well_formed(secret: &str) -> bool {
    secret.len() >= 43 && secret.len() <= 512 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A fresh secret, and what is kept of it.
pub fn fresh(random: &dyn crate::foundation::Random) -> (Plain<ClientSecret>, StoredSecret) {
    let secret = Plain::<ClientSecret>::generate(random);
    let stored = StoredSecret { hash: secret.hash(), expires: None };
    (secret, stored)
}

fn size(value: &impl serde::Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |json| json.len())
}

/// The names of the places in a text.
fn places(text: &str) -> BTreeSet<&str> {
    let after = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    after
        .map(|(name, _)| name)
        .filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        .collect()
}
