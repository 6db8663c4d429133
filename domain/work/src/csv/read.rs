//! Reading a table: pure, so that everything wrong with it is said before anything is made.

use crate::tasks::When;
use base::{Date, Error, Result};

/// A table that was read.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Columns that are no part of every task; they may be custom fields.
    pub columns: Vec<String>,
    /// The tasks, in order.
    pub rows: Vec<Row>,
}

/// One task of a table.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The line that it begins on, for messages.
    pub line: u64,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub notes: Option<String>,
    /// The section's name.
    pub section: Option<String>,
    /// Who is to do it: an address or a name.
    pub assignee: Option<String>,
    /// The name of the task that it is a part of.
    pub parent: Option<String>,
    /// When it is due.
    pub due: Option<When>,
    /// When it starts.
    pub start: Option<When>,
    /// The names of its tags.
    pub tags: Vec<String>,
    /// Whether it is completed.
    pub is_completed: bool,
    /// What stands in the other columns, where something does.
    pub others: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Name,
    Notes,
    Section,
    AssigneeEmail,
    Assignee,
    Due,
    Start,
    Tags,
    CompletedAt,
    Completed,
    Parent,
    /// Known, and made anew by the import.
    Ignored,
    Other,
}

fn column(heading: &str) -> Column {
    match heading.trim().to_lowercase().as_str() {
        "name" | "task" | "task name" | "title" | "summary" => Column::Name,
        "notes" | "description" | "details" => Column::Notes,
        "section/column" | "section" | "column" | "status" | "list" => Column::Section,
        "assignee email" => Column::AssigneeEmail,
        "assignee" | "owner" | "assigned to" => Column::Assignee,
        "due date" | "due" | "due on" | "due_on" | "deadline" => Column::Due,
        "start date" | "start" | "start on" | "start_on" => Column::Start,
        "tags" | "labels" => Column::Tags,
        "completed at" | "completed on" => Column::CompletedAt,
        "completed" | "done" | "complete" => Column::Completed,
        "parent task" | "parent" => Column::Parent,
        "task id"
        | "created at"
        | "last modified"
        | "projects"
        | "blocked by (dependencies)"
        | "blocking (dependencies)" => Column::Ignored,
        _ => Column::Other,
    }
}

/// Reads a table of at most `most` rows; the first line names the columns, and one of them is the name.
pub fn read(bytes: &[u8], most: usize) -> Result<Table> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Error::invalid("import.encoding", "the table is not UTF-8 text; export it as UTF-8").because(error)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text); // Spreadsheets write it.
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).delimiter(delimiter(text)).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(malformed)?.clone();
    let columns: Vec<Column> = headings.iter().map(column).collect();
    if !columns.contains(&Column::Name) {
        return Err(Error::invalid("import.no_name", "the first line has no column called Name"));
    }
    let others = headings.iter().zip(&columns).filter(|(_, column)| **column == Column::Other);
    let mut table =
        Table { columns: others.map(|(name, _)| name.trim().to_owned()).collect(), rows: Vec::new() };
    for record in reader.records() {
        let record = record.map_err(malformed)?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if table.rows.len() >= most {
            return Err(Error::invalid(
                "limit.exceeded",
                format!("the table has more than {most} rows (limit import_rows)"),
            ));
        }
        let line = record.position().map_or(0, csv::Position::line);
        table.rows.push(row(&headings, &columns, &record, line)?);
    }
    Ok(table)
}

fn malformed(error: csv::Error) -> Error {
    Error::invalid("import.malformed", format!("the table cannot be read: {error}"))
}

/// Comma, semicolon or tab: whichever the first line has most of.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |sign: char| first.matches(sign).count();
    if count('\t') > count(',') && count('\t') > count(';') {
        b'\t'
    } else if count(';') > count(',') {
        b';'
    } else {
        b','
    }
}

fn row(
    headings: &csv::StringRecord,
    columns: &[Column],
    record: &csv::StringRecord,
    line: u64,
) -> Result<Row> {
    let mut row = Row { line, ..Row::default() };
    let mut name_of_assignee = None;
    for (index, cell) in record.iter().enumerate() {
        let cell = bare(cell);
        let Some(column) = columns.get(index).filter(|_| !cell.trim().is_empty()) else { continue };
        let at_line =
            |error: Error| Error::invalid("import.date", format!("row {line}: {}", error.message()));
        match column {
            Column::Name => row.name = cell.to_owned(),
            Column::Notes => row.notes = Some(cell.to_owned()),
            Column::Section => row.section = Some(cell.trim().to_owned()),
            Column::AssigneeEmail => row.assignee = Some(cell.trim().to_owned()),
            Column::Assignee => name_of_assignee = Some(cell.trim().to_owned()),
            Column::Due => row.due = Some(When::On(date(cell).map_err(at_line)?)),
            Column::Start => row.start = Some(When::On(date(cell).map_err(at_line)?)),
            Column::Tags => {
                row.tags =
                    cell.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
            }
            Column::CompletedAt => row.is_completed = true,
            Column::Completed => {
                row.is_completed = matches!(
                    cell.trim().to_lowercase().as_str(),
                    "true" | "yes" | "x" | "1" | "done" | "completed"
                );
            }
            Column::Parent => row.parent = Some(cell.to_owned()),
            Column::Ignored => {}
            Column::Other => {
                let heading = headings.get(index).unwrap_or_default().trim();
                row.others.push((heading.to_owned(), cell.to_owned()));
            }
        }
    }
    row.assignee = row.assignee.or(name_of_assignee);
    Ok(row)
}

/// Takes away the apostrophe that keeps a cell from being a formula.
fn bare(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) => rest,
        _ => cell,
    }
}

/// Reads a day: 2026-11-22, or an instant that begins so.
pub(crate) fn date(text: &str) -> Result<Date> {
    let text = text.trim();
    let day = text
        .get(..10)
        .filter(|_| text.len() > 10 && matches!(text.as_bytes()[10], b'T' | b' '))
        .unwrap_or(text);
    day.parse::<Date>().map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        Error::invalid("import.date", format!("{shown:?} is not a day; write it like 2026-11-22"))
    })
}
