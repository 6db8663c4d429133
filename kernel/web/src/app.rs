//! What handlers share.

use crate::quota::Quota;
use base::{Actor, Clock, Error, Limits, Result};
use blobs::Blobs;
use db::Db;
use http::{Extensions, HeaderMap};
use journal::Subject;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use url::Url;

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Finds out who asks, from a request's headers; `None` when nobody says who they are. Wrong credentials are an error.
pub type Authenticate = for<'a> fn(&'a App, &'a HeaderMap) -> Answer<'a, Option<Actor>>;

/// Whether somebody may know that something about a subject changed.
pub type MaySee = for<'a> fn(&'a App, &'a Actor, &'a Subject) -> Answer<'a, bool>;

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<AppParts>);

/// The parts of an [`App`].
pub struct AppParts {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Clock,
    /// The limits in force.
    pub limits: Limits,
    /// The files.
    pub blobs: Blobs,
    /// The address that people and clients use; links are made from it, never from a request's `Host`.
    pub public_url: Url,
    /// Who has asked how often.
    pub quota: Quota,
    /// Finds out who asks.
    pub authenticate: Authenticate,
    /// Decides about live events.
    pub may_see: MaySee,
    /// Loads what the sidebar shows.
    pub load_shell: crate::ui::LoadShell,
    /// What single domains need besides: `app.part::<repos::Mirrors>()`.
    pub parts: Extensions,
    /// Becomes true when the server stops; streams end then.
    pub stop: tokio::sync::watch::Receiver<bool>,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: AppParts) -> Self {
        Self(Arc::new(parts))
    }

    /// A part that a single domain needs; a missing one is a mistake in the wiring.
    pub fn part<T: Clone + Send + Sync + 'static>(&self) -> Result<&T> {
        self.parts.get::<T>().ok_or_else(|| {
            Error::bug("wiring.missing", format!("the part {} was not wired", std::any::type_name::<T>()))
        })
    }

    /// The address of a path on this server, for people and clients: `app.link("/tasks/1")`.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }

    /// Whether people reach this server by TLS; cookies are then marked so.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}

impl Deref for App {
    type Target = AppParts;
    fn deref(&self) -> &AppParts {
        &self.0
    }
}
