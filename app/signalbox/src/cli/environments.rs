//! `signalbox environment`: the places that deployments go to.

use crate::cli::Printer;
use crate::cli::print::field;
use crate::client::{Client, Failure, segment};
use serde_json::json;

/// What to do with environments.
#[derive(Debug, clap::Subcommand)]
pub enum Environment {
    /// List the environments in their order.
    List,
    /// Add an environment; its lock project and its deployment project are made with it.
    #[command(after_help = "\
Examples:
  signalbox env add beta --repository shop
  signalbox env add production --repository shop --after beta")]
    Add {
        /// Its name, as scripts will write it.
        name: String,
        /// The repository whose commits go there.
        #[arg(long, value_name = "NAME")]
        repository: String,
        /// The environment that comes before it.
        #[arg(long, value_name = "ENV")]
        after: Option<String>,
    },
    /// Show one environment.
    Show {
        /// Its name.
        name: String,
    },
}

impl Environment {
    /// Does it.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        match self {
            Self::List => {
                let answer = client.list("environments", &[]).await?;
                print.table(
                    &answer,
                    "there is no environment yet; add one with: signalbox env add",
                    |environment| {
                        vec![
                            field(environment, "name"),
                            field(environment, "repository"),
                            field(environment, "sentence"),
                        ]
                    },
                );
            }
            Self::Add { name, repository, after } => {
                let mut body = json!({"name": name, "repository": repository});
                if let Some(after) = after {
                    body["after"] = after.into();
                }
                let answer = client.post("environments", &body).await?;
                print.answer(&answer, |environment| {
                    vec![format!("environment {} is there", field(environment, "name"))]
                });
            }
            Self::Show { name } => {
                let answer = client.get(&format!("environments/{}", segment(&name)), &[]).await?;
                print.answer(&answer, |environment| {
                    let keys = ["name", "repository", "after", "lock_project", "deployment_project"];
                    keys.iter().map(|key| format!("{key}: {}", field(environment, key))).collect()
                });
            }
        }
        Ok(())
    }
}
