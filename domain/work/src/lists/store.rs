//! The statements about people's own lists.

use crate::names::{Place, SectionName};
use crate::rank;
use base::Result;
use base::id::{AnyId, SectionId, TaskId, UserId};
use db::{Tx, params};

pub(super) async fn of_user(tx: &mut Tx, user: UserId) -> Result<Option<AnyId>> {
    tx.opt("select id from user_task_list where user_id = $1", &params![user])
        .await?
        .map(|row| row.get(0))
        .transpose()
}

pub(super) async fn owner(tx: &mut Tx, list: AnyId) -> Result<Option<UserId>> {
    tx.opt("select user_id from user_task_list where id = $1", &params![list])
        .await?
        .map(|row| row.get(0))
        .transpose()
}

pub(super) async fn insert(tx: &mut Tx, user: UserId) -> Result<()> {
    let (id, now): (AnyId, _) = (tx.new_id(), tx.now());
    let sql =
        "insert into user_task_list (id, user_id, created_at) values ($1, $2, $3) on conflict do nothing";
    tx.run(sql, &params![id, user, now]).await.map(|_| ())
}

pub(super) async fn insert_section(tx: &mut Tx, list: AnyId, name: &str, rank: &str) -> Result<SectionId> {
    let (id, now): (SectionId, _) = (tx.new_id(), tx.now());
    let sql = "insert into list_section (id, list_id, name, rank, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing";
    tx.run(sql, &params![id, list, name, rank, now]).await?;
    Ok(id)
}

/// The sections in order, with their ranks.
pub(super) async fn ranked(tx: &mut Tx, list: AnyId) -> Result<Vec<(SectionName, String)>> {
    let sql = "select id, name, rank from list_section where list_id = $1 order by rank";
    let rows = tx.rows(sql, &params![list]).await?;
    rows.iter().map(|row| Ok((SectionName { id: row.get(0)?, name: row.get(1)? }, row.get(2)?))).collect()
}

pub(super) async fn rename_section(tx: &mut Tx, section: SectionId, name: &str) -> Result<()> {
    tx.run("update list_section set name = $2 where id = $1", &params![section, name]).await.map(drop)
}

pub(super) async fn rank_section(tx: &mut Tx, section: SectionId, rank: &str) -> Result<()> {
    tx.run("update list_section set rank = $2 where id = $1", &params![section, rank]).await.map(drop)
}

/// Moves every task of a section to the top of another; they get their places when somebody sorts them.
pub(super) async fn empty_section(tx: &mut Tx, section: SectionId, to: SectionId) -> Result<()> {
    let sql = "update task set list_section_id = $2, list_rank = null where list_section_id = $1";
    tx.run(sql, &params![section, to]).await.map(drop)
}

pub(super) async fn delete_section(tx: &mut Tx, section: SectionId) -> Result<()> {
    tx.run("delete from list_section where id = $1", &params![section]).await.map(drop)
}

pub(super) async fn sections(tx: &mut Tx, list: AnyId) -> Result<Vec<SectionName>> {
    let sql = "select id, name from list_section where list_id = $1 order by rank";
    let rows = tx.rows(sql, &params![list]).await?;
    rows.iter().map(|row| Ok(SectionName { id: row.get(0)?, name: row.get(1)? })).collect()
}

pub(super) async fn section_owner(tx: &mut Tx, section: SectionId) -> Result<Option<UserId>> {
    let sql =
        "select l.user_id from list_section s join user_task_list l on l.id = s.list_id where s.id = $1";
    tx.opt(sql, &params![section]).await?.map(|row| row.get(0)).transpose()
}

/// Gives a place at the top to every task of the list that has none, in the order in which the list shows them.
pub(super) async fn settle(tx: &mut Tx, user: UserId, first: Option<SectionId>) -> Result<()> {
    let sql = "select id from task where assignee_id = $1 and deleted_at is null and (list_rank is null or list_section_id is null)
      order by id desc";
    let rows = tx.rows(sql, &params![user]).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let sql = "select min(list_rank) from task where assignee_id = $1 and list_section_id = $2";
    let mut top: Option<String> = tx.one(sql, &params![user, first]).await?.get(0)?;
    for row in rows {
        let rank = rank::between(None, top.as_deref())?;
        let sql =
            "update task set list_rank = $2, list_section_id = coalesce(list_section_id, $3) where id = $1";
        tx.run(sql, &params![row.get::<TaskId>(0)?, &rank, first]).await?;
        top = Some(rank);
    }
    Ok(())
}

pub(super) async fn rank_of(tx: &mut Tx, task: TaskId, section: Option<SectionId>) -> Result<Option<String>> {
    let sql = "select list_rank from task where id = $1 and list_section_id = $2";
    Ok(tx.opt(sql, &params![task, section]).await?.map(|row| row.get(0)).transpose()?.flatten())
}

/// The ranks between which a place is, leaving `moved` out.
pub(super) async fn neighbours(
    tx: &mut Tx,
    user: UserId,
    section: Option<SectionId>,
    moved: TaskId,
    place: Place<TaskId>,
    anchor: Option<&str>,
) -> Result<(Option<String>, Option<String>)> {
    let from = "from task where assignee_id = $1 and list_section_id = $2 and id <> $3";
    let base = params![user, section, moved].to_vec();
    let anchored = [base.clone(), params![anchor].to_vec()].concat();
    let (sql, params) = match place {
        Place::First => (format!("select min(list_rank) {from}"), base),
        Place::Last => (format!("select max(list_rank) {from}"), base),
        Place::Before(_) => (format!("select max(list_rank) {from} and list_rank < $4"), anchored),
        Place::After(_) => (format!("select min(list_rank) {from} and list_rank > $4"), anchored),
    };
    let found: Option<String> = tx.one(&sql, &params).await?.get(0)?;
    let anchor = anchor.map(str::to_owned);
    Ok(match place {
        Place::First => (None, found),
        Place::Last => (found, None),
        Place::Before(_) => (found, anchor),
        Place::After(_) => (anchor, found),
    })
}

pub(super) async fn place(tx: &mut Tx, task: TaskId, section: Option<SectionId>, rank: &str) -> Result<()> {
    let sql = "update task set list_section_id = $2, list_rank = $3 where id = $1";
    tx.run(sql, &params![task, section, rank]).await.map(|_| ())
}
