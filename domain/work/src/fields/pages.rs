//! Custom fields in settings: those of the workspace, one of them, and which ones a project shows.

mod of_project;
mod one;
#[cfg(test)]
mod tests;

use super::{Field, FieldKind, Format, NewField, NewOption, add_to_project};
use crate::fields;
use crate::page::Page as Part;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use base::id::ProjectId;
use base::{Error, Role};
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame, Page, done};
use web::{App, Auth, Pairs, Query, Result};

/// The address of the fields of the workspace.
const HERE: &str = "/settings/fields";
const SHOWN: usize = 100;

pub(crate) fn pages() -> Router<App> {
    Router::new().route(HERE, get(list).post(create)).merge(one::pages()).merge(of_project::pages())
}

/// What a kind of field holds.
pub(super) fn kind_words(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "Text",
        FieldKind::Enum => "One of several options",
        FieldKind::MultiEnum => "Some of several options",
        FieldKind::Number => "Number",
        FieldKind::Date => "Day",
        FieldKind::People => "People",
        FieldKind::Reference => "Other tasks",
    }
}

fn format_words(format: Format) -> &'static str {
    match format {
        Format::None => "as it is",
        Format::Currency => "as money",
        Format::Identifier => "as an identifier",
        Format::Percentage => "as a percentage",
        Format::Custom => "with a label",
        Format::Duration => "as a length of time",
    }
}

#[derive(Debug, Default, Deserialize)]
struct Shown {
    after: Option<String>,
    /// The project that a new field is made for.
    project: Option<ProjectId>,
}

async fn list(State(app): State<App>, frame: Frame, Query(shown): Query<Shown>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let found = fields::list(&mut tx, &Part { after: shown.after, limit: SHOWN }).await?;
    let project = match shown.project {
        Some(project) => Some(crate::projects::get(&mut tx, project).await?),
        None => None,
    };
    let content = html! {
        p.lead { "A custom field holds what tasks of some projects have besides what every task has. A field belongs to the workspace; each project chooses which ones it shows." }
        @if found.items.is_empty() { (ui::empty("There is no custom field yet. Make the first one below, such as Priority or Area.")) } @else { (table(&found.items)) }
        @if let Some(next) = &found.next { p.block { a.btn href={ (HERE) "?after=" (next) } { "More fields" } } }
        section.block #new {
            div.block-head { h2 { "New field" @if let Some(project) = &project { " for " (project.name) } } }
            (new_form(shown.project))
        }
    };
    Ok(ui::settings(&frame, Page::new("Custom fields"), HERE, content))
}

fn table(all: &[Field]) -> Markup {
    html! {
        table.table.cards {
            thead { tr { th { "Field" } th { "Holds" } th { "Options" } } }
            tbody {
                @for field in all {
                    tr {
                        td { a.strong.long href={ (HERE) "/" (field.id) } { (field.name) } }
                        td.dim { (kind_words(field.kind)) }
                        td.dim.long { @for (at, option) in field.options.iter().filter(|option| option.enabled).take(8).enumerate() { @if at > 0 { ", " } (option.name) } @if field.options.len() > 8 { " …" } }
                    }
                }
            }
        }
    }
}

fn new_form(project: Option<ProjectId>) -> Markup {
    html! {
        form.form method="post" action=(HERE) data-morph {
            @if let Some(project) = project { input type="hidden" name="project" value=(project); }
            (ui::field("Name", "name", "text", "", "", None))
            label.field { span { "It holds" } select.input name="kind" { @for kind in FieldKind::ALL { (ui::option(kind.as_str(), kind_words(*kind), *kind == FieldKind::Enum)) } } small { "This cannot be changed later." } }
            label.field { span { "Options" } textarea.input name="options" rows="4" {} small { "One on each line; for fields of options only." } }
            (ui::field("What it is for", "description", "text", "", "", None))
            details { summary { "How numbers are shown" } (number_fields(None)) }
            (ui::refusal())
            div.row { button.btn.primary { "Make field" } }
        }
    }
}

