//! The heartbeat: tells the server that the deployment is alive, and hears from it that it is not.
//!
//! It has a thread, a runtime and a connection of its own, so that a terminal that does not scroll or a disk that does
//! not write can't make a healthy deployment look dead.

use crate::client::{Client, Failure};
use base::Stopwatch;
use serde_json::json;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// What the server says about the lease, or that it says nothing.
#[derive(Debug)]
pub enum News {
    /// Somebody wants the deployment to stop.
    Abort(String),
    /// The deployment does not belong to this wrapper any more.
    Lost(String),
    /// The server has not renewed the lease for longer than it lasts; the command goes on.
    Silent(String),
    /// The server renews the lease again.
    Back,
}

/// What a heartbeat needs to know.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The deployment's id.
    pub id: String,
    /// The fencing token.
    pub token: i64,
    /// How long the lease lasts without a beat.
    pub length: Duration,
    /// How long to wait between beats.
    pub every: Duration,
}

/// How soon to try again after a beat that failed.
const AGAIN: Duration = Duration::from_secs(2);

/// A beating heart; it stops when this is dropped.
pub struct Beat {
    _stop: watch::Sender<()>,
}

/// Starts the thread.
pub fn start(client: &Client, lease: Lease, news: mpsc::UnboundedSender<News>) -> Result<Beat, Failure> {
    let client = client.separate()?;
    let (stop, stopped) = watch::channel(());
    let thread = move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(beat(&client, &lease, &news, stopped)),
        Err(error) => report(&news, News::Silent(format!("no heartbeat is possible: {error}"))),
    };
    std::thread::Builder::new()
        .name("heartbeat".to_owned())
        .spawn(thread)
        .map_err(|e| Failure::usage(format!("the system gives no thread for the heartbeat: {e}")))?;
    Ok(Beat { _stop: stop })
}

async fn beat(
    client: &Client,
    lease: &Lease,
    news: &mpsc::UnboundedSender<News>,
    mut stopped: watch::Receiver<()>,
) {
    let path = format!("deployments/{}/heartbeat", lease.id);
    let mut renewed = Stopwatch::start();
    let (mut is_silent, mut is_aborting) = (false, false);
    let mut pause = lease.every;
    // The first beat was part of the start.
    for seq in 1_u64.. {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopped.changed() => return,
        }
        let request = client
            .request(reqwest::Method::POST, &path)
            .timeout(lease.every.clamp(Duration::from_secs(2), Duration::from_secs(10)))
            .json(&json!({"token": lease.token, "seq": seq}));
        match client.json(request).await {
            Ok(answer) => {
                renewed = Stopwatch::start();
                pause = lease.every;
                if std::mem::take(&mut is_silent) {
                    report(news, News::Back);
                }
                if answer["command"] == "abort" && !std::mem::replace(&mut is_aborting, true) {
                    report(news, News::Abort(answer["reason"].as_str().unwrap_or_default().to_owned()));
                }
            }
            Err(failure) if failure.status() == Some(410) => {
                return report(news, News::Lost(failure.to_string()));
            }
            Err(failure) => {
                pause = AGAIN.min(lease.every);
                if renewed.elapsed() > lease.length && !std::mem::replace(&mut is_silent, true) {
                    report(news, News::Silent(failure.to_string()));
                }
            }
        }
    }
}

fn report(news: &mpsc::UnboundedSender<News>, what: News) {
    // Nobody listens any more when the deployment has just ended.
    let _ = news.send(what);
}
