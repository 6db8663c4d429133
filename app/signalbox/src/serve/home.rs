//! The first page: are we OK, and if not, who has it?

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::{Markup, html};
use web::{App, Auth, Result, ui};

/// The routes of these pages.
pub(super) fn pages() -> Router<App> {
    Router::new().route("/", get(home))
}

async fn home(State(app): State<App>, Auth(actor): Auth) -> Result<Markup> {
    let mut tx = app.db.read(&actor).await?;
    let environments = releases::summary(&mut tx).await?;
    Ok(ui::page(&actor, "Are we OK?", html! {
        section.block {
            div.block-head { h2 { "Environments" } }
            @if environments.is_empty() {
                (ui::empty("No environment yet. Connect a repository, then make one: signalbox environment add beta --repository NAME"))
            }
            ul.rows {
                @for environment in &environments {
                    li.lockrow {
                        svg class={ "lamp " (if environment.is_open { "green" } else { "red" }) } aria-hidden="true" {
                            use href={ (web::assets::path("icons.svg")) (if environment.is_open { "#l-green" } else { "#l-red" }) } {}
                        }
                        div {
                            a.plain.strong href={ "/environments/" (environment.name) } { (environment.name) }
                            p.why { (environment.sentence) }
                        }
                    }
                }
            }
        }
    }))
}
