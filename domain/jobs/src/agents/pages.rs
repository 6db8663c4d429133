//! Agents and what waits for one.

mod act;
mod list;

use axum::Router;
use axum::routing::{get, post};
use web::App;

/// The routes of these pages.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/agents", get(list::list))
        .route("/agents/tokens", get(list::list).post(act::invite))
        .route("/agents/{id}/drain", post(act::drain))
        .route("/agents/{id}/undrain", post(act::undrain))
        .route("/agents/{id}/remove", get(act::remove_form).post(act::remove))
}
