//! An agent for tests: claims, reports and ends, by the verbs that the requests of a real one reach.

use super::claim::{self, Claimed};
use super::finish::{self, Ending};
use super::{AttemptState, lease, output};
use crate::agents::Agent;
use crate::runs::Metric;
use base::id::{AgentId, AttemptId};
use base::{Error, Result};
use db::Tx;
use repos::Sealing;
use std::collections::BTreeMap;

/// A try that an agent of a test holds.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub attempt: AttemptId,
    pub agent: AgentId,
    pub epoch: i64,
    pub part: String,
    pub secrets: BTreeMap<String, String>,
}

impl Held {
    pub(crate) async fn claim(tx: &mut Tx, agent: &Agent, sealing: &Sealing) -> Vec<Self> {
        Self::of(claim::claim(tx, agent, 8).await.expect("claimed"), agent, sealing)
    }

    fn of(claimed: Vec<Claimed>, agent: &Agent, sealing: &Sealing) -> Vec<Self> {
        let held = |claimed: Claimed| Self {
            attempt: claimed.attempt.id,
            agent: agent.id,
            epoch: claimed.attempt.epoch,
            part: claimed.part.model.name.clone(),
            secrets: claimed.facts.opened(sealing).expect("opened"),
        };
        claimed.into_iter().map(held).collect()
    }

    /// Ends this one and asks for the next.
    pub(crate) async fn finish_for_next(
        &self,
        tx: &mut Tx,
        agent: &Agent,
        sealing: &Sealing,
    ) -> Result<Vec<Self>> {
        self.finish(tx, "succeeded").await?;
        Ok(Self::of(claim::next(tx, agent, self.attempt).await?, agent, sealing))
    }

    /// Says which tries an agent has, as every claim does.
    pub(crate) async fn says_it_has(tx: &mut Tx, agent: &Agent, have: &[AttemptId]) {
        let held = super::store::of_agent(tx, agent.id).await.expect("read");
        claim::hand_back(tx, held, have).await.expect("handed back");
    }

    /// Says which labels an agent has, as every claim does.
    pub(crate) async fn says_its_labels(tx: &mut Tx, agent: &mut Agent, labels: &[(&str, &str)]) {
        let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let sign = claim::Sign { labels: Some(labels), ..claim::Sign::default() };
        claim::seen(tx, agent, sign).await.expect("noted");
    }

    /// Says that it goes on; returns why it is to stop.
    pub(crate) async fn renew(&self, tx: &mut Tx) -> Result<Option<String>> {
        let order = lease::renew(tx, self.agent, self.attempt, self.epoch, AttemptState::Running).await?;
        Ok(order.cancel)
    }

    pub(crate) async fn print(&self, tx: &mut Tx, offset: i64, bytes: &[u8]) -> Result<i64> {
        output::append(tx, self.agent, self.attempt, self.epoch, offset, bytes).await
    }

    pub(crate) async fn finish(&self, tx: &mut Tx, outcome: &str) -> Result<()> {
        self.finish_with(tx, outcome, 0, &[]).await
    }

    pub(crate) async fn finish_with(
        &self,
        tx: &mut Tx,
        outcome: &str,
        log_bytes: i64,
        metrics: &[(&str, f64)],
    ) -> Result<()> {
        // `failed 75` is a failure with that code, `failed agent_restarted` one for that reason, `failed unbegun` the same before any step.
        let (word, detail) = outcome.split_once(' ').unwrap_or((outcome, "1"));
        let (code, reason) = if detail.parse::<i64>().is_ok() { (detail, None) } else { ("1", Some(detail)) };
        let reason = reason.map(|reason| if reason == "unbegun" { "agent_restarted" } else { reason });
        let outcome = AttemptState::parse(word)?;
        let exit_code = match outcome {
            AttemptState::Succeeded => Some(0),
            AttemptState::Failed => Some(code.parse().map_err(|_| Error::invalid("test", "a code"))?),
            _ => None,
        };
        let ending = Ending {
            outcome,
            exit_code,
            signal: None,
            reason: reason.map(str::to_owned),
            sentence: None,
            failed_step: None,
            log_bytes,
            metrics: metrics
                .iter()
                .map(|(name, value)| Metric { name: (*name).to_owned(), value: *value, unit: None })
                .collect(),
            artifacts: Vec::new(),
            image_digest: None,
            has_begun: (detail == "unbegun").then_some(false),
            print: format!("{word} {code} {log_bytes}"),
        };
        finish::finish(tx, self.agent, self.attempt, self.epoch, ending, finish::Tail::default()).await
    }
}
