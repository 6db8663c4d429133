//! Where the steps of an attempt run: on this machine, behind bubblewrap, or in a container.

mod docker;
mod local;
mod script;

pub use docker::{Container, Engine, Plan};
pub use local::{Local, fence};
pub use script::words;

use crate::attempt::order::{Order, stricter};
use crate::output::Output;
use base::Result;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;

/// One command line to run.
#[derive(Clone, Debug)]
pub struct Launch {
    pub words: Vec<String>,
    pub env: BTreeMap<String, String>,
    pub folder: PathBuf,
}

/// How a command line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Code(i32),
    Signal(i32),
}

impl Exit {
    /// Reads an exit code as shells give it: a signal is told as 128 and its number.
    pub fn told_by_shell(code: i32) -> Self {
        match code {
            129..=159 => Self::Signal(code - 128),
            code => Self::Code(code),
        }
    }
}

/// A place to run steps in.
pub enum Room {
    Local(Box<Local>),
    Container(Container),
}

impl Room {
    /// Runs one command line to its end. When this is dropped before, the command goes on until [`Room::stop`].
    pub async fn run(&mut self, launch: Launch, output: &Output) -> Result<Exit> {
        match self {
            Self::Local(local) => local.run(launch, output).await,
            Self::Container(container) => container.run(launch, output).await,
        }
    }

    /// Stops everything that runs: asks, waits for `grace` unless a stricter order comes, kills. Whether all is gone.
    pub async fn stop(&mut self, grace: Duration, orders: &mut watch::Receiver<Order>) -> bool {
        let now = orders.borrow().clone();
        if !now.is_final() && !grace.is_zero() {
            let ended = async {
                match self {
                    Self::Local(local) => local.end(grace).await,
                    Self::Container(container) => container.end(grace).await,
                }
            };
            tokio::select! {
                () = ended => {}
                _ = stricter(orders, &now) => {}
            }
        }
        match self {
            Self::Local(local) => local.kill().await,
            Self::Container(container) => container.kill().await,
        }
    }

    /// How many processes the kernel has killed for lack of memory.
    pub async fn oom_kills(&self) -> u64 {
        match self {
            Self::Local(local) => local.oom_kills(),
            Self::Container(container) => container.oom_kills().await,
        }
    }

    /// Gives everything back that the room took from the machine; whatever still runs in it is killed.
    pub async fn close(self) {
        match self {
            Self::Local(local) => (*local).close().await,
            Self::Container(container) => container.close().await,
        }
    }
}
