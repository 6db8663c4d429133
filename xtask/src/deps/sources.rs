//! What may be named where: SQL in a domain's `store.rs`, the clock and the random source in kernel/base, the environment in app/signalbox.

use super::metadata::Crate;
use super::rust_source::{self, Line};
use crate::Result;
use std::path::Path;

/// Code that only some places may contain: the needle, the places, the reason.
const NAMED: &[(&[&str], &[&str], &str)] = &[
    (
        &["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"],
        &["kernel/base/src/clock.rs", "tools/renewals/src/clock.rs", "app/e2e/", "xtask/", "benches/"],
        "the clock is a parameter: base::Clock, base::Stopwatch",
    ),
    (
        &["env::var", "env::vars"],
        &[
            "app/signalbox/",
            "app/e2e/",
            "tools/renewals/src/fetch",
            "xtask/",
            "benches/",
            "kernel/db/src/test",
        ],
        "configuration is read once, in app/signalbox",
    ),
    (
        &["rusqlite::", "tokio_postgres::", "deadpool_postgres::"],
        &["kernel/db/"],
        "only kernel/db knows the database",
    ),
    (
        &["std::thread::sleep", "thread::sleep"],
        &["kernel/db/", "app/", "tools/", "xtask/", "benches/"],
        "nothing waits by sleeping a thread",
    ),
];

/// How each SQL statement begins, and a word that must follow, so that prose such as "update the page" is not taken for one.
const STATEMENTS: &[(&str, &str)] = &[
    ("select ", " from "),
    ("insert into ", ""),
    ("update ", " set "),
    ("delete from ", ""),
    ("create table ", ""),
    ("with ", " as ("),
];

/// Every fault in the sources of `crates`, as `file:line: sentence`.
pub fn faults(root: &Path, crates: &[Crate]) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for each in crates {
        if may_not_have_tables(&each.place) && each.folder.join("migrations").exists() {
            faults.push(format!("{}/migrations: facades and reactions have no tables", each.place));
        }
        visit(&each.folder, &mut |file| {
            let name = file.strip_prefix(root).unwrap_or(file).to_string_lossy().into_owned();
            let text = std::fs::read_to_string(file).map_err(|e| format!("{name}: {e}"))?;
            let found = in_file(&name, &rust_source::lines(&text));
            faults.extend(found.into_iter().map(|(line, why)| format!("{name}:{line}: {why}")));
            Ok(())
        })?;
    }
    Ok(faults)
}

fn visit(folder: &Path, found: &mut impl FnMut(&Path) -> Result) -> Result {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if !path.ends_with("target") {
                visit(&path, found)?;
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            found(&path)?;
        }
    }
    Ok(())
}

fn may_not_have_tables(place: &str) -> bool {
    place.starts_with("compat/") || place == "app/reactions"
}

/// The faults of one file: line numbers from 1, with reasons.
fn in_file(name: &str, lines: &[Line]) -> Vec<(usize, String)> {
    let mut faults = Vec::new();
    // Tests stand at the end of a file, and what they quote runs nowhere.
    let mut is_in_tests = false;
    for (at, line) in lines.iter().enumerate() {
        for (needles, places, why) in NAMED {
            let is_at_home = places.iter().any(|place| name.starts_with(place));
            if let Some(needle) = needles.iter().find(|n| !is_at_home && names(&line.code, n)) {
                faults.push((at + 1, format!("`{needle}` here: {why}")));
            }
        }
        is_in_tests |= line.code.trim() == "#[cfg(test)]"
            && lines.get(at + 1).is_some_and(|next| next.code.ends_with('{'));
        if !is_in_tests && !may_hold_sql(name) && line.strings.iter().any(|s| is_sql(s)) {
            let why = if may_not_have_tables(name) {
                "facades and reactions contain no SQL"
            } else {
                "SQL lives in the noun's private store.rs"
            };
            faults.push((at + 1, format!("SQL here: {why}")));
        }
    }
    faults
}

