//! Makes the provider what a model asks for: all of it, or nothing.

use super::Configuration;
use super::error::Refused;
use super::model::Model;
use super::plan::{Base, Plan};
use super::problem::{Problem, part};
use super::reference::Secrets;
use super::state::State;
use super::validate::{self, Target};
use crate::audit::Actor;
use crate::foundation::ids::ClientId;
use crate::foundation::secret::Hidden;
use crate::storage::{Batch, Generation};
use crate::users::profile::Text;

/// What somebody wants: a model, and the secrets that it refers to.
#[derive(Debug, Clone, Default)]
pub struct Proposal {
    /// All that shall be configured.
    pub model: Model,
    /// What was found where it refers to.
    pub secrets: Secrets,
}

/// What was done.
#[derive(Debug)]
pub struct Applied {
    /// What changed.
    pub plan: Plan,
    /// The generation that counts now.
    pub generation: u64,
    /// Secrets of new clients, shown this once.
    pub made: Vec<(ClientId, Hidden)>,
}

/// What stands, what is asked for, and what lies between.
struct Prepared {
    current: Generation,
    present: State,
    target: Target,
    plan: Plan,
}

impl Configuration {
    /// What applying `proposal` would change.
    pub async fn plan(&self, proposal: &Proposal) -> Result<Plan, Refused> {
        let prepared = self.prepare(proposal).await?;
        self.keep_members(&prepared, &mut Batch::new()).await?;
        Ok(prepared.plan)
    }

    /// Applies `proposal`, on condition that the configuration is still the one of `base`, where that is given.
    pub async fn apply(
        &self,
        proposal: &Proposal,
        base: Option<Base>,
        by: Actor,
    ) -> Result<Applied, Refused> {
        let _one_at_a_time = self.applying.lock().await;
        let mut prepared = self.prepare(proposal).await?;
        if base.is_some_and(|base| base != prepared.plan.base) {
            return Err(Refused::Changed);
        }
        if !prepared.plan.does_something() {
            let generation = prepared.current.number();
            return Ok(Applied { plan: prepared.plan, generation, made: Vec::new() });
        }
        let mut with = Batch::new();
        self.keep_members(&prepared, &mut with).await?;
        let made = self.make_secrets(&mut prepared.target);
        let (present, target) = (&prepared.present, &prepared.target.state);
        self.tell((present, target), &prepared.plan.differences, &by, &mut with);
        let taken = self.take_number(&prepared.current).await?;
        self.clear_all_but(&prepared.current, &taken).await?;
        self.write(&taken, &prepared.target.state).await?;
        // Should a client of this id come back, nobody has consented to it. If the switch is not made, people are asked once
        // more.
        for id in prepared.present.clients.keys().filter(|id| !prepared.target.state.clients.contains_key(id))
        {
            self.parts.grants.forget_client(id).await?;
        }
        self.switch(&taken, &prepared.current, with).await?;
        self.refresh().await?;
        Ok(Applied { plan: prepared.plan, generation: taken.number, made })
    }

    async fn prepare(&self, proposal: &Proposal) -> Result<Prepared, Refused> {
        let (current, present) = self.load().await?;
        let target = validate::target(&self.parts, &proposal.model, &proposal.secrets, &present);
        let target = target.map_err(Refused::Faulty)?;
        let plan = Plan::between(Base::of(&current), &Model::of(&present), &target)?;
        Ok(Prepared { current, present, target, plan })
    }

    /// A group that somebody is in does not go: the people's records name it. `with` gets the condition that nobody is put
    /// into a group meanwhile.
    async fn keep_members(&self, prepared: &Prepared, with: &mut Batch) -> Result<(), Refused> {
        let gone = prepared.present.groups.values().map(|group| &group.name);
        let stays = |name: &Text| prepared.target.state.groups.values().any(|group| group.name == *name);
        let gone = gone.filter(|name| !stays(name)).cloned().collect::<Vec<_>>();
        let members = self.parts.users.count_members(gone, with).await?;
        let kept = members.into_iter().filter(|(_, count)| *count > 0);
        let problems: Vec<_> = kept
            .map(|(name, count)| {
                let people =
                    if count == 1 { "1 person is".to_owned() } else { format!("{count} people are") };
                let sentence =
                    format!("is left out, but {people} in it; keep the group, or take them out first");
                Problem::at(format!("groups.{}", part(name.as_str())), sentence)
            })
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(Refused::Faulty(problems)) }
    }

    fn make_secrets(&self, target: &mut Target) -> Vec<(ClientId, Hidden)> {
        let mut made = Vec::new();
        for id in &target.without_secret {
            if let Some(client) = target.state.clients.get_mut(id) {
                let (secret, stored) = validate::fresh(self.parts.random.as_ref());
                client.secrets = vec![stored];
                made.push((id.clone(), Hidden::new(secret.expose())));
            }
        }
        made
    }
}
