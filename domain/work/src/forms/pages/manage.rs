//! The forms of a project: making them, their addresses, and what becomes of an answer.

use super::questions;
use crate::forms::{self, Form, FormChange};
use crate::project_settings::{address, open, page};
use crate::sections::{self, Section};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use base::id::{FormId, ProjectId, SectionId};
use base::{Error, Right, Secret};
use maud::{Markup, html};
use web::ui::{self, Frame, Undo, done, done_with_undo};
use web::{App, Auth, Pairs, Path, Result};

pub(super) fn pages() -> Router<App> {
    Router::new()
        .route("/settings/projects/{project}/forms", get(list).post(create))
        .route("/settings/projects/{project}/forms/{form}", get(one).post(change))
        .route("/settings/projects/{project}/forms/{form}/{what}", post(put))
}

fn path(form: &Form) -> String {
    address(form.project, &format!("/forms/{}", form.id))
}

async fn list(State(app): State<App>, frame: Frame, Path(id): Path<ProjectId>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let (project, held) = open(&mut tx, id).await?;
    let edits = held.contains(Right::Edit);
    let all = if edits { forms::list(&mut tx, id).await? } else { Vec::new() };
    let content = html! {
        @if !edits { p.note { "Forms are for those who may edit the project: the address of a form is all that it takes to submit one." } }
        @else {
            p.lead { "Whoever has the address of a form may fill it in, without an account. Each submission becomes a task of this project." }
            @if all.is_empty() { (ui::empty("This project has no form yet. Name one below and say what it asks.")) }
            ul.rows { @for form in &all { (row(form)) } }
            section.block {
                div.block-head { h2 { "New form" } }
                form.inline method="post" action=(address(id, "/forms")) data-morph {
                    label.field { span { "Name" } input.input name="name" required placeholder="Report a problem"; }
                    button.btn.primary { "Make form" }
                    (ui::refusal())
                }
            }
        }
    };
    Ok(page(&frame, &project, "/forms", content))
}

fn row(form: &Form) -> Markup {
    html! {
        li { div.item {
            a.strong.clip href=(path(form)) { (form.name) }
            span.dim.grow { @match form.questions.len() { 1 => "1 question", count => { (count) " questions" } } }
            @if form.is_open { (ui::chip("green", "open")) } @else { (ui::chip("", "closed")) }
            @if form.is_open { a.t-s href={ "/forms/" (form.token) } { "See it" } }
        } }
    }
}

async fn one(
    State(app): State<App>,
    frame: Frame,
    Path((id, form)): Path<(ProjectId, FormId)>,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let (project, _) = open(&mut tx, id).await?;
    let form = found(&mut tx, id, form).await?;
    let sections = sections::list(&mut tx, id).await?;
    let fields = crate::fields::of_project(&mut tx, id).await?;
    let content = html! {
        div.block-head { h2.long { (form.name) } @if form.is_open { (ui::chip("green", "open")) } @else { (ui::chip("", "closed")) } }
        (addresses(&app, &form))
        section.block { div.block-head { h2 { "Questions" } } (questions::editor(&form, &path(&form), &fields)) }
        section.block { div.block-head { h2 { "About the form" } } (about(&form, &sections)) }
        section.block { div.block-head { h2 { "Submissions of other services" } } (handshake(&app, &form)) }
        section.block.danger-zone { div.row.wrap {
            @if form.is_open { (ui::press(&format!("{}/close", path(&form)), "", "Close the form")) } @else { (ui::press(&format!("{}/open", path(&form)), "", "Open the form")) }
            (ui::press(&format!("{}/delete", path(&form)), "danger", "Delete the form"))
        } p.t-s.dim { "A closed form answers as if it were not there. The tasks that a form made stay." } }
    };
    Ok(page(&frame, &project, "/forms", content))
}

fn copied(label: &str, text: &str, note: &str) -> Markup {
    html! {
        div.field {
            span { (label) }
            div.row {
                input.input.mono.grow readonly value=(text) aria-label=(label);
                button.btn type="button" data-copy=(text) aria-label={ "Copy: " (label) } { (ui::icon("copy")) " Copy" }
            }
            small { (note) }
        }
    }
}

fn addresses(app: &App, form: &Form) -> Markup {
    let public = app.link(&format!("/forms/{}", form.token));
    html! {
        (copied("Where people fill it in", &public, "Give it to whom you like. Whoever has it may submit."))
        @if form.is_open { p { a href={ "/forms/" (form.token) } { "See the form as they do" } } }
    }
}

