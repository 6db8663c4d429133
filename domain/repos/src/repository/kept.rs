//! What a folder of repositories should hold: for whoever looks whether it does, with no server running.

use super::store;
use base::Result;
use base::id::RepositoryId;
use db::Tx;

/// A repository, as far as its folder is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its id: the folder is called `ID.git`.
    pub id: RepositoryId,
    /// Its name.
    pub name: String,
    /// Whether people push to it here. Any other is fetched again when its folder is gone.
    pub is_hosted: bool,
    /// The name of the folder of repositories that it is in, once it is in one.
    pub home: Option<String>,
    /// Whether anything was pushed to it.
    pub has_refs: bool,
}

/// Every repository.
pub async fn kept(tx: &mut Tx) -> Result<Vec<Kept>> {
    store::kept(tx).await
}
