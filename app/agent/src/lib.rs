#![doc = include_str!("../README.md")]

mod attempt;
mod claims;
mod config;
mod contract;
mod folder;
mod output;
mod predecessor;
mod registration;
mod room;
mod server;
mod site;
mod tree;

pub use config::{Config, Ended, Shutdown, inherited};

use base::{Clock, Result};
use claims::Claims;
use folder::Folder;
use registration::Registration;
use server::Server;
use site::Site;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{RwLock, watch};
use tree::Containment;

/// Works for a server until told to end. Encrypted connections need a process-wide provider of `rustls`.
pub async fn run(config: Config) -> Result<Ended> {
    let site = Arc::new(open(&config).await?);
    predecessor::kill(&site).await;
    let reaping = tokio::spawn(tree::reap_orphans());
    let ended = work(&site, config).await;
    reaping.abort();
    site.containment.close().await;
    ended
}

async fn open(config: &Config) -> Result<Site> {
    let folder = Folder::open(&config.folder)?;
    let instance = folder.identity()?.instance;
    let path = Site::path(&config.environment).to_owned();
    let cgroup = format!("signalbox-{instance}");
    let (containment, has_bwrap, has_git) =
        tokio::join!(Containment::detect(&cgroup, &path), site::has_bwrap(&path), site::has_git(&path),);
    tracing::info!("agent {}: {}", config.name, containment.sentence());
    Ok(Site {
        name: config.name.clone(),
        server: Server::new(&config.server, config.ca.as_deref())?,
        folder,
        instance,
        containment,
        has_bwrap,
        has_git,
        environment: config.environment.clone(),
        hidden: config.hidden.clone(),
        clock: config.clock.clone(),
        docker: config.docker.clone(),
        engine: RwLock::default(),
        gives_up: watch::Sender::new(false),
    })
}

/// Ends what an agent left behind that will not come back: processes and containers of its attempts. An error means that the agent
/// still uses the folder.
pub async fn clear(folder: &Path, environment: &BTreeMap<String, String>) -> Result<()> {
    let (_shutdown, told) = watch::channel(Shutdown::No);
    let config = Config {
        server: "http://localhost".to_owned(),
        ca: None,
        registration: None,
        name: "cleaning".to_owned(),
        labels: BTreeMap::new(),
        slots: 1,
        once: true,
        idle: None,
        folder: folder.to_owned(),
        environment: environment.clone(),
        hidden: Vec::new(),
        docker: None,
        clock: Clock::system(),
        shutdown: told,
    };
    let site = open(&config).await?;
    predecessor::kill(&site).await;
    site.containment.close().await;
    Ok(())
}

async fn work(site: &Arc<Site>, config: Config) -> Result<Ended> {
    let mut registration = Registration::default();
    if let Err(unwanted) = registration.begin(site, &config).await? {
        let has_to_end = *config.shutdown.borrow() != Shutdown::No;
        let sentence = unwanted.unwrap_or_else(|| "The agent has nothing to register with".to_owned());
        return Ok(if has_to_end { Ended::Stopped } else { Ended::Refused(sentence) });
    }
    let mut shutdown = config.shutdown.clone();
    tokio::select! {
        () = predecessor::tell(site) => {}
        _ = shutdown.wait_for(|shutdown| *shutdown != Shutdown::No) => {}
    }
    Claims::new(site.clone(), config, registration).work().await
}
