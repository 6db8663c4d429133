//! `/custom_fields`, their options, and which projects show them.

use crate::call::Call;
use crate::projects::word;
use crate::routes::{Route, route};
use crate::sections::place;
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::value::{self, Data};
use base::Result;
use base::id::{FieldId, OptionId, ProjectId};
use db::Tx;
use serde_json::Value;
use work::fields::{FieldChange, FieldKind, Format, NewField, NewOption, OptionChange};
use work::names::Place;

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(POST "/custom_fields" => create),
    route!(GET "/custom_fields/{custom_field}" => get),
    route!(PUT "/custom_fields/{custom_field}" => change),
    route!(DELETE "/custom_fields/{custom_field}" => delete),
    route!(GET "/workspaces/{workspace}/custom_fields" => list),
    route!(POST "/custom_fields/{custom_field}/enum_options" => add_option),
    route!(POST "/custom_fields/{custom_field}/enum_options/insert" => move_option),
    route!(PUT "/enum_options/{enum_option}" => change_option),
    route!(GET "/projects/{project}/custom_field_settings" => settings),
    route!(POST "/projects/{project}/addCustomFieldSetting" => add_setting),
    route!(POST "/projects/{project}/removeCustomFieldSetting" => remove_setting),
];

fn precision(data: &Data) -> Result<Option<u8>> {
    let Some(number) = value::number(data, "precision")?.flatten() else { return Ok(None) };
    match number.fract() == 0.0 && (0.0..=6.0).contains(&number) {
        true => Ok(Some(number as u8)),
        false => Err(value::bad("precision", "Must be a whole number from 0 to 6")),
    }
}

fn new_option(data: &Data) -> Result<NewOption> {
    Ok(NewOption {
        name: value::text(data, "name")?.flatten().ok_or_else(|| value::missing_input("name"))?,
        color: value::text(data, "color")?.flatten(),
        enabled: value::flag(data, "enabled")?.unwrap_or(true),
    })
}

fn new_options(data: &Data) -> Result<Vec<NewOption>> {
    let Some(Value::Array(options)) = data.get("enum_options") else { return Ok(Vec::new()) };
    let read = |option: &Value| match option {
        Value::Object(option) => new_option(option),
        Value::String(name) => Ok(NewOption { name: name.clone(), color: None, enabled: true }),
        _ => Err(value::bad("enum_options", "Not an object")),
    };
    options.iter().map(read).collect()
}

/// What a new field is to be. Older scripts say `type`.
fn new_field(data: &Data) -> Result<NewField> {
    let kind = word(data, "resource_subtype", FieldKind::parse)?.or(word(data, "type", FieldKind::parse)?);
    Ok(NewField {
        kind: kind.ok_or_else(|| value::missing_input("resource_subtype"))?,
        name: value::text(data, "name")?.flatten().ok_or_else(|| value::missing_input("name"))?,
        description: value::text(data, "description")?.flatten().unwrap_or_default(),
        precision: precision(data)?,
        format: word(data, "format", Format::parse)?,
        currency_code: value::text(data, "currency_code")?.flatten(),
        custom_label: value::text(data, "custom_label")?.flatten(),
        custom_label_position: value::text(data, "custom_label_position")?.flatten(),
        notifies: value::flag(data, "has_notifications_enabled")?.unwrap_or(false),
        is_global: value::flag(data, "is_global_to_workspace")?.unwrap_or(true),
        options: new_options(data)?,
    })
}

async fn create(call: &Call<'_>) -> Result<Answer> {
    let new = new_field(&call.data)?;
    let mut tx = call.write().await?;
    value::given_id::<i64>(&call.data, "workspace")?
        .flatten()
        .ok_or_else(|| value::missing_input("workspace"))?;
    crate::workspaces::check_in_body(&mut tx, call).await?;
    let field = work::fields::create(&mut tx, new).await?;
    tx.commit().await?;
    Ok(Answer::created(show::field::field(&field, call.fields.full()), "custom_fields"))
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let field = work::fields::get(&mut tx, call.id("custom_field")?).await?;
    Ok(Answer::ok(show::field::field(&field, call.fields.full())))
}

