//! `signalbox repository`: the git remotes that Signalbox mirrors.

use crate::cli::Printer;
use crate::cli::print::field;
use crate::client::{Client, Failure, segment, variable};
use serde_json::json;

/// What to do with repositories.
#[derive(Debug, clap::Subcommand)]
pub enum Repository {
    /// List the repositories.
    List,
    /// Add a repository by its address or path; it is mirrored in full.
    #[command(after_help = "\
Examples:
  signalbox repo add shop https://git.example.com/shop.git --default-branch main
  SIGNALBOX_CREDENTIAL=... signalbox repo add shop https://git.example.com/shop.git

A token or SSH key for the remote is read from SIGNALBOX_CREDENTIAL, so that it is in no list of processes.")]
    Add {
        /// Its name.
        name: String,
        /// Where it is.
        #[arg(value_name = "URL")]
        address: String,
        /// The branch that is meant when none is named.
        #[arg(long, value_name = "BRANCH")]
        default_branch: Option<String>,
    },
    /// Fetch now instead of at the next poll.
    Fetch {
        /// Its name.
        name: String,
    },
}

impl Repository {
    /// Does it.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        match self {
            Self::List => {
                let answer = client.list("repositories", &[]).await?;
                print.table(
                    &answer,
                    "there is no repository yet; add one with: signalbox repo add",
                    |repository| {
                        let fields = ["name", "url", "default_branch", "state", "fetched_at"];
                        fields.iter().map(|name| field(repository, name)).collect()
                    },
                );
            }
            Self::Add { name, address, default_branch } => {
                let mut body = json!({"name": name, "url": address});
                if let Some(branch) = default_branch {
                    body["default_branch"] = branch.into();
                }
                if let Some(credential) = variable("SIGNALBOX_CREDENTIAL") {
                    let kind = if credential.starts_with("-----BEGIN") { "ssh_key" } else { "token" };
                    body["credential"] = json!({kind: credential});
                }
                let answer = client.post("repositories", &body).await?;
                print.answer(&answer, |repository| {
                    let hook = &repository["hook"];
                    let mut lines = vec![format!("repository {name} is there; it is being fetched")];
                    if let (Some(url), Some(secret)) = (hook["url"].as_str(), hook["secret"].as_str()) {
                        lines.push(format!("its host can announce pushes to {url} with the secret {secret}"));
                    }
                    lines
                });
            }
            Self::Fetch { name } => {
                let answer =
                    client.post(&format!("repositories/{}/fetch", segment(&name)), &json!({})).await?;
                print.answer(&answer, |_| vec![format!("repository {name} is fetched")]);
            }
        }
        Ok(())
    }
}
