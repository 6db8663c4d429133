//! Values of custom fields on tasks.

use super::store::{self, Raw};
use super::{Entry, Field, FieldKind, FieldOption, FieldValue, Format, Input, load};
use crate::names::{Person, TaskName};
use crate::stories::{self, StoryKind};
use crate::tasks::{self, Task};
use crate::watchers::Watchers;
use crate::{checks, projects, zones};
use base::id::{FieldId, OptionId, TaskId, UserId};
use base::{Error, Limit, Result};
use db::Tx;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Sets values; each must be of a field that one of the task's projects shows. Returns whether anything changed.
/// The caller has checked the right to edit the task.
pub(crate) async fn set(tx: &mut Tx, task: &Task, inputs: &[(FieldId, Input)]) -> Result<bool> {
    let shown: HashSet<FieldId> =
        store::shown_on(tx, &[task.id]).await?.into_iter().map(|(_, id)| id).collect();
    let ids: Vec<FieldId> = inputs.iter().map(|(id, _)| *id).collect();
    let fields: HashMap<FieldId, Field> =
        load(tx, &ids).await?.into_iter().map(|field| (field.id, field)).collect();
    let old: HashMap<FieldId, Raw> =
        store::values_of(tx, &[task.id]).await?.into_iter().map(|(_, id, raw)| (id, raw)).collect();
    let watchers = Watchers::of(tx, task).await?;
    let mut changed = false;
    for (id, input) in inputs {
        let field = fields.get(id).filter(|_| shown.contains(id)).ok_or_else(|| {
            Error::invalid("field.not_shown", format!("no project of this task shows a custom field {id}"))
        })?;
        let before = old.get(id).cloned().unwrap_or_default();
        let after = read(tx, field, input, &before).await?;
        if before == after {
            continue;
        }
        changed = true;
        if after == Raw::default() {
            store::clear_value(tx, task.id, *id).await?;
        } else {
            store::put_value(tx, task.id, *id, &after).await?;
        }
        tell(tx, task, field, (&before, &after), &watchers).await?;
    }
    Ok(changed)
}

async fn tell(
    tx: &mut Tx,
    task: &Task,
    field: &Field,
    (before, after): (&Raw, &Raw),
    watchers: &Watchers,
) -> Result<()> {
    let names = Names::load(tx, [before, after].into_iter(), std::iter::once(field)).await?;
    let (old, new) = (names.value(field, before), names.value(field, after));
    let text = match new.as_ref().and_then(|value| display(field, value)) {
        Some(shown) => format!("changed {} to {shown}", field.name),
        None => format!("cleared {}", field.name),
    };
    let (old, new) = (old.as_ref().map_or(Value::Null, data), new.as_ref().map_or(Value::Null, data));
    let about = json!({"id": field.id, "name": field.name, "kind": field.kind});
    let kind = match field.kind {
        FieldKind::Text => StoryKind::TextFieldChanged,
        FieldKind::Number => StoryKind::NumberFieldChanged,
        FieldKind::Enum => StoryKind::EnumFieldChanged,
        FieldKind::MultiEnum => StoryKind::MultiEnumFieldChanged,
        FieldKind::Date => StoryKind::DateFieldChanged,
        FieldKind::People => StoryKind::PeopleFieldChanged,
        FieldKind::Reference => StoryKind::ReferenceFieldChanged,
    };
    let told =
        stories::tell(tx, task.id, kind, &text, json!({"field": about, "old": old, "new": new})).await?;
    let data =
        json!({"field": "custom_fields", "custom_field": about, "old": old, "new": new, "stories": [told]});
    watchers.enter(tx, "task.changed", task.id, tasks::facts(task, data));
    Ok(())
}

