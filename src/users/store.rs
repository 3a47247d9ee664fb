//! People and groups in the store: operations named by intent, each one batch.
//!
//! Every operation takes the caller's batch `with` (events, ended sessions) and commits it together with its own change.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::normal_form::NormalName;
use super::profile::{Mail, Text, Username};
use super::user::{NewUser, State, User};
use super::{Group, UserError, group};
use crate::foundation::ids::UserId;
use crate::foundation::{Clock, Random, Timestamp};
use crate::storage::{Batch, Generations, Key, Outcome, Record, SharedStore, StorageError, Stored};

/// How long a name stays reserved after its owner gave it up or was deleted (R-ID-04).
pub const RESERVED: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The people and groups of one store.
#[derive(Debug, Clone)]
pub struct Users {
    pub(super) store: SharedStore,
    pub(super) clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    pub(super) generations: Generations,
}

/// Who holds what looks like this. Stands under the skeleton; expires only while it is a mere reservation.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct NameClaim {
    user: UserId,
    /// The normal forms by which the person is found; none while the name is only reserved.
    names: BTreeSet<String>,
}

impl Record for NameClaim {}

/// The claims a person makes on the space of names: skeleton and the normal forms behind it.
type Claims = Vec<(String, BTreeSet<String>)>;

impl Users {
    /// The people in `store`.
    pub fn new(store: SharedStore, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let generations = Generations::new(store.clone());
        Self { store, clock, random, generations }
    }

    /// Creates an active person with a fresh random id.
    pub async fn create(&self, new: NewUser, with: Batch) -> Result<User, UserError> {
        let id = UserId::generate(self.random.as_ref());
        self.create_as(id, new, with).await
    }

    /// Creates a person under an id made before, so that the caller's batch can name it.
    pub async fn create_as(&self, id: UserId, new: NewUser, with: Batch) -> Result<User, UserError> {
        let mut batch = Batch::new();
        let user = self.create_into(&mut batch, id, new).await?;
        match self.commit(batch, with).await {
            // Somebody may have taken the name since it was looked at: then that is the reason.
            Err(UserError::Conflict) => {
                self.claim(None, &user, &mut Batch::new()).await.and(Err(UserError::Conflict))
            }
            done => done.map(|()| user),
        }
    }

    /// Adds a new person to `batch`. Of several in one batch, no two may have names of one skeleton (see [`skeletons`]).
    pub async fn create_into(&self, batch: &mut Batch, id: UserId, new: NewUser) -> Result<User, UserError> {
        let user = new.into_user(id, self.clock.now());
        batch.require_absent(user_key(&user.id));
        self.claim(None, &user, batch).await?;
        self.require_groups(&user.groups, batch).await?;
        batch.put(user_key(&user.id), &user, None);
        Ok(user)
    }

    /// Whether the names of `new` are free: refused as [`Self::create`] would.
    pub async fn names_are_free(&self, id: &UserId, new: &NewUser) -> Result<(), UserError> {
        let user = new.clone().into_user(id.clone(), self.clock.now());
        self.claim(None, &user, &mut Batch::new()).await
    }

    /// Whoever is found by `login`, a user name or mail address in any spelling of one normal form.
    pub async fn find_by_login_name(&self, login: &str) -> Result<Option<Stored<User>>, StorageError> {
        match self.resolve(login).await? {
            Some(id) => self.by_id(&id).await,
            None => Ok(None),
        }
    }

    /// The id behind `login`, at the cost of one read for known and unknown names alike (R-PW-02).
    pub async fn resolve(&self, login: &str) -> Result<Option<UserId>, StorageError> {
        let name = NormalName::of(login);
        let skeleton = name.as_ref().map_or_else(String::new, NormalName::skeleton);
        let claim = self.store.fetch::<NameClaim>(&claim_key(&skeleton)).await?;
        let held = |claim: &NameClaim| name.is_some_and(|name| claim.names.contains(name.as_str()));
        Ok(claim.map(|stored| stored.value).filter(held).map(|claim| claim.user))
    }

    /// The person with this id.
    pub async fn by_id(&self, id: &UserId) -> Result<Option<Stored<User>>, StorageError> {
        self.store.fetch(&user_key(id)).await
    }

