//! The statements about memberships.

use super::Party;
use crate::projects::Access;
use base::id::{AnyId, ProjectId, TeamId, UserId};
use base::{Result, Value};
use db::{Filter, Row, Tx, params};

/// A row: the membership without names.
pub(super) struct Record {
    pub id: AnyId,
    pub project: ProjectId,
    pub party: Party,
    pub access: Access,
}

fn parts(party: Party) -> (&'static str, i64) {
    match party {
        Party::User(id) => ("user", id.0),
        Party::Team(id) => ("team", id.0),
    }
}

fn from_row(row: Row) -> Result<Record> {
    let (kind, holder): (String, i64) = (row.get(2)?, row.get(3)?);
    let party = if kind == "team" { Party::Team(TeamId(holder)) } else { Party::User(UserId(holder)) };
    Ok(Record { id: row.get(0)?, project: row.get(1)?, party, access: row.get(4)? })
}

const COLUMNS: &str = "id, project_id, holder_kind, holder_id, access";

pub(super) async fn put(tx: &mut Tx, project: ProjectId, party: Party, access: Access) -> Result<AnyId> {
    let (kind, holder) = parts(party);
    let id: AnyId = tx.new_id();
    let sql = "insert into project_member (id, project_id, holder_kind, holder_id, access) values ($1, $2, $3, $4, $5)
      on conflict (project_id, holder_kind, holder_id) do update set access = excluded.access returning id";
    tx.one(sql, &params![id, project, kind, holder, access]).await?.get(0)
}

pub(super) async fn by_id(tx: &mut Tx, id: AnyId) -> Result<Option<Record>> {
    let sql = format!("select {COLUMNS} from project_member where id = $1");
    tx.opt(&sql, &params![id]).await?.map(from_row).transpose()
}

pub(super) async fn of_party(tx: &mut Tx, project: ProjectId, party: Party) -> Result<Option<Record>> {
    let (kind, holder) = parts(party);
    let sql = format!(
        "select {COLUMNS} from project_member where project_id = $1 and holder_kind = $2 and holder_id = $3"
    );
    tx.opt(&sql, &params![project, kind, holder]).await?.map(from_row).transpose()
}

pub(super) async fn delete(tx: &mut Tx, id: AnyId) -> Result<()> {
    tx.run("delete from project_member where id = $1", &params![id]).await.map(|_| ())
}

pub(super) async fn of_projects(tx: &mut Tx, projects: &[ProjectId]) -> Result<Vec<Record>> {
    let mut filter = Filter::default();
    filter.and_in("project_id", projects.iter().map(Value::from));
    let sql = format!("select {COLUMNS} from project_member where {} order by id", filter.sql());
    tx.rows(&sql, filter.params()).await?.into_iter().map(from_row).collect()
}

pub(super) async fn of_user(tx: &mut Tx, user: UserId) -> Result<Vec<Record>> {
    let sql = format!(
        "select {COLUMNS} from project_member where holder_kind = 'user' and holder_id = $1 order by id"
    );
    tx.rows(&sql, &params![user]).await?.into_iter().map(from_row).collect()
}
