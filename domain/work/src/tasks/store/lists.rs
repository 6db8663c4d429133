//! The statements that list tasks.

use super::{COLUMNS, WIDTH, all, from_row};
use crate::access;
use crate::names::TaskName;
use crate::page::{Listed, Page, stale};
use crate::tasks::{Completed, Filter as Wanted, Task, Within};
use base::id::{ProjectId, SectionId, TaskId};
use base::{Result, Value};
use db::{Filter, Row, Tx, params};

/// Adds which tasks are wanted. `open` is how an index knows that a task is open, where one does.
fn wanted(filter: &mut Filter, wanted: &Wanted, open: Option<&str>) {
    match wanted.completed {
        Completed::Any => {}
        Completed::Open => filter.and(open.unwrap_or("t.completed_at is null"), []),
        Completed::Since(at) => filter.and("(t.completed_at is null or t.completed_at >= ?)", params![at]),
    }
    if let Some(at) = wanted.modified_since {
        filter.and("t.touched_at >= ?", params![at]);
    }
    filter.and("t.deleted_at is null", []);
}

/// How much of a task a list reads: columns of `task t`, and how a row of them is read.
pub(crate) trait Shape: Sized {
    const COLUMNS: &'static str;
    const WIDTH: usize;
    fn read(row: Row) -> Result<Self>;
    fn id(&self) -> TaskId;
}

impl Shape for Task {
    const COLUMNS: &'static str = COLUMNS;
    const WIDTH: usize = WIDTH;
    fn read(row: Row) -> Result<Self> {
        from_row(row)
    }
    fn id(&self) -> TaskId {
        self.id
    }
}

impl Shape for TaskName {
    const COLUMNS: &'static str = "t.id, t.name, t.kind";
    const WIDTH: usize = 3;
    fn read(row: Row) -> Result<Self> {
        let mut c = row.columns();
        Ok(Self { id: c.next()?, name: c.next()?, kind: c.next()? })
    }
    fn id(&self) -> TaskId {
        self.id
    }
}

/// The tasks within something, in order. The caller has checked that the actor sees what they are within; where that does not mean that
/// the actor sees the tasks, the statement asks.
pub(crate) async fn list(tx: &mut Tx, within: Within, which: &Wanted, page: &Page) -> Result<Listed<Task>> {
    list_as(tx, within, which, page).await
}

/// The same, and as much of them as `T` reads.
pub(crate) async fn list_as<T: Shape>(
    tx: &mut Tx,
    within: Within,
    which: &Wanted,
    page: &Page,
) -> Result<Listed<T>> {
    match within {
        Within::Project(project) => of_project(tx, project, which, page).await,
        Within::Section(section) => of_section(tx, section, which, page).await,
        Within::List(list) => of_list(tx, list.0, which, page).await,
        Within::Parent(parent) => of_parent(tx, parent, which, page).await,
        Within::Tag(tag) => {
            let mut filter = Filter::default();
            filter.and("g.tag_id = ?", params![tag]);
            by_id_order(tx, "task_tag g join task t on t.id = g.task_id", filter, which, page).await
        }
        Within::Assignee(user) => {
            let mut filter = Filter::default();
            filter.and("t.assignee_id = ?", params![user]);
            by_id_order(tx, "task t", filter, which, page).await
        }
    }
}

async fn by_id_order<T: Shape>(
    tx: &mut Tx,
    from: &str,
    mut filter: Filter,
    which: &Wanted,
    page: &Page,
) -> Result<Listed<T>> {
    filter.and("t.id > ?", params![page.after_id()?]);
    wanted(&mut filter, which, None);
    access::seen_tasks(tx, &mut filter);
    let limit = filter.param(page.limit + 1);
    let sql = format!("select {} from {from} where {} order by t.id limit {limit}", T::COLUMNS, filter.sql());
    let found = tx.rows(&sql, filter.params()).await?.into_iter().map(T::read).collect::<Result<_>>()?;
    Ok(Listed::cut(found, page.limit, |task: &T| task.id().to_string()))
}

