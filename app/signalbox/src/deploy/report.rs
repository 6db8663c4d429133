//! What happened, for programs: the result file. It is the unambiguous source where an exit code is not.

use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What happened to one call of `signalbox deploy`.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Report {
    /// The version of this form; it rises only when a field changes its meaning.
    pub version: u32,
    /// `started`, `refused`, `nothing_to_do` or `dry_run`.
    pub decision: &'static str,
    /// The stable word for what happened, such as `succeeded`, `blocked` or `lease_lost`.
    pub reason_code: &'static str,
    /// What `signalbox deploy` ended with.
    pub exit_code: i32,
    /// What the command ended with; null when it did not run or was killed.
    pub child_exit: Option<i32>,
    /// The signal that killed the command.
    pub child_signal: Option<i32>,
    /// The environment.
    pub environment: String,
    /// The full commit id, when it is known.
    pub commit: Option<String>,
    /// What was deployed before.
    pub previous_commit: Option<String>,
    /// The deployment, when one was started.
    pub deployment: Option<Deployment>,
    /// What happened, for people.
    pub sentence: String,
    /// When the command started.
    pub started_at: Option<base::Time>,
    /// When it ended.
    pub ended_at: Option<base::Time>,
    /// Bytes of output.
    pub output_bytes: u64,
    /// Whether the server knows the end and has all of the output.
    pub reported: bool,
    /// Where the output is that the server does not have.
    pub spool: Option<PathBuf>,
    /// The server's whole decision, when it gave one.
    pub gate: Value,
}

/// The deployment that a report is about.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Deployment {
    /// Its id.
    pub id: String,
    /// The number that people see.
    pub number: String,
    /// Its page.
    pub url: String,
}

impl Report {
    /// An empty report about `environment`.
    pub fn about(environment: &str) -> Self {
        Self { version: 1, environment: environment.to_owned(), ..Self::default() }
    }

    /// Writes it into `path` whole or not at all: a reader never sees half of it.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self).map_err(std::io::Error::other)?;
        text.push(b'\n');
        let draft = draft(path);
        let written = std::fs::File::create(&draft).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        });
        written.and_then(|()| std::fs::rename(&draft, path)).inspect_err(|_| discard(&draft))
    }
}

/// Whether a report can be written to `path`; asked before anything starts.
pub fn is_writable(path: &Path) -> std::io::Result<()> {
    let draft = draft(path);
    std::fs::File::create(&draft)?;
    discard(&draft);
    Ok(())
}

fn draft(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

fn discard(draft: &Path) {
    // Left-overs are harmless, and the error that led here is the one to tell.
    let _ = std::fs::remove_file(draft);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::testing::Scratch;

    #[test]
    fn a_report_is_written_whole_and_leaves_nothing_else() {
        let scratch = Scratch::new();
        let path = scratch.path().join("result.json");
        std::fs::write(&path, "an older and much longer result ".repeat(100)).expect("written");
        is_writable(&path).expect("writable");
        let report =
            Report { decision: "refused", reason_code: "blocked", exit_code: 75, ..Report::about("beta") };
        report.write(&path).expect("written");
        let read: Value = serde_json::from_slice(&std::fs::read(&path).expect("read")).expect("JSON");
        assert_eq!(
            (&read["version"], &read["reason_code"], &read["exit_code"]),
            (&1.into(), &"blocked".into(), &75.into())
        );
        assert_eq!(std::fs::read_dir(scratch.path()).expect("a directory").count(), 1);
        assert!(is_writable(&scratch.path().join("no/where")).is_err());
    }
}
