//! What the pages say of repositories that are here, and their forms.

use crate::hosted::address;
use crate::repository::asked;
use crate::repository::{self, NewHosted, Pushers, Repository, RepositoryChange};
use axum::extract::State;
use axum::response::Response;
use base::Time;
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Auth, Form, Path, Result};

/// What the forms send.
#[derive(Debug, Deserialize)]
pub(super) struct Given {
    name: String,
    #[serde(default)]
    default_branch: String,
    #[serde(default)]
    pushers: Pushers,
    /// Ticked when it takes no pushes.
    archived: Option<String>,
}

impl Given {
    fn branch(&self) -> Option<String> {
        Some(self.default_branch.trim()).filter(|branch| !branch.is_empty()).map(str::to_owned)
    }
}

fn fields(name: &str, branch: &str, pushers: Pushers) -> Markup {
    html! {
        (ui::refusal())
        label.field {
            span { "Name" }
            input.input name="name" value=(name) required autocomplete="off" pattern="[A-Za-z0-9][A-Za-z0-9_.\\-]*";
            small { "Letters, digits, - _ and ." }
        }
        label.field {
            span { "Default branch" }
            input.input name="default_branch" value=(branch) autocomplete="off";
            small { "Empty for main, or whatever is pushed first" }
        }
        label.field {
            span { "Who may push" }
            select.input name="pushers" {
                (ui::option("members", "Every member", pushers == Pushers::Members))
                (ui::option("granted", "Only who made it, administrators, and those who were granted to edit it", pushers == Pushers::Granted))
            }
        }
    }
}

/// The form that makes one.
pub(super) fn form() -> Markup {
    html! {
        section.block #host {
            div.block-head { h2 { "Or make one here" } }
            p.dim { "Signalbox keeps it and serves it to git. What is pushed starts its jobs at once." }
            form.stack method="post" action="/repositories/new" data-morph {
                (fields("", "", Pushers::Members))
                div.row { button.btn { "Make repository" } }
            }
        }
    }
}

/// Makes it.
pub(super) async fn make(
    State(app): State<App>,
    Auth(actor): Auth,
    Form(given): Form<Given>,
) -> Result<Response> {
    let (name, default_branch) = (given.name.trim().to_owned(), given.branch());
    let new = NewHosted { name, default_branch, pushers: given.pushers };
    let made = asked::make(&app, &actor, new).await?;
    Ok(ui::done(&format!("/repositories/{}", made.name), &format!("{} is there, and empty", made.name)))
}

/// How it is with one, in a sentence.
pub(super) fn said(frame: &Frame, repository: &Repository, pushed: Option<Time>) -> Markup {
    html! {
        @if let Some(at) = repository.archived_at { "Archived at " (frame.time(at)) ": it can be read, and takes no pushes." }
        @else if let Some(at) = pushed {
            "It is here. Last push at " (frame.time(at)) @if let Some(branch) = repository.default_branch() { ", default branch " (branch) } "."
        } @else { "It is here, and empty." }
    }
}

/// Where it is cloned from.
pub(super) fn clone_address(app: &App, repository: &Repository) -> Markup {
    let address = address(app, repository);
    html! {
        section.row.wrap.ranges aria-label="Clone" {
            label.row.grow { span { "Clone" } input.input.sm.mono.grow readonly value=(address) aria-label="Address to clone"; }
            button.btn.sm type="button" data-copy=(address) { (ui::icon("copy")) " Copy" }
        }
    }
}

/// What to do while it is empty.
pub(super) fn first_push(app: &App, repository: &Repository) -> Markup {
    let (address, branch) = (address(app, repository), repository.default_branch().unwrap_or("main"));
    let existing = format!("git remote add origin {address}\ngit push -u origin HEAD:{branch}");
    let new = format!(
        "git clone {address}\ncd {}\n# write a signalbox.yaml\ngit add .\ngit commit -m \"The first job\"\ngit push -u origin HEAD:{branch}",
        repository.name
    );
    html! {
        section.block {
            div.block-head { h2 { "Push something" } }
            div.stack {
                p.dim { "git asks for a user name and a password: any name, and a " a href="/settings/tokens" { "token" } " as the password. This page changes by itself." }
                h3 { "What you have already" }
                div.rich { pre tabindex="0" aria-label="Commands for what you have already" { (existing) } }
                h3 { "Something new" }
                div.rich { pre tabindex="0" aria-label="Commands for something new" { (new) } }
            }
        }
    }
}

/// The settings of one.
pub(super) fn settings(app: &App, frame: &Frame, found: &Repository) -> Markup {
    let home = format!("/repositories/{}", found.name);
    let content = html! {
        form.stack method="post" action={ (home) "/hosted" } data-morph {
            (fields(&found.name, found.chosen_branch.as_deref().unwrap_or(""), found.pushers))
            (ui::tick("archived", "1", found.archived_at.is_some(), "Archived: it can be read, and takes no pushes"))
            p.t-s.dim { "With another name it has another address: " span.mono { (address(app, found)) } " ends." }
            div.row { button.btn.primary { "Save settings" } a.btn.quiet href=(home) { "Cancel" } }
        }
        section.block {
            div.block-head { h2 { "Remove it" } }
            p.dim { "It is removed with every commit in it, for good: it is nowhere else. What still uses it stops the removal." }
            form.stack method="post" action={ (home) "/remove" } data-morph {
                (ui::refusal())
                label.field { span { "Write " (found.name) " to confirm it" } input.input name="confirm" required autocomplete="off"; }
                div.row { button.btn.danger { "Remove " (found.name) " for good" } }
            }
        }
    };
    let page = Page::new("Settings").crumb("Repositories", "/repositories").crumb(&found.name, home.as_str());
    frame.page(page.reading(content))
}

/// Changes one.
pub(super) async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Form(given): Form<Given>,
) -> Result<Response> {
    let wanted = RepositoryChange {
        name: Some(given.name.trim().to_owned()),
        default_branch: Some(given.branch()),
        pushers: Some(given.pushers),
        archived: Some(given.archived.is_some()),
        ..RepositoryChange::default()
    };
    let mut tx = app.db.write(&actor).await?;
    let sealing = app.part::<crate::Mirrors>()?.sealing();
    let changed = repository::change(&mut tx, sealing, &name, wanted).await?;
    tx.commit().await?;
    Ok(ui::done(
        &format!("/repositories/{}", changed.name),
        &format!("The settings of {} are saved", changed.name),
    ))
}
