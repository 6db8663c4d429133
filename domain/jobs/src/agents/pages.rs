//! Agents and what waits for one.

mod act;
mod list;
mod pools;

use axum::Router;
use axum::routing::{get, post};
use web::App;

/// The routes of these pages.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/agents", get(list::list))
        .route("/agents/tokens", get(list::list).post(act::invite))
        .route("/agents/pools/new", get(pools::new_form))
        .route("/agents/pools", get(list::list).post(pools::create))
        .route("/agents/pools/{name}", get(list::list).post(pools::change))
        .route("/agents/pools/{name}/edit", get(pools::edit_form))
        .route("/agents/pools/{name}/retry", post(pools::retry))
        .route("/agents/pools/{name}/remove", get(pools::remove_form).post(pools::remove))
        .route("/agents/{id}/drain", post(act::drain))
        .route("/agents/{id}/undrain", post(act::undrain))
        .route("/agents/{id}/remove", get(act::remove_form).post(act::remove))
}
