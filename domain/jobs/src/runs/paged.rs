//! Reads for clients that page by counting: how many there are, and some of them after so many others.

use super::{Run, State, store};
use crate::jobs;
use base::id::{AgentId, JobId};
use base::{Result, Right};
use db::Tx;
use std::collections::BTreeSet;

/// How many runs a job has in these states; in any, when none is named.
pub async fn count(tx: &mut Tx, job: JobId, states: &[State]) -> Result<usize> {
    jobs::require(tx, job, Right::View).await?;
    store::count(tx, job, states).await
}

/// Runs of a job in these states, newest first, without the first `skip`.
pub async fn page(tx: &mut Tx, job: JobId, states: &[State], skip: usize, limit: usize) -> Result<Vec<Run>> {
    jobs::require(tx, job, Right::View).await?;
    store::page(tx, job, states, skip, limit).await
}

/// The agents that do something now. For members.
pub async fn busy_agents(tx: &mut Tx) -> Result<BTreeSet<AgentId>> {
    let busy = crate::agents::busy(tx).await?;
    Ok(busy.into_iter().filter(|(_, parts)| *parts > 0).map(|(agent, _)| agent).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::hub;

    db::on_both! {
        hub;

        async fn runs_are_counted_and_paged_by_their_states(hub) {
            hub.commit("name: build\nsteps: [{run: 'true'}]\noverlap: allow_all\n").await;
            let agent = hub.agent("one", &[]).await;
            for outcome in ["succeeded", "failed", "succeeded"] {
                hub.run("build").await;
                hub.carry_out(&agent, outcome).await;
            }
            let job = hub.job("build").await;
            let mut tx = hub.by(&hub.bob).await;
            assert_eq!(count(&mut tx, job.id, &[]).await.expect("counted"), 3);
            assert_eq!(count(&mut tx, job.id, &[State::Succeeded]).await.expect("counted"), 2);
            let numbers = |runs: Vec<Run>| runs.into_iter().map(|run| run.number).collect::<Vec<_>>();
            assert_eq!(numbers(page(&mut tx, job.id, &[], 1, 5).await.expect("listed")), [2, 1]);
            assert_eq!(numbers(page(&mut tx, job.id, &[State::Succeeded], 1, 5).await.expect("listed")), [1]);
            assert_eq!(numbers(page(&mut tx, job.id, &[State::Failed], 0, 1).await.expect("listed")), [2]);
            assert!(busy_agents(&mut tx).await.expect("told").is_empty());
            let names = jobs::names(&mut tx).await.expect("named");
            assert_eq!(names.len(), 1);
            assert_eq!((names[0].job, names[0].name.as_str(), names[0].is_gone), (job.id, "build", false));
            drop(tx);
            let mut tx = hub.by(&hub.gus).await;
            assert!(count(&mut tx, job.id, &[]).await.expect_err("hidden").is_missing());
        }
    }
}
