//! Rows of labels and comments.

use crate::runs::{Run, remarks::Comment};
use base::id::{AnyId, JobId, RunId};
use base::{Result, Value};
use db::{Filter, Row, Tx, params};

pub(in crate::runs) async fn labels(tx: &mut Tx, run: RunId) -> Result<Vec<String>> {
    let sql = "select name from run_label where run_id = $1 order by name";
    tx.rows(sql, &params![run]).await?.iter().map(|row| row.get(0)).collect()
}

pub(in crate::runs) async fn labelled(tx: &mut Tx, job: JobId, labels: &[String]) -> Result<Vec<RunId>> {
    if labels.is_empty() {
        return Ok(Vec::new());
    }
    let mut wanted = Filter::default();
    wanted.and("job_id = ?", params![job]);
    wanted.and_in("name", labels.iter().map(|name| Value::from(name.clone())));
    let sql = format!("select distinct run_id from run_label where {} order by run_id desc", wanted.sql());
    tx.rows(&sql, wanted.params()).await?.iter().map(|row| row.get(0)).collect()
}

pub(in crate::runs) async fn insert_label(tx: &mut Tx, run: &Run, name: &str) -> Result<()> {
    let sql = "insert into run_label (run_id, job_id, name, made_at) values ($1, $2, $3, $4) on conflict do nothing";
    let now = tx.now();
    tx.run(sql, &params![run.id, run.job, name, now]).await.map(drop)
}

pub(in crate::runs) async fn remove_label(tx: &mut Tx, run: RunId, name: &str) -> Result<bool> {
    let sql = "delete from run_label where run_id = $1 and name = $2";
    Ok(tx.run(sql, &params![run, name]).await? > 0)
}

pub(in crate::runs) async fn comments(tx: &mut Tx, run: RunId) -> Result<Vec<Comment>> {
    let sql = "select id, user_id, user_name, text, made_at from run_comment where run_id = $1 order by id";
    let comment = |row: &Row| {
        Ok(Comment {
            id: row.get(0)?,
            user: row.get(1)?,
            user_name: row.get(2)?,
            text: row.get(3)?,
            made_at: row.get(4)?,
        })
    };
    tx.rows(sql, &params![run]).await?.iter().map(comment).collect()
}

pub(in crate::runs) async fn insert_comment(tx: &mut Tx, run: RunId, comment: &Comment) -> Result<()> {
    let sql = "insert into run_comment (id, run_id, user_id, user_name, text, made_at) values ($1, $2, $3, $4, $5, $6)";
    let params = params![comment.id, run, comment.user, &comment.user_name, &comment.text, comment.made_at];
    tx.run(sql, &params).await.map(drop)
}

pub(in crate::runs) async fn remove_comment(tx: &mut Tx, id: AnyId) -> Result<()> {
    tx.run("delete from run_comment where id = $1", &params![id]).await.map(drop)
}
