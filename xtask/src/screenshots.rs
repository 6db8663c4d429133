//! `cargo xtask screenshots`: a picture of every screen at three widths in both themes, and a check of each.

use crate::{Result, machine, shell};
use std::path::PathBuf;
use std::process::Command;

/// Builds the program, fills it with what a team would have, and takes the pictures; without a folder they go beside what was built.
pub fn run(words: &[String]) -> Result {
    let folder = match words {
        [] => None,
        [folder] if !folder.starts_with('-') => {
            Some(std::path::absolute(folder).map_err(|e| format!("{folder}: {e}"))?)
        }
        _ => return Err("usage: cargo xtask screenshots [DIR]".into()),
    };
    let missing = machine::prepare_browser();
    if !missing.is_empty() {
        return Err(missing.join("; "));
    }
    shell::run(shell::cargo().args(["build", "-p", "signalbox"]))?;
    let target = shell::target()?;
    let folder: PathBuf = folder.unwrap_or_else(|| target.join("screenshots"));
    let script = shell::root().join("app/e2e/browser/screens.mjs");
    let mut node = Command::new("node");
    node.arg(script).arg(&folder).env("SIGNALBOX_BIN", target.join("debug").join("signalbox"));
    shell::run(&mut node)?;
    println!("{}", folder.display());
    Ok(())
}