/// A value as stories and the journal keep it.
fn data(value: &FieldValue) -> Value {
    let option = |option: &FieldOption| json!({"id": option.id, "name": option.name, "color": option.color, "enabled": option.enabled});
    match value {
        FieldValue::Text(text) => json!(text),
        FieldValue::Number(number) => json!(number),
        FieldValue::Enum(one) => option(one),
        FieldValue::MultiEnum(some) => some.iter().map(option).collect(),
        FieldValue::Date { date, time } => json!({"date": date, "date_time": time}),
        FieldValue::People(people) => json!(people),
        FieldValue::Reference(tasks) => json!(tasks),
    }
}

fn wrong(field: &Field, wanted: &str) -> Error {
    Error::invalid("field.value", format!("the custom field {} takes {wanted}", field.name))
}

/// Reads what somebody sent as a value of the field.
async fn read(tx: &mut Tx, field: &Field, input: &Input, before: &Raw) -> Result<Raw> {
    let mut raw = Raw::default();
    match (field.kind, input) {
        (_, Input::Clear) => {}
        (FieldKind::Text, Input::Text(text)) => {
            checks::text(tx, text, "the value")?;
            tx.limits().check(Limit::FieldTextChars, text.chars().count(), "the value")?;
            raw.text = Some(text.clone()).filter(|text| !text.is_empty());
        }
        (FieldKind::Text, Input::Number(number)) => raw.text = Some(number.to_string()),
        (FieldKind::Number, Input::Number(number)) => raw.number = Some(round(field, *number)?),
        (FieldKind::Number, Input::Text(text)) => {
            let number = text.trim().parse().map_err(|_| wrong(field, "a number"))?;
            raw.number = Some(round(field, number)?);
        }
        (FieldKind::Enum, Input::Text(text)) => {
            raw.option = Some(option(field, text.trim().parse().ok(), before)?)
        }
        (FieldKind::Enum, Input::Number(number)) => raw.option = Some(option(field, whole(*number), before)?),
        (FieldKind::Enum, Input::Ids(ids)) if ids.len() == 1 => {
            raw.option = Some(option(field, ids.first().copied().map(OptionId), before)?);
        }
        (FieldKind::MultiEnum, input) => {
            let ids = ids(input).ok_or_else(|| wrong(field, "a list of the ids of its options"))?;
            let chosen: Vec<OptionId> =
                ids.into_iter().map(|id| option(field, Some(OptionId(id)), before)).collect::<Result<_>>()?;
            let in_order = field.options.iter().filter(|option| chosen.contains(&option.id));
            raw.items = in_order.map(|option| option.id.0).collect();
        }
        (FieldKind::Date, Input::Date(date)) => raw.date = Some(*date),
        (FieldKind::Date, Input::Time(time)) => {
            (raw.date, raw.time) = (Some(zones::day(tx, *time).await?), Some(*time));
        }
        (FieldKind::Date, Input::Text(text)) => match text.parse() {
            Ok(date) if text.len() == 10 => raw.date = Some(date),
            _ => {
                let time = base::Time::parse(text)?;
                (raw.date, raw.time) = (Some(zones::day(tx, time).await?), Some(time));
            }
        },
        (FieldKind::People, input) => {
            let ids = ids(input).ok_or_else(|| wrong(field, "a list of people"))?;
            let users: Vec<UserId> = ids.iter().copied().map(UserId).collect();
            let known = people::users::by_ids(tx, &users).await?;
            if let Some(unknown) = users.iter().find(|user| !known.contains_key(user)) {
                return Err(Error::invalid("user.unknown", format!("there is no user {unknown}")));
            }
            raw.items = unique(ids);
        }
        (FieldKind::Reference, input) => {
            let ids = ids(input).ok_or_else(|| wrong(field, "a list of tasks"))?;
            let wanted: Vec<TaskId> = ids.iter().copied().map(TaskId).collect();
            let seen = tasks::visible(tx, &wanted).await?;
            if let Some(unknown) = wanted.iter().find(|id| !seen.iter().any(|task| task.id == **id)) {
                return Err(Error::invalid("task.unknown", format!("there is no task {unknown}")));
            }
            raw.items = unique(ids);
        }
        (FieldKind::Text, _) => return Err(wrong(field, "text")),
        (FieldKind::Number, _) => return Err(wrong(field, "a number")),
        (FieldKind::Enum, _) => return Err(wrong(field, "the id of one of its options")),
        (FieldKind::Date, _) => return Err(wrong(field, "a date")),
    }
    Ok(raw)
}

