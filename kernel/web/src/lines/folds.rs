//! The steps and groups of a log: which lines belong to which, and how they are folded.

use super::marks::{self, Read};
use super::{Line, Shown, ansi, item};
use crate::ui;
use ansi::Style;
use base::Time;
use base::jiff::tz::TimeZone;
use maud::{Markup, html};
use std::time::Duration;

/// More steps and groups than this are not folded: what they print is shown as it came.
const FOLDS_MAX: usize = 1_000;

/// A step or a group with more lines is closed, unless somebody should look into it.
const LINES_OPEN: u64 = 60;

/// When a log began, and the zone in which its reader reads times.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'a> {
    /// When the try began.
    pub began: Time,
    /// The reader's zone.
    pub zone: &'a TimeZone,
}

/// When a line was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    At(Time),
    After(u64),
}

impl Clock<'_> {
    pub(super) fn show(&self, stamp: Stamp) -> String {
        let at = match stamp {
            Stamp::At(at) => at,
            Stamp::After(ms) => self.began.plus(Duration::from_millis(ms)),
        };
        self.zone.to_datetime(at.timestamp()).strftime("%H:%M:%S").to_string()
    }
}

/// A step or a group.
#[derive(Debug)]
pub(super) struct Fold {
    parent: Option<usize>,
    pub name: String,
    is_step: bool,
    /// The number of the line that follows its heading.
    first: u64,
    lines: u64,
    is_over: bool,
    is_failed: bool,
    took_ms: Option<u64>,
    /// The last line of it that says something.
    last: Option<(u64, Vec<u8>)>,
}

/// What is known of the steps and groups of a log as its lines come.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub folds: Vec<Fold>,
    open: Vec<usize>,
    stamp: Option<Stamp>,
}

/// Where a line belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub fold: Option<usize>,
    pub stamp: Option<Stamp>,
}

impl Outline {
    /// Takes a line; what of it is output, and where that belongs. `number` is the one that it would have.
    pub(super) fn take<'a>(&mut self, line: &'a [u8], number: u64) -> Option<(&'a [u8], Place)> {
        match marks::read(line) {
            Read::At(ms) => self.stamp = Some(Stamp::After(ms)),
            Read::Step(step) if self.folds.len() < FOLDS_MAX => {
                self.open.clear();
                self.begin(step.name, true, number);
                self.stamp = step.at.map(Stamp::At);
            }
            Read::Group(name) if self.folds.len() < FOLDS_MAX => {
                self.begin(ansi::plain(name), false, number);
            }
            Read::StepEnd(end) => {
                for fold in self.open.drain(..) {
                    self.folds[fold].is_over = true;
                    if self.folds[fold].is_step {
                        self.folds[fold].is_failed = end.state == "failed";
                        self.folds[fold].took_ms = end.took_ms;
                    }
                }
            }
            Read::GroupEnd => {
                if let Some(last) = self.open.pop_if(|last| !self.folds[*last].is_step) {
                    self.folds[last].is_over = true;
                }
            }
            Read::Step(_) | Read::Group(_) => return Some((line, Place::default())),
            Read::Text(text) => {
                for fold in &self.open {
                    let fold = &mut self.folds[*fold];
                    fold.lines += 1;
                    if text.iter().any(|byte| !byte.is_ascii_whitespace()) {
                        fold.last = Some((number, text.to_vec()));
                    }
                }
                return Some((text, Place { fold: self.open.last().copied(), stamp: self.stamp.take() }));
            }
        }
        None
    }

    fn begin(&mut self, name: String, is_step: bool, first: u64) {
        let parent = self.open.last().copied();
        self.open.push(self.folds.len());
        self.folds.push(Fold {
            parent,
            name,
            is_step,
            first,
            lines: 0,
            is_over: false,
            is_failed: false,
            took_ms: None,
            last: None,
        });
    }

    /// The step that failed first, and the last words of it with their line.
    pub(super) fn failed(&self) -> Option<(u64, &[u8])> {
        let failed = self.folds.iter().find(|fold| fold.is_failed)?;
        failed.last.as_ref().map(|(number, text)| (*number, text.as_slice()))
    }
}

/// How long something took: `less than 1 s`, `45 s`, `3 min 12 s`, `2 h 5 min`.
fn took(ms: u64) -> String {
    let s = ms / 1_000;
    match s {
        0 => "less than 1 s".to_owned(),
        1..60 => format!("{s} s"),
        60..3_600 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3_600, s % 3_600 / 60),
    }
}

/// The content of a line as jobs write them: figures and what the agent says look different.
pub(super) fn content(style: &mut Style, bytes: &[u8], search: Option<&str>) -> Markup {
    if let Some(figure) = bytes.strip_prefix(b"::metric ") {
        return html! { span.k-m { "::metric" } " " (style.line(figure, search)) };
    }
    if bytes.starts_with(b"signalbox: ") {
        return html! { span.k-d { (Style::default().line(bytes, search)) } };
    }
    style.line(bytes, search)
}

