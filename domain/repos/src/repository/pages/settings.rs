//! Changing a repository, reading it now, renewing its hook, removing it.

use super::fields::{Given, fields};
use super::hosted;
use super::new::hook_page;
use crate::Mirrors;
use crate::repository::asked::{check_target, fetch_now};
use crate::repository::{self, RepositoryChange};
use axum::extract::State;
use axum::response::Response;
use base::Error;
use maud::{Markup, html};
use web::ui::{self, Frame, Page};
use web::{App, Auth, Form, Path, Result};

/// The form.
pub(super) async fn form(State(app): State<App>, Path(name): Path<String>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let found = repository::view(&mut tx, &name).await?;
    if !super::may_change(&frame.actor, &found) {
        let who = "Only administrators and whoever connected a repository may change it";
        return Err(Error::denied("repository.not_own", who).into());
    }
    if found.hosted {
        return Ok(hosted::settings(&app, &frame, &found));
    }
    let home = format!("/repositories/{}", found.name);
    let content = html! {
        form.stack method="post" action={ (home) "/settings" } data-morph {
            (fields(Some(&found)))
            div.row { button.btn.primary { "Save settings" } a.btn.quiet href=(home) { "Cancel" } }
        }
        section.block {
            div.block-head { h2 { "Announced pushes" } }
            p.dim { "A new address and secret replace the old ones at once." }
            form method="post" action={ (home) "/hook" } { button.btn { "Make a new address" } }
        }
        section.block {
            div.block-head { h2 { "Remove it" } }
            p.dim { "Its commits are forgotten here; the remote stays as it is. What still uses it stops the removal." }
            form method="post" action={ (home) "/remove" } data-morph { (ui::refusal()) button.btn.danger { "Remove " (found.name) } }
        }
    };
    Ok(frame.page(
        Page::new("Settings")
            .crumb("Repositories", "/repositories")
            .crumb(&found.name, home.as_str())
            .reading(content),
    ))
}

/// Changes it.
pub(super) async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Form(given): Form<Given>,
) -> Result<Response> {
    let mirrors = app.part::<Mirrors>()?;
    check_target(mirrors, &actor, given.url.trim()).await?;
    let credential = match (given.credential(), &given.forget) {
        (Some(new), _) => Some(Some(new)),
        (None, Some(_)) => Some(None),
        (None, None) => None,
    };
    let wanted = RepositoryChange {
        name: Some(given.name.trim().to_owned()),
        address: Some(given.url.trim().to_owned()),
        default_branch: Some(given.branch()),
        credential,
        poll_s: given.poll_s()?,
        ..RepositoryChange::default()
    };
    let mut tx = app.db.write(&actor).await?;
    let changed = repository::change(&mut tx, mirrors.sealing(), &name, wanted).await?;
    tx.commit().await?;
    Ok(ui::done(
        &format!("/repositories/{}", changed.name),
        &format!("The settings of {} are saved", changed.name),
    ))
}

/// Reads it now.
pub(super) async fn fetch(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> Result<Response> {
    let (fetched, repository) = fetch_now(&app, &actor, &name).await?;
    let text = match fetched.n_changed {
        0 => format!("{} was read, nothing is new", repository.name),
        1 => format!("{} was read, 1 branch or tag changed", repository.name),
        n => format!("{} was read, {n} branches and tags changed", repository.name),
    };
    Ok(ui::done(&format!("/repositories/{}", repository.name), &text))
}

/// Makes a new address and secret for pushes; shown once, so the answer is the page.
pub(super) async fn renew_hook(
    State(app): State<App>,
    Path(name): Path<String>,
    frame: Frame,
) -> Result<Markup> {
    let mirrors = app.part::<Mirrors>()?;
    let mut tx = app.db.write(&frame.actor).await?;
    let hook = repository::renew_hook(&mut tx, mirrors.sealing(), &name, None).await?;
    let found = repository::view(&mut tx, &name).await?;
    tx.commit().await?;
    Ok(hook_page(&app, &frame, &found, &hook, "has a new address for pushes; the old one has ended."))
}

/// The name again, when it is asked for.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Confirmed {
    confirm: Option<String>,
}

/// Removes it.
pub(super) async fn remove(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Form(said): Form<Confirmed>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    repository::remove(&mut tx, &name, said.confirm.as_deref()).await?;
    tx.commit().await?;
    Ok(ui::done("/repositories", &format!("{name:.100} is removed")))
}
