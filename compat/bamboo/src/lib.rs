#![doc = include_str!("../README.md")]

mod agents;
mod branches;
mod call;
mod catalogue;
mod changes;
mod deploy_queue;
mod deployments;
mod dispatch;
mod files;
mod import;
mod keys;
mod people;
mod plans;
mod projects;
mod queue;
mod remarks;
mod results;
mod routes;
mod search;
mod server;
mod show;
pub mod specs;
#[cfg(test)]
mod tests;
mod versions;
mod wire;
mod world;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use web::App;

/// The native API of imports; the application mounts it beside that of jobs.
pub fn api() -> web::api::Routes {
    import::routes()
}

/// The whole API; the application mounts it at `/bamboo`.
pub fn routes(_: &App) -> Router<App> {
    let serve = move |State(app): State<App>, request: Request| dispatch::serve(app, request);
    // Bodies have a limit of their own here, whose refusal these clients understand.
    Router::new().fallback(serve).layer(DefaultBodyLimit::disable())
}
