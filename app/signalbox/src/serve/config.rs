//! Configuration: read once, here. A fresh installation needs none.
//!
//! `signalbox.toml` in the data folder is optional; the environment wins over it. Unknown keys are errors, because a
//! setting with a typing mistake would otherwise be silently without effect.

use crate::cli::Serve;
use base::{Error, Limits, Result, Secret};
use notify::mail;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use url::Url;

/// What the environment and the file say.
pub(super) struct Config {
    pub(super) limits: Limits,
    pub(super) workspace: Option<String>,
    pub(super) admin_email: Option<String>,
    pub(super) admin_password: Option<Secret>,
    pub(super) admin_token: Option<Secret>,
    /// Private networks that outgoing requests may reach.
    pub(super) private_targets: String,
    /// The mail server, when one is set.
    pub(super) mail: Option<mail::Settings>,
    /// For tests: starts of deployments are not checked again inside their transaction.
    pub(super) skips_recheck: bool,
    /// The name of this process: what it was doing when it ended is given back to it.
    pub(super) node: String,
    public_url: Option<String>,
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    workspace: Option<String>,
    public_url: Option<String>,
    allow_private_targets: Option<String>,
    mail: Mail,
    limits: BTreeMap<String, u64>,
}

/// `[mail]`.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Mail {
    server: Option<String>,
    user: Option<String>,
    password: Option<Secret>,
    from: Option<String>,
}

impl Mail {
    /// What is set about mail; none without a server.
    fn settings(self) -> Option<mail::Settings> {
        Some(mail::Settings {
            server: variable("SIGNALBOX_MAIL_SERVER").or(self.server)?,
            user: variable("SIGNALBOX_MAIL_USER").or(self.user),
            password: variable("SIGNALBOX_MAIL_PASSWORD").map(Secret::new).or(self.password),
            from: variable("SIGNALBOX_MAIL_FROM").or(self.from),
        })
    }
}

/// An environment variable; empty is the same as absent.
#[expect(clippy::disallowed_methods, reason = "configuration is read here and nowhere else")]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Every environment variable that is text; the agent passes some of them on to jobs.
pub fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl Config {
    pub(super) fn read(options: &Serve) -> Result<Self> {
        let file = read_file(&options.data.join("signalbox.toml"))?;
        Ok(Self {
            limits: limits(file.limits)?,
            workspace: variable("SIGNALBOX_WORKSPACE").or(file.workspace),
            admin_email: variable("SIGNALBOX_ADMIN_EMAIL"),
            admin_password: variable("SIGNALBOX_ADMIN_PASSWORD").map(Secret::new),
            admin_token: variable("SIGNALBOX_ADMIN_TOKEN").map(Secret::new),
            private_targets: variable("SIGNALBOX_ALLOW_PRIVATE_TARGETS")
                .or(file.allow_private_targets)
                .unwrap_or_default(),
            mail: file.mail.settings(),
            skips_recheck: variable("SIGNALBOX_TEST_SKIP_RECHECK").is_some()
                && options.listen.ip().is_loopback(),
            node: node(&options.data)?,
            public_url: options.public_url.clone().or(file.public_url),
        })
    }

    /// The address that people use: as configured, or where the server listens.
    pub(super) fn public_url(&self, address: SocketAddr, is_tls: bool) -> Result<Url> {
        let scheme = if is_tls { "https" } else { "http" };
        let text = self.public_url.clone().unwrap_or_else(|| format!("{scheme}://{address}"));
        let url =
            Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.ok_or_else(|| {
            Error::invalid(
                "public_url.malformed",
                format!("--public-url takes an address like https://signalbox.example.com, not {text:?}"),
            )
        })
    }
}

/// The limits of the file, then of the environment.
pub(super) fn limits(file: BTreeMap<String, u64>) -> Result<Limits> {
    let mut limits = Limits::default();
    for (key, value) in file {
        limits.set(&key, &value.to_string())?;
    }
    for (name, value) in std::env::vars() {
        if let Some(key) = name.strip_prefix("SIGNALBOX_LIMIT_") {
            limits.set(key, &value)?;
        }
    }
    Ok(limits)
}

/// What the environment and the file in a data folder say about mail, for `doctor`.
pub(super) fn mail_settings(data: &Path) -> Result<Option<mail::Settings>> {
    Ok(read_file(&data.join("signalbox.toml"))?.mail.settings())
}

fn read_file(path: &Path) -> Result<File> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|e| {
            Error::invalid("config.malformed", format!("{} cannot be read: {e}", path.display()))
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(File::default()),
        Err(e) => {
            Err(Error::unavailable("config.unreadable", format!("{} cannot be read: {e}", path.display())))
        }
    }
}

fn node(data: &Path) -> Result<String> {
    let path = data.join("node");
    if let Ok(name) = std::fs::read_to_string(&path)
        && !name.trim().is_empty()
    {
        return Ok(name.trim().to_owned());
    }
    let name = base::random::word::<16>();
    std::fs::write(&path, &name)
        .map_err(|e| Error::unavailable("data.node", format!("{} cannot be written: {e}", path.display())))?;
    Ok(name)
}
