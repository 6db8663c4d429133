//! Loading a situation from the tables, in the caller's transaction.

use super::{Candidate, Decision, Live, LiveState, Place, Situation, Waiting, decide};
use crate::deployments::{self, Deployment, Kind, State};
use crate::environments::{self, Environment};
use crate::locks;
use base::id::DeploymentId;
use base::{Result, Right, Time};
use db::Tx;

/// What somebody asks the gate.
#[derive(Clone, Debug)]
pub struct Question {
    /// What sort of deployment it is about.
    pub kind: Kind,
    /// What is to be deployed.
    pub candidate: Candidate,
    /// At which instant; now otherwise, and never before now.
    pub at: Option<Time>,
    /// The waiting deployment that asks, if it is one: only those in front of it are in its way.
    pub turn_of: Option<DeploymentId>,
}

impl Default for Question {
    fn default() -> Self {
        Self { kind: Kind::Forward, candidate: Candidate::Unasked, at: None, turn_of: None }
    }
}

/// Judges the gate of an environment that the actor may view.
pub async fn ask(tx: &mut Tx, environment: &Environment, question: &Question) -> Result<Decision> {
    environments::check(tx, environment, Right::View).await?;
    Ok(decide(&situation(tx, environment, question).await?))
}

/// Everything that the decision depends on.
pub(crate) async fn situation(
    tx: &mut Tx,
    environment: &Environment,
    question: &Question,
) -> Result<Situation> {
    let now = tx.now();
    let at = question.at.unwrap_or(now).max(now);
    // Who asks about tomorrow does not care what runs now; what nobody can say anything about stays in the way.
    let is_now = at == now;
    let live = live(tx, environment).await?.filter(|live| is_now || live.state == LiveState::Lost);
    let ahead = match question.kind {
        Kind::Forward | Kind::Redeploy if is_now => first_waiting(tx, environment, question.turn_of).await?,
        // What takes something back does not wait behind what brings something new.
        Kind::Forward | Kind::Redeploy | Kind::Rollback => None,
    };
    Ok(Situation {
        at,
        zone: zone(tx).await?,
        environment: Place {
            id: environment.id,
            name: environment.name.clone(),
            enabled: environment.enabled,
            disabled_reason: environment.disabled_reason.clone(),
            epoch: environments::epoch(tx, environment).await?,
            lockers: environments::holders(tx, environment, Right::Lock).await?,
            deployers: environments::holders(tx, environment, Right::Deploy).await?,
        },
        kind: question.kind,
        asker: tx.actor().user,
        candidate: question.candidate.clone(),
        live,
        ahead,
        locks: locks::held(tx, environment).await?,
    })
}

/// The zone of whoever asks.
async fn zone(tx: &mut Tx) -> Result<String> {
    let user = match tx.actor().user {
        Some(user) => people::users::opt(tx, user).await?,
        None => None,
    };
    Ok(user.map_or_else(|| "UTC".to_owned(), |user| user.time_zone))
}

/// The deployment that occupies an environment.
pub(crate) async fn live(tx: &mut Tx, environment: &Environment) -> Result<Option<Live>> {
    let found = deployments::live(tx, environment.id).await?;
    let now = tx.now();
    Ok(found.map(|deployment| as_live(deployment, now)))
}

fn as_live(deployment: Deployment, now: Time) -> Live {
    // A lease that has run out is judged here, so that nobody has to wait for the chore that says so.
    let silent_since = deployment.lease_until.filter(|until| *until <= now);
    let (state, since) = match (deployment.state, silent_since) {
        (State::Lost, _) => (LiveState::Lost, deployment.state_at),
        (_, Some(until)) => (LiveState::Lost, until),
        (State::Aborting, None) => (LiveState::Aborting, deployment.state_at),
        (_, None) => (LiveState::Running, deployment.started_at.unwrap_or(deployment.state_at)),
    };
    Live {
        id: deployment.id,
        number: deployment.number,
        task: deployment.task,
        commit: deployment.commit,
        by: deployment.requested_by_name,
        host: deployment.host,
        state,
        since,
    }
}

async fn first_waiting(
    tx: &mut Tx,
    environment: &Environment,
    turn_of: Option<DeploymentId>,
) -> Result<Option<Waiting>> {
    let first = deployments::first_waiting(tx, environment.id).await?;
    let first = first.filter(|deployment| Some(deployment.id) != turn_of);
    Ok(first.map(|deployment| Waiting {
        id: deployment.id,
        number: deployment.number,
        commit: deployment.commit,
        by: deployment.requested_by_name,
        since: deployment.requested_at,
    }))
}
