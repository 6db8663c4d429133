//! `signalbox deploy`: a script of any kind, run under the gate.
//!
//! One call is one attempt. It pins the commit, asks the server (which decides and starts in one transaction), runs the
//! command with a lease on the environment, sends its output, and records how it ended. When the server can't be
//! reached nothing starts; once something runs, the server may come and go.
//!
//! The exit codes ([`exit`]) and the result file ([`report`]) are contracts. Not here: deciding (the server's gate).

mod beat;
mod command;
mod commit;
pub mod exit;
mod finish;
mod mask;
mod options;
mod output;
mod report;
mod session;
mod signals;
mod slot;
mod spool;
mod start;
mod supervise;
#[cfg(test)]
pub mod testing;
mod tree;
mod upload;
mod verdict;
mod waiting;
pub mod words;

use crate::cli::{Door, note, print_line, say};
use crate::client::{Client, home, variable};
use base::{Clock, Stopwatch};
use mask::Secrets;
pub use options::Options;
use report::Report;
use serde_json::Value;
use signals::Signals;
use spool::Spool;
use start::{Answer, Refusal};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;
use supervise::Run;
use waiting::Waiting;

/// How long a deployment whose start is under way is waited for after a signal, so that it does not stay behind.
const LAST_ANSWER: Duration = Duration::from_secs(5);

/// Runs one attempt and returns the exit code.
pub async fn run(mut options: Options, door: &Door) -> i32 {
    options.is_stdout_taken = door.json;
    let mut report = Report::about(&options.env);
    if let Some(path) = &options.result_file
        && let Err(error) = report::is_writable(path)
    {
        note(&format!("the result file {} cannot be written: {error}; nothing was started", path.display()));
        return exit::CANNOT_CREATE;
    }
    if let Err(refusal) = attempt(&options, door, &mut report).await {
        verdict::refused(&options, *refusal, &mut report);
    }
    if door.json {
        print_line(&serde_json::to_string_pretty(&report).unwrap_or_default());
    }
    if let Some(path) = &options.result_file
        && let Err(error) = report.write(path)
    {
        note(&format!("the result file {} cannot be written: {error}", path.display()));
    }
    report.exit_code
}

async fn attempt(options: &Options, door: &Door, report: &mut Report) -> Result<(), Box<Refusal>> {
    let client = Client::connect(door).map_err(|failure| Box::new(Refusal::from(failure)))?;
    let slot = options.slot.map(|every| slot::floor(Clock::system().now(), every));
    let commit = pin(options)?;
    report.commit.clone_from(&commit);
    let spool = make_spool(options)?;
    let mut signals = Signals::catch();
    let body = start::request(options, commit.as_deref(), slot);
    let answer = ask(Waiting::new(&client, options, body), &mut signals).await;
    match answer {
        (Answer::Started(started), is_interrupted) => {
            let run = Run {
                options,
                client: &client,
                started: &started,
                secrets: secrets(options, &client),
                spool: &spool,
                signals: &mut signals,
            };
            drive(run, is_interrupted, report).await;
            Ok(())
        }
        (Answer::NothingToDo(answer), _) => {
            spool.remove();
            verdict::nothing_to_do(options, &answer, report);
            Ok(())
        }
        (Answer::Decided(answer) | Answer::Queued(answer), _) => {
            spool.remove();
            verdict::decided(options, &answer, report)
        }
        (Answer::Refused(refusal), _) => {
            spool.remove();
            Err(refusal)
        }
    }
}

/// Asks until there is an answer or a signal. A start that is under way then is waited for a little, so that a
/// deployment that has started is not left behind.
async fn ask(mut waiting: Waiting<'_>, signals: &mut Signals) -> (Answer, Option<&'static str>) {
    let is_asking = waiting.is_asking.clone();
    let signal = {
        let asking = waiting.start();
        tokio::pin!(asking);
        let signal = tokio::select! {
            answer = &mut asking => return (answer, None),
            signal = signals.next() => signal,
        };
        if is_asking.load(Ordering::SeqCst)
            && let Ok(answer @ Answer::Started(_)) = tokio::time::timeout(LAST_ANSWER, &mut asking).await
        {
            return (answer, Some(signals::name(signal)));
        }
        signal
    };
    waiting.leave().await;
    (interrupted(signals::name(signal), signal.as_raw()), None)
}

