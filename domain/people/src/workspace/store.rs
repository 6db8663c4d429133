//! The workspace's row.

use super::Workspace;
use base::Result;
use db::{Tx, params};

const CURRENT: &str = "select id, name, email_domains from workspace order by id limit 1";

pub(super) async fn current(tx: &mut Tx) -> Result<Option<Workspace>> {
    let Some(row) = tx.opt(CURRENT, &[]).await? else { return Ok(None) };
    let domains: serde_json::Value = row.get(2)?;
    let email_domains =
        domains.as_array().into_iter().flatten().filter_map(|d| d.as_str().map(str::to_owned)).collect();
    Ok(Some(Workspace { id: row.get(0)?, name: row.get(1)?, email_domains }))
}

pub(super) async fn insert(tx: &mut Tx, workspace: &Workspace) -> Result<()> {
    let now = tx.now();
    let sql = "insert into workspace (id, name, email_domains, created_at) values ($1, $2, '[]', $3)";
    tx.run(sql, &params![workspace.id, &workspace.name, now]).await.map(|_| ())
}

pub(super) async fn rename(tx: &mut Tx, workspace: &Workspace) -> Result<()> {
    tx.run("update workspace set name = $2 where id = $1", &params![workspace.id, &workspace.name])
        .await
        .map(|_| ())
}

pub(super) async fn set_domains(tx: &mut Tx, workspace: &Workspace) -> Result<()> {
    let domains = serde_json::json!(workspace.email_domains);
    tx.run("update workspace set email_domains = $2 where id = $1", &params![workspace.id, domains])
        .await
        .map(|_| ())
}

pub(super) async fn lock(tx: &mut Tx) -> Result<()> {
    tx.rows("select id from workspace /*pg: for update */", &[]).await.map(|_| ())
}
