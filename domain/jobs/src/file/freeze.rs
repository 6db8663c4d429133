//! Stretches of time around the runs of another job, in which nothing of this one is begun.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A stretch of time around each run of another job, in which this one is not begun.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Freeze {
    /// The other job's name.
    pub job: String,
    /// It begins so many seconds before each fire of the other job.
    pub before_s: u64,
    /// When it ends.
    pub until: FreezeEnd,
    /// The line of the file that it stands at.
    pub line: u32,
}

/// When a freeze ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "seconds")]
pub enum FreezeEnd {
    /// When the other job begins.
    Begins,
    /// When the other job has finished, however it ended.
    #[default]
    Finished,
    /// So many seconds after the other job was to begin.
    After(u64),
}

impl Freeze {
    /// What names it where somebody passes it: `freeze:prod-push`.
    pub fn mark(&self) -> String {
        format!("freeze:{}", self.job)
    }

    /// How it is written: `from 1h30m before prod-push until prod-push finished`.
    pub fn in_words(&self) -> String {
        let long = |seconds: u64| base::time::in_words(std::time::Duration::from_secs(seconds));
        let job = &self.job;
        let from = match self.before_s {
            0 => format!("from {job}"),
            before => format!("from {} before {job}", long(before)),
        };
        match self.until {
            FreezeEnd::Begins => format!("{from} until it begins"),
            FreezeEnd::Finished => format!("{from} until it has finished"),
            FreezeEnd::After(seconds) => format!("{from} until {} after it", long(seconds)),
        }
    }
}

/// A job that is in the end frozen around itself, as the names on the way: with each waiting for the other, none would run. `around` says
/// which jobs each is frozen around.
pub fn ring(name: &str, around: &BTreeMap<String, Vec<String>>) -> Option<Vec<String>> {
    let (mut open, mut seen) = (vec![vec![name.to_owned()]], BTreeSet::new());
    while let Some(way) = open.pop() {
        let others = way.last().and_then(|last| around.get(last)).map_or(&[][..], Vec::as_slice);
        for other in others {
            let on = || way.iter().cloned().chain([other.clone()]).collect();
            if other == name {
                return Some(on());
            }
            if seen.insert(other.clone()) {
                open.push(on());
            }
        }
    }
    None
}
