//! Pools: agents that are started when they are needed and end when they are not.
//!
//! Whether to start one is decided from rows alone ([`decide`]). The wish is a row before anything is started, and what is started gets a
//! token that works once: of a server that was killed in between, nothing is started twice, and an agent that comes after it was
//! given up is sent away.

mod api;
mod chores;
mod decide;
mod launch;
mod share;
mod store;
mod tend;
#[cfg(test)]
mod tests;

pub(super) use api::routes;
pub(crate) use chores::{handlers, periodic};
pub use launch::{Launcher, Order, Outcome, Way};
pub(crate) use launch::{arrived, came, is_given_up};
pub use store::Start;
pub(crate) use store::fits_one;
pub(crate) use tend::{after_restart, wake};

use super::store as agents;
use base::id::PoolId;
use base::{Error, Limit, Result, Role, Secret, Time, random};
use db::Tx;
use journal::Subject;
use people::rights;
use repos::Sealing;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// No pool is larger.
const MOST: i64 = 1_000;
/// A boot or an idle time is at most a day.
const LONGEST_S: i64 = 86_400;
const COMMAND_CHARS: usize = 4_000;

/// A pool of agents.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Its id.
    pub id: PoolId,
    /// Its name; the names of its agents begin with it.
    pub name: String,
    /// How an agent is started.
    pub way: Way,
    /// Labels that its agents get whatever they say.
    pub labels: BTreeMap<String, String>,
    /// So many are kept.
    pub least: i64,
    /// There are never more, those counted that are still being started.
    pub most: i64,
    /// One that does nothing for so long ends.
    pub idle_s: i64,
    /// One that has not come after so long is given up.
    pub boot_s: i64,
    /// What its last agent could be asked for by name.
    pub known: BTreeMap<String, String>,
    /// Why its last start failed.
    pub trouble: Option<Trouble>,
    /// When it was made.
    pub made_at: Time,
}

/// Why starting fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// How often one after the other.
    pub failures: i64,
    /// Until when nothing is started because of it.
    pub rests_until: Time,
    /// When it failed last.
    pub at: Time,
    /// What happened, in a sentence.
    pub sentence: String,
    /// The end of what the start command wrote.
    pub output: String,
}

impl Pool {
    /// What its entries are kept under.
    pub fn subject(&self) -> Subject {
        Subject::new("agent_pool", self.id.0)
    }

    /// What a job can ask its agents for by name.
    pub(crate) fn offers(&self) -> BTreeMap<String, String> {
        let mut all = self.known.clone();
        all.extend(self.labels.clone());
        all
    }

    fn told(&self) -> serde_json::Value {
        let (command, webhook) = match &self.way {
            Way::Command(command) => (Some(command), None),
            Way::Webhook(address) => (None, Some(address)),
        };
        json!({
            "name": self.name, "command": command, "webhook": webhook, "labels": self.labels, "min": self.least, "max": self.most,
            "idle_seconds": self.idle_s, "boot_seconds": self.boot_s,
        })
    }
}

/// What a pool is made from, and what may change about it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How an agent is started.
    pub way: Way,
    /// Labels that its agents get whatever they say.
    pub labels: BTreeMap<String, String>,
    /// So many are kept.
    pub least: i64,
    /// There are never more.
    pub most: i64,
    /// One that does nothing for so long ends.
    pub idle_s: i64,
    /// One that has not come after so long is given up.
    pub boot_s: i64,
}

impl Plan {
    /// The plan that a pool has.
    pub fn of(pool: &Pool) -> Self {
        Self {
            way: pool.way.clone(),
            labels: pool.labels.clone(),
            least: pool.least,
            most: pool.most,
            idle_s: pool.idle_s,
            boot_s: pool.boot_s,
        }
    }

    fn check(&self) -> Result<()> {
        if self.most < 1 || self.most > MOST || self.least < 0 || self.least > self.most {
            let message = format!("A pool keeps between 0 and its most, and has at most {MOST} agents");
            return Err(Error::invalid("pool.size", message));
        }
        if !(0..=LONGEST_S).contains(&self.idle_s) || !(5..=LONGEST_S).contains(&self.boot_s) {
            let message = "The idle time is up to a day, and the boot time between 5 seconds and a day";
            return Err(Error::invalid("pool.times", message));
        }
        match &self.way {
            Way::Command(command) if command.trim().is_empty() || command.contains('\0') => {
                Err(Error::invalid("pool.command", "The start command is empty"))
            }
            Way::Command(command) if command.chars().count() > COMMAND_CHARS => {
                let message =
                    format!("A start command has at most {COMMAND_CHARS} characters; call a script");
                Err(Error::invalid("pool.command", message))
            }
            Way::Webhook(address) if !address.starts_with("https://") && !address.starts_with("http://") => {
                Err(Error::invalid("pool.webhook", "A webhook is an http or https address"))
            }
            Way::Command(_) | Way::Webhook(_) => super::invite::check_labels(&self.labels),
        }
    }
}

fn missing(name: &str) -> Error {
    Error::missing("pool.missing", format!("There is no pool {name:.100}"))
}

fn is_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
}

/// The pools, by name. For members.
pub async fn list(tx: &mut Tx) -> Result<Vec<Pool>> {
    rights::require_role(tx, Role::Member)?;
    store::all(tx).await
}

/// One pool. For members.
pub async fn named(tx: &mut Tx, name: &str) -> Result<Pool> {
    rights::require_role(tx, Role::Member)?;
    store::named(tx, name).await?.ok_or_else(|| missing(name))
}

