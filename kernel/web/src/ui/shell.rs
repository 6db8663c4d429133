//! What the sidebar shows on every page.

use super::Aspect;
use crate::App;
use base::jiff::tz::TimeZone;
use base::{Actor, Result};
use std::future::Future;
use std::pin::Pin;

/// A shell that is being loaded.
pub type Loading<'a> = Pin<Box<dyn Future<Output = Result<Shell>> + Send + 'a>>;

/// Loads what the sidebar shows somebody; the application knows all domains and puts it together.
pub type LoadShell = for<'a> fn(&'a App, &'a Actor) -> Loading<'a>;

/// Loads nothing, for doors that have no pages.
pub fn no_shell<'a>(_: &'a App, _: &'a Actor) -> Loading<'a> {
    Box::pin(async { Ok(Shell::default()) })
}

/// What the sidebar shows somebody.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The workspace's name.
    pub workspace: String,
    /// Unread items of the inbox.
    pub inbox: u64,
    /// Open tasks of mine that are due or late.
    pub due: u64,
    /// The environments, in the order that a commit travels.
    pub environments: Vec<ShellEnvironment>,
    /// The projects that I marked or used last.
    pub projects: Vec<ShellProject>,
    /// The zone that times are shown in.
    pub zone: TimeZone,
}

/// An environment on its line.
#[derive(Clone, Debug)]
pub struct ShellEnvironment {
    /// Its name, as in addresses.
    pub name: String,
    /// Its lamp.
    pub aspect: Aspect,
    /// What the lamp means.
    pub meaning: String,
    /// A few words beside it, such as `2 locks`.
    pub note: String,
    /// What its lamp listens to.
    pub topics: String,
}

/// A project in the list.
#[derive(Clone, Debug)]
pub struct ShellProject {
    /// Its address.
    pub href: String,
    /// Its name.
    pub name: String,
    /// Its colour.
    pub colour: String,
}

impl Default for Shell {
    fn default() -> Self {
        Self {
            workspace: "Signalbox".to_owned(),
            inbox: 0,
            due: 0,
            environments: Vec::new(),
            projects: Vec::new(),
            zone: TimeZone::UTC,
        }
    }
}

impl Shell {
    /// The worst lamp of the whole installation: the brand's signal and the favicon show it.
    pub fn worst(&self) -> Aspect {
        self.environments.iter().map(|e| e.aspect).max().unwrap_or(Aspect::Green).max(Aspect::Green)
    }
}