/// Sections in order, then the index of each: nothing is sorted, and a page stops where it ends. SQLite is told to begin with the sections.
async fn of_project<T: Shape>(
    tx: &mut Tx,
    project: ProjectId,
    which: &Wanted,
    page: &Page,
) -> Result<Listed<T>> {
    let mut filter = Filter::default();
    filter.and("s.project_id = ?", params![project]);
    if which.completed == Completed::Open {
        filter.and("m.project_id = ?", params![project]); // For the index of open ones alone.
    }
    if let Some([section, rank, id]) = page.key::<3>()? {
        let id: i64 = id.parse().map_err(|_| stale())?;
        // The first condition says nothing new, but lets the index skip the sections of earlier pages.
        filter.and("s.rank >= ?", params![&section]);
        filter.and("(s.rank, m.rank, m.task_id) > (?, ?, ?)", params![section, rank, id]);
    }
    wanted(&mut filter, which, Some("m.is_open"));
    let limit = filter.param(page.limit + 1);
    let sql = format!(
        "select {columns}, s.rank, m.rank from section s /*lite: cross */ join membership m on m.section_id = s.id
         join task t on t.id = m.task_id where {} order by s.rank, m.rank, m.task_id limit {limit}",
        filter.sql(),
        columns = T::COLUMNS,
    );
    let rows = tx.rows(&sql, filter.params()).await?;
    keyed(rows, page, |row, task: &T| {
        Ok(format!("{}|{}|{}", row.get::<String>(T::WIDTH)?, row.get::<String>(T::WIDTH + 1)?, task.id()))
    })
}

async fn of_section<T: Shape>(
    tx: &mut Tx,
    section: SectionId,
    which: &Wanted,
    page: &Page,
) -> Result<Listed<T>> {
    let mut filter = Filter::default();
    filter.and("m.section_id = ?", params![section]);
    if let Some([rank, id]) = page.key::<2>()? {
        let id: i64 = id.parse().map_err(|_| stale())?;
        filter.and("(m.rank, m.task_id) > (?, ?)", params![rank, id]);
    }
    wanted(&mut filter, which, Some("m.is_open"));
    let limit = filter.param(page.limit + 1);
    let sql = format!(
        "select {columns}, m.rank from membership m join task t on t.id = m.task_id
         where {} order by m.rank, m.task_id limit {limit}",
        filter.sql(),
        columns = T::COLUMNS,
    );
    let rows = tx.rows(&sql, filter.params()).await?;
    keyed(rows, page, |row, task: &T| Ok(format!("{}|{}", row.get::<String>(T::WIDTH)?, task.id())))
}

async fn of_parent<T: Shape>(tx: &mut Tx, parent: TaskId, which: &Wanted, page: &Page) -> Result<Listed<T>> {
    let mut filter = Filter::default();
    filter.and("t.parent_id = ?", params![parent]);
    if let Some([rank, id]) = page.key::<2>()? {
        let id: i64 = id.parse().map_err(|_| stale())?;
        filter.and("(t.rank, t.id) > (?, ?)", params![rank, id]);
    }
    wanted(&mut filter, which, None);
    let limit = filter.param(page.limit + 1);
    let sql = format!(
        "select {columns}, t.rank from task t where {} order by t.rank, t.id limit {limit}",
        filter.sql(),
        columns = T::COLUMNS,
    );
    let rows = tx.rows(&sql, filter.params()).await?;
    keyed(rows, page, |row, task: &T| Ok(format!("{}|{}", row.get::<String>(T::WIDTH)?, task.id())))
}

