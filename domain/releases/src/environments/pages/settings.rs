//! The settings of an environment: what it is called, where its commits come from. Who may do what is on a page of its own.

use super::list::{REPOSITORIES, after_choice, busy_choice, chosen, repository_choice};
use crate::environments::{self, EnvironmentChange, IfBusy};
use crate::words;
use axum::extract::State;
use axum::response::Response;
use base::Right;
use base::id::RepositoryId;
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Auth, Form, Path, Result};

/// The page.
pub(super) async fn show(State(app): State<App>, Path(name): Path<String>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let environment = environments::named(&mut tx, &name, Right::Admin).await?;
    let repositories = repos::repository::list(&mut tx, 0, REPOSITORIES).await?;
    let all = environments::list(&mut tx).await?;
    let home = format!("/environments/{}", environment.name);
    let content = html! {
        form.stack method="post" action={ (home) "/settings" } data-morph {
            (ui::refusal())
            (ui::field("Name", "name", "text", &environment.name, "Commands and addresses use it; change those too.", None))
            (repository_choice(&repositories, Some(environment.repository)))
            (after_choice(&all, Some(environment.id), environment.after))
            (busy_choice(environment.if_busy))
            div.ticks {
                (ui::tick("enabled", "1", environment.enabled, "Deployments are possible"))
                (ui::tick("restricted", "1", environment.restricted, "Locking and deploying takes a right of its own"))
            }
            (ui::field("Why it is switched off", "disabled_reason", "text", &environment.disabled_reason, "Said to everybody who wants to deploy while it is off.", None))
            div.row { button.btn.primary { "Save settings" } a.btn.quiet href=(home) { "Cancel" } }
        }
        section.block #rights {
            div.block-head { h2 { "Who may do what" } }
            p.dim {
                @if environment.restricted { "Members see it. Locking and deploying takes a right of their own; administrators may do everything." }
                @else { "Members see it, lock it and deploy to it; administrators may do everything. Others take a right of their own." }
            }
            p.spaced { a.btn.sm href={ "/settings/environments/" (environment.id) } { (ui::icon("key-round")) " Rights of " (environment.name) } }
        }
    };
    let page = Page::new("Settings")
        .crumb("Environments", "/environments")
        .crumb(words::capital(&environment.name), home);
    Ok(frame.page(page.reading(content)))
}

/// What the form sends; a box that is not ticked is absent.
#[derive(Debug, Deserialize)]
pub(super) struct Changed {
    name: String,
    repository: RepositoryId,
    #[serde(default)]
    after: String,
    if_busy: IfBusy,
    restricted: Option<String>,
    enabled: Option<String>,
    #[serde(default)]
    disabled_reason: String,
}

/// Changes the environment.
pub(super) async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Form(form): Form<Changed>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let environment = environments::named(&mut tx, &name, Right::Admin).await?;
    repos::repository::get(&mut tx, form.repository).await?;
    let change = EnvironmentChange {
        name: Some(form.name.trim().to_owned()),
        repository: Some(form.repository),
        after: Some(chosen(&form.after)?),
        enabled: Some(form.enabled.is_some()),
        disabled_reason: Some(form.disabled_reason.trim().to_owned()),
        restricted: Some(form.restricted.is_some()),
        if_busy: Some(form.if_busy),
    };
    let changed = environments::change(&mut tx, environment.id, change).await?;
    tx.commit().await?;
    let text = match (environment.enabled, changed.enabled) {
        (true, false) => format!("{} is switched off", words::capital(&changed.name)),
        (false, true) => format!("{} is switched on", words::capital(&changed.name)),
        _ => format!("The settings of {} are saved", changed.name),
    };
    Ok(ui::done(&format!("/environments/{}", changed.name), &text))
}
