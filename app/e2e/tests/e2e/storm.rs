//! Sixteen processes deploy, lock, unlock and ask, all at once.

use e2e::outside::Process;
use e2e::server::Options;
use e2e::storm::{self, Act, Record};
use e2e::{Database, Folder, Hub, Repository, outside};
use std::process::{Command, Stdio};
use std::time::Duration;

const PROCESSES: usize = 16;
/// Of them, so many run the command line for every act.
const BY_COMMAND: usize = 3;

#[test]
fn storm_on_sqlite_finds_the_gate_shut_when_it_is_locked() {
    judge(Database::Sqlite);
}

#[test]
fn storm_on_postgres_finds_the_gate_shut_when_it_is_locked() {
    judge(Database::Postgres);
}

/// A verdict that cannot fail proves nothing: without the check inside the transaction it must find a violation.
#[test]
fn storm_convicts_a_server_that_does_not_check_again() {
    let options = Options::on(Database::Sqlite).env("SIGNALBOX_TEST_SKIP_RECHECK", "1");
    let mut last = String::new();
    for _ in 0..4 {
        let ended = rage(options.clone(), 8, &|_| true);
        let found = ended.violations();
        if found.iter().any(|v| v.contains("lock") || v.contains("overlapped") || v.contains("running")) {
            return;
        }
        last = ended.summary();
    }
    panic!("the server was told not to check in the transaction, and nobody noticed: {last}");
}

fn judge(database: Database) {
    if !database.is_here() {
        return;
    }
    let seconds = seconds();
    let (starts, refusals) = (1_000 * seconds / 60, 100 * seconds / 60);
    let enough = |records: &[Record]| {
        let count = |is: &dyn Fn(&Act) -> bool| records.iter().filter(|r| is(&r.act)).count() as u64;
        count(&|act| *act == Act::Started) >= starts
            && count(&|act| matches!(act, Act::Refused(_))) >= refusals
    };
    let ended = rage(Options::on(database), seconds, &enough);
    let found = ended.violations();
    println!("{}", ended.summary());
    assert!(found.is_empty(), "{} violations, the first: {:#?}", found.len(), &found[..found.len().min(10)]);
    assert!(enough(&ended.records), "too little happened to mean anything: {}", ended.summary());
}

/// 60 s where the full proof is asked for, less in a run that has to end soon.
fn seconds() -> u64 {
    let default = if outside::variable("SIGNALBOX_TEST_FULL").is_some() { 60 } else { 20 };
    outside::number("SIGNALBOX_STORM_SECONDS", default)
}

struct Ended {
    hub: Hub,
    records: Vec<Record>,
}

impl Ended {
    fn violations(&self) -> Vec<String> {
        let mut found = storm::outside_violations(&self.records);
        found.extend(storm::journal_violations(&self.records, &self.hub.journal()));
        found
    }

    fn summary(&self) -> String {
        let count = |is: &dyn Fn(&Act) -> bool| self.records.iter().filter(|r| is(&r.act)).count();
        format!(
            "{} starts, {} refusals, {} locks, {} releases, {} dry runs, {} told to try again, {} odd answers",
            count(&|act| *act == Act::Started),
            count(&|act| matches!(act, Act::Refused(_))),
            count(&|act| *act == Act::Locked),
            count(&|act| matches!(act, Act::Released(_))),
            count(&|act| matches!(act, Act::DryRun(_))),
            count(&|act| *act == Act::TryAgain),
            count(&|act| matches!(act, Act::Odd(_))),
        )
    }
}

/// Lets the storm rage for `seconds`, and on a slow machine on until there is enough, but not for ever.
fn rage(options: Options, seconds: u64, enough: &dyn Fn(&[Record]) -> bool) -> Ended {
    let hub = Hub::start(options, Repository::with_commits(3));
    hub.environment("canary", None);
    hub.environment("staging", None);
    let commit = hub.repository.head();
    let notes = Folder::new("storm");
    let stop = notes.join("stop");
    let workers: Vec<Process> = (0..PROCESSES)
        .map(|n| {
            let mode = if n < BY_COMMAND { "cli" } else { "http" };
            let mut command = Command::new(env!("CARGO_BIN_EXE_storm-worker"));
            command.arg(hub.server.host()).arg(hub.server.token()).arg(notes.join(&format!("{n}.notes")));
            command.arg(&stop).args([&commit, mode]).env("SIGNALBOX_BIN", outside::program());
            Process::start(command.stdin(Stdio::null()))
        })
        .collect();
    let watch = base::Stopwatch::start();
    outside::wait_for("the storm to pass", Duration::from_secs(seconds * 10), || {
        std::thread::sleep(Duration::from_millis(200)); // reading the notes more often would slow the storm down
        let over = watch.elapsed() >= Duration::from_secs(seconds);
        let long_over = watch.elapsed() >= Duration::from_secs(seconds * 5);
        (over && (long_over || enough(&storm::read(notes.path())))).then_some(())
    });
    std::fs::write(&stop, "").expect("the end can be announced");
    for mut worker in workers {
        outside::wait_for("a worker to end", Duration::from_secs(60), || worker.ended());
    }
    Ended { records: storm::read(notes.path()), hub }
}