fn about(form: &Form, sections: &[Section]) -> Markup {
    html! {
        form.form method="post" action=(path(form)) data-morph {
            (ui::field("Name", "name", "text", &form.name, "", None))
            label.field { span { "Above the questions" } textarea.input name="description" rows="3" { (form.description) } }
            label.field { span { "After a submission" } textarea.input name="thanks" rows="2" { (form.thanks) } }
            label.field { span { "New tasks go to" } select.input name="section" {
                (ui::option("", "The first section", form.section.is_none()))
                @for section in sections { (ui::option(&section.id.to_string(), &section.name, form.section == Some(section.id))) }
            } }
            (ui::refusal())
            div.row { button.btn.primary { "Save" } }
        }
    }
}

fn handshake(app: &App, form: &Form) -> Markup {
    let hook = app.link(&format!("/hooks/form/{}", form.token));
    html! {
        (copied("Webhook address", &hook, "For a Wufoo form: its webhook, with field structures included. Questions are matched by key, such as Field1, or by their words."))
        form.form.block method="post" action={ (path(form)) "/handshake" } data-morph {
            label.field { span { "Handshake key" } input.input type="password" name="key" autocomplete="off";
                small { @if form.has_handshake { "Submissions must bring a key. Write another one to replace it, or leave it empty to ask for none." } @else { "Nobody is asked for a key. Write the one that the other service sends." } } }
            (ui::refusal())
            div.row { button.btn { "Save the key" } }
        }
    }
}

/// The form, which must be one of this project.
async fn found(tx: &mut db::Tx, project: ProjectId, form: FormId) -> base::Result<Form> {
    let found = forms::get(tx, form).await?;
    match found.project == project {
        true => Ok(found),
        false => Err(Error::missing("form.unknown", "There is no such form in this project")),
    }
}

async fn create(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<ProjectId>,
    pairs: Pairs,
) -> Result<Response> {
    let new = FormChange {
        name: Some(pairs.get("name").to_owned()),
        questions: Some(questions::first()),
        ..FormChange::default()
    };
    let mut tx = app.db.write(&actor).await?;
    let form = forms::create(&mut tx, id, new).await?;
    tx.commit().await?;
    Ok(done(&path(&form), "The form is made and open; say what it asks"))
}

async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, form)): Path<(ProjectId, FormId)>,
    pairs: Pairs,
) -> Result<Response> {
    let text = |name: &str| pairs.opt(name).map(str::to_owned);
    let change = FormChange {
        name: text("name"),
        description: text("description"),
        thanks: text("thanks"),
        section: Some(pairs.parsed::<SectionId>("section")?),
        ..FormChange::default()
    };
    save(&app, &actor, id, form, change, "The form is saved").await
}

async fn save(
    app: &App,
    actor: &base::Actor,
    id: ProjectId,
    form: FormId,
    change: FormChange,
    said: &str,
) -> Result<Response> {
    let mut tx = app.db.write(actor).await?;
    found(&mut tx, id, form).await?;
    let form = forms::change(&mut tx, form, change).await?;
    tx.commit().await?;
    Ok(done(&path(&form), said))
}

async fn put(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, form, what)): Path<(ProjectId, FormId, String)>,
    pairs: Pairs,
) -> Result<Response> {
    let change = match what.as_str() {
        "questions" => {
            let (questions, said) = questions::wanted(&pairs)?;
            let change = FormChange { questions: Some(questions), ..FormChange::default() };
            return save(&app, &actor, id, form, change, said).await;
        }
        "handshake" => {
            let key = pairs.filled("key").map(Secret::new);
            let said = if key.is_some() {
                "Submissions of other services must bring the key"
            } else {
                "No key is asked for"
            };
            let change = FormChange { handshake_key: Some(key), ..FormChange::default() };
            return save(&app, &actor, id, form, change, said).await;
        }
        "open" | "close" => FormChange { is_open: Some(what == "open"), ..FormChange::default() },
        "delete" => {
            let mut tx = app.db.write(&actor).await?;
            let gone = found(&mut tx, id, form).await?;
            forms::delete(&mut tx, form).await?;
            tx.commit().await?;
            return Ok(done(&address(id, "/forms"), &format!("The form {} is deleted", gone.name)));
        }
        _ => return Err(Error::missing("path.unknown", "there is nothing at this address").into()),
    };
    let mut tx = app.db.write(&actor).await?;
    found(&mut tx, id, form).await?;
    let form = forms::change(&mut tx, form, change).await?;
    tx.commit().await?;
    let (said, back) =
        if form.is_open { ("The form is open", "close") } else { ("The form is closed", "open") };
    Ok(done_with_undo(&path(&form), said, Undo(format!("{}/{back}", path(&form)))))
}
