//! The statements about custom fields and their values.

use super::{Field, FieldOption};
use crate::names::{Person, ProjectName};
use base::id::{AnyId, FieldId, OptionId, ProjectId, TaskId};
use base::{Date, Result, Time, Value};
use db::{Filter, Row, Tx, params};

const FIELD: &str = "select f.id, f.kind, f.name, f.description, f.precision_digits, f.format, f.currency_code, f.custom_label,
  f.custom_label_position, f.notifies, f.is_global, f.created_at, f.created_by from field f";

fn from_row(row: Row) -> Result<Field> {
    let mut c = row.columns();
    Ok(Field {
        id: c.next()?,
        kind: c.next()?,
        name: c.next()?,
        description: c.next()?,
        precision: c.next::<Option<i64>>()?.and_then(|digits| u8::try_from(digits).ok()),
        format: c.next()?,
        currency_code: c.next()?,
        custom_label: c.next()?,
        custom_label_position: c.next()?,
        notifies: c.next()?,
        is_global: c.next()?,
        created_at: c.next()?,
        created_by: c.next::<Option<_>>()?.map(|id| Person::new(id, "")),
        options: Vec::new(),
    })
}

pub(super) async fn by_ids(tx: &mut Tx, ids: &[FieldId]) -> Result<Vec<Field>> {
    let mut filter = Filter::default();
    filter.and_in("f.id", ids.iter().map(Value::from));
    let sql = format!("{FIELD} where f.deleted_at is null and {} order by f.id", filter.sql());
    tx.rows(&sql, filter.params()).await?.into_iter().map(from_row).collect()
}

pub(super) async fn after(tx: &mut Tx, after: i64, limit: usize) -> Result<Vec<Field>> {
    let sql = format!("{FIELD} where f.deleted_at is null and f.id > $1 order by f.id limit $2");
    tx.rows(&sql, &params![after, limit]).await?.into_iter().map(from_row).collect()
}

/// Makes changes of a field's options wait for each other.
pub(super) async fn lock(tx: &mut Tx, id: FieldId) -> Result<()> {
    tx.rows("select id from field where id = $1 /*pg: for update */", &params![id]).await.map(drop)
}

pub(super) async fn insert(tx: &mut Tx, f: &Field) -> Result<()> {
    let sql = "insert into field (id, kind, name, description, precision_digits, format, currency_code, custom_label,
      custom_label_position, notifies, is_global, created_at, created_by)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let values = params![
        f.id,
        f.kind,
        &f.name,
        &f.description,
        f.precision.map(i64::from),
        f.format,
        f.currency_code.clone(),
        f.custom_label.clone(),
        f.custom_label_position.clone(),
        f.notifies,
        f.is_global,
        f.created_at,
        f.created_by.as_ref().map(|by| by.id),
    ];
    tx.run(sql, &values).await.map(|_| ())
}

pub(super) async fn update(tx: &mut Tx, f: &Field) -> Result<()> {
    let sql = "update field set name = $2, description = $3, precision_digits = $4, format = $5, currency_code = $6,
      custom_label = $7, custom_label_position = $8, notifies = $9 where id = $1";
    let values = params![
        f.id,
        &f.name,
        &f.description,
        f.precision.map(i64::from),
        f.format,
        f.currency_code.clone(),
        f.custom_label.clone(),
        f.custom_label_position.clone(),
        f.notifies,
    ];
    tx.run(sql, &values).await.map(|_| ())
}

pub(super) async fn delete(tx: &mut Tx, id: FieldId) -> Result<()> {
    let now = tx.now();
    tx.run("delete from field_value where field_id = $1", &params![id]).await?;
    tx.run("delete from field_setting where field_id = $1", &params![id]).await?;
    tx.run("update field set deleted_at = $2 where id = $1", &params![id, now]).await.map(|_| ())
}

const OPTION: &str = "select o.id, o.field_id, o.name, o.color, o.enabled, o.rank from field_option o";

fn option_from_row(row: Row) -> Result<FieldOption> {
    let mut c = row.columns();
    Ok(FieldOption {
        id: c.next()?,
        field: c.next()?,
        name: c.next()?,
        color: c.next()?,
        enabled: c.next()?,
        rank: c.next()?,
    })
}

pub(super) async fn options_of(tx: &mut Tx, fields: &[FieldId]) -> Result<Vec<FieldOption>> {
    let mut filter = Filter::default();
    filter.and_in("o.field_id", fields.iter().map(Value::from));
    let sql = format!("{OPTION} where {} order by o.field_id, o.rank", filter.sql());
    tx.rows(&sql, filter.params()).await?.into_iter().map(option_from_row).collect()
}

pub(super) async fn option(tx: &mut Tx, id: OptionId) -> Result<Option<FieldOption>> {
    tx.opt(&format!("{OPTION} where o.id = $1"), &params![id]).await?.map(option_from_row).transpose()
}

pub(super) async fn insert_option(tx: &mut Tx, o: &FieldOption) -> Result<()> {
    let sql =
        "insert into field_option (id, field_id, name, color, enabled, rank) values ($1, $2, $3, $4, $5, $6)";
    tx.run(sql, &params![o.id, o.field, &o.name, o.color.clone(), o.enabled, &o.rank]).await.map(|_| ())
}

