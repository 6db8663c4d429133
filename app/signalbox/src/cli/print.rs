//! What commands print: sentences for people on one stream, JSON for programs on the other door of the same command.

use crate::cli::Door;
use serde_json::Value;
use std::io::Write as _;

/// Prints answers as the person asked for them.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    is_json: bool,
}

impl Printer {
    /// A printer for what the flags say.
    pub fn new(door: &Door) -> Self {
        Self { is_json: door.json }
    }

    /// Prints the server's JSON, or the lines that `in_words` makes of it.
    pub fn answer(&self, answer: &Value, in_words: impl FnOnce(&Value) -> Vec<String>) {
        if self.is_json {
            line(&serde_json::to_string_pretty(answer).unwrap_or_default());
        } else {
            in_words(answer).iter().for_each(|text| line(text));
        }
    }

    /// Prints a list as columns; `empty` is said when there is nothing in it.
    pub fn table(&self, answer: &Value, empty: &str, row: impl Fn(&Value) -> Vec<String>) {
        self.answer(answer, |answer| {
            let rows: Vec<_> = items(answer).iter().map(row).collect();
            if rows.is_empty() { vec![empty.to_owned()] } else { columns(&rows) }
        });
    }
}

/// The objects of a list, whether it comes in an envelope or bare.
pub fn items(answer: &Value) -> &[Value] {
    let list = if answer.is_array() { answer } else { &answer["data"] };
    list.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A field as text for a person: names instead of objects, nothing for null.
pub fn field(object: &Value, name: &str) -> String {
    match &object[name] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        inner @ Value::Object(_) => ["name", "email", "title", "id"]
            .iter()
            .find_map(|key| inner[key].as_str())
            .unwrap_or_default()
            .to_owned(),
        Value::Null | Value::Array(_) => String::new(),
    }
}

/// Prints one line; a reader that went away (`| head`) ends the printing quietly.
pub fn line(text: &str) {
    // There is nobody to tell that nobody reads.
    let _ = writeln!(std::io::stdout(), "{}", inert(text));
}

/// Tells the person something besides the answer.
pub fn note(text: &str) {
    // The same: without a terminal there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "signalbox: {}", inert(text));
}

/// The same without the program's name before it, for lines that are sentences about a deployment.
pub fn say(text: &str) {
    // The same.
    let _ = writeln!(std::io::stderr(), "{}", inert(text));
}

/// Names come from other people: what would move the cursor or colour the terminal is shown, not done.
fn inert(text: &str) -> String {
    let is_inert = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().map(|c| if is_inert(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |i: usize| {
        rows.iter().filter_map(|row| row.get(i)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..count).map(width).collect();
    let pad = |(cell, width): (&String, &usize)| format!("{cell:<width$}");
    let join = |row: &Vec<String>| {
        row.iter().zip(&widths).map(pad).collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(join).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_end_clean() {
        let rows = vec![vec!["a".to_owned(), "long".to_owned()], vec!["bcd".to_owned(), "é".to_owned()]];
        assert_eq!(columns(&rows), ["a    long", "bcd  é"]);
    }

    #[test]
    fn what_would_steer_a_terminal_is_only_shown() {
        assert_eq!(inert("a\x1b[31mb\nc\td"), "a\u{fffd}[31mb\nc\td");
    }
}
