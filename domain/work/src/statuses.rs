//! Status updates say how a project is doing.

use crate::names::{Person, ProjectName, Text};
use crate::page::{Listed, Page};
use base::id::{AnyId, ProjectId};
use base::{Result, Time};
use db::Tx;

base::text_enum! {
    /// How a project is doing, in a word.
    pub enum Status {
        /// As planned.
        OnTrack = "on_track",
        /// It may slip.
        AtRisk = "at_risk",
        /// It has slipped.
        OffTrack = "off_track",
        /// Nobody works on it for now.
        OnHold = "on_hold",
        /// Done.
        Complete = "complete",
        /// Given up.
        Dropped = "dropped",
    }
}

/// One status update.
#[derive(Clone, Debug)]
pub struct StatusUpdate {
    /// Its id.
    pub id: AnyId,
    /// The project it is about.
    pub project: ProjectName,
    /// Its heading.
    pub title: String,
    /// What it says, as plain text.
    pub text: String,
    /// The same as rich text, when it was written so; mentions are bare.
    pub html: Option<String>,
    /// The word.
    pub status: Status,
    /// When it was written.
    pub created_at: Time,
    /// Who wrote it.
    pub created_by: Option<Person>,
    /// When it was last changed.
    pub modified_at: Time,
}

/// Writes a status update; the title may be empty.
pub async fn create(
    tx: &mut Tx,
    project: ProjectId,
    title: &str,
    text: Text,
    status: Status,
) -> Result<StatusUpdate> {
    todo!()
}
/// Returns one.
pub async fn get(tx: &mut Tx, update: AnyId) -> Result<StatusUpdate> {
    todo!()
}
/// Lists a project's, newest first.
pub async fn list(tx: &mut Tx, project: ProjectId, page: &Page) -> Result<Listed<StatusUpdate>> {
    todo!()
}
/// Deletes one.
pub async fn delete(tx: &mut Tx, update: AnyId) -> Result<()> {
    todo!()
}
