//! The rows of forms and submissions.

use super::Form;
use base::id::{AnyId, FormId, ProjectId, TaskId};
use base::{Error, Result};
use db::{Row, Tx, params};

const COLUMNS: &str =
    "id, project_id, section_id, name, description, thanks, is_open, token, handshake_hash, questions,
  created_at, created_by";

fn form(row: Row) -> Result<Form> {
    let mut c = row.columns();
    let mut form = Form {
        id: c.next()?,
        project: c.next()?,
        section: c.next()?,
        name: c.next()?,
        description: c.next()?,
        thanks: c.next()?,
        is_open: c.next()?,
        token: c.next()?,
        handshake_hash: c.next()?,
        has_handshake: false,
        questions: {
            let value: serde_json::Value = c.next()?;
            serde_json::from_value(value).map_err(|error| {
                Error::bug("form.questions", "stored questions cannot be read").because(error)
            })?
        },
        created_at: c.next()?,
        created_by: c.next()?,
    };
    form.has_handshake = form.handshake_hash.is_some();
    Ok(form)
}

pub(super) async fn insert(tx: &mut Tx, form: &Form) -> Result<()> {
    let sql = "insert into form (id, project_id, section_id, name, description, thanks, is_open, token, handshake_hash, questions,
      created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let params = params![
        form.id,
        form.project,
        form.section,
        &form.name,
        &form.description,
        &form.thanks,
        form.is_open,
        &form.token,
        form.handshake_hash.clone(),
        serde_json::json!(form.questions),
        form.created_at,
        form.created_by,
    ];
    tx.run(sql, &params).await.map(|_| ())
}

pub(super) async fn update(tx: &mut Tx, form: &Form) -> Result<()> {
    let sql = "update form set section_id = $2, name = $3, description = $4, thanks = $5, is_open = $6, handshake_hash = $7,
      questions = $8 where id = $1";
    let params = params![
        form.id,
        form.section,
        &form.name,
        &form.description,
        &form.thanks,
        form.is_open,
        form.handshake_hash.clone(),
        serde_json::json!(form.questions),
    ];
    tx.run(sql, &params).await.map(|_| ())
}

pub(super) async fn delete(tx: &mut Tx, id: FormId) -> Result<()> {
    tx.run("delete from form_submission where form_id = $1", &params![id]).await?;
    tx.run("delete from form where id = $1", &params![id]).await.map(|_| ())
}

pub(super) async fn by_id(tx: &mut Tx, id: FormId) -> Result<Option<Form>> {
    tx.opt(&format!("select {COLUMNS} from form where id = $1"), &params![id]).await?.map(form).transpose()
}

pub(super) async fn by_token(tx: &mut Tx, token: &str) -> Result<Option<Form>> {
    tx.opt(&format!("select {COLUMNS} from form where token = $1"), &params![token])
        .await?
        .map(form)
        .transpose()
}

pub(super) async fn of_project(tx: &mut Tx, project: ProjectId) -> Result<Vec<Form>> {
    let sql = format!("select {COLUMNS} from form where project_id = $1 order by id");
    tx.rows(&sql, &params![project]).await?.into_iter().map(form).collect()
}

/// Claims an entry; false when it was submitted before.
pub(super) async fn claim(tx: &mut Tx, form: FormId, entry: &str, task: TaskId) -> Result<bool> {
    let (id, now): (AnyId, _) = (tx.new_id(), tx.now());
    let sql = "insert into form_submission (id, form_id, entry, task_id, at) values ($1, $2, $3, $4, $5) on conflict do nothing";
    Ok(tx.run(sql, &params![id, form, entry, task, now]).await? > 0)
}

pub(super) async fn set_task(tx: &mut Tx, form: FormId, entry: &str, task: TaskId) -> Result<()> {
    let sql = "update form_submission set task_id = $3 where form_id = $1 and entry = $2";
    tx.run(sql, &params![form, entry, task]).await.map(|_| ())
}

pub(super) async fn task_of(tx: &mut Tx, form: FormId, entry: &str) -> Result<TaskId> {
    tx.one("select task_id from form_submission where form_id = $1 and entry = $2", &params![form, entry])
        .await?
        .get(0)
}
