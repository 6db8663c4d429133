//! The statements about sections.

use super::Section;
use crate::names::{ProjectName, SectionName};
use base::Result;
use base::id::{ProjectId, SectionId};
use db::{Row, Tx, params};

const SELECT: &str = "select s.id, p.id, p.name, s.name, s.created_at, s.rank
  from section s join project p on p.id = s.project_id";

fn from_row(row: Row) -> Result<Section> {
    let mut c = row.columns();
    Ok(Section {
        id: c.next()?,
        project: ProjectName { id: c.next()?, name: c.next()? },
        name: c.next()?,
        created_at: c.next()?,
        rank: c.next()?,
    })
}

pub(crate) async fn of_project(tx: &mut Tx, project: ProjectId) -> Result<Vec<Section>> {
    let sql = format!("{SELECT} where s.project_id = $1 order by s.rank");
    tx.rows(&sql, &params![project]).await?.into_iter().map(from_row).collect()
}

pub(crate) async fn by_id(tx: &mut Tx, id: SectionId) -> Result<Option<Section>> {
    let sql = format!("{SELECT} where s.id = $1");
    tx.opt(&sql, &params![id]).await?.map(from_row).transpose()
}

/// The section that new tasks of a project come to.
pub(crate) async fn first(tx: &mut Tx, project: ProjectId) -> Result<SectionName> {
    let sql = "select id, name from section where project_id = $1 order by rank limit 1";
    let row = tx.one(sql, &params![project]).await?;
    Ok(SectionName { id: row.get(0)?, name: row.get(1)? })
}

/// The last section of a project.
pub(crate) async fn last(tx: &mut Tx, project: ProjectId) -> Result<SectionName> {
    let sql = "select id, name from section where project_id = $1 order by rank desc limit 1";
    let row = tx.one(sql, &params![project]).await?;
    Ok(SectionName { id: row.get(0)?, name: row.get(1)? })
}

pub(crate) async fn insert(
    tx: &mut Tx,
    id: SectionId,
    project: ProjectId,
    name: &str,
    rank: &str,
) -> Result<()> {
    let now = tx.now();
    let sql = "insert into section (id, project_id, name, rank, created_at) values ($1, $2, $3, $4, $5)";
    tx.run(sql, &params![id, project, name, rank, now]).await.map(|_| ())
}

pub(super) async fn rename(tx: &mut Tx, id: SectionId, name: &str) -> Result<()> {
    tx.run("update section set name = $2 where id = $1", &params![id, name]).await.map(|_| ())
}

pub(super) async fn set_rank(tx: &mut Tx, id: SectionId, rank: &str) -> Result<()> {
    tx.run("update section set rank = $2 where id = $1", &params![id, rank]).await.map(|_| ())
}

pub(super) async fn has_tasks(tx: &mut Tx, id: SectionId) -> Result<bool> {
    let sql = "select 1 from membership m join task t on t.id = m.task_id
      where m.section_id = $1 and t.deleted_at is null limit 1";
    Ok(tx.opt(sql, &params![id]).await?.is_some())
}

pub(super) async fn delete(tx: &mut Tx, id: SectionId, heir: Option<SectionId>) -> Result<()> {
    tx.run("update membership set section_id = $2 where section_id = $1", &params![id, heir]).await?;
    tx.run("delete from section where id = $1", &params![id]).await.map(|_| ())
}

/// The sections of several projects, each project's in their order.
pub(crate) async fn of_projects(tx: &mut Tx, projects: &[ProjectId]) -> Result<Vec<Section>> {
    let mut filter = db::Filter::default();
    filter.and_in("s.project_id", projects.iter().map(base::Value::from));
    let sql = format!("{SELECT} where {} order by s.project_id, s.rank", filter.sql());
    tx.rows(&sql, filter.params()).await?.into_iter().map(from_row).collect()
}
