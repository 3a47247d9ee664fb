//! `user.import`: people from a table in CSV (RFC 4180). All rows are judged before the first person is added, and a bad row
//! stops the whole. Whoever is there already is skipped, so that the same file may come again.

mod sheet;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use self::sheet::Row;
use super::People;
use crate::audit::Action;
use crate::commands::{Administrator, Command, Handed, Refused, Who};
use crate::foundation::ids::UserId;
use crate::storage::Batch;
use crate::users::profile::Text;
use crate::users::{NewUser, UserError, group, store};

/// Groups that one file may create.
const MOST_NEW_GROUPS: usize = 1_000;
/// People added in one commit.
const AT_ONCE: usize = 40;
/// How often a commit is tried again that somebody else came between.
const TRIES: usize = 3;

/// The command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// The table; its first row names the columns.
    pub csv: String,
    /// Only judge the rows.
    pub dry_run: bool,
    /// Whether groups that do not exist are created.
    pub create_groups: bool,
    /// Whether everybody added gets a one-time link.
    pub invite: bool,
}

/// What became of the rows. Either `bad` is empty, or nobody was added; unless somebody else changed the same people
/// meanwhile: then `added` says who was added before that.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// Whether nothing was to be changed.
    pub dry_run: bool,
    /// Who was, or would be, added.
    pub added: Vec<Added>,
    /// Who was there already.
    pub existing: Vec<Known>,
    /// Groups that were, or would be, created.
    pub groups_created: Vec<String>,
    /// Rows that cannot be taken over.
    pub bad: Vec<Bad>,
}

/// Somebody who was, or would be, added.
#[derive(Debug, Serialize, Deserialize)]
pub struct Added {
    /// The line in the file.
    pub line: u64,
    /// The user name.
    pub username: String,
    /// The one-time link, shown this once.
    pub link: Option<Handed>,
    /// The address to which it goes by mail as well.
    pub mailed: Option<String>,
}

/// Somebody who was there already, under this user name and mail address.
#[derive(Debug, Serialize, Deserialize)]
pub struct Known {
    /// The line in the file.
    pub line: u64,
    /// The user name.
    pub username: String,
}

/// A row that cannot be taken over.
#[derive(Debug, Serialize, Deserialize)]
pub struct Bad {
    /// The line in the file.
    pub line: u64,
    /// Why not.
    pub reason: String,
}

/// A row that may be taken over.
struct Candidate {
    line: u64,
    new: NewUser,
}

#[async_trait]
impl Command for Import {
    const NAME: &'static str = "user.import";
    const WHO: Who = Who::Operator;
    type Tools = People;
    type Answer = Report;

    async fn perform(self, by: &Administrator, people: &People) -> Result<Report, Refused> {
        let rows = sheet::read(&self.csv)?;
        let mut report = Report { dry_run: self.dry_run, ..Report::default() };
        let candidates = people.judge(rows, &mut report).await?;
        let missing = people.missing_groups(&candidates, self.create_groups, &mut report).await?;
        if self.dry_run || !report.bad.is_empty() {
            let listed =
                |it: &Candidate| Added { line: it.line, username: it.username(), link: None, mailed: None };
            if self.dry_run {
                report.added = candidates.iter().map(listed).collect();
            } else {
                report.groups_created.clear();
            }
            return Ok(report);
        }
        people.provide_groups(by, &missing, true).await?;
        for together in candidates.chunks(AT_ONCE) {
            match people.add_together(by, together, self.invite).await {
                Ok(added) => report.added.extend(added),
                Err(refused) => {
                    let line = together.first().map_or(0, |first| first.line);
                    let reason =
                        format!("stopped here: {refused}. Run it again; who was added is skipped then");
                    report.bad.push(Bad { line, reason });
                    break;
                }
            }
        }
        Ok(report)
    }
}

impl Candidate {
    fn username(&self) -> String {
        self.new.username.as_str().to_owned()
    }
}

impl People {
    /// Sorts rows into candidates, people who are there already, and bad ones.
    async fn judge(&self, rows: Vec<Row>, report: &mut Report) -> Result<Vec<Candidate>, Refused> {
        let mut candidates = Vec::new();
        let mut lines: HashMap<String, u64> = HashMap::new();
        for Row { line, person } in rows {
            // Thousands of rows: others have their turn between them, and a stop too.
            tokio::task::yield_now().await;
            let judged = match person {
                Ok(new) => self.judge_one(line, new, &mut lines).await?,
                Err(reason) => Judged::Bad(reason),
            };
            match judged {
                Judged::New(new) => candidates.push(Candidate { line, new: *new }),
                Judged::Known(username) => report.existing.push(Known { line, username }),
                Judged::Bad(reason) => report.bad.push(Bad { line, reason }),
            }
        }
        Ok(candidates)
    }

