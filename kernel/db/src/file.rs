//! What can be done with a SQLite file from outside the server, while it runs or not.

use crate::sqlite::{connect, rows, run};
use base::{Error, Result, Value};
use std::path::Path;

/// Writes a consistent copy of `source` to `target`, which must not exist yet. Work on `source` goes on meanwhile.
pub fn copy(source: &Path, target: &Path) -> Result<()> {
    must_exist(source)?;
    let connection = connect(source, false)?;
    let target = target.to_string_lossy().into_owned();
    run(&connection, "vacuum into ?1", &[Value::Text(target)]).map(drop)
}

/// Checks that a file is sound; returns what is wrong with it, nothing when it is whole.
pub fn check(path: &Path) -> Result<Vec<String>> {
    must_exist(path)?;
    let connection = connect(path, true)?;
    let found = rows(&connection, "pragma quick_check(20)", &[])?;
    let lines = found.iter().map(|row| row.get::<String>(0)).collect::<Result<Vec<_>>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

fn must_exist(path: &Path) -> Result<()> {
    if path.is_file() {
        return Ok(());
    }
    Err(Error::missing("data.missing", format!("there is no database at {}", path.display())))
}