    /// People in the order of their ids, after `after`, at most `limit`.
    pub async fn list(&self, after: Option<&UserId>, limit: usize) -> Result<Vec<User>, StorageError> {
        let after = after.map(user_key);
        let found = self.store.scan(&Key::prefix("user", &[]), after.as_ref(), limit).await?;
        found.into_iter().map(|(_, raw)| Ok(raw.decode::<User>()?.value)).collect()
    }

    /// Gives a person another user name; the old one stays reserved for them.
    pub async fn rename(&self, id: &UserId, username: Username, with: Batch) -> Result<User, UserError> {
        self.change(id, with, |user| user.username = username).await
    }

    /// Sets or removes a person's mail address; the old one stays reserved for them.
    pub async fn set_mail(&self, id: &UserId, mail: Option<Mail>, with: Batch) -> Result<User, UserError> {
        self.change(id, with, |user| user.profile.mail = mail).await
    }

    /// Changes what an administrator made of a person. Called by `lifecycle`, which ends what hangs on it.
    pub async fn set_state(&self, id: &UserId, state: State, with: Batch) -> Result<User, UserError> {
        self.change(id, with, |user| user.state = state).await
    }

    /// Puts a person into exactly these groups, which must exist.
    pub async fn set_groups(
        &self,
        id: &UserId,
        groups: BTreeSet<Text>,
        with: Batch,
    ) -> Result<User, UserError> {
        self.change(id, with, |user| user.groups = groups).await
    }

    /// Changes a person's record by `edit`, unless somebody else changed it at the same moment. Id and `created_at` stay.
    pub async fn change(
        &self,
        id: &UserId,
        with: Batch,
        edit: impl FnOnce(&mut User) + Send,
    ) -> Result<User, UserError> {
        let Stored { value: before, revision, .. } = self.by_id(id).await?.ok_or(UserError::Unknown)?;
        let mut user = before.clone();
        edit(&mut user);
        user.id = before.id.clone();
        user.created_at = before.created_at;
        user.updated_at = self.clock.now();
        let mut batch = Batch::new();
        batch.require_revision(user_key(id), revision);
        self.claim(Some(&before), &user, &mut batch).await?;
        let added = user.groups.difference(&before.groups).cloned().collect();
        self.require_groups(&added, &mut batch).await?;
        batch.put(user_key(id), &user, None);
        if user.profile.mail != before.profile.mail {
            super::address_change::note(&mut batch, id, user.updated_at);
        }
        self.commit(batch, with).await?;
        Ok(user)
    }

    /// Deletes a person and the password; the names stay reserved for a year. Called by `lifecycle`.
    pub async fn delete(&self, id: &UserId, with: Batch) -> Result<(), UserError> {
        let stored = self.by_id(id).await?.ok_or(UserError::Unknown)?;
        let mut batch = Batch::new();
        batch.require_revision(user_key(id), stored.revision);
        for (skeleton, _) in claims(&stored.value)? {
            self.reserve(id, &skeleton, &mut batch);
        }
        batch.delete(user_key(id)).delete(super::passwords::key(id)).delete(super::password_by_mail::key(id));
        self.commit(batch, with).await
    }

    /// Creates a group. A group of that name in any case must not exist.
    pub async fn create_group(
        &self,
        name: Text,
        about: Option<Text>,
        with: Batch,
    ) -> Result<Group, UserError> {
        let group = Group { name, description: about, created_at: self.clock.now() };
        let id = group::id(&group.name);
        loop {
            let (generation, known) = self.generations.get_current(group::KIND, &[&id]).await?;
            if known.into_iter().flatten().next().is_some() {
                return Err(UserError::Taken("the group name"));
            }
            let mut batch = Batch::new();
            generation.change(&mut batch);
            batch.put(generation.key(group::KIND, &id), &group, None).append(with.clone());
            match self.store.commit(batch).await? {
                Outcome::Done(_) => return Ok(group),
                Outcome::Refused(0) => {}
                Outcome::Refused(_) => return Err(UserError::Conflict),
            }
        }
    }

    /// The group of that name.
    pub async fn group(&self, name: &Text) -> Result<Option<Group>, StorageError> {
        let found = self.generations.get(group::KIND, &[&group::id(name)]).await?.pop().flatten();
        Ok(found.map(|raw| raw.decode::<Group>()).transpose()?.map(|stored| stored.value))
    }

