//! The rows of tokens.

use super::Token;
use crate::users::{self, User};
use base::id::{TokenId, UserId};
use base::{Result, Right, Time};
use db::{Columns, Tx, params};

const COLUMNS: &str = "k.id, k.user_id, k.name, k.scopes, k.created_at, k.expires_at, k.last_used_at";

fn columns(c: &mut Columns) -> Result<Token> {
    Ok(Token {
        id: c.next()?,
        user: c.next()?,
        name: c.next()?,
        scopes: c.next::<Option<String>>()?.map(|words| scopes(&words)).transpose()?,
        created_at: c.next()?,
        expires_at: c.next()?,
        last_used_at: c.next()?,
    })
}

fn scopes(words: &str) -> Result<Vec<Right>> {
    words.split_whitespace().map(Right::parse).collect()
}

const INSERT: &str = "insert into access_token (id, user_id, name, hash, scopes, created_at, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7)";

pub(super) async fn insert(tx: &mut Tx, token: &Token, hash: &str) -> Result<()> {
    let words = token.scopes.as_ref().map(|scopes| {
        let words: Vec<_> = scopes.iter().map(|right| right.as_str()).collect();
        words.join(" ")
    });
    let params = params![token.id, token.user, &token.name, hash, words, token.created_at, token.expires_at];
    tx.run(INSERT, &params).await.map(|_| ())
}

pub(super) async fn of_user(tx: &mut Tx, user: UserId) -> Result<Vec<Token>> {
    let sql = format!("select {COLUMNS} from access_token k where k.user_id = $1 order by k.id desc");
    tx.rows(&sql, &params![user]).await?.into_iter().map(|row| columns(&mut row.columns())).collect()
}

pub(super) async fn by_hash(tx: &mut Tx, hash: &str) -> Result<Option<(Token, User)>> {
    let sql = format!(
        "select {}, {COLUMNS} from access_token k join person p on p.id = k.user_id where k.hash = $1",
        users::USER_COLUMNS
    );
    let Some(row) = tx.opt(&sql, &params![hash]).await? else { return Ok(None) };
    let mut c = row.columns();
    let user = users::user_from_columns(&mut c)?;
    Ok(Some((columns(&mut c)?, user)))
}

pub(super) async fn delete(tx: &mut Tx, id: TokenId) -> Result<()> {
    tx.run("delete from access_token where id = $1", &params![id]).await.map(|_| ())
}

pub(super) async fn record_use(tx: &mut Tx, id: TokenId, at: Time) -> Result<()> {
    tx.run("update access_token set last_used_at = $2 where id = $1", &params![id, at]).await.map(|_| ())
}