fn unique(ids: Vec<i64>) -> Vec<i64> {
    let mut seen = HashSet::new();
    ids.into_iter().filter(|id| seen.insert(*id)).collect()
}

fn whole(number: f64) -> Option<OptionId> {
    format!("{number}").parse().ok()
}

fn ids(input: &Input) -> Option<Vec<i64>> {
    match input {
        Input::Ids(ids) => Some(ids.clone()),
        Input::Text(text) if text.trim().is_empty() => Some(Vec::new()),
        Input::Text(text) => text.split(',').map(|id| id.trim().parse().ok()).collect(),
        Input::Number(number) => whole(*number).map(|id| vec![id.0]),
        Input::Clear | Input::Date(_) | Input::Time(_) => None,
    }
}

/// Checks an option; a disabled one may stay but not be chosen.
fn option(field: &Field, id: Option<OptionId>, before: &Raw) -> Result<OptionId> {
    let found = field.options.iter().find(|option| Some(option.id) == id);
    let found = found.ok_or_else(|| wrong(field, "the id of one of its options"))?;
    if found.enabled || before.option == Some(found.id) || before.items.contains(&found.id.0) {
        return Ok(found.id);
    }
    Err(Error::invalid("option.disabled", format!("the option {} of {} is disabled", found.name, field.name)))
}

fn round(field: &Field, number: f64) -> Result<f64> {
    if !number.is_finite() || number.abs() > 1e15 {
        return Err(wrong(field, "a number of at most 15 digits"));
    }
    let unit = 10f64.powi(i32::from(field.precision.unwrap_or(0)));
    let rounded = (number * unit).round() / unit;
    Ok(if rounded == 0.0 { 0.0 } else { rounded })
}

/// How a value is shown; none when there is nothing to show.
pub fn display(field: &Field, value: &FieldValue) -> Option<String> {
    let joined = |names: Vec<&str>| Some(names.join(", ")).filter(|text| !text.is_empty());
    match value {
        FieldValue::Text(text) => Some(text.clone()),
        FieldValue::Number(number) => Some(number_text(field, *number)),
        FieldValue::Enum(option) => Some(option.name.clone()),
        FieldValue::MultiEnum(options) => joined(options.iter().map(|option| option.name.as_str()).collect()),
        FieldValue::Date { date, time: None } => Some(format!("{date}T00:00:00.000Z")),
        FieldValue::Date { time: Some(time), .. } => Some(time.to_string()),
        FieldValue::People(people) => joined(people.iter().map(|person| person.name.as_str()).collect()),
        FieldValue::Reference(tasks) => joined(tasks.iter().map(|task| task.name.as_str()).collect()),
    }
}

fn number_text(field: &Field, number: f64) -> String {
    let digits = usize::from(field.precision.unwrap_or(0));
    match field.format {
        Format::Percentage => format!("{:.*}%", digits.saturating_sub(2), number * 100.0),
        Format::Currency => {
            let code = field.currency_code.as_deref().unwrap_or_default();
            format!("{code} {number:.digits$}").trim_start().to_owned()
        }
        Format::Custom => {
            let label = field.custom_label.as_deref().unwrap_or_default();
            match field.custom_label_position.as_deref() {
                Some("prefix") => format!("{label} {number:.digits$}").trim_start().to_owned(),
                _ => format!("{number:.digits$} {label}").trim_end().to_owned(),
            }
        }
        Format::Duration => {
            let minutes = number / 60.0;
            format!("{:02.0}:{:02.0}", (minutes / 60.0).floor(), (minutes % 60.0).floor())
        }
        Format::None | Format::Identifier => format!("{number:.digits$}"),
    }
}

/// The names of what values point at.
struct Names {
    people: BTreeMap<UserId, Person>,
    tasks: HashMap<TaskId, TaskName>,
}

