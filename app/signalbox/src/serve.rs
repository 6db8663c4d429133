//! The server: reads its configuration, opens the data, wires the crates together, answers until it is told to stop.

mod agent;
mod audit;
mod audit_page;
mod config;
mod deploys;
mod files;
mod health;
mod home;
mod http;
mod outlets;
mod pools;
mod settings;
mod shell;
mod test_clock;
mod wiring;

use crate::cli::{Role, Serve};
use base::{Actor, Clock, Context, Error, Result, Secret};
use blobs::Blobs;
use config::Config;
use db::{Db, Location};
use std::io::IsTerminal as _;
use std::path::Path;
use tokio::sync::watch;

pub use config::variables;
pub use files::{backup, doctor, restore};

/// Serves until SIGTERM or SIGINT; returns the exit code.
pub async fn run(options: Serve) -> i32 {
    start_log();
    match serve(options).await {
        Ok(()) => 0,
        Err(error) => {
            tracing::error!(code = error.code(), "the server could not go on: {error:?}");
            eprintln!("signalbox: {error}");
            1
        }
    }
}

/// Messages go to standard error: readable, or as JSON with `SIGNALBOX_LOG_FORMAT=json`; `SIGNALBOX_LOG` filters them.
pub fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SIGNALBOX_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,tokio_postgres=warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let outcome = if config::variable("SIGNALBOX_LOG_FORMAT").as_deref() == Some("json") {
        log.json().try_init()
    } else {
        log.with_target(false).try_init()
    };
    // An Err means that a log was started already: `demo` and tests serve in the same process.
    drop(outcome);
}

async fn serve(options: Serve) -> Result<()> {
    let clock = match options.test_clock {
        Some(_) if !options.listen.ip().is_loopback() => {
            return Err(Error::invalid(
                "clock.exposed",
                "--test-clock lets anybody move the time: listen on a loopback address",
            ));
        }
        Some(at) => Clock::still(at),
        None => Clock::system(),
    };
    std::fs::create_dir_all(&options.data).map_err(|e| {
        Error::unavailable(
            "data.folder",
            format!("the data folder {} cannot be made: {e}", options.data.display()),
        )
    })?;
    let config = Config::read(&options)?;
    let _held = files::hold(&options.data, &options.database)?;
    let db = open(&options, &config, clock.clone()).await?;
    let first = wiring::first_start(&db, &config).await?;
    let (stop, stopped) = watch::channel(false);
    let blobs = Blobs::open(options.data.join("blobs")).await?;
    let listener = http::listen(options.listen)?;
    let address = listener.local_addr().map_err(|e| Error::unavailable("listen", e.to_string()))?;
    let public_url = config.public_url(address, options.tls_cert.is_some())?;
    let app = wiring::app(&options, &config, db.clone(), clock, blobs, public_url, stopped.clone()).await?;
    let work = wiring::work(&app, &config.node);
    after_restart(&db).await.context("taking up what was live")?;
    work.chores.prepare().await.context("preparing chores")?;
    let mut loops = tokio::task::JoinSet::new();
    if options.roles.iter().any(|role| matches!(role, Role::Chores | Role::Clock)) {
        loops.spawn(work.chores.clone().run(stopped.clone()));
        loops.spawn(work.followers.clone().run(stopped.clone()));
        loops.spawn(pools::sweep(app.clone(), stopped.clone()));
    }
    let router = http::router(app.clone(), options.test_clock.is_some().then(|| work.clone()));
    announce(&app, first);
    let embedded = agent::Embedded::start(&app, &options, &config.node, address).await?;
    tokio::spawn(stop_on_signal(stop.clone(), embedded));
    let outcome = http::serve(listener, router, &options, &config.limits, stopped).await;
    // Whatever ended the listener ends the rest: accepted work is finished, leases are handed back.
    stop.send_replace(true);
    while loops.join_next().await.is_some() {}
    work.chores.hand_back().await?;
    db.close().await?;
    tracing::info!("stopped");
    outcome
}

async fn open(options: &Serve, config: &Config, clock: Clock) -> Result<Db> {
    let location = location(&options.data, &options.database)?;
    Db::open(&location, clock, config.limits.clone(), &wiring::migrations()).await
}

/// Where the data is, from `--data` and `--database`.
fn location(data: &Path, database: &str) -> Result<Location> {
    match database {
        "sqlite" => Ok(Location::Sqlite(data.join("signalbox.db"))),
        url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            Ok(Location::Postgres(Secret::new(url)))
        }
        _ => Err(Error::invalid("database.unknown", "--database takes `sqlite` or a postgres:// address")),
    }
}

/// What was live when the server ended gets the time to report again before anybody judges it.
async fn after_restart(db: &Db) -> Result<()> {
    let mut tx = db.write(&system()).await?;
    releases::after_restart(&mut tx).await?;
    jobs::attempts::after_restart(&mut tx).await?;
    jobs::schedules::after_restart(&mut tx).await?;
    repos::after_restart(&mut tx).await?;
    tx.commit().await
}

fn announce(app: &web::App, first: people::bootstrap::Bootstrap) {
    tracing::info!("Signalbox answers at {}", app.public_url);
    if let people::bootstrap::Bootstrap::Link(token) = first {
        // On standard output, not in the log: whoever reads it becomes the first administrator.
        println!(
            "Nobody is here yet. Open this link once to become the administrator: {}",
            app.link(&format!("/setup/{}", token.reveal()))
        );
    }
}

async fn stop_on_signal(stop: watch::Sender<bool>, embedded: Option<agent::Embedded>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be received; the server will not stop gracefully");
        return;
    };
    tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
    if let Some(embedded) = embedded {
        tracing::info!("stopping: what runs in here is cancelled first");
        embedded.stop().await;
    }
    tracing::info!("stopping: no new requests, what was begun is finished");
    stop.send_replace(true);
}

/// The actor of what the server does at its start and end.
fn system() -> Actor {
    Actor::system()
}