/// The full id of the commit, when there is a clone to ask; otherwise what was given, for the server to resolve.
fn pin(options: &Options) -> Result<Option<String>, Box<Refusal>> {
    let Some(repo) = &options.repo else { return Ok(options.commit.clone()) };
    let name = options.commit.as_deref().or(options.git_ref.as_deref()).unwrap_or("HEAD");
    commit::resolve(repo, name).map(Some).map_err(|unresolved| {
        let sentence = format!("{}; nothing was started", unresolved.sentence());
        Box::new(Refusal { exit: exit::COMMIT, reason: unresolved.reason(), sentence, decision: Value::Null })
    })
}

/// Made before anything starts: output that can't be kept is a reason not to begin.
fn make_spool(options: &Options) -> Result<Spool, Box<Refusal>> {
    let dir = options.spool_dir.clone().or_else(state_dir).unwrap_or_else(std::env::temp_dir);
    let name = format!("{}-{}.log", crate::client::segment(&options.env), base::random::word::<12>());
    Spool::create(&dir, &name).map_err(|error| {
        let sentence =
            format!("the output cannot be kept in {}: {error}; nothing was started", dir.display());
        Box::new(Refusal {
            exit: exit::CANNOT_CREATE,
            reason: "spool_unwritable",
            sentence,
            decision: Value::Null,
        })
    })
}

fn state_dir() -> Option<PathBuf> {
    let base =
        variable("XDG_STATE_HOME").map(PathBuf::from).or_else(|| Some(home()?.join(".local/state")))?;
    Some(base.join("signalbox/spool"))
}

fn secrets(options: &Options, client: &Client) -> Secrets {
    use std::os::unix::ffi::OsStringExt as _;
    let environment =
        std::env::vars_os().map(|(name, value)| (name.to_string_lossy().into_owned(), value.into_vec()));
    Secrets::collect(environment, &options.mask, [client.token().reveal()])
}

fn interrupted(signal: &str, number: i32) -> Answer {
    Answer::Refused(Box::new(Refusal {
        exit: exit::killed_by(number),
        reason: "interrupted",
        sentence: format!("stopped by {signal} before anything was started"),
        decision: Value::Null,
    }))
}

async fn drive(run: Run<'_>, interrupted: Option<&'static str>, report: &mut Report) {
    let (options, started, spool) = (run.options, run.started, run.spool);
    verdict::started(started, report);
    if !options.quiet {
        say(&words::started(started));
    }
    let (clock, took) = (Clock::system(), Stopwatch::start());
    report.started_at = Some(clock.now());
    tree::adopt_orphans();
    let ended = match interrupted {
        None => run.see_through().await,
        Some(signal) => run.give_up(signal).await,
    };
    report.ended_at = Some(clock.now());
    (report.child_exit, report.child_signal) = (ended.child_exit, ended.child_signal);
    (report.output_bytes, report.reported) = (ended.output_bytes, ended.is_reported);
    report.exit_code = ended.exit_code();
    let (reason_code, end) = verdict::of(&ended, took.elapsed());
    report.reason_code = reason_code;
    report.sentence = format!("deployment {} {end}", started.number);
    if reason_code != "succeeded" || !options.quiet {
        say(&report.sentence);
    }
    for line in &ended.notes {
        note(line);
    }
    if ended.is_reported || spool.written() == 0 {
        spool.remove();
    } else {
        note(&format!("the output is kept in {}", spool.path().display()));
        report.spool = Some(spool.path().to_owned());
    }
}
