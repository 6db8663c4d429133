//! A log as lines to look at: numbered, with the colours that a terminal would show, and nothing else that steers one.
//!
//! A log may be large, so it is read in pieces and only the lines that are shown are kept. What a line holds is text: it
//! is escaped like any other.

mod ansi;
mod folds;
mod marks;
mod plain;
#[cfg(test)]
mod tests;

pub use folds::Clock;
pub(crate) use plain::Plain;

use crate::log::Log;
use ansi::Style;
use base::Result;
use folds::{Outline, Place, Stamp};
use maud::{Markup, html};
use std::collections::VecDeque;

/// Lines that one page shows.
pub const LINES: usize = 2_000;

/// Bytes read at once.
const STEP: usize = 1_048_576;

/// The most of one line that is shown.
const LINE_BYTES: usize = 8_192;

/// Which lines are wanted.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// The last so many.
    Last(usize),
    /// Those of the page that this line is on.
    Around(u64),
    /// Those that contain this, in any case; the first of them.
    With(String),
}

/// A line as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    number: u64,
    bytes: Vec<u8>,
    place: Place,
}

/// The lines that were wanted, and what is known of the rest.
#[derive(Debug)]
pub struct Shown {
    lines: Vec<Line>,
    /// How many lines there are.
    pub total: u64,
    /// How many of them contain what was searched for.
    pub hits: u64,
    /// Where the first byte is that was not looked at: the start of a line whose end has not come.
    pub next: i64,
    /// The last line that says something, as plain text.
    pub last_words: String,
    search: Option<String>,
    /// The steps and groups, where marks are read.
    outline: Option<Outline>,
}

/// Takes lines as they come and keeps those that are wanted.
struct Keeper {
    wanted: Wanted,
    kept: VecDeque<Line>,
    total: u64,
    hits: u64,
    last: Vec<u8>,
    outline: Option<Outline>,
}

impl Keeper {
    fn new(wanted: Wanted, outline: Option<Outline>) -> Self {
        Self { wanted, kept: VecDeque::new(), total: 0, hits: 0, last: Vec::new(), outline }
    }

    fn take(&mut self, line: &[u8]) {
        let (line, place) = match &mut self.outline {
            None => (line, Place::default()),
            Some(outline) => match outline.take(line, self.total + 1) {
                Some(output) => output,
                None => return,
            },
        };
        self.total += 1;
        let line = &line[..line.len().min(LINE_BYTES)];
        if line.iter().any(|byte| !byte.is_ascii_whitespace()) {
            self.last.clear();
            self.last.extend_from_slice(line);
        }
        let is_kept = match &self.wanted {
            Wanted::Last(_) => true,
            Wanted::Around(number) => page_of(*number) == page_of(self.total),
            Wanted::With(text) => {
                let found = ansi::plain(line).to_lowercase().contains(text);
                self.hits += u64::from(found);
                found && self.kept.len() < LINES
            }
        };
        if is_kept {
            self.kept.push_back(Line { number: self.total, bytes: line.to_vec(), place });
        }
        if let Wanted::Last(most) = self.wanted
            && self.kept.len() > most
        {
            self.kept.pop_front();
        }
    }
}

fn page_of(line: u64) -> u64 {
    line.saturating_sub(1) / LINES as u64
}

/// Looks through a log. Nothing of it is read inside a transaction.
pub async fn look(log: &dyn Log, wanted: Wanted) -> Result<Shown> {
    look_for(log, wanted, None).await
}

/// The same for the log of a job, in which an agent marked steps, groups and times.
pub async fn look_at_steps(log: &dyn Log, wanted: Wanted) -> Result<Shown> {
    look_for(log, wanted, Some(Outline::default())).await
}

async fn look_for(log: &dyn Log, wanted: Wanted, outline: Option<Outline>) -> Result<Shown> {
    let wanted = match wanted {
        Wanted::With(text) => Wanted::With(text.to_lowercase()),
        other => other,
    };
    let search = if let Wanted::With(text) = &wanted { Some(text.clone()) } else { None };
    let mut keeper = Keeper::new(wanted, outline);
    let (mut at, mut open) = (0_i64, Vec::new());
    loop {
        let part = log.read(at, STEP).await?;
        if part.is_empty() {
            break;
        }
        at += part.len() as i64;
        let mut rest = part.as_slice();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            open.extend_from_slice(&rest[..end]);
            keeper.take(&open);
            open.clear();
            rest = &rest[end + 1..];
        }
        open.extend_from_slice(rest);
    }
    let next = at - open.len() as i64;
    if !open.is_empty() && log.end().is_some() {
        keeper.take(&open);
    }
    Ok(Shown {
        lines: keeper.kept.into(),
        total: keeper.total,
        hits: keeper.hits,
        next,
        last_words: ansi::plain(&keeper.last).trim().to_owned(),
        search,
        outline: keeper.outline,
    })
}

/// The last lines of the log of a job that say something, as plain text: no colours, and nothing that an agent marked between them.
pub fn last_lines(log: &[u8], most: usize) -> Vec<String> {
    let mut lines = VecDeque::new();
    for line in log.split(|byte| *byte == b'\n') {
        let marks::Read::Text(text) = marks::read(line) else { continue };
        let text = ansi::plain(&text[..text.len().min(LINE_BYTES)]).trim_end().to_owned();
        if text.is_empty() {
            continue;
        }
        lines.push_back(text);
        if lines.len() > most {
            lines.pop_front();
        }
    }
    lines.into()
}

