//! One custom field: its name, its options and their order.

use super::{HERE, Numbers, kind_words, may_delete, number_fields};
use crate::fields::{self, Field, FieldChange, FieldKind, FieldOption, NewOption, OptionChange};
use crate::names::Place;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use base::id::{FieldId, OptionId};
use base::{Error, Role};
use maud::{Markup, html};
use web::ui::{self, Frame, Page, Undo, done, done_with_undo};
use web::{App, Auth, Pairs, Path, Result};

pub(super) fn pages() -> Router<App> {
    Router::new()
        .route("/settings/fields/{field}", get(shown).post(change))
        .route("/settings/fields/{field}/delete", post(delete))
        .route("/settings/fields/{field}/options", post(add))
        .route("/settings/fields/{field}/options/{option}", post(rename))
        .route("/settings/fields/{field}/options/{option}/{what}", post(put))
}

fn has_options(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Enum | FieldKind::MultiEnum)
}

async fn shown(State(app): State<App>, frame: Frame, Path(id): Path<FieldId>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let field = fields::get(&mut tx, id).await?;
    let changes = frame.actor.role != Role::Guest;
    let content = html! {
        p.lead { (kind_words(field.kind)) @if let Some(by) = &field.created_by { ", made by " (by.name) } ", " (frame.time(field.created_at)) "." }
        @if changes { (change_form(&field)) }
        @if has_options(&field) {
            section.block {
                div.block-head { h2 { "Options " span.count { (field.options.len()) } } }
                ul.rows { @for (at, option) in field.options.iter().enumerate() { (row(&field, at, option, changes)) } }
                @if changes {
                    form.inline.block method="post" action={ (HERE) "/" (id) "/options" } data-morph data-reset {
                        label.field { span { "New option" } input.input name="name" required autocomplete="off"; }
                        button.btn { "Add option" }
                        (ui::refusal())
                    }
                    p.t-s.dim { "An option that is not offered any more stays on the tasks that have it." }
                }
            }
        }
        @if may_delete(&frame, &field) {
            section.block.danger-zone {
                p.dim { "Deleting the field takes its values off every task. It cannot be undone." }
                (ui::press(&format!("{HERE}/{id}/delete"), "danger", &format!("Delete the field {}", field.name)))
            }
        }
    };
    Ok(ui::settings(&frame, Page::new(&field.name).crumb("Custom fields", HERE), HERE, content))
}

fn change_form(field: &Field) -> Markup {
    html! {
        form.form method="post" action={ (HERE) "/" (field.id) } data-morph {
            (ui::field("Name", "name", "text", &field.name, "", None))
            (ui::field("What it is for", "description", "text", &field.description, "", None))
            @if field.kind == FieldKind::Number { (number_fields(Some(field))) }
            (ui::refusal())
            div.row { button.btn.primary { "Save" } }
        }
    }
}

fn row(field: &Field, at: usize, option: &FieldOption, changes: bool) -> Markup {
    let path = format!("{HERE}/{}/options/{}", field.id, option.id);
    let name = &option.name;
    html! {
        li { div.item {
            @if changes {
                form.row.grow method="post" action=(path) data-morph {
                    input.input.sm.grow name="name" value=(name) aria-label={ "Name of the option " (name) };
                    button.btn.sm.quiet aria-label={ "Rename " (name) } { "Rename" }
                }
            } @else { span.grow.long { (name) } }
            @if !option.enabled { (ui::chip("", "not offered")) }
            @if changes {
                @if at > 0 { (ui::press_icon(&format!("{path}/up"), "chevron-up", &format!("Move {name} up"))) }
                @if at + 1 < field.options.len() { (ui::press_icon(&format!("{path}/down"), "chevron-down", &format!("Move {name} down"))) }
                @if option.enabled { (ui::press_icon(&format!("{path}/off"), "x", &format!("Offer {name} no longer"))) }
                @else { (ui::press_icon(&format!("{path}/on"), "rotate-cw", &format!("Offer {name} again"))) }
            }
        } }
    }
}

async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<FieldId>,
    pairs: Pairs,
) -> Result<Response> {
    let text = |name: &str| pairs.opt(name).map(str::to_owned);
    let mut change =
        FieldChange { name: text("name"), description: text("description"), ..FieldChange::default() };
    if pairs.opt("format").is_some() {
        let numbers = Numbers::of(&pairs)?;
        change.format = Some(numbers.format);
        change.precision = numbers.precision;
        change.currency_code = Some(numbers.currency);
        change.custom_label = Some(numbers.label);
        change.custom_label_position = Some(numbers.position);
    }
    let mut tx = app.db.write(&actor).await?;
    let field = fields::change(&mut tx, id, change).await?;
    tx.commit().await?;
    Ok(done(&format!("{HERE}/{id}"), &format!("The field {} is saved", field.name)))
}

async fn delete(State(app): State<App>, Auth(actor): Auth, Path(id): Path<FieldId>) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let field = fields::get(&mut tx, id).await?;
    fields::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(done(HERE, &format!("The field {} is deleted", field.name)))
}

async fn add(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<FieldId>,
    pairs: Pairs,
) -> Result<Response> {
    let new = NewOption { name: pairs.get("name").to_owned(), color: None, enabled: true };
    let mut tx = app.db.write(&actor).await?;
    let option = fields::add_option(&mut tx, id, new, Place::Last).await?;
    tx.commit().await?;
    Ok(done(&format!("{HERE}/{id}"), &format!("{} can be chosen", option.name)))
}

async fn rename(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, option)): Path<(FieldId, OptionId)>,
    pairs: Pairs,
) -> Result<Response> {
    let change = OptionChange { name: Some(pairs.get("name").to_owned()), ..OptionChange::default() };
    let mut tx = app.db.write(&actor).await?;
    let option = fields::change_option(&mut tx, option, change).await?;
    tx.commit().await?;
    Ok(done(&format!("{HERE}/{id}"), &format!("The option is named {}", option.name)))
}

async fn put(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, option, what)): Path<(FieldId, OptionId, String)>,
) -> Result<Response> {
    let here = format!("{HERE}/{id}");
    let undo = |back: &str| Undo(format!("{here}/options/{option}/{back}"));
    let mut tx = app.db.write(&actor).await?;
    let answer = match what.as_str() {
        "on" | "off" => {
            let change = OptionChange { enabled: Some(what == "on"), ..OptionChange::default() };
            let name = fields::change_option(&mut tx, option, change).await?.name;
            match what.as_str() {
                "on" => done_with_undo(&here, &format!("{name} is offered again"), undo("off")),
                _ => done_with_undo(&here, &format!("{name} is offered no longer"), undo("on")),
            }
        }
        "up" | "down" => {
            let options = fields::get(&mut tx, id).await?.options;
            let place = beside(&options, option, what == "up");
            let name = match place {
                Some(place) => fields::put_option(&mut tx, id, option, place).await?.name,
                None => fields::option(&mut tx, option).await?.name,
            };
            done_with_undo(&here, &format!("{name} is moved"), undo(if what == "up" { "down" } else { "up" }))
        }
        _ => return Err(Error::missing("path.unknown", "there is nothing at this address").into()),
    };
    tx.commit().await?;
    Ok(answer)
}

/// The place of an option one further up or down; none at the end.
fn beside(options: &[FieldOption], option: OptionId, up: bool) -> Option<Place<OptionId>> {
    let at = options.iter().position(|other| other.id == option)?;
    match up {
        true => at.checked_sub(1).map(|before| Place::Before(options[before].id)),
        false => options.get(at + 1).map(|after| Place::After(after.id)),
    }
}