/// A line with its time before it; lines without one keep the room for it.
pub(super) fn timed(clock: &Clock<'_>, stamp: Option<Stamp>, content: &Markup) -> Markup {
    html! { span.stamp { @if let Some(stamp) = stamp { (clock.show(stamp)) } } (content) }
}

/// The lines of a log within their steps.
struct Drawer<'a> {
    shown: &'a Shown,
    clock: Clock<'a>,
    home: &'a str,
    /// The line that somebody wants to see.
    line: Option<u64>,
    style: Style,
    follows: bool,
    /// How many steps there are.
    steps: usize,
}

impl Shown {
    /// The lines within the steps and groups that they belong to. `line` is the one that is to be seen; a log that is followed
    /// ends with the list that its next lines belong to.
    pub fn steps(&self, home: &str, clock: Clock<'_>, line: Option<u64>, follows: bool) -> Markup {
        let style = Style::default();
        let folds = self.outline.iter().flat_map(|outline| &outline.folds);
        let steps = folds.filter(|fold| fold.is_step).count();
        Drawer { shown: self, clock, home, line, style, follows, steps }.all()
    }

    /// The last words of the step that failed first, and their line.
    pub fn failure(&self) -> Option<(u64, String)> {
        let (number, text) = self.outline.as_ref()?.failed()?;
        Some((number, ansi::plain(text).trim().to_owned()))
    }
}

impl Drawer<'_> {
    fn all(&mut self) -> Markup {
        let Some(outline) = &self.shown.outline else { return html! {} };
        let before = outline.folds.first().map_or(u64::MAX, |first| first.first);
        let has_steps = !outline.folds.is_empty();
        let lines = self.shown.lines.as_slice();
        let cut = lines.partition_point(|line| line.place.fold.is_none() && line.number < before);
        let (head, rest) = lines.split_at(if has_steps { cut } else { 0 });
        html! {
            @if !head.is_empty() {
                details { summary { (ui::icon("chevron-right")) " Getting ready" span.d {} } (self.list(head)) }
            }
            (self.inside(None, rest))
        }
    }

    /// What is directly in a fold: its lines and the folds in it, in order.
    fn inside(&mut self, fold: Option<usize>, lines: &[Line]) -> Markup {
        let shown = self.shown;
        let Some(outline) = &shown.outline else { return html! {} };
        let mut parts = Vec::new();
        let mut rest = lines;
        for (at, inner) in outline.folds.iter().enumerate().filter(|(_, inner)| inner.parent == fold) {
            let (own, after) = rest.split_at(rest.partition_point(|line| line.number < inner.first));
            let end = inner.first + inner.lines;
            let (within, after) = after.split_at(after.partition_point(|line| line.number < end));
            rest = after;
            if !own.is_empty() {
                parts.push(self.list(own));
            }
            parts.push(self.fold(at, inner, within));
        }
        // The last list takes what comes next, if nothing in here is still open.
        let is_here = self.follows && outline.open.last().copied() == fold;
        if !rest.is_empty() || is_here {
            parts.push(self.list(rest));
        }
        html! { @for part in &parts { (part) } }
    }

    fn fold(&mut self, at: usize, fold: &Fold, within: &[Line]) -> Markup {
        let has_line = self.line.is_some_and(|line| (fold.first..fold.first + fold.lines).contains(&line));
        let is_only = fold.is_step && self.steps == 1;
        let is_open = fold.is_failed || !fold.is_over || has_line || is_only || fold.lines <= LINES_OPEN;
        let name = if fold.name.is_empty() { "Step" } else { &fold.name };
        if fold.lines == 0 && fold.is_over {
            return html! {
                div.fold.bare { (name) @if fold.is_failed { " " span.k-r { "failed" } } span.d { @if let Some(ms) = fold.took_ms { (took(ms)) } } }
            };
        }
        html! {
            details open[is_open] {
                summary {
                    (ui::icon("chevron-right")) " " (name)
                    @if fold.is_failed { " " span.k-r { "failed" } }
                    span.d { @if let Some(ms) = fold.took_ms { (took(ms)) } @else if fold.is_step && !fold.is_over && self.follows { "running" } }
                }
                @if within.len() < usize::try_from(fold.lines).unwrap_or(usize::MAX) && !self.follows {
                    p.log-none { a href={ (self.home) "?line=" (fold.first) "#log" } { "From its first line" } }
                }
                (self.inside(Some(at), within))
            }
        }
    }

    fn list(&mut self, lines: &[Line]) -> Markup {
        let failed = self.shown.outline.as_ref().and_then(|outline| outline.failed().map(|(line, _)| line));
        html! {
            ol tabindex="0" aria-label="Log" {
                @for line in lines {
                    @let content = timed(&self.clock, line.place.stamp, &content(&mut self.style, &line.bytes, None));
                    (item(line.number, content, if failed == Some(line.number) { Some("err") } else { None }))
                }
            }
        }
    }
}
