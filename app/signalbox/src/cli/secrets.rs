//! `signalbox secret`: what jobs get and nobody reads back.

use crate::cli::Printer;
use crate::cli::print::field;
use crate::client::{Client, Failure, segment};
use reqwest::Method;
use serde_json::json;
use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;

/// What to do with secrets.
#[derive(Debug, clap::Subcommand)]
pub enum Secret {
    /// List the names of the secrets, never their values.
    List,
    /// Set a secret. Its value comes from standard input or a file, never from an argument, which others could see.
    #[command(after_help = "\
Examples:
  pass show market | signalbox secret set MARKET_TOKEN --job renewal-report
  signalbox secret set DEPLOY_KEY --repository shop --file ~/.ssh/deploy
  signalbox secret set NPM_TOKEN --workspace < token.txt")]
    Set {
        /// Its name, which is that of the environment variable.
        name: String,
        /// Where it holds.
        #[command(flatten)]
        scope: Scope,
        /// The file that holds the value; standard input otherwise.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// Keep the line break at its end.
        #[arg(long)]
        keep_newline: bool,
        /// Give it to runs of any branch, not only of the default branch.
        #[arg(long)]
        any_branch: bool,
    },
    /// Remove a secret.
    Remove {
        /// Its name.
        name: String,
        /// Where it holds.
        #[command(flatten)]
        scope: Scope,
    },
}

/// Where a secret holds.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct Scope {
    /// For one job.
    #[arg(long, value_name = "NAME")]
    job: Option<String>,
    /// For the jobs of a repository.
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// For jobs that deploy to an environment.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// For every job.
    #[arg(long)]
    workspace: bool,
}

impl Scope {
    fn text(&self) -> String {
        let named =
            [("job", &self.job), ("repository", &self.repository), ("environment", &self.environment)];
        let found =
            named.into_iter().find_map(|(kind, name)| name.as_ref().map(|name| format!("{kind}:{name}")));
        found.unwrap_or_else(|| "workspace".to_owned())
    }
}

impl Secret {
    /// Does it.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        match self {
            Self::List => {
                let answer = client.list("secrets", &[]).await?;
                print.table(&answer, "there is no secret yet", |secret| {
                    let version = format!("version {}", field(secret, "version"));
                    vec![
                        field(secret, "name"),
                        field(secret, "scope"),
                        field(secret, "of"),
                        version,
                        field(secret, "set_by"),
                        field(secret, "set_at"),
                    ]
                });
            }
            Self::Set { name, scope, file, keep_newline, any_branch } => {
                let mut value = read(file)?;
                if !keep_newline {
                    value.truncate(value.trim_end_matches(['\n', '\r']).len());
                }
                let path = format!("secrets/{}/{}", segment(&scope.text()), segment(&name));
                let body = json!({"value": value, "any_branch": any_branch});
                let answer = client.json(client.request(Method::PUT, &path).json(&body)).await?;
                print.answer(&answer, |secret| {
                    vec![format!("{name} is set, version {}", field(secret, "version"))]
                });
            }
            Self::Remove { name, scope } => {
                let path = format!("secrets/{}/{}", segment(&scope.text()), segment(&name));
                let answer = client.json(client.request(Method::DELETE, &path)).await?;
                print.answer(&answer, |_| vec![format!("{name} is removed")]);
            }
        }
        Ok(())
    }
}

fn read(file: Option<PathBuf>) -> Result<String, Failure> {
    let text = match file {
        Some(path) => std::fs::read_to_string(&path)
            .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?,
        None => {
            if std::io::stdin().is_terminal() {
                crate::cli::note("type the value, then press Ctrl+D on a line of its own");
            }
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| Failure::usage(format!("the value cannot be read: {error}")))?;
            text
        }
    };
    if text.is_empty() { Err(Failure::usage("the value is empty")) } else { Ok(text) }
}
