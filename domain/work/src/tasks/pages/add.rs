//! Quick add: one line makes a task. `@name` assigns it, `#word` puts it into a project or tags it, a day at the end is its due date.

use super::common::{here, person, project, several, tag};
use super::undo::Before;
use super::words;
use crate::tasks::{self, NewHome, NewTask};
use axum::extract::State;
use axum::response::Response;
use base::id::{ProjectId, SectionId};
use base::{Error, Result};
use db::Tx;
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Auth, Form, Query};

/// Reads a line. Within a project every `#word` is a tag; elsewhere the first that is called like a project is one.
pub(crate) async fn read(tx: &mut Tx, line: &str, home: Option<NewHome>) -> Result<NewTask> {
    let line = words::line(line, &here(tx).await?);
    if line.name.is_empty() {
        return Err(Error::invalid("name.empty", "Write what is to be done"));
    }
    let mut new =
        NewTask { name: line.name, due: line.due, homes: home.into_iter().collect(), ..NewTask::default() };
    for (n, name) in line.people.iter().enumerate() {
        let user = person(tx, &name.replace(['.', '_'], " ")).await;
        let user = match user {
            Err(_) => person(tx, name).await?,
            found => found?,
        };
        match user {
            Some(user) if n == 0 => new.assignee = Some(user),
            Some(user) => new.followers.push(user),
            None => {}
        }
    }
    for mark in &line.marks {
        match project(tx, mark).await?.filter(|_| home.is_none()) {
            Some(project) => new.homes.push(NewHome { project, section: None }),
            None => new.tags.push(tag(tx, mark).await?.id),
        }
    }
    Ok(new)
}

/// Adds the tasks of a text, one for each line, to a section; for the forms at the ends of sections.
pub(crate) async fn into(tx: &mut Tx, text: &str, home: NewHome) -> Result<(usize, Before)> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.len() > 100 {
        return Err(Error::invalid(
            "lines.too_many",
            "Add at most 100 tasks at once; a CSV file may bring more",
        ));
    }
    let mut before = Before::default();
    for line in &lines {
        let new = read(tx, line, Some(home)).await?;
        before.absent(tasks::create(tx, new).await?.id);
    }
    Ok((lines.len(), before))
}

/// What the page is told by its address.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    project: Option<ProjectId>,
    section: Option<SectionId>,
    #[serde(default)]
    name: String,
}

/// The page of the line.
pub(super) async fn page(
    State(app): State<App>,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> web::Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let home = match asked.project {
        Some(project) => Some(crate::projects::get(&mut tx, project).await?),
        None => None,
    };
    let content = html! {
        form.stack method="post" action="/tasks/new" {
            @if let Some(project) = &home { input type="hidden" name="project" value=(project.id); }
            @if let Some(section) = asked.section { input type="hidden" name="section" value=(section); }
            label.field {
                span { "What is to be done" @if let Some(project) = &home { " in " (project.name) } }
                input.input name="line" value=(asked.name) required autofocus autocomplete="off" data-mention="" aria-describedby="line-note";
                small #line-note {
                    "A day at the end sets the due date (fri, 4 Dec, in 2 weeks), @name assigns, "
                    @if home.is_some() { "#word tags." } @else { "#project puts it there." }
                }
            }
            label.field { span { "More about it" } textarea.input name="notes" rows="5" data-mention="" {} }
            div.row { button.btn.primary { "Add task" } a.btn.quiet href="/my-tasks" { "Cancel" } }
        }
    };
    Ok(frame.page(Page::new("New task").reading(content)))
}

/// The line, and what belongs to it.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    line: String,
    #[serde(default)]
    notes: String,
    project: Option<ProjectId>,
    section: Option<SectionId>,
}

/// Adds the task.
pub(super) async fn add(
    State(app): State<App>,
    Auth(actor): Auth,
    Form(sent): Form<Sent>,
) -> web::Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let home = sent.project.map(|project| NewHome { project, section: sent.section });
    let mut new = read(&mut tx, &sent.line, home).await?;
    new.notes = Some(super::compose::notes(&app, &mut tx, &sent.notes).await?);
    if new.homes.is_empty() && new.assignee.is_none() {
        // Nobody would ever see it again.
        new.assignee = actor.user;
    }
    let task = tasks::create(&mut tx, new).await?;
    tx.commit().await?;
    let mut before = Before::default();
    before.absent(task.id);
    Ok(before.done(&format!("/tasks/{}", task.id), &format!("{} added", several(1, "task"))))
}

/// The form at the end of a section.
pub(crate) fn line_form(project: ProjectId, section: SectionId, name: &str) -> Markup {
    html! {
        form.tk-add method="post" action={ "/projects/" (project) } data-morph="#list" data-reset="" {
            (ui::icon("plus"))
            input type="hidden" name="section" value=(section);
            input.plain id={ "add-" (section) } name="name" placeholder="Add task" autocomplete="off" data-mention="" aria-label={ "Add a task to " (name) };
            span.form-problem hidden role="alert" {}
        }
    }
}
