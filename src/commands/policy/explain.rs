//! `policy.explain`: which rule applies to a person on the way to an application, and what would be asked.

use std::net::IpAddr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Sight;
use crate::commands::user::named;
use crate::commands::{Administrator, Command, Reason, Refused, Who};
use crate::config::duration::show;
use crate::factors::FactorKind;
use crate::foundation::ids::ClientId;
use crate::journey::prospect::{Prospect, Thought, prospect};
use crate::vocabulary::acr::{ForeignNames, Level};

/// The command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explain {
    /// User name or mail address.
    pub user: String,
    /// The application's `client_id`; without one, our own pages.
    pub client: Option<String>,
    /// The address the browser comes from; without one, one that nobody vouches for.
    pub address: Option<IpAddr>,
    /// The `acr` that the application insists on.
    pub acr: Option<String>,
}

/// What policy says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Explained {
    /// Of whom.
    pub username: String,
    /// The rule that decides; none where that is the policy for everybody.
    pub rule: Option<String>,
    /// The least `acr`.
    pub floor: String,
    /// Weaker factors accepted in its place.
    pub instead: Vec<FactorKind>,
    /// Second factors that count.
    pub counting: Vec<FactorKind>,
    /// Second factors wanted besides.
    pub also: Vec<FactorKind>,
    /// How long a second factor counts.
    pub second_factor_max_age: String,
    /// The kinds that the person could give.
    pub factors: Vec<FactorKind>,
    /// What would follow a right password.
    pub then: Then,
}

/// What would follow a right password.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// The person is in.
    Enough,
    /// One of these is asked.
    Give(Vec<FactorKind>),
    /// One of these must be set up first.
    Enrol(Vec<FactorKind>),
    /// The person is refused, for this reason.
    Refused(String),
}

impl From<Prospect> for Then {
    fn from(prospect: Prospect) -> Self {
        match prospect {
            Prospect::Enough => Self::Enough,
            Prospect::Give(kinds) => Self::Give(kinds),
            Prospect::Enrol(kinds) => Self::Enrol(kinds),
            Prospect::Refused(refusal) => Self::Refused(refusal.word().to_owned()),
        }
    }
}

#[async_trait]
impl Command for Explain {
    const NAME: &'static str = "policy.explain";
    const WHO: Who = Who::Operator;
    type Tools = Sight;
    type Answer = Explained;

    async fn perform(self, _by: &Administrator, sight: &Sight) -> Result<Explained, Refused> {
        let user = named(&sight.users, &self.user).await?.value;
        let application = match &self.client {
            Some(id) => {
                let id = ClientId::from_text(id.as_str());
                let known = sight.clients.by_id(&id).await?;
                Some(
                    known.ok_or_else(|| Refused::absent(format!("there is no client {:?}", id.as_str())))?.id,
                )
            }
            None => None,
        };
        let level = |acr: &String| {
            let level = Level::from_request(acr, ForeignNames::default());
            level.ok_or_else(|| {
                Refused::rule(format!("{acr:?} is no level; write one such as urn:keyward:acr:mfa"))
            })
        };
        let levels: Vec<_> = self.acr.iter().map(level).collect::<Result<_, _>>()?;
        let person = sight.people.read(&user, None).await;
        let person = person.map_err(|failure| Refused::because(Reason::Failed, format!("{failure:?}")))?;
        let thought = Thought {
            at: sight.people.clock.now(),
            user: &user,
            person: &person,
            application: application.as_ref(),
            address: self.address,
            levels: &levels,
        };
        let (asked, then) = prospect(&sight.settings.now().policy, &thought);
        Ok(Explained {
            username: user.username.as_str().to_owned(),
            rule: asked.rule,
            floor: asked.floor.acr().to_owned(),
            instead: asked.instead,
            counting: asked.counting,
            also: asked.also,
            second_factor_max_age: show(asked.second_factor_max_age),
            factors: person.factors.clone(),
            then: then.into(),
        })
    }
}