/// A person's own list: what has no place yet comes first, in the first section.
async fn of_list<T: Shape>(tx: &mut Tx, list: i64, which: &Wanted, page: &Page) -> Result<Listed<T>> {
    let mut filter = Filter::default();
    filter.and("l.id = ?", params![list]);
    if let Some([section, rank, id]) = page.key::<3>()? {
        let id: i64 = id.parse().map_err(|_| stale())?;
        filter.and(
            "(coalesce(s.rank, ''), coalesce(t.list_rank, ''), t.id) > (?, ?, ?)",
            params![section, rank, id],
        );
    }
    wanted(&mut filter, which, None);
    access::seen_tasks(tx, &mut filter);
    let limit = filter.param(page.limit + 1);
    let sql = format!(
        "select {columns}, coalesce(s.rank, ''), coalesce(t.list_rank, '') from user_task_list l
         join task t on t.assignee_id = l.user_id left join list_section s on s.id = t.list_section_id
         where {} order by coalesce(s.rank, ''), coalesce(t.list_rank, ''), t.id limit {limit}",
        filter.sql(),
        columns = T::COLUMNS,
    );
    let rows = tx.rows(&sql, filter.params()).await?;
    keyed(rows, page, |row, task: &T| {
        Ok(format!("{}|{}|{}", row.get::<String>(T::WIDTH)?, row.get::<String>(T::WIDTH + 1)?, task.id()))
    })
}

/// Cuts the rows to the page and keys the next one by what the statement selected behind the task.
fn keyed<T: Shape>(
    mut rows: Vec<Row>,
    page: &Page,
    key: impl Fn(&Row, &T) -> Result<String>,
) -> Result<Listed<T>> {
    let more = rows.len() > page.limit;
    rows.truncate(page.limit);
    let last = rows.last().filter(|_| more).cloned();
    let items = rows.into_iter().map(T::read).collect::<Result<Vec<_>>>()?;
    let next = match (&last, items.last()) {
        (Some(row), Some(task)) => Some(key(row, task)?),
        _ => None,
    };
    Ok(Listed { items, next })
}

/// Those of these tasks that are there and that the actor sees, by id.
pub(crate) async fn visible(tx: &mut Tx, ids: &[TaskId]) -> Result<Vec<Task>> {
    let mut filter = Filter::default();
    filter.and_in("t.id", ids.iter().map(Value::from));
    filter.and("t.deleted_at is null", []);
    access::seen_tasks(tx, &mut filter);
    let sql = format!("select {COLUMNS} from task t where {} order by t.id", filter.sql());
    all(tx.rows(&sql, filter.params()).await?)
}

/// The open tasks of a project.
pub(crate) async fn open(tx: &mut Tx, project: ProjectId) -> Result<Vec<Task>> {
    let sql = format!(
        "select {COLUMNS} from membership m join task t on t.id = m.task_id where m.project_id = $1 and m.is_open order by t.id"
    );
    all(tx.rows(&sql, &params![project]).await?)
}

/// The trash, latest first.
pub(crate) async fn trash(tx: &mut Tx, page: &Page) -> Result<Listed<Task>> {
    let mut filter = Filter::default();
    filter.and("t.deleted_at is not null", []);
    filter.and("t.deleted_with = t.id", []);
    if let Some([at, id]) = page.key::<2>()? {
        let (at, id): (i64, i64) = (at.parse().map_err(|_| stale())?, id.parse().map_err(|_| stale())?);
        filter.and("(t.deleted_at, t.id) < (?, ?)", params![at, id]);
    }
    access::seen_tasks(tx, &mut filter);
    let limit = filter.param(page.limit + 1);
    let sql = format!(
        "select {COLUMNS} from task t where {} order by t.deleted_at desc, t.id desc limit {limit}",
        filter.sql()
    );
    let found: Vec<Task> =
        tx.rows(&sql, filter.params()).await?.into_iter().map(from_row).collect::<Result<_>>()?;
    Ok(Listed::cut(found, page.limit, |task| {
        format!("{}|{}", task.deleted_at.map_or(0, base::Time::millis), task.id)
    }))
}
