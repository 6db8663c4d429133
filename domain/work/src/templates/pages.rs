//! Templates: the list of them, one with what it holds, making a project of it, and saving a project as one.

use super::{
    Doer, NewFromTemplate, NewTemplate, Offset, Outline, OutlineSection, OutlineTask, People, Template,
    TemplateChange, TemplateRole,
};
use crate::copies::Shift;
use crate::projects::{self, Privacy};
use crate::tasks::pages::common::{person, several};
use crate::templates;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use base::id::{AnyId, ProjectId, UserId};
use base::{Date, Error};
use maud::{Markup, html};
use std::collections::BTreeMap;
use web::ui::{self, Frame, Page, Undo, done, done_with_undo};
use web::{App, Auth, Pairs, Path, Result};

/// The pages.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/templates", get(list))
        .route("/templates/{template}", get(one).post(change))
        .route("/templates/{template}/projects", post(make))
        .route("/templates/{template}/delete", post(delete))
        .route("/templates/{template}/restore", post(restore))
        .route("/projects/{project}/template", get(ask).post(save))
}

fn address(template: AnyId) -> String {
    format!("/templates/{template}")
}

/// The tabs above projects: those in use, those put away, and templates.
pub(crate) fn tabs(here: &str, with_templates: bool) -> Markup {
    let mut all =
        vec![("in-use", "/projects", "In use"), ("archived", "/projects?show=archived", "Archived")];
    if with_templates {
        all.push(("templates", "/templates", "Templates"));
    }
    html! {
        nav.tabs aria-label="Which projects" {
            @for (key, address, name) in all { a href=(address) aria-current=[(key == here).then_some("page")] { (name) } }
        }
    }
}

async fn list(State(app): State<App>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let all = templates::list(&mut tx).await?;
    let content = html! {
        (tabs("templates", true))
        @if all.is_empty() {
            div.empty {
                p { "A template is a project to be made again: its sections, its tasks, and days told from the start. There is none yet." }
                p { a.btn href="/projects" { "Choose a project and save it as a template" } }
            }
        }
        ul.rows.flush #list { @for template in &all { (row(&frame, template)) } }
    };
    Ok(frame.page(Page::new("Templates").crumb("Projects", "/projects").content(content)))
}

fn row(frame: &Frame, template: &Template) -> Markup {
    html! {
        li.item {
            span.sq style={ "--c:" (projects::pages::hex(template.color.as_deref().unwrap_or_default())) } {}
            a.clip.strong href=(address(template.id)) { (template.name) }
            span.grow.clip.dim { (template.notes.lines().next().unwrap_or_default()) }
            @if !template.is_public { span.chip { (ui::icon("lock")) "Only you" } }
            span.t-s.dim.nowrap.not-s { "saved " (frame.time(template.created_at)) }
        }
    }
}

/// What can be started from, for the page of a new project.
pub(crate) fn offered(all: &[Template]) -> Markup {
    html! {
        @if !all.is_empty() {
            section.block {
                div.block-head { h2 { "From a template" } }
                ul.rows { @for template in all {
                    li.item {
                        span.sq style={ "--c:" (projects::pages::hex(template.color.as_deref().unwrap_or_default())) } {}
                        a.clip.strong href=(address(template.id)) { (template.name) }
                        span.grow.clip.dim { (template.notes.lines().next().unwrap_or_default()) }
                    }
                } }
            }
        }
    }
}

async fn one(State(app): State<App>, frame: Frame, Path(template): Path<AnyId>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let found = templates::get(&mut tx, template).await?;
    let may_change = templates::may_change(&tx, &found);
    let mut doers: Vec<UserId> = Vec::new();
    found.outline.each(&mut |task| {
        if let Some(Doer::Person(user)) = task.doer {
            doers.push(user);
        }
    });
    let names = projects::names(&mut tx, &doers).await?;
    let who = |doer: Doer| match doer {
        Doer::Person(user) => names.get(&user).map(|person| person.name.clone()),
        Doer::Role(id) => found.outline.roles.iter().find(|role| role.id == id).map(|role| role.name.clone()),
    };
    let content = html! {
        @if !found.notes.is_empty() { p.lead { (found.notes) } }
        section.block {
            div.block-head { h2 { "Make a project" } }
            (maker(&frame, &found))
        }
        section.block {
            div.block-head { h2 { "What it holds" } span.count { (several(found.outline.count(), "task")) } }
            (held(&found.outline, &who))
        }
        @if may_change {
            section.block {
                div.block-head { h2 { "About the template" } }
                (about(&found))
            }
            section.block.danger-zone {
                form method="post" action={ (address(template)) "/delete" } { button.btn.danger { "Delete the template" } }
                p.t-s.dim { "Projects that were made of it stay." }
            }
        }
    };
    let page = Page::new(&found.name).crumb("Projects", "/projects").crumb("Templates", "/templates");
    Ok(frame.page(page.reading(content)))
}