#[cfg(test)]
#[test]
fn last_lines_are_what_somebody_would_have_read() {
    let log = b"one\n::step::{\"name\":\"x\"}\n::at::5\n\x1b[31mtwo\x1b[0m\r\n\n::raw::::at::6\nthree";
    assert_eq!(last_lines(log, 3), ["two", "::at::6", "three"]);
    assert_eq!(last_lines(log, 30).len(), 4);
    assert!(last_lines(b"", 30).is_empty());
}

impl Shown {
    /// The first and the last line that are shown.
    pub fn span(&self) -> Option<(u64, u64)> {
        Some((self.lines.first()?.number, self.lines.last()?.number))
    }

    /// The lines as items of a list. A line that was searched for leads to its place among the others, at `home`.
    pub fn items(&self, home: &str) -> Markup {
        let mut style = Style::default();
        html! {
            @for line in &self.lines {
                @if self.search.is_some() {
                    li.hit { a href={ (home) "?line=" (line.number) "#L" (line.number) } { (line.number) } span { (style.line(&line.bytes, self.search.as_deref())) } }
                } @else {
                    (item(line.number, style.line(&line.bytes, None), None))
                }
            }
        }
    }
}

fn item(number: u64, content: Markup, class: Option<&str>) -> Markup {
    html! { li id={ "L" (number) } class=[class] { a href={ "#L" (number) } { (number) } span { (content) } } }
}

/// What came since somebody looked: whole lines, and the one that is being written, which the next answer replaces.
#[derive(Debug)]
pub struct More {
    /// The lines as items of a list.
    pub items: Markup,
    /// Where to ask next.
    pub next: i64,
    /// How many whole lines there are then.
    pub line: u64,
    /// Whether nothing more will come.
    pub is_over: bool,
}

/// Reads on from the byte `from`, which begins the line after `line`.
pub async fn more(log: &dyn Log, from: i64, line: u64) -> Result<More> {
    read_on(log, from, line, None).await
}

/// The same for the log of a job: the headings of its steps and groups are items of their own.
pub async fn more_of_steps(log: &dyn Log, from: i64, line: u64, clock: Clock<'_>) -> Result<More> {
    read_on(log, from, line, Some(clock)).await
}

async fn read_on(log: &dyn Log, from: i64, line: u64, clock: Option<Clock<'_>>) -> Result<More> {
    let part = log.read(from, STEP).await?;
    let is_last = log.end().is_some() && from + part.len() as i64 >= log.length();
    Ok(split(&part, from, line, is_last, clock))
}

fn split(bytes: &[u8], from: i64, line: u64, is_last: bool, clock: Option<Clock<'_>>) -> More {
    let mut pen = Pen { style: Style::default(), at: line, stamp: None, clock };
    let mut whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    if clock.is_some() && !is_last {
        whole = before_stamp(bytes, whole);
    }
    let open = &bytes[whole..];
    // The beginning of a mark is not shown, nor is a mark whose line has not come.
    let is_held = clock.is_some() && open.starts_with(b"::") && !is_last;
    let open = if is_held { &[] } else { open };
    // A line without an end that is longer than anybody reads does not hold up the rest.
    let is_cut = open.len() > LINE_BYTES;
    let takes_open = !open.is_empty() && (is_last || is_cut);
    let items = html! {
        @for text in bytes[..whole].split_inclusive(|byte| *byte == b'\n') { (pen.line(&text[..text.len() - 1], None)) }
        @if !open.is_empty() { (pen.line(open, (!takes_open).then_some("open"))) }
    };
    let at = pen.at - u64::from(!open.is_empty() && !takes_open);
    More {
        items,
        next: from + if takes_open { bytes.len() } else { whole } as i64,
        line: at,
        is_over: is_last,
    }
}

/// The end of the whole lines without a time whose line is still to come.
fn before_stamp(bytes: &[u8], whole: usize) -> usize {
    let Some(inside) = whole.checked_sub(1) else { return whole };
    let start = bytes[..inside].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    if bytes[start..whole].starts_with(b"::at::") { start } else { whole }
}

/// Writes lines as they come.
struct Pen<'a> {
    style: Style,
    at: u64,
    stamp: Option<Stamp>,
    clock: Option<Clock<'a>>,
}

impl Pen<'_> {
    fn line(&mut self, line: &[u8], class: Option<&str>) -> Markup {
        let Some(clock) = self.clock else {
            self.at += 1;
            let shown = self.style.line(&line[..line.len().min(LINE_BYTES)], None);
            return item(self.at, shown, class);
        };
        match marks::read(line) {
            marks::Read::Text(text) => {
                self.at += 1;
                let shown = folds::content(&mut self.style, &text[..text.len().min(LINE_BYTES)], None);
                item(self.at, folds::timed(&clock, self.stamp.take(), &shown), class)
            }
            marks::Read::Step(step) => {
                self.stamp = step.at.map(Stamp::At);
                html! { li.fold { (step.name) } }
            }
            marks::Read::Group(name) => html! { li.fold { (ansi::plain(name)) } },
            marks::Read::At(ms) => {
                self.stamp = Some(Stamp::After(ms));
                html! {}
            }
            marks::Read::StepEnd(_) | marks::Read::GroupEnd => html! {},
        }
    }
}
