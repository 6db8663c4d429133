//! The statement of a search.

use super::{Among, Days, FieldTest, Instants, SearchFilter, SortBy};
use crate::access;
use crate::fields::FieldKind;
use crate::tasks::{self, Task};
use base::id::FieldId;
use base::{Date, Result, Time, Value};
use db::{Filter, Tx};

pub(super) async fn find(
    tx: &mut Tx,
    wanted: &SearchFilter,
    tests: &[(FieldKind, FieldId, &FieldTest)],
    limit: usize,
) -> Result<Vec<Task>> {
    let mut filter = Filter::default();
    filter.and("t.deleted_at is null", []);
    access::seen_tasks(tx, &mut filter);
    words(&mut filter, wanted.text.as_deref());
    state(&mut filter, wanted);
    connections(&mut filter, wanted);
    times(&mut filter, wanted);
    for (kind, field, test) in tests {
        field_test(&mut filter, *kind, *field, test);
    }
    let order = order(&mut filter, wanted);
    let limit = filter.param(limit);
    let sql = format!(
        "select {} from task t where {} order by {order} limit {limit}",
        tasks::store::COLUMNS,
        filter.sql()
    );
    tx.rows(&sql, filter.params()).await?.into_iter().map(tasks::store::from_row).collect()
}

fn words(filter: &mut Filter, text: Option<&str>) {
    for word in text.unwrap_or_default().split_whitespace() {
        let pattern = db::like("%", word, "%");
        filter.and(
            "(lower(t.name) like ? escape '\\' or lower(t.notes) like ? escape '\\')",
            [pattern.clone().into(), pattern.into()],
        );
    }
}

fn flag(filter: &mut Filter, wanted: Option<bool>, condition: &str) {
    match wanted {
        None => {}
        Some(true) => filter.and(condition, []),
        Some(false) => filter.and(&format!("not ({condition})"), []),
    }
}

fn state(filter: &mut Filter, wanted: &SearchFilter) {
    flag(filter, wanted.completed, "t.completed_at is not null");
    flag(filter, wanted.is_subtask, "t.parent_id is not null");
    flag(
        filter,
        wanted.is_blocked,
        "exists (select 1 from dependency d join task w on w.id = d.waits_for_id
          where d.task_id = t.id and w.completed_at is null and w.deleted_at is null)",
    );
    flag(
        filter,
        wanted.is_blocking,
        "t.completed_at is null and exists (select 1 from dependency d join task w on w.id = d.task_id
          where d.waits_for_id = t.id and w.completed_at is null and w.deleted_at is null)",
    );
    flag(
        filter,
        wanted.has_attachment,
        "exists (select 1 from attachment a where a.task_id = t.id and a.deleted_at is null)",
    );
    if let Some(kind) = wanted.kind {
        filter.and("t.kind = ?", [kind.into()]);
    }
}

fn marks(values: usize) -> String {
    vec!["?"; values].join(", ")
}

fn values<I: Copy + Into<Value>>(ids: &[I]) -> Vec<Value> {
    ids.iter().map(|id| (*id).into()).collect()
}

/// Conditions on a column of the task itself.
fn column<I: Copy + Into<Value>>(filter: &mut Filter, column: &str, among: &Among<I>) {
    let is_any = format!("{column} in ({})", marks(among.any.len()));
    match (among.any.is_empty(), among.or_none) {
        (true, false) => {}
        (true, true) => filter.and(&format!("{column} is null"), []),
        (false, false) => filter.and(&is_any, values(&among.any)),
        (false, true) => filter.and(&format!("({column} is null or {is_any})"), values(&among.any)),
    }
    if !among.not.is_empty() {
        let sql = format!("({column} is null or {column} not in ({}))", marks(among.not.len()));
        filter.and(&sql, values(&among.not));
    }
    for id in &among.all {
        filter.and(&format!("{column} = ?"), [(*id).into()]);
    }
}

