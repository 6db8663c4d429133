//! `cargo xtask test`: everything from a fresh machine to the closing line.

pub mod counts;

use crate::{Result, acceptance, machine, postgres, shell};
use counts::Counts;
use std::path::PathBuf;

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Without PostgreSQL, the real program and the real clients.
    pub fast: bool,
    /// The storm and the crashes at full length.
    pub full: bool,
    /// Only tests and scripts whose name contains this.
    pub filter: Option<String>,
}

impl Options {
    /// Reads the command line.
    pub fn parse(words: &[String]) -> Result<Self> {
        let mut options = Self::default();
        for word in words {
            match word.as_str() {
                "--fast" => options.fast = true,
                "--full" => options.full = true,
                flag if flag.starts_with('-') => return Err(format!("`test` knows no option `{flag}`")),
                filter => options.filter = Some(filter.to_string()),
            }
        }
        Ok(options)
    }
}

/// Sets up, runs everything, tells what was not run, closes with the counts.
pub fn run(options: &Options) -> Result {
    let mut not_done = machine::prepare();
    let mut counts = Counts::default();

    let given = shell::variable("SIGNALBOX_TEST_POSTGRES");
    let cluster = if options.fast || given.is_some() || postgres::programs().is_none() {
        None
    } else {
        shell::title("starting PostgreSQL");
        match postgres::start() {
            Ok(cluster) => Some(cluster),
            Err(why) => {
                not_done.push(format!("nothing is tested on PostgreSQL: {why}"));
                None
            }
        }
    };
    let database = given.or_else(|| cluster.as_ref().map(|c| c.url().to_string()));

    shell::title("building");
    let (built, seconds) = shell::timed(|| build(options));
    println!("built in {seconds:.0} s");
    match built {
        Ok(program) => {
            shell::title("tests of the workspace");
            workspace(options, &program, database.as_deref(), &mut counts, &mut not_done)?;
            if options.fast {
                not_done.push("--fast: no PostgreSQL, no real program, no real clients".into());
            } else {
                let only = options.filter.as_deref();
                acceptance::run(&program, database.as_deref(), only, &mut counts, &mut not_done);
            }
        }
        Err(why) => {
            eprintln!("{why}");
            counts.failed += 1;
        }
    }
    drop(cluster);

    println!();
    for sentence in &not_done {
        println!("not done: {sentence}");
    }
    println!("{} passed, {} failed", counts.passed, counts.failed);
    match (counts.failed, counts.passed) {
        (0, 0) => Err("no test ran".into()),
        (0, _) => Ok(()),
        (failed, _) => Err(format!("{failed} failed")),
    }
}

/// Builds tests and programs in one go, so that features agree and nothing is built twice. Returns where the program is.
fn build(options: &Options) -> Result<PathBuf> {
    let mut cargo = shell::cargo();
    cargo.args(["build", "--workspace", "--all-targets"]);
    if options.fast {
        cargo.args(["--exclude", "e2e"]);
    }
    shell::run(&mut cargo)?;
    Ok(shell::target()?.join("debug").join("signalbox"))
}

fn workspace(
    options: &Options,
    program: &std::path::Path,
    database: Option<&str>,
    counts: &mut Counts,
    not_done: &mut Vec<String>,
) -> Result {
    let mut cargo = shell::cargo();
    let has_nextest = shell::has("cargo-nextest");
    if has_nextest {
        cargo.args(["nextest", "run", "--no-fail-fast", "--no-tests=pass"]);
        if shell::variable("CI").is_some() {
            cargo.args(["--profile", "ci"]);
        }
    } else {
        not_done.push("cargo-nextest is not installed: `cargo test` ran instead, without time limits".into());
        cargo.args(["test", "--no-fail-fast"]);
    }
    cargo.arg("--workspace");
    if options.fast {
        cargo.args(["--exclude", "e2e"]);
    }
    cargo.args(&options.filter);
    cargo.env("SIGNALBOX_BIN", program).env("SIGNALBOX_TEST_FULL", if options.full { "1" } else { "" });
    match database {
        Some(url) => cargo.env("SIGNALBOX_TEST_POSTGRES", url),
        None => cargo.env_remove("SIGNALBOX_TEST_POSTGRES"),
    };
    let before = counts.failed;
    let succeeded = shell::watch(&mut cargo, |line| counts.read(line))?;
    if !succeeded && counts.failed == before {
        counts.failed += 1; // it did not even build, or a test took the runner with it
    }
    Ok(())
}
