//! Which fields a project shows, and in which order.

use super::{HERE, SHOWN, kind_words};
use crate::fields::{self, Field, Setting};
use crate::names::Place;
use crate::page::Page as Part;
use crate::project_settings::{address, only_looks, open, page};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use base::id::{AnyId, FieldId, ProjectId};
use base::{Error, Right, Role};
use maud::{Markup, html};
use web::ui::{self, Frame, Undo, done_with_undo};
use web::{App, Auth, Pairs, Path, Result};

pub(super) fn pages() -> Router<App> {
    Router::new()
        .route("/settings/projects/{project}/fields", get(shown).post(add))
        .route("/settings/projects/{project}/fields/{field}/{what}", post(put))
}

async fn shown(State(app): State<App>, frame: Frame, Path(id): Path<ProjectId>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let (project, held) = open(&mut tx, id).await?;
    let settings = fields::of_project(&mut tx, id).await?;
    let changes = held.contains(Right::Edit);
    let others = match changes && frame.actor.role != Role::Guest {
        true => fields::list(&mut tx, &Part::first(5 * SHOWN)).await?.items,
        false => Vec::new(),
    };
    let others: Vec<&Field> =
        others.iter().filter(|field| settings.iter().all(|shown| shown.field.id != field.id)).collect();
    let content = html! {
        (only_looks(held, Right::Edit, "in this project"))
        @if settings.is_empty() { (ui::empty("This project shows no custom field. Add one that the workspace has, or make a new one.")) }
        ul.rows { @for (at, setting) in settings.iter().enumerate() { (row(id, &settings, at, setting, changes)) } }
        @if changes {
            @if !others.is_empty() {
                form.inline.block method="post" action=(address(id, "/fields")) data-morph {
                    label.field { span { "Show another field" } select.input name="field" { @for field in &others { (ui::option(&field.id.to_string(), &format!("{} · {}", field.name, kind_words(field.kind)), false)) } } }
                    button.btn { "Add field" }
                    (ui::refusal())
                }
            }
            @if frame.actor.role != Role::Guest { p.block { a.btn href={ (HERE) "?project=" (id) "#new" } { (ui::icon("plus")) " New field" } } }
        }
    };
    Ok(page(&frame, &project, "/fields", content))
}

fn row(id: ProjectId, all: &[Setting], at: usize, setting: &Setting, changes: bool) -> Markup {
    let path = address(id, &format!("/fields/{}", setting.field.id));
    let name = &setting.field.name;
    html! {
        li { div.item {
            a.strong.clip href={ (HERE) "/" (setting.field.id) } { (name) }
            span.dim.grow.clip { (kind_words(setting.field.kind)) }
            @if setting.is_important { (ui::chip("", "in lists")) }
            @if changes {
                @if setting.is_important { (ui::press_icon(&format!("{path}/quiet"), "eye", &format!("Show {name} on the task only"))) }
                @else { (ui::press_icon(&format!("{path}/important"), "eye", &format!("Show {name} in lists too"))) }
                @if at > 0 { (ui::press_icon(&format!("{path}/up"), "chevron-up", &format!("Move {name} up"))) }
                @if at + 1 < all.len() { (ui::press_icon(&format!("{path}/down"), "chevron-down", &format!("Move {name} down"))) }
                (ui::press_icon(&format!("{path}/remove"), "x", &format!("Show {name} no longer")))
            }
        } }
    }
}

async fn add(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<ProjectId>,
    pairs: Pairs,
) -> Result<Response> {
    let field = pairs.parsed::<FieldId>("field")?;
    let field = field.ok_or_else(|| Error::invalid("field.missing", "Choose a field"))?;
    let mut tx = app.db.write(&actor).await?;
    let setting = fields::add_to_project(&mut tx, id, field, true, None).await?;
    tx.commit().await?;
    let undo = Undo(address(id, &format!("/fields/{field}/remove")));
    Ok(done_with_undo(&address(id, "/fields"), &format!("The project shows {}", setting.field.name), undo))
}

async fn put(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, field, what)): Path<(ProjectId, FieldId, String)>,
) -> Result<Response> {
    let (here, mut tx) = (address(id, "/fields"), app.db.write(&actor).await?);
    let settings = fields::of_project(&mut tx, id).await?;
    let at = settings.iter().position(|setting| setting.field.id == field);
    let now = at.and_then(|at| settings.get(at));
    let important = now.is_some_and(|setting| setting.is_important);
    let name = fields::get(&mut tx, field).await?.name;
    let undo = |back: &str| Undo(address(id, &format!("/fields/{field}/{back}")));
    let answer = match what.as_str() {
        "remove" => {
            fields::remove_from_project(&mut tx, id, field).await?;
            done_with_undo(
                &here,
                &format!("The project shows {name} no longer; the values are kept"),
                undo(if important { "important" } else { "quiet" }),
            )
        }
        "important" | "quiet" => {
            fields::add_to_project(&mut tx, id, field, what == "important", None).await?;
            let said = if what == "important" { "is in lists" } else { "is on the task only" };
            done_with_undo(
                &here,
                &format!("{name} {said}"),
                undo(if important { "important" } else { "quiet" }),
            )
        }
        "up" | "down" => {
            let beside = match what == "up" {
                true => at
                    .and_then(|at| at.checked_sub(1))
                    .map(|before| Place::Before(AnyId(settings[before].field.id.0))),
                false => {
                    at.and_then(|at| settings.get(at + 1)).map(|after| Place::After(AnyId(after.field.id.0)))
                }
            };
            if beside.is_some() {
                fields::add_to_project(&mut tx, id, field, important, beside).await?;
            }
            done_with_undo(&here, &format!("{name} is moved"), undo(if what == "up" { "down" } else { "up" }))
        }
        _ => return Err(Error::missing("path.unknown", "there is nothing at this address").into()),
    };
    tx.commit().await?;
    Ok(answer)
}
