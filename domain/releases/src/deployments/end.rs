//! The end of a deployment: reported by its wrapper, asked for by a person, or decided by one when nobody knows.

use super::state::{Event, Outcome, State};
use super::{Deployment, chores, missing, parents, store, subject, task};
use crate::environments::{self, Environment};
use base::id::DeploymentId;
use base::{Error, Limit, Result};
use db::Tx;
use serde_json::json;

/// How a command ended, as its wrapper reports it.
#[derive(Clone, Debug)]
pub struct Ending {
    /// How.
    pub outcome: Outcome,
    /// The exit code, when it exited.
    pub exit_code: Option<i64>,
    /// The signal, when it was killed.
    pub signal: Option<i64>,
    /// Why, in somebody's words.
    pub reason: Option<String>,
    /// How many bytes of output there were; the end waits until they are here.
    pub output_bytes: Option<i64>,
}

/// Takes the wrapper's report of the end. The same report again answers the same.
pub async fn finish(tx: &mut Tx, id: DeploymentId, token: i64, ending: &Ending) -> Result<Deployment> {
    let (seen, _) = super::driven(tx, id).await?;
    let environment = environments::hold(tx, seen.environment).await?;
    let mut deployment = store::hold(tx, seen.id).await?.ok_or_else(|| missing(id))?;
    if deployment.token != Some(token) {
        return Err(Error::gone("lease.lost", "This token no longer holds a deployment here"));
    }
    let before = deployment.state;
    let after = before.after(Event::Finished(ending.outcome), false)?;
    if after == before {
        return Ok(deployment);
    }
    if ending.outcome == Outcome::Succeeded
        && (ending.signal.is_some() || ending.exit_code.is_some_and(|code| code != 0))
    {
        return Err(Error::invalid(
            "deployment.outcome",
            "A command that did not exit with 0 has not succeeded",
        ));
    }
    if let Some(sent) = ending.output_bytes.filter(|sent| *sent > deployment.output_bytes) {
        return Err(super::log::gap(sent, deployment.output_bytes));
    }
    check_reason(tx, ending.reason.as_deref())?;
    deployment.exit_code = ending.exit_code;
    deployment.signal = ending.signal;
    deployment.reason = ending.reason.clone();
    end(tx, &environment, &mut deployment, after).await?;
    let comment = if after == State::Succeeded { None } else { Some(obituary(tx, &deployment).await?) };
    if after == State::Succeeded {
        task::complete(tx, &deployment, comment).await?;
    } else {
        task::say(tx, &deployment, comment).await?;
    }
    let data = json!({
        "environment": environment.name, "number": deployment.number, "commit": deployment.commit,
        "exit_code": deployment.exit_code, "signal": deployment.signal, "reason": deployment.reason,
        "was": before, "output_bytes": deployment.output_bytes,
    });
    let verb = match ending.outcome {
        Outcome::Succeeded => "deployment.succeeded",
        Outcome::Failed => "deployment.failed",
        Outcome::Aborted => "deployment.aborted",
        Outcome::TimedOut => "deployment.timed_out",
    };
    journal::enter(tx, verb, subject(deployment.id), &parents(&deployment, &environment), data);
    Ok(deployment)
}

/// Everything that any end means: the lease is over, the environment is free, the log becomes a file.
async fn end(
    tx: &mut Tx,
    environment: &Environment,
    deployment: &mut Deployment,
    state: State,
) -> Result<()> {
    let now = tx.now();
    deployment.state = state;
    deployment.state_at = now;
    deployment.ended_at = Some(now);
    deployment.lease_until = None;
    store::update(tx, deployment).await?;
    if state == State::Succeeded {
        environments::set_deployed(tx, environment.id, deployment.id).await?;
    }
    environments::bump(tx, environment.id).await?;
    chores::keep_log(tx, deployment.id).await
}

