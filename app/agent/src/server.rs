//! The server, as the agent reaches it: requests over HTTP that the agent begins, JSON in and out.
//!
//! A refusal says what to do about it: wait and try again, stop the attempt, register again, or give this one thing up.

mod backoff;
mod refusal;

pub use backoff::Backoff;
pub use refusal::Refusal;

use base::id::AttemptId;
use base::{Error, Result, Secret};
use reqwest::{Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// How long an ordinary request may take.
const PATIENCE: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(5);
/// How long a file that is moving may stand still.
const STANDSTILL: Duration = Duration::from_secs(60);
/// How much longer than it was asked to wait the server may take.
const LATE: Duration = Duration::from_secs(15);

/// A connection to one server as one agent.
#[derive(Clone)]
pub struct Server {
    http: reqwest::Client,
    root: String,
    token: Arc<RwLock<Option<Secret>>>,
}

impl Server {
    /// Prepares to talk to the server at `root`; `ca` is a file with further certificates to trust.
    pub fn new(root: &str, ca: Option<&Path>) -> Result<Self> {
        let url = reqwest::Url::parse(root).map_err(|e| {
            Error::invalid("agent.server", format!("{root} is not the address of a server: {e}"))
        })?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("signalbox-agent/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .read_timeout(STANDSTILL);
        if url.host_str().is_some_and(is_loopback) {
            // A proxy can't reach this machine's own addresses.
            builder = builder.no_proxy();
        }
        if let Some(file) = ca {
            let unusable = |why: String| {
                Error::invalid(
                    "agent.ca",
                    format!("The certificates in {} cannot be used: {why}", file.display()),
                )
            };
            let pem = std::fs::read(file).map_err(|e| unusable(e.to_string()))?;
            let certificates =
                reqwest::Certificate::from_pem_bundle(&pem).map_err(|e| unusable(e.to_string()))?;
            builder = builder.tls_certs_merge(certificates);
        }
        let http = builder
            .build()
            .map_err(|e| Error::unavailable("agent.http", "No connections can be prepared").because(e))?;
        Ok(Self { http, root: root.trim_end_matches('/').to_owned(), token: Arc::default() })
    }

    /// The server's address.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Whether the server is this machine, and may be this very program.
    pub fn is_local(&self) -> bool {
        reqwest::Url::parse(&self.root).is_ok_and(|url| url.host_str().is_some_and(is_loopback))
    }

    /// Speaks as the owner of `token` from now on.
    pub fn speak_as(&self, token: Option<Secret>) {
        *self.token.write().unwrap_or_else(PoisonError::into_inner) = token;
    }

    /// Sends `body` and reads the answer.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Refusal> {
        self.post_waiting(path, body, Duration::ZERO).await
    }

    /// Sends `body` to an endpoint that was asked to wait for something to tell.
    pub async fn post_waiting<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        wait: Duration,
    ) -> Result<T, Refusal> {
        let patience = if wait.is_zero() { PATIENCE } else { wait + LATE };
        let request = self.request(Method::POST, path).json(body).timeout(patience);
        let response = Self::send(request).await?;
        let body = response.bytes().await.map_err(Refusal::from)?;
        let body = if body.is_empty() { &b"null"[..] } else { &body };
        serde_json::from_slice(body)
            .map_err(|e| Refusal::Strange(format!("The server's answer is not understood: {e}")))
    }

    /// Tells the server something that is answered by nothing of interest.
    pub async fn tell(&self, path: &str, body: &impl Serialize) -> Result<(), Refusal> {
        self.post::<serde_json::Value>(path, body).await.map(drop)
    }

    /// Starts a request about an attempt that carries its epoch, by which the server tells a stale one.
    pub fn about(&self, method: Method, attempt: AttemptId, epoch: i64, rest: &str) -> RequestBuilder {
        let mark = if rest.contains('?') { '&' } else { '?' };
        self.request(method, &format!("attempts/{attempt}/{rest}{mark}epoch={epoch}"))
    }

    /// Sends a request; an answer that is no success is a refusal.
    pub async fn send(request: RequestBuilder) -> Result<Response, Refusal> {
        let response = request.send().await.map_err(Refusal::from)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap_or_default();
        Err(Refusal::read(status, &body))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/api/v1/{path}", self.root));
        let request = request.header("Accept", "application/json");
        match &*self.token.read().unwrap_or_else(PoisonError::into_inner) {
            Some(token) => request.bearer_auth(token.reveal()),
            None => request,
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
