//! `signalbox repository`: the repositories that Signalbox mirrors, and those that it hosts.

use crate::cli::Printer;
use crate::cli::print::field;
use crate::client::{Client, Failure, segment, variable, with_query};
use reqwest::Method;
use serde_json::{Value, json};

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
    /// Make a repository here, to push to.
    #[command(after_help = "\
Examples:
  signalbox repo create tools
  signalbox repo create tools --push granted

git asks for a user name and a password: any name, and a token of Signalbox as the password.")]
    Create {
        /// Its name.
        name: String,
        /// The default branch; main, or whatever is pushed first, when nobody says.
        #[arg(long, value_name = "BRANCH")]
        default_branch: Option<String>,
        /// Who may push: every member, or only who was granted to edit it.
        #[arg(long, value_name = "WHO", value_parser = ["members", "granted"])]
        push: Option<String>,
    },
    /// Rename a repository that is here, or change its default branch, who may push, or whether it takes pushes at all.
    Change {
        /// Its name.
        name: String,
        /// A new name; the address changes with it.
        #[arg(long = "name", value_name = "NAME")]
        new_name: Option<String>,
        /// The default branch.
        #[arg(long, value_name = "BRANCH")]
        default_branch: Option<String>,
        /// Who may push: every member, or only who was granted to edit it.
        #[arg(long, value_name = "WHO", value_parser = ["members", "granted"])]
        push: Option<String>,
        /// Whether it takes no pushes.
        #[arg(long, value_name = "BOOL")]
        archived: Option<bool>,
    },
    /// Remove a repository. One that is here is gone for good, with every commit in it.
    Remove {
        /// Its name.
        name: String,
        /// Its name again, for one that is here: nothing brings it back.
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
    },
    /// Fetch now instead of at the next poll.
    Fetch {
        /// Its name.
        name: String,
    },
}

/// Sets a member that somebody gave.
fn put<V: Into<Value>>(body: &mut Value, name: &str, given: Option<V>) {
    if let Some(given) = given {
        body[name] = given.into();
    }
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
            Self::Create { name, default_branch, push } => {
                let mut body = json!({"name": name, "hosted": true});
                put(&mut body, "default_branch", default_branch);
                put(&mut body, "pushers", push);
                let answer = client.post("repositories", &body).await?;
                print.answer(&answer, |repository| {
                    let (url, branch) = (field(repository, "url"), field(repository, "default_branch"));
                    vec![
                        format!("repository {name} is there, and empty; push to it:"),
                        format!("  git remote add origin {url}"),
                        format!("  git push -u origin HEAD:{branch}"),
                        "git asks for a user name and a password: any name, and a token of Signalbox"
                            .to_owned(),
                    ]
                });
            }
            Self::Change { name, new_name, default_branch, push, archived } => {
                let mut body = json!({});
                put(&mut body, "name", new_name);
                put(&mut body, "default_branch", default_branch);
                put(&mut body, "pushers", push);
                put(&mut body, "archived", archived);
                let answer = client.patch(&format!("repositories/{}", segment(&name)), &body).await?;
                print.answer(&answer, |repository| {
                    vec![format!(
                        "repository {} is changed; it is at {}",
                        field(repository, "name"),
                        field(repository, "url")
                    )]
                });
            }
            Self::Remove { name, confirm } => {
                let path = format!("repositories/{}", segment(&name));
                let query: Vec<_> =
                    confirm.as_deref().map(|confirm| ("confirm", confirm)).into_iter().collect();
                let answer = client.json(client.request(Method::DELETE, &with_query(&path, &query))).await?;
                print.answer(&answer, |_| vec![format!("repository {name} is removed")]);
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
