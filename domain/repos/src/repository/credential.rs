//! Credentials: what people give, and how it is stored.

use crate::git::{Credential, Source};
use crate::sealing::Sealing;
use base::id::RepositoryId;
use base::{Error, Result, Secret};

/// Longer ones are mistakes.
const CHARS_MAX: usize = 20_000;

base::text_enum! {
    /// The sort of a credential.
    #[derive(utoipa::ToSchema)]
    #[schema(rename_all = "snake_case")]
    pub enum CredentialKind {
        /// A token or password, for HTTP.
        Token = "token",
        /// A private key, for SSH.
        SshKey = "ssh_key",
    }
}

/// A credential as people give it: a token (for http) or a key (for ssh), not both.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::ToSchema)]
pub struct NewCredential {
    /// A token or password that may read the repository.
    #[schema(value_type = Option<String>)]
    pub token: Option<Secret>,
    /// The user name that goes with the token, where the service wants a certain one.
    pub username: Option<String>,
    /// A private key as OpenSSH writes it, without a passphrase.
    #[schema(value_type = Option<String>)]
    pub ssh_key: Option<Secret>,
    /// Lines of `known_hosts`; without them the first key that the host shows is remembered.
    pub known_hosts: Option<String>,
}

/// As it is stored, inside the seal.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Stored {
    Token { username: String, token: String },
    SshKey { private_key: String, known_hosts: Option<String> },
}

/// Checks and seals a credential for `source`.
pub(super) fn sealed(
    sealing: &Sealing,
    id: RepositoryId,
    source: &Source,
    given: Option<NewCredential>,
) -> Result<(Option<CredentialKind>, Option<Vec<u8>>)> {
    let Some(given) = given else { return Ok((None, None)) };
    let (kind, stored) = match (given.token, given.ssh_key) {
        (Some(token), None) => (CredentialKind::Token, token_of(source, given.username, &token)?),
        (None, Some(key)) => (CredentialKind::SshKey, key_of(source, &key, given.known_hosts)?),
        _ => return Err(refused("give either a token or an ssh_key")),
    };
    let text = serde_json::to_string(&stored)
        .map_err(|error| Error::bug("credential.write", "not JSON").because(error))?;
    Ok((Some(kind), Some(sealing.seal(&purpose(id), &Secret::new(text)))))
}

/// Opens a stored credential.
pub(crate) fn unsealed(sealing: &Sealing, id: RepositoryId, sealed: &[u8]) -> Result<Credential> {
    let text = sealing.unseal(&purpose(id), sealed)?;
    // The cause is left out: it would quote what it could not read.
    let stored = serde_json::from_str(text.reveal())
        .map_err(|_| Error::bug("credential.read", "a stored credential is not JSON"))?;
    Ok(match stored {
        Stored::Token { username, token } => Credential::Token { username, token: Secret::new(token) },
        Stored::SshKey { private_key, known_hosts } => {
            Credential::SshKey { private_key: Secret::new(private_key), known_hosts }
        }
    })
}

fn token_of(source: &Source, username: Option<String>, token: &Secret) -> Result<Stored> {
    if !matches!(source, Source::Http { .. }) {
        return Err(refused(
            "a token is for http addresses; an ssh address takes an ssh_key, a path nothing",
        ));
    }
    let token = token.reveal().trim();
    let is_plain =
        |text: &str| !text.is_empty() && text.len() <= CHARS_MAX && !text.chars().any(char::is_control);
    let usual = match source.host() {
        Some(("bitbucket.org", _)) => "x-token-auth",
        _ => "x-access-token",
    };
    let username = username.unwrap_or_else(|| usual.to_owned());
    if !is_plain(token) || !is_plain(&username) || username.contains(':') {
        return Err(refused(
            "the token or user name is empty, too long, or has characters that do not belong there",
        ));
    }
    Ok(Stored::Token { username, token: token.to_owned() })
}

fn key_of(source: &Source, key: &Secret, known_hosts: Option<String>) -> Result<Stored> {
    if !matches!(source, Source::Ssh { .. }) {
        return Err(refused(
            "an ssh_key is for ssh addresses; an http address takes a token, a path nothing",
        ));
    }
    let key = key.reveal().trim();
    let is_key = key.starts_with("-----BEGIN ") && key.contains("PRIVATE KEY-----") && key.len() <= CHARS_MAX;
    if !is_key {
        return Err(refused("this is not a private key; it starts with -----BEGIN OPENSSH PRIVATE KEY-----"));
    }
    if known_hosts.as_ref().is_some_and(|lines| lines.len() > CHARS_MAX || lines.contains('\0')) {
        return Err(refused("known_hosts is too long or not text"));
    }
    Ok(Stored::SshKey { private_key: key.to_owned(), known_hosts })
}

fn refused(why: &str) -> Error {
    Error::invalid("repository.credential", why)
}

fn purpose(id: RepositoryId) -> String {
    format!("repository {id} credential")
}
