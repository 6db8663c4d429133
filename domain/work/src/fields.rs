//! Custom fields: track anything. A field belongs to the workspace and is shown on the tasks of the projects that have a setting for
//! it. Options of an enum field are disabled, never deleted, so that old values stay readable.

pub(crate) mod store;
mod types;

pub use types::*;

use crate::names::{Person, Place, ProjectName};
use crate::page::{Listed, Page};
use base::id::{AnyId, FieldId, OptionId, ProjectId, TaskId, UserId};
use base::{Date, Result, Time};
use db::Tx;

/// Makes a field.
pub async fn create(tx: &mut Tx, new: NewField) -> Result<Field> {
    todo!()
}
/// Returns a field.
pub async fn get(tx: &mut Tx, field: FieldId) -> Result<Field> {
    todo!()
}
/// Lists the fields of the workspace, by id.
pub async fn list(tx: &mut Tx, page: &Page) -> Result<Listed<Field>> {
    todo!()
}
/// Changes a field; what it holds never changes.
pub async fn change(tx: &mut Tx, field: FieldId, change: FieldChange) -> Result<Field> {
    todo!()
}
/// Deletes a field from every project and task.
pub async fn delete(tx: &mut Tx, field: FieldId) -> Result<()> {
    todo!()
}
/// Adds an option.
pub async fn add_option(
    tx: &mut Tx,
    field: FieldId,
    new: NewOption,
    place: Place<OptionId>,
) -> Result<FieldOption> {
    todo!()
}
/// Returns an option.
pub async fn option(tx: &mut Tx, option: OptionId) -> Result<FieldOption> {
    todo!()
}
/// Moves an option within its field.
pub async fn put_option(
    tx: &mut Tx,
    field: FieldId,
    option: OptionId,
    place: Place<OptionId>,
) -> Result<FieldOption> {
    todo!()
}
/// Changes an option.
pub async fn change_option(tx: &mut Tx, option: OptionId, change: OptionChange) -> Result<FieldOption> {
    todo!()
}
/// Shows a field on the tasks of a project; a second time changes place and importance.
pub async fn add_to_project(
    tx: &mut Tx,
    project: ProjectId,
    field: FieldId,
    is_important: bool,
    place: Option<Place<AnyId>>,
) -> Result<Setting> {
    todo!()
}
/// Hides it again; values stay and come back with it.
pub async fn remove_from_project(tx: &mut Tx, project: ProjectId, field: FieldId) -> Result<()> {
    todo!()
}
/// Lists the fields that a project shows, in order.
pub async fn of_project(tx: &mut Tx, project: ProjectId) -> Result<Vec<Setting>> {
    todo!()
}
