//! What tells jobs apart, those that are gone too: for facades that give jobs keys of their own, which must not depend on who looks.

use super::store;
use base::Result;
use base::id::{JobId, RepositoryId};
use db::Tx;

/// What a job is told apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Its id; they rise with time.
    pub job: JobId,
    /// The repository that its file is in.
    pub repository: RepositoryId,
    /// Its name.
    pub name: String,
    /// Whether its file stopped naming it.
    pub is_gone: bool,
}

/// The names of all jobs there ever were, oldest first. Checks no right: what a caller finds by them has to be asked for with one.
pub async fn names(tx: &mut Tx) -> Result<Vec<Name>> {
    store::names(tx).await
}
