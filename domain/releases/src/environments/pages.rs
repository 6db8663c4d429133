//! The pages of environments: the line of all of them, one with its gate, a new one, and the settings of one.

mod line;
mod list;
mod settings;
mod show;
mod show_parts;
mod watch;

pub(crate) use show::View;
pub use show_parts::command_line;
pub(crate) use show_parts::history_row;

use crate::environments::{self, Environment};
use axum::Router;
use axum::routing::{get, post};
use base::Right;
use db::Tx;
use maud::{Markup, html};
use web::App;

/// The routes of these pages.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/environments", get(list::list).post(list::make))
        .route("/environments/new", get(list::new))
        .route("/environments/{name}", get(show::show))
        .route("/environments/{name}/deploy", get(show::deploy))
        .route("/environments/{name}/settings", get(settings::show).post(settings::change))
        .route("/environments/{name}/watch", post(watch::set))
}

/// An environment that whoever looks may see.
pub(crate) async fn seen(tx: &mut Tx, name: &str) -> base::Result<Environment> {
    environments::named(tx, name, Right::View).await
}

/// A commit, with the way to it for those who may see repositories.
pub(crate) fn sha(repository: Option<&str>, commit: &str) -> Markup {
    let short = crate::words::short(commit);
    html! {
        @match repository {
            Some(repository) => a.sha href={ "/repositories/" (repository) "/commits/" (commit) } { (short) },
            None => span.sha { (short) },
        }
    }
}

/// The name of a repository, for those who may see repositories.
pub(crate) async fn repository_seen(tx: &mut Tx, environment: &Environment) -> base::Result<Option<String>> {
    let repository = repos::repository::get(tx, environment.repository).await?;
    match repos::repository::view(tx, &repository.name).await {
        Ok(repository) => Ok(Some(repository.name)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}
