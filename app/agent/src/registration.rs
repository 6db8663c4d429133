//! Becoming known to a server, once, and again when it has forgotten.

use crate::config::{Config, Shutdown};
use crate::folder::Identity;
use crate::server::{Backoff, Refusal};
use crate::site::Site;
use base::{Result, Secret};
use serde::Deserialize;
use serde_json::json;

/// What the server said of itself.
#[derive(Clone, Debug, Default)]
pub struct Registration {
    /// The oldest version that the server works with.
    pub minimum_version: String,
    /// The token that was offered and not yet taken.
    offered: Option<Secret>,
}

#[derive(Deserialize)]
struct Registered {
    id: serde_json::Value,
    token: Secret,
    #[serde(default)]
    minimum_version: String,
}

/// The agent is not wanted; a sentence when there is one.
pub type Unwanted = Option<String>;

impl Registration {
    /// Speaks as who the agent was before, or registers.
    pub async fn begin(&mut self, site: &Site, config: &Config) -> Result<Result<(), Unwanted>> {
        let identity = site.folder.identity()?;
        if !identity.token.is_empty() && identity.server == site.server.root() {
            let token = Secret::new(identity.token);
            if identity.id.is_empty() {
                // Whether the server took it, asking with the same one tells.
                self.offered = Some(token);
            } else {
                site.server.speak_as(Some(token));
                return Ok(Ok(()));
            }
        }
        self.renew(site, config).await
    }

    /// Registers, waiting for the server as long as it takes.
    pub async fn renew(&mut self, site: &Site, config: &Config) -> Result<Result<(), Unwanted>> {
        let Some(token) = &config.registration else {
            return Ok(Err(None));
        };
        // Chosen here and kept before it is sent: when the answer is lost, or this program is killed before it comes, the same request
        // again makes the same agent. A token that the server no longer knows is not offered again.
        let own = Secret::new(format!("sba_{}", base::random::word::<40>()));
        let own = self.offered.get_or_insert(own).clone();
        let mut identity = Identity {
            instance: site.instance.clone(),
            server: site.server.root().to_owned(),
            id: String::new(),
            token: own.reveal().to_owned(),
        };
        site.folder.remember(&identity)?;
        let body = json!({
            "own_token": own.reveal(),
            "token": token.reveal(),
            "name": config.name,
            "version": env!("CARGO_PKG_VERSION"),
            "os": std::env::consts::OS,
            "arch": std::env::consts::ARCH,
            "labels": config.labels,
            "capabilities": site.capabilities().await,
            "slots": config.slots.max(1),
            "once": config.once,
        });
        site.server.speak_as(None);
        let mut backoff = Backoff::default();
        let mut shutdown = config.shutdown.clone();
        loop {
            match site.server.post::<Registered>("agents/register", &body).await {
                Ok(registered) => {
                    let id = registered.id.as_str().map_or_else(|| registered.id.to_string(), str::to_owned);
                    tracing::info!(agent.id = %id, "registered with {}", site.server.root());
                    self.minimum_version = registered.minimum_version;
                    identity.id = id;
                    identity.token = registered.token.reveal().to_owned();
                    site.folder.remember(&identity)?;
                    site.server.speak_as(Some(registered.token));
                    self.offered = None;
                    return Ok(Ok(()));
                }
                Err(Refusal::Passing(why)) => {
                    tracing::warn!("not registered yet: {why}");
                    tokio::select! {
                        () = backoff.pause() => {}
                        _ = shutdown.wait_for(|shutdown| *shutdown != Shutdown::No) => return Ok(Err(None)),
                    }
                }
                Err(refusal) => {
                    self.offered = None;
                    identity.token = String::new();
                    site.folder.remember(&identity)?;
                    return Ok(Err(Some(refusal.to_string())));
                }
            }
        }
    }
}
