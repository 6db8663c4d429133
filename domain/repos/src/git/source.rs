//! Where a repository comes from: a path on this machine, or an address reached by HTTP or SSH. Pure.
//!
//! Only what is recognised here is ever handed to git, so that its other transports (`ext::` runs commands) stay out of reach.

use base::{Error, Result};
use std::path::PathBuf;

/// Longer addresses are mistakes.
const CHARS_MAX: usize = 2_000;

/// A place to fetch from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A folder on the server's own disk.
    Path(PathBuf),
    /// `http://` or `https://`.
    Http {
        /// The address as git gets it.
        url: String,
        /// Scheme, host and port, for settings that hold for this host only.
        origin: String,
        /// The host.
        host: String,
        /// The port, given or usual.
        port: u16,
        /// Whether the connection is encrypted.
        is_encrypted: bool,
    },
    /// `ssh://host/path` or `user@host:path`.
    Ssh {
        /// The address as git gets it.
        address: String,
        /// The host.
        host: String,
        /// The port, given or usual.
        port: u16,
    },
}

impl Source {
    /// Reads an address as people write it. What is refused is not repeated, because it may hold a password.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > CHARS_MAX || text.chars().any(char::is_control) {
            return Err(malformed("it is empty, too long, or has control characters"));
        }
        if text.starts_with('/') {
            return path(text);
        }
        match text.split_once("://") {
            Some(("file", rest)) => path(rest),
            Some(("http" | "https", _)) => http(text),
            Some(("ssh", _)) => ssh(text),
            Some(_) => Err(malformed("its scheme is not one of https, http, ssh, file")),
            None => scp_like(text),
        }
    }

    /// Whether it is on the server's own disk.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Path(_))
    }

    /// The host and port that will be connected to.
    pub fn host(&self) -> Option<(&str, u16)> {
        match self {
            Self::Path(_) => None,
            Self::Http { host, port, .. } | Self::Ssh { host, port, .. } => Some((host, *port)),
        }
    }

    /// The only transport that git is allowed for it.
    pub(crate) fn transport(&self) -> &'static str {
        match self {
            Self::Path(_) => "file",
            Self::Http { is_encrypted: true, .. } => "https",
            Self::Http { .. } => "http",
            Self::Ssh { .. } => "ssh",
        }
    }

    /// What git gets as the place to fetch from.
    pub(crate) fn argument(&self) -> &std::ffi::OsStr {
        match self {
            Self::Path(path) => path.as_os_str(),
            Self::Http { url, .. } => url.as_ref(),
            Self::Ssh { address, .. } => address.as_ref(),
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.argument().to_string_lossy())
    }
}

fn malformed(why: &str) -> Error {
    Error::invalid(
        "repository.address",
        format!(
            "this is not an address that can be mirrored: {why}; give https://host/path, ssh://user@host/path, \
             user@host:path, or an absolute path"
        ),
    )
}

fn path(text: &str) -> Result<Source> {
    if !text.starts_with('/') {
        return Err(malformed("a file:// address has three slashes and no host"));
    }
    Ok(Source::Path(PathBuf::from(text)))
}

fn parsed(text: &str) -> Result<(url::Url, String)> {
    let url = url::Url::parse(text).map_err(|error| malformed(&error.to_string()))?;
    if url.password().is_some_and(|password| !password.is_empty()) {
        return Err(Error::invalid(
            "repository.address_has_password",
            "the address holds a password; leave it out and give it as the credential, which is stored encrypted",
        ));
    }
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    if !is_host(&host) {
        return Err(malformed("it has no host"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(malformed("it has a query or a fragment"));
    }
    Ok((url, host))
}

fn http(text: &str) -> Result<Source> {
    let (url, host) = parsed(text)?;
    if !url.username().is_empty() {
        // Many services take a token in this place.
        return Err(Error::invalid(
            "repository.address_has_password",
            "the address holds a user name or token; leave it out and give it as the credential, which is stored encrypted",
        ));
    }
    let port = url.port_or_known_default().unwrap_or(443);
    Ok(Source::Http {
        origin: url.origin().ascii_serialization(),
        is_encrypted: url.scheme() == "https",
        url: url.to_string(),
        host,
        port,
    })
}

fn ssh(text: &str) -> Result<Source> {
    let (url, host) = parsed(text)?;
    if url.username().starts_with('-') {
        return Err(malformed("its user name starts with a dash"));
    }
    Ok(Source::Ssh { port: url.port().unwrap_or(22), address: url.to_string(), host })
}

/// `git@host:group/name.git`, as every hosting service prints it.
fn scp_like(text: &str) -> Result<Source> {
    let (login, path) =
        text.split_once(':').ok_or_else(|| malformed("it is neither an address nor an absolute path"))?;
    let host = login.rsplit_once('@').map_or(login, |(_, host)| host);
    let is_plain = !login.starts_with('-') && !login.contains('/') && is_host(host);
    if !is_plain || path.is_empty() || path.starts_with(':') || path.starts_with('-') {
        return Err(malformed("it is neither an address nor an absolute path"));
    }
    Ok(Source::Ssh { address: text.to_owned(), host: host.to_owned(), port: 22 })
}

/// Letters, digits, dots and dashes, or an IPv6 address; ssh would take a leading dash for an option.
fn is_host(host: &str) -> bool {
    !host.is_empty()
        && !host.starts_with('-')
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (given, transport, host) in [
            ("/srv/git/app.git", "file", None),
            ("file:///srv/git/with space.git", "file", None),
            ("https://github.com/acme/app.git", "https", Some(("github.com", 443))),
            ("http://git.acme.test:3000/app", "http", Some(("git.acme.test", 3000))),
            ("https://[2001:db8::1]/app", "https", Some(("2001:db8::1", 443))),
            ("ssh://git@git.acme.test:2222/app.git", "ssh", Some(("git.acme.test", 2222))),
            ("git@github.com:acme/app.git", "ssh", Some(("github.com", 22))),
            ("github.com:acme/app.git", "ssh", Some(("github.com", 22))),
        ] {
            let source = Source::parse(given).expect(given);
            assert_eq!(source.transport(), transport, "{given}");
            assert_eq!(source.host(), host, "{given}");
        }
    }

    #[test]
    fn what_git_would_run_or_take_for_an_option_is_refused() {
        for bad in [
            "",
            "app",
            "./app",
            "-uhttps://x",
            "--upload-pack=touch /tmp/x",
            "ext::sh -c touch% /tmp/x",
            "fd::17",
            "git://github.com/acme/app",
            "ftp://host/x",
            "ssh://-oProxyCommand=touch/x",
            "ssh://-oProxyCommand@host/x",
            "-oProxyCommand=x@host:path",
            "git@-oProxyCommand=x:path",
            "https://",
            "https://host/x\n[core]",
            "file://host/path",
            "https://host/x?service=a",
        ] {
            assert!(Source::parse(bad).is_err(), "{bad:?} must be refused");
        }
    }

    #[test]
    fn an_address_with_a_password_is_refused_and_not_repeated() {
        for bad in ["https://ann:hunter2@host/x", "https://hunter2@host/x", "ssh://git:hunter2@host/x"] {
            let error = Source::parse(bad).expect_err(bad);
            assert_eq!(error.code(), "repository.address_has_password", "{bad}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
