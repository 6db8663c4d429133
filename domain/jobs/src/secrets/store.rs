//! Rows of secrets.

use super::Secret;
use base::Result;
use base::id::SecretId;
use db::{Row, Tx, params};

const COLUMNS: &str = "id, scope, scope_key, name, version, any_branch, set_by, set_at, given_at";

fn secret(row: &Row) -> Result<Secret> {
    Ok(Secret {
        id: row.get(0)?,
        scope: row.get(1)?,
        scope_key: row.get(2)?,
        name: row.get(3)?,
        version: row.get(4)?,
        any_branch: row.get(5)?,
        set_by: row.get(6)?,
        set_at: row.get(7)?,
        given_at: row.get(8)?,
    })
}

pub(super) async fn find(tx: &mut Tx, scope: &str, key: &str, name: &str) -> Result<Option<Secret>> {
    let sql = format!("select {COLUMNS} from job_secret where scope = $1 and scope_key = $2 and name = $3");
    tx.opt(&sql, &params![scope, key, name]).await?.as_ref().map(secret).transpose()
}

pub(super) async fn all(tx: &mut Tx) -> Result<Vec<Secret>> {
    let sql = format!("select {COLUMNS} from job_secret order by name, scope, scope_key");
    tx.rows(&sql, &[]).await?.iter().map(secret).collect()
}

pub(super) async fn sealed(tx: &mut Tx, id: SecretId) -> Result<Vec<u8>> {
    tx.one("select sealed from job_secret where id = $1", &params![id]).await?.get(0)
}

pub(super) async fn put(tx: &mut Tx, secret: &Secret, sealed: &[u8]) -> Result<()> {
    let sql = format!(
        "insert into job_secret ({COLUMNS}, sealed) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (scope, scope_key, name) do update set sealed = excluded.sealed, version = excluded.version,
         any_branch = excluded.any_branch, set_by = excluded.set_by, set_at = excluded.set_at"
    );
    let params = params![
        secret.id,
        &secret.scope,
        &secret.scope_key,
        &secret.name,
        secret.version,
        secret.any_branch,
        &secret.set_by,
        secret.set_at,
        secret.given_at,
        sealed
    ];
    tx.run(&sql, &params).await.map(drop)
}

pub(super) async fn set_given(tx: &mut Tx, id: SecretId) -> Result<()> {
    let now = tx.now();
    tx.run("update job_secret set given_at = $2 where id = $1", &params![id, now]).await.map(drop)
}

pub(super) async fn remove(tx: &mut Tx, id: SecretId) -> Result<()> {
    tx.run("delete from job_secret where id = $1", &params![id]).await.map(drop)
}
