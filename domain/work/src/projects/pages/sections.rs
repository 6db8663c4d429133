//! Sections on the page of their project: the heading with its menu, and the forms behind it.

use super::load::Loaded;
use crate::names::Place;
use crate::sections::{self, Section};
use crate::tasks::pages::common::{back, quietly};
use crate::tasks::pages::rows::small_icon;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base::Error;
use base::id::{ProjectId, SectionId};
use maud::{Markup, html};
use serde::Deserialize;
use web::{App, Auth, Form, Path, Result, ui};

/// The heading of a section: fold, name, how many, and its menu.
pub(super) fn heading(loaded: &Loaded, section: &Section, at: usize, can_edit: bool) -> Markup {
    let count = loaded.counts.get(&section.id).copied().unwrap_or(0);
    html! {
        h2.sec {
            button.btn.quiet.icon.sm.fold type="button" aria-expanded="true" data-fold=(section.id) aria-label={ "Fold " (section.name) } { (small_icon("chevron-down")) }
            span.clip { (section.name) } " " span.count { (count) }
            @if can_edit { (menu(loaded, section, at, count)) }
        }
    }
}

fn menu(loaded: &Loaded, section: &Section, at: usize, count: usize) -> Markup {
    let address = format!("/projects/{}/sections/{}", loaded.full.project.id, section.id);
    let last = loaded.sections.len().saturating_sub(1);
    html! {
        details.menu data-keep="" {
            summary.btn.quiet.icon.sm aria-label={ "Change the section " (section.name) } { (ui::icon("ellipsis")) }
            div.box {
                form.stack method="post" action=(address) data-morph="#list" {
                    input.input.sm name="name" value=(section.name) aria-label="Name of the section" required autocomplete="off";
                    button name="do" value="rename" { (small_icon("pencil")) "Rename section" }
                    @if at > 0 { button name="do" value="up" { (small_icon("chevron-up")) "Move before" } }
                    @if at < last { button name="do" value="down" { (small_icon("chevron-down")) "Move after" } }
                    @if last > 0 && count == 0 { button.r name="do" value="delete" { (small_icon("trash-2")) "Delete section" } }
                    span.form-problem hidden role="alert" {}
                }
            }
        }
    }
}

/// The form at the end that adds a section.
pub(super) fn add_section(project: ProjectId) -> Markup {
    html! {
        form.tk-add.add-sec method="post" action={ "/projects/" (project) "/sections" } data-morph="#list" data-reset="" {
            (ui::icon("plus"))
            input.plain #add-section name="name" placeholder="Add section" aria-label="Add a section" autocomplete="off" required;
            span.form-problem hidden role="alert" {}
        }
    }
}

/// A section's name, and what to do with it.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    name: String,
    #[serde(default, rename = "do")]
    what: String,
}

/// Adds a section at the end.
pub(super) async fn create(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    sections::create(&mut tx, project, sent.name.trim(), Place::Last).await?;
    tx.commit().await?;
    Ok(quietly(&back(&headers, &format!("/projects/{project}"))))
}

/// Renames, moves or deletes a section.
pub(super) async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((project, section)): Path<(ProjectId, SectionId)>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let all = sections::list(&mut tx, project).await?;
    let at = all.iter().position(|found| found.id == section);
    let at =
        at.ok_or_else(|| Error::missing("section.unknown", "this section is not in this project any more"))?;
    match sent.what.as_str() {
        "up" => {
            if let Some(before) = at.checked_sub(1).and_then(|at| all.get(at)) {
                sections::put(&mut tx, project, section, Place::Before(before.id)).await?;
            }
        }
        "down" => {
            if let Some(after) = all.get(at + 1) {
                sections::put(&mut tx, project, section, Place::After(after.id)).await?;
            }
        }
        "delete" => sections::delete(&mut tx, section).await?,
        _ => drop(sections::rename(&mut tx, section, sent.name.trim()).await?),
    }
    tx.commit().await?;
    let next = back(&headers, &format!("/projects/{project}"));
    Ok(if sent.what == "delete" { ui::done(&next, "The section is deleted") } else { quietly(&next) })
}
