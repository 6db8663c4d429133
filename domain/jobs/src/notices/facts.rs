//! What is known when something is told: the run, its job as the default branch has it, and what was before.

use super::people::About;
use super::range::Range;
use super::rules::{self, Event, Moment, Wish};
use super::slow;
use super::store::{self, Good};
use crate::file::{self, Notify, Recipient};
use crate::jobs::{self, Job};
use crate::runs::{Run, State};
use base::Result;
use base::id::RunId;
use db::Tx;
use std::time::Duration;

pub(super) struct Facts {
    pub run: Run,
    pub job: Job,
    /// What the file says on the default branch now.
    pub model: file::Job,
    pub rules: Vec<Notify>,
    pub moment: Moment,
    /// The last run of the same line that passed.
    pub good: Option<Good>,
    /// How long runs of the job usually take, when this one takes longer.
    pub usual: Option<Duration>,
    /// The first of the failures in a row, or of the blocked runs.
    trouble: Option<RunId>,
}

impl Facts {
    pub async fn load(tx: &mut Tx, run: Run, event: Event) -> Result<Self> {
        let job = jobs::unchecked(tx, run.job).await?;
        let model = jobs::definition(tx, job.definition).await?.model;
        let good = store::last_good(tx, &run).await?;
        let since = good.as_ref().map(|good| good.id);
        let (failed, first) = store::failed_since(tx, &run, since).await?;
        let is_bad = matches!(event, Event::Ended(state) if state.is_bad());
        let trouble = match event {
            Event::Ended(State::Blocked) => store::blocked_since(tx, &run, since).await?.or(Some(run.id)),
            Event::NobodyFits => Some(run.id),
            _ if is_bad => first.or(Some(run.id)),
            _ => first,
        };
        let failures = u64::try_from(failed).unwrap_or(0) + u64::from(is_bad);
        let moment = Moment { event, before: store::before(tx, &run).await?, failures };
        let rules = rules::of(&model);
        let usual = if event == Event::Slow { slow::usual(store::took(tx, &run).await?) } else { None };
        Ok(Self { run, job, model, rules, moment, good, usual, trouble })
    }

    /// Whether it ended in a way that somebody should look at.
    pub fn is_bad(&self) -> bool {
        matches!(self.moment.event, Event::Ended(state) if state.is_bad())
    }

    /// Whether it passed after one that did not.
    pub fn recovers(&self) -> bool {
        self.moment.event == Event::Ended(State::Succeeded) && self.moment.before.is_some_and(State::is_bad)
    }

    /// What sort of news it is.
    pub fn kind(&self) -> &'static str {
        match self.moment.event {
            Event::Started => "job.started",
            Event::NobodyFits => "job.no_agent_fits",
            Event::Slow => "job.slow",
            Event::Ended(State::Succeeded) if self.recovers() => "job.recovered",
            Event::Ended(state) => match state {
                State::Succeeded => "job.succeeded",
                State::Failed => "job.failed",
                State::TimedOut => "job.timed_out",
                State::Lost => "job.lost",
                State::Cancelled => "job.cancelled",
                State::Blocked => "job.blocked",
                State::Skipped => "job.skipped",
                State::Waiting | State::Queued | State::Running | State::Held | State::Cancelling => {
                    "job.changed"
                }
            },
        }
    }

    /// What names the cause: the same run tells the same thing once.
    pub fn key(&self) -> String {
        format!("run {} {}", self.run.id, self.kind())
    }

    /// What belongs together: a failure, those after it, and its end.
    pub fn thread(&self) -> Option<String> {
        let word = match self.moment.event {
            Event::Ended(State::Blocked) => "blocked",
            Event::NobodyFits => "no agent",
            Event::Ended(_) if self.is_bad() || self.recovers() => "trouble",
            _ => return None,
        };
        Some(format!("job {} {word} {}", self.job.id, self.trouble?))
    }

    /// What people are told about.
    pub fn about(&self, range: &Range) -> About<'_> {
        About {
            job: &self.job,
            model: &self.model,
            run: Some(&self.run),
            authors: range.authors(),
            thread: self.thread(),
            needs: vec![self.run.subject()],
        }
    }

    /// Whom the rules have told, and how. Nobody twice.
    pub fn wishes(&self) -> Vec<(Recipient, Wish)> {
        let mut all: Vec<(Recipient, Wish)> = Vec::new();
        for rule in &self.rules {
            let Some(wish) = rules::wish(rule, &self.moment) else { continue };
            for to in &rule.to {
                match all.iter_mut().find(|(known, _)| known == to) {
                    Some((_, known)) => *known = known.or(wish),
                    None => all.push((to.clone(), wish)),
                }
            }
        }
        all
    }
}
