//! The table of answers.

use crate::git::Rule;
use base::Result;
use base::id::RepositoryId;
use db::{Tx, params};

pub(super) async fn find(
    tx: &mut Tx,
    id: RepositoryId,
    commit: &str,
    ancestor: &str,
) -> Result<Option<Rule>> {
    let sql = "select rule from ancestry where repository_id = $1 and commit_id = $2 and ancestor_id = $3";
    tx.opt(sql, &params![id, commit, ancestor]).await?.map(|row| row.get(0)).transpose()
}

/// Keeps an answer; one that is there already is the same. A repository that was removed meanwhile takes none.
pub(super) async fn insert(
    tx: &mut Tx,
    id: RepositoryId,
    commit: &str,
    ancestor: &str,
    rule: Rule,
) -> Result<()> {
    let sql = "insert into ancestry (repository_id, commit_id, ancestor_id, rule, answered_at)
      select id, $2, $3, $4, $5 from repository where id = $1 on conflict do nothing";
    let now = tx.now();
    tx.run(sql, &params![id, commit, ancestor, rule, now]).await.map(drop)
}
