//! The rows of users.

use super::{User, UserFilter, email_key};
use crate::passwords::PasswordHash;
use base::Result;
use base::id::UserId;
use db::{Columns, Filter, Row, Tx, params};
use std::collections::BTreeMap;

/// The columns of a user, for statements elsewhere that join `person p`.
pub(crate) const USER_COLUMNS: &str = COLUMNS;
const COLUMNS: &str = "p.id, p.email, p.name, p.role, p.active, p.time_zone, p.photo, p.created_at";

/// Reads a user from the columns of [`USER_COLUMNS`], the next ones.
pub(crate) fn columns(c: &mut Columns) -> Result<User> {
    Ok(User {
        id: c.next()?,
        email: c.next()?,
        name: c.next()?,
        role: c.next()?,
        active: c.next()?,
        time_zone: c.next()?,
        photo: c.next()?,
        created_at: c.next()?,
    })
}

/// Reads a user from a row of [`USER_COLUMNS`].
pub(crate) fn user(row: Row) -> Result<User> {
    columns(&mut row.columns())
}

const INSERT: &str = "insert into person
  (id, email, email_key, name, role, active, time_zone, photo, password_hash, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

pub(super) async fn insert(tx: &mut Tx, user: &User, password: Option<&PasswordHash>) -> Result<()> {
    let params = params![
        user.id,
        &user.email,
        email_key(&user.email),
        &user.name,
        user.role,
        user.active,
        &user.time_zone,
        user.photo.clone(),
        password.map(PasswordHash::text),
        user.created_at,
    ];
    tx.run(INSERT, &params).await.map(|_| ())
}

const UPDATE: &str = "update person set email = $2, email_key = $3, name = $4, role = $5, active = $6, time_zone = $7, photo = $8,
  deactivated_at = case when $6 then null else coalesce(deactivated_at, $9) end where id = $1";

pub(super) async fn update(tx: &mut Tx, user: &User) -> Result<()> {
    let params = params![
        user.id,
        &user.email,
        email_key(&user.email),
        &user.name,
        user.role,
        user.active,
        &user.time_zone,
        user.photo.clone(),
        tx.now(),
    ];
    tx.run(UPDATE, &params).await.map(|_| ())
}

const SET_PASSWORD: &str = "update person set password_hash = $2 where id = $1";

pub(super) async fn set_password(tx: &mut Tx, id: UserId, password: &PasswordHash) -> Result<()> {
    tx.run(SET_PASSWORD, &params![id, password.text()]).await.map(|_| ())
}

pub(super) async fn by_id(tx: &mut Tx, id: UserId) -> Result<Option<User>> {
    let sql = format!("select {COLUMNS} from person p where p.id = $1");
    tx.opt(&sql, &params![id]).await?.map(user).transpose()
}

pub(super) async fn by_email(tx: &mut Tx, key: &str) -> Result<Option<User>> {
    let sql = format!("select {COLUMNS} from person p where p.email_key = $1");
    tx.opt(&sql, &params![key]).await?.map(user).transpose()
}

pub(super) async fn by_ids(tx: &mut Tx, ids: &[UserId]) -> Result<BTreeMap<UserId, User>> {
    let mut found = BTreeMap::new();
    // In portions, because both databases limit the parameters of a statement.
    for ids in ids.chunks(500) {
        let mut filter = Filter::default();
        filter.and_in("p.id", ids.iter().map(|id| (*id).into()));
        let sql = format!("select {COLUMNS} from person p where {}", filter.sql());
        for row in tx.rows(&sql, filter.params()).await? {
            let user = user(row)?;
            found.insert(user.id, user);
        }
    }
    Ok(found)
}

/// Whether the guest `?` may see the person `p`: they share a team, or a subject that both hold a right on.
const GUEST_SEES: &str = "(p.id = ? or p.id in (select theirs.user_id from team_member mine
    join team_member theirs on theirs.team_id = mine.team_id where mine.user_id = ?)
  or exists (select 1 from subject_grant mine
    join subject_grant theirs on theirs.kind = mine.kind and theirs.subject_id = mine.subject_id
    where ((mine.holder_kind = 'user' and mine.holder_id = ?)
        or (mine.holder_kind = 'team' and mine.holder_id in (select team_id from team_member where user_id = ?)))
      and ((theirs.holder_kind = 'user' and theirs.holder_id = p.id)
        or (theirs.holder_kind = 'team' and theirs.holder_id in (select team_id from team_member where user_id = p.id)))))";

fn and_seen_by(filter: &mut Filter, guest: UserId) {
    filter.and(GUEST_SEES, vec![guest.into(); 4]);
}

pub(super) async fn guest_sees(tx: &mut Tx, guest: UserId, other: UserId) -> Result<bool> {
    let mut filter = Filter::default();
    filter.and("p.id = ?", [other.into()]);
    and_seen_by(&mut filter, guest);
    let sql = format!("select 1 from person p where {}", filter.sql());
    Ok(tx.opt(&sql, filter.params()).await?.is_some())
}

pub(super) async fn list(tx: &mut Tx, wanted: &UserFilter, guest: Option<UserId>) -> Result<Vec<User>> {
    let mut filter = Filter::default();
    if !wanted.include_inactive {
        filter.and("p.active", []);
    }
    if let Some(team) = wanted.team {
        filter.and("p.id in (select user_id from team_member where team_id = ?)", [team.into()]);
    }
    if let Some(query) = &wanted.query {
        let pattern = db::like("%", query, "%");
        filter.and(
            "(lower(p.name) like ? escape '\\' or p.email_key like ? escape '\\')",
            [pattern.clone().into(), pattern.into()],
        );
    }
    if let Some(after) = wanted.after {
        filter.and("p.id > ?", [after.into()]);
    }
    if let Some(guest) = guest {
        and_seen_by(&mut filter, guest);
    }
    let limit = filter.param(wanted.limit);
    let sql = format!("select {COLUMNS} from person p where {} order by p.id limit {limit}", filter.sql());
    tx.rows(&sql, filter.params()).await?.into_iter().map(user).collect()
}

pub(super) async fn admins(tx: &mut Tx) -> Result<Vec<User>> {
    let sql = format!("select {COLUMNS} from person p where p.role = 'admin' and p.active order by p.id");
    tx.rows(&sql, &[]).await?.into_iter().map(user).collect()
}

pub(super) async fn count_admins(tx: &mut Tx) -> Result<i64> {
    tx.one("select count(*) from person where role = 'admin' and active", &[]).await?.get(0)
}

pub(super) async fn is_empty(tx: &mut Tx) -> Result<bool> {
    Ok(tx.opt("select 1 from person limit 1", &[]).await?.is_none())
}

pub(super) async fn password_of(tx: &mut Tx, key: &str) -> Result<Option<(User, Option<PasswordHash>)>> {
    let sql = format!("select {COLUMNS}, p.password_hash from person p where p.email_key = $1 and p.active");
    let Some(row) = tx.opt(&sql, &params![key]).await? else { return Ok(None) };
    let mut c = row.columns();
    let user = columns(&mut c)?;
    let hash: Option<String> = c.next()?;
    Ok(Some((user, hash.map(PasswordHash::stored))))
}
