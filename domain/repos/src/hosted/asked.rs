//! What a request of git asks for. Pure.

use crate::git::Served;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use base::{Error, Result};
use base64::Engine as _;

/// What git serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// Clone and fetch.
    Upload,
    /// Push.
    Receive,
}

/// A request, read.
#[derive(Debug)]
pub(super) struct Asked {
    /// The repository, as it was written.
    pub name: String,
    pub service: Service,
    /// What git gets to know of it.
    pub served: Served,
}

impl Service {
    fn named(name: &str) -> Option<Self> {
        match name {
            "git-upload-pack" => Some(Self::Upload),
            "git-receive-pack" => Some(Self::Receive),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Upload => "git-upload-pack",
            Self::Receive => "git-receive-pack",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Upload => "application/x-git-upload-pack-request",
            Self::Receive => "application/x-git-receive-pack-request",
        }
    }
}

fn unknown() -> Error {
    Error::missing("git.unknown", "There is nothing at this address: git repositories are at /git/NAME.git")
}

/// The repository's name when somebody opened its address in a browser.
pub(super) fn looked_at(request: &Parts) -> Option<String> {
    let accepts = request.headers.get(header::ACCEPT)?.to_str().ok()?;
    let name = request.uri.path().strip_prefix("/git/")?.trim_end_matches('/');
    let name = name.strip_suffix(".git").unwrap_or(name);
    (request.method == Method::GET && accepts.contains("text/html") && is_name(name)).then(|| name.to_owned())
}

/// As much of a name as can be one; whether it is, the database says. A percent sign is none, so nothing is decoded.
fn is_name(name: &str) -> bool {
    let is_good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=100).contains(&name.len()) && name.bytes().all(is_good) && name.as_bytes()[0].is_ascii_alphanumeric()
}

impl Asked {
    /// Reads a request; everything but the three of the smart protocol is refused.
    pub fn read(request: &Parts) -> Result<Self> {
        let path = request.uri.path().strip_prefix("/git/").ok_or_else(unknown)?;
        let (name, rest) = path.split_once('/').ok_or_else(unknown)?;
        let name = name.strip_suffix(".git").unwrap_or(name);
        if !is_name(name) {
            return Err(unknown());
        }
        let name = name.to_owned();
        let headers = &request.headers;
        let protocol = text(headers, "git-protocol").filter(|text| is_protocol(text)).map(str::to_owned);
        if rest == "info/refs" {
            let service = advertised(request)?;
            let query = format!("service={}", service.as_str());
            let served = Served { method: "GET", path: "info/refs", query, protocol, ..Served::default() };
            return Ok(Self { name, service, served });
        }
        let service = Service::named(rest).ok_or_else(unknown)?;
        if request.method != Method::POST {
            return Err(Error::invalid("git.method", format!("{rest} takes POST")));
        }
        let is_type = text(headers, "content-type") == Some(service.content_type());
        if !is_type {
            return Err(Error::invalid(
                "git.content_type",
                format!("{rest} takes {}", service.content_type()),
            ));
        }
        let served = Served {
            method: "POST",
            path: service.as_str(),
            content_type: service.content_type(),
            content_length: text(headers, "content-length").and_then(|length| length.parse().ok()),
            is_gzip: is_gzip(headers)?,
            protocol,
            ..Served::default()
        };
        Ok(Self { name, service, served })
    }
}

/// The service whose refs are asked for. Without one it is the protocol that only copies files, which would need them all to be open.
fn advertised(request: &Parts) -> Result<Service> {
    if request.method != Method::GET {
        return Err(Error::invalid("git.method", "info/refs takes GET"));
    }
    let query = request.uri.query().unwrap_or_default();
    let named: Vec<_> =
        url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == "service").collect();
    match &named[..] {
        [(_, name)] => Service::named(name).ok_or_else(|| {
            Error::denied(
                "git.service",
                "There are git-upload-pack and git-receive-pack, and no other service",
            )
        }),
        _ => Err(Error::denied(
            "git.dumb",
            "This takes a git that speaks the smart protocol, as all do since 1.6.6",
        )),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// `version=2`, and keys like it that other versions may bring.
fn is_protocol(text: &str) -> bool {
    let is_good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'=' | b':' | b'-' | b'.');
    text.len() <= 200 && text.bytes().all(is_good)
}

fn is_gzip(headers: &HeaderMap) -> Result<bool> {
    match headers.get(header::CONTENT_ENCODING).map(|value| value.to_str()) {
        None | Some(Ok("identity" | "")) => Ok(false),
        Some(Ok("gzip" | "x-gzip")) => Ok(true),
        Some(_) => Err(Error::invalid("git.encoding", "A body is compressed with gzip or not at all")),
    }
}

/// What nobody in particular is told.
pub(super) fn nobody() -> Error {
    Error::unauthenticated(
        "auth.missing",
        "Say who you are: any user name, and a token of Signalbox as the password (Settings, Tokens)",
    )
}

