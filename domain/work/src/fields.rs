//! Custom fields: track anything. A field belongs to the workspace and is shown on the tasks of the projects that have a setting for
//! it. Options of an enum field are disabled, never deleted, so that old values stay readable.

pub(crate) mod pages;
mod settings;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod types;
pub mod values;

pub(crate) use settings::settings_of;
pub use settings::{add_to_project, of_project, remove_from_project};
pub use types::*;

use crate::names::{Person, Place};
use crate::page::{Listed, Page};
use crate::{checks, projects, rank};
use base::id::{FieldId, OptionId};
use base::{Error, Limit, Result, Right, Role};
use db::Tx;
use journal::Subject;
use people::rights;
use serde_json::{Value, json};

fn unknown(field: FieldId) -> Error {
    Error::missing("field.unknown", format!("There is no custom field {field}"))
}

fn require_member(tx: &Tx) -> Result<()> {
    rights::require_role(tx, Role::Member)?;
    rights::require_scope(tx, Right::Edit)
}

fn enter(tx: &mut Tx, verb: &'static str, field: &Field, mut data: Value) {
    data["name"] = json!(field.name);
    data["kind"] = json!(field.kind);
    journal::enter(tx, verb, Subject::new("field", field.id), &[], data);
}

/// Makes a field.
pub async fn create(tx: &mut Tx, new: NewField) -> Result<Field> {
    require_member(tx)?;
    let is_enum = matches!(new.kind, FieldKind::Enum | FieldKind::MultiEnum);
    if !is_enum && !new.options.is_empty() {
        return Err(Error::invalid("field.options", "only enum fields have options"));
    }
    tx.limits().check(Limit::OptionsPerField, new.options.len(), "the field")?;
    let id: FieldId = tx.new_id();
    let mut options = Vec::new();
    for (option, rank) in new.options.iter().zip(rank::following(None, new.options.len())?) {
        options.push(FieldOption {
            id: tx.new_id(),
            field: id,
            name: checks::name(tx, &option.name, "the name of an option")?,
            color: option.color.as_deref().map(|word| checks::word(word, "a colour")).transpose()?,
            enabled: option.enabled,
            rank,
        });
    }
    let field = Field {
        id,
        kind: new.kind,
        name: checks::name(tx, &new.name, "the name")?,
        description: checks::text(tx, &new.description, "the description")?,
        precision: match new.kind {
            FieldKind::Number => Some(new.precision.unwrap_or(0)),
            _ => None,
        },
        format: new.format.unwrap_or(Format::None),
        currency_code: new.currency_code,
        custom_label: new.custom_label,
        custom_label_position: new.custom_label_position,
        notifies: new.notifies,
        is_global: new.is_global,
        created_at: tx.now(),
        created_by: tx.actor().user.map(|me| Person::new(me, tx.actor().name.clone())),
        options,
    };
    check(tx, &field)?;
    store::insert(tx, &field).await?;
    for option in &field.options {
        store::insert_option(tx, option).await?;
    }
    enter(tx, "field.created", &field, json!({}));
    Ok(field)
}

fn check(tx: &Tx, field: &Field) -> Result<()> {
    if field.precision.is_some_and(|digits| digits > 6) {
        return Err(Error::invalid("field.precision", "the precision of a number is 0 to 6 digits"));
    }
    if let Some(code) = &field.currency_code
        && !(code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()))
    {
        return Err(Error::invalid("field.currency", "a currency is three capital letters, such as EUR"));
    }
    if let Some(position) = &field.custom_label_position
        && !matches!(position.as_str(), "prefix" | "suffix")
    {
        return Err(Error::invalid("field.label_position", "a label stands as prefix or suffix"));
    }
    checks::line(tx, field.custom_label.as_deref().unwrap_or_default(), "the label").map(drop)
}

/// Returns a field.
pub async fn get(tx: &mut Tx, field: FieldId) -> Result<Field> {
    rights::require_role(tx, Role::Guest)?;
    let found = load(tx, &[field]).await?.pop();
    found.ok_or_else(|| unknown(field))
}

/// Loads fields with options and creators, by id.
pub(crate) async fn load(tx: &mut Tx, ids: &[FieldId]) -> Result<Vec<Field>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let fields = store::by_ids(tx, ids).await?;
    complete(tx, fields).await
}

async fn complete(tx: &mut Tx, mut fields: Vec<Field>) -> Result<Vec<Field>> {
    let ids: Vec<FieldId> = fields.iter().map(|field| field.id).collect();
    let options = store::options_of(tx, &ids).await?;
    let users: Vec<_> = fields.iter().filter_map(|field| field.created_by.as_ref().map(|by| by.id)).collect();
    let names = projects::names(tx, &users).await?;
    for field in &mut fields {
        field.options = options.iter().filter(|option| option.field == field.id).cloned().collect();
        field.created_by = field.created_by.take().map(|by| names.get(&by.id).cloned().unwrap_or(by));
    }
    Ok(fields)
}

/// Lists the fields of the workspace, by id.
pub async fn list(tx: &mut Tx, page: &Page) -> Result<Listed<Field>> {
    rights::require_role(tx, Role::Member)?;
    let found = store::after(tx, page.after_id()?, page.limit + 1).await?;
    let found = Listed::cut(found, page.limit, |field| field.id.to_string());
    Ok(Listed { items: complete(tx, found.items).await?, next: found.next })
}

