//! One attempt, from its assignment to its end.

mod artifacts;
mod deadline;
mod disk;
mod ending;
mod environment;
mod events;
pub mod order;
mod pattern;
mod renewal;
pub mod report;
mod results;
mod setup;
mod steps;
mod unpack;
pub mod upload;

use crate::contract::{Artifact, Assignment, Finish, Outcome, Phase};
use crate::folder::{Home, Kept};
use crate::output::{Figures, Output, Secrets};
use crate::room::Exit;
use crate::server::Backoff;
use crate::site::Site;
use crate::tree;
use base::Result;
use ending::{Cause, Failure};
use environment::Environment;
use events::Events;
use order::Order;
use report::{Next, Told};
use std::sync::Arc;
use std::time::Duration;
use steps::Steps;
use tokio::sync::watch;
use upload::Log;

/// How long leftover processes of an attempt that ended well get to end by themselves.
const LEFTOVER_GRACE: Duration = Duration::ZERO;

/// An attempt in the hands of this agent.
struct Attempt {
    site: Arc<Site>,
    assignment: Arc<Assignment>,
    home: Home,
    orders: Arc<watch::Sender<Order>>,
    phase: watch::Sender<Phase>,
    next: Option<Next>,
}

/// What came of the work.
#[derive(Default)]
struct Work {
    failure: Option<Failure>,
    artifacts: Vec<Artifact>,
    image_digest: Option<String>,
}

/// Does what `assignment` says and reports it. Whatever happens, nothing of it stays on the machine.
pub async fn carry_out(
    site: Arc<Site>,
    assignment: Assignment,
    orders: Arc<watch::Sender<Order>>,
    next: Option<Next>,
) {
    let assignment = Arc::new(assignment);
    let home = match site.folder.make(assignment.attempt, assignment.epoch) {
        Ok(home) => home,
        Err(error) => return refuse(&site, &assignment, "agent", error.message()).await,
    };
    let (phase, _) = watch::channel(Phase::Starting);
    let attempt = Attempt { site, assignment, home, orders, phase, next };
    if let Err(error) = attempt.run().await {
        tracing::error!("{error:?}");
        refuse(&attempt.site, &attempt.assignment, "agent", error.message()).await;
        attempt.home.remove();
    }
}

/// Reports an attempt that could not even begin.
pub async fn refuse(site: &Site, assignment: &Assignment, reason: &str, sentence: &str) {
    refuse_unread(site, assignment.attempt, assignment.epoch, reason, sentence).await;
}

/// Reports an assignment that could not be understood.
pub async fn refuse_unread(
    site: &Site,
    attempt: base::id::AttemptId,
    epoch: i64,
    reason: &str,
    sentence: &str,
) {
    let mut finish = Finish::without_work(epoch, reason, sentence);
    let log = Log { server: site.server.clone(), attempt, epoch, path: Default::default() };
    let (_orders, watched) = watch::channel(Order::Go);
    report::report(&log, &mut finish, &report::Tail::default(), &watched, site.gives_up.subscribe()).await;
}

impl Finish {
    /// The report of an attempt in which nothing was done.
    pub fn without_work(epoch: i64, reason: &str, sentence: &str) -> Self {
        Self {
            epoch,
            outcome: Outcome::Failed,
            exit_code: None,
            signal: None,
            reason: Some(reason.to_owned()),
            sentence: Some(sentence.to_owned()),
            failed_step: None,
            log_bytes: 0,
            metrics: Vec::new(),
            artifacts: Vec::new(),
            image_digest: None,
            has_begun: None,
        }
    }
}

impl Attempt {
    async fn run(&self) -> Result<()> {
        let (site, assignment) = (&self.site, &self.assignment);
        let hidden = assignment.secrets.values().chain(&assignment.mask).map(|secret| secret.reveal());
        let secrets = Secrets::new(hidden)?;
        let kept = self.kept();
        self.home.keep(&kept)?;
        let output = Output::start(&self.home.log(), assignment.log_limit, &secrets)?;
        let log = Log {
            server: site.server.clone(),
            attempt: assignment.attempt,
            epoch: assignment.epoch,
            path: self.home.log(),
        };
        let written = output.written();
        let renewing = tokio::spawn(renewal::renew(
            site.server.clone(),
            assignment.clone(),
            self.phase.subscribe(),
            written.clone(),
            self.orders.clone(),
        ));
        let uploading = tokio::spawn(log.clone().follow(written.clone(), self.orders.clone()));
        let events = Events::start(site.server.clone(), assignment.clone(), self.orders.clone());
        let work = self.work(kept, &output, &events).await;
        let mut figures = output.close().await;
        figures.merge(self.figures_of_file());
        let log_bytes = *written.borrow();
        let told = self.tell(work, figures, &secrets, log, uploading, events, log_bytes).await;
        renewing.abort();
        if told == Told::Done {
            self.home.remove();
        }
        Ok(())
    }

    fn kept(&self) -> Kept {
        let (attempt, epoch) = (self.assignment.attempt, self.assignment.epoch);
        let marker = format!("{}-{attempt}-{epoch}", self.site.instance);
        let tree = tree::Record { marker, ..tree::Record::default() };
        Kept { attempt, epoch, tree, has_begun: false }
    }

