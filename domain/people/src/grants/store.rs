//! The rows of grants.

use super::{Grant, Holder, Key};
use crate::rights::RightSet;
use crate::users::{self, User};
use base::id::{TeamId, UserId};
use base::{Error, Result, Right};
use db::{Row, Tx, params};
use journal::Subject;

fn words(holder: Holder) -> (&'static str, i64) {
    match holder {
        Holder::User(user) => ("user", user.0),
        Holder::Team(team) => ("team", team.0),
    }
}

pub(super) fn subject(key: Key<'_>) -> Subject {
    Subject { kind: key.kind.to_owned().into(), id: key.id }
}

fn grant(row: Row) -> Result<Grant> {
    let mut c = row.columns();
    let (kind, id): (String, i64) = (c.next()?, c.next()?);
    let (holder_kind, holder_id): (String, i64) = (c.next()?, c.next()?);
    let holder = match holder_kind.as_str() {
        "user" => Holder::User(UserId(holder_id)),
        "team" => Holder::Team(TeamId(holder_id)),
        other => return Err(Error::bug("grant.holder", format!("a grant is held by a {other:?}"))),
    };
    let rights = RightSet::from_bits(c.next()?);
    Ok(Grant {
        subject: format!("{kind}:{id}"),
        holder,
        rights,
        granted_at: c.next()?,
        granted_by: c.next()?,
    })
}

const OF_SUBJECT: &str = "select kind, subject_id, holder_kind, holder_id, rights, granted_at, granted_by
  from subject_grant where kind = $1 and subject_id = $2 order by holder_kind desc, granted_at, holder_id";

pub(super) async fn of_subject(tx: &mut Tx, key: Key<'_>) -> Result<Vec<Grant>> {
    tx.rows(OF_SUBJECT, &params![key.kind, key.id]).await?.into_iter().map(grant).collect()
}

const PUT: &str =
    "insert into subject_grant (kind, subject_id, holder_kind, holder_id, rights, granted_at, granted_by)
  values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (kind, subject_id, holder_kind, holder_id)
  do update set rights = excluded.rights, granted_at = excluded.granted_at, granted_by = excluded.granted_by";

pub(super) async fn put(
    tx: &mut Tx,
    key: Key<'_>,
    holder: Holder,
    rights: RightSet,
    by: Option<UserId>,
) -> Result<()> {
    let (holder_kind, holder_id) = words(holder);
    let now = tx.now();
    tx.run(PUT, &params![key.kind, key.id, holder_kind, holder_id, rights.bits(), now, by]).await.map(|_| ())
}

const REMOVE: &str =
    "delete from subject_grant where kind = $1 and subject_id = $2 and holder_kind = $3 and holder_id = $4";

pub(super) async fn remove(tx: &mut Tx, key: Key<'_>, holder: Holder) -> Result<()> {
    let (holder_kind, holder_id) = words(holder);
    tx.run(REMOVE, &params![key.kind, key.id, holder_kind, holder_id]).await.map(|_| ())
}

pub(super) async fn drop_subject(tx: &mut Tx, key: Key<'_>) -> Result<()> {
    tx.run("delete from subject_grant where kind = $1 and subject_id = $2", &params![key.kind, key.id])
        .await
        .map(|_| ())
}

const OF_HOLDER: &str = "select rights from subject_grant where kind = $1 and subject_id = $2 and holder_kind = $3 and holder_id = $4";

pub(super) async fn rights_of_holder(tx: &mut Tx, key: Key<'_>, holder: Holder) -> Result<RightSet> {
    let (holder_kind, holder_id) = words(holder);
    let row = tx.opt(OF_HOLDER, &params![key.kind, key.id, holder_kind, holder_id]).await?;
    row.map_or(Ok(RightSet::NONE), |row| row.get(0).map(RightSet::from_bits))
}

const OF_USER: &str = "select rights from subject_grant where kind = $1 and subject_id = $2
  and ((holder_kind = 'user' and holder_id = $3)
    or (holder_kind = 'team' and holder_id in (select team_id from team_member where user_id = $3)))";

pub(super) async fn rights_of_user(tx: &mut Tx, key: Key<'_>, user: UserId) -> Result<RightSet> {
    let rows = tx.rows(OF_USER, &params![key.kind, key.id, user]).await?;
    rows.iter().try_fold(RightSet::NONE, |set, row| Ok(set.union(RightSet::from_bits(row.get(0)?))))
}

pub(super) async fn who_has(tx: &mut Tx, key: Key<'_>, right: Right) -> Result<Vec<User>> {
    let sql = format!(
        "select {} from person p where p.active and (p.role = 'admin' or exists (
           select 1 from subject_grant g where g.kind = $1 and g.subject_id = $2 and (g.rights & $3) <> 0
             and ((g.holder_kind = 'user' and g.holder_id = p.id)
               or (g.holder_kind = 'team' and g.holder_id in (select team_id from team_member where user_id = p.id)))))
         order by lower(p.name), p.id",
        users::USER_COLUMNS
    );
    let bit = 1_i64 << right as u8;
    tx.rows(&sql, &params![key.kind, key.id, bit]).await?.into_iter().map(users::user_from_row).collect()
}

/// Any right includes the right to look, so that no condition on the bits is needed. `kind` is a word of the code.
pub(super) fn visible(kind: &'static str, user: &str) -> String {
    format!(
        "select subject_id from subject_grant where holder_kind = 'user' and holder_id = {user} and kind = '{kind}'
         union all select g.subject_id from team_member m join subject_grant g on g.holder_kind = 'team'
           and g.holder_id = m.team_id and g.kind = '{kind}' where m.user_id = {user}"
    )
}

const SUBJECTS: &str = "select distinct subject_id from subject_grant where kind = $1
  and ((holder_kind = 'user' and holder_id = $2)
    or (holder_kind = 'team' and holder_id in (select team_id from team_member where user_id = $2))) order by subject_id";

pub(super) async fn subjects(tx: &mut Tx, kind: &str, user: UserId) -> Result<Vec<i64>> {
    tx.rows(SUBJECTS, &params![kind, user]).await?.iter().map(|row| row.get(0)).collect()
}
