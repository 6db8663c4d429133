//! The processes that a command has started, all of them, and how to stop them.
//!
//! A process group is left by whoever calls setsid, so a daemon that was forked twice outlives a signal to the group.
//! Where the system can do it, this program adopts the orphans of the command (a "subreaper"), and then everything
//! that descends from this program is the command's: the wrapper itself starts nothing else meanwhile.

use rustix::process::{Pid, Signal};
use std::collections::HashMap;

/// Makes the orphans of the command children of this program, where the system can.
pub fn adopt_orphans() {
    // Without it, stopping still reaches the process group; there is nothing better to do about an old kernel.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// The command's process group, led by the process `leader`.
#[derive(Clone, Copy, Debug)]
pub struct Tree {
    leader: Pid,
}

impl Tree {
    /// The group of the command whose process id is `leader`.
    pub fn led_by(leader: u32) -> Option<Self> {
        Some(Self { leader: Pid::from_raw(i32::try_from(leader).ok()?)? })
    }

    /// Sends `signal` to the group; everybody may be gone already.
    pub fn signal(self, signal: Signal) {
        let _ = rustix::process::kill_process_group(self.leader, signal);
    }

    /// Kills the group and everything else that descends from this program.
    pub fn kill(self) {
        self.signal(Signal::KILL);
        for pid in living(self.leader) {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    }

    /// Whether any process of the command is alive.
    pub fn is_alive(self) -> bool {
        // Looking reaps what has ended; the group counts the ended as long as they are not reaped.
        !living(self.leader).is_empty() || rustix::process::test_kill_process_group(self.leader).is_ok()
    }

    /// Takes note of orphans that have ended, so that they do not fill the table of processes.
    pub fn reap(self) {
        living(self.leader);
    }
}

/// The living descendants of this program; ended orphans among them are reaped on the way.
#[cfg(target_os = "linux")]
fn living(leader: Pid) -> Vec<Pid> {
    let processes = table();
    let us = rustix::process::getpid().as_raw_pid();
    let is_ours = |mut pid: i32| {
        // A process table can't have a cycle, but it is read while it changes.
        for _ in 0..processes.len() {
            match processes.get(&pid) {
                Some(process) if process.parent == us => return true,
                Some(process) => pid = process.parent,
                None => return false,
            }
        }
        false
    };
    let mut living = Vec::new();
    for (&pid, process) in processes.iter().filter(|(pid, _)| is_ours(**pid)) {
        let Some(id) = Pid::from_raw(pid) else { continue };
        if !process.has_ended {
            living.push(id);
        } else if id != leader && process.parent == us {
            // The leader's end is awaited elsewhere; taking it here would lose its exit code.
            let _ = rustix::process::waitpid(Some(id), rustix::process::WaitOptions::NOHANG);
        }
    }
    living
}

#[cfg(not(target_os = "linux"))]
fn living(_: Pid) -> Vec<Pid> {
    Vec::new()
}

struct Process {
    parent: i32,
    has_ended: bool,
}

#[cfg(target_os = "linux")]
fn table() -> HashMap<i32, Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return HashMap::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    numbers
        .filter_map(|pid| Some((pid, parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?)))
        .collect()
}

/// Reads `pid (name) state parent ...`; a name may hold spaces and brackets, so the last bracket counts.
fn parse(stat: &str) -> Option<Process> {
    let mut rest = stat.rsplit_once(')')?.1.split_whitespace();
    let state = rest.next()?;
    let parent = rest.next()?.parse().ok()?;
    Some(Process { parent, has_ended: matches!(state, "Z" | "X" | "x") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_with_an_odd_name_is_read() {
        let process = parse("42 (a ) b (c) Z 7 42 42 0 -1").expect("a process");
        assert_eq!((process.parent, process.has_ended), (7, true));
        assert!(parse("nonsense").is_none());
    }
}
