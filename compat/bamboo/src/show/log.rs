//! The output of a try as Bamboo's log: a line has a type, an instant and a message.
//!
//! What the agent marked between the lines of the job (steps, groups, times) becomes lines of type `simple`, as Bamboo writes its own;
//! what the job printed is `build`. Colours and whatever else steers a terminal is left out.

use super::words;
use base::Time;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `simple` or `build`.
    pub kind: &'static str,
    /// When it was written.
    pub at: Time,
    /// What it says.
    pub text: String,
}

impl Entry {
    /// The line as a log file has it.
    pub fn line(&self) -> String {
        format!("{}\t{}\t{}\n", self.kind, self.at.timestamp().strftime("%d-%b-%Y %H:%M:%S"), self.text)
    }

    /// The line as a record.
    pub fn record(&self) -> Value {
        json!({
            "log": words::html(&self.text),
            "unstyledLog": self.text,
            "date": self.at.timestamp().as_millisecond(),
            "formattedDate": self.at.timestamp().strftime("%d-%b-%Y %H:%M:%S").to_string(),
        })
    }
}

#[derive(Deserialize)]
struct StepMark {
    #[serde(default)]
    name: String,
    at: Option<Time>,
}

#[derive(Deserialize)]
struct StepEndMark {
    #[serde(default)]
    state: String,
}

/// Reads the output of one try, piece by piece.
#[derive(Debug)]
pub struct Reader {
    began: Time,
    at: Time,
    step: String,
    open: Vec<u8>,
}

impl Reader {
    /// For a try that began then.
    pub fn new(began: Time) -> Self {
        Self { began, at: began, step: String::new(), open: Vec::new() }
    }

    /// Takes a piece; gives the lines that ended in it.
    pub fn take(&mut self, mut piece: &[u8]) -> Vec<Entry> {
        let mut entries = Vec::new();
        while let Some(end) = piece.iter().position(|byte| *byte == b'\n') {
            self.open.extend_from_slice(&piece[..end]);
            let line = std::mem::take(&mut self.open);
            entries.extend(self.entry(&line));
            piece = &piece[end + 1..];
        }
        self.open.extend_from_slice(piece);
        entries
    }

    /// The last line, when nothing ended it.
    pub fn end(&mut self) -> Option<Entry> {
        let line = std::mem::take(&mut self.open);
        if line.is_empty() { None } else { self.entry(&line) }
    }

    fn entry(&mut self, line: &[u8]) -> Option<Entry> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(raw) = line.strip_prefix(b"::raw::") {
            return Some(self.said("build", plain(raw)));
        }
        let mark = |name: &str| line.strip_prefix(b"::")?.strip_prefix(name.as_bytes())?.strip_prefix(b"::");
        if let Some(at) = mark("at").and_then(|text| str::from_utf8(text).ok()?.parse().ok()) {
            self.at = self.began.plus(Duration::from_millis(at));
            return None;
        }
        if let Some(mark) = mark("step").and_then(|json| serde_json::from_slice::<StepMark>(json).ok()) {
            self.at = mark.at.unwrap_or(self.at);
            self.step = mark.name;
            return Some(self.said("simple", format!("Starting task '{}'", self.step)));
        }
        if let Some(mark) = mark("step-end").and_then(|json| serde_json::from_slice::<StepEndMark>(json).ok())
        {
            let result = if mark.state == "succeeded" { "Success" } else { "Failed" };
            return Some(self.said("simple", format!("Finished task '{}' with result: {result}", self.step)));
        }
        if let Some(name) = mark("group") {
            return Some(self.said("simple", plain(name)));
        }
        if line == b"::endgroup::" {
            return None;
        }
        Some(self.said("build", plain(line)))
    }

    fn said(&self, kind: &'static str, text: String) -> Entry {
        Entry { kind, at: self.at, text }
    }
}

/// What a terminal would show as text. A tab parts the columns of a log file, and stays one in the last.
fn plain(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut all = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => match chars.next() {
                Some('[') => while chars.next().is_some_and(|c| !matches!(c, '@'..='~')) {},
                Some(']') => while chars.next().is_some_and(|c| !matches!(c, '\u{7}' | '\u{9c}')) {},
                Some(_) | None => {}
            },
            '\t' => all.push('\t'),
            c if c.is_control() => {}
            c => all.push(c),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn began() -> Time {
        "2026-11-22T11:41:00Z".parse().expect("an instant")
    }

    fn read(pieces: &[&[u8]]) -> Vec<Entry> {
        let mut reader = Reader::new(began());
        let mut all: Vec<Entry> = pieces.iter().flat_map(|piece| reader.take(piece)).collect();
        all.extend(reader.end());
        all
    }

    #[test]
    fn a_log_looks_as_clients_know_it() {
        let entries = read(&[
            b"::step::{\"index\":0,\"name\":\"analyse\",\"at\":\"2026-11-22T11:41:02Z\"}\nrate \x1b[31m71.4\x1b[0m <b>\n::at::65",
            b"000\n::raw::::at::5\n::metric name=x value=1\n::group::Fetch\nin\n::endgroup::\n",
            b"::step-end::{\"index\":0,\"state\":\"failed\",\"exit\":1}\r\nno end",
        ]);
        let lines: String = entries.iter().map(Entry::line).collect();
        assert_eq!(
            lines,
            "simple\t22-Nov-2026 11:41:02\tStarting task 'analyse'\n\
             build\t22-Nov-2026 11:41:02\trate 71.4 <b>\n\
             build\t22-Nov-2026 11:42:05\t::at::5\n\
             build\t22-Nov-2026 11:42:05\t::metric name=x value=1\n\
             simple\t22-Nov-2026 11:42:05\tFetch\n\
             build\t22-Nov-2026 11:42:05\tin\n\
             simple\t22-Nov-2026 11:42:05\tFinished task 'analyse' with result: Failed\n\
             build\t22-Nov-2026 11:42:05\tno end\n"
        );
        assert_eq!(entries[1].record()["log"], "rate 71.4 &lt;b&gt;");
        assert_eq!(entries[1].record()["date"], 1_795_347_662_000_i64);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..200) {
            let at = at.min(bytes.len());
            prop_assert_eq!(read(&[&bytes]), read(&[&bytes[..at], &bytes[at..]]));
        }
    }
}
