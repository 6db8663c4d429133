//! Where the server is and who asks: flags, then the environment, then `~/.config/signalbox/config.toml`.

use crate::cli::Door;
use crate::client::Failure;
use base::Secret;
use std::path::{Path, PathBuf};

/// Where the server is and who asks.
#[derive(Clone, Debug)]
pub struct Config {
    /// The server's address.
    pub url: String,
    /// The personal token; empty when there is none.
    pub token: Secret,
    /// Certificates to trust besides the system's.
    pub ca_cert: Option<PathBuf>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    url: Option<String>,
    token: Option<Secret>,
    ca_cert: Option<PathBuf>,
}

impl Config {
    /// Finds out the server and the token.
    pub fn find(door: &Door) -> Result<Self, Failure> {
        let path = variable("SIGNALBOX_CONFIG").map(PathBuf::from).or_else(default_path);
        let file = match &path {
            Some(path) => read(path)?,
            None => None,
        };
        let (file_url, file_token, file_cert) =
            file.map_or((None, None, None), |file| (file.url, file.token, file.ca_cert));
        // The file's token belongs to the file's server: it must not be sent to an address from somewhere else.
        let same_server = door.url.is_none() || door.url == file_url;
        let url = door.url.clone().or(file_url).ok_or_else(|| {
            Failure::usage(
                "no server is named; set SIGNALBOX_URL and SIGNALBOX_TOKEN, or write url and token into \
                 ~/.config/signalbox/config.toml",
            )
        })?;
        let token = variable("SIGNALBOX_TOKEN").map(Secret::new).or(file_token.filter(|_| same_server));
        Ok(Self {
            url,
            token: token.unwrap_or_else(|| Secret::new("")),
            ca_cert: door.ca_cert.clone().or(file_cert),
        })
    }
}

fn default_path() -> Option<PathBuf> {
    let base = variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| Some(home()?.join(".config")))?;
    Some(base.join("signalbox/config.toml"))
}

fn read(path: &Path) -> Result<Option<File>, Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Failure::usage(format!("cannot read {}: {e}", path.display()))),
    };
    // The parser's own message quotes the line, and the line may hold the token.
    toml::from_str(&text).map(Some).map_err(|e| {
        let line = e.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        Failure::usage(format!(
            "{} is malformed near line {line}; it holds url = \"...\" and token = \"...\"",
            path.display()
        ))
    })
}

/// The home directory.
pub fn home() -> Option<PathBuf> {
    variable("HOME").map(PathBuf::from)
}

/// A variable of the environment, when it is set to something.
#[expect(clippy::disallowed_methods, reason = "this is where the command line reads its configuration")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
