//! The workspace: there is one, made at the first start.

use base::id::WorkspaceId;
use base::{Result, Time};
use db::Tx;

/// The workspace.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Time,
}

/// Makes the workspace unless it is there; called at every start, before anything else.
pub async fn ensure(tx: &mut Tx) -> Result<Workspace> {
    todo!()
}
/// Returns the workspace.
pub async fn get(tx: &mut Tx) -> Result<Workspace> {
    todo!()
}
/// Renames it.
pub async fn rename(tx: &mut Tx, name: &str) -> Result<Workspace> {
    todo!()
}
