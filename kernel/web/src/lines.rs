//! A log as lines to look at: numbered, with the colours that a terminal would show, and nothing else that steers one.
//!
//! A log may be large, so it is read in pieces and only the lines that are shown are kept. What a line holds is text: it
//! is escaped like any other.

mod ansi;

use crate::log::Log;
use ansi::Style;
use base::Result;
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
}

/// Takes lines as they come and keeps those that are wanted.
struct Keeper {
    wanted: Wanted,
    kept: VecDeque<Line>,
    total: u64,
    hits: u64,
    last: Vec<u8>,
}

impl Keeper {
    fn new(wanted: Wanted) -> Self {
        Self { wanted, kept: VecDeque::new(), total: 0, hits: 0, last: Vec::new() }
    }

    fn take(&mut self, line: &[u8]) {
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
            self.kept.push_back(Line { number: self.total, bytes: line.to_vec() });
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
    let wanted = match wanted {
        Wanted::With(text) => Wanted::With(text.to_lowercase()),
        other => other,
    };
    let search = if let Wanted::With(text) = &wanted { Some(text.clone()) } else { None };
    let mut keeper = Keeper::new(wanted);
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
    })
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
                    (item(line.number, style.line(&line.bytes, None), false))
                }
            }
        }
    }
}

fn item(number: u64, content: Markup, is_open: bool) -> Markup {
    html! { li id={ "L" (number) } class=[is_open.then_some("open")] { a href={ "#L" (number) } { (number) } span { (content) } } }
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
    let part = log.read(from, STEP).await?;
    let is_last = log.end().is_some() && from + part.len() as i64 >= log.length();
    Ok(split(&part, from, line, is_last))
}

fn split(bytes: &[u8], from: i64, line: u64, is_last: bool) -> More {
    let mut style = Style::default();
    let mut at = line;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let open = &bytes[whole..];
    // A line without an end that is longer than anybody reads does not hold up the rest.
    let is_cut = open.len() > LINE_BYTES;
    let items = html! {
        @for text in bytes[..whole].split_inclusive(|byte| *byte == b'\n') {
            @let text = &text[..text.len() - 1];
            @let number = { at += 1; at };
            (item(number, style.line(&text[..text.len().min(LINE_BYTES)], None), false))
        }
        @if !open.is_empty() {
            (item(at + 1, style.line(&open[..open.len().min(LINE_BYTES)], None), !(is_last || is_cut)))
        }
    };
    let takes_open = !open.is_empty() && (is_last || is_cut);
    More {
        items,
        next: from + if takes_open { bytes.len() } else { whole } as i64,
        line: at + u64::from(takes_open),
        is_over: is_last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(wanted: Wanted, count: u64) -> (Vec<u64>, u64) {
        let mut keeper = Keeper::new(wanted);
        for n in 1..=count {
            keeper.take(format!("line {n}").as_bytes());
        }
        (keeper.kept.iter().map(|line| line.number).collect(), keeper.hits)
    }

    #[test]
    fn only_the_wanted_lines_are_kept() {
        assert_eq!(kept(Wanted::Last(3), 10).0, [8, 9, 10]);
        let (page, _) = kept(Wanted::Around(2_001), 4_500);
        assert_eq!((page[0], page[page.len() - 1]), (2_001, 4_000));
        let (page, _) = kept(Wanted::Around(1), 4_500);
        assert_eq!((page[0], page[page.len() - 1]), (1, 2_000));
        let (found, hits) = kept(Wanted::With("line 99".to_owned()), 1_000);
        assert_eq!((found, hits), (vec![99, 990, 991, 992, 993, 994, 995, 996, 997, 998, 999], 11));
    }

    #[test]
    fn a_line_that_is_being_written_is_shown_and_comes_again() {
        let first = split(b"one\ntw", 0, 0, false);
        assert_eq!((first.next, first.line, first.is_over), (4, 1, false));
        assert_eq!(
            first.items.into_string(),
            "<li id=\"L1\"><a href=\"#L1\">1</a><span>one</span></li><li id=\"L2\" class=\"open\"><a href=\"#L2\">2</a><span>tw</span></li>"
        );
        let second = split(b"two\n", 4, 1, true);
        assert_eq!((second.next, second.line, second.is_over), (8, 2, true));
        let last = split(b"the end", 8, 2, true);
        assert_eq!((last.next, last.line, last.is_over), (15, 3, true));
        assert!(!last.items.into_string().contains("open"));
    }
}
