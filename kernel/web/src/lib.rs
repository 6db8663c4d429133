#![doc = include_str!("../README.md")]

pub mod api;
mod app;
pub mod assets;
mod auth;
mod extract;
pub mod finders;
pub mod lines;
pub mod live;
pub mod log;
pub mod middleware;
pub mod once;
mod patience;
mod problem;
mod quota;
pub mod targets;
pub mod ui;

pub use app::{App, AppParts, Authenticate, MaySee};
pub use auth::{Auth, Maybe};
pub use extract::{Form, Json, Pairs, Path, Query};
pub use problem::{Problem, Result};
pub use quota::Quota;
pub use targets::TargetPolicy;

/// The tables of this crate.
pub fn migrations() -> db::Migrations {
    db::Migrations { name: "web", steps: &[("0001_once", include_str!("../migrations/0001_once.sql"))] }
}
