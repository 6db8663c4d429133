//! How git gets to a source: through checked addresses, with a credential that shows nowhere.
//!
//! A token travels as a header that holds for its host alone, set through the environment; a key lies for the time of
//! one fetch in a file that only this user may read. Neither is ever an argument: those are visible to every process.

use super::{Git, Source};
use base::{Error, Result, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::ffi::OsString;
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use web::TargetPolicy;

/// What proves to a remote that we may read it.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A token or password, for HTTP.
    Token {
        /// The user name that goes with it; services differ in what they want here.
        username: String,
        /// The token.
        token: Secret,
    },
    /// A private key, for SSH.
    SshKey {
        /// The key as OpenSSH writes it, without a passphrase.
        private_key: Secret,
        /// Lines of `known_hosts`; without them the first key that a host shows is remembered.
        known_hosts: Option<String>,
    },
}

/// What one fetch needs in its environment; files it refers to disappear with it.
#[derive(Debug)]
pub(crate) struct Access {
    pub environment: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
}

impl Access {
    /// Checks where `source` is and lays out what git needs to read it.
    pub async fn prepare(
        git: &Git,
        source: &Source,
        credential: Option<&Credential>,
        policy: &TargetPolicy,
    ) -> Result<Self> {
        let mut access = Self { environment: Vec::new(), folder: None };
        access.set("GIT_ALLOW_PROTOCOL", source.transport());
        let Some((host, port)) = source.host() else { return Ok(access) };
        let addresses = policy.addresses(host, port).await?;
        match source {
            Source::Path(_) => {}
            Source::Http { origin, is_encrypted, .. } => {
                let is_readable = !is_encrypted && !addresses.iter().all(|address| policy.names(*address));
                if is_readable && credential.is_some() {
                    return Err(Error::invalid(
                        "repository.credential_in_clear",
                        "a token is not sent over plain http; use the https address",
                    ));
                }
                access.http(origin, &pin(host, port, &addresses), credential)?;
            }
            Source::Ssh { .. } => access.ssh(git.home(), host, addresses[0], credential)?,
        }
        Ok(access)
    }

    fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.push((name.into(), value.into()));
    }

    fn http(&mut self, origin: &str, pin: &str, credential: Option<&Credential>) -> Result<()> {
        let mut settings = Vec::new();
        if !pin.is_empty() {
            settings.push(("http.curloptResolve".to_owned(), pin.to_owned()));
        }
        match credential {
            None => {}
            Some(Credential::Token { username, token }) => {
                let basic = BASE64.encode(format!("{username}:{}", token.reveal()));
                settings
                    .push((format!("http.{origin}/.extraHeader"), format!("Authorization: Basic {basic}")));
            }
            Some(Credential::SshKey { .. }) => {
                return Err(mismatch("a key is for ssh addresses; this one takes a token"));
            }
        }
        self.set("GIT_CONFIG_COUNT", settings.len().to_string());
        for (n, (key, value)) in settings.into_iter().enumerate() {
            self.set(&format!("GIT_CONFIG_KEY_{n}"), key);
            self.set(&format!("GIT_CONFIG_VALUE_{n}"), value);
        }
        Ok(())
    }

    fn ssh(
        &mut self,
        home: &Path,
        host: &str,
        address: IpAddr,
        credential: Option<&Credential>,
    ) -> Result<()> {
        let mut options = vec![
            "BatchMode=yes".to_owned(),
            "IdentitiesOnly=yes".to_owned(),
            "IdentityAgent=none".to_owned(),
            "ConnectTimeout=20".to_owned(),
            "ServerAliveInterval=30".to_owned(),
            "ForwardAgent=no".to_owned(),
            format!("HostName={address}"),
            format!("HostKeyAlias={host}"),
        ];
        match credential {
            None => {
                options.push("IdentityFile=none".to_owned());
                options.extend(trust(home, None)?);
            }
            Some(Credential::SshKey { private_key, known_hosts }) => {
                let folder = home.join("keys").join(base::random::word::<24>());
                std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(key_file)?;
                self.folder = Some(folder.clone());
                let mut key = private_key.reveal().replace("\r\n", "\n");
                if !key.ends_with('\n') {
                    key.push('\n');
                }
                write_private(&folder.join("key"), &key)?;
                options.push(format!("IdentityFile={}", in_option(&folder.join("key"))?));
                let known = match known_hosts {
                    None => None,
                    Some(lines) => {
                        write_private(&folder.join("known_hosts"), &format!("{lines}\n"))?;
                        Some(folder.join("known_hosts"))
                    }
                };
                options.extend(trust(home, known)?);
            }
            Some(Credential::Token { .. }) => {
                return Err(mismatch("a token is for http addresses; this one takes a key"));
            }
        }
        let mut command = "ssh -F /dev/null".to_owned();
        for option in options {
            command.push_str(&format!(" -o {}", in_shell(&option)));
        }
        self.set("GIT_SSH_COMMAND", command);
        self.set("GIT_SSH_VARIANT", "ssh");
        Ok(())
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder
            && let Err(error) = std::fs::remove_dir_all(folder)
        {
            tracing::error!(%error, "the folder {} with a key could not be removed; remove it", folder.display());
        }
    }
}

/// Removes keys that a fetch left behind when the server was killed.
pub(crate) fn sweep(home: &Path) {
    // Mostly there is nothing, and what cannot be removed now is tried again at the next start.
    let _ = std::fs::remove_dir_all(home.join("keys"));
}

/// Which host keys are believed: the given ones alone, or the first one that a host shows.
fn trust(home: &Path, known: Option<PathBuf>) -> Result<[String; 2]> {
    let (strict, file) = match known {
        Some(file) => ("yes", file),
        None => ("accept-new", home.join("known_hosts")),
    };
    Ok([format!("StrictHostKeyChecking={strict}"), format!("UserKnownHostsFile={}", in_option(&file)?)])
}

/// `host:port:address,address`, so that git connects to what was checked; nothing for a host that is an address itself.
fn pin(host: &str, port: u16, addresses: &[IpAddr]) -> String {
    if host.parse::<IpAddr>().is_ok() {
        return String::new();
    }
    let listed: Vec<String> = addresses
        .iter()
        .map(|address| match address {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("[{v6}]"),
        })
        .collect();
    format!("{host}:{port}:{}", listed.join(","))
}

fn mismatch(why: &str) -> Error {
    Error::invalid("repository.credential_kind", why.to_owned())
}

fn key_file(error: std::io::Error) -> Error {
    Error::unavailable("git.key_file", "a file for the key could not be written").because(error)
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(key_file)
}

/// A path inside an option of ssh, which splits at blanks and knows `%` for itself.
fn in_option(path: &Path) -> Result<String> {
    match path.to_str() {
        Some(text) if !text.contains(['"', '\n']) => Ok(format!("\"{}\"", text.replace('%', "%%"))),
        _ => Err(Error::unavailable("git.key_file", "the data folder has a name that ssh cannot take")),
    }
}

fn in_shell(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
