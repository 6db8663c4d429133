//! What happened during a download.

use std::fmt;

use serde::Serialize;

/// Counts of everything that was not plain sailing, and what was fetched in the end.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Summary {
    pub(crate) reports: Vec<Fetched>,
    pub(crate) requests: u64,
    /// Requests that were repeated, for whatever reason.
    pub(crate) repeated: u64,
    /// Of those, because the server asked for patience.
    pub(crate) throttled: u64,
    /// Of those, because the server failed.
    pub(crate) server_errors: u64,
    /// Of those, because the answer broke off or made no sense.
    pub(crate) broken: u64,
    /// Exports that had to be made anew.
    pub(crate) exports_anew: u64,
    /// Windows that had to be read anew because records moved between pages.
    pub(crate) windows_anew: u64,
    pub(crate) waited_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// One report that is complete.
#[derive(Debug, Serialize)]
pub(crate) struct Fetched {
    pub(crate) report: &'static str,
    pub(crate) file: String,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    /// Records that came more than once and are kept once.
    pub(crate) duplicates: u64,
    /// An earlier run had been interrupted.
    pub(crate) resumed: bool,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in &self.reports {
            write!(f, "renewals: {} {} in {}", one.records, one.report, one.file)?;
            if one.duplicates > 0 {
                write!(f, "; {} that came again are kept once", one.duplicates)?;
            }
            if one.resumed {
                write!(f, "; an interrupted download went on")?;
            }
            writeln!(f)?;
        }
        write!(f, "renewals: {} requests", self.requests)?;
        for (count, what) in [
            (self.throttled, "throttled"),
            (self.server_errors, "failed on the server"),
            (self.broken, "broke off"),
            (self.exports_anew, "exports made anew"),
            (self.windows_anew, "windows read anew"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        if self.waited_ms > 0 {
            write!(f, ", waited {}.{} s", self.waited_ms / 1000, self.waited_ms % 1000 / 100)?;
        }
        writeln!(f)
    }
}
