//! How an attempt ended, and the sentence that says so.

use crate::contract::{Assignment, Outcome};
use crate::room::Exit;
use std::time::Duration;

/// Why steps were stopped or failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A step ended with something else than success.
    Exit(Exit),
    /// The kernel killed a process for lack of memory.
    Memory,
    /// The workspace grew beyond its limit.
    Disk(u64),
    /// The attempt took longer than it may.
    RunTimeout,
    /// A step took longer than it may.
    StepTimeout(Duration),
    /// Nothing was written for too long.
    Silence,
    /// Somebody cancelled the run; the sentence is theirs.
    Cancelled(String),
    /// Something outside the steps went wrong.
    Trouble {
        /// The stable word for it.
        code: &'static str,
        /// What happened.
        sentence: String,
    },
    /// The attempt is no longer ours: nothing is reported.
    Abandoned,
}

/// The first thing that went wrong, with the step it happened in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub cause: Cause,
    pub step: Option<(usize, String)>,
}

impl Cause {
    /// What the attempt's outcome is because of it.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Exit(_) | Self::Memory | Self::Disk(_) | Self::Trouble { .. } => Outcome::Failed,
            Self::RunTimeout | Self::StepTimeout(_) | Self::Silence => Outcome::TimedOut,
            Self::Cancelled(_) | Self::Abandoned => Outcome::Cancelled,
        }
    }

    /// The stable word for it; a step that just failed needs none.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Exit(_) | Self::Abandoned => None,
            Self::Memory => Some("oom"),
            Self::Disk(_) => Some("disk"),
            Self::RunTimeout | Self::StepTimeout(_) => Some("timeout"),
            Self::Silence => Some("silent"),
            Self::Cancelled(_) => Some("cancelled"),
            Self::Trouble { code, .. } => Some(code),
        }
    }
}

impl Failure {
    /// What happened, for a person.
    pub fn sentence(&self, assignment: &Assignment) -> String {
        let step = match &self.step {
            Some((_, name)) => format!("Step {name}"),
            None => "The job".to_owned(),
        };
        let limit =
            |limit: Option<u64>| limit.map(|bytes| format!(" of {}", size(bytes))).unwrap_or_default();
        match &self.cause {
            Cause::Exit(Exit::Code(code)) => format!("{step} ended with exit code {code}"),
            Cause::Exit(Exit::Signal(signal)) => format!("{step} was killed by {}", signal_name(*signal)),
            Cause::Memory => {
                format!("{step} ran out of memory: it has a limit{}", limit(assignment.limits.memory))
            }
            Cause::Disk(used) => {
                let limit = limit(assignment.limits.disk);
                format!("{step} was stopped: the workspace grew to {}, over its limit{limit}", size(*used))
            }
            Cause::RunTimeout => {
                let most = assignment.timeouts.run.unwrap_or_default();
                format!("{step} was stopped: the run may take {} and took longer", span(most))
            }
            Cause::StepTimeout(most) => {
                format!("{step} was stopped: it may take {} and took longer", span(*most))
            }
            Cause::Silence => {
                let most = assignment.timeouts.silent.unwrap_or_default();
                format!("{step} was stopped: it wrote nothing for {}", span(most))
            }
            Cause::Cancelled(sentence) | Cause::Trouble { sentence, .. } => sentence.clone(),
            Cause::Abandoned => "The attempt is no longer this agent's".to_owned(),
        }
    }
}

/// A number of bytes as people say it.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64 / 1024.0;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if bytes < 1024 {
        format!("{bytes} bytes")
    } else if value.fract() < 0.05 || value >= 100.0 {
        format!("{value:.0} {unit}")
    } else {
        format!("{value:.1} {unit}")
    }
}

/// A length of time as people say it.
pub fn span(length: Duration) -> String {
    let s = length.as_secs();
    match s {
        0 => format!("{} ms", length.as_millis()),
        1..120 => format!("{s} s"),
        120..7200 if s.is_multiple_of(60) => format!("{} min", s / 60),
        120..7200 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}

fn signal_name(number: i32) -> String {
    const NAMES: [(i32, &str); 12] = [
        (1, "SIGHUP"),
        (2, "SIGINT"),
        (3, "SIGQUIT"),
        (4, "SIGILL"),
        (6, "SIGABRT"),
        (7, "SIGBUS"),
        (8, "SIGFPE"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
        (13, "SIGPIPE"),
        (15, "SIGTERM"),
        (24, "SIGXCPU"),
    ];
    let name = NAMES.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
    name.map_or_else(|| format!("signal {number}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_spans_read_as_people_say_them() {
        assert_eq!((size(512), size(1 << 20)), ("512 bytes".to_owned(), "1 MiB".to_owned()));
        assert_eq!((size(1_610_612_736), size(3 << 40)), ("1.5 GiB".to_owned(), "3 TiB".to_owned()));
        let spans: Vec<_> =
            [0.5, 90.0, 300.0, 301.0, 7260.0].map(|s| span(Duration::from_secs_f64(s))).into();
        assert_eq!(spans, ["500 ms", "90 s", "5 min", "5 min 1 s", "2 h 1 min"]);
        assert_eq!((signal_name(9), signal_name(40)), ("SIGKILL".to_owned(), "signal 40".to_owned()));
    }
}
