//! The table of processes, and who in it belongs to an attempt.

use super::{Leader, MARKER, Record};
use rustix::process::Pid;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Children of the program itself are never left unawaited for so long.
const REAP_EVERY: Duration = Duration::from_secs(15);

struct Process {
    parent: i32,
    group: i32,
    session: i32,
    started: u64,
    has_ended: bool,
}

/// The process `pid` as a leader.
pub fn leader(pid: u32) -> Option<Leader> {
    let pid = i32::try_from(pid).ok()?;
    Some(Leader { pid, started: read(pid)?.started })
}

/// The living processes that belong to `record`: by variable, by group or session, or by descent from a leader.
///
/// Descent alone loses orphans and a group alone loses daemons; a daemon that also wiped its variables is the one
/// thing that gets away where there is neither a cgroup nor a namespace.
pub fn belonging(record: &Record) -> Vec<Pid> {
    let all = table();
    let leaders: HashSet<i32> = record
        .leaders
        .iter()
        .filter(|leader| all.get(&leader.pid).is_none_or(|process| process.started == leader.started))
        .map(|leader| leader.pid)
        .collect();
    let us = rustix::process::getpid().as_raw_pid();
    let is_ours = |pid: i32, process: &Process| {
        leaders.contains(&pid)
            || leaders.contains(&process.group)
            || leaders.contains(&process.session)
            || descends(&all, pid, &leaders)
            || is_marked(pid, &record.marker)
    };
    all.iter()
        .filter(|(pid, process)| **pid != us && !process.has_ended && is_ours(**pid, process))
        .filter_map(|(pid, _)| Pid::from_raw(*pid))
        .collect()
}

/// Takes note of orphans that have ended, for as long as the program runs. As process 1, of a container for one, it is
/// given the orphans of everybody; nobody else can take them off the table.
pub async fn reap_orphans() {
    let us = rustix::process::getpid();
    if us != rustix::process::Pid::INIT {
        return;
    }
    let mut before = HashSet::new();
    loop {
        tokio::time::sleep(REAP_EVERY).await;
        let ended: HashSet<i32> = table()
            .into_iter()
            .filter(|(_, process)| process.has_ended && process.parent == us.as_raw_pid())
            .map(|(pid, _)| pid)
            .collect();
        // Our own children are awaited as soon as they end; who was there last time, too, is waited for by nobody.
        for pid in ended.intersection(&before).filter_map(|pid| Pid::from_raw(*pid)) {
            let _ = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::NOHANG);
        }
        before = ended;
    }
}

/// Whether the program that `pid` runs has one of these names.
pub fn is_named(pid: Pid, names: &[&str]) -> bool {
    let name = std::fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_pid())).unwrap_or_default();
    names.contains(&name.trim_end())
}

fn descends(all: &HashMap<i32, Process>, mut pid: i32, from: &HashSet<i32>) -> bool {
    // A process table can't have a cycle, but it is read while it changes.
    for _ in 0..all.len() {
        match all.get(&pid) {
            Some(process) if from.contains(&process.parent) => return true,
            Some(process) => pid = process.parent,
            None => return false,
        }
    }
    false
}

fn is_marked(pid: i32, marker: &str) -> bool {
    if marker.is_empty() {
        return false;
    }
    // Processes of other people can't be read, and are not ours.
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let wanted = format!("{MARKER}={marker}");
    environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
}

fn table() -> HashMap<i32, Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return HashMap::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    numbers.filter_map(|pid| Some((pid, read(pid)?))).collect()
}

fn read(pid: i32) -> Option<Process> {
    parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Reads `pid (name) state parent group session ... start time`; a name may hold anything, so the last bracket counts.
fn parse(stat: &str) -> Option<Process> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<i32>().ok();
    Some(Process {
        has_ended: matches!(*fields.first()?, "Z" | "X" | "x"),
        parent: number(1)?,
        group: number(2)?,
        session: number(3)?,
        started: fields.get(19)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_with_an_odd_name_is_read() {
        let rest = (5..=30).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
        let process = parse(&format!("42 (a ) b (c) Z 7 41 40 {rest}")).expect("a process");
        assert_eq!((process.parent, process.group, process.session), (7, 41, 40));
        assert!(process.has_ended);
        assert_eq!(process.started, 20);
        assert!(parse("nonsense").is_none());
    }
}