/// What a task says of a deployment that did not succeed: how it ended, and the end of its log.
async fn obituary(tx: &mut Tx, deployment: &Deployment) -> Result<String> {
    let how = match (deployment.state, deployment.exit_code, deployment.signal) {
        (State::Aborted, _, _) => match &deployment.abort_asked_by {
            Some(by) => format!("{by} had this deployment aborted"),
            None => "This deployment was aborted".to_owned(),
        },
        (State::TimedOut, _, _) => "This deployment took too long and was stopped".to_owned(),
        (_, _, Some(signal)) => format!("This deployment failed: its command was killed by signal {signal}"),
        (_, Some(code), None) => format!("This deployment failed: its command ended with {code}"),
        (_, None, None) => "This deployment failed".to_owned(),
    };
    let why = deployment.reason.as_ref().or(deployment.abort_reason.as_ref());
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    let tail = task::tail(tx, deployment).await?;
    Ok(if tail.is_empty() {
        format!("{how}{why}. It printed nothing.")
    } else {
        format!("{how}{why}. The end of its log:\n\n{tail}")
    })
}

fn check_reason(tx: &Tx, reason: Option<&str>) -> Result<()> {
    tx.limits().check(Limit::TextChars, reason.map_or(0, |reason| reason.chars().count()), "the reason")
}

/// Asks for a deployment to stop: its wrapper is told with its next report. One that still waits is simply over.
pub async fn abort(tx: &mut Tx, id: DeploymentId, reason: Option<&str>) -> Result<Deployment> {
    let (seen, _) = super::driven(tx, id).await?;
    check_reason(tx, reason)?;
    let environment = environments::hold(tx, seen.environment).await?;
    let mut deployment = store::hold(tx, seen.id).await?.ok_or_else(|| missing(id))?;
    let before = deployment.state;
    let after = before.after(Event::AbortAsked, deployment.abort_asked())?;
    if after == before {
        return Ok(deployment);
    }
    let now = tx.now();
    deployment.state = after;
    deployment.state_at = now;
    deployment.abort_asked_by = Some(tx.actor().name.clone());
    deployment.abort_reason = reason.map(str::trim).filter(|reason| !reason.is_empty()).map(str::to_owned);
    let verb = if before == State::Queued {
        deployment.ended_at = Some(now);
        deployment.lease_until = None;
        deployment.slot = None;
        "deployment.aborted"
    } else {
        let why = deployment.abort_reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        task::say(
            tx,
            &deployment,
            Some(format!("{} asked for this deployment to stop{why}", tx.actor().name.clone())),
        )
        .await?;
        "deployment.abort_asked"
    };
    store::update(tx, &deployment).await?;
    environments::bump(tx, environment.id).await?;
    let data = json!({"environment": environment.name, "number": deployment.number, "reason": deployment.abort_reason});
    journal::enter(tx, verb, subject(deployment.id), &parents(&deployment, &environment), data);
    Ok(deployment)
}

/// Says how a lost deployment ended, and so frees its environment.
pub async fn resolve(tx: &mut Tx, id: DeploymentId, outcome: Outcome, reason: &str) -> Result<Deployment> {
    let (seen, _) = super::driven(tx, id).await?;
    if reason.trim().is_empty() {
        return Err(Error::invalid(
            "deployment.reason",
            "Say how you know: it is all that later readers have",
        ));
    }
    if !matches!(outcome, Outcome::Succeeded | Outcome::Failed) {
        return Err(Error::invalid("deployment.outcome", "A lost deployment has either succeeded or failed"));
    }
    check_reason(tx, Some(reason))?;
    let environment = environments::hold(tx, seen.environment).await?;
    let mut deployment = store::hold(tx, seen.id).await?.ok_or_else(|| missing(id))?;
    let after = deployment.state.after(Event::Resolved(outcome), false)?;
    deployment.reason = Some(reason.trim().to_owned());
    end(tx, &environment, &mut deployment, after).await?;
    let name = tx.actor().name.clone();
    let text = format!("{name} resolved this deployment: it {after}. {}", reason.trim());
    if after == State::Succeeded {
        task::complete(tx, &deployment, Some(text)).await?;
    } else {
        task::say(tx, &deployment, Some(text)).await?;
    }
    let data = json!({
        "environment": environment.name, "number": deployment.number, "commit": deployment.commit, "outcome": outcome,
        "reason": deployment.reason,
    });
    journal::enter(
        tx,
        "deployment.resolved",
        subject(deployment.id),
        &parents(&deployment, &environment),
        data,
    );
    Ok(deployment)
}