    async fn judge_one(
        &self,
        line: u64,
        new: NewUser,
        lines: &mut HashMap<String, u64>,
    ) -> Result<Judged, Refused> {
        let names = match store::skeletons(&new) {
            Ok(names) => names,
            Err(error) => return Ok(Judged::Bad(error.to_string())),
        };
        if let Some(earlier) = names.iter().find_map(|name| lines.get(name)) {
            let reason = format!("the user name or mail address is that of line {earlier}, or looks like it");
            return Ok(Judged::Bad(reason));
        }
        lines.extend(names.into_iter().map(|name| (name, line)));
        if let Some(known) = self.users.find_by_login_name(new.username.as_str()).await? {
            let (known, mail) = (known.value, new.profile.mail.as_ref());
            let same =
                known.profile.mail.as_ref().map(|mail| &mail.address) == mail.map(|mail| &mail.address);
            let reason = "there is somebody with this user name and another mail address";
            return Ok(if same {
                Judged::Known(known.username.as_str().to_owned())
            } else {
                Judged::Bad(reason.to_owned())
            });
        }
        let id = UserId::generate(self.random.as_ref());
        Ok(match self.users.names_are_free(&id, &new).await {
            Ok(()) => Judged::New(Box::new(new)),
            Err(UserError::Storage(error)) => return Err(error.into()),
            Err(error) => Judged::Bad(error.to_string()),
        })
    }

    /// The groups that are still to be made; a row that names another one is bad.
    async fn missing_groups(
        &self,
        candidates: &[Candidate],
        create: bool,
        report: &mut Report,
    ) -> Result<BTreeSet<Text>, Refused> {
        let mut missing: HashMap<String, Text> = HashMap::new();
        for Candidate { line, new } in candidates {
            tokio::task::yield_now().await;
            for group in &new.groups {
                let reason = match self.users.group(group).await? {
                    Some(known) if known.name == *group => continue,
                    Some(known) => format!(
                        "there is no group {:?}, but there is {:?}",
                        group.as_str(),
                        known.name.as_str()
                    ),
                    None if create => match missing.entry(group::id(group)) {
                        Entry::Vacant(place) => {
                            place.insert(group.clone());
                            continue;
                        }
                        Entry::Occupied(twin) if twin.get() == group => continue,
                        Entry::Occupied(twin) => {
                            let twin = twin.get().as_str();
                            format!("the group {:?} is written {twin:?} elsewhere", group.as_str())
                        }
                    },
                    None => {
                        format!("there is no group {:?}; mend it, or add --create-groups", group.as_str())
                    }
                };
                report.bad.push(Bad { line: *line, reason });
            }
        }
        if missing.len() > MOST_NEW_GROUPS {
            return Err(Refused::rule(format!(
                "the file names more than {MOST_NEW_GROUPS} groups that do not exist; is the column right?"
            )));
        }
        report.bad.sort_by_key(|bad| bad.line);
        let missing: BTreeSet<Text> = missing.into_values().collect();
        report.groups_created = missing.iter().map(|group| group.as_str().to_owned()).collect();
        Ok(missing)
    }

    /// Adds some people in one commit; tries again where somebody else came between.
    async fn add_together(
        &self,
        by: &Administrator,
        candidates: &[Candidate],
        invite: bool,
    ) -> Result<Vec<Added>, Refused> {
        for _ in 0..TRIES {
            let (mut batch, mut added) = (Batch::new(), Vec::with_capacity(candidates.len()));
            for candidate in candidates {
                let id = UserId::generate(self.random.as_ref());
                let user = self.users.create_into(&mut batch, id.clone(), candidate.new.clone()).await?;
                self.note(&mut batch, Action::UserCreated, by, &id);
                let mut one =
                    Added { line: candidate.line, username: candidate.username(), link: None, mailed: None };
                if invite {
                    let (link, mailed) = self.link(&mut batch, &user).await?;
                    (one.link, one.mailed) = (Some(link), mailed);
                }
                added.push(one);
            }
            if self.store.commit(batch).await?.is_done() {
                return Ok(added);
            }
        }
        Err(Refused::conflict())
    }
}

/// What a row is.
enum Judged {
    New(Box<NewUser>),
    Known(String),
    Bad(String),
}
