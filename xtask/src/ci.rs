//! `cargo xtask ci`: what a change must pass.

use crate::{Result, deps, shell, test};

type Check = fn() -> Result;

/// Cheap checks first; each is run even when an earlier one failed, so that one run tells everything.
pub fn run() -> Result {
    let checks: [(&str, Check); 5] = [
        ("formatting", || shell::run(shell::cargo().args(["fmt", "--all", "--check"]))),
        ("dependencies", deps::run),
        ("cargo deny", deny),
        ("lints", || {
            shell::run(shell::cargo().args([
                "clippy",
                "--workspace",
                "--all-targets",
                "--quiet",
                "--",
                "-D",
                "warnings",
            ]))
        }),
        ("tests", || test::run(&test::Options::default())),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        shell::title(name);
        let (ended, seconds) = shell::timed(check);
        println!("{name}: {} in {seconds:.0} s", if ended.is_ok() { "fine" } else { "failed" });
        if let Err(why) = ended {
            eprintln!("{name}: {why}");
            failed.push(name);
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

/// Building cargo-deny takes three minutes of a small machine, so it is used where it is and missed plainly where it is not.
fn deny() -> Result {
    if shell::has("cargo-deny") {
        shell::run(shell::cargo().args(["deny", "--workspace", "check", "licenses", "bans", "sources"]))
    } else {
        println!(
            "cargo-deny is not installed: bans and sources are unchecked here; `cargo xtask deps` checked the licences"
        );
        Ok(())
    }
}