/// Conditions on rows that belong to the task: `rows` is what follows `select 1`, `column` what is compared.
fn rows<I: Copy + Into<Value>>(filter: &mut Filter, rows: &str, column: &str, among: &Among<I>) {
    let exists = |n: usize| format!("exists (select 1 {rows} and {column} in ({}))", marks(n));
    let none = format!("not exists (select 1 {rows})");
    match (among.any.is_empty(), among.or_none) {
        (true, false) => {}
        (true, true) => filter.and(&none, []),
        (false, false) => filter.and(&exists(among.any.len()), values(&among.any)),
        (false, true) => filter.and(&format!("({none} or {})", exists(among.any.len())), values(&among.any)),
    }
    if !among.not.is_empty() {
        filter.and(&format!("not {}", exists(among.not.len())), values(&among.not));
    }
    for id in &among.all {
        filter.and(&exists(1), [(*id).into()]);
    }
}

fn connections(filter: &mut Filter, wanted: &SearchFilter) {
    column(filter, "t.assignee_id", &wanted.assignee);
    column(filter, "t.created_by", &wanted.created_by);
    column(filter, "t.assigned_by", &wanted.assigned_by);
    rows(filter, "from task_follower f where f.task_id = t.id", "f.user_id", &wanted.followers);
    rows(filter, "from liked l where l.kind = 'task' and l.subject_id = t.id", "l.user_id", &wanted.liked_by);
    rows(
        filter,
        "from story s where s.task_id = t.id and s.kind = 'comment_added' and s.deleted_at is null",
        "s.created_by",
        &wanted.commented_on_by,
    );
    rows(filter, "from membership m where m.task_id = t.id", "m.project_id", &wanted.projects);
    rows(filter, "from membership m where m.task_id = t.id", "m.section_id", &wanted.sections);
    rows(filter, "from task_tag g where g.task_id = t.id", "g.tag_id", &wanted.tags);
    rows(
        filter,
        "from membership m join project p on p.id = m.project_id where m.task_id = t.id and p.deleted_at is null",
        "p.team_id",
        &wanted.teams,
    );
}

fn midnight(date: Date) -> Value {
    let at = date.to_zoned(base::jiff::tz::TimeZone::UTC).map(|zoned| Time::from(zoned.timestamp()));
    at.unwrap_or(Time::from_millis(i64::MAX)).into()
}

fn next(date: Date) -> Date {
    date.tomorrow().unwrap_or(date)
}

/// Conditions on a column that holds a day.
fn day(filter: &mut Filter, column: &str, days: &Days) {
    match days.on {
        None => {}
        Some(None) => filter.and(&format!("{column} is null"), []),
        Some(Some(date)) => filter.and(&format!("{column} = ?"), [date.into()]),
    }
    if let Some(before) = days.before {
        filter.and(&format!("{column} <= ?"), [before.into()]);
    }
    if let Some(after) = days.after {
        filter.and(&format!("{column} >= ?"), [after.into()]);
    }
}

/// Conditions on the day of a column that holds an instant.
fn day_of(filter: &mut Filter, column: &str, days: &Days) {
    match days.on {
        None => {}
        Some(None) => filter.and(&format!("{column} is null"), []),
        Some(Some(date)) => {
            filter.and(&format!("{column} >= ? and {column} < ?"), [midnight(date), midnight(next(date))]);
        }
    }
    if let Some(before) = days.before {
        filter.and(&format!("{column} < ?"), [midnight(next(before))]);
    }
    if let Some(after) = days.after {
        filter.and(&format!("{column} >= ?"), [midnight(after)]);
    }
}

fn instant(filter: &mut Filter, column: &str, instants: &Instants) {
    if let Some(before) = instants.before {
        filter.and(&format!("{column} < ?"), [before.into()]);
    }
    if let Some(after) = instants.after {
        filter.and(&format!("{column} > ?"), [after.into()]);
    }
}

fn times(filter: &mut Filter, wanted: &SearchFilter) {
    day(filter, "t.due_on", &wanted.due_on);
    day(filter, "t.start_on", &wanted.start_on);
    day_of(filter, "t.created_at", &wanted.created_on);
    day_of(filter, "t.completed_at", &wanted.completed_on);
    day_of(filter, "t.modified_at", &wanted.modified_on);
    instant(filter, "t.due_at", &wanted.due_at);
    instant(filter, "t.created_at", &wanted.created_at);
    instant(filter, "t.completed_at", &wanted.completed_at);
    instant(filter, "t.modified_at", &wanted.modified_at);
}