/// `env::var` must not fire at `env::var_os`: the next character ends the name.
fn names(code: &str, needle: &str) -> bool {
    code.match_indices(needle).any(|(at, found)| {
        let next = code[at + found.len()..].chars().next();
        needle.ends_with(':') || !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// SQL is at home in the kernel, in stores, and in tests of what a store keeps.
fn may_hold_sql(name: &str) -> bool {
    let in_store = name.ends_with("/store.rs") || name.contains("/store/");
    let in_test = name.ends_with("/tests.rs") || name.contains("/tests/");
    name.starts_with("kernel/")
        || name.starts_with("xtask/")
        || (name.starts_with("domain/") && (in_store || in_test))
}

fn is_sql(text: &str) -> bool {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    STATEMENTS.iter().any(|(start, then)| text.starts_with(start) && format!("{text} ").contains(then))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, text: &str) -> Vec<usize> {
        in_file(name, &rust_source::lines(text)).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn sql_is_found_outside_stores_only() {
        let source = "fn f() {}\nconst Q: &str = \"Select id\n from task\";";
        for (name, lines) in [
            ("compat/asana/src/tasks.rs", vec![2]),
            ("compat/asana/src/tests.rs", vec![2]),
            ("app/reactions/src/lib.rs", vec![2]),
            ("app/signalbox/src/doctor.rs", vec![2]),
            ("domain/work/src/tasks.rs", vec![2]),
            ("domain/work/src/tasks/store.rs", vec![]),
            ("domain/work/src/tasks/tests.rs", vec![]),
            ("kernel/journal/src/lib.rs", vec![]),
        ] {
            assert_eq!(found(name, source), lines, "{name}");
        }
    }

    #[test]
    fn what_a_test_module_quotes_is_no_query() {
        let source = "#[cfg(test)]\nmod tests {\n    const Q: &str = \"select id from task\";\n}";
        assert!(found("compat/asana/src/tasks.rs", source).is_empty());
        let outside = "#[cfg(test)]\nmod tests;\nconst Q: &str = \"select id from task\";";
        assert_eq!(found("compat/asana/src/tasks.rs", outside), [3]);
    }

    #[test]
    fn prose_is_no_sql() {
        for (text, is) in [
            ("update the page", false),
            ("update task set name = $1", true),
            ("Select a project", false),
            ("with care", false),
            ("insert into task (id) values ($1)", true),
            ("delete from task where id = $1", true),
            ("delete it", false),
        ] {
            assert_eq!(is_sql(text), is, "{text}");
        }
    }

    #[test]
    fn the_clock_and_the_environment_have_one_reader() {
        for (name, text, lines) in [
            ("domain/work/src/tasks.rs", "let t = Instant::now();", vec![1]),
            ("domain/work/src/tasks.rs", "// Instant::now() is not used", vec![]),
            ("domain/work/src/tasks.rs", "let t = \"Instant::now()\";", vec![]),
            ("kernel/base/src/clock.rs", "let t = Instant::now();", vec![]),
            ("app/signalbox/src/serve.rs", "std::time::Instant::now();", vec![1]),
            ("app/signalbox/src/config.rs", "std::env::var(\"X\")", vec![]),
            ("kernel/web/src/lib.rs", "std::env::var(\"X\")", vec![1]),
            ("tools/renewals/src/fetch/token.rs", "std::env::var(\"X\")", vec![]),
            ("tools/renewals/src/rules.rs", "std::env::var(\"X\")", vec![1]),
            ("tools/renewals/src/rules.rs", "Instant::now()", vec![1]),
            ("kernel/web/src/lib.rs", "std::env::var_os(\"X\")", vec![]),
            ("kernel/web/src/lib.rs", "use rusqlite::Connection;", vec![1]),
        ] {
            assert_eq!(found(name, text), lines, "{name}: {text}");
        }
    }
}