fn maker(frame: &Frame, template: &Template) -> Markup {
    let outline = &template.outline;
    html! {
        form.form method="post" action={ (address(template.id)) "/projects" } {
            label.field { span { "Name of the project" } input.input name="name" value=(template.name) required autocomplete="off"; }
            @if outline.is_dated() {
                div.row.wrap {
                    label.field { span { "Its days are told from" }
                        select.input name="from" { (ui::option("start", "the day it starts", true)) (ui::option("due", "the day it is done", false)) } }
                    label.field { span { "Day" } input.input type="date" name="day" value=(frame.today()) required; }
                }
            }
            @for role in &outline.roles {
                label.field { span { (role.name) } input.input name={ "role-" (role.id) } autocomplete="off" data-suggest="people" placeholder="Name, me or nobody"; }
            }
            fieldset {
                legend { "Who sees it" }
                div.ticks {
                    label.tick { input type="radio" name="privacy" value=(Privacy::Workspace) checked; "Everybody here" }
                    label.tick { input type="radio" name="privacy" value=(Privacy::Team); "Its team" }
                    label.tick { input type="radio" name="privacy" value=(Privacy::Private); "Only whom I invite" }
                }
            }
            (ui::refusal())
            div.row { button.btn.primary { "Make the project" } }
        }
    }
}

fn held(outline: &Outline, who: &dyn Fn(Doer) -> Option<String>) -> Markup {
    let is_idle =
        |section: &OutlineSection| section.tasks.is_empty() && section.name == crate::sections::UNTITLED;
    html! {
        @for section in outline.sections.iter().filter(|section| outline.sections.len() == 1 || !is_idle(section)) {
            @if outline.sections.len() > 1 || section.name != crate::sections::UNTITLED { h3.sec { (section.name) } }
            @if section.tasks.is_empty() { p.t-s.dim { "No tasks" } }
            @else { ul.rows { @for task in &section.tasks { (line(task, 0, who)) } } }
        }
    }
}

fn line(task: &OutlineTask, level: usize, who: &dyn Fn(Doer) -> Option<String>) -> Markup {
    html! {
        li { div.item style={ "--level:" (level) } {
            @if level > 0 { span.faint aria-hidden="true" { "\u{2514}" } }
            span.clip { (crate::tasks::pages::common::title(&task.name)) }
            span.grow {}
            @if let Some(name) = task.doer.and_then(who) { span.t-s.dim.clip { (name) } }
            @if let Some(due) = &task.due { span.t-s.dim.nowrap { (told(due)) } }
        } }
        @for part in &task.subtasks { (line(part, level + 1, who)) }
    }
}

/// A day as people count it.
fn told(due: &Offset) -> String {
    let day = match due.days {
        0 => "on the first day".to_owned(),
        1 => "a day after the start".to_owned(),
        days if days < 0 => format!("{} days before the start", -days),
        days => format!("{days} days after the start"),
    };
    match due.clock {
        Some(clock) => format!("{day}, {}", clock.strftime("%H:%M")),
        None => day,
    }
}

fn about(template: &Template) -> Markup {
    html! {
        form.form method="post" action=(address(template.id)) data-morph {
            (ui::field("Name", "name", "text", &template.name, "", None))
            label.field { span { "What it is for" } textarea.input name="notes" rows="2" { (template.notes) } }
            @for role in &template.outline.roles {
                (ui::field(&format!("Role {}", role.id), &format!("role-{}", role.id), "text", &role.name, "Who is asked for when a project is made.", None))
            }
            (ui::tick("public", "true", template.is_public, "Its team may make projects of it"))
            (ui::refusal())
            div.row { button.btn.primary { "Save" } }
        }
    }
}

