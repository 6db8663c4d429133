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
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    // Statements are translated at every use: plain text between the few marks is copied in one go.
    while let Some(at) = rest.find(['\'', '"', '-', '/', '$', 'b']) {
        let (plain, marked) = rest.split_at(at);
        out.push_str(plain);
        rest = take_marked(marked, engine, &mut out);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Translates what stands at the start of `text`, which is not empty, and returns what comes after it.
fn take_marked<'a>(text: &'a str, engine: Engine, out: &mut String) -> &'a str {
    let (mark, row_id) = match engine {
        Engine::Postgres => ("/*pg:", None),
        Engine::Sqlite => ("/*lite:", text.strip_prefix("bigint primary key")),
    };
    if let Some(inside) = text.strip_prefix(mark) {
        let end = inside.find("*/").unwrap_or(inside.len());
        out.push_str(&translate(&inside[..end], engine));
        return inside.get(end + 2..).unwrap_or("");
    }
    if let Some(after) = row_id {
        out.push_str("integer primary key");
        return after;
    }
    if text.starts_with("--") {
        return text.find('\n').map_or("", |at| &text[at..]);
    }
    if text.starts_with("/*") {
        return text.find("*/").map_or("", |at| &text[at + 2..]);
    }
    let quote = &text[..1];
    if quote == "'" || quote == "\"" {
        let end = text[1..].find(quote).map_or(text.len(), |at| at + 2);
        out.push_str(&text[..end]);
        return &text[end..];
    }
    out.push_str(if quote == "$" && engine == Engine::Sqlite { "?" } else { quote });
    &text[1..]
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
