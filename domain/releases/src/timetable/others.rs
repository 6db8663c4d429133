//! What else has a day: rows below the environments. What they are, their own domain knows; here they are names and marks.

use super::Timetable;
use super::draw::at;
use base::Time;
use maud::{Markup, html};
use web::ui::Aspect;

/// The height of a row.
pub(super) const ROW: i64 = 24;
/// From the end of the lanes to the first row, and from the last to the end.
pub(super) const GAP: i64 = 6;

/// A row.
#[derive(Clone, Debug)]
pub struct Other {
    /// Its name.
    pub name: String,
    /// The address of its page.
    pub href: String,
    /// What happened and what is to come, in order.
    pub marks: Vec<Mark>,
}

/// Something in a row.
#[derive(Clone, Debug)]
pub struct Mark {
    /// When.
    pub at: Time,
    /// How it ended.
    pub aspect: Aspect,
    /// Whether it is to come.
    pub is_planned: bool,
    /// What it is, without its time.
    pub words: String,
    /// Where more of it stands.
    pub href: String,
}

/// How much room the rows need.
pub(super) fn height(table: &Timetable) -> i64 {
    match table.others.len() as i64 {
        0 => 0,
        rows => rows * ROW + 2 * GAP,
    }
}

/// Where the middle of a row is, below the lanes that end at `top`.
fn middle(top: i64, row: usize) -> i64 {
    top + GAP + row as i64 * ROW + ROW / 2
}

pub(super) fn names(table: &Timetable, top: i64) -> Markup {
    html! {
        @for (row, other) in table.others.iter().enumerate() {
            div style={ "top:" (middle(top, row) - 9) "px" } { a.plain.clip href=(other.href) { (other.name) } }
        }
    }
}

pub(super) fn rows(table: &Timetable, top: i64) -> Markup {
    html! {
        @if !table.others.is_empty() { line.lane x1="0" x2="100%" y1=(top) y2=(top) {} }
        @for (row, other) in table.others.iter().enumerate() {
            @for mark in &other.marks {
                a href=(mark.href) tabindex="-1" {
                    title { (table.reader().clock(mark.at)) " " (mark.words) }
                    (shape(mark, &at(table.x(mark.at)), middle(top, row)))
                }
            }
        }
    }
}

fn shape(mark: &Mark, x: &str, y: i64) -> Markup {
    let class = match (mark.is_planned, mark.aspect) {
        // Planned, and something is in its way.
        (true, Aspect::Amber) => "off",
        (true, _) => "plan",
        (false, Aspect::Green) => "ok",
        (false, Aspect::Live) => "run",
        (false, Aspect::Red) => return html! { use href="#m-miss" x=(x) y=(y) {} },
        (false, Aspect::Amber | Aspect::Idle) => "off",
    };
    html! { rect class=(class) x=(x) y=(y - 6) width="5" height="12" rx="1.5" transform="translate(-2)" {} }
}

/// What the rows say, for who does not see them.
pub(super) fn summary(table: &Timetable) -> String {
    let said = table.others.iter().map(|other| {
        let planned = other.marks.iter().filter(|mark| mark.is_planned).count();
        let failed = other.marks.iter().filter(|mark| !mark.is_planned && mark.aspect == Aspect::Red).count();
        let ran = other.marks.len() - planned;
        format!(" {}: ran {ran} times, failed {failed} times, planned {planned} times.", other.name)
    });
    said.collect()
}
