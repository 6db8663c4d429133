//! By segment: where each stands over a year, its way there, and whether it changed.

use maud::{Markup, html};

use super::charts::{multiples, spark};
use super::frame;
use super::marks;
use super::names::Names;
use super::scale::share_bounds;
use crate::figures::{Dimension, Figures};
use crate::statistics::chart::Count;
use crate::statistics::judgement::SegmentJudgement;
use crate::statistics::{Judgement, Verdict, words};

/// The dimensions in the order they are shown, and how they are called.
const SHOWN: [(&str, &str); 9] = [
    ("app", "App"),
    ("hosting", "Hosting"),
    ("tenure", "Tenure"),
    ("tier", "Tier"),
    ("term", "Term"),
    ("region", "Region"),
    ("country", "Country"),
    ("partner_type", "Kind of partner"),
    ("partner", "Partner"),
];

/// So many segments of a dimension are listed.
const MOST: usize = 8;

/// The dimensions drawn as small charts.
const DRAWN: [(&str, &str); 4] =
    [("app", "app"), ("hosting", "hosting"), ("tenure", "tenure"), ("region", "region")];

/// Returns the section, or nothing before any month is mature.
pub fn section(figures: &Figures, judgement: &Judgement) -> Markup {
    let Some(headline) = &judgement.headline else { return html! {} };
    // The segments' months end with the day looked from: a report on years ago has none.
    if judgement.segments.iter().all(|segment| segment.year.n == 0) {
        return html! {};
    }
    let says = format!(
        "Twelve months until {}. A segment is marked as changed when its last three months differ from the two years \
         before by more than chance explains, all segments looked at together (false discovery rate 10%).",
        words::month(headline.month)
    );
    let names = Names::of_apps(figures);
    let content = html! {
        (table(figures, judgement, &names))
        (multiples::chart(&figures.dimensions, &DRAWN, headline.month, &names))
    };
    frame::section("segments", "By segment", &says, content)
}

fn table(figures: &Figures, judgement: &Judgement, names: &Names<'_>) -> Markup {
    let shown = SHOWN.iter().filter_map(|(name, title)| {
        let dimension = figures.dimensions.iter().find(|one| one.name == *name)?;
        (!dimension.segments.is_empty()).then_some((dimension, *title))
    });
    html! {
        div.scroll role="region" tabindex="0" aria-label="Renewal rate by segment" {
            table.segments {
                caption.unseen { "Renewal rate by segment, twelve months" }
                thead { tr {
                    th scope="col" { "Segment" }
                    th.n scope="col" { "Rate" }
                    th scope="col" { "95% interval" }
                    th scope="col" { "Lately" }
                    th scope="col" { "Three years" }
                    th.n scope="col" { "Renewed" }
                    th.n scope="col" { "Gross" }
                    th.n scope="col" { "Net" }
                    th.n scope="col" { "Value due" }
                } }
                @for (dimension, title) in shown { (group(dimension, title, judgement, names)) }
            }
        }
    }
}

fn group(dimension: &Dimension, title: &str, judgement: &Judgement, names: &Names<'_>) -> Markup {
    let rows: Vec<&SegmentJudgement> = judgement
        .segments
        .iter()
        .filter(|segment| segment.dimension == dimension.name && segment.year.n > 0)
        .collect();
    let (x, n) = rows.iter().fold((0, 0), |sum, row| (sum.0 + row.year.x, sum.1 + row.year.n));
    let common = Count { x, n }.rate().unwrap_or_default();
    let more = rows.len().saturating_sub(MOST);
    html! {
        tbody {
            tr.group { th scope="rowgroup" colspan="9" { (title) } }
            @for row in rows.iter().take(MOST) { (line(row, dimension, judgement, names, common)) }
            @if more > 0 {
                tr { td.soft colspan="9" { "and " (words::count(more as u64)) " more, smaller" } }
            }
        }
    }
}

fn line(
    row: &SegmentJudgement,
    dimension: &Dimension,
    judgement: &Judgement,
    names: &Names<'_>,
    common: f64,
) -> Markup {
    let digits = words::decimals(row.year.n);
    let rate = row.year.rate().unwrap_or_default();
    let share = |value: Option<f64>| value.map_or("–".to_owned(), |value| words::percent(value, 0));
    html! {
        tr {
            th scope="row" { (names.of(&dimension.name, &row.name)) }
            td.n.strong { (words::percent(rate, digits)) }
            td { @if let Some(interval) = row.interval {
                span.pair { (spark::bar(rate, interval, common))
                    span { (words::range(interval.lower, interval.upper, 0)) } }
            } }
            td { (lately(row)) }
            td { (way(row, dimension, judgement)) }
            td.n { (words::count(row.year.x)) span.soft { " of " (words::count(row.year.n)) } }
            td.n { (share(row.grr)) }
            td.n { (share(row.nrr)) }
            td.n { (words::short_dollars(row.expected_cents)) }
        }
    }
}

fn way(row: &SegmentJudgement, dimension: &Dimension, judgement: &Judgement) -> Markup {
    let segment = dimension.segments.iter().find(|segment| segment.name == row.name);
    let Some((segment, headline)) = segment.zip(judgement.headline.as_ref()) else { return html! {} };
    let quarters = spark::quarters(&segment.months, headline.month, 11);
    let rates = quarters.iter().flatten().filter_map(|count| count.rate());
    let (low, high) = rates.fold((1.0f64, 0.0f64), |(low, high), rate| (low.min(rate), high.max(rate)));
    spark::line(&quarters, share_bounds(low, high))
}

fn lately(row: &SegmentJudgement) -> Markup {
    if row.changed {
        let is_lower = row.recent.rate() < row.before.rate();
        let verdict = if is_lower { Verdict::SignificantDrop } else { Verdict::Better };
        let (recent, before) = (row.recent.rate().unwrap_or_default(), row.before.rate().unwrap_or_default());
        let digits = words::decimals(row.recent.n.min(row.before.n));
        return html! { span.changed { (marks::lamp(verdict)) span {
            (words::percent(recent, digits)) span.soft { ", was " (words::percent(before, digits)) }
        } } };
    }
    match row.q {
        Some(_) => html! { span.soft { "as before" } },
        None => html! { span.soft { "too few" } },
    }
}
