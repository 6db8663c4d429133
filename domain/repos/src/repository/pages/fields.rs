//! The fields of a repository's forms, and what they send.

use crate::repository::{CredentialKind, NewCredential, POLL_S, Repository};
use base::{Error, Secret};
use maud::{Markup, html};
use serde::Deserialize;
use web::ui;

/// What the forms of a new and of a changed repository send.
#[derive(Debug, Deserialize)]
pub(super) struct Given {
    pub name: String,
    pub url: String,
    #[serde(default)]
    pub default_branch: String,
    pub token: Option<Secret>,
    #[serde(default)]
    pub username: String,
    pub ssh_key: Option<Secret>,
    #[serde(default)]
    pub known_hosts: String,
    /// Ticked when the stored credential is to go.
    pub forget: Option<String>,
    #[serde(default)]
    pub poll_seconds: String,
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

impl Given {
    /// The credential that was written, if one was.
    pub fn credential(&self) -> Option<NewCredential> {
        let secret = |secret: &Option<Secret>| filled(secret.as_ref()?.reveal()).map(Secret::new);
        let (token, ssh_key) = (secret(&self.token), secret(&self.ssh_key));
        (token.is_some() || ssh_key.is_some()).then(|| NewCredential {
            token,
            ssh_key,
            username: filled(&self.username),
            known_hosts: filled(&self.known_hosts),
        })
    }

    pub fn branch(&self) -> Option<String> {
        filled(&self.default_branch)
    }

    pub fn poll_s(&self) -> base::Result<Option<u64>> {
        let Some(text) = filled(&self.poll_seconds) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            Error::invalid("repository.poll", "Write the pause between two looks in whole seconds, like 60")
        })
    }
}

/// The fields, as they are now.
pub(super) fn fields(now: Option<&Repository>) -> Markup {
    let poll = now.map_or(POLL_S, |repository| repository.poll_s).to_string();
    let kept = now.and_then(|repository| repository.credential).map(|kind| match kind {
        CredentialKind::Token => "A token is stored. Leave these empty to keep it.",
        CredentialKind::SshKey => "A private key is stored. Leave these empty to keep it.",
    });
    html! {
        (ui::refusal())
        (ui::field("Name", "name", "text", now.map_or("", |r| &r.name), "Letters, digits, - _ and .", None))
        (ui::field("Address", "url", "text", now.map_or("", |r| &r.address), "https://host/path, ssh://user@host/path or user@host:path; for administrators also a path on the server", None))
        (ui::field("Default branch", "default_branch", "text", now.and_then(|r| r.chosen_branch.as_deref()).unwrap_or(""), "Empty for the branch that the remote names", None))
        (ui::field("Seconds between two looks", "poll_seconds", "number", &poll, "0 for never; pushes can be announced besides", None))
        details open[now.is_none()] {
            summary { "Credential, when it is not public" }
            div.stack.padded {
                p.dim { (kept.unwrap_or("Stored sealed, and never shown again. A token is for https addresses, a private key for ssh.")) }
                (ui::field("Token or password", "token", "password", "", "It needs to read, nothing more.", None))
                (ui::field("User name for it", "username", "text", "", "Empty for what the service usually wants", None))
                label.field {
                    span { "Private key" }
                    textarea.input.mono name="ssh_key" rows="3" placeholder="-----BEGIN OPENSSH PRIVATE KEY-----" autocomplete="off" {}
                }
                label.field {
                    span { "Known hosts" }
                    textarea.input.mono name="known_hosts" rows="2" autocomplete="off" {}
                    small { "Lines of known_hosts; without them the first key that the host shows is remembered." }
                }
                @if kept.is_some() { (ui::tick("forget", "1", false, "Forget the stored credential")) }
            }
        }
    }
}