async fn change(call: &Call<'_>) -> Result<Answer> {
    let data = &call.data;
    let change = FieldChange {
        name: value::text(data, "name")?.flatten(),
        description: value::text(data, "description")?.map(Option::unwrap_or_default),
        precision: precision(data)?,
        format: word(data, "format", Format::parse)?,
        currency_code: value::text(data, "currency_code")?,
        custom_label: value::text(data, "custom_label")?,
        custom_label_position: value::text(data, "custom_label_position")?,
        notifies: value::flag(data, "has_notifications_enabled")?,
    };
    let mut tx = call.write().await?;
    let field = work::fields::change(&mut tx, call.id("custom_field")?, change).await?;
    tx.commit().await?;
    Ok(Answer::ok(show::field::field(&field, call.fields.full())))
}

async fn delete(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    work::fields::delete(&mut tx, call.id("custom_field")?).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    crate::workspaces::check(&mut tx, call.id("workspace")?).await?;
    let listed = work::fields::list(&mut tx, &call.page()?).await?;
    let records = listed.items.iter().map(|field| show::field::field(field, call.fields.compact())).collect();
    call.list(&listed, records)
}

async fn add_option(call: &Call<'_>) -> Result<Answer> {
    let new = new_option(&call.data)?;
    let place: Place<OptionId> = place(call, "insert_before", "insert_after")?.unwrap_or(Place::Last);
    let mut tx = call.write().await?;
    let option = work::fields::add_option(&mut tx, call.id("custom_field")?, new, place).await?;
    tx.commit().await?;
    Ok(Answer::created(show::field::option(&option, call.fields.full()), "enum_options"))
}

async fn move_option(call: &Call<'_>) -> Result<Answer> {
    let option = value::required_id(&call.data, "enum_option")?;
    let place = place(call, "before_enum_option", "after_enum_option")?;
    let place = place.ok_or_else(|| value::missing_input("before_enum_option"))?;
    let mut tx = call.write().await?;
    let field: FieldId = call.id("custom_field")?;
    work::fields::get(&mut tx, field).await?;
    let option = work::fields::put_option(&mut tx, field, option, place).await;
    let option = option.map_err(|error| fault::in_body("enum_option", error))?;
    tx.commit().await?;
    Ok(Answer::ok(show::field::option(&option, call.fields.full())))
}

async fn change_option(call: &Call<'_>) -> Result<Answer> {
    let change = OptionChange {
        name: value::text(&call.data, "name")?.flatten(),
        color: value::text(&call.data, "color")?,
        enabled: value::flag(&call.data, "enabled")?,
    };
    let mut tx = call.write().await?;
    let option = work::fields::change_option(&mut tx, call.id("enum_option")?, change).await?;
    tx.commit().await?;
    Ok(Answer::ok(show::field::option(&option, call.fields.full())))
}

async fn settings(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let settings = work::fields::of_project(&mut tx, call.id("project")?).await?;
    let places: Vec<_> = settings.into_iter().zip(1_i64..).collect();
    let listed = call.cut(places, |(_, place)| *place)?;
    let want = call.fields.compact();
    let records = listed.items.iter().map(|(setting, _)| show::field::setting(setting, want)).collect();
    call.list(&listed, records)
}

/// The field that a project is to show: one that is there, or one that is described on the spot.
async fn field_in_body(tx: &mut Tx, call: &Call<'_>) -> Result<FieldId> {
    match call.data.get("custom_field") {
        Some(Value::Object(described)) if !described.contains_key("gid") => {
            Ok(work::fields::create(tx, new_field(described)?).await?.id)
        }
        _ => value::required_id(&call.data, "custom_field"),
    }
}

async fn add_setting(call: &Call<'_>) -> Result<Answer> {
    let project: ProjectId = call.id("project")?;
    let place = place(call, "insert_before", "insert_after")?;
    let is_important = value::flag(&call.data, "is_important")?.unwrap_or(false);
    let mut tx = call.write().await?;
    work::projects::get(&mut tx, project).await?;
    let field = field_in_body(&mut tx, call).await?;
    let setting = work::fields::add_to_project(&mut tx, project, field, is_important, place).await;
    let setting = setting.map_err(|error| fault::in_body("custom_field", error))?;
    tx.commit().await?;
    Ok(Answer::ok(show::field::setting(&setting, call.fields.full())))
}

async fn remove_setting(call: &Call<'_>) -> Result<Answer> {
    let project: ProjectId = call.id("project")?;
    let field = value::required_id(&call.data, "custom_field")?;
    let mut tx = call.write().await?;
    work::projects::get(&mut tx, project).await?;
    work::fields::remove_from_project(&mut tx, project, field)
        .await
        .map_err(|error| fault::in_body("custom_field", error))?;
    tx.commit().await?;
    Ok(Answer::empty())
}