/// The fields `role-N`.
fn roles(sent: &Pairs) -> impl Iterator<Item = (u32, &str)> {
    sent.0.iter().filter_map(|(key, value)| Some((key.strip_prefix("role-")?.parse().ok()?, value.as_str())))
}

async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(template): Path<AnyId>,
    sent: Pairs,
) -> Result<Response> {
    let change = TemplateChange {
        name: Some(sent.get("name").trim().to_owned()),
        notes: Some(sent.get("notes").trim().to_owned()),
        is_public: Some(sent.get("public") == "true"),
        roles: roles(&sent).map(|(id, name)| TemplateRole { id, name: name.trim().to_owned() }).collect(),
    };
    let mut tx = app.db.write(&actor).await?;
    templates::change(&mut tx, template, change).await?;
    tx.commit().await?;
    Ok(done(&address(template), "The template is changed"))
}

async fn make(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(template): Path<AnyId>,
    sent: Pairs,
) -> Result<Response> {
    let shift = match sent.filled("day") {
        Some(day) => {
            let day: Date =
                day.parse().map_err(|_| Error::invalid("date.unknown", "Write the day like 2026-12-04"))?;
            Some(if sent.get("from") == "due" { Shift::DueOn(day) } else { Shift::StartOn(day) })
        }
        None => None,
    };
    let mut tx = app.db.write(&actor).await?;
    let mut players = BTreeMap::new();
    for (role, who) in roles(&sent) {
        if let Some(user) = person(&mut tx, who).await? {
            players.insert(role, user);
        }
    }
    let privacy = sent.filled("privacy").map(str::parse::<Privacy>).transpose()?;
    let new =
        NewFromTemplate { name: sent.get("name").to_owned(), privacy, shift, roles: players, team: None };
    let project = templates::make(&mut tx, template, new).await?;
    tx.commit().await?;
    Ok(done(&format!("/projects/{}", project.id), &format!("{} is there", project.name)))
}

async fn delete(State(app): State<App>, Auth(actor): Auth, Path(template): Path<AnyId>) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let gone = templates::delete(&mut tx, template).await?;
    tx.commit().await?;
    let undo = Undo(format!("{}/restore", address(template)));
    Ok(done_with_undo("/templates", &format!("{} is deleted", gone.name), undo))
}

async fn restore(State(app): State<App>, Auth(actor): Auth, Path(template): Path<AnyId>) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    templates::restore(&mut tx, template).await?;
    tx.commit().await?;
    Ok(done(&address(template), "The template is back"))
}

async fn ask(State(app): State<App>, frame: Frame, Path(project): Path<ProjectId>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let source = projects::get(&mut tx, project).await?;
    let here = format!("/projects/{project}");
    let choice = |value: People, words: &str, chosen: bool| {
        html! { label.tick { input type="radio" name="people" value=(value) checked[chosen]; (words) } }
    };
    let content = html! {
        p.lead { "A template keeps sections, tasks, their parts, tags and custom fields, and tells days from the start. Comments and files stay here." }
        section.block { form.form method="post" action={ (here) "/template" } {
            label.field { span { "Name of the template" } input.input name="name" value=(source.name) required autocomplete="off"; }
            fieldset {
                legend { "Who does the tasks" }
                div.ticks {
                    (choice(People::Keep, "The same people", true))
                    (choice(People::Roles, "Roles, filled each time", false))
                    (choice(People::Drop, "Nobody yet", false))
                }
            }
            (ui::tick("public", "true", source.privacy != Privacy::Private, "Its team may make projects of it"))
            (ui::refusal())
            div.row { button.btn.primary { "Save the template" } a.btn.quiet href=(here) { "Cancel" } }
        } }
    };
    let page = Page::new("Save as template").crumb("Projects", "/projects").crumb(&source.name, &here);
    Ok(frame.page(page.reading(content)))
}

async fn save(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
    sent: Pairs,
) -> Result<Response> {
    let new = NewTemplate {
        name: sent.get("name").to_owned(),
        team: None,
        is_public: sent.get("public") == "true",
        people: sent.filled("people").map(str::parse::<People>).transpose()?.unwrap_or(People::Keep),
    };
    let mut tx = app.db.write(&actor).await?;
    let template = templates::save(&mut tx, project, new).await?;
    tx.commit().await?;
    Ok(done(&address(template.id), &format!("{} is a template now", template.name)))
}
