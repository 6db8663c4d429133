//! The statements about favourites.

use super::FavouriteKind;
use base::Result;
use base::id::{AnyId, UserId};
use db::{Tx, params};

pub(super) async fn insert(tx: &mut Tx, user: UserId, kind: FavouriteKind, id: AnyId) -> Result<()> {
    let now = tx.now();
    let sql = "insert into favourite (user_id, kind, subject_id, since_at) values ($1, $2, $3, $4) on conflict do nothing";
    tx.run(sql, &params![user, kind, id, now]).await.map(|_| ())
}

pub(super) async fn delete(tx: &mut Tx, user: UserId, kind: FavouriteKind, id: AnyId) -> Result<()> {
    let sql = "delete from favourite where user_id = $1 and kind = $2 and subject_id = $3";
    tx.run(sql, &params![user, kind, id]).await.map(|_| ())
}

pub(super) async fn list(tx: &mut Tx, user: UserId, kind: FavouriteKind) -> Result<Vec<i64>> {
    let sql =
        "select subject_id from favourite where user_id = $1 and kind = $2 order by since_at, subject_id";
    tx.rows(sql, &params![user, kind]).await?.iter().map(|row| row.get(0)).collect()
}
