//! Running the steps, one after the other, and stopping them when something says so.

use super::deadline::{Deadline, silence};
use super::disk;
use super::ending::{Cause, Failure};
use super::environment::Environment;
use super::events::Events;
use super::order::{Order, stricter};
use super::setup::because;
use super::unpack;
use crate::contract::{Assignment, Event, Isolation, Step, StepState};
use crate::folder::Home;
use crate::output::Output;
use crate::room::{Exit, Launch, Room, words};
use crate::site::Site;
use serde_json::json;
use std::path::{Path, PathBuf};
use tokio::sync::watch;

/// The steps of one attempt as they run.
pub struct Steps<'a> {
    pub site: &'a Site,
    pub assignment: &'a Assignment,
    pub home: &'a Home,
    pub output: &'a Output,
    pub events: &'a Events,
    pub orders: watch::Receiver<Order>,
    pub room: Room,
    pub environment: Environment,
}

impl Steps<'_> {
    /// Runs the steps of the job, and returns the first thing that went wrong.
    pub async fn main(&mut self) -> Option<Failure> {
        let mut failure: Option<Failure> = None;
        let deadline = Deadline::after(&self.site.clock, self.assignment.timeouts.run);
        for (index, step) in self.assignment.steps.iter().enumerate() {
            // After a failure only those go on that were meant to; after a stop, none.
            let is_wanted = match &failure {
                None => true,
                Some(failure) => step.always && matches!(failure.cause, Cause::Exit(_) | Cause::Memory),
            };
            if !is_wanted {
                self.skip(index, step);
                continue;
            }
            if let Err(cause) = self.step(index, step, &deadline, &Order::Go).await {
                let found = Failure { cause, step: Some((index, step.name.clone())) };
                failure = Some(match failure {
                    // A failure stays one unless the attempt was stopped meanwhile.
                    Some(first) if matches!(found.cause, Cause::Exit(_) | Cause::Memory) => first,
                    _ => found,
                });
            }
        }
        failure
    }

    /// Runs the final steps within their own budget; all of them, whatever happened.
    pub async fn finally(&mut self, outcome: &str) -> Option<Failure> {
        self.environment.tell_outcome(outcome);
        let mut failure = None;
        let deadline = Deadline::after(&self.site.clock, Some(self.assignment.finally_budget));
        let first = self.assignment.steps.len();
        // The order that ended the steps has been obeyed; only a stricter one counts from here.
        let obeyed = self.orders.borrow().clone();
        for (at, step) in self.assignment.finally.iter().enumerate() {
            let index = first + at;
            if self.orders.borrow().is_final() {
                self.skip(index, step);
                continue;
            }
            if let Err(cause) = self.step(index, step, &deadline, &obeyed).await {
                let is_over = !matches!(cause, Cause::Exit(_) | Cause::Memory | Cause::StepTimeout(_));
                failure.get_or_insert(Failure { cause, step: Some((index, step.name.clone())) });
                if is_over {
                    let rest = self.assignment.finally.iter().enumerate().skip(at + 1);
                    rest.for_each(|(at, step)| self.skip(first + at, step));
                    break;
                }
            }
        }
        failure
    }

    fn skip(&self, index: usize, step: &Step) {
        let state = StepState::Skipped;
        let offset = *self.output.written().borrow();
        let name = step.name.clone();
        self.events.add(Event { step: index, name, state, offset, took_ms: None, exit_code: None });
    }

    async fn step(
        &mut self,
        index: usize,
        step: &Step,
        deadline: &Deadline<'_>,
        obeyed: &Order,
    ) -> Result<(), Cause> {
        let order = self.orders.borrow().clone();
        if order != *obeyed {
            return Err(caused_by(order));
        }
        let watch = base::Stopwatch::start();
        let at = self.site.clock.now().to_string();
        let offset = self
            .output
            .say(format!("::step::{}", json!({"index": index, "name": step.name, "at": at})))
            .await;
        self.output.touch();
        let state = StepState::Running;
        let name = step.name.clone();
        self.events.add(Event { step: index, name, state, offset, took_ms: None, exit_code: None });
        let kills = self.room_kills().await;
        let result = self.attend(index, step, deadline, obeyed).await;
        let result = match result {
            Err(Cause::Exit(_)) if self.room_kills().await > kills => Err(Cause::Memory),
            other => other,
        };
        self.environment.carry_on();
        let exit = match &result {
            Ok(()) => Some(0),
            Err(Cause::Exit(Exit::Code(code))) => Some(*code),
            Err(_) => None,
        };
        let took_ms = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
        let state = if result.is_ok() { StepState::Succeeded } else { StepState::Failed };
        let told = json!({"index": index, "state": state, "exit": exit, "took_ms": took_ms});
        let offset = self.output.say(format!("::step-end::{told}")).await;
        let name = step.name.clone();
        self.events.add(Event { step: index, name, state, offset, took_ms: Some(took_ms), exit_code: exit });
        result
    }

    /// Asking costs a container a request, so it is asked only where there is a limit.
    async fn room_kills(&self) -> u64 {
        if self.assignment.limits.memory.is_some() { self.room.oom_kills().await } else { 0 }
    }

    /// Runs the step's command and watches over it.
    async fn attend(
        &mut self,
        index: usize,
        step: &Step,
        deadline: &Deadline<'_>,
        obeyed: &Order,
    ) -> Result<(), Cause> {
        let launch = self.launch(index, step)?;
        let disk = disk::outgrown(vec![self.home.work(), self.home.temporary()], self.assignment.limits.disk);
        let clock = &self.site.clock;
        let silence = silence(clock, self.output, self.assignment.timeouts.silent);
        let own = Deadline::after(clock, step.timeout);
        let mut orders = self.orders.clone();
        let cause = tokio::select! {
            exit = self.room.run(launch, self.output) => {
                return match exit.map_err(because("start"))? {
                    Exit::Code(0) => Ok(()),
                    exit => Err(Cause::Exit(exit)),
                };
            }
            order = stricter(&mut orders, obeyed) => caused_by(order),
            () = deadline.passed() => Cause::RunTimeout,
            () = own.passed() => Cause::StepTimeout(step.timeout.unwrap_or_default()),
            () = silence => Cause::Silence,
            used = disk => Cause::Disk(used),
        };
        self.output.say(format!("signalbox: stopping: {}", word(&cause))).await;
        self.room.stop(self.assignment.grace, &mut orders).await;
        Err(cause)
    }

    fn launch(&self, index: usize, step: &Step) -> Result<Launch, Cause> {
        let work = self.home.work();
        let folder = match step.workdir.as_deref().filter(|folder| !folder.is_empty()) {
            None => work,
            // In a container, other folders are the image's own.
            Some(path) if self.assignment.isolation == Isolation::Docker && Path::new(path).is_absolute() => {
                PathBuf::from(path)
            }
            Some(path) => unpack::inside(&work, path).map_err(because("start"))?,
        };
        let words = words(&step.run, step.shell.as_deref(), &self.home.exchange(), index);
        let words = words.map_err(|e| Cause::Trouble {
            code: "start",
            sentence: format!("The text of step {} cannot be written down: {e}", step.name),
        })?;
        Ok(Launch { words, env: self.environment.of(step), folder })
    }
}

fn caused_by(order: Order) -> Cause {
    match order {
        Order::Cancel(sentence) | Order::Terminate(sentence) => Cause::Cancelled(sentence),
        Order::Abandon | Order::Go => Cause::Abandoned,
    }
}

fn word(cause: &Cause) -> &str {
    match cause {
        Cause::Cancelled(sentence) => sentence,
        cause => match cause.reason() {
            Some("timeout") => "it takes too long",
            Some("silent") => "it is silent",
            Some("disk") => "it takes too much disk",
            _ => "the attempt is no longer this agent's",
        },
    }
}
