//! `signalbox run`: what became of jobs.

use super::remarks;
use crate::cli::print::{field, items};
use crate::cli::{Printer, note};
use crate::client::{Client, Failure, segment};
use crate::deploy::exit;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// How often a run is looked at that somebody waits for.
const LOOK_AGAIN: Duration = Duration::from_millis(400);

/// Passing what a job is frozen by.
#[derive(Debug, Default, clap::Args)]
pub struct Pass {
    /// Pass this freeze, named as the refusal names it (freeze:prod-push); needs the right to pause the job and --reason. Repeatable.
    #[arg(long = "override", value_name = "KIND:NAME", requires = "reason", value_delimiter = ',')]
    pub overrides: Vec<String>,
    /// Why it is passed.
    #[arg(long, value_name = "TEXT", requires = "overrides")]
    pub reason: Option<String>,
}

impl Pass {
    /// Writes it into a request.
    pub fn put(self, body: &mut Value) {
        if !self.overrides.is_empty() {
            body["override"] = json!(self.overrides);
            body["reason"] = json!(self.reason);
        }
    }
}

/// What to do with runs.
#[derive(Debug, clap::Subcommand)]
pub enum Run {
    /// List runs, newest first.
    List {
        /// Only those of this job.
        #[arg(long, value_name = "NAME")]
        job: Option<String>,
        /// Only those in these states, as running,failed.
        #[arg(long, value_name = "STATES")]
        state: Option<String>,
    },
    /// Show a run: its parts, their steps, its figures.
    Show {
        /// The run's id.
        run: String,
    },
    /// Print the output of a run.
    Log {
        /// The run's id.
        run: String,
        /// Go on until it is over, and end as it does.
        #[arg(long, short)]
        follow: bool,
        /// Only this part.
        #[arg(long, value_name = "PART")]
        part: Option<String>,
        /// Print the bytes as they are kept, marks of steps and times included.
        #[arg(long)]
        raw: bool,
    },
    /// Ask for a run to stop.
    Cancel {
        /// The run's id.
        run: String,
        /// Why.
        #[arg(long, short = 'm', value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Run again, with the same commit and the same parameters.
    Retry {
        /// The run's id.
        run: String,
        /// Only the parts that did not succeed.
        #[arg(long)]
        only_failed: bool,
        /// Print its output while it comes, and end as it does.
        #[arg(long, short)]
        follow: bool,
        #[command(flatten)]
        pass: Pass,
    },
    /// Let the manual stage begin that a run waits with.
    Release {
        /// The run's id.
        run: String,
    },
    /// Say something about a run; without a text, list what was said.
    Comment {
        /// The run's id.
        run: String,
        /// What to say; `-` reads it from standard input.
        text: Option<String>,
        /// Take back the comment with this id.
        #[arg(long, value_name = "ID", conflicts_with = "text")]
        remove: Option<String>,
    },
    /// Put labels on a run, or take them off; without any, list them.
    Label {
        /// The run's id.
        run: String,
        /// The labels.
        labels: Vec<String>,
        /// Take these labels off.
        #[arg(long, requires = "labels")]
        remove: bool,
    },
    /// Fetch a file that a run kept; without a name, list them.
    Artifact {
        /// The run's id.
        run: String,
        /// Its name, its path or the name of its rule.
        name: Option<String>,
        /// Where to write it; its own name in this folder otherwise, `-` for standard output.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

impl Run {
    /// Does it.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        match self {
            Self::List { job, state } => {
                let mut query = vec![("limit", "30")];
                query.extend(job.as_deref().map(|job| ("job", job)));
                query.extend(state.as_deref().map(|state| ("state", state)));
                let answer = client.get("runs", &query).await?;
                print.table(&answer, "there is no run yet", |run| {
                    let number = format!("{} {}", field(run, "job"), field(run, "number"));
                    vec![
                        field(run, "id"),
                        number,
                        field(run, "state"),
                        field(run, "cause"),
                        field(run, "asked_at"),
                        field(run, "sentence"),
                    ]
                });
            }
            Self::Show { run } => {
                let answer = client.get(&format!("runs/{}", segment(&run)), &[]).await?;
                print.answer(&answer, shown);
            }
            Self::Log { run, follow: true, part: None, raw: false } => {
                return wait(client, print, &run, true).await;
            }
            Self::Log { run, follow, part, raw } => {
                let mut reader = Reader { part, raw, ..Reader::default() };
                loop {
                    let is_over = client.get(&format!("runs/{}", segment(&run)), &[]).await?["over"] == true;
                    reader.read(client, &run).await?;
                    if !follow || is_over {
                        reader.end();
                        return Ok(());
                    }
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
            }
            Self::Cancel { run, reason } => {
                let answer = client
                    .post(&format!("runs/{}/cancel", segment(&run)), &json!({"reason": reason}))
                    .await?;
                print.answer(&answer, |run| vec![format!("run {} is told to stop", field(run, "number"))]);
            }
            Self::Retry { run, only_failed, follow, pass } => {
                let mut body = json!({"only_failed": only_failed});
                pass.put(&mut body);
                let answer = client.post(&format!("runs/{}/retry", segment(&run)), &body).await?;
                if follow {
                    return wait(client, print, &field(&answer, "id"), true).await;
                }
                print.answer(&answer, |run| {
                    vec![format!("run {} {}", field(run, "number"), field(run, "url"))]
                });
            }
            Self::Release { run } => {
                let answer = client.post(&format!("runs/{}/release", segment(&run)), &json!({})).await?;
                print.answer(&answer, |run| vec![format!("run {} goes on", field(run, "number"))]);
            }
            Self::Comment { run, text, remove } => {
                return remarks::comment(client, print, &run, text, remove).await;
            }
            Self::Label { run, labels, remove } => {
                return remarks::label(client, print, &run, &labels, remove).await;
            }
            Self::Artifact { run, name: None, .. } => {
                let answer = client.list(&format!("runs/{}/artifacts", segment(&run)), &[]).await?;
                print.table(&answer, "the run kept no files", |file| {
                    vec![
                        field(file, "name"),
                        field(file, "path"),
                        field(file, "size"),
                        field(file, "kept_until"),
                    ]
                });
            }
            Self::Artifact { run, name: Some(name), output } => {
                return fetch(client, &run, &name, output).await;
            }
        }
        Ok(())
    }
}

async fn fetch(client: &Client, run: &str, name: &str, output: Option<PathBuf>) -> Result<(), Failure> {
    let path = format!("runs/{}/artifacts/{}", segment(run), segment(name));
    let mut response = client.send(client.request(Method::GET, &path)).await?;
    let own = || PathBuf::from(name.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("artifact"));
    let target = output.unwrap_or_else(own);
    let broken =
        |error: std::io::Error| Failure::usage(format!("{} cannot be written: {error}", target.display()));
    let mut sink: Box<dyn std::io::Write + Send> = if target.as_os_str() == "-" {
        Box::new(std::io::stdout())
    } else {
        Box::new(std::fs::File::create(&target).map_err(broken)?)
    };
    while let Some(piece) =
        response.chunk().await.map_err(|error| Failure::unreachable(client.root(), &error))?
    {
        sink.write_all(&piece).map_err(broken)?;
    }
    sink.flush().map_err(broken)?;
    if target.as_os_str() != "-" {
        note(&format!("{} is written", target.display()));
    }
    Ok(())
}

fn shown(run: &Value) -> Vec<String> {
    let mut lines =
        vec![format!("{} run {}: {}", field(run, "title"), field(run, "number"), field(run, "state"))];
    let mut put = |label: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("{label}{value}"));
        }
    };
    put("", field(run, "sentence"));
    put("cause: ", format!("{} ({})", field(run, "cause"), field(run, "asked_by")));
    put("commit: ", field(run, "commit"));
    put("started: ", field(run, "started_at"));
    put("ended: ", field(run, "ended_at"));
    for part in items(&run["parts"]) {
        put("", format!("  {}  {}  {}", field(part, "name"), field(part, "state"), field(part, "sentence")));
        for step in items(&part["steps"]) {
            put("", format!("    {}  {}", field(step, "name"), field(step, "state")));
        }
    }
    for metric in items(&run["metrics"]) {
        put(
            "",
            format!("  {} = {} {}", field(metric, "name"), field(metric, "value"), field(metric, "unit")),
        );
    }
    put("", field(run, "url"));
    lines
}

