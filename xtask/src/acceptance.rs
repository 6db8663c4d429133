//! Scripts with the real client libraries: the project's own under `app/e2e/clients`, and those that lie beside the checkout.

use crate::test::counts::Counts;
use crate::{postgres, shell};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs every script on SQLite and, where there is a server, on PostgreSQL.
pub fn run(
    program: &Path,
    database: Option<&str>,
    only: Option<&str>,
    counts: &mut Counts,
    not_done: &mut Vec<String>,
) {
    if !shell::has("python3") {
        not_done.push("no real client is tested: python3 is missing".into());
        return;
    }
    let own = shell::root().join("app/e2e/clients");
    let beside = shell::root().join("../shared/acceptance");
    for (folder, what) in [(own, "the project's own"), (beside, "beside the checkout")] {
        if !folder.join("run.py").is_file() {
            not_done.push(format!("no scripts with real clients {what}: {} is missing", folder.display()));
        } else if only.is_none_or(|name| has_script(&folder, name)) {
            on_sqlite(&folder, what, program, only, counts);
            if let Some(url) = database {
                on_postgres(&folder, what, program, url, only, counts);
            }
        }
    }
}

fn on_sqlite(folder: &Path, what: &str, program: &Path, only: Option<&str>, counts: &mut Counts) {
    shell::title(&format!("real clients, {what}, on SQLite"));
    watch(runner(folder, program, only), counts);
}

/// A script expects empty data, and a server on PostgreSQL finds what the script before left. So the runner is given a stand-in
/// for the program that makes a database for each `serve`.
fn on_postgres(
    folder: &Path,
    what: &str,
    program: &Path,
    url: &str,
    only: Option<&str>,
    counts: &mut Counts,
) {
    shell::title(&format!("real clients, {what}, on PostgreSQL"));
    let stand_in = shell::root().join("app/e2e/clients/fresh_database.sh");
    let psql = postgres::programs().map(|bin| bin.join("psql")).filter(|psql| psql.is_file());
    let mut runner = runner(folder, &stand_in, only);
    runner
        .args(["--database", url])
        .env("SIGNALBOX_BIN", program)
        .env("PSQL", psql.unwrap_or_else(|| PathBuf::from("psql")));
    watch(runner, counts);
}

fn runner(folder: &Path, program: &Path, only: Option<&str>) -> Command {
    let mut runner = Command::new("python3");
    runner.arg("-u").arg(folder.join("run.py")).arg("--bin").arg(program).env("PYTHONDONTWRITEBYTECODE", "1");
    if let Some(name) = only {
        runner.args(["--only", name]);
    }
    runner
}

fn watch(mut runner: Command, counts: &mut Counts) {
    let before = counts.failed;
    let succeeded = shell::watch(&mut runner, |line| counts.read(line));
    if !matches!(succeeded, Ok(true)) && counts.failed == before {
        if let Err(why) = succeeded {
            eprintln!("{why}");
        }
        counts.failed += 1;
    }
}

fn has_script(folder: &Path, name: &str) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        let file = path.file_name().map(|f| f.to_string_lossy().into_owned()).unwrap_or_default();
        let is_script = file.as_bytes().get(1..3).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit));
        if path.is_dir() { has_script(&path, name) } else { is_script && file.contains(name) }
    })
}
