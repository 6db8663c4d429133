//! Stopping runs, and letting manual stages begin.

use super::{Run, State, advance, missing, store};
use base::id::RunId;
use base::{Error, Result, Right};
use db::Tx;
use serde_json::json;

/// Asks for a run to stop. What runs is told with its next sign of life, and has time to clean up.
pub async fn cancel(tx: &mut Tx, id: RunId, reason: Option<&str>) -> Result<Run> {
    let (run, _) = super::require(tx, id, Right::Run).await?;
    if run.state.is_over() {
        return Err(Error::conflict(
            "run.over",
            format!("Too late to cancel: run {} {}", run.number, run.state.in_words()),
        ));
    }
    let by = tx.actor().name.clone();
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    let sentence = match reason {
        Some(reason) => format!("{by} cancelled it: {reason}"),
        None => format!("{by} cancelled it"),
    };
    stop(tx, id, &by, &sentence, false).await?;
    super::unchecked(tx, id).await
}

/// Stops the runs that stand in the way of a newer one.
pub(super) async fn cancel_all(tx: &mut Tx, runs: &[Run], why: &str, at_once: bool) -> Result<()> {
    for run in runs {
        Box::pin(stop(tx, run.id, "Signalbox", why, at_once)).await?;
    }
    Ok(())
}

async fn stop(tx: &mut Tx, id: RunId, by: &str, sentence: &str, at_once: bool) -> Result<()> {
    let mut run = store::hold(tx, id).await?.ok_or_else(|| missing(id))?;
    if run.state.is_over() || run.state == State::Cancelling {
        return Ok(());
    }
    let was_waiting = run.state == State::Waiting;
    run.cancel_by = Some(by.to_owned());
    run.cancel_reason = Some(sentence.to_owned());
    run.state = State::Cancelling;
    run.state_at = tx.now();
    run.sentence = Some(sentence.to_owned());
    store::update(tx, &run).await?;
    store::set_at_once(tx, id, at_once).await?;
    journal::enter(
        tx,
        "run.cancel_asked",
        run.subject(),
        &run.parents(),
        json!({"number": run.number, "reason": sentence, "was_waiting": was_waiting}),
    );
    // What holds a connection open to hear of this is woken by the commit.
    tx.wake();
    advance::advance(tx, id).await
}

/// Lets the manual stage begin that a run waits with.
pub async fn release(tx: &mut Tx, id: RunId) -> Result<Run> {
    super::require(tx, id, Right::Run).await?;
    let mut run = store::hold(tx, id).await?.ok_or_else(|| missing(id))?;
    if run.state != State::Held {
        return Err(Error::conflict(
            "run.not_held",
            format!("Run {} does not wait for a person", run.number),
        ));
    }
    let parts = store::parts(tx, id).await?;
    let stage = parts.iter().find(|part| part.state == super::PartState::Pending).map(|part| part.stage);
    let Some(stage) = stage else {
        return Err(Error::bug("run.held", "a run waits with a stage that has no parts"));
    };
    run.released.push(stage);
    store::update(tx, &run).await?;
    journal::enter(
        tx,
        "run.released",
        run.subject(),
        &run.parents(),
        json!({"number": run.number, "stage": stage}),
    );
    advance::advance(tx, id).await?;
    super::unchecked(tx, id).await
}
