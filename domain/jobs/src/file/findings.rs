//! What was found so far, with a bound.

use super::limits::FINDINGS;
use super::yaml::At;
use super::{Finding, Severity};
use std::cell::RefCell;

/// What was found so far.
#[derive(Debug, Default)]
pub struct Findings {
    found: RefCell<Vec<Finding>>,
}

impl Findings {
    pub fn add(&self, severity: Severity, at: At, path: &str, message: String, suggestion: Option<String>) {
        let mut found = self.found.borrow_mut();
        // An error is never lost among warnings, or a file would look good that is not.
        let errors = found.iter().filter(|finding| finding.severity == Severity::Error).count();
        if found.len() >= FINDINGS && !(severity == Severity::Error && errors == 0) {
            return;
        }
        let At { line, column } = at;
        let path = path.to_owned();
        found.push(Finding { severity, line, column, path, message, suggestion });
    }

    pub fn count_errors(&self) -> usize {
        self.found.borrow().iter().filter(|finding| finding.severity == Severity::Error).count()
    }

    pub fn into_sorted(self) -> Vec<Finding> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|finding| (finding.line, finding.column));
        // An alias that is written out twice says the same thing twice.
        found.dedup();
        found
    }
}
