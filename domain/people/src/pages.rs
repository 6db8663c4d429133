//! The pages of people: the doors through which they come in, and their part of settings.

mod doors;
mod links;
mod parts;
mod people;
mod profile;
mod sessions;
mod teams;
#[cfg(test)]
mod tests;
mod tokens;

use axum::Router;
use web::App;

/// The pages of this crate.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .merge(doors::pages())
        .merge(links::pages())
        .merge(profile::pages())
        .merge(people::pages())
        .merge(teams::pages())
        .merge(tokens::pages())
        .merge(sessions::pages())
}
