//! Connecting a repository.

use super::fields::{Given, fields};
use crate::Mirrors;
use crate::repository::asked::check_target;
use crate::repository::{self, Hook, NewRepository, Repository};
use axum::extract::State;
use base::Role;
use maud::{Markup, html};
use web::ui::{self, Frame, Page};
use web::{App, Form, Result};

/// The form.
pub(super) async fn form(State(app): State<App>, frame: Frame) -> Result<Markup> {
    let tx = app.db.read(&frame.actor).await?;
    people::rights::require_role(&tx, Role::Member)?;
    drop(tx);
    let content = html! {
        section.block {
            div.block-head { h2 { "Connect one that is elsewhere" } }
            p.dim { "There is none yet? " a href="#host" { "Make one here" } " and push to it." }
            form.stack method="post" action="/repositories" {
                (fields(None))
                div.row { button.btn.primary { "Connect repository" } a.btn.quiet href="/repositories" { "Cancel" } }
            }
        }
        (super::hosted::form())
    };
    Ok(frame.page(Page::new("New repository").crumb("Repositories", "/repositories").reading(content)))
}

/// Registers it. The answer is a page and no redirect: the secret of the hook is shown this once.
pub(super) async fn register(
    State(app): State<App>,
    frame: Frame,
    Form(given): Form<Given>,
) -> Result<Markup> {
    let mirrors = app.part::<Mirrors>()?;
    check_target(mirrors, &frame.actor, given.url.trim()).await?;
    let new = NewRepository {
        name: given.name.trim().to_owned(),
        address: given.url.trim().to_owned(),
        default_branch: given.branch(),
        credential: given.credential(),
        poll_s: given.poll_s()?,
    };
    let mut tx = app.db.write(&frame.actor).await?;
    let (made, hook) = repository::register(&mut tx, mirrors.sealing(), new).await?;
    tx.commit().await?;
    Ok(hook_page(&app, &frame, &made, &hook, "is connected, and is being read now."))
}

/// The page that shows a hook once.
pub(super) fn hook_page(
    app: &App,
    frame: &Frame,
    repository: &Repository,
    hook: &Hook,
    said: &str,
) -> Markup {
    let home = format!("/repositories/{}", repository.name);
    let content = html! {
        div.stack {
            p.t-l { (repository.name) " " (said) }
            p.dim {
                "Its remote is looked at again and again. To be faster, have your hosting service announce pushes (events: push) to this address, signed with this secret. Both are shown only now."
            }
            (ui::once("Address for pushes", &app.link(&format!("/hooks/git/{}", hook.token)), "Content type application/json"))
            (ui::once("Secret", hook.secret.reveal(), "A lost one is renewed in the settings of the repository"))
            div.row { a.btn.primary href=(home) { "Go to " (repository.name) } a.btn href="/environments/new" { "Make an environment" } }
        }
    };
    frame.page(
        Page::new("Announce pushes")
            .crumb("Repositories", "/repositories")
            .crumb(&repository.name, home)
            .reading(content),
    )
}
