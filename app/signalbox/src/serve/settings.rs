//! Settings that no single domain owns: the index, the limits, what runs here, leaving, and rights in environments.

mod environments;
mod leave;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use base::{Limit, Role};
use db::Engine;
use maud::{Markup, html};
use web::ui::{self, Frame, Page};
use web::{App, Auth, Pairs, Result};

/// The routes of these pages.
pub(super) fn pages() -> Router<App> {
    Router::new()
        .route("/settings", get(index))
        .route("/settings/limits", get(limits))
        .route("/settings/about", get(about))
        .route("/settings/workspace", post(rename_workspace))
        .merge(environments::pages())
        .merge(leave::pages())
}

async fn index(frame: Frame) -> Markup {
    let content = html! {
        @for (heading, pages) in ui::settings_pages(frame.actor.role) {
            @if !pages.is_empty() {
                section.block {
                    div.block-head { h2 { (heading) } }
                    ul.rows { @for (name, href, what) in pages {
                        li { a.item href=(href) { span.grow { span.strong { (name) } br; span.dim { (what) } } (ui::icon("chevron-right")) } }
                    } }
                }
            }
        }
    };
    frame.page(Page::new("Settings").reading(content))
}

/// A whole number with thin spaces between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    text
}

async fn limits(State(app): State<App>, frame: Frame) -> Result<Markup> {
    let tx = app.db.read(&frame.actor).await?;
    people::rights::require_role(&tx, Role::Member)?;
    let content = html! {
        p.lead { "Everything has a limit with a name, so that one mistake does not take the server down. Whoever runs the server changes one with " code { "SIGNALBOX_LIMIT_…" } " in the environment, or under " code { "[limits]" } " in signalbox.toml." }
        table.table.cards {
            thead { tr { th { "Limit" } th { "What it is about" } th.right { "Now" } } }
            tbody { @for limit in Limit::ALL {
                tr {
                    td.mono { (limit.key()) }
                    td.dim { (limit.meaning()) }
                    td.right.num data-label="Now" { (grouped(app.limits.get(*limit))) @if app.limits.get(*limit) != limit.default_value() { " " (ui::chip("blue", "changed")) } }
                }
            } }
        }
    };
    Ok(ui::settings(&frame, Page::new("Limits"), "/settings/limits", content))
}

async fn about(State(app): State<App>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let workspace = people::workspace::current(&mut tx).await?;
    let is_admin = frame.actor.role == Role::Admin;
    let engine = match app.db.engine() {
        Engine::Sqlite => "SQLite, one file in the data folder",
        Engine::Postgres => "PostgreSQL",
    };
    let entries = if is_admin { journal::head(&mut tx).await? } else { 0 };
    let folder = app.part::<releases::Config>()?.data.display().to_string();
    let content = html! {
        dl.kv {
            dt { "Version" } dd { "Signalbox " (env!("CARGO_PKG_VERSION")) }
            dt { "Workspace" } dd.long { (workspace.name) }
            dt { "Address" } dd.long { (app.public_url) }
            @if is_admin {
                dt { "Database" } dd { (engine) }
                dt { "Data folder" } dd.mono.long { (folder) }
                dt { "Journal" } dd { (grouped(u64::try_from(entries).unwrap_or(0))) " entries · " a href="/audit-log" { "Audit log" } }
            }
            dt { "API" } dd { a href="/api/v1/openapi.json" { "The native API as OpenAPI" } }
        }
        @if is_admin { (rename(&workspace.name)) }
    };
    Ok(ui::settings(&frame, Page::new("About"), "/settings/about", content))
}

fn rename(name: &str) -> Markup {
    html! {
        section.block {
            div.block-head { h2 { "Workspace" } }
            form.form method="post" action="/settings/workspace" data-morph {
                (ui::field("Name", "name", "text", name, "Usually the name of the company. Everybody sees it above the navigation.", None))
                (ui::refusal())
                div.row { button.btn { "Rename the workspace" } }
            }
        }
    }
}

async fn rename_workspace(State(app): State<App>, Auth(actor): Auth, pairs: Pairs) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let workspace = people::workspace::rename(&mut tx, pairs.get("name")).await?;
    tx.commit().await?;
    Ok(ui::done("/settings/about", &format!("The workspace is named {}", workspace.name)))
}

#[cfg(test)]
#[test]
fn thousands_are_told_apart() {
    for (number, told) in
        [(0, "0"), (999, "999"), (1_000, "1\u{2009}000"), (104_857_600, "104\u{2009}857\u{2009}600")]
    {
        assert_eq!(grouped(number), told);
    }
}
