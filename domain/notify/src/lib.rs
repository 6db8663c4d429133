#![doc = include_str!("../README.md")]

pub mod deliveries;
pub mod inbox;
pub mod mail;
pub mod message;
pub mod outgoing;
pub mod webhook;

#[cfg(test)]
mod fixture;

pub use deliveries::{Address, Channel, Recipient, send, was_told};
pub use message::{Block, Fact, Message};
pub use outgoing::Outgoing;

use base::{Result, Secret};
use std::time::Duration;
use web::App;

/// What a sealed address is sealed for.
pub const SEALED_FOR: &str = "address of a delivery";

/// How messages leave; the wiring puts it among the parts of [`App`].
#[derive(Clone)]
pub struct Outlets {
    /// The mail server, when one is set.
    pub mail: Option<mail::Server>,
    /// What posts to webhooks.
    pub web: Outgoing,
    /// Where what is for somebody's inbox is put.
    pub inbox: inbox::Put,
    /// Opens an address that was sealed for [`SEALED_FOR`].
    pub open: fn(&App, &[u8]) -> Result<Secret>,
}

/// The tables of messages and their deliveries.
pub fn migrations() -> db::Migrations {
    db::Migrations {
        name: "notify",
        steps: &[
            ("0001_deliveries", include_str!("../migrations/0001_deliveries.sql")),
            ("0002_crowds", include_str!("../migrations/0002_crowds.sql")),
        ],
    }
}

/// The native API of deliveries.
pub fn api() -> web::api::Routes {
    deliveries::api::routes()
}

/// The page of deliveries.
pub fn pages() -> axum::Router<App> {
    deliveries::pages::pages()
}

/// What is done in the background: delivering.
pub fn chores(app: &App) -> Vec<chores::Handler> {
    vec![deliveries::run::handler(app)]
}

/// Periodic work: what was delivered long ago is forgotten.
pub fn periodic(app: &App) -> Vec<chores::Every> {
    let db = app.db.clone();
    let handler = chores::Handler::new("notify.forget", move |_| {
        let db = db.clone();
        async move { deliveries::forget_old(&db).await }
    });
    vec![chores::Every { handler, pause: Duration::from_secs(3_600) }]
}
