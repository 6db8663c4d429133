//! My tasks: what is assigned to the reader, by when it is due.

use super::common::{several, with_query};
use super::own_sections;
use super::rows::{Rows, picker, tools};
use crate::tasks::shown::{Shown, Sort, shown};
use crate::tasks::{self, FullTask, Task, Want};
use axum::extract::State;
use base::Date;
use base::id::{TaskId, UserId};
use base::jiff::ToSpan;
use db::Tx;
use maud::{Markup, html};
use serde::Deserialize;
use std::time::Duration;
use web::ui::{self, Frame, Page};
use web::{App, Query, Result};

/// What the address asks for.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    task: Option<TaskId>,
    done: Option<String>,
    /// `section` for sections of one's own instead of dates.
    by: Option<String>,
    #[serde(default)]
    from: usize,
}

/// Rows of open tasks on one page.
const ROWS: usize = 100;
/// Completed ones shown under them.
const DONE: usize = 20;

/// A heading of the list, and the due date that a task gets which is dropped there.
struct Part {
    name: &'static str,
    drop: &'static str,
    holds: fn(&Task, Date) -> bool,
}

fn within(task: &Task, today: Date, from: i32, to: i32) -> bool {
    task.due_on.is_some_and(|day| (from..=to).contains(&ui::days_from(today, day)))
}

const PARTS: [Part; 3] = [
    Part { name: "Today", drop: "today", holds: |task, today| task.due_on.is_some_and(|day| day <= today) },
    Part { name: "Upcoming", drop: "tomorrow", holds: |task, today| within(task, today, 1, 7) },
    Part {
        name: "Later",
        drop: "none",
        holds: |task, today| task.due_on.is_none_or(|day| day > today) && !within(task, today, 1, 7),
    },
];

/// The page.
pub(super) async fn mine(State(app): State<App>, frame: Frame, Query(asked): Query<Asked>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let me = people::users::require_signed_in(&tx)?;
    let wanted = Shown {
        assignee: Some(Some(me)),
        sort: Sort::Due,
        limit: ROWS,
        skip: asked.from,
        ..Shown::default()
    };
    let by_section = asked.by.as_deref() == Some("section");
    let (own, open, next, done) = if by_section {
        let (own, open) = own_sections::load(&mut tx, me).await?;
        (own, fill(&mut tx, open).await?, None, Vec::new())
    } else {
        let found = shown(&mut tx, &wanted).await?;
        let open = fill(&mut tx, found.items.into_iter().map(|(task, _)| task).collect()).await?;
        (Vec::new(), open, found.next, finished(&mut tx, me, asked.done.is_some()).await?)
    };
    let here = |task: bool| {
        let id = asked.task.filter(|_| task).map(|id| id.to_string());
        let pairs = [("by", asked.by.clone()), ("done", asked.done.clone()), ("task", id)]
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)));
        with_query("/my-tasks", pairs)
    };
    let close = here(false);
    let rows = Rows {
        frame: &frame,
        columns: &[],
        open: format!("{close}{}task=", if close.contains('?') { '&' } else { '?' }),
        current: asked.task,
        can_edit: true,
        shows_project: true,
        shows_assignee: false,
        lent: crate::beside::columns(&app, &mut tx, open.iter().chain(&done).map(|full| full.task.id))
            .await?,
    };
    let list = match (by_section, own.is_empty()) {
        (false, _) => list(&rows, &open, &done, next.as_deref(), frame.today()),
        (true, false) => own_sections::list(&rows, &own, &open),
        (true, true) => html! {
            div.tasks #list { div.empty {
                p { "Sections of your own hold your tasks in your own order. Nobody else sees them." }
                form method="post" action="/my-tasks/sections/begin" { button.btn.primary { "Sort into sections" } }
            } }
        },
    };
    let pane = super::beside(&app, &mut tx, &frame, asked.task, close).await?;
    let actions = html! {
    nav.seg aria-label="View" {
        a href="/my-tasks" aria-current=[(!by_section).then_some("page")] aria-label="By date" { (ui::icon("calendar")) span.not-s aria-hidden="true" { "By date" } }
        a href="/my-tasks?by=section" aria-current=[by_section.then_some("page")] aria-label="By section" { (ui::icon("list")) span.not-s aria-hidden="true" { "By section" } }
    }
    a.btn.primary.sm href="/tasks/new" aria-label="Add task" { (ui::icon("plus")) span.not-s { "Add task" } } };
    let page = Page::new("My tasks").actions(actions).topics([format!("user.{me}")]);
    Ok(frame.page(page.split(list, pane)))
}

async fn fill(tx: &mut Tx, found: Vec<Task>) -> base::Result<Vec<FullTask>> {
    let want = Want { people: true, homes: true, tags: true, subtasks: true, ..Want::default() };
    tasks::fill(tx, found, &want).await
}

/// What was completed this week, or when it is asked for, the last ones whenever that was.
async fn finished(tx: &mut Tx, me: UserId, all: bool) -> base::Result<Vec<FullTask>> {
    let week = tx.now().minus(Duration::from_secs(7 * 86_400));
    let wanted = Shown {
        assignee: Some(Some(me)),
        completed: Some(true),
        completed_since: (!all).then_some(week),
        sort: Sort::Completed,
        limit: if all { ROWS } else { DONE },
        ..Shown::default()
    };
    let found = shown(tx, &wanted).await?.items;
    fill(tx, found.into_iter().map(|(task, _)| task).collect()).await
}

fn list(rows: &Rows<'_>, open: &[FullTask], done: &[FullTask], next: Option<&str>, today: Date) -> Markup {
    let later = today.checked_add(8.days()).unwrap_or(today);
    html! {
        div.tasks #list style=(rows.widths()) data-live={ "user." (rows.frame.actor.user.map_or(0, |user| user.0)) } {
            (rows.head())
            @if open.is_empty() && done.is_empty() {
                div.empty { p { "Nothing is assigned to you. What is will stand here, by when it is due." } p { a.btn href="/tasks/new" { "Add a task" } } }
            }
            @for part in &PARTS {
                @let own: Vec<&FullTask> = open.iter().filter(|full| (part.holds)(&full.task, today)).collect();
                // A tag of the section that a task is dropped on; the date is what changes.
                section aria-label=(part.name) data-drop-due=(part.drop) {
                    h2.sec { (part.name) " " span.count { (own.len()) }
                        @if part.name == "Later" { span.t-s.faint { "from " (ui::day(later, today)) " or without a date" } } }
                    ul { @for full in &own { (rows.row(full)) } }
                }
            }
            @if let Some(next) = next { p.more { a.btn.sm href={ "/my-tasks?from=" (next) } { "Show more" } } }
            section aria-label="Done" {
                h2.sec { "Done" span.count { (several(done.len(), "task")) " lately" } a.push.t-s href="/my-tasks?done=all" { "Show older ones" } }
                ul { @for full in done { (rows.row(full)) } }
            }
        }
        (tools(&[]))
        (picker(&[]))
    }
}
