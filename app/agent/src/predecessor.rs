//! What an agent that was killed left behind: processes, containers, and attempts whose end nobody told.

use crate::attempt::order::Order;
use crate::attempt::report::{Tail, Told, report};
use crate::attempt::upload::Log;
use crate::contract::Finish;
use crate::folder::Home;
use crate::site::Site;
use crate::tree;
use tokio::sync::watch;

/// The reason that the server hears for an attempt that died with its agent.
const REASON: &str = "agent_restarted";
const SENTENCE: &str = "The agent was restarted while the job ran";

/// Kills everything that is still running. Nothing else may begin before this has ended.
pub async fn kill(site: &Site) {
    for home in site.folder.left_behind() {
        if let Some(kept) = home.kept() {
            tracing::warn!(attempt = %kept.attempt, "an earlier agent left an attempt behind");
            tree::clear(&kept.tree).await;
        }
    }
    site.containment.clear_left_behind().await;
    // Finding the engine also removes its leftover containers.
    site.engine().await;
}

/// Tells how the attempts ended, and removes their folders.
pub async fn tell(site: &Site) {
    for home in site.folder.left_behind() {
        match tell_one(site, &home).await {
            // To a server that does not know this agent, its attempts are lost already.
            Told::Done | Told::Unknown => home.remove(),
            Told::Later => {}
        }
    }
}

async fn tell_one(site: &Site, home: &Home) -> Told {
    let Some(kept) = home.kept() else { return Told::Done };
    let log_bytes = std::fs::metadata(home.log()).map_or(0, |found| found.len());
    // It may have ended before its agent did; then that is what happened.
    let mut finish = home.finish().unwrap_or_else(|| Finish {
        has_begun: Some(kept.has_begun),
        ..Finish::without_work(kept.epoch, REASON, SENTENCE)
    });
    finish.log_bytes = log_bytes;
    let log = Log { server: site.server.clone(), attempt: kept.attempt, epoch: kept.epoch, path: home.log() };
    let tail = Tail { work: Some(home.work()), ..Tail::default() };
    let (_orders, watched) = watch::channel(Order::Go);
    report(&log, &mut finish, &tail, &watched, site.gives_up.subscribe()).await
}
