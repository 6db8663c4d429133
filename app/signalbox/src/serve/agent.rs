//! The agent inside the server: the same agent as elsewhere, over the same requests, on this machine's own address.

use crate::cli::Serve;
use agent::{Config, Ended, Shutdown};
use base::{Actor, Result, Secret};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use web::App;

/// When the server stops, what runs in it is told to stop and has this long to clean up and report.
const LAST_WORDS: Duration = Duration::from_secs(25);

/// The agent inside the server.
pub(super) struct Embedded {
    shutdown: watch::Sender<Shutdown>,
    work: JoinHandle<()>,
}

impl Embedded {
    /// Starts it, when the options ask for slots. It registers like any other, with an invitation that nobody else sees.
    pub(super) async fn start(
        app: &App,
        options: &Serve,
        node: &str,
        address: SocketAddr,
    ) -> Result<Option<Self>> {
        if options.agents == 0 {
            return Ok(None);
        }
        let (shutdown, told) = watch::channel(Shutdown::No);
        let scheme = if options.tls_cert.is_some() { "https" } else { "http" };
        let config = Config {
            server: format!("{scheme}://{}", reachable(address)),
            ca: options.tls_cert.clone(),
            registration: Some(invitation(app).await?),
            name: format!("server-{}", node.get(..6).unwrap_or(node)),
            labels: std::iter::once(("embedded".to_owned(), "true".to_owned())).collect(),
            slots: usize::try_from(options.agents).unwrap_or(1),
            once: false,
            idle: None,
            folder: options.data.join("agent"),
            environment: agent::inherited(super::config::variables()),
            hidden: vec![options.data.clone()],
            docker: None,
            clock: app.clock.clone(),
            shutdown: told,
        };
        let work = tokio::spawn(async move {
            match agent::run(config).await {
                Ok(Ended::Stopped | Ended::Done) => {}
                Ok(ended) => tracing::warn!(?ended, "the agent inside the server ended"),
                Err(error) => tracing::error!(?error, "the agent inside the server could not go on"),
            }
        });
        Ok(Some(Self { shutdown, work }))
    }

    /// Ends it: what runs is cancelled and reported while the server still answers.
    pub(super) async fn stop(self) {
        self.shutdown.send_replace(Shutdown::Cancel);
        if tokio::time::timeout(LAST_WORDS, self.work).await.is_err() {
            tracing::warn!("the agent inside the server did not end in time; what it ran counts as lost");
        }
    }
}

/// The address at which this process reaches itself.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

async fn invitation(app: &App) -> Result<Secret> {
    let mut tx = app.db.write(&Actor::system()).await?;
    let (secret, _) = jobs::agents::invite(&mut tx, jobs::agents::NewInvitation::default()).await?;
    tx.commit().await?;
    Ok(secret)
}
