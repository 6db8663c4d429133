//! What a body says about a task.

use crate::call::Call;
use crate::projects::{text, word};
use crate::wire::value::{self, Data, Given};
use base::Result;
use base::id::{FieldId, ProjectId, SectionId, TaskId, UserId};
use db::Tx;
use serde_json::Value;
use work::fields::Input;
use work::tasks::{Approval, External, NewHome, NewTask, TaskChange, TaskKind, When};

/// Reads a day and an instant that exclude each other. A record that is sent back whole has both, and the instant says
/// more; `null` under either clears when the other says nothing.
fn when(data: &Data, on: &str, at: &str) -> Result<Given<When>> {
    let (date, time) = (value::date(data, on)?, value::time(data, at)?);
    Ok(match (date, time) {
        (_, Some(Some(time))) => Some(Some(When::At(time))),
        (Some(Some(date)), _) => Some(Some(When::On(date))),
        (None, None) => None,
        (Some(None), _) | (None, Some(None)) => Some(None),
    })
}

async fn assignee(tx: &mut Tx, call: &Call<'_>) -> Result<Given<UserId>> {
    match value::reference(&call.data, "assignee")? {
        None => Ok(None),
        Some(None) => Ok(Some(None)),
        Some(Some(text)) => call.user(tx, "assignee", &text).await.map(|user| Some(Some(user))),
    }
}

fn liked(data: &Data) -> Result<Option<bool>> {
    Ok(value::flag(data, "liked")?.or(value::flag(data, "hearted")?))
}

fn external(data: &Data) -> Result<Given<External>> {
    let Some(given) = data.get("external") else { return Ok(None) };
    if given.is_null() {
        return Ok(Some(None));
    }
    let object = value::object(data, "external")?.unwrap_or_default();
    let id = value::text(&object, "gid")?.or(value::text(&object, "id")?).flatten();
    Ok(Some(Some(External { id, data: value::text(&object, "data")?.flatten() })))
}

/// The projects it goes to: `projects` in any of its forms, and `memberships`, which also name sections.
fn homes(data: &Data) -> Result<Vec<NewHome>> {
    let mut homes: Vec<NewHome> = Vec::new();
    let mut put = |project: ProjectId, section: Option<SectionId>| match homes
        .iter_mut()
        .find(|home| home.project == project)
    {
        Some(home) => home.section = home.section.or(section),
        None => homes.push(NewHome { project, section }),
    };
    if let Some(Value::Array(memberships)) = data.get("memberships") {
        for membership in memberships {
            let Value::Object(membership) = membership else {
                return Err(value::bad("memberships", "Not an object"));
            };
            put(
                value::required_id(membership, "project")?,
                value::given_id(membership, "section")?.flatten(),
            );
        }
    }
    for project in value::ids(data, "projects")?.unwrap_or_default() {
        put(project, None);
    }
    Ok(homes)
}

/// Reads the values of custom fields: `{"<gid>": value}`.
async fn field_values(tx: &mut Tx, call: &Call<'_>) -> Result<Vec<(FieldId, Input)>> {
    // A record that is read, changed and sent back whole has a list of entries here, which says nothing about changes.
    if matches!(call.data.get("custom_fields"), Some(Value::Array(_))) {
        return Ok(Vec::new());
    }
    let mut inputs = Vec::new();
    for (gid, value) in value::object(&call.data, "custom_fields")?.unwrap_or_default() {
        let field: FieldId = value::id("custom_fields", &gid)?;
        inputs.push((field, field_value(tx, call, &gid, &value).await?));
    }
    Ok(inputs)
}

/// Integers from here on are ids that an old script sends as numbers, not amounts.
const LARGEST_AMOUNT: i64 = 1 << 40;

async fn field_value(tx: &mut Tx, call: &Call<'_>, gid: &str, value: &Value) -> Result<Input> {
    let key = format!("custom_fields.{gid}");
    Ok(match value {
        Value::Null => Input::Clear,
        Value::String(text) => Input::Text(text.clone()),
        Value::Bool(flag) => Input::Text(flag.to_string()),
        Value::Number(number) => match number.as_i64() {
            Some(id) if id >= LARGEST_AMOUNT => Input::Text(id.to_string()),
            _ => Input::Number(number.as_f64().unwrap_or_default()),
        },
        Value::Array(_) => {
            let one = Data::from_iter([(key.clone(), value.clone())]);
            let mut ids = Vec::new();
            for text in value::references(&one, &key)?.unwrap_or_default() {
                ids.push(match text.parse::<i64>() {
                    Ok(id) => id,
                    Err(_) => call.user(tx, &key, &text).await?.0,
                });
            }
            Input::Ids(ids)
        }
        Value::Object(object) => date_or_reference(&key, object)?,
    })
}

