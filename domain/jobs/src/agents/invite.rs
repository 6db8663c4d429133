//! Registering: an invitation lets one machine become an agent, once.

use super::{Agent, Machine, pools, store};
use base::id::PoolId;
use base::{Error, Limit, Result, Secret, Time, random};
use db::Tx;
use people::rights;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// An invitation that nobody took ends by itself.
const LASTS: Duration = Duration::from_secs(24 * 3_600);

/// What an invitation is made from.
#[derive(Clone, Debug, Default)]
pub struct NewInvitation {
    /// Labels that the agent gets whatever it says.
    pub labels: BTreeMap<String, String>,
    /// The pool that it is for.
    pub pool: Option<PoolId>,
}

/// An invitation that was found.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Labels that the agent gets whatever it says.
    pub labels: BTreeMap<String, String>,
    /// The pool that it is for.
    pub pool: Option<PoolId>,
    /// When it ends.
    pub ends_at: Time,
}

/// Makes an invitation and returns its text, which is never shown again. For administrators.
pub async fn invite(tx: &mut Tx, new: NewInvitation) -> Result<(Secret, Time)> {
    rights::require_admin(tx).await?;
    let text = Secret::new(format!("sbi_{}", random::word::<32>()));
    let ends_at = tx.now().plus(LASTS);
    store::insert_invitation(tx, &crate::digest::hex(text.reveal().as_bytes()), &new, ends_at).await?;
    let about = journal::Subject::new("workspace", 0);
    journal::enter(tx, "agent.invited", about, &[], json!({"labels": new.labels, "ends_at": ends_at}));
    Ok((text, ends_at))
}

/// Makes a machine an agent. What it holds is an invitation; what it gets is its own token. An agent that chose that token itself (`own`)
/// may ask again when the answer was lost, and becomes the same agent.
pub async fn register(
    tx: &mut Tx,
    invitation: &Secret,
    own: Option<Secret>,
    machine: Machine,
) -> Result<(Agent, Secret)> {
    let hash = crate::digest::hex(invitation.reveal().as_bytes());
    let own = own.map(checked_token).transpose()?;
    if let Some(own) = &own
        && let Some(agent) = store::by_token(tx, &crate::digest::hex(own.reveal().as_bytes())).await?
    {
        return match agent.gone_at {
            None => Ok((agent, own.clone())),
            Some(_) => Err(Error::unauthenticated("agent.gone", "This agent has left, or was removed")),
        };
    }
    if let Some((start, pool)) = pools::arrived(tx, &hash).await? {
        let invitation = Invitation { labels: pool.labels.clone(), pool: Some(pool.id), ends_at: tx.now() };
        let (agent, token) = enroll_as(tx, machine, &invitation, own).await?;
        pools::came(tx, start, &pool, &agent).await?;
        return Ok((agent, token));
    }
    if pools::is_given_up(tx, &hash).await? {
        let message =
            "This agent came too late: its pool has given it up. It has nothing to do here, and ends";
        return Err(Error::unauthenticated("agent.given_up", message));
    }
    let found = store::take_invitation(tx, &hash).await?.filter(|found| found.ends_at > tx.now());
    let found = found.ok_or_else(|| {
        Error::unauthenticated(
            "agent.invitation",
            "This registration token is unknown, was used, or has ended; make a new one under Settings, Agents",
        )
    })?;
    enroll_as(tx, machine, &found, own).await
}

/// A token that an agent chose must be as hard to guess as one that is given.
fn checked_token(token: Secret) -> Result<Secret> {
    let text = token.reveal();
    let is_long = text.strip_prefix("sba_").is_some_and(|word| {
        (32..=200).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    match is_long {
        true => Ok(token),
        false => Err(Error::invalid(
            "agent.token",
            "An agent's own token is sba_ and at least 32 random letters and digits",
        )),
    }
}

/// Makes a machine an agent whose invitation was taken.
#[cfg(test)]
pub(crate) async fn enroll(
    tx: &mut Tx,
    machine: Machine,
    invitation: &Invitation,
) -> Result<(Agent, Secret)> {
    enroll_as(tx, machine, invitation, None).await
}

async fn enroll_as(
    tx: &mut Tx,
    machine: Machine,
    invitation: &Invitation,
    own: Option<Secret>,
) -> Result<(Agent, Secret)> {
    let mut machine = checked(tx, machine)?;
    machine.labels.extend(invitation.labels.clone());
    let token = own.unwrap_or_else(|| Secret::new(format!("sba_{}", random::word::<32>())));
    let now = tx.now();
    let agent = Agent {
        id: tx.new_id(),
        machine,
        given: invitation.labels.clone(),
        draining: false,
        pool: invitation.pool,
        made_at: now,
        seen_at: now,
        gone_at: None,
    };
    store::insert(tx, &agent, &crate::digest::hex(token.reveal().as_bytes())).await?;
    let data =
        json!({"name": agent.machine.name, "labels": agent.machine.labels, "slots": agent.machine.slots});
    journal::enter(tx, "agent.registered", agent.subject(), &[], data);
    Ok((agent, token))
}

fn checked(tx: &Tx, mut machine: Machine) -> Result<Machine> {
    machine.name = machine.name.trim().to_owned();
    if machine.name.is_empty() || machine.name.chars().any(char::is_control) {
        return Err(Error::invalid("agent.name", "An agent needs a name, without line breaks"));
    }
    tx.limits().check(Limit::NameChars, machine.name.chars().count(), "the name")?;
    let most = tx.limits().get(Limit::AgentSlots);
    if !(1..=i64::try_from(most).unwrap_or(i64::MAX)).contains(&machine.slots) {
        return Err(Error::invalid("agent.slots", format!("An agent has 1 to {most} slots")));
    }
    check_labels(&machine.labels)?;
    Ok(machine)
}

/// Labels stand in job files and on pages.
pub(super) fn check_labels(labels: &BTreeMap<String, String>) -> Result<()> {
    for (name, value) in labels {
        let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/".contains(c));
        if name.is_empty() || !is_plain(name) || !is_plain(value) || name.len() + value.len() > 200 {
            return Err(Error::invalid(
                "agent.label",
                format!("The label {name:.60} is not plain: letters, digits and -_.:/ only"),
            ));
        }
    }
    Ok(())
}
