//! What I want to be told of: everywhere, and in single projects.

use crate::inbox::preferences::{self, Preferences, Wishes};
use crate::page::Page as Part;
use crate::projects::{self, Project};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use base::id::ProjectId;
use maud::{Markup, html};
use web::ui::{self, Frame, Page, done};
use web::{App, Auth, Pairs, Path, Result};

const HERE: &str = "/settings/notifications";

pub(super) fn pages() -> Router<App> {
    Router::new()
        .route(HERE, get(shown).post(set))
        .route("/settings/notifications/{project}/forget", post(forget))
}

/// The kinds of news: the name of the box, and what it says.
/// A kind of news: the name of its field, what it is for, and whether it is wished for.
type Kind = (&'static str, &'static str, fn(&Wishes) -> bool);

const KINDS: [Kind; 5] = [
    ("assigned", "A task is given to me", |w| w.assigned),
    ("mentioned", "A comment mentions me", |w| w.mentioned),
    ("comments", "Comments on tasks that I follow", |w| w.comments),
    ("completed", "Tasks that I follow are completed or reopened", |w| w.completed),
    ("changes", "Other changes to tasks that I follow", |w| w.changes),
];

async fn shown(State(app): State<App>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let mine = preferences::mine(&mut tx).await?;
    let filter = projects::Filter { archived: Some(false), team: None };
    let all = projects::list(&mut tx, &filter, &Part::all(&app.limits)).await?.items;
    let content = html! {
        p.lead { "Your inbox tells you about tasks that concern you: those that are yours, those that you follow, and comments that mention you. You are never told of what you did yourself." }
        section {
            div.block-head { h2 { "Everywhere" } }
            (wishes_form(None, &mine.everywhere, "Save"))
        }
        @for (project, wishes) in &mine.projects {
            section.block {
                div.block-head { h2 { a.plain href={ "/projects/" (project.id) } { (project.name) } } }
                (wishes_form(Some(project.id), wishes, "Save"))
                (ui::press(&format!("{HERE}/{}/forget", project.id), "quiet sm", "As everywhere else"))
            }
        }
        (another(&mine, &all))
    };
    Ok(ui::settings(&frame, Page::new("Notifications"), HERE, content))
}

fn wishes_form(project: Option<ProjectId>, wishes: &Wishes, button: &str) -> Markup {
    html! {
        form.form method="post" action=(HERE) data-morph {
            @if let Some(project) = project { input type="hidden" name="project" value=(project); }
            fieldset {
                legend.vh { "Tell me about" }
                @for (name, words, is_on) in KINDS { div { (ui::tick(name, "on", is_on(wishes), words)) } }
                @if project.is_some() { div { (ui::tick("everything", "on", wishes.everything, "Everything that happens in this project")) } }
            }
            (ui::refusal())
            div.row { button.btn { (button) } }
        }
    }
}

/// A project that is to differ from the rest.
fn another(mine: &Preferences, all: &[Project]) -> Markup {
    let rest: Vec<&Project> =
        all.iter().filter(|project| !mine.projects.iter().any(|(known, _)| known.id == project.id)).collect();
    html! {
        @if !rest.is_empty() {
            section.block {
                div.block-head { h2 { "Another project" } }
                form.form method="post" action=(HERE) data-morph {
                    label.field { span { "In this project it is different" }
                        select.input name="project" { @for project in &rest { (ui::option(&project.id.to_string(), &project.name, false)) } } }
                    fieldset {
                        legend { "Tell me about" }
                        div { label.tick { input.check type="radio" name="how" value="everything" checked; " everything that happens there" } }
                        div { label.tick { input.check type="radio" name="how" value="nothing"; " nothing but what mentions me" } }
                    }
                    (ui::refusal())
                    div.row { button.btn { "Add the project" } }
                }
            }
        }
    }
}

fn wishes(pairs: &Pairs) -> Wishes {
    let none = Wishes {
        assigned: false,
        mentioned: false,
        comments: false,
        completed: false,
        changes: false,
        everything: false,
    };
    match pairs.get("how") {
        "everything" => Wishes { everything: true, ..Wishes::default() },
        "nothing" => Wishes { mentioned: true, ..none },
        _ => Wishes {
            assigned: pairs.is_ticked("assigned"),
            mentioned: pairs.is_ticked("mentioned"),
            comments: pairs.is_ticked("comments"),
            completed: pairs.is_ticked("completed"),
            changes: pairs.is_ticked("changes"),
            everything: pairs.is_ticked("everything"),
        },
    }
}

async fn set(State(app): State<App>, Auth(actor): Auth, pairs: Pairs) -> Result<Response> {
    let project = pairs.parsed::<ProjectId>("project")?;
    let mut tx = app.db.write(&actor).await?;
    preferences::set(&mut tx, project, wishes(&pairs)).await?;
    tx.commit().await?;
    Ok(done(HERE, "Your inbox follows this from now on"))
}

async fn forget(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    preferences::forget(&mut tx, project).await?;
    tx.commit().await?;
    Ok(done(HERE, "The project is as everywhere else"))
}
