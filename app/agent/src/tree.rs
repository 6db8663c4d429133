//! The processes of one attempt, all of them, and how to stop them.
//!
//! A process group is left by whoever calls setsid, so a daemon that was forked twice outlives a signal to the group.
//! What holds them is found out once: a cgroup of their own, where the kernel lets us make one; else a PID namespace; else
//! what can be recognised by its process group, its parents or a variable that everything of the attempt inherits.

mod cgroup;
mod enter;
mod probe;
mod processes;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod quick;
mod spawner;
mod start;
#[cfg(test)]
mod tests;

pub use cgroup::oom_kills_around;
pub use probe::{Containment, runs};
pub use processes::reap_orphans;
pub use start::{Child, Start};

use crate::contract::Limits;
use base::id::AttemptId;
use base::{Error, Result};
use enter::Entry;
use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::process::Command;

/// The variable that marks every process of an attempt.
pub const MARKER: &str = "SIGNALBOX_ATTEMPT";
/// How long killed processes may take to be gone; a process in the middle of a slow disk write takes its time.
const GONE_WITHIN: Duration = Duration::from_secs(20);

/// Programs that make a namespace and stay to hold it.
const HOLDERS: [&str; 2] = ["unshare", "bwrap"];

/// What is written down of a tree, so that it can be killed by whoever finds it after this program has died.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// The marker's value.
    pub marker: String,
    /// The cgroup folders.
    pub cgroup: Vec<PathBuf>,
    /// Leaders of process groups.
    pub leaders: Vec<Leader>,
}

/// A process that leads a group. Its number may be given out again; number and start time may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leader {
    pub pid: i32,
    pub started: u64,
}

/// The processes of one attempt.
pub struct Tree {
    record: Record,
    cgroup: Option<cgroup::Leaf>,
    limits: Limits,
    prefix: Vec<OsString>,
    /// Kernels from 6.14 on kill whatever is born in a cgroup that was killed once.
    was_killed: AtomicBool,
}

impl Tree {
    /// Prepares a place for the processes of `attempt`; `marker` must be in the environment of all of them.
    pub fn prepare(
        containment: &Containment,
        attempt: AttemptId,
        marker: &str,
        limits: Limits,
    ) -> Result<Self> {
        let cgroup = containment.cgroup().map(|root| root.leaf(&attempt.to_string(), limits)).transpose();
        let cgroup = cgroup.map_err(|e| {
            Error::unavailable("agent.cgroup", format!("No cgroup can be made for the attempt: {e}"))
        })?;
        let record = Record {
            marker: marker.to_owned(),
            cgroup: cgroup.as_ref().map(|leaf| leaf.folders().to_vec()).unwrap_or_default(),
            leaders: Vec::new(),
        };
        Ok(Self { record, cgroup, limits, prefix: containment.prefix(), was_killed: AtomicBool::new(false) })
    }

    /// What stands before every command line, so that it runs in a namespace of its own.
    pub fn prefix(&self) -> &[OsString] {
        &self.prefix
    }

    /// What has to be known to find the processes again.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Whether memory and processes are limited for all together, and not for each process at best.
    pub fn is_limited_as_a_whole(&self) -> bool {
        self.cgroup.as_ref().is_some_and(|leaf| leaf.limits_memory())
    }

    /// Starts a process as a member.
    pub async fn start(&mut self, start: Start) -> std::io::Result<Child> {
        let entry = self.entry()?;
        let child = start::start(start, entry).await?;
        self.record.leaders.extend(child.id().and_then(processes::leader));
        Ok(child)
    }

    /// Starts a command as a member, the ordinary way.
    pub async fn spawn(&mut self, mut command: Command) -> std::io::Result<tokio::process::Child> {
        enter::on_spawn(&mut command, self.entry()?);
        let child = spawner::run(move || command.spawn()).await??;
        self.record.leaders.extend(child.id().and_then(processes::leader));
        Ok(child)
    }

    fn entry(&self) -> std::io::Result<Entry> {
        let fallback = if self.is_limited_as_a_whole() { None } else { self.limits.memory };
        let was_killed = self.was_killed.load(Ordering::Relaxed);
        Ok(Entry {
            born_in: self.cgroup.as_ref().filter(|_| !was_killed).map(cgroup::Leaf::cradle).transpose()?,
            cgroup: self.cgroup.as_ref().map_or(Ok(Vec::new()), cgroup::Leaf::doors)?,
            data_bytes: fallback,
        })
    }

    /// Asks every member to end. The programs that hold a namespace are left out: they would take it down at once.
    pub fn ask_to_end(&self) {
        for pid in members(&self.record).into_iter().filter(|pid| !processes::is_named(*pid, &HOLDERS)) {
            send(pid, Signal::TERM);
            // One that is stopped would not hear of it.
            send(pid, Signal::CONT);
        }
    }

    /// Whether no member is alive.
    pub fn is_empty(&self) -> bool {
        members(&self.record).is_empty()
    }

    /// Returns once no member is alive, or after `patience`; whether it is so.
    pub async fn emptied(&self, patience: Duration) -> bool {
        let watch = base::Stopwatch::start();
        let mut pause = Duration::from_millis(2);
        while !self.is_empty() {
            if watch.elapsed() >= patience {
                return false;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(100));
        }
        true
    }

    /// Kills every member and waits until they are gone; whether they are.
    pub async fn kill(&self) -> bool {
        self.was_killed.store(true, Ordering::Relaxed);
        kill(&self.record).await
    }

    /// How many processes the kernel has killed because the attempt used up its memory.
    pub fn oom_kills(&self) -> u64 {
        self.cgroup.as_ref().map_or(0, cgroup::Leaf::oom_kills)
    }

    /// Gives back what the kernel keeps for the tree.
    pub async fn remove(self) {
        cgroup::remove(&self.record.cgroup).await;
    }
}

/// Kills everything that belongs to `record` and waits until it is gone; whether it is.
pub async fn kill(record: &Record) -> bool {
    let watch = base::Stopwatch::start();
    let mut pause = Duration::from_millis(2);
    loop {
        cgroup::kill(&record.cgroup);
        let left = members(record);
        if left.is_empty() {
            return true;
        }
        if watch.elapsed() >= GONE_WITHIN {
            tracing::error!("{} processes of a job cannot be killed", left.len());
            return false;
        }
        left.into_iter().for_each(|pid| send(pid, Signal::KILL));
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

/// Kills everything that belongs to `record` and gives back what the kernel keeps for it.
pub async fn clear(record: &Record) -> bool {
    let is_gone = kill(record).await;
    cgroup::remove(&record.cgroup).await;
    is_gone
}

/// The living processes that belong to `record`.
fn members(record: &Record) -> Vec<Pid> {
    match cgroup::members(&record.cgroup) {
        Some(pids) => pids,
        None => processes::belonging(record),
    }
}

fn send(pid: Pid, signal: Signal) {
    // It may have ended meanwhile.
    let _ = rustix::process::kill_process(pid, signal);
}
