//! Rows of environments.

use super::Environment;
use base::Result;
use base::id::{DeploymentId, EnvironmentId};
use db::{Row, Tx, params};

macro_rules! columns {
    () => {
        "id, name, repository_id, after_id, rank, enabled, disabled_reason, restricted, if_busy, epoch, lock_project_id,
         deployment_project_id, deployed_id, made_at, made_by"
    };
}

const BY_ID: &str = concat!("select ", columns!(), " from environment where id = $1");
const HOLD: &str = concat!("select ", columns!(), " from environment where id = $1 /*pg: for update */");
const BY_NAME: &str = concat!("select ", columns!(), " from environment where lower(name) = lower($1)");
const ALL: &str = concat!("select ", columns!(), " from environment order by rank, lower(name)");

const INSERT: &str = concat!(
    "insert into environment (",
    columns!(),
    ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
);

const UPDATE: &str =
    "update environment set name = $2, repository_id = $3, after_id = $4, rank = $5, enabled = $6,
    disabled_reason = $7, restricted = $8, if_busy = $9, epoch = $10 where id = $1";

fn environment(row: Row) -> Result<Environment> {
    let mut c = row.columns();
    Ok(Environment {
        id: c.next()?,
        name: c.next()?,
        repository: c.next()?,
        after: c.next()?,
        rank: c.next()?,
        enabled: c.next()?,
        disabled_reason: c.next()?,
        restricted: c.next()?,
        if_busy: c.next()?,
        epoch: c.next()?,
        lock_project: c.next()?,
        deployment_project: c.next()?,
        deployed: c.next()?,
        made_at: c.next()?,
        made_by: c.next()?,
    })
}

pub(super) async fn get(tx: &mut Tx, id: EnvironmentId) -> Result<Option<Environment>> {
    tx.opt(BY_ID, &params![id]).await?.map(environment).transpose()
}

pub(super) async fn hold(tx: &mut Tx, id: EnvironmentId) -> Result<Option<Environment>> {
    tx.opt(HOLD, &params![id]).await?.map(environment).transpose()
}

pub(super) async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<Environment>> {
    tx.opt(BY_NAME, &params![name]).await?.map(environment).transpose()
}

pub(super) async fn all(tx: &mut Tx) -> Result<Vec<Environment>> {
    tx.rows(ALL, &[]).await?.into_iter().map(environment).collect()
}

pub(super) async fn insert(tx: &mut Tx, e: &Environment) -> Result<()> {
    let values = params![
        e.id,
        e.name.as_str(),
        e.repository,
        e.after,
        e.rank,
        e.enabled,
        e.disabled_reason.as_str(),
        e.restricted,
        e.if_busy,
        e.epoch,
        e.lock_project,
        e.deployment_project,
        e.deployed,
        e.made_at,
        e.made_by
    ];
    tx.run(INSERT, &values).await.map(drop)
}

pub(super) async fn update(tx: &mut Tx, e: &Environment) -> Result<()> {
    let values = params![
        e.id,
        e.name.as_str(),
        e.repository,
        e.after,
        e.rank,
        e.enabled,
        e.disabled_reason.as_str(),
        e.restricted,
        e.if_busy,
        e.epoch
    ];
    tx.run(UPDATE, &values).await.map(drop)
}

pub(super) async fn set_rank(tx: &mut Tx, id: EnvironmentId, rank: i64) -> Result<()> {
    tx.run("update environment set rank = $2 where id = $1", &params![id, rank]).await.map(drop)
}

pub(super) async fn bump(tx: &mut Tx, id: EnvironmentId) -> Result<i64> {
    let sql = "update environment set epoch = epoch + 1 where id = $1 returning epoch";
    tx.one(sql, &params![id]).await?.get(0)
}

pub(super) async fn set_deployed(tx: &mut Tx, id: EnvironmentId, deployed: DeploymentId) -> Result<()> {
    let sql = "update environment set deployed_id = $2 where id = $1";
    tx.run(sql, &params![id, deployed]).await.map(drop)
}
