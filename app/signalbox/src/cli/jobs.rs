//! `signalbox job`: scheduled and triggered work.

mod lint;
mod told;

use super::runs;
use crate::cli::print::{field, items};
use crate::cli::{Printer, note, print_line};
use crate::client::{Client, Failure, segment};
use base::Time;
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// What to do with jobs.
#[derive(Debug, clap::Subcommand)]
pub enum Job {
    /// List the jobs with their last run and their next fire.
    List,
    /// Show one job: its schedules, the next fires, and what became of the last ones.
    Show {
        /// Its name.
        name: String,
    },
    /// Check a job file without a server; every finding has its line.
    #[command(after_help = "\
Examples:
  signalbox job lint signalbox.yaml
  signalbox job lint signalbox/*.yaml

Ends with 1 when a file has an error. Editors get the same by the schema: signalbox job schema")]
    Lint {
        /// The files; `-` is standard input.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Make a job file of Bamboo Specs, without a server.
    Import(super::import::Import),
    /// Print the JSON Schema of job files, for editors.
    Schema,
    /// Start a run.
    #[command(after_help = "\
Examples:
  signalbox job run nightly-backup
  signalbox job run report --param month=2026-11-01 --wait
  signalbox job run build --ref topic/faster --follow
  signalbox job run beta --override freeze:prod-push --reason 'The shop is down'

With --wait or --follow the command ends as the run does: 0 passed, its own exit code when it failed, 75 when the gate
of its environment was closed, 88 when it was cancelled.")]
    Run {
        /// The job's name.
        name: String,
        /// A parameter, as name=value.
        #[arg(long = "param", short = 'p', value_name = "NAME=VALUE", value_parser = pair)]
        params: Vec<(String, String)>,
        /// A branch, a tag or a commit; the default branch otherwise.
        #[arg(long, value_name = "REF")]
        r#ref: Option<String>,
        /// Wait until it is over.
        #[arg(long)]
        wait: bool,
        /// Print its output while it comes, and wait until it is over.
        #[arg(long, short)]
        follow: bool,
        #[command(flatten)]
        pass: runs::Pass,
    },
    /// Show when a job runs next, and which of its fires are frozen.
    Next {
        /// Its name.
        name: String,
    },
    /// Keep the schedules of a job from starting it.
    Pause {
        /// The job's name.
        name: String,
        /// Why.
        #[arg(long, short = 'm', value_name = "TEXT")]
        reason: Option<String>,
        /// Until when: an instant (RFC 3339) or a length of time from now (2h).
        #[arg(long, value_name = "TIME", value_parser = super::locks::instant)]
        until: Option<Time>,
    },
    /// Let the schedules of a job start it again.
    Resume {
        /// The job's name.
        name: String,
    },
    /// Keep everything and everybody from starting a job.
    Disable {
        /// The job's name.
        name: String,
        /// Why.
        #[arg(long, short = 'm', value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Let a job be started again that was disabled.
    Enable {
        /// The job's name.
        name: String,
    },
    /// See since when a job takes requests from outside, make its address, or end it.
    #[command(after_help = "\
Examples:
  signalbox job webhook report
  signalbox job webhook report --new
  curl -X POST -H 'Content-Type: application/json' -d '{\"month\": \"2026-11\"}' ADDRESS

The job's file says `on: webhook`. The address is shown when it is made, and never again; a new one ends the old.")]
    Webhook {
        /// The job's name.
        name: String,
        /// Make a new address.
        #[arg(long, conflicts_with = "end")]
        new: bool,
        /// End the address: nothing from outside starts the job any more.
        #[arg(long)]
        end: bool,
    },
    /// Show when a cron expression would fire.
    #[command(after_help = "\
Examples:
  signalbox job preview '0 6 1 * *' --tz Europe/London
  signalbox job preview 'H 3 * * MON-FRI' --count 3")]
    Preview {
        /// The expression.
        cron: String,
        /// The IANA time zone.
        #[arg(long, default_value = "UTC", value_name = "ZONE")]
        tz: String,
        /// How many fires.
        #[arg(long, default_value_t = 10, value_name = "N")]
        count: u32,
        /// Only fires after this instant.
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
    },
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a parameter is written name=value")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

impl Job {
    /// Whether it needs no server.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Lint { .. } | Self::Import(_) | Self::Schema)
    }

    /// Does what needs no server; returns the exit code.
    pub fn run_here(&self, is_json: bool) -> i32 {
        match self {
            Self::Import(import) => import.run(is_json),
            Self::Lint { files } => lint::check(files),
            _ => {
                print_line(jobs::file::schema::PUBLISHED.trim_end());
                0
            }
        }
    }

    /// Does it.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        match self {
            Self::List => {
                let answer = client.list("jobs", &[]).await?;
                print.table(
                    &answer,
                    "there is no job yet; commit a signalbox.yaml to a registered repository",
                    told::row,
                );
            }
            Self::Show { name } => {
                let answer = client.get(&format!("jobs/{}", segment(&name)), &[]).await?;
                print.answer(&answer, told::whole);
            }
            Self::Next { name } => {
                let answer = client.get(&format!("jobs/{}", segment(&name)), &[]).await?;
                print.answer(&answer, told::coming);
            }
            Self::Run { name, params, r#ref, wait, follow, pass } => {
                let params: Map<String, Value> =
                    params.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
                let mut body = json!({"params": params, "ref": r#ref});
                pass.put(&mut body);
                let run = client.post(&format!("jobs/{}/runs", segment(&name)), &body).await?;
                if !wait && !follow {
                    print.answer(&run, |run| {
                        vec![format!("run {} {}", field(run, "number"), field(run, "url"))]
                    });
                    return Ok(());
                }
                note(&format!("run {} {}", field(&run, "number"), field(&run, "url")));
                return runs::wait(client, print, &field(&run, "id"), follow).await;
            }
            Self::Pause { name, reason, until } => {
                let body =
                    json!({"paused": true, "reason": reason, "until": until.map(|until| until.to_string())});
                let answer = client.patch(&format!("jobs/{}", segment(&name)), &body).await?;
                print.answer(&answer, |_| {
                    vec![format!("{name} is paused; resume it with: signalbox job resume {name}")]
                });
            }
            Self::Resume { name } => {
                let answer =
                    client.patch(&format!("jobs/{}", segment(&name)), &json!({"paused": false})).await?;
                print.answer(&answer, |job| {
                    let next = field(job, "next_fire_at");
                    let next =
                        if next.is_empty() { String::new() } else { format!("; it fires next at {next}") };
                    vec![format!("{name} is no longer paused{next}")]
                });
            }
            Self::Disable { name, reason } => {
                let body = json!({"disabled": true, "reason": reason});
                let answer = client.patch(&format!("jobs/{}", segment(&name)), &body).await?;
                print.answer(&answer, |_| {
                    vec![format!("nothing starts {name} now; enable it with: signalbox job enable {name}")]
                });
            }
            Self::Enable { name } => {
                let answer =
                    client.patch(&format!("jobs/{}", segment(&name)), &json!({"disabled": false})).await?;
                print.answer(&answer, |_| vec![format!("{name} is enabled")]);
            }
            Self::Webhook { name, new, end } => {
                let path = format!("jobs/{}/webhook", segment(&name));
                if new {
                    let answer = client.post(&path, &json!({})).await?;
                    print.answer(&answer, |hook| {
                        let mut lines = vec![format!("POST {} starts {name}; it is shown only now", field(hook, "url"))];
                        if let Some(secret) = hook["secret"].as_str() {
                            lines.push(format!("sign requests with the secret {secret}: HMAC-SHA256, X-Hub-Signature-256: sha256=..."));
                        }
                        lines
                    });
                } else if end {
                    let answer = client.json(client.request(Method::DELETE, &path)).await?;
                    print.answer(&answer, |_| vec![format!("nothing from outside starts {name} any more")]);
                } else {
                    print.answer(&client.get(&path, &[]).await?, |hook| vec![told::taken(&name, hook)]);
                }
            }
            Self::Preview { cron, tz, count, from } => {
                let count = count.to_string();
                let mut query = vec![("cron", cron.as_str()), ("tz", &tz), ("count", &count)];
                query.extend(from.as_deref().map(|from| ("from", from)));
                let answer = client.get("schedules/preview", &query).await?;
                print.answer(&answer, |preview| {
                    let mut lines = vec![field(preview, "words")];
                    lines.extend(
                        items(&preview["fires"])
                            .iter()
                            .map(|fire| format!("{}  {}", field(fire, "at"), field(fire, "local"))),
                    );
                    lines
                });
            }
            Self::Lint { .. } | Self::Import(_) | Self::Schema => {}
        }
        Ok(())
    }
}
