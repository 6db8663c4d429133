//! Agents that pools start: the start command as a process of this server's machine, the webhook as a request.
//!
//! A start command outlives the server: what it starts belongs to the pool and not to this process. What is left of it is looked for
//! again and again, after a restart too: once its agent is gone or was given up, its processes are ended and its folder removed.

mod command;
mod sweep;
mod webhook;

pub(super) use sweep::sweep;

use base::Result;
use jobs::agents::pools::{Launcher, Order, Way};
use std::collections::BTreeMap;
use std::path::PathBuf;
use web::App;

/// Where start commands run and what they inherit.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// One folder for each agent that was started here.
    folder: PathBuf,
    environment: BTreeMap<String, String>,
}

impl Place {
    /// Below the data folder, with those variables of the server's own environment that jobs have, too.
    pub(super) fn below(data: &std::path::Path) -> Self {
        Self { folder: data.join("pools"), environment: agent::inherited(super::config::variables()) }
    }
}

/// What jobs call to have an agent started.
pub(super) const fn wired() -> Launcher {
    Launcher(|app, order| Box::pin(start(app, order)))
}

async fn start(app: &App, order: Order) -> Result<()> {
    match &order.way {
        Way::Command(line) => command::start(app, &order, line).await,
        Way::Webhook(address) => webhook::call(app, &order, address).await,
    }
}