/// Changes a field; what it holds never changes.
pub async fn change(tx: &mut Tx, field: FieldId, change: FieldChange) -> Result<Field> {
    require_member(tx)?;
    let old = get(tx, field).await?;
    let mut new = old.clone();
    if let Some(name) = &change.name {
        new.name = checks::name(tx, name, "the name")?;
    }
    if let Some(text) = &change.description {
        new.description = checks::text(tx, text, "the description")?;
    }
    if new.kind == FieldKind::Number {
        new.precision = change.precision.or(new.precision);
    }
    new.format = change.format.unwrap_or(new.format);
    new.currency_code = change.currency_code.unwrap_or(new.currency_code);
    new.custom_label = change.custom_label.unwrap_or(new.custom_label);
    new.custom_label_position = change.custom_label_position.unwrap_or(new.custom_label_position);
    new.notifies = change.notifies.unwrap_or(new.notifies);
    check(tx, &new)?;
    store::update(tx, &new).await?;
    enter(tx, "field.changed", &new, json!({"old_name": old.name}));
    Ok(new)
}

/// Deletes a field from every project and task. Whoever made it may, and administrators.
pub async fn delete(tx: &mut Tx, field: FieldId) -> Result<()> {
    require_member(tx)?;
    let found = get(tx, field).await?;
    let is_own = found.created_by.as_ref().is_some_and(|by| tx.actor().user == Some(by.id));
    if !is_own {
        rights::require_role(tx, Role::Admin)?;
    }
    store::delete(tx, field).await?;
    enter(tx, "field.deleted", &found, json!({}));
    Ok(())
}

fn option_rank(options: &[FieldOption], place: Place<OptionId>, moved: Option<OptionId>) -> Result<String> {
    let others: Vec<&FieldOption> = options.iter().filter(|option| Some(option.id) != moved).collect();
    let at = |id: OptionId| {
        others.iter().position(|option| option.id == id).ok_or_else(|| {
            Error::invalid(
                "place.unknown",
                format!("the option {id} is not one of this field (or is the one to be moved)"),
            )
        })
    };
    let index = match place {
        Place::First => 0,
        Place::Last => others.len(),
        Place::Before(id) => at(id)?,
        Place::After(id) => at(id)? + 1,
    };
    let before = index.checked_sub(1).map(|i| others[i].rank.as_str());
    rank::between(before, others.get(index).map(|option| option.rank.as_str()))
}

/// Adds an option.
pub async fn add_option(
    tx: &mut Tx,
    field: FieldId,
    new: NewOption,
    place: Place<OptionId>,
) -> Result<FieldOption> {
    require_member(tx)?;
    store::lock(tx, field).await?;
    let found = get(tx, field).await?;
    if !matches!(found.kind, FieldKind::Enum | FieldKind::MultiEnum) {
        return Err(Error::invalid("field.options", "only enum fields have options"));
    }
    tx.limits().check(Limit::OptionsPerField, found.options.len() + 1, "the field")?;
    let option = FieldOption {
        id: tx.new_id(),
        field,
        name: checks::name(tx, &new.name, "the name")?,
        color: new.color.as_deref().map(|word| checks::word(word, "a colour")).transpose()?,
        enabled: new.enabled,
        rank: option_rank(&found.options, place, None)?,
    };
    store::insert_option(tx, &option).await?;
    enter(tx, "field.option_added", &found, json!({"option": {"id": option.id, "name": option.name}}));
    Ok(option)
}

/// Returns an option.
pub async fn option(tx: &mut Tx, option: OptionId) -> Result<FieldOption> {
    rights::require_role(tx, Role::Guest)?;
    let found = store::option(tx, option).await?;
    found.ok_or_else(|| Error::missing("option.unknown", format!("There is no option {option}")))
}

/// Moves an option within its field.
pub async fn put_option(
    tx: &mut Tx,
    field: FieldId,
    option: OptionId,
    place: Place<OptionId>,
) -> Result<FieldOption> {
    require_member(tx)?;
    store::lock(tx, field).await?;
    let found = get(tx, field).await?;
    let moved = found.options.iter().find(|other| other.id == option).cloned();
    let mut moved = moved.ok_or_else(|| {
        Error::invalid("option.elsewhere", format!("the option {option} is not one of this field"))
    })?;
    if matches!(place, Place::Before(id) | Place::After(id) if id == option) {
        return Ok(moved);
    }
    moved.rank = option_rank(&found.options, place, Some(option))?;
    store::update_option(tx, &moved).await?;
    enter(tx, "field.option_moved", &found, json!({"option": {"id": option, "name": moved.name}}));
    Ok(moved)
}

/// Changes an option.
pub async fn change_option(tx: &mut Tx, option: OptionId, change: OptionChange) -> Result<FieldOption> {
    require_member(tx)?;
    let mut found = self::option(tx, option).await?;
    if let Some(name) = &change.name {
        found.name = checks::name(tx, name, "the name")?;
    }
    if let Some(color) = &change.color {
        found.color = color.as_deref().map(|word| checks::word(word, "a colour")).transpose()?;
    }
    found.enabled = change.enabled.unwrap_or(found.enabled);
    store::update_option(tx, &found).await?;
    let field = get(tx, found.field).await?;
    let data = json!({"option": {"id": option, "name": found.name, "enabled": found.enabled}});
    enter(tx, "field.option_changed", &field, data);
    Ok(found)
}
