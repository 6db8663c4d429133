//! The variables of a step.
//!
//! Nothing of the agent's own environment gets in but what its owner chose: it may hold the keys to the whole server.

use crate::contract::{Assignment, Isolation, Step};
use crate::folder::Home;
use crate::site::Site;
use crate::tree::MARKER;
use std::collections::BTreeMap;

/// How much a step may leave for later steps.
const CARRIED_BYTES_MAX: usize = 1 << 20;

/// The variables of one attempt.
pub struct Environment {
    common: BTreeMap<String, String>,
    carried: BTreeMap<String, String>,
    fixed: BTreeMap<String, String>,
    home: Home,
}

impl Environment {
    /// Gathers what all steps share. What the server says about the run wins over what the agent knows of it.
    pub fn new(site: &Site, assignment: &Assignment, home: &Home, marker: &str) -> Self {
        let mut common = BTreeMap::new();
        if assignment.isolation != Isolation::Docker {
            common.extend(site.environment.clone());
            common.insert("TMPDIR".to_owned(), home.temporary().display().to_string());
        }
        let source = assignment.source.clone().unwrap_or_default();
        let run = &assignment.run;
        for (name, value) in [
            ("SIGNALBOX_URL", site.server.root()),
            ("SIGNALBOX_RUN", &run.id),
            ("SIGNALBOX_RUN_URL", &run.url),
            ("SIGNALBOX_RUN_NUMBER", &run.number),
            ("SIGNALBOX_JOB", &run.job),
            ("SIGNALBOX_PART", &assignment.part.name),
            ("SIGNALBOX_COMMIT", &source.commit),
            ("SIGNALBOX_REF", source.reference.as_deref().unwrap_or_default()),
            ("SIGNALBOX_CAUSE", &run.cause),
        ] {
            common.insert(name.to_owned(), value.to_owned());
        }
        common.extend(assignment.env.clone());
        common
            .extend(assignment.secrets.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned())));
        let fixed = [
            ("SIGNALBOX", "1".to_owned()),
            ("CI", "true".to_owned()),
            ("SIGNALBOX_WORKSPACE", home.work().display().to_string()),
            ("SIGNALBOX_METRICS", home.metrics().display().to_string()),
            ("SIGNALBOX_ENV", home.variables().display().to_string()),
            (MARKER, marker.to_owned()),
        ];
        let fixed = fixed.map(|(name, value)| (name.to_owned(), value)).into();
        Self { common, carried: BTreeMap::new(), fixed, home: home.clone() }
    }

    /// The variables of `step`.
    pub fn of(&self, step: &Step) -> BTreeMap<String, String> {
        let mut all = self.common.clone();
        all.extend(self.carried.clone());
        all.extend(step.env.clone());
        all.extend(self.fixed.clone());
        // What a process can't be given would keep it from starting at all.
        all.retain(|name, value| !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0'));
        all
    }

    /// Tells the final steps how the others ended.
    pub fn tell_outcome(&mut self, outcome: &str) {
        self.fixed.insert("SIGNALBOX_OUTCOME".to_owned(), outcome.to_owned());
    }

    /// Takes over what a step has left for later ones.
    pub fn carry_on(&mut self) {
        // A step may also have removed the file, or put something else in its place.
        let is_file = std::fs::symlink_metadata(self.home.variables())
            .is_ok_and(|found| found.is_file() && found.len() <= CARRIED_BYTES_MAX as u64);
        let text =
            if is_file { std::fs::read(self.home.variables()).unwrap_or_default() } else { Vec::new() };
        self.carried = read(&String::from_utf8_lossy(&text));
    }
}

/// Reads `NAME=value` lines; a later one wins, and the agent's own names stay its own.
fn read(text: &str) -> BTreeMap<String, String> {
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.starts_with("SIGNALBOX")
    };
    let lines = text.lines().filter_map(|line| line.trim_start().split_once('='));
    lines.filter(|(name, _)| is_name(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_later_steps_are_read() {
        let read =
            read("A=1\n\nB=two words = x\nA=3\nSIGNALBOX_RUN=9\n1X=no\nbad line\nC D=no\nPATH=/opt:/bin\n");
        let found: Vec<_> = read.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(found, ["A=3", "B=two words = x", "PATH=/opt:/bin"]);
    }
}
