//! What all attempts of one agent share.

use crate::contract::Capabilities;
use crate::folder::Folder;
use crate::room::Engine;
use crate::server::Server;
use crate::tree::{Containment, runs};
use base::Clock;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tokio::sync::{RwLock, watch};

/// One agent on one machine.
pub struct Site {
    pub name: String,
    pub server: Server,
    pub folder: Folder,
    /// The word that marks what belongs to this agent.
    pub instance: String,
    pub containment: Containment,
    pub has_bwrap: bool,
    pub has_git: bool,
    pub environment: BTreeMap<String, String>,
    pub hidden: Vec<PathBuf>,
    pub clock: Clock,
    pub docker: Option<PathBuf>,
    /// The engine, once one was found.
    pub engine: RwLock<Option<Engine>>,
    /// Turns true when nothing may be waited for any more.
    pub gives_up: watch::Sender<bool>,
}

impl Site {
    /// What the steps find programs in.
    pub fn path(environment: &BTreeMap<String, String>) -> &str {
        environment.get("PATH").map_or("/usr/local/bin:/usr/bin:/bin", String::as_str)
    }

    /// The container engine; one that was not there before may be now.
    pub async fn engine(&self) -> Option<Engine> {
        if let Some(engine) = &*self.engine.read().await {
            return Some(engine.clone());
        }
        let runtime = self.environment.get("XDG_RUNTIME_DIR").map(String::as_str);
        let found = Engine::find(self.docker.as_deref(), runtime).await?;
        found.sweep(&self.instance).await;
        Some(self.engine.write().await.get_or_insert(found).clone())
    }

    /// What this machine can do now.
    pub async fn capabilities(&self) -> Capabilities {
        Capabilities {
            docker: self.engine().await.is_some(),
            bwrap: self.has_bwrap,
            cgroup: self.containment.name(),
            git: self.has_git,
        }
    }
}

/// Whether bubblewrap can do here what a fenced job needs.
pub async fn has_bwrap(path: &str) -> bool {
    let words = ["bwrap", "--unshare-pid", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"];
    runs(&words, path).await
}

/// Whether git is here.
pub async fn has_git(path: &str) -> bool {
    runs(&["git", "--version"], path).await
}