/// The headers that prove who asks, for the one door that knows tokens.
pub(super) fn token(headers: &HeaderMap) -> Result<HeaderMap> {
    let value = headers.get(header::AUTHORIZATION).ok_or_else(nobody)?;
    let (scheme, rest) =
        value.to_str().ok().and_then(|value| value.trim().split_once(' ')).ok_or_else(nobody)?;
    let token = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => rest.trim().to_owned(),
        "basic" => {
            let decoded =
                base64::engine::general_purpose::STANDARD.decode(rest.trim()).map_err(|_| nobody())?;
            let decoded = String::from_utf8(decoded).map_err(|_| nobody())?;
            let (name, password) = decoded.split_once(':').unwrap_or((&decoded, ""));
            // Some programs ask for one thing only, and send it as the name.
            if password.is_empty() { name.to_owned() } else { password.to_owned() }
        }
        _ => return Err(nobody()),
    };
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| nobody())?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(header::AUTHORIZATION, value)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn asked(method: &str, address: &str, headers: &[(&str, &str)]) -> Result<Asked> {
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Asked::read(&request.body(()).expect("a request").into_parts().0)
    }

    #[test]
    fn the_three_requests_of_the_smart_protocol_are_read() {
        let post = [("content-type", "application/x-git-receive-pack-request")];
        for (method, address, headers, service) in [
            ("GET", "/git/app.git/info/refs?service=git-upload-pack", &[][..], Service::Upload),
            ("GET", "/git/app/info/refs?service=git-receive-pack", &[], Service::Receive),
            ("POST", "/git/app.git/git-receive-pack", &post, Service::Receive),
        ] {
            let read = asked(method, address, headers).expect(address);
            assert_eq!((read.name.as_str(), read.service), ("app", service), "{address}");
        }
    }

    #[test]
    fn whatever_else_is_at_a_repository_is_nothing() {
        for (method, address) in [
            ("GET", "/git/app.git/HEAD"),
            ("GET", "/git/app.git/info/refs"),
            ("GET", "/git/app.git/info/refs?service=git-upload-archive"),
            ("GET", "/git/app.git/info/refs?service=git-upload-pack&service=git-receive-pack"),
            ("POST", "/git/app.git/info/refs?service=git-upload-pack"),
            ("GET", "/git/app.git/objects/info/packs"),
            ("GET", "/git/app.git/config"),
            ("GET", "/git/../secret.key"),
            ("GET", "/git/../../etc/passwd/info/refs?service=git-upload-pack"),
            ("GET", "/git/..%2fapp.git/info/refs?service=git-upload-pack"),
            ("GET", "/git/%2e%2e/info/refs?service=git-upload-pack"),
            ("GET", "/git/app.git//info/refs?service=git-upload-pack"),
            ("GET", "/git/app.git/x/../info/refs?service=git-upload-pack"),
            ("GET", "/git/app%00.git/info/refs?service=git-upload-pack"),
            ("GET", "/git//info/refs?service=git-upload-pack"),
            ("GET", "/git/.git/info/refs?service=git-upload-pack"),
            ("GET", "/git/-x.git/info/refs?service=git-upload-pack"),
            ("GET", "/git/app.git/git-upload-pack"),
            ("POST", "/git/app.git/git-upload-archive"),
            ("POST", "/git/app.git/git-upload-pack"),
            ("POST", "/git/app.git/git-upload-pack/"),
        ] {
            assert!(asked(method, address, &[]).is_err(), "{method} {address}");
        }
        let long = format!("/git/{}/info/refs?service=git-upload-pack", "a".repeat(5_000));
        assert!(asked("GET", &long, &[]).is_err());
    }

    #[test]
    fn only_what_is_understood_of_the_headers_reaches_git() {
        let address = "/git/app.git/git-upload-pack";
        let kind = ("content-type", "application/x-git-upload-pack-request");
        let read = |headers: &[(&str, &str)]| asked("POST", address, headers).map(|asked| asked.served);
        let good = read(&[
            kind,
            ("git-protocol", "version=2"),
            ("content-encoding", "gzip"),
            ("content-length", "12"),
        ]);
        let good = good.expect("read");
        assert_eq!(
            (good.protocol.as_deref(), good.is_gzip, good.content_length),
            (Some("version=2"), true, Some(12))
        );
        let odd = read(&[kind, ("git-protocol", "version=2;$(touch x)")]).expect("read");
        assert_eq!(odd.protocol, None);
        assert!(read(&[kind, ("content-encoding", "br")]).is_err());
        assert!(read(&[("content-type", "text/plain")]).is_err());
    }

    #[test]
    fn a_token_is_the_password_of_any_user_name() {
        let basic = |text: &str| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text));
        for (given, sent) in [
            (basic("ann:sb_x"), Some("Bearer sb_x")),
            (basic("other@example.com:sb_x"), Some("Bearer sb_x")),
            (basic("sb_x:"), Some("Bearer sb_x")),
            (basic("sb_x"), Some("Bearer sb_x")),
            ("bearer sb_x".to_owned(), Some("Bearer sb_x")),
            (basic("ann:a\nb"), None),
            ("Digest sb_x".to_owned(), None),
            ("Basic %%%".to_owned(), None),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, given.parse().expect("a header"))]);
            let found = token(&headers).ok();
            let found = found.as_ref().and_then(|headers| headers[header::AUTHORIZATION].to_str().ok());
            assert_eq!(found, sent, "{given}");
        }
        assert!(token(&HeaderMap::new()).is_err());
    }
}
