//! The few differences between the two databases' SQL.

use crate::Engine;
use std::borrow::Cow;

/// Turns a statement as it is written into what `engine` reads.
///
/// For PostgreSQL `/*pg: x */` becomes `x`. For SQLite `/*lite: x */` becomes `x`, `$n` becomes `?n` (SQLite takes `$2`
/// for a *name* and numbers names by first appearance, so `$2 ... $1` would silently swap its parameters), and
/// `bigint primary key` becomes `integer primary key`, the row id.
pub(crate) fn translate(sql: &str, engine: Engine) -> Cow<'_, str> {
    let needs = match engine {
        Engine::Postgres => sql.contains("/*pg:"),
        Engine::Sqlite => sql.contains(['$', '/']) || sql.contains("bigint primary key"),
    };
    if !needs {
        return Cow::Borrowed(sql);
    }
    let mark = match engine {
        Engine::Postgres => "/*pg:",
        Engine::Sqlite => "/*lite:",
    };
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        if let Some(inside) = rest.strip_prefix(mark) {
            let end = inside.find("*/").unwrap_or(inside.len());
            out.push_str(&translate(&inside[..end], engine));
            rest = inside.get(end + 2..).unwrap_or("");
        } else if c == '\'' || c == '"' {
            let end = rest[1..].find(c).map_or(rest.len(), |at| at + 2);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if rest.starts_with("--") {
            rest = rest.find('\n').map_or("", |at| &rest[at..]);
        } else if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |at| &rest[at + 2..]);
        } else if c == '$' && engine == Engine::Sqlite {
            out.push('?');
            rest = &rest[1..];
        } else if engine == Engine::Sqlite && rest.starts_with("bigint primary key") {
            out.push_str("integer primary key");
            rest = &rest["bigint primary key".len()..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_reads_its_own_marks_and_parameters() {
        for (written, lite, pg) in [
            ("select $2, $1", "select ?2, ?1", "select $2, $1"),
            ("select 1 /*pg: for update */", "select 1 ", "select 1  for update "),
            (
                "select '$1 /*pg:' /*lite: where a = $1*/",
                "select '$1 /*pg:'  where a = ?1",
                "select '$1 /*pg:' ",
            ),
            (
                "create table a (id bigint primary key)",
                "create table a (id integer primary key)",
                "create table a (id bigint primary key)",
            ),
        ] {
            assert_eq!(translate(written, Engine::Sqlite), lite, "SQLite reads {written}");
            if written.contains("/*lite") {
                continue; // PostgreSQL takes it for a comment.
            }
            assert_eq!(translate(written, Engine::Postgres), pg, "PostgreSQL reads {written}");
        }
    }
}
