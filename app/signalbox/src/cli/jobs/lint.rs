//! Checking job files without a server.

use crate::cli::{note, print_line};
use std::path::PathBuf;

/// Checks files; what is wrong is said as `file:line:column: …`, which editors jump to.
pub(super) fn check(files: &[PathBuf]) -> i32 {
    let mut is_good = true;
    for path in files {
        let name = path.display().to_string();
        let text = if name == "-" {
            std::io::read_to_string(std::io::stdin())
        } else {
            std::fs::read_to_string(path)
        };
        match text {
            Err(error) => {
                note(&format!("{name} cannot be read: {error}"));
                is_good = false;
            }
            Ok(text) => {
                let parsed = jobs::file::parse(&text);
                parsed.findings.iter().for_each(|finding| print_line(&format!("{name}:{finding}")));
                is_good &= parsed.is_good();
                let names: Vec<&str> = parsed.jobs.iter().map(|job| job.name.as_str()).collect();
                if parsed.is_good() {
                    note(&format!("{name} is good: {}", names.join(", ")));
                }
            }
        }
    }
    i32::from(!is_good)
}
