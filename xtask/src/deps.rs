//! Keeps the shape of the workspace: which crate may know which, and where SQL, the clock and the environment may be named.

mod edges;
mod licences;
mod metadata;
mod rust_source;
mod sources;

use crate::{Result, shell};

/// Checks everything and names every fault, not just the first.
pub fn run() -> Result {
    let metadata = metadata::read()?;
    let mut faults = edges::faults(&metadata.crates);
    faults.extend(sources::faults(&shell::root(), &metadata.crates)?);
    faults.extend(licences::faults(&shell::root(), &metadata.packages)?);
    for fault in &faults {
        eprintln!("deps: {fault}");
    }
    let (crates, packages) = (metadata.crates.len(), metadata.packages.len());
    if faults.is_empty() {
        println!("deps: {crates} crates and {packages} packages keep the rules");
        Ok(())
    } else {
        Err(format!("{} faults against the rules of xtask/src/deps", faults.len()))
    }
}
