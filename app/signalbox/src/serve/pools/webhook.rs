//! The webhook of a pool: one request that asks for an agent. Only permitted hosts are contacted, at the addresses that were checked.

use base::{Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use jobs::agents::pools::{Launcher, Order, Outcome};
use serde_json::json;
use sha2::Sha256;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;
use url::Url;
use web::{App, TargetPolicy};

const PATIENCE: Duration = Duration::from_secs(20);
/// How much of a refusal is shown.
const KEPT: usize = 2_000;

/// Asks for an agent. `X-Signalbox-Signature` is the HMAC-SHA256 of the body with the pool's secret.
pub(super) async fn call(app: &App, order: &Order, address: &str) -> Result<()> {
    let url = app.link("");
    let body = json!({
        "event": "agent.wanted", "at": app.clock.now(), "url": url.trim_end_matches('/'), "pool": order.pool,
        "instance": order.instance, "token": order.token.reveal(), "labels": order.labels,
        "boot_seconds": order.boot.as_secs(), "idle_seconds": order.idle.map(|idle| idle.as_secs()),
    });
    let body = body.to_string().into_bytes();
    let signature = signature(order.secret.as_ref().map_or("", |secret| secret.reveal()), &body);
    let target: Url = address
        .parse()
        .map_err(|_| Error::invalid("pool.webhook", format!("{address:.200} is not an address")))?;
    let host = target.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = target.port_or_known_default().unwrap_or(443);
    let found = app.part::<TargetPolicy>()?.addresses(&host, port).await?;
    let found: Vec<SocketAddr> = found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
    let client = reqwest::Client::builder()
        .resolve_to_addrs(&host, &found)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .no_proxy()
        .user_agent(concat!("Signalbox/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Error::bug("pool.client", "the HTTP client could not be made").because(error))?;
    let request = client
        .post(target)
        .header("content-type", "application/json")
        .header("x-signalbox-signature", format!("sha256={signature}"));
    let outcome = match request.body(body).send().await {
        Ok(answer) if answer.status().is_success() => Outcome::Begun,
        Ok(answer) => Outcome::Failed {
            sentence: format!("The webhook answered {}", answer.status()),
            output: beginning(answer).await.replace(order.token.reveal(), "***"),
        },
        Err(error) => Outcome::Failed {
            sentence: format!("The webhook could not be reached: {}", cause(&error)),
            output: String::new(),
        },
    };
    Launcher::report(&app.db, order.start, outcome).await
}

fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(body);
    mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}"); // Writing to a String cannot fail.
        hex
    })
}

async fn beginning(mut answer: reqwest::Response) -> String {
    let mut body = Vec::new();
    while body.len() < KEPT {
        match answer.chunk().await {
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            Ok(None) | Err(_) => break,
        }
    }
    body.truncate(KEPT);
    String::from_utf8_lossy(&body).into_owned()
}

fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