impl Names {
    async fn load<'a>(
        tx: &mut Tx,
        raws: impl Iterator<Item = &'a Raw>,
        fields: impl Iterator<Item = &'a Field>,
    ) -> Result<Self> {
        let kinds: HashSet<FieldKind> = fields.map(|field| field.kind).collect();
        let items: Vec<i64> = raws.flat_map(|raw| raw.items.iter().copied()).collect();
        let users: Vec<UserId> = items.iter().copied().map(UserId).collect();
        let people = if kinds.contains(&FieldKind::People) {
            projects::names(tx, &users).await?
        } else {
            BTreeMap::new()
        };
        let ids: Vec<TaskId> = items.into_iter().map(TaskId).collect();
        // Only what the reader may see: a reference must not tell the name of a hidden task.
        let seen =
            if kinds.contains(&FieldKind::Reference) { tasks::visible(tx, &ids).await? } else { Vec::new() };
        let tasks =
            seen.into_iter().map(|t| (t.id, TaskName { id: t.id, name: t.name, kind: t.kind })).collect();
        Ok(Self { people, tasks })
    }

    fn value(&self, field: &Field, raw: &Raw) -> Option<FieldValue> {
        let option = |id: i64| field.options.iter().find(|option| option.id.0 == id).cloned();
        match field.kind {
            FieldKind::Text => raw.text.clone().map(FieldValue::Text),
            FieldKind::Number => raw.number.map(FieldValue::Number),
            FieldKind::Enum => raw.option.and_then(|id| option(id.0)).map(FieldValue::Enum),
            FieldKind::Date => raw.date.map(|date| FieldValue::Date { date, time: raw.time }),
            _ if raw.items.is_empty() => None,
            FieldKind::MultiEnum => {
                Some(FieldValue::MultiEnum(raw.items.iter().copied().filter_map(option).collect()))
            }
            FieldKind::People => {
                let found = raw.items.iter().filter_map(|id| self.people.get(&UserId(*id)).cloned());
                Some(FieldValue::People(found.collect()))
            }
            FieldKind::Reference => {
                let found = raw.items.iter().filter_map(|id| self.tasks.get(&TaskId(*id)).cloned());
                Some(FieldValue::Reference(found.collect()))
            }
        }
    }
}

/// The fields of many tasks with their values: those that a project of the task shows, then those that only their value keeps.
pub(crate) async fn of_tasks(tx: &mut Tx, tasks: &[TaskId]) -> Result<HashMap<TaskId, Vec<Entry>>> {
    let shown = store::shown_on(tx, tasks).await?;
    let values = store::values_of(tx, tasks).await?;
    let mut ids: Vec<FieldId> =
        shown.iter().map(|(_, id)| *id).chain(values.iter().map(|(_, id, _)| *id)).collect();
    ids.sort_unstable();
    ids.dedup();
    let fields: HashMap<FieldId, Arc<Field>> =
        load(tx, &ids).await?.into_iter().map(|field| (field.id, Arc::new(field))).collect();
    let names =
        Names::load(tx, values.iter().map(|(_, _, raw)| raw), fields.values().map(|field| field.as_ref()))
            .await?;
    let mut raws: HashMap<(TaskId, FieldId), Raw> =
        values.iter().map(|(task, field, raw)| ((*task, *field), raw.clone())).collect();
    let mut found: HashMap<TaskId, Vec<Entry>> = HashMap::new();
    let kept = values.into_iter().map(|(task, field, _)| (task, field, false));
    for (task, id, enabled) in shown.into_iter().map(|(task, field)| (task, field, true)).chain(kept) {
        let entries = found.entry(task).or_default();
        let Some(field) = fields.get(&id) else { continue };
        if entries.iter().any(|entry| entry.field.id == id) {
            continue;
        }
        let value = raws.remove(&(task, id)).and_then(|raw| names.value(field, &raw));
        entries.push(Entry { field: field.clone(), value, enabled });
    }
    Ok(found)
}
