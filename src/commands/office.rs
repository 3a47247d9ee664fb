//! Who administers: the set-up link for the first (R-AD-08), and the office given and taken by the operator. The last one
//! who may sign in keeps it (R-AD-12).

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::user::People;
use super::user::view::Person;
use super::{Administrator, Command, Handed, Refused, Who};

/// Makes a fresh set-up link; older ones stop working.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetUp {}

/// A set-up link.
#[derive(Debug, Serialize, Deserialize)]
pub struct Offered {
    /// The link, shown this once.
    pub link: Handed,
}

/// Who administers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {}

/// Makes a person an administrator.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Add {
    /// User name or mail address.
    pub user: String,
}

/// Takes the office from an administrator.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remove {
    /// User name or mail address.
    pub user: String,
}

#[async_trait]
impl Command for SetUp {
    const NAME: &'static str = "setup";
    const WHO: Who = Who::Operator;
    type Tools = People;
    type Answer = Offered;

    async fn perform(self, by: &Administrator, people: &People) -> Result<Offered, Refused> {
        let link = people.first_administrator.offer(by.actor()).await?;
        let closed = "there is an administrator already, so there is no set-up link any more; to make somebody else one, \
                      use: keyward administrator add NAME";
        let link = link.ok_or_else(|| Refused::rule(closed))?;
        Ok(Offered { link: Handed::new(people.site.url(&format!("/set-up/{}", link.expose()))) })
    }
}

#[async_trait]
impl Command for List {
    const NAME: &'static str = "administrator.list";
    const WHO: Who = Who::Operator;
    type Tools = People;
    type Answer = Vec<Person>;

    async fn perform(self, _by: &Administrator, people: &People) -> Result<Vec<Person>, Refused> {
        let (now, mut administrators) = (people.clock.now(), Vec::new());
        for id in people.users.administrators().await? {
            administrators.extend(people.users.by_id(&id).await?.map(|user| Person::of(&user.value, now)));
        }
        Ok(administrators)
    }
}

#[async_trait]
impl Command for Add {
    const NAME: &'static str = "administrator.add";
    const WHO: Who = Who::Operator;
    type Tools = People;
    type Answer = Person;

    async fn perform(self, by: &Administrator, people: &People) -> Result<Person, Refused> {
        let user = people.served(&self.user).await?;
        if people.users.administrators().await?.contains(&user.id) {
            return Err(Refused::rule(format!("{} is an administrator already", user.username.as_str())));
        }
        people.lifecycle.make_administrator(&user.id, by.actor()).await?;
        Ok(Person::of(&user, people.clock.now()))
    }
}

#[async_trait]
impl Command for Remove {
    const NAME: &'static str = "administrator.remove";
    const WHO: Who = Who::Operator;
    type Tools = People;
    type Answer = Person;

    async fn perform(self, by: &Administrator, people: &People) -> Result<Person, Refused> {
        let user = people.named(&self.user).await?.value;
        if !people.users.administrators().await?.contains(&user.id) {
            return Err(Refused::rule(format!("{} is no administrator", user.username.as_str())));
        }
        people.lifecycle.remove_administrator(&user.id, by.actor()).await?;
        Ok(Person::of(&user, people.clock.now()))
    }
}
