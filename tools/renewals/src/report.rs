//! The report as one HTML file: no network, no script, the same bytes for the same figures.
//!
//! The page says first what matters in a sentence, then what changed, then shows it; behind every drawing lies
//! its table. Drawings are SVG with classes, so that the style sheet alone decides on light, dark, paper and
//! forced colours. Text from exports is escaped wherever it lands, and cut where it would break the page.
//!
//! Not here: what the numbers mean ([`crate::statistics`]) and where the file goes (`commands`).

pub mod anonymous;
mod charts;
mod data;
mod frame;
mod head;
mod lists;
mod marks;
mod method;
mod names;
mod outcomes;
mod scale;
mod segments;
mod story;
mod svg;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::Month;
use crate::figures::{Event, Figures};
use crate::statistics::judgement::MonthJudgement;
use crate::statistics::{Judgement, words};

/// The file is at most this long.
pub const MOST_BYTES: usize = 300_000;

/// So many rows of the lists are shown, if the file stays short enough; the rest is in the CSV of `renewals due`.
const ROWS: [usize; 5] = [150, 80, 40, 20, 5];

const STYLE: &str = include_str!("report/style.css");

/// Returns the report as HTML.
pub fn html(figures: &Figures, judgement: &Judgement) -> String {
    let parts = Parts::new(figures, judgement);
    let written = ROWS.map(Some).into_iter().flatten();
    let mut pages = written.map(|rows| parts.page(figures, judgement, rows).into_string());
    let mut page = pages.next().expect("there is a first number of rows");
    while page.len() > MOST_BYTES {
        match pages.next() {
            Some(shorter) => page = shorter,
            None => break,
        }
    }
    page
}

/// What the page says whatever the length of its lists: it is written once, though a page may be tried with several.
struct Parts {
    before_lists: Markup,
    after_lists: Markup,
    data: String,
}

impl Parts {
    fn new(figures: &Figures, judgement: &Judgement) -> Parts {
        let shown = until(judgement, figures.month);
        let before_lists = html! {
            (story::section(figures, judgement))
            @if shown.iter().any(|one| one.count.n > 0) { (by_month(shown, &figures.events)) }
            (outcomes::sections(figures, judgement))
            (segments::section(figures, judgement))
            (later(figures, judgement))
        };
        let after_lists = method::section(figures, judgement);
        Parts { before_lists, after_lists, data: data::json(figures, judgement) }
    }

    fn page(&self, figures: &Figures, judgement: &Judgement, rows: usize) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    // Whatever an export might smuggle in: this page loads nothing and runs nothing.
                    meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                    title { (head::title(figures, judgement)) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    (head::banner(figures, judgement))
                    main {
                        (self.before_lists)
                        (lists::sections(figures, &judgement.value, rows))
                        (self.after_lists)
                    }
                    footer { p { "renewals " (figures.program) ", as of " (words::day(figures.as_of)) "." } }
                    script type="application/json" id="data" { (PreEscaped(&self.data)) }
                }
            }
        }
    }
}

/// Returns the months up to the one asked about.
fn until(judgement: &Judgement, month: Month) -> &[MonthJudgement] {
    let end = judgement.months.iter().take_while(|one| one.month <= month).count();
    &judgement.months[..end]
}

fn by_month(months: &[MonthJudgement], events: &[Event]) -> Markup {
    html! {
        (frame::section(
            "rate",
            "Renewal rate by month",
            "Of the licences due in a month, the share renewed within 30 days of its due day. A month stands out when \
             it leaves the band.",
            charts::rate::chart(months, events),
        ))
        @if months.iter().any(|one| one.cusum.is_some()) {
            (frame::section(
                "drift",
                "Small drops that last",
                "A few points below usual do not show in one month, but they add up. The bars grow while months stay \
                 below usual; above the line the drop is significant.",
                charts::drift::chart(months),
            ))
        }
    }
}

fn later(figures: &Figures, judgement: &Judgement) -> Markup {
    html! {
        @if let Some(funnel) = &judgement.funnel {
            (frame::section("partners", "Partners", &story::partners(funnel), charts::partners::chart(funnel)))
        }
        @if !judgement.incidence.is_empty() {
            (frame::section(
                "incidence",
                "When renewals come",
                &story::incidence(figures, &judgement.incidence),
                charts::incidence::chart(&judgement.incidence),
            ))
        }
        @if judgement.forecast.iter().any(|month| month.due > 0) {
            (frame::section(
                "forecast",
                "The next twelve months",
                &story::forecast(&judgement.forecast),
                charts::forecast::chart(&judgement.forecast),
            ))
        }
    }
}
