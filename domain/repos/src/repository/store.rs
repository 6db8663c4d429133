//! The rows of repositories.

use super::{Kept, Repository, State};
use crate::git::{Tip, Tips};
use base::id::RepositoryId;
use base::{Result, Time};
use db::{Row, Tx, params};

/// What is stored besides what is shown.
pub(crate) struct Hidden {
    pub hook_secret: Vec<u8>,
    pub refs_digest: Option<String>,
    pub failures: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, name, address, chosen_branch, remote_branch, credential_kind, poll_s, state, problem,
               attempted_at, fetched_at, made_at, made_by, hosted, pushers, archived_at from repository ",
            $rest
        )
    };
}

fn from_row(row: Row) -> Result<Repository> {
    let mut c = row.columns();
    Ok(Repository {
        id: c.next()?,
        name: c.next()?,
        address: c.next()?,
        chosen_branch: c.next()?,
        remote_branch: c.next()?,
        credential: c.next()?,
        poll_s: u64::try_from(c.next::<i64>()?).unwrap_or(0),
        state: c.next()?,
        problem: c.next()?,
        attempted_at: c.next()?,
        fetched_at: c.next()?,
        made_at: c.next()?,
        made_by: c.next()?,
        hosted: c.next()?,
        pushers: c.next()?,
        archived_at: c.next()?,
    })
}

pub(super) async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<Repository>> {
    tx.opt(select!("where lower(name) = lower($1)"), &params![name]).await?.map(from_row).transpose()
}

pub(super) async fn by_id(tx: &mut Tx, id: RepositoryId) -> Result<Option<Repository>> {
    tx.opt(select!("where id = $1"), &params![id]).await?.map(from_row).transpose()
}

pub(super) async fn by_hook(tx: &mut Tx, hook_hash: &str) -> Result<Option<Repository>> {
    tx.opt(select!("where hook_hash = $1"), &params![hook_hash]).await?.map(from_row).transpose()
}

pub(super) async fn list(tx: &mut Tx, after: i64, limit: usize) -> Result<Vec<Repository>> {
    let rows = tx.rows(select!("where id > $1 order by id limit $2"), &params![after, limit]).await?;
    rows.into_iter().map(from_row).collect()
}

pub(super) async fn hidden(tx: &mut Tx, id: RepositoryId) -> Result<Hidden> {
    let sql = "select hook_secret, refs_digest, failures from repository where id = $1";
    let mut c = tx.one(sql, &params![id]).await?.columns();
    Ok(Hidden { hook_secret: c.next()?, refs_digest: c.next()?, failures: c.next()? })
}

pub(super) async fn insert(
    tx: &mut Tx,
    new: &Repository,
    credential: Option<Vec<u8>>,
    hook_hash: &str,
    hook_secret: Vec<u8>,
) -> Result<()> {
    let sql = "insert into repository (id, name, address, chosen_branch, credential_kind, credential, poll_s, hook_hash,
        hook_secret, state, failures, next_fetch_at, made_at, made_by, remote_branch, hosted, pushers, fetched_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, null, $11, $12, $13, $14, $15, $16)";
    let values = params![
        new.id,
        &new.name,
        &new.address,
        new.chosen_branch.clone(),
        new.credential,
        credential,
        new.poll_s,
        hook_hash,
        hook_secret,
        new.state,
        new.made_at,
        new.made_by,
        new.remote_branch.clone(),
        new.hosted,
        new.pushers,
        new.fetched_at,
    ];
    tx.run(sql, &values).await.map(drop)
}

/// Writes what people may change.
pub(super) async fn update(tx: &mut Tx, changed: &Repository) -> Result<()> {
    let sql =
        "update repository set name = $2, address = $3, chosen_branch = $4, poll_s = $5, next_fetch_at = $6,
        pushers = $7, archived_at = $8 where id = $1";
    let next = tx.now().plus(std::time::Duration::from_secs(changed.poll_s));
    let values = params![
        changed.id,
        &changed.name,
        &changed.address,
        changed.chosen_branch.clone(),
        changed.poll_s,
        (changed.poll_s > 0).then_some(next),
        changed.pushers,
        changed.archived_at,
    ];
    tx.run(sql, &values).await.map(drop)
}

pub(super) async fn set_credential(
    tx: &mut Tx,
    id: RepositoryId,
    kind: Option<super::CredentialKind>,
    sealed: Option<Vec<u8>>,
) -> Result<()> {
    let sql = "update repository set credential_kind = $2, credential = $3 where id = $1";
    tx.run(sql, &params![id, kind, sealed]).await.map(drop)
}

