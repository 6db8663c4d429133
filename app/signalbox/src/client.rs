//! The HTTP client of the command line: one address, one token, JSON in and out.
//!
//! A failure is either "not reached" (nothing is known about the request) or "refused" (the server answered with a
//! problem). Commands print it as one sentence; `deploy` maps it to its exit codes. Nothing here retries: who may
//! repeat a request knows why.

mod config;
mod failure;

use crate::cli::Door;
use base::Secret;
pub use config::{Config, home, variable};
pub use failure::{Failure, Problem};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use std::time::Duration;

/// How long an ordinary request may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long connecting may take; a machine that is down should not hold a crontab up.
const CONNECT: Duration = Duration::from_secs(5);

/// A connection to one server as one person.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    root: Url,
    config: Config,
}

impl Client {
    /// Finds out the server and the token (flags, environment, configuration file) and prepares to talk.
    pub fn connect(door: &Door) -> Result<Self, Failure> {
        Self::new(&Config::find(door)?)
    }

    /// Prepares to talk to the server that `config` names.
    pub fn new(config: &Config) -> Result<Self, Failure> {
        let root = root(&config.url)?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("signalbox/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(PATIENCE);
        if is_loopback(&root) {
            // A proxy can't reach this machine's own addresses.
            builder = builder.no_proxy();
        }
        if let Some(file) = &config.ca_cert {
            builder = builder.tls_certs_merge(certificates(file)?);
        }
        let http =
            builder.build().map_err(|e| Failure::usage(format!("cannot prepare to talk to {root}: {e}")))?;
        Ok(Self { http, root, config: config.clone() })
    }

    /// A client with connections of its own.
    pub fn separate(&self) -> Result<Self, Failure> {
        Self::new(&self.config)
    }

    /// The server's address, for sentences.
    pub fn root(&self) -> &str {
        self.root.as_str().trim_end_matches('/')
    }

    /// The token, for masking it in output.
    pub fn token(&self) -> &Secret {
        &self.config.token
    }

    /// Asks for something.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        self.json(self.request(Method::GET, &with_query(path, query))).await
    }

    /// Asks for a list, all of it, page by page.
    pub async fn list(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        let mut everything = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut query = query.to_vec();
            query.push(("limit", "100"));
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let mut page = self.get(path, &query).await?;
            if let Value::Array(items) = page["data"].take() {
                everything.extend(items);
            }
            match page["next"].as_str() {
                Some(next) if cursor.as_deref() != Some(next) => cursor = Some(next.to_owned()),
                Some(_) | None => return Ok(json!({"data": everything, "next": null})),
            }
        }
    }

    /// Sends `body` with a fresh idempotency key.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.post_once(path, body, &fresh_key()).await
    }

    /// Sends `body` under `key`: however often it is repeated, the server does it once.
    pub async fn post_once(&self, path: &str, body: &Value, key: &str) -> Result<Value, Failure> {
        self.json(self.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
    }

    /// Changes something.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.json(self.request(Method::PATCH, path).header("Idempotency-Key", fresh_key()).json(body)).await
    }

    /// Starts a request; `path` begins after `/api/v1/`.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/api/v1/{path}", self.root());
        let request = self.http.request(method, url).header("Accept", "application/json");
        match self.config.token.reveal() {
            "" => request,
            token => request.bearer_auth(token),
        }
    }

    /// Sends a request and reads the JSON that comes back.
    pub async fn json(&self, request: reqwest::RequestBuilder) -> Result<Value, Failure> {
        let response = self.send(request).await?;
        let body = response.bytes().await.map_err(|e| self.unreachable(&e))?;
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).map_err(|_| {
            Failure::usage(format!("{} does not answer like Signalbox: is the address right?", self.root()))
        })
    }

    /// Sends a request; any answer that is not 2xx is a failure.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, Failure> {
        let response = request.send().await.map_err(|e| self.unreachable(&e))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let retry_after_s =
            response.headers().get("retry-after").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
        let body = response.bytes().await.unwrap_or_default();
        Err(Failure::Refused(Box::new(Problem::read(status, retry_after_s, &body))))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        Failure::unreachable(self.root(), error)
    }
}

/// A key that no other request has.
pub fn fresh_key() -> String {
    base::random::word::<32>()
}

/// Makes `text` safe as one segment of a path.
pub fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Adds a query to a path.
pub fn with_query(path: &str, query: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = query.iter().map(|(name, value)| format!("{name}={}", segment(value))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

fn root(text: &str) -> Result<Url, Failure> {
    let wanted = || {
        Failure::usage(format!(
            "{text:?} is not the address of a server; write it like http://127.0.0.1:7070"
        ))
    };
    let url: Url = text.trim_end_matches('/').parse().map_err(|_| wanted())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wanted());
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn certificates(file: &std::path::Path) -> Result<Vec<reqwest::Certificate>, Failure> {
    let problem =
        |why: String| Failure::usage(format!("cannot use the certificates in {}: {why}", file.display()));
    let pem = std::fs::read(file).map_err(|e| problem(e.to_string()))?;
    reqwest::Certificate::from_pem_bundle(&pem).map_err(|e| problem(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_one_segment_of_a_path() {
        for (given, expected) in [("beta", "beta"), ("a/b ?", "a%2Fb%20%3F"), ("é", "%C3%A9"), ("..", "..")]
        {
            assert_eq!(segment(given), expected);
        }
    }

    #[test]
    fn an_address_without_a_scheme_is_refused_with_an_example() {
        for bad in ["", "localhost:7070", "ftp://x", "http://"] {
            assert!(root(bad).is_err(), "{bad:?} must be refused");
        }
        assert_eq!(
            root("http://127.0.0.1:7070/").map(|u| u.to_string()).ok().as_deref(),
            Some("http://127.0.0.1:7070/")
        );
    }
}
