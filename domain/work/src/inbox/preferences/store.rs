//! The rows of preferences.

use super::Wishes;
use base::Result;
use base::id::{ProjectId, UserId};
use db::{Columns, Filter, Tx, params};

const WISHES: &str = "assigned, mentioned, comments, completed, changes, everything";

fn wishes(c: &mut Columns) -> Result<Wishes> {
    Ok(Wishes {
        assigned: c.next()?,
        mentioned: c.next()?,
        comments: c.next()?,
        completed: c.next()?,
        changes: c.next()?,
        everything: c.next()?,
    })
}

pub(super) async fn of_user(tx: &mut Tx, user: UserId) -> Result<Vec<(ProjectId, Wishes)>> {
    let sql =
        format!("select project_id, {WISHES} from inbox_preference where user_id = $1 order by project_id");
    let rows = tx.rows(&sql, &params![user]).await?;
    rows.into_iter()
        .map(|row| {
            let mut c = row.columns();
            Ok((c.next()?, wishes(&mut c)?))
        })
        .collect()
}

pub(super) async fn of_users(
    tx: &mut Tx,
    users: &[UserId],
    homes: &[ProjectId],
    everywhere: ProjectId,
) -> Result<Vec<(UserId, ProjectId, Wishes)>> {
    let mut filter = Filter::default();
    filter.and_in("user_id", users.iter().map(|id| (*id).into()));
    filter.and_in("project_id", homes.iter().chain([&everywhere]).map(|id| (*id).into()));
    let sql = format!("select user_id, project_id, {WISHES} from inbox_preference where {}", filter.sql());
    let rows = tx.rows(&sql, filter.params()).await?;
    rows.into_iter()
        .map(|row| {
            let mut c = row.columns();
            Ok((c.next()?, c.next()?, wishes(&mut c)?))
        })
        .collect()
}

pub(super) async fn of_everything(tx: &mut Tx, homes: &[ProjectId]) -> Result<Vec<UserId>> {
    let mut filter = Filter::default();
    filter.and_in("project_id", homes.iter().map(|id| (*id).into()));
    let sql = format!("select distinct user_id from inbox_preference where {} and everything", filter.sql());
    tx.rows(&sql, filter.params()).await?.iter().map(|row| row.get(0)).collect()
}

const PUT: &str = "insert into inbox_preference
    (user_id, project_id, assigned, mentioned, comments, completed, changes, everything)
  values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (user_id, project_id) do update set assigned = excluded.assigned, mentioned = excluded.mentioned,
    comments = excluded.comments, completed = excluded.completed, changes = excluded.changes,
    everything = excluded.everything";

pub(super) async fn put(tx: &mut Tx, user: UserId, project: ProjectId, it: Wishes) -> Result<()> {
    let params = params![
        user,
        project,
        it.assigned,
        it.mentioned,
        it.comments,
        it.completed,
        it.changes,
        it.everything
    ];
    tx.run(PUT, &params).await.map(|_| ())
}

pub(super) async fn delete(tx: &mut Tx, user: UserId, project: ProjectId) -> Result<bool> {
    let sql = "delete from inbox_preference where user_id = $1 and project_id = $2";
    Ok(tx.run(sql, &params![user, project]).await? > 0)
}