/// The last agents that a pool wanted, newest first. For members.
pub async fn starts(tx: &mut Tx, pool: PoolId, limit: usize) -> Result<Vec<Start>> {
    rights::require_role(tx, Role::Member)?;
    store::starts(tx, pool, limit).await
}

/// How many agents each pool waits for. For members.
pub async fn booting(tx: &mut Tx) -> Result<BTreeMap<PoolId, i64>> {
    rights::require_role(tx, Role::Member)?;
    store::booting(tx).await
}

/// Makes a pool. With a webhook there is a secret that its requests are signed with; it is shown only here. For administrators: the
/// command runs on the server.
pub async fn create(
    tx: &mut Tx,
    sealing: &Sealing,
    name: &str,
    plan: Plan,
) -> Result<(Pool, Option<Secret>)> {
    rights::require_admin(tx).await?;
    if !is_name(name) {
        let message = "A pool is named with up to 40 small letters, digits and hyphens";
        return Err(Error::invalid("pool.name", message));
    }
    plan.check()?;
    if store::named(tx, name).await?.is_some() {
        return Err(Error::conflict("pool.taken", format!("There is a pool {name} already")));
    }
    let pool = Pool {
        id: tx.new_id(),
        name: name.to_owned(),
        way: plan.way,
        labels: plan.labels,
        least: plan.least,
        most: plan.most,
        idle_s: plan.idle_s,
        boot_s: plan.boot_s,
        known: BTreeMap::new(),
        trouble: None,
        made_at: tx.now(),
    };
    store::insert(tx, &pool).await?;
    let secret = match &pool.way {
        Way::Webhook(_) => Some(new_secret(tx, sealing, pool.id).await?),
        Way::Command(_) => None,
    };
    journal::enter(tx, "agent_pool.created", pool.subject(), &[], pool.told());
    wake(tx).await?;
    Ok((pool, secret))
}

async fn new_secret(tx: &mut Tx, sealing: &Sealing, pool: PoolId) -> Result<Secret> {
    let secret = Secret::new(format!("sbp_{}", random::word::<32>()));
    store::set_secret(tx, pool, &sealing.seal(&launch::purpose(pool), &secret)).await?;
    Ok(secret)
}

/// Changes a pool. One that gets a webhook instead of a command gets a secret with it. For administrators.
pub async fn change(
    tx: &mut Tx,
    sealing: &Sealing,
    name: &str,
    plan: Plan,
) -> Result<(Pool, Option<Secret>)> {
    rights::require_admin(tx).await?;
    plan.check()?;
    let before = store::named(tx, name).await?.ok_or_else(|| missing(name))?;
    let mut pool = before.clone();
    (pool.way, pool.labels) = (plan.way, plan.labels);
    (pool.least, pool.most, pool.idle_s, pool.boot_s) = (plan.least, plan.most, plan.idle_s, plan.boot_s);
    let mut secret = None;
    if pool != before {
        store::update(tx, &pool).await?;
        if matches!((&before.way, &pool.way), (Way::Command(_), Way::Webhook(_))) {
            secret = Some(new_secret(tx, sealing, pool.id).await?);
        }
        let data = json!({"name": pool.name, "before": before.told(), "after": pool.told()});
        journal::enter(tx, "agent_pool.changed", pool.subject(), &[], data);
    }
    wake(tx).await?;
    Ok((pool, secret))
}

/// Starts agents again after failures, without waiting longer. For administrators.
pub async fn retry(tx: &mut Tx, name: &str) -> Result<Pool> {
    rights::require_admin(tx).await?;
    let mut pool = store::named(tx, name).await?.ok_or_else(|| missing(name))?;
    if pool.trouble.take().is_some() {
        store::set_trouble(tx, pool.id, None).await?;
        journal::enter(tx, "agent_pool.retried", pool.subject(), &[], json!({"name": pool.name}));
    }
    wake(tx).await?;
    Ok(pool)
}

/// Removes a pool: nothing more is started, and its agents end when they have done what they do. For administrators.
pub async fn remove(tx: &mut Tx, name: &str) -> Result<()> {
    rights::require_admin(tx).await?;
    let pool = store::named(tx, name).await?.ok_or_else(|| missing(name))?;
    store::remove(tx, pool.id).await?;
    for start in store::live_starts(tx, pool.id).await? {
        store::end_start(tx, start.id, "given_up", Some("The pool was removed")).await?;
    }
    for agent in agents::of_pool(tx, pool.id).await? {
        agents::set_draining(tx, agent.id, true).await?;
    }
    journal::enter(tx, "agent_pool.removed", pool.subject(), &[], pool.told());
    Ok(())
}

/// Whether nothing more is to be expected of an agent that was started here: it was given up, or it has left so long ago.
pub async fn is_over(tx: &mut Tx, instance: &str, since: Duration) -> Result<bool> {
    let Some((state, agent_gone_at)) = store::ending_of(tx, instance).await? else { return Ok(true) };
    let is_gone = agent_gone_at.is_some_and(|at| tx.now().since(at) > since);
    Ok(is_gone || matches!(state.as_str(), "given_up" | "failed"))
}

/// A word that can be read in a log, for one agent of a pool.
fn instance(pool: &Pool) -> String {
    format!("{}-{}", pool.name, random::word::<8>().to_ascii_lowercase())
}

/// The end of what a command wrote, as much as a person looks at.
fn tail(tx: &Tx, output: &str) -> String {
    let most = tx.limits().count(Limit::FieldTextChars).max(1) * 2;
    let skip = output.chars().count().saturating_sub(most);
    output.chars().skip(skip).filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
