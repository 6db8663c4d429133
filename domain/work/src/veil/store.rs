//! Which of some things the actor sees.

use base::Result;
use db::{Filter, Tx};

/// The ids of the tasks `t` that pass.
pub(super) async fn tasks(tx: &mut Tx, filter: &Filter) -> Result<Vec<i64>> {
    let sql = format!("select t.id from task t where {}", filter.sql());
    tx.rows(&sql, filter.params()).await?.iter().map(|row| row.get(0)).collect()
}

/// The ids of the projects `p` that pass.
pub(super) async fn projects(tx: &mut Tx, filter: &Filter) -> Result<Vec<i64>> {
    let sql = format!("select p.id from project p where {}", filter.sql());
    tx.rows(&sql, filter.params()).await?.iter().map(|row| row.get(0)).collect()
}