fn date_or_reference(key: &str, object: &Data) -> Result<Input> {
    if let Some(time) = value::time(object, "date_time")?.flatten() {
        return Ok(Input::Time(time));
    }
    if let Some(date) = value::date(object, "date")?.flatten() {
        return Ok(Input::Date(date));
    }
    match object.get("gid") {
        Some(Value::String(gid)) => Ok(Input::Text(gid.clone())),
        Some(Value::Number(gid)) => Ok(Input::Text(gid.to_string())),
        _ if object.contains_key("date") || object.contains_key("date_time") => Ok(Input::Clear),
        _ => Err(value::bad(key, "Not a value of a custom field")),
    }
}

/// What a new task is to be.
pub async fn new_task(tx: &mut Tx, call: &Call<'_>) -> Result<NewTask> {
    let data = &call.data;
    crate::workspaces::check_in_body(tx, call).await?;
    let followers = value::references(data, "followers")?.unwrap_or_default();
    Ok(NewTask {
        name: value::text(data, "name")?.flatten().unwrap_or_default(),
        notes: text(data, "notes", "html_notes")?,
        kind: word(data, "resource_subtype", TaskKind::parse)?,
        approval: word(data, "approval_status", Approval::parse)?,
        assignee: assignee(tx, call).await?.flatten(),
        list_section: value::given_id(data, "assignee_section")?.flatten(),
        completed: value::flag(data, "completed")?.unwrap_or(false),
        due: when(data, "due_on", "due_at")?.flatten(),
        start: when(data, "start_on", "start_at")?.flatten(),
        homes: homes(data)?,
        parent: value::given_id::<TaskId>(data, "parent")?.flatten(),
        tags: value::ids(data, "tags")?.unwrap_or_default(),
        followers: call.users(tx, "followers", &followers).await?,
        fields: field_values(tx, call).await?,
        external: external(data)?.flatten(),
        liked: liked(data)?.unwrap_or(false),
    })
}

/// What is to change about a task. `projects`, `followers`, `tags`, `memberships`, `parent` and `workspace` have endpoints of
/// their own; in a record that is sent back whole they are ignored, like everything that only the server sets.
pub async fn task_change(tx: &mut Tx, call: &Call<'_>) -> Result<TaskChange> {
    let data = &call.data;
    Ok(TaskChange {
        name: value::text(data, "name")?.map(Option::unwrap_or_default),
        notes: text(data, "notes", "html_notes")?,
        kind: word(data, "resource_subtype", TaskKind::parse)?,
        approval: word(data, "approval_status", Approval::parse)?,
        assignee: assignee(tx, call).await?,
        list_section: value::given_id(data, "assignee_section")?.flatten(),
        completed: value::flag(data, "completed")?,
        due: when(data, "due_on", "due_at")?,
        start: when(data, "start_on", "start_at")?,
        fields: field_values(tx, call).await?,
        external: external(data)?,
        liked: liked(data)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Time;
    use serde_json::json;

    fn data(value: Value) -> Data {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn a_day_and_an_instant_exclude_each_other_and_null_clears() {
        let on = |day: &str| Some(Some(When::On(day.parse().expect("a date"))));
        let at = |time: &str| Some(Some(When::At(Time::parse(time).expect("a time"))));
        for (sent, wanted) in [
            (json!({}), None),
            (json!({"due_on": "2026-12-01"}), on("2026-12-01")),
            (json!({"due_at": "2026-12-01T10:00:00Z"}), at("2026-12-01T10:00:00Z")),
            (json!({"due_on": null}), Some(None)),
            (json!({"due_at": null}), Some(None)),
            (json!({"due_on": "2026-12-01", "due_at": null}), on("2026-12-01")),
            (json!({"due_on": "2026-12-01", "due_at": "2026-12-01T10:00:00Z"}), at("2026-12-01T10:00:00Z")),
            (json!({"due_on": null, "due_at": null}), Some(None)),
        ] {
            assert_eq!(when(&data(sent.clone()), "due_on", "due_at").expect("readable"), wanted, "{sent}");
        }
    }

    #[test]
    fn projects_and_memberships_name_homes_once() {
        let home = |project: i64, section: Option<i64>| NewHome {
            project: ProjectId(project),
            section: section.map(SectionId),
        };
        for (sent, wanted) in [
            (json!({"projects": "11"}), vec![home(11, None)]),
            (json!({"projects": [11, "12"]}), vec![home(11, None), home(12, None)]),
            (json!({"projects": "11,12"}), vec![home(11, None), home(12, None)]),
            (
                json!({"memberships": [{"project": "11", "section": 3}], "projects": ["11"]}),
                vec![home(11, Some(3))],
            ),
            (
                json!({"memberships": [{"project": {"gid": "11"}, "section": {"gid": "3", "name": "x"}}]}),
                vec![home(11, Some(3))],
            ),
            (json!({}), vec![]),
        ] {
            assert_eq!(homes(&data(sent.clone())).expect("readable"), wanted, "{sent}");
        }
        assert!(homes(&data(json!({"projects": ["x"]}))).is_err());
    }
}