/// Waits until a run is over, printing its output if asked, and ends as it does.
pub(super) async fn wait(client: &Client, print: &Printer, run: &str, follow: bool) -> Result<(), Failure> {
    let mut reader = Reader::default();
    let path = format!("runs/{}", segment(run));
    loop {
        let answer = client.get(&path, &[]).await?;
        let is_over = answer["over"] == true;
        if follow {
            // Asked after the state: what came before the end is printed before it.
            reader.read(client, run).await?;
        }
        if is_over {
            reader.end();
            if !follow {
                print.answer(&answer, shown);
            }
            return outcome(&answer);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn outcome(run: &Value) -> Result<(), Failure> {
    let state = field(run, "state");
    let sentence = field(run, "sentence");
    let said = if sentence.is_empty() { String::new() } else { format!(": {sentence}") };
    let text = format!("run {} {}{said}", field(run, "number"), state.replace('_', " "));
    let own =
        || items(&run["parts"]).iter().find_map(|part| part["exit_code"].as_i64()).filter(|code| *code != 0);
    let code = match state.as_str() {
        "succeeded" => {
            note(&text);
            return Ok(());
        }
        "blocked" => exit::BLOCKED,
        "cancelled" | "skipped" => exit::ABORTED,
        "timed_out" => exit::WAIT_RAN_OUT,
        "lost" => exit::LEASE_LOST,
        _ => own().and_then(|code| i32::try_from(code).ok()).unwrap_or(1),
    };
    Err(Failure::Ended(code, text))
}

/// Reads output from where it stopped, and prints it for people.
#[derive(Default)]
struct Reader {
    at: u64,
    part: Option<String>,
    raw: bool,
    /// The beginning of a line whose end has not come.
    open: Vec<u8>,
}

impl Reader {
    async fn read(&mut self, client: &Client, run: &str) -> Result<(), Failure> {
        let at = self.at.to_string();
        let part = self.part.as_deref().map(|part| format!("&part={}", segment(part))).unwrap_or_default();
        let path = format!("runs/{}/log?from={at}{part}", segment(run));
        let mut response = match client.send(client.request(Method::GET, &path)).await {
            Ok(response) => response,
            // A part that has not begun has no output yet.
            Err(failure) if failure.status() == Some(404) && self.part.is_some() => return Ok(()),
            Err(failure) => return Err(failure),
        };
        while let Some(piece) =
            response.chunk().await.map_err(|error| Failure::unreachable(client.root(), &error))?
        {
            self.at += piece.len() as u64;
            self.print(&piece);
        }
        Ok(())
    }

    fn print(&mut self, piece: &[u8]) {
        if self.raw {
            // There is nobody to tell that nobody reads.
            let _ = std::io::stdout().write_all(piece);
            return;
        }
        self.open.extend_from_slice(piece);
        while let Some(end) = self.open.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.open.drain(..=end).collect();
            show(&line);
        }
    }

    fn end(&mut self) {
        let rest = std::mem::take(&mut self.open);
        if !rest.is_empty() {
            show(&rest);
        }
        let _ = std::io::stdout().flush();
    }
}

/// Prints one line: marks of steps and groups become headings, marks of time nothing.
fn show(line: &[u8]) {
    let heading = |text: &str| {
        let _ = writeln!(std::io::stdout(), "── {text}");
    };
    let named = |mark: &[u8]| {
        let value: Option<Value> = serde_json::from_slice(mark).ok();
        value.as_ref().map(|value| field(value, "name"))
    };
    if let Some(mark) = line.strip_prefix(b"::step::") {
        heading(&named(mark).unwrap_or_default());
    } else if let Some(name) = line.strip_prefix(b"::group::") {
        heading(String::from_utf8_lossy(name).trim_end());
    } else if !line.starts_with(b"::step-end::")
        && !line.starts_with(b"::at::")
        && !line.starts_with(b"::endgroup::")
    {
        let shown = line.strip_prefix(b"::raw::").unwrap_or(line);
        // There is nobody to tell that nobody reads.
        let _ = std::io::stdout().write_all(shown);
    }
}
