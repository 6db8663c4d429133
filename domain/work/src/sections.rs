//! Sections order a project: rows of a list under headings, or the columns of a board. A project always has at least one.

use crate::names::{Place, ProjectName};
use base::id::{ProjectId, SectionId};
use base::{Result, Time};
use db::Tx;

/// The name of the section that every project starts with.
pub const UNTITLED: &str = "Untitled section";

/// A section.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its id.
    pub id: SectionId,
    /// The project it orders.
    pub project: ProjectName,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Time,
    pub(crate) rank: String,
}

/// Lists the sections of a project in their order.
pub async fn list(tx: &mut Tx, project: ProjectId) -> Result<Vec<Section>> {
    todo!()
}
/// Returns a section.
pub async fn get(tx: &mut Tx, section: SectionId) -> Result<Section> {
    todo!()
}
/// Adds a section.
pub async fn create(tx: &mut Tx, project: ProjectId, name: &str, place: Place<SectionId>) -> Result<Section> {
    todo!()
}
/// Renames a section.
pub async fn rename(tx: &mut Tx, section: SectionId, name: &str) -> Result<Section> {
    todo!()
}
/// Moves a section within its project.
pub async fn put(tx: &mut Tx, project: ProjectId, section: SectionId, place: Place<SectionId>) -> Result<()> {
    todo!()
}
/// Deletes an empty section that is not the last one (`section.not_empty`, `section.last`).
pub async fn delete(tx: &mut Tx, section: SectionId) -> Result<()> {
    todo!()
}
