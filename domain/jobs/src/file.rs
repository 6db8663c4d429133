//! Job files: what people write, what it means, and what is wrong with it.
//!
//! A job file is YAML; each document of it is one job. [`parse`] is total: whatever the text, it answers with the jobs that could be
//! read and with findings that point to lines. Everything here is pure; what a name refers to (a person, a secret, an
//! environment) is judged where the file is taken into the workspace.
//!
//! [`shapes`] is the table of all keys. [`schema`] writes it for editors, [`read`] follows it and fills in [`model::Job`].

mod findings;
mod freeze;
pub mod limits;
mod meant;
pub mod model;
mod params;
pub mod parts;
mod read;
pub mod schema;
mod shape;
mod shapes;
mod suggest;
#[cfg(test)]
mod tests;
pub mod triggers;
mod units;
mod view;
pub mod yaml;

pub use freeze::{Freeze, FreezeEnd, ring};
pub use model::*;
pub use parts::*;
pub use read::ring_in_words;
pub use suggest::closest;
pub use triggers::*;

use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::HashMap;

base::text_enum! {
    /// How bad a finding is.
    pub enum Severity {
        /// The job can't be used.
        Error = "error",
        /// The job can be used, and somebody should look.
        Warning = "warning",
    }
}

/// Something to say about a place in a job file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The place in the document: `stages[0].jobs[1].steps`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

/// Line, column, what is wrong, where, and what was meant: `7:3: error: there is no key "step" in a job (did you mean steps?)`.
impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { severity, line, column, path, message, suggestion } = self;
        write!(f, "{line}:{column}: {severity}: ")?;
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        f.write_str(message)?;
        suggestion.as_ref().map_or(Ok(()), |suggestion| write!(f, " ({suggestion})"))
    }
}

/// What a text holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parsed {
    /// The jobs of the documents that have no error.
    pub jobs: Vec<Job>,
    /// What is to be said, in the order of the lines.
    pub findings: Vec<Finding>,
}

impl Parsed {
    /// Whether nothing stands against using it.
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity != Severity::Error)
    }
}

/// Reads a job file.
pub fn parse(text: &str) -> Parsed {
    read::file(text)
}

/// A regular expression of bounded size, or what is wrong with it. The last ones are kept: agents are asked for the same labels again
/// and again, and making an expression costs a thousand times what using it does.
pub(crate) fn compiled(pattern: &str) -> Result<regex::Regex, String> {
    thread_local! {
        static KEPT: RefCell<HashMap<String, regex::Regex>> = RefCell::default();
    }
    KEPT.with_borrow_mut(|kept| {
        if let Some(found) = kept.get(pattern) {
            return Ok(found.clone());
        }
        let made =
            regex::RegexBuilder::new(pattern).size_limit(1 << 18).build().map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => format!("the expression {pattern:?} is too big"),
                _ => format!("{pattern:?} is not a regular expression"),
            })?;
        if kept.len() >= 100 {
            kept.clear();
        }
        kept.insert(pattern.to_owned(), made.clone());
        Ok(made)
    })
}
