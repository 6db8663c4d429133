//! The statement of what a page shows.

use super::{COLUMNS, WIDTH, from_row};
use crate::access;
use crate::tasks::shown::{Group, Placed, Shown, Sort};
use base::id::{ProjectId, SectionId, TaskId};
use base::{Result, Value};
use db::{Filter, Tx, params};

pub(crate) async fn shown(tx: &mut Tx, wanted: &Shown) -> Result<Vec<Placed>> {
    let mut filter = Filter::default();
    let from = from(&mut filter, wanted);
    let (section, own) = if wanted.project.is_some() { ("m.section_id", true) } else { ("null", false) };
    conditions(&mut filter, wanted, own);
    if !own {
        access::seen_tasks(tx, &mut filter);
    }
    let order = order(wanted, own);
    let (limit, skip) = (filter.param(wanted.limit + 1), filter.param(wanted.skip));
    let sql = format!(
        "select {COLUMNS}, {section} from {from} where {} order by {order} limit {limit} offset {skip}",
        filter.sql()
    );
    let rows = tx.rows(&sql, filter.params()).await?;
    rows.into_iter()
        .map(|row| {
            let section = if own { Some(row.get(WIDTH)?) } else { None };
            Ok((from_row(row)?, section))
        })
        .collect()
}

/// Where the rows come from. With a bound for each section its index is read that far and no further, however long the section is.
fn from(filter: &mut Filter, wanted: &Shown) -> String {
    let Some(project) = wanted.project else { return "task t".to_owned() };
    filter.and("s.project_id = ?", params![project]);
    if let Some(section) = wanted.section {
        filter.and("s.id = ?", params![section]);
    }
    let open = if wanted.completed == Some(false) { "and r.is_open" } else { "" };
    let Some(most) = wanted.of_each else {
        return "section s /*lite: cross */ join membership m on m.section_id = s.id join task t on t.id = m.task_id".to_owned();
    };
    let (id, last) = (filter.param(project), filter.param(most.saturating_sub(1)));
    format!(
        "section s
         /*pg: cross join lateral (select r.* from membership r where r.project_id = {id} and r.section_id = s.id {open}
           order by r.rank, r.task_id limit {last} + 1) m */
         /*lite: cross join membership m on m.section_id = s.id and m.rank <= coalesce((select r.rank from membership r
           where r.project_id = {id} and r.section_id = s.id {open} order by r.rank, r.task_id limit 1 offset {last}), '~') */
         join task t on t.id = m.task_id"
    )
}

fn conditions(filter: &mut Filter, wanted: &Shown, own: bool) {
    match wanted.completed {
        Some(false) if own => {
            filter.and("m.is_open", []);
            filter.and("m.project_id = ?", params![wanted.project]); // For the index of open ones alone.
        }
        Some(false) => filter.and("t.completed_at is null", []),
        Some(true) => filter.and("t.completed_at is not null", []),
        None => {}
    }
    filter.and("t.deleted_at is null", []);
    match wanted.assignee {
        Some(Some(user)) => filter.and("t.assignee_id = ?", params![user]),
        Some(None) => filter.and("t.assignee_id is null", []),
        None => {}
    }
    if let Some(since) = wanted.completed_since {
        filter.and("t.completed_at >= ?", params![since]);
    }
    if let Some(day) = wanted.due_from {
        filter.and("t.due_on >= ?", params![day]);
    }
    if let Some(day) = wanted.due_to {
        filter.and("t.due_on <= ?", params![day]);
    }
    if wanted.undated {
        filter.and("t.due_on is null", []);
    }
    for word in wanted.text.as_deref().unwrap_or_default().split_whitespace().take(20) {
        filter.and("lower(t.name) like ? escape '\\'", params![db::like("%", word, "%")]);
    }
}

const DUE: &str = "(case when t.due_on is null then 1 else 0 end), t.due_on";
const ASSIGNEE: &str = "(case when t.assignee_id is null then 1 else 0 end), t.assignee_id";

fn order(wanted: &Shown, own: bool) -> String {
    let group = match wanted.group {
        Group::Section if own => Some("s.rank"),
        Group::Assignee => Some(ASSIGNEE),
        Group::Due => Some(DUE),
        Group::Section | Group::None => None,
    };
    let sort = match wanted.sort {
        Sort::Place if own && wanted.group == Group::Section => "m.rank, m.task_id".to_owned(),
        Sort::Place if own => "s.rank, m.rank, m.task_id".to_owned(),
        Sort::Place => "t.id".to_owned(),
        Sort::Due => format!("{DUE}, (case when t.due_at is null then 0 else t.due_at end), t.id"),
        Sort::Assignee => format!("{ASSIGNEE}, t.id"),
        Sort::Name => "lower(t.name), t.id".to_owned(),
        Sort::Created => "t.created_at desc, t.id desc".to_owned(),
        Sort::Changed => "t.modified_at desc, t.id desc".to_owned(),
        Sort::Completed => "t.completed_at desc, t.id desc".to_owned(),
    };
    group.map_or(sort.clone(), |group| format!("{group}, {sort}"))
}

pub(crate) async fn section_counts(
    tx: &mut Tx,
    project: ProjectId,
    only_open: bool,
) -> Result<Vec<(SectionId, usize)>> {
    let sql = if only_open {
        "select section_id, count(*) from membership where project_id = $1 and is_open group by section_id"
    } else {
        "select m.section_id, count(*) from membership m join task t on t.id = m.task_id
         where m.project_id = $1 and t.deleted_at is null group by m.section_id"
    };
    let rows = tx.rows(sql, &params![project]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, usize::try_from(row.get::<i64>(1)?).unwrap_or(0)))).collect()
}

/// Where a task stands in a project: its section and rank, so that it can be put back there.
pub(crate) async fn seats_of(
    tx: &mut Tx,
    project: ProjectId,
    tasks: &[TaskId],
) -> Result<Vec<(TaskId, SectionId, String)>> {
    let mut filter = Filter::default();
    filter.and("project_id = ?", params![project]);
    filter.and_in("task_id", tasks.iter().map(Value::from));
    let sql = format!("select task_id, section_id, rank from membership where {}", filter.sql());
    let rows = tx.rows(&sql, filter.params()).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}
