//! The statements about templates.

use super::{Outline, Template};
use base::id::AnyId;
use base::{Error, Result, Time};
use db::{Row, Tx, params};

const COLUMNS: &str =
    "id, name, notes, team_id, color, icon, default_view, is_public, created_at, created_by, modified_at";

fn from_row(row: Row) -> Result<Template> {
    let mut c = row.columns();
    Ok(Template {
        id: c.next()?,
        name: c.next()?,
        notes: c.next()?,
        team: c.next()?,
        color: c.next()?,
        icon: c.next()?,
        view: c.next()?,
        is_public: c.next()?,
        created_at: c.next()?,
        created_by: c.next()?,
        modified_at: c.next()?,
        outline: Outline::default(),
    })
}

fn written(outline: &Outline) -> Result<String> {
    serde_json::to_string(outline)
        .map_err(|error| Error::bug("template.outline", "a template could not be written").because(error))
}

/// Those that were not deleted, by name, without what they hold.
pub(super) async fn all(tx: &mut Tx, limit: usize) -> Result<Vec<Template>> {
    let sql =
        format!("select {COLUMNS} from project_template where deleted_at is null order by name, id limit $1");
    tx.rows(&sql, &params![limit]).await?.into_iter().map(from_row).collect()
}

pub(super) async fn by_id(tx: &mut Tx, id: AnyId, deleted: bool) -> Result<Option<Template>> {
    let state = if deleted { "is not null" } else { "is null" };
    let sql = format!("select {COLUMNS}, outline from project_template where id = $1 and deleted_at {state}");
    let Some(row) = tx.opt(&sql, &params![id]).await? else { return Ok(None) };
    let outline: String = row.get(11)?;
    let outline = serde_json::from_str(&outline)
        .map_err(|error| Error::bug("template.outline", "a template could not be read").because(error))?;
    Ok(Some(Template { outline, ..from_row(row)? }))
}

pub(super) async fn insert(tx: &mut Tx, template: &Template) -> Result<()> {
    let sql = "insert into project_template (id, name, notes, team_id, color, icon, default_view, is_public, outline, created_at,
        created_by, modified_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let values = params![
        template.id,
        &template.name,
        &template.notes,
        template.team,
        template.color.clone(),
        template.icon.clone(),
        template.view,
        template.is_public,
        written(&template.outline)?,
        template.created_at,
        template.created_by,
        template.modified_at,
    ];
    tx.run(sql, &values).await.map(drop)
}

pub(super) async fn update(tx: &mut Tx, template: &Template) -> Result<()> {
    let sql = "update project_template set name = $2, notes = $3, is_public = $4, outline = $5, modified_at = $6 where id = $1";
    let values = params![
        template.id,
        &template.name,
        &template.notes,
        template.is_public,
        written(&template.outline)?,
        template.modified_at,
    ];
    tx.run(sql, &values).await.map(drop)
}

pub(super) async fn set_deleted(tx: &mut Tx, id: AnyId, at: Option<Time>) -> Result<()> {
    tx.run("update project_template set deleted_at = $2 where id = $1", &params![id, at]).await.map(drop)
}