pub(super) async fn set_hook(tx: &mut Tx, id: RepositoryId, hash: &str, secret: Vec<u8>) -> Result<()> {
    let sql = "update repository set hook_hash = $2, hook_secret = $3 where id = $1";
    tx.run(sql, &params![id, hash, secret]).await.map(drop)
}

pub(super) async fn delete(tx: &mut Tx, id: RepositoryId) -> Result<()> {
    tx.run("delete from ancestry where repository_id = $1", &params![id]).await?;
    tx.run("delete from hosted_ref where repository_id = $1", &params![id]).await?;
    tx.run("delete from repository where id = $1", &params![id]).await.map(drop)
}

/// Writes that a fetch succeeded.
pub(super) async fn set_fetched(
    tx: &mut Tx,
    id: RepositoryId,
    state: State,
    remote_branch: Option<String>,
    refs_digest: &str,
    next_at: Option<Time>,
) -> Result<()> {
    let sql = "update repository set state = $2, problem = null, remote_branch = $3, refs_digest = $4, failures = 0,
        attempted_at = $5, fetched_at = $5, next_fetch_at = $6 where id = $1";
    let now = tx.now();
    tx.run(sql, &params![id, state, remote_branch, refs_digest, now, next_at]).await.map(drop)
}

/// Writes that a fetch failed.
pub(super) async fn set_unreadable(
    tx: &mut Tx,
    id: RepositoryId,
    problem: &str,
    next_at: Option<Time>,
) -> Result<()> {
    let sql = "update repository set state = $2, problem = $3, failures = failures + 1, attempted_at = $4,
        next_fetch_at = $5 where id = $1";
    let now = tx.now();
    tx.run(sql, &params![id, State::Unreadable, problem, now, next_at]).await.map(drop)
}

/// The repositories whose time to be looked at has come; uses the index repository_due.
pub(super) async fn due(tx: &mut Tx) -> Result<Vec<RepositoryId>> {
    let now = tx.now();
    let rows = tx
        .rows("select id from repository where next_fetch_at <= $1 order by next_fetch_at", &params![now])
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

pub(super) async fn set_next_fetch(tx: &mut Tx, id: RepositoryId, at: Time) -> Result<()> {
    tx.run("update repository set next_fetch_at = $2 where id = $1", &params![id, at]).await.map(drop)
}

pub(crate) async fn credential(tx: &mut Tx, id: RepositoryId) -> Result<Option<Vec<u8>>> {
    tx.one("select credential from repository where id = $1", &params![id]).await?.get(0)
}

/// The refs of a hosted repository as they were told last.
pub(super) async fn refs(tx: &mut Tx, id: RepositoryId) -> Result<Tips> {
    let rows = tx
        .rows("select name, object, commit_id from hosted_ref where repository_id = $1", &params![id])
        .await?;
    rows.iter().map(|row| Ok((row.get(0)?, Tip { object: row.get(1)?, commit: row.get(2)? }))).collect()
}

/// Writes how a ref was told; one that is gone has no tip.
pub(super) async fn set_ref(tx: &mut Tx, id: RepositoryId, name: &str, tip: Option<&Tip>) -> Result<()> {
    let Some(tip) = tip else {
        let sql = "delete from hosted_ref where repository_id = $1 and name = $2";
        return tx.run(sql, &params![id, name]).await.map(drop);
    };
    let sql = "insert into hosted_ref (repository_id, name, object, commit_id) values ($1, $2, $3, $4)
      on conflict (repository_id, name) do update set object = excluded.object, commit_id = excluded.commit_id";
    tx.run(sql, &params![id, name, &tip.object, tip.commit.clone()]).await.map(drop)
}

/// Which folder a hosted repository is in; `ours` when it is in none yet.
pub(super) async fn claim(tx: &mut Tx, id: RepositoryId, ours: &str) -> Result<String> {
    tx.run("update repository set home = $2 where id = $1 and home is null", &params![id, ours]).await?;
    tx.one("select home from repository where id = $1", &params![id]).await?.get(0)
}

/// Every repository that is here.
pub(super) async fn hosted(tx: &mut Tx) -> Result<Vec<RepositoryId>> {
    let rows = tx.rows("select id from repository where hosted order by id", &[]).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Every repository, as far as its folder is concerned.
pub(super) async fn kept(tx: &mut Tx) -> Result<Vec<Kept>> {
    let sql =
        "select id, name, hosted, home, exists (select 1 from hosted_ref where repository_id = repository.id)
      from repository order by id";
    let kept = |row: &Row| {
        Ok(Kept {
            id: row.get(0)?,
            name: row.get(1)?,
            is_hosted: row.get(2)?,
            home: row.get(3)?,
            has_refs: row.get(4)?,
        })
    };
    tx.rows(sql, &[]).await?.iter().map(kept).collect()
}
