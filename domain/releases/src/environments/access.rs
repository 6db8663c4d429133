//! Who may do what in an environment.

use super::{Environment, missing, store};
use base::id::EnvironmentId;
use base::{Error, Result, Right, Role};
use db::Tx;
use people::rights::{self, RightSet};

/// The actor's rights in an environment, narrowed to what their token allows.
pub async fn rights_in(tx: &mut Tx, environment: &Environment) -> Result<RightSet> {
    let granted = rights::on(tx, &environment.subject().to_string()).await?;
    Ok(granted.union(by_role(tx.actor(), environment)))
}

/// What somebody may do there without a grant.
fn by_role(actor: &base::Actor, environment: &Environment) -> RightSet {
    let rights = match actor.role {
        Role::Admin | Role::Member if actor.user.is_some() && environment.restricted => {
            RightSet::of(&[Right::View])
        }
        Role::Admin | Role::Member if actor.user.is_some() => {
            RightSet::of(&[Right::View, Right::Comment, Right::Lock, Right::Deploy])
        }
        Role::Admin | Role::Member | Role::Guest => RightSet::NONE,
    };
    rights.narrowed_to(actor)
}

/// Whether the actor may view an environment; grants are looked up only for those whose role does not say it.
pub(super) async fn sees(tx: &mut Tx, environment: &Environment) -> Result<bool> {
    let is_seen = by_role(tx.actor(), environment).contains(Right::View);
    Ok(is_seen || rights_in(tx, environment).await?.contains(Right::View))
}

/// Returns the environment when the actor has `right` there: Missing when they may not even see it, else Denied.
pub async fn require(tx: &mut Tx, id: EnvironmentId, right: Right) -> Result<Environment> {
    let environment = store::get(tx, id).await?.ok_or_else(|| missing(id))?;
    check(tx, &environment, right).await?;
    Ok(environment)
}

/// Checks that the actor has `right` in an environment that was loaded.
pub(crate) async fn check(tx: &mut Tx, environment: &Environment, right: Right) -> Result<()> {
    let held = rights_in(tx, environment).await?;
    if held.contains(right) {
        return Ok(());
    }
    if !held.contains(Right::View) {
        return Err(missing(&environment.name));
    }
    rights::require_scope(tx, right)?;
    let name = &tx.actor().name;
    Err(Error::denied(
        "right.missing",
        format!("{name} does not have the right to {right} in {}", environment.name),
    ))
}

/// Lets what follows reach into the two projects with every right, in the actor's name: the right that counts is the one
/// on the environment, and it has been checked. Give the previous actor back with `tx.become_actor`.
pub(crate) fn beyond(tx: &mut Tx) -> base::Actor {
    let mut actor = tx.actor().clone();
    actor.role = Role::Admin;
    actor.scopes = None;
    tx.become_actor(actor)
}

/// Who has `right` there, in words for a sentence.
pub(crate) async fn holders(tx: &mut Tx, environment: &Environment, right: Right) -> Result<Vec<String>> {
    const NAMED: usize = 4;
    if !environment.restricted {
        return Ok(vec!["any member".to_owned()]);
    }
    let people = people::grants::who_has(tx, &environment.subject().to_string(), right).await?;
    let mut names: Vec<String> =
        people.into_iter().filter(|person| person.active).map(|person| person.name).collect();
    if names.len() > NAMED {
        let others = names.len() - NAMED;
        names.truncate(NAMED);
        names.push(format!("{others} others"));
    }
    Ok(names)
}
