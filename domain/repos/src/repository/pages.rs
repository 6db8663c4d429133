//! The pages of repositories: all of them, one with its commits, a new one, its settings.

mod fields;
mod hosted;
mod list;
mod new;
mod settings;
mod show;

use crate::repository::{Repository, State};
use axum::Router;
use axum::routing::{get, post};
use base::{Actor, Role};
use web::App;
use web::ui::Aspect;

pub(crate) use show::sha;

/// The routes of these pages.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/repositories", get(list::list).post(new::register))
        .route("/repositories/new", get(new::form).post(hosted::make))
        .route("/repositories/{name}", get(show::show))
        .route("/repositories/{name}/fetch", post(settings::fetch))
        .route("/repositories/{name}/hook", post(settings::renew_hook))
        .route("/repositories/{name}/remove", post(settings::remove))
        .route("/repositories/{name}/settings", get(settings::form).post(settings::change))
        .route("/repositories/{name}/hosted", post(hosted::change))
}

/// What the lamp of a repository shows, and what that means.
fn lamp(repository: &Repository) -> (Aspect, &'static str) {
    match repository.state {
        State::Ready if repository.archived_at.is_some() => (Aspect::Idle, "Archived"),
        State::Ready if repository.hosted => (Aspect::Green, "It is here"),
        State::New => (Aspect::Idle, "Not read yet"),
        State::Ready => (Aspect::Green, "Read"),
        State::Shallow => (Aspect::Amber, "Its history is cut off"),
        State::Unreadable => (Aspect::Red, "Cannot be read"),
    }
}

/// Whether somebody may change a repository.
fn may_change(actor: &Actor, repository: &Repository) -> bool {
    actor.role == Role::Admin
        || (actor.role == Role::Member && actor.user.is_some() && actor.user == repository.made_by)
}
