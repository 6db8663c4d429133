//! The rows of rules.

use super::Rule;
use base::id::{ProjectId, RuleId};
use base::{Error, Result};
use db::{Row, Tx, params};
use serde::de::DeserializeOwned;

const COLUMNS: &str = "id, project_id, name, trigger_json, actions_json, is_enabled, created_at, created_by, runs, ran_at, problem";

fn read<T: DeserializeOwned>(value: serde_json::Value) -> Result<T> {
    serde_json::from_value(value)
        .map_err(|error| Error::bug("rule.stored", "a stored rule cannot be read").because(error))
}

fn rule(row: Row) -> Result<Rule> {
    let mut c = row.columns();
    Ok(Rule {
        id: c.next()?,
        project: c.next()?,
        name: c.next()?,
        trigger: read(c.next()?)?,
        actions: read(c.next()?)?,
        is_enabled: c.next()?,
        created_at: c.next()?,
        created_by: c.next()?,
        runs: c.next()?,
        ran_at: c.next()?,
        problem: c.next()?,
    })
}

pub(super) async fn insert(tx: &mut Tx, rule: &Rule) -> Result<()> {
    let sql = "insert into rule (id, project_id, name, trigger_json, actions_json, is_enabled, created_at, created_by, runs)
      values ($1, $2, $3, $4, $5, $6, $7, $8, 0)";
    let params = params![
        rule.id,
        rule.project,
        &rule.name,
        serde_json::json!(rule.trigger),
        serde_json::json!(rule.actions),
        rule.is_enabled,
        rule.created_at,
        rule.created_by,
    ];
    tx.run(sql, &params).await.map(|_| ())
}

pub(super) async fn update(tx: &mut Tx, rule: &Rule) -> Result<()> {
    let sql = "update rule set name = $2, trigger_json = $3, actions_json = $4, is_enabled = $5, problem = $6 where id = $1";
    let params = params![
        rule.id,
        &rule.name,
        serde_json::json!(rule.trigger),
        serde_json::json!(rule.actions),
        rule.is_enabled,
        rule.problem.clone(),
    ];
    tx.run(sql, &params).await.map(|_| ())
}

pub(super) async fn delete(tx: &mut Tx, id: RuleId) -> Result<()> {
    tx.run("delete from rule where id = $1", &params![id]).await.map(|_| ())
}

pub(super) async fn by_id(tx: &mut Tx, id: RuleId) -> Result<Option<Rule>> {
    tx.opt(&format!("select {COLUMNS} from rule where id = $1"), &params![id]).await?.map(rule).transpose()
}

pub(super) async fn of_project(tx: &mut Tx, project: ProjectId) -> Result<Vec<Rule>> {
    let sql = format!("select {COLUMNS} from rule where project_id = $1 order by id");
    tx.rows(&sql, &params![project]).await?.into_iter().map(rule).collect()
}

pub(super) async fn in_force(tx: &mut Tx, project: ProjectId) -> Result<Vec<Rule>> {
    let sql = format!("select {COLUMNS} from rule where project_id = $1 and is_enabled order by id");
    tx.rows(&sql, &params![project]).await?.into_iter().map(rule).collect()
}

pub(super) async fn record_run(tx: &mut Tx, id: RuleId, problem: Option<&str>) -> Result<()> {
    let now = tx.now();
    let sql = "update rule set runs = runs + 1, ran_at = $2, problem = $3 where id = $1";
    tx.run(sql, &params![id, now, problem]).await.map(|_| ())
}