const IS_SET: &str = "(v.text_value is not null or v.number_value is not null or v.option_id is not null
  or v.date_value is not null or v.items is not null)";

fn field_test(filter: &mut Filter, kind: FieldKind, field: FieldId, test: &FieldTest) {
    let (condition, value): (String, Option<Value>) = match test {
        FieldTest::IsSet(true) => (IS_SET.to_owned(), None),
        FieldTest::IsSet(false) => {
            let sql = format!(
                "not exists (select 1 from field_value v where v.task_id = t.id and v.field_id = ? and {IS_SET})"
            );
            filter.and(&sql, [field.into()]);
            return;
        }
        FieldTest::Is(text) => is(kind, text),
        FieldTest::StartsWith(text) => (LIKE.to_owned(), Some(db::like("", text, "%").into())),
        FieldTest::EndsWith(text) => (LIKE.to_owned(), Some(db::like("%", text, "").into())),
        FieldTest::Contains(text) => (LIKE.to_owned(), Some(db::like("%", text, "%").into())),
        FieldTest::LessThan(number) => ("v.number_value < ?".to_owned(), Some((*number).into())),
        FieldTest::GreaterThan(number) => ("v.number_value > ?".to_owned(), Some((*number).into())),
        FieldTest::Before(date) => ("v.date_value <= ?".to_owned(), Some((*date).into())),
        FieldTest::After(date) => ("v.date_value >= ?".to_owned(), Some((*date).into())),
    };
    let sql = format!(
        "exists (select 1 from field_value v where v.task_id = t.id and v.field_id = ? and {condition})"
    );
    filter.and(&sql, std::iter::once(field.into()).chain(value));
}

const LIKE: &str = "lower(v.text_value) like ? escape '\\'";

fn is(kind: FieldKind, text: &str) -> (String, Option<Value>) {
    let never = || ("1 = 0".to_owned(), None);
    match kind {
        FieldKind::Text => ("v.text_value = ?".to_owned(), Some(text.into())),
        FieldKind::Number => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => ("v.number_value = ?".to_owned(), Some(number.into())),
            _ => never(),
        },
        FieldKind::Date => ("v.date_value = ?".to_owned(), Some(text.trim().into())),
        FieldKind::Enum => match text.trim().parse::<i64>() {
            Ok(option) => ("v.option_id = ?".to_owned(), Some(option.into())),
            Err(_) => never(),
        },
        // The ids are kept as a list of texts, so that each stands between quotes.
        FieldKind::MultiEnum | FieldKind::People | FieldKind::Reference => match text.trim().parse::<i64>() {
            Ok(id) => ("v.items like ?".to_owned(), Some(format!("%\"{id}\"%").into())),
            Err(_) => never(),
        },
    }
}

fn order(filter: &mut Filter, wanted: &SearchFilter) -> String {
    let way = if wanted.ascending { "asc" } else { "desc" };
    let by = wanted.sort_by.unwrap_or(SortBy::ModifiedAt);
    let key = match by {
        // The databases disagree about where nulls go, so that is said beforehand.
        SortBy::DueDate => format!("(case when t.due_on is null then 1 else 0 end), t.due_on {way}"),
        SortBy::CompletedAt => {
            format!("(case when t.completed_at is null then 1 else 0 end), t.completed_at {way}")
        }
        SortBy::CreatedAt => format!("t.created_at {way}"),
        SortBy::ModifiedAt => format!("t.modified_at {way}"),
        SortBy::Likes => {
            format!("(select count(*) from liked l where l.kind = 'task' and l.subject_id = t.id) {way}")
        }
        SortBy::Relevance => {
            let text = filter.param(db::like("%", wanted.text.as_deref().unwrap_or_default().trim(), "%"));
            format!(
                "(case when lower(t.name) like {text} escape '\\' then 0 else 1 end), t.modified_at {way}"
            )
        }
    };
    format!("{key}, t.id {way}")
}