/// How numbers are shown; for new fields, and for those of numbers.
fn number_fields(field: Option<&Field>) -> Markup {
    let format = field.map_or(Format::None, |field| field.format);
    let precision = field.and_then(|field| field.precision).unwrap_or(0).to_string();
    let text = |value: Option<&String>| value.cloned().unwrap_or_default();
    let position = field.and_then(|field| field.custom_label_position.as_deref()).unwrap_or("suffix");
    html! {
        div.form {
            div.row.row-3 {
                label.field.grow { span { "Shown" } select.input name="format" { @for one in Format::ALL { (ui::option(one.as_str(), format_words(*one), *one == format)) } } }
                label.field { span { "Digits after the point" } input.input type="number" name="precision" min="0" max="6" value=(precision); }
            }
            div.row.row-3 {
                label.field.grow { span { "Currency" } input.input name="currency" maxlength="3" placeholder="EUR" value=(text(field.and_then(|f| f.currency_code.as_ref()))); }
                label.field.grow { span { "Label" } input.input name="label" placeholder="points" value=(text(field.and_then(|f| f.custom_label.as_ref()))); }
                label.field { span { "Where" } select.input name="position" { (ui::option("suffix", "after", position == "suffix")) (ui::option("prefix", "before", position == "prefix")) } }
            }
        }
    }
}

/// How numbers are shown, as a form says it.
struct Numbers {
    format: Format,
    precision: Option<u8>,
    currency: Option<String>,
    label: Option<String>,
    position: Option<String>,
}

impl Numbers {
    fn of(pairs: &Pairs) -> base::Result<Self> {
        let wrong = |_| Error::invalid("field.precision", "the precision of a number is 0 to 6 digits");
        let format = pairs.parsed::<Format>("format")?.unwrap_or(Format::None);
        let when = |is_so: bool, name: &str| pairs.filled(name).filter(|_| is_so).map(str::to_owned);
        let label = when(format == Format::Custom, "label");
        Ok(Self {
            format,
            precision: pairs.filled("precision").map(str::parse).transpose().map_err(wrong)?,
            currency: when(format == Format::Currency, "currency").map(|code| code.to_uppercase()),
            position: label.as_ref().map(|_| pairs.filled("position").unwrap_or("suffix").to_owned()),
            label,
        })
    }
}

async fn create(State(app): State<App>, Auth(actor): Auth, pairs: Pairs) -> Result<Response> {
    let kind = pairs.parsed::<FieldKind>("kind")?.unwrap_or(FieldKind::Text);
    let has_options = matches!(kind, FieldKind::Enum | FieldKind::MultiEnum);
    let options = pairs.get("options").lines().map(str::trim).filter(|name| has_options && !name.is_empty());
    let options =
        options.map(|name| NewOption { name: name.to_owned(), color: None, enabled: true }).collect();
    let numbers = Numbers::of(&pairs)?;
    let is_number = kind == FieldKind::Number;
    let new = NewField {
        kind,
        name: pairs.get("name").to_owned(),
        description: pairs.get("description").to_owned(),
        precision: numbers.precision.filter(|_| is_number),
        format: Some(numbers.format).filter(|_| is_number),
        currency_code: numbers.currency.filter(|_| is_number),
        custom_label: numbers.label.filter(|_| is_number),
        custom_label_position: numbers.position.filter(|_| is_number),
        notifies: false,
        is_global: false,
        options,
    };
    let mut tx = app.db.write(&actor).await?;
    let field = fields::create(&mut tx, new).await?;
    let project = pairs.parsed::<ProjectId>("project")?;
    if let Some(project) = project {
        add_to_project(&mut tx, project, field.id, true, None).await?;
    }
    tx.commit().await?;
    let next = match project {
        Some(project) => crate::project_settings::address(project, "/fields"),
        None => format!("{HERE}/{}", field.id),
    };
    Ok(done(&next, &format!("The field {} is made", field.name)))
}

/// Whether somebody may delete a field: whoever made it, and administrators.
fn may_delete(frame: &Frame, field: &Field) -> bool {
    let is_own = field.created_by.as_ref().is_some_and(|by| frame.actor.user == Some(by.id));
    is_own || frame.actor.role == Role::Admin
}