    /// Everything up to the artifacts.
    async fn work(&self, kept: Kept, output: &Output, events: &Events) -> Work {
        let mut orders = self.orders.subscribe();
        let marker = kept.tree.marker.clone();
        let opening = async {
            output.say(setup::heading(&self.site, &self.assignment)).await;
            setup::lay_out(&self.site, &self.assignment, &self.home).await?;
            setup::open(&self.site, &self.assignment, &self.home, kept, output).await
        };
        let opened = tokio::select! {
            opened = opening => opened,
            order = order::stricter(&mut orders, &Order::Go) => Err(match order {
                Order::Cancel(sentence) | Order::Terminate(sentence) => Cause::Cancelled(sentence),
                Order::Abandon | Order::Go => Cause::Abandoned,
            }),
        };
        let (room, image_digest) = match opened {
            Ok(opened) => opened,
            Err(cause) => {
                let failure = Failure { cause, step: None };
                output.say(format!("signalbox: {}", failure.sentence(&self.assignment))).await;
                setup::undo(&self.site, &self.assignment).await;
                return Work { failure: Some(failure), ..Work::default() };
            }
        };
        self.phase.send_replace(Phase::Running);
        let environment = Environment::new(&self.site, &self.assignment, &self.home, &marker);
        let mut steps = Steps {
            site: &self.site,
            assignment: &self.assignment,
            home: &self.home,
            output,
            events,
            orders,
            room,
            environment,
        };
        let mut failure = steps.main().await;
        self.phase.send_replace(Phase::Finishing);
        let outcome = failure.as_ref().map_or(Outcome::Succeeded, |failure| failure.cause.outcome());
        let late = steps.finally(outcome.word()).await;
        if failure.is_none() {
            failure = late;
        }
        let Steps { mut room, mut orders, .. } = steps;
        room.stop(LEFTOVER_GRACE, &mut orders).await;
        room.close().await;
        let mut work = Work { failure, artifacts: Vec::new(), image_digest };
        if !self.orders.borrow().is_final() {
            self.keep_artifacts(&mut work, output, &mut orders).await;
        }
        work
    }

    /// Reports the end, after everything that belongs before it.
    #[expect(clippy::too_many_arguments, reason = "they are the loose ends of `run`, which alone calls it")]
    async fn tell(
        &self,
        work: Work,
        figures: Figures,
        secrets: &Secrets,
        log: Log,
        uploading: tokio::task::JoinHandle<upload::Brought>,
        events: Events,
        log_bytes: u64,
    ) -> Told {
        let mut finish = self.finish(work, figures, secrets, log_bytes);
        if *self.orders.borrow() == Order::Abandon {
            uploading.abort();
            return Told::Done;
        }
        if let Err(error) = self.home.keep_finish(&finish) {
            tracing::warn!("{error:?}");
        }
        let mut gives_up = self.site.gives_up.subscribe();
        let upload = uploading.abort_handle();
        let mut orders = self.orders.subscribe();
        let (work, next) = (Some(self.home.work()), self.next.clone());
        let mut tail = report::Tail { work, next, ..report::Tail::default() };
        let ends = async {
            let (brought, events) = tokio::join!(uploading, events.close());
            tail.events = events;
            if let Ok(upload::Brought::UpTo(at)) = brought {
                tail.log = log.tail(at, log_bytes).await.map(|rest| (at, rest));
            }
        };
        tokio::select! {
            () = ends => {}
            Ok(_) = gives_up.wait_for(|gives_up| *gives_up) => {}
            Ok(_) = orders.wait_for(|order| *order == Order::Abandon) => {}
        }
        upload.abort();
        let mut backoff = Backoff::default();
        loop {
            match report::report(&log, &mut finish, &tail, &self.orders.subscribe(), gives_up.clone()).await {
                // The agent registers again meanwhile, or gives up.
                Told::Unknown => backoff.pause().await,
                told => return told,
            }
        }
    }

    fn finish(&self, work: Work, figures: Figures, secrets: &Secrets, log_bytes: u64) -> Finish {
        let failure = work.failure.as_ref();
        let (exit_code, signal) = match failure.map(|failure| &failure.cause) {
            None => (Some(0), None),
            Some(Cause::Exit(Exit::Code(code))) => (Some(*code), None),
            Some(Cause::Exit(Exit::Signal(signal))) => (None, Some(*signal)),
            Some(_) => (None, None),
        };
        let sentence = failure.map(|failure| secrets.cover(&failure.sentence(&self.assignment)));
        Finish {
            epoch: self.assignment.epoch,
            outcome: failure.map_or(Outcome::Succeeded, |failure| failure.cause.outcome()),
            exit_code,
            signal,
            reason: failure.and_then(|failure| failure.cause.reason()).map(str::to_owned),
            sentence,
            failed_step: failure.and_then(|failure| failure.step.as_ref()).map(|(index, _)| *index),
            log_bytes,
            metrics: figures.all(),
            artifacts: work.artifacts,
            image_digest: work.image_digest,
            has_begun: None,
        }
    }
}

impl Outcome {
    /// The word that final steps see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed_out",
        }
    }
}
