//! What a fetch found, written down: the state, the next look, and the journal when something changed.

use super::{Repository, State, get, request_fetch, store};
use crate::git::Fetched;
use base::id::RepositoryId;
use base::{Error, Result, Time};
use db::Tx;
use serde_json::json;
use std::time::Duration;

/// An unreadable remote is tried again ever more rarely, but at least so often.
const PAUSE_MAX: Duration = Duration::from_secs(3_600);

/// Records the outcome of a fetch and returns the repository as it is now.
pub(crate) async fn record(tx: &mut Tx, id: RepositoryId, outcome: &Result<Fetched>) -> Result<Repository> {
    let before = get(tx, id).await?;
    match outcome {
        Ok(fetched) => succeeded(tx, &before, fetched).await?,
        Err(error) => failed(tx, &before, error).await?,
    }
    get(tx, id).await
}

async fn succeeded(tx: &mut Tx, before: &Repository, fetched: &Fetched) -> Result<()> {
    let state = if fetched.is_shallow { State::Shallow } else { State::Ready };
    let known = store::hidden(tx, before.id).await?.refs_digest;
    let next = next_look(tx.now(), before.poll_s, 0);
    let remote_branch = match &before.chosen_branch {
        // Only the chosen one was asked for.
        Some(_) => before.remote_branch.clone(),
        None => fetched.default_branch.clone(),
    };
    store::set_fetched(tx, before.id, state, remote_branch, &fetched.digest, next).await?;
    // Another node may have told of the same refs already; coming back from failure is told in any case.
    if known.as_deref() == Some(&fetched.digest) && before.state == state {
        return Ok(());
    }
    let told = json!({
        "name": before.name, "refs": fetched.changes, "count": fetched.n_changed, "old_state": before.state, "state": state,
    });
    journal::enter(tx, "repository.fetched", before.subject(), &[], told);
    Ok(())
}

async fn failed(tx: &mut Tx, before: &Repository, error: &Error) -> Result<()> {
    let failures = store::hidden(tx, before.id).await?.failures + 1;
    let next = next_look(tx.now(), before.poll_s, failures);
    store::set_unreadable(tx, before.id, error.message(), next).await?;
    if before.state != State::Unreadable {
        let told = json!({"name": before.name, "problem": error.message(), "code": error.code()});
        journal::enter(tx, "repository.unreadable", before.subject(), &[], told);
    }
    Ok(())
}

fn next_look(now: Time, poll_s: u64, failures: i64) -> Option<Time> {
    if poll_s == 0 {
        return None;
    }
    let poll = Duration::from_secs(poll_s);
    let doubled = poll.saturating_mul(1 << failures.clamp(0, 12));
    Some(now.plus(doubled.min(PAUSE_MAX.max(poll))))
}

/// Has every repository fetched whose time has come; returns how many.
pub(crate) async fn due(tx: &mut Tx) -> Result<usize> {
    let due = store::due(tx).await?;
    let again = tx.now().plus(PAUSE_MAX);
    for id in &due {
        request_fetch(tx, *id).await?;
        // The outcome sets the next look; until then this one is on its way.
        store::set_next_fetch(tx, *id, again).await?;
    }
    Ok(due.len())
}

/// Whether the time of any repository has come.
pub(crate) async fn is_any_due(tx: &mut Tx) -> Result<bool> {
    Ok(!store::due(tx).await?.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_make_the_looks_rarer_but_never_end_them() {
        let now = Time::from_millis(0);
        for (poll_s, failures, seconds) in [
            (60, 0, Some(60)),
            (60, 1, Some(120)),
            (60, 3, Some(480)),
            (60, 40, Some(3_600)),
            (86_400, 5, Some(86_400)),
            (0, 0, None),
            (0, 5, None),
        ] {
            assert_eq!(
                next_look(now, poll_s, failures).map(|at| at.millis() / 1_000),
                seconds,
                "{poll_s} {failures}"
            );
        }
    }
}
