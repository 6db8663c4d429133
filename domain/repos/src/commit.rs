//! Commits over HTTP, and the answers about them that hold for ever.

pub(crate) mod api;
pub(crate) mod pages;
mod store;

use crate::git::{Answer, Rule};
use base::Result;
use base::id::RepositoryId;
use db::Tx;

/// The answer that was proved before.
pub(crate) async fn remembered(
    tx: &mut Tx,
    id: RepositoryId,
    commit: &str,
    ancestor: &str,
) -> Result<Option<Rule>> {
    store::find(tx, id, commit, ancestor).await
}

/// Keeps a yes or a no; an unknown is never kept.
pub(crate) async fn remember(
    tx: &mut Tx,
    id: RepositoryId,
    commit: &str,
    ancestor: &str,
    rule: Rule,
) -> Result<()> {
    if rule.answer() == Answer::Unknown {
        Ok(())
    } else {
        store::insert(tx, id, commit, ancestor, rule).await
    }
}
