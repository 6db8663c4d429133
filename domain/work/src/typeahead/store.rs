//! The statements of the typeahead.

use super::{Hit, Noun};
use crate::access;
use base::Result;
use db::{Filter, Tx};

/// The condition that a name contains the query, and the order that puts those first that begin with it.
fn named(filter: &mut Filter, column: &str, query: &str) -> String {
    let contains = filter.param(db::like("%", query, "%"));
    let begins = filter.param(db::like("", query, "%"));
    filter.and(&format!("lower({column}) like {contains} escape '\\'"), []);
    format!("(case when lower({column}) like {begins} escape '\\' then 0 else 1 end)")
}

async fn hits(tx: &mut Tx, noun: Noun, sql: &str, filter: &Filter) -> Result<Vec<Hit>> {
    tx.rows(sql, filter.params())
        .await?
        .into_iter()
        .map(|row| {
            let task_kind = if noun == Noun::Task { Some(row.get(2)?) } else { None };
            Ok(Hit { noun, id: row.get(0)?, name: row.get(1)?, task_kind })
        })
        .collect()
}

pub(super) async fn tasks(tx: &mut Tx, query: &str, count: usize) -> Result<Vec<Hit>> {
    let mut filter = Filter::default();
    let best = named(&mut filter, "t.name", query);
    filter.and("t.deleted_at is null", []);
    access::seen_tasks(tx, &mut filter);
    let limit = filter.param(count);
    let sql = format!(
        "select t.id, t.name, t.kind from task t where {} order by {best}, t.modified_at desc, t.id desc limit {limit}",
        filter.sql()
    );
    hits(tx, Noun::Task, &sql, &filter).await
}

pub(super) async fn projects(tx: &mut Tx, query: &str, count: usize) -> Result<Vec<Hit>> {
    let mut filter = Filter::default();
    let best = named(&mut filter, "p.name", query);
    access::seen_projects(tx, &mut filter);
    let limit = filter.param(count);
    let sql = format!(
        "select p.id, p.name from project p where {} order by {best}, p.archived, p.id desc limit {limit}",
        filter.sql()
    );
    hits(tx, Noun::Project, &sql, &filter).await
}

pub(super) async fn tags(tx: &mut Tx, query: &str, count: usize) -> Result<Vec<Hit>> {
    let mut filter = Filter::default();
    let best = named(&mut filter, "g.name", query);
    let limit = filter.param(count);
    let sql = format!(
        "select g.id, g.name from tag g where {} order by {best}, g.id desc limit {limit}",
        filter.sql()
    );
    hits(tx, Noun::Tag, &sql, &filter).await
}

pub(super) async fn fields(tx: &mut Tx, query: &str, count: usize) -> Result<Vec<Hit>> {
    let mut filter = Filter::default();
    let best = named(&mut filter, "f.name", query);
    filter.and("f.deleted_at is null", []);
    let limit = filter.param(count);
    let sql = format!(
        "select f.id, f.name from field f where {} order by {best}, f.id desc limit {limit}",
        filter.sql()
    );
    hits(tx, Noun::Field, &sql, &filter).await
}
