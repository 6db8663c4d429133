//! What is posted to addresses on the web. Only permitted hosts are contacted, whatever their names resolve to, and no redirect is
//! followed: it could lead to a host that was not checked.

use base::{Error, Limit, Limits, Result};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, redirect};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use url::{Host, Url};
use web::TargetPolicy;

struct Checked(TargetPolicy);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0.clone();
        Box::pin(async move {
            let found = policy.addresses(name.as_str(), 0).await?;
            let addresses: Addrs = Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

/// Sends letters.
#[derive(Clone)]
pub struct Outgoing {
    client: Client,
    policy: TargetPolicy,
    /// How much of an answer is kept.
    kept: usize,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The header that was asked for, if it was there.
    pub header: Option<String>,
    /// The beginning of the body.
    pub body: String,
}

impl Reply {
    /// Whether the letter was accepted.
    pub fn is_accepted(&self) -> bool {
        matches!(self.status, 200 | 204)
    }
}

impl Outgoing {
    /// Sends letters to hosts that `policy` permits.
    pub fn new(policy: TargetPolicy, limits: &Limits) -> Result<Self> {
        // Somebody else in the process may have chosen the same provider before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .dns_resolver(Arc::new(Checked(policy.clone())))
            .redirect(redirect::Policy::none())
            .timeout(limits.seconds(Limit::WebhookSeconds))
            .no_proxy()
            .user_agent(concat!("Signalbox/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                Error::bug("outgoing.client", "the HTTP client could not be made").because(error)
            })?;
        Ok(Self { client, policy, kept: limits.count(Limit::DeliveryAnswerChars) })
    }

    /// Checks an address before anything is sent: its form, and a host that is written as numbers.
    pub fn check(&self, address: &str) -> Result<Url> {
        let malformed = || Error::invalid("outgoing.address", "must be an http or https address");
        let url: Url = address.trim().parse().map_err(|_| malformed())?;
        if !matches!(url.scheme(), "http" | "https") || address.len() > 2_048 {
            return Err(malformed());
        }
        let literal: Option<IpAddr> = match url.host() {
            Some(Host::Ipv4(ip)) => Some(ip.into()),
            Some(Host::Ipv6(ip)) => Some(ip.into()),
            Some(Host::Domain(_)) => None,
            None => return Err(malformed()),
        };
        // A name is checked when it is resolved, a number never is.
        if literal.is_some_and(|ip| !self.policy.permits(ip)) {
            return Err(Error::denied(
                "outgoing.private",
                "is on a private network; an administrator of the server can allow it with SIGNALBOX_ALLOW_PRIVATE_TARGETS",
            ));
        }
        Ok(url)
    }

    /// Posts JSON with more headers, and returns the answer with `wanted` of its headers.
    pub async fn post(
        &self,
        address: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
        wanted: &'static str,
    ) -> Result<Reply> {
        let url = self.check(address)?;
        let mut request = self.client.post(url).header("content-type", "application/json; charset=UTF-8");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut response = request.body(body).send().await.map_err(|error| lost(&error))?;
        let status = response.status().as_u16();
        let header = response.headers().get(wanted).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        while body.len() < self.kept {
            match response.chunk().await {
                Ok(Some(piece)) => body.extend_from_slice(&piece),
                Ok(None) | Err(_) => break,
            }
        }
        body.truncate(self.kept);
        Ok(Reply { status, header, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

/// Why nothing came back, in words for the owner of the address.
fn lost(error: &reqwest::Error) -> Error {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let what =
        if error.is_timeout() { "no answer in time (webhook_seconds)".to_owned() } else { cause.to_string() };
    Error::unavailable("outgoing.lost", what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_addresses_of_permitted_hosts_are_taken() {
        let closed = Outgoing::new(TargetPolicy::default(), &Limits::default()).expect("a client");
        for bad in [
            "",
            "ftp://a.example",
            "file:///etc/passwd",
            "http://",
            "http://127.0.0.1/x",
            "http://[::1]/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://169.254.169.254/",
        ] {
            assert!(closed.check(bad).is_err(), "{bad}");
        }
        assert!(closed.check("https://hooks.example/x").is_ok());
        let named = Outgoing::new(TargetPolicy::parse("127.0.0.0/8").expect("a policy"), &Limits::default())
            .expect("a client");
        assert!(named.check("http://127.0.0.1:8080/x").is_ok());
    }

    #[tokio::test]
    async fn a_name_of_a_private_host_is_found_out_when_it_is_resolved() {
        let closed = Outgoing::new(TargetPolicy::default(), &Limits::default()).expect("a client");
        let error = closed
            .post("http://localhost:9/x", &[("x-a", String::new())], vec![], "x-b")
            .await
            .expect_err("refused");
        assert!(error.message().contains("private network"), "{error}");
    }
}
