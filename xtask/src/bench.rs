//! `cargo xtask bench`: builds the release and hands over to `benches/run.py`, which measures it from outside.

use crate::{Result, shell};
use std::path::Path;
use std::process::Command;

/// Prints the table; words are handed on (`--peer`, a row's name).
pub fn run(words: &[String]) -> Result {
    shell::run(shell::cargo().args(["build", "--release", "-p", "signalbox", "-p", "e2e"]))?;
    let text =
        shell::output(shell::cargo().args(["metadata", "--format-version", "1", "--no-deps", "--quiet"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| format!("`cargo metadata`: {e}"))?;
    let target = metadata["target_directory"].as_str().ok_or("`cargo metadata` names no target directory")?;
    let program = Path::new(target).join("release").join("signalbox");
    let bench = shell::root().join("benches/run.py");
    shell::run(Command::new("python3").arg("-u").arg(bench).arg("--bin").arg(program).args(words))
}
