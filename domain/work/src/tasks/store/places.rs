//! The statements about places: in sections, and among siblings.

use crate::names::Place;
use crate::rank;
use crate::tasks::Among;
use base::id::{ProjectId, SectionId, TaskId};
use base::{Error, Result, Value};
use db::{Filter, Tx, params};

/// The place of a task in a project.
pub(crate) struct Seat {
    pub section: SectionId,
    pub rank: String,
}

pub(crate) async fn seat(tx: &mut Tx, task: TaskId, project: ProjectId) -> Result<Option<Seat>> {
    let sql = "select section_id, rank from membership where task_id = $1 and project_id = $2";
    let row = tx.opt(sql, &params![task, project]).await?;
    row.map(|row| Ok(Seat { section: row.get(0)?, rank: row.get(1)? })).transpose()
}

/// Which of `tasks` are in one of `projects`.
pub(crate) async fn among(tx: &mut Tx, projects: &[ProjectId], tasks: &[TaskId]) -> Result<Vec<Among>> {
    let mut filter = Filter::default();
    filter.and_in("task_id", tasks.iter().map(Value::from));
    filter.and_in("project_id", projects.iter().map(Value::from));
    let sql = format!("select task_id, project_id, is_open from membership where {}", filter.sql());
    let rows = tx.rows(&sql, filter.params()).await?;
    rows.iter()
        .map(|row| Ok(Among { task: row.get(0)?, project: row.get(1)?, is_open: row.get(2)? }))
        .collect()
}

pub(crate) async fn count_homes(tx: &mut Tx, task: TaskId) -> Result<usize> {
    let row = tx.one("select count(*) from membership where task_id = $1", &params![task]).await?;
    Ok(usize::try_from(row.get::<i64>(0)?).unwrap_or(0))
}

pub(crate) async fn join(
    tx: &mut Tx,
    task: TaskId,
    project: ProjectId,
    section: SectionId,
    rank: &str,
    is_open: bool,
) -> Result<()> {
    let now = tx.now();
    let sql = "insert into membership (task_id, project_id, section_id, rank, is_open, added_at) values ($1, $2, $3, $4, $5, $6)";
    tx.run(sql, &params![task, project, section, rank, is_open, now]).await.map(|_| ())
}

pub(crate) async fn reseat(
    tx: &mut Tx,
    task: TaskId,
    project: ProjectId,
    section: SectionId,
    rank: &str,
) -> Result<()> {
    let sql = "update membership set section_id = $3, rank = $4 where task_id = $1 and project_id = $2";
    tx.run(sql, &params![task, project, section, rank]).await.map(|_| ())
}

pub(crate) async fn leave(tx: &mut Tx, task: TaskId, project: ProjectId) -> Result<()> {
    tx.run("delete from membership where task_id = $1 and project_id = $2", &params![task, project])
        .await
        .map(|_| ())
}

/// The rank of a place in a section, leaving `moved` out. The anchor's own rank must be known: `anchor`.
pub(crate) async fn rank_in_section(
    tx: &mut Tx,
    section: SectionId,
    place: Place<String>,
    moved: Option<TaskId>,
) -> Result<String> {
    rank_at(tx, "from membership where section_id = $1 and task_id <> $2", section.0.into(), place, moved)
        .await
}

/// The rank of a place among the subtasks of a task.
pub(crate) async fn rank_in_parent(
    tx: &mut Tx,
    parent: TaskId,
    place: Place<String>,
    moved: Option<TaskId>,
) -> Result<String> {
    rank_at(tx, "from task where parent_id = $1 and id <> $2", parent.into(), place, moved).await
}

async fn rank_at(
    tx: &mut Tx,
    from: &'static str,
    container: Value,
    place: Place<String>,
    moved: Option<TaskId>,
) -> Result<String> {
    let moved = moved.unwrap_or(TaskId(0));
    let near = async |tx: &mut Tx, end: &str, than: &str, anchor: Option<&str>| -> Result<Option<String>> {
        let row = match anchor {
            None => tx.one(&format!("select {end}(rank) {from}"), &params![container.clone(), moved]).await?,
            Some(anchor) => {
                let sql = format!("select {end}(rank) {from} and rank {than} $3");
                tx.one(&sql, &params![container.clone(), moved, anchor]).await?
            }
        };
        row.get(0)
    };
    match place {
        Place::Last => {
            let last = near(tx, "max", "", None).await?;
            rank::between(last.as_deref(), None)
        }
        Place::First => {
            let first = near(tx, "min", "", None).await?;
            rank::between(None, first.as_deref())
        }
        Place::Before(anchor) => {
            let before = near(tx, "max", "<", Some(&anchor)).await?;
            rank::between(before.as_deref(), Some(&anchor))
        }
        Place::After(anchor) => {
            let after = near(tx, "min", ">", Some(&anchor)).await?;
            rank::between(Some(&anchor), after.as_deref())
        }
    }
}

/// Whether nothing in the section comes after this rank.
pub(crate) async fn is_last(tx: &mut Tx, section: SectionId, rank: &str) -> Result<bool> {
    let sql = "select 1 from membership where section_id = $1 and rank > $2 limit 1";
    Ok(tx.opt(sql, &params![section, rank]).await?.is_none())
}

/// The rank of a task among its siblings, when it is a subtask of `parent`.
pub(crate) async fn sibling_rank(tx: &mut Tx, task: TaskId, parent: TaskId) -> Result<String> {
    let sql = "select rank from task where id = $1 and parent_id = $2 and deleted_at is null";
    let row = tx.opt(sql, &params![task, parent]).await?;
    let rank: Option<String> = row.map(|row| row.get(0)).transpose()?.flatten();
    rank.ok_or_else(|| {
        Error::invalid("place.unknown", format!("the task {task} is not a subtask of the same task"))
    })
}

pub(crate) async fn set_parent(
    tx: &mut Tx,
    task: TaskId,
    parent: Option<TaskId>,
    rank: Option<&str>,
) -> Result<()> {
    let now = tx.now();
    let sql = "update task set parent_id = $2, rank = $3, modified_at = $4, touched_at = $4 where id = $1";
    tx.run(sql, &params![task, parent, rank, now]).await.map(|_| ())
}
