//! `cargo xtask bench`: builds the release and hands over to `benches/run.py`, which measures it from outside.

use crate::{Result, shell};
use std::process::Command;

/// Prints the table; words are handed on (`--peer`, a row's name).
pub fn run(words: &[String]) -> Result {
    shell::run(shell::cargo().args(["build", "--release", "-p", "signalbox", "-p", "e2e"]))?;
    let program = shell::target()?.join("release").join("signalbox");
    let bench = shell::root().join("benches/run.py");
    shell::run(Command::new("python3").arg("-u").arg(bench).arg("--bin").arg(program).args(words))
}
