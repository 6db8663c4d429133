//! The rows of teams and of who is in them.

use super::Team;
use crate::users::{self, User};
use base::Result;
use base::id::{TeamId, UserId};
use db::{Row, Tx, params};
use std::collections::BTreeMap;

const COLUMNS: &str = "t.id, t.name, t.description, t.is_everyone, t.created_at";

fn team(row: Row) -> Result<Team> {
    let mut c = row.columns();
    Ok(Team {
        id: c.next()?,
        name: c.next()?,
        description: c.next()?,
        is_everyone: c.next()?,
        created_at: c.next()?,
    })
}

const INSERT: &str = "insert into team (id, name, name_key, description, is_everyone, created_at) values ($1, $2, $3, $4, $5, $6)";

pub(super) async fn insert(tx: &mut Tx, team: &Team) -> Result<()> {
    let params = params![
        team.id,
        &team.name,
        team.name.to_lowercase(),
        &team.description,
        team.is_everyone,
        team.created_at
    ];
    tx.run(INSERT, &params).await.map(|_| ())
}

pub(super) async fn update(tx: &mut Tx, team: &Team) -> Result<()> {
    let params = params![team.id, &team.name, team.name.to_lowercase(), &team.description];
    tx.run("update team set name = $2, name_key = $3, description = $4 where id = $1", &params)
        .await
        .map(|_| ())
}

pub(super) async fn delete(tx: &mut Tx, id: TeamId) -> Result<()> {
    tx.run("delete from subject_grant where holder_kind = 'team' and holder_id = $1", &params![id]).await?;
    tx.run("delete from team_member where team_id = $1", &params![id]).await?;
    tx.run("delete from team where id = $1", &params![id]).await.map(|_| ())
}

pub(super) async fn by_id(tx: &mut Tx, id: TeamId) -> Result<Option<Team>> {
    tx.opt(&format!("select {COLUMNS} from team t where t.id = $1"), &params![id])
        .await?
        .map(team)
        .transpose()
}

pub(super) async fn everyone(tx: &mut Tx) -> Result<Option<Team>> {
    tx.opt(&format!("select {COLUMNS} from team t where t.is_everyone"), &[]).await?.map(team).transpose()
}

pub(super) async fn all(tx: &mut Tx) -> Result<Vec<Team>> {
    let sql = format!("select {COLUMNS} from team t order by t.name_key, t.id");
    tx.rows(&sql, &[]).await?.into_iter().map(team).collect()
}

pub(super) async fn of_user(tx: &mut Tx, user: UserId) -> Result<Vec<Team>> {
    let sql = format!(
        "select {COLUMNS} from team t join team_member m on m.team_id = t.id where m.user_id = $1 order by t.name_key, t.id"
    );
    tx.rows(&sql, &params![user]).await?.into_iter().map(team).collect()
}

pub(super) async fn members(tx: &mut Tx, id: TeamId) -> Result<Vec<User>> {
    let sql = format!(
        "select {} from person p join team_member m on m.user_id = p.id where m.team_id = $1 and p.active order by lower(p.name), p.id",
        users::USER_COLUMNS
    );
    tx.rows(&sql, &params![id]).await?.into_iter().map(users::user_from_row).collect()
}

pub(super) async fn sizes(tx: &mut Tx) -> Result<BTreeMap<TeamId, usize>> {
    let sql = "select m.team_id, count(*) from team_member m join person p on p.id = m.user_id and p.active group by m.team_id";
    let rows = tx.rows(sql, &[]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, usize::try_from(row.get::<i64>(1)?).unwrap_or(0)))).collect()
}

pub(super) async fn is_member(tx: &mut Tx, id: TeamId, user: UserId) -> Result<bool> {
    let sql = "select 1 from team_member where team_id = $1 and user_id = $2";
    Ok(tx.opt(sql, &params![id, user]).await?.is_some())
}

pub(super) async fn add(tx: &mut Tx, id: TeamId, user: UserId) -> Result<bool> {
    let sql =
        "insert into team_member (team_id, user_id, added_at) values ($1, $2, $3) on conflict do nothing";
    let now = tx.now();
    Ok(tx.run(sql, &params![id, user, now]).await? > 0)
}

pub(super) async fn remove(tx: &mut Tx, id: TeamId, user: UserId) -> Result<bool> {
    let sql = "delete from team_member where team_id = $1 and user_id = $2";
    Ok(tx.run(sql, &params![id, user]).await? > 0)
}