    /// Groups by name, at most `limit`.
    pub async fn groups(&self, limit: usize) -> Result<Vec<Group>, StorageError> {
        let found = self.generations.list(group::KIND, None, limit).await?;
        found.into_iter().map(|raw| Ok(raw.decode::<Group>()?.value)).collect()
    }

    /// Moves the claims on names from `before` to `after`: takes free ones, reserves those given up.
    async fn claim(&self, before: Option<&User>, after: &User, batch: &mut Batch) -> Result<(), UserError> {
        let old = before.map(claims).transpose()?.unwrap_or_default();
        let new = claims(after)?;
        for (skeleton, names) in &new {
            let key = claim_key(skeleton);
            match self.store.fetch::<NameClaim>(&key).await? {
                None => batch.require_absent(key.clone()),
                Some(held) if held.value.user == after.id => {
                    batch.require_revision(key.clone(), held.revision)
                }
                Some(_) => return Err(UserError::Taken("the user name or mail address")),
            };
            batch.put(key, &NameClaim { user: after.id.clone(), names: names.clone() }, None);
        }
        for (skeleton, _) in old.iter().filter(|(old, _)| !new.iter().any(|(kept, _)| kept == old)) {
            self.reserve(&after.id, skeleton, batch);
        }
        Ok(())
    }

    fn reserve(&self, user: &UserId, skeleton: &str, batch: &mut Batch) {
        let until: Timestamp = self.clock.now().plus(RESERVED);
        let reservation = NameClaim { user: user.clone(), names: BTreeSet::new() };
        batch.put(claim_key(skeleton), &reservation, Some(until));
    }

    /// That these groups exist when the batch is written.
    async fn require_groups(&self, groups: &BTreeSet<Text>, batch: &mut Batch) -> Result<(), UserError> {
        if groups.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = groups.iter().map(group::id).collect();
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        let (generation, found) = self.generations.get_current(group::KIND, &ids).await?;
        for (name, raw) in groups.iter().zip(found) {
            let Some(raw) = raw else {
                return Err(UserError::UnknownGroup(name.as_str().to_owned()));
            };
            if raw.decode::<Group>()?.value.name != *name {
                return Err(UserError::invalid("groups", "must be written exactly as the group's name"));
            }
        }
        generation.hold(batch);
        batch.put(group::joined_key(), &group::Joined {}, None);
        Ok(())
    }

    pub(super) async fn commit(&self, mut own: Batch, with: Batch) -> Result<(), UserError> {
        own.append(with);
        match self.store.commit(own).await? {
            Outcome::Done(_) => Ok(()),
            Outcome::Refused(_) => Err(UserError::Conflict),
        }
    }
}

/// What the names of `new` look like: nobody else may have a name of one of these skeletons (R-ID-03).
pub fn skeletons(new: &NewUser) -> Result<Vec<String>, UserError> {
    Ok(claims_of(&new.username, new.profile.mail.as_ref())?
        .into_iter()
        .map(|(skeleton, _)| skeleton)
        .collect())
}

fn claims(user: &User) -> Result<Claims, UserError> {
    claims_of(&user.username, user.profile.mail.as_ref())
}

fn claims_of(username: &Username, mail: Option<&Mail>) -> Result<Claims, UserError> {
    let mail = mail.map(|mail| mail.address.as_str());
    let mut claims = Claims::new();
    for text in [Some(username.as_str()), mail].into_iter().flatten() {
        let name = NormalName::of(text).ok_or(UserError::invalid("username or email", "is too long"))?;
        let skeleton = name.skeleton();
        match claims.iter_mut().find(|(known, _)| *known == skeleton) {
            Some((_, names)) => names.extend([name.as_str().to_owned()]),
            None => claims.push((skeleton, BTreeSet::from([name.as_str().to_owned()]))),
        }
    }
    Ok(claims)
}

/// Where a person's record stands.
pub fn user_key(id: &UserId) -> Key {
    Key::new("user", &[id.as_str()])
}

fn claim_key(skeleton: &str) -> Key {
    Key::new("user_name", &[skeleton])
}
