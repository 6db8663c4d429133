//! "Tell me when it opens": whoever found an environment closed is told once, in their inbox, when it is open for them.
//!
//! A follower of the journal judges the gate after everything that may have opened it, for each person who waits: a claim may let
//! one through and not another. That somebody is told is an entry of its own, `environment.opened`, and the inbox follows that.

pub(crate) mod api;
mod store;
#[cfg(test)]
mod tests;

use crate::environments::{self, Environment};
use crate::gate::Decision;
use crate::gate::load::{self, Question};
use crate::{deployments, words};
use base::id::{EnvironmentId, TaskId, UserId};
use base::{Door, Error, Result, Right};
use db::Tx;
use journal::{Entry, Follower};
use people::{rights, users};
use serde_json::json;
use std::sync::Arc;

/// Whether the actor waits for an environment to open.
pub async fn waits(tx: &mut Tx, environment: EnvironmentId) -> Result<bool> {
    environments::require(tx, environment, Right::View).await?;
    match tx.actor().user {
        Some(user) => store::has(tx, environment, user).await,
        None => Ok(false),
    }
}

/// Has the actor told when the environment opens. Asking again changes nothing.
pub async fn wait(tx: &mut Tx, environment: EnvironmentId) -> Result<()> {
    let environment = environments::require(tx, environment, Right::View).await?;
    let user = users::require_signed_in(tx)?;
    rights::require_scope(tx, Right::Comment)?;
    let decision = load::ask(tx, &environment, &Question::default()).await?;
    if decision.open {
        let name = words::capital(&environment.name);
        return Err(Error::conflict("environment.open", format!("{name} is open already")));
    }
    let task = about(tx, &environment, &decision).await?;
    if store::insert(tx, environment.id, user, task).await? {
        journal::enter(tx, "environment.opening_awaited", environment.subject(), &[], json!({"user": user}));
    }
    Ok(())
}

/// Takes that back.
pub async fn forget(tx: &mut Tx, environment: EnvironmentId) -> Result<()> {
    let environment = environments::require(tx, environment, Right::View).await?;
    let user = users::require_signed_in(tx)?;
    rights::require_scope(tx, Right::Comment)?;
    if store::delete(tx, environment.id, user).await? {
        journal::enter(
            tx,
            "environment.opening_forgotten",
            environment.subject(),
            &[],
            json!({"user": user}),
        );
    }
    Ok(())
}

/// The task that an inbox shows: what keeps the environment closed, or else what was deployed there last.
async fn about(tx: &mut Tx, environment: &Environment, decision: &Decision) -> Result<TaskId> {
    let closing = decision.leading().and_then(|first| first.task);
    if let Some(task) = closing.or_else(|| decision.blockers.iter().find_map(|blocker| blocker.task)) {
        return Ok(task);
    }
    let deployed = deployments::deployed(tx, environment).await?;
    deployed.and_then(|deployment| deployment.task).ok_or_else(|| {
        let name = words::capital(&environment.name);
        Error::conflict(
            "environment.unused",
            format!("Nothing was deployed to {name} yet, so there is no opening to tell of"),
        )
    })
}

/// Those who find out that an environment is open, and those who tell.
pub(crate) fn followers() -> Vec<Follower> {
    let noticing = Follower {
        name: "releases.openings",
        wants: |entry| {
            let nouns = ["task.", "lock.", "deployment.", "environment.changed"];
            nouns.iter().any(|noun| entry.verb.starts_with(noun))
        },
        act: Arc::new(|tx, entry| Box::pin(notice(tx, entry))),
    };
    let telling = Follower {
        name: "releases.openings_told",
        wants: |entry| entry.verb == "environment.opened",
        act: Arc::new(|tx, entry| Box::pin(tell(tx, entry))),
    };
    vec![noticing, telling]
}

async fn notice(tx: &mut Tx, entry: &Entry) -> Result<()> {
    for (environment, user, task) in store::all(tx).await? {
        let environment = environments::unchecked(tx, environment).await?;
        let concerns = std::iter::once(&entry.subject).chain(&entry.parents).any(|subject| {
            *subject == environment.subject()
                || (subject.kind == "project" && subject.id == environment.lock_project.0)
        });
        if !concerns || !is_open_for(tx, &environment, user).await? {
            continue;
        }
        store::delete(tx, environment.id, user).await?;
        let data = json!({"name": environment.name, "user": user, "task": task, "by": entry.actor, "by_name": entry.actor_name});
        journal::enter(tx, "environment.opened", environment.subject(), &[], data);
    }
    Ok(())
}

/// Whether it is open for somebody, who may have lost the right to see it; then nobody is told.
async fn is_open_for(tx: &mut Tx, environment: &Environment, user: UserId) -> Result<bool> {
    let Some(person) = users::opt(tx, user).await?.filter(|person| person.active) else { return Ok(false) };
    let before = tx.become_actor(people::door::actor_of(&person, Door::Web));
    let decision = load::ask(tx, environment, &Question::default()).await;
    tx.become_actor(before);
    match decision {
        Ok(decision) => Ok(decision.open),
        Err(error) if error.is_missing() => Ok(false),
        Err(error) => Err(error),
    }
}

async fn tell(tx: &mut Tx, entry: &Entry) -> Result<()> {
    let id = |key: &str| {
        serde_json::from_value::<i64>(entry.data[key].clone())
            .ok()
            .or_else(|| entry.data[key].as_str()?.parse().ok())
    };
    let (Some(user), Some(task)) = (id("user"), id("task")) else { return Ok(()) };
    // Whoever opened it is named; the entry itself was made by nobody's hand.
    let mut opened = entry.clone();
    opened.actor = id("by").map(UserId);
    opened.actor_name = entry.data["by_name"].as_str().unwrap_or_default().to_owned();
    let name = entry.data["name"].as_str().unwrap_or_default();
    let text = if opened.actor == Some(UserId(user)) {
        format!("were the last in the way: {name} is open now")
    } else {
        format!("opened the way: {name} is open now")
    };
    work::inbox::tell(tx, UserId(user), TaskId(task), &opened, &text).await
}
