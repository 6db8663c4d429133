//! My tasks under sections of one's own, in an order of one's own.

use super::common::{back, quietly};
use super::rows::{Rows, small_icon, tools};
use crate::lists;
use crate::names::{Place, SectionName};
use crate::page::Page as Part;
use crate::tasks::{self, Completed, Filter, FullTask, Task, Within};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base::Error;
use base::id::{SectionId, UserId};
use db::Tx;
use maud::{Markup, html};
use serde::Deserialize;
use web::{App, Auth, Form, Path, Result, ui};

/// Rows of the page; who has more open tasks than that looks at them by date.
const ROWS: usize = 500;

/// The reader's sections and their open tasks, in order. A list that was never sorted has one section and no id for it.
pub(super) async fn load(tx: &mut Tx, me: UserId) -> base::Result<(Vec<SectionName>, Vec<Task>)> {
    let list = match lists::of(tx, me).await {
        Ok(list) => list.id,
        Err(error) if error.is_missing() => return Ok((Vec::new(), Vec::new())),
        Err(error) => return Err(error),
    };
    let filter = Filter { completed: Completed::Open, modified_since: None };
    let found = tasks::list(tx, Within::List(list), &filter, &Part::first(ROWS)).await?;
    Ok((lists::sections(tx, list).await?, found.items))
}

/// The list.
pub(super) fn list(rows: &Rows<'_>, sections: &[SectionName], open: &[FullTask]) -> Markup {
    let known: Vec<SectionId> = sections.iter().map(|section| section.id).collect();
    let own = |at: usize, section: &SectionName| -> Vec<&FullTask> {
        let is_there = |full: &&FullTask| match full.task.list_section.filter(|id| known.contains(id)) {
            Some(id) => id == section.id,
            // What has no place yet stands in the first one.
            None => at == 0,
        };
        open.iter().filter(is_there).collect()
    };
    html! {
        div.tasks #list style=(rows.widths()) data-live={ "user." (rows.frame.actor.user.map_or(0, |user| user.0)) } {
            (rows.head())
            @for (at, section) in sections.iter().enumerate() {
                @let own = own(at, section);
                section id={ "sec-" (section.id) } aria-label=(section.name) data-section=(section.id) {
                    h2.sec {
                        button.btn.quiet.icon.sm.fold type="button" aria-expanded="true" data-fold=(section.id) aria-label={ "Fold " (section.name) } { (small_icon("chevron-down")) }
                        span.clip { (section.name) } " " span.count { (own.len()) }
                        (menu(section, at, sections.len()))
                    }
                    ul { @for full in &own { (rows.row(full)) } }
                }
            }
            form.tk-add.add-sec method="post" action="/my-tasks/sections" data-morph="#list" data-reset="" {
                (ui::icon("plus"))
                input.plain #add-section name="name" placeholder="Add section" aria-label="Add a section" autocomplete="off" required;
                span.form-problem hidden role="alert" {}
            }
        }
        (tools(&[]))
    }
}

fn menu(section: &SectionName, at: usize, count: usize) -> Markup {
    html! {
        details.menu data-keep="" {
            summary.btn.quiet.icon.sm aria-label={ "Change the section " (section.name) } { (ui::icon("ellipsis")) }
            div.box {
                form.stack method="post" action={ "/my-tasks/sections/" (section.id) } data-morph="#list" {
                    input.input.sm name="name" value=(section.name) aria-label="Name of the section" required autocomplete="off";
                    button name="do" value="rename" { (small_icon("pencil")) "Rename section" }
                    @if at > 0 { button name="do" value="up" { (small_icon("chevron-up")) "Move before" } }
                    @if at + 1 < count { button name="do" value="down" { (small_icon("chevron-down")) "Move after" } }
                    @if count > 1 { button.r name="do" value="delete" { (small_icon("trash-2")) "Delete section, keep its tasks" } }
                    span.form-problem hidden role="alert" {}
                }
            }
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

const HERE: &str = "/my-tasks?by=section";

/// Begins to sort by sections: makes the list.
pub(super) async fn begin(State(app): State<App>, Auth(actor): Auth) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let me = people::users::require_signed_in(&tx)?;
    lists::ensure(&mut tx, me).await?;
    tx.commit().await?;
    Ok(quietly(HERE))
}

/// Adds a section at the end.
pub(super) async fn create(
    State(app): State<App>,
    Auth(actor): Auth,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    lists::add_section(&mut tx, sent.name.trim()).await?;
    tx.commit().await?;
    Ok(quietly(&back(&headers, HERE)))
}

/// Renames, moves or deletes a section.
pub(super) async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(section): Path<SectionId>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let me = people::users::require_signed_in(&tx)?;
    let list = lists::ensure(&mut tx, me).await?;
    let all = lists::sections(&mut tx, list.id).await?;
    let at = all.iter().position(|found| found.id == section);
    let at =
        at.ok_or_else(|| Error::missing("section.unknown", "this section is not in your list any more"))?;
    let beside = |at: Option<usize>| at.and_then(|at| all.get(at)).map(|section| section.id);
    match sent.what.as_str() {
        "up" => {
            if let Some(before) = beside(at.checked_sub(1)) {
                lists::put_section(&mut tx, section, Place::Before(before)).await?;
            }
        }
        "down" => {
            if let Some(after) = beside(Some(at + 1)) {
                lists::put_section(&mut tx, section, Place::After(after)).await?;
            }
        }
        "delete" => lists::delete_section(&mut tx, section).await?,
        _ => lists::rename_section(&mut tx, section, sent.name.trim()).await?,
    }
    tx.commit().await?;
    let next = back(&headers, HERE);
    Ok(if sent.what == "delete" { ui::done(&next, "The section is deleted") } else { quietly(&next) })
}
