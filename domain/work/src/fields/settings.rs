//! Which fields a project shows.

use super::{Field, Setting, get, load, store};
use crate::names::{Place, ProjectName};
use crate::{projects, rank};
use base::id::{AnyId, FieldId, ProjectId};
use base::{Error, Result, Right};
use db::Tx;
use journal::Subject;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Shows a field on the tasks of a project; a second time changes place and importance.
pub async fn add_to_project(
    tx: &mut Tx,
    project: ProjectId,
    field: FieldId,
    is_important: bool,
    place: Option<Place<AnyId>>,
) -> Result<Setting> {
    let home = projects::lock(tx, project, Right::Edit).await?;
    let found = get(tx, field).await?;
    let all = store::settings_of(tx, &[project]).await?;
    let before = all.iter().find(|row| row.field == field);
    let rank = match (before, place) {
        (Some(before), None) => before.rank.clone(),
        (_, place) => rank_at(&all, field, place.unwrap_or(Place::Last))?,
    };
    let id = store::put_setting(tx, project, field, is_important, &rank).await?;
    let home = ProjectName::new(project, home.name);
    if before.is_none() {
        let data = json!({"name": home.name, "field": {"id": field, "name": found.name}});
        journal::enter(
            tx,
            "project.field_added",
            Subject::new("project", project),
            &[Subject::new("field", field)],
            data,
        );
    }
    Ok(Setting { id, project: home, field: Arc::new(found), is_important })
}

/// Anchors are settings or fields: clients send either.
fn rank_at(all: &[store::SettingRow], moved: FieldId, place: Place<AnyId>) -> Result<String> {
    let others: Vec<&store::SettingRow> = all.iter().filter(|row| row.field != moved).collect();
    let at = |id: AnyId| {
        others.iter().position(|row| row.id == id || row.field.0 == id.0).ok_or_else(|| {
            Error::invalid(
                "place.unknown",
                format!("{id} is no custom field of this project (or is the one to be moved)"),
            )
        })
    };
    let index = match place {
        Place::First => 0,
        Place::Last => others.len(),
        Place::Before(id) => at(id)?,
        Place::After(id) => at(id)? + 1,
    };
    let before = index.checked_sub(1).map(|i| others[i].rank.as_str());
    rank::between(before, others.get(index).map(|row| row.rank.as_str()))
}

/// Hides it again; values stay and come back with it.
pub async fn remove_from_project(tx: &mut Tx, project: ProjectId, field: FieldId) -> Result<()> {
    let home = projects::require(tx, project, Right::Edit).await?;
    if store::remove_setting(tx, project, field).await? {
        let data = json!({"name": home.name, "field": {"id": field}});
        journal::enter(
            tx,
            "project.field_removed",
            Subject::new("project", project),
            &[Subject::new("field", field)],
            data,
        );
    }
    Ok(())
}

/// Lists the fields that a project shows, in order.
pub async fn of_project(tx: &mut Tx, project: ProjectId) -> Result<Vec<Setting>> {
    projects::get(tx, project).await?;
    Ok(settings_of(tx, &[project]).await?.remove(&project).unwrap_or_default())
}

/// The settings of many projects.
pub(crate) async fn settings_of(
    tx: &mut Tx,
    projects: &[ProjectId],
) -> Result<BTreeMap<ProjectId, Vec<Setting>>> {
    let rows = store::settings_of(tx, projects).await?;
    let mut ids: Vec<FieldId> = rows.iter().map(|row| row.field).collect();
    ids.sort_unstable();
    ids.dedup();
    let fields: HashMap<FieldId, Arc<Field>> =
        load(tx, &ids).await?.into_iter().map(|field| (field.id, Arc::new(field))).collect();
    let mut found: BTreeMap<ProjectId, Vec<Setting>> = BTreeMap::new();
    for row in rows {
        if let Some(field) = fields.get(&row.field) {
            let project = row.project.id;
            let setting = Setting {
                id: row.id,
                project: row.project,
                field: field.clone(),
                is_important: row.is_important,
            };
            found.entry(project).or_default().push(setting);
        }
    }
    Ok(found)
}