pub(super) async fn update_option(tx: &mut Tx, o: &FieldOption) -> Result<()> {
    let sql = "update field_option set name = $2, color = $3, enabled = $4, rank = $5 where id = $1";
    tx.run(sql, &params![o.id, &o.name, o.color.clone(), o.enabled, &o.rank]).await.map(|_| ())
}

/// A setting without its field.
pub(super) struct SettingRow {
    pub id: AnyId,
    pub project: ProjectName,
    pub field: FieldId,
    pub is_important: bool,
    pub rank: String,
}

pub(super) async fn settings_of(tx: &mut Tx, projects: &[ProjectId]) -> Result<Vec<SettingRow>> {
    let mut filter = Filter::default();
    filter.and_in("g.project_id", projects.iter().map(Value::from));
    let sql = format!(
        "select g.id, p.id, p.name, g.field_id, g.is_important, g.rank from field_setting g
         join project p on p.id = g.project_id where {} order by g.rank, g.id",
        filter.sql()
    );
    let rows = tx.rows(&sql, filter.params()).await?;
    rows.into_iter()
        .map(|row| {
            let mut c = row.columns();
            Ok(SettingRow {
                id: c.next()?,
                project: ProjectName { id: c.next()?, name: c.next()? },
                field: c.next()?,
                is_important: c.next()?,
                rank: c.next()?,
            })
        })
        .collect()
}

pub(super) async fn put_setting(
    tx: &mut Tx,
    project: ProjectId,
    field: FieldId,
    is_important: bool,
    rank: &str,
) -> Result<AnyId> {
    let id: AnyId = tx.new_id();
    let sql = "insert into field_setting (id, project_id, field_id, is_important, rank) values ($1, $2, $3, $4, $5)
      on conflict (project_id, field_id) do update set is_important = excluded.is_important, rank = excluded.rank returning id";
    tx.one(sql, &params![id, project, field, is_important, rank]).await?.get(0)
}

pub(super) async fn remove_setting(tx: &mut Tx, project: ProjectId, field: FieldId) -> Result<bool> {
    let sql = "delete from field_setting where project_id = $1 and field_id = $2";
    Ok(tx.run(sql, &params![project, field]).await? > 0)
}

/// The fields that the projects of these tasks show: task and field, in the order in which a record lists them.
pub(super) async fn shown_on(tx: &mut Tx, tasks: &[TaskId]) -> Result<Vec<(TaskId, FieldId)>> {
    let mut filter = Filter::default();
    filter.and_in("m.task_id", tasks.iter().map(Value::from));
    let sql = format!(
        "select m.task_id, g.field_id from membership m join field_setting g on g.project_id = m.project_id
         join project p on p.id = m.project_id where p.deleted_at is null and {}
         order by m.added_at, m.project_id, g.rank, g.id",
        filter.sql()
    );
    tx.rows(&sql, filter.params()).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// A value as it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Raw {
    pub text: Option<String>,
    pub number: Option<f64>,
    pub option: Option<OptionId>,
    pub date: Option<Date>,
    pub time: Option<Time>,
    pub items: Vec<i64>,
}

pub(super) async fn values_of(tx: &mut Tx, tasks: &[TaskId]) -> Result<Vec<(TaskId, FieldId, Raw)>> {
    let mut filter = Filter::default();
    filter.and_in("task_id", tasks.iter().map(Value::from));
    let sql = format!(
        "select task_id, field_id, text_value, number_value, option_id, date_value, time_value, items from field_value
         where {} order by field_id",
        filter.sql()
    );
    let rows = tx.rows(&sql, filter.params()).await?;
    rows.into_iter()
        .map(|row| {
            let mut c = row.columns();
            let (task, field) = (c.next()?, c.next()?);
            let raw = Raw {
                text: c.next()?,
                number: c.next()?,
                option: c.next()?,
                date: c.next()?,
                time: c.next()?,
                items: items(c.next::<Option<serde_json::Value>>()?),
            };
            Ok((task, field, raw))
        })
        .collect()
}

fn items(json: Option<serde_json::Value>) -> Vec<i64> {
    let list = json.as_ref().and_then(|json| json.as_array());
    list.into_iter().flatten().filter_map(|item| item.as_str()?.parse().ok()).collect()
}

pub(super) async fn put_value(tx: &mut Tx, task: TaskId, field: FieldId, raw: &Raw) -> Result<()> {
    let sql = "insert into field_value (task_id, field_id, text_value, number_value, option_id, date_value, time_value, items)
      values ($1, $2, $3, $4, $5, $6, $7, $8)
      on conflict (task_id, field_id) do update set text_value = excluded.text_value, number_value = excluded.number_value,
        option_id = excluded.option_id, date_value = excluded.date_value, time_value = excluded.time_value, items = excluded.items";
    let ids: Vec<String> = raw.items.iter().map(i64::to_string).collect();
    let items = (!ids.is_empty()).then(|| serde_json::json!(ids));
    let values = params![task, field, raw.text.clone(), raw.number, raw.option, raw.date, raw.time, items];
    tx.run(sql, &values).await.map(|_| ())
}

pub(super) async fn clear_value(tx: &mut Tx, task: TaskId, field: FieldId) -> Result<()> {
    tx.run("delete from field_value where task_id = $1 and field_id = $2", &params![task, field])
        .await
        .map(|_| ())
}
