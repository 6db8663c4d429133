//! The top of the page: the verdict, the number, its interval, and what else a director asks first.

use maud::{Markup, html};

use super::{charts, marks};
use crate::figures::{Figures, MonthFigures};
use crate::statistics::judgement::Headline;
use crate::statistics::{Judgement, words};

/// Returns the title of the page: the whole answer, for a tab or a mail's subject.
pub fn title(figures: &Figures, judgement: &Judgement) -> String {
    match &judgement.headline {
        Some(headline) => format!(
            "Renewals {}: {} of {} ({})",
            words::month(headline.month),
            words::percent(headline.rate, words::decimals(headline.count.n)),
            words::count(headline.count.n),
            marks::name(headline.verdict).to_lowercase(),
        ),
        None => format!("Renewals {}", words::month(figures.month)),
    }
}

/// Returns the banner.
pub fn banner(figures: &Figures, judgement: &Judgement) -> Markup {
    let month = judgement.headline.as_ref().map_or(figures.month, |headline| headline.month);
    html! {
        header {
            div.eyebrow {
                p { strong { "Renewals" } " · " (words::month(month)) }
                p { "as of " (words::day(figures.as_of)) }
            }
            @match &judgement.headline {
                Some(headline) => (hero(judgement, headline)),
                None => {
                    h1 { "No month can be judged yet" }
                    p.lead { "A month has a rate once 30 days have passed since its last due day." }
                }
            }
            (tiles(figures, judgement))
        }
    }
}

fn hero(judgement: &Judgement, headline: &Headline) -> Markup {
    let digits = words::decimals(headline.count.n);
    let judged = judgement.months.iter().find(|one| one.month == headline.month);
    let class = format!("hero {}", marks::class(headline.light));
    html! {
        div class=(class) {
            div.verdict {
                p.light { (marks::lamp(headline.verdict)) (marks::name(headline.verdict)) }
                p.number {
                    span.big { (words::percent(headline.rate, digits)) }
                    span.of { "of " (words::counted(headline.count.n, "licence")) " renewed"
                        br; "95% interval " (words::range(headline.interval.lower, headline.interval.upper, digits)) }
                }
                (charts::gauge::chart(headline, judged))
            }
            div.words {
                @let (share, verdict) = headline.sentence.split_once(". ").unwrap_or((&headline.sentence, ""));
                h1 { (share) "." }
                p.lead { (verdict) }
            }
        }
    }
}

fn tiles(figures: &Figures, judgement: &Judgement) -> Markup {
    let month = judgement.headline.as_ref().map(|headline| headline.month);
    let counted = figures.months.iter().find(|one| Some(one.month) == month);
    html! {
        @let any = judgement.headline.is_some() || judgement.value.overdue > 0 || !judgement.forecast.is_empty();
        @if any { dl.tiles {
            @if let Some(early) = &judgement.early { (sooner(early)) }
            (value(judgement, counted))
            @if let Some(counted) = counted.filter(|counted| counted.customers > 0) { (customers(counted)) }
            @if judgement.value.overdue > 0 {
                (tile(
                    "Overdue",
                    &words::short_dollars(judgement.value.overdue_cents),
                    &format!(
                        "{} due since {}, not renewed",
                        words::counted(judgement.value.overdue, "licence"),
                        words::month(figures.as_of.month().plus(-3)),
                    ),
                ))
            }
            @if let Some(next) = judgement.forecast.iter().find(|one| one.month > figures.month && one.due > 0) {
                (tile(
                    &format!("Due in {}", words::month(next.month)),
                    &words::short_dollars(next.due_cents),
                    &format!(
                        "{}; {} expected to renew",
                        words::counted(next.due, "licence"),
                        words::count(next.expected.round() as u64),
                    ),
                ))
            }
        } }
    }
}

fn sooner(early: &Headline) -> Markup {
    let digits = words::decimals(early.count.n);
    html! {
        div class=(format!("tile {}", marks::class(early.light))) {
            dt { (words::month(early.month)) ", by its end" }
            dd { span.figure { (marks::lamp(early.verdict)) (words::percent(early.rate, digits)) }
                span.small { (marks::name(early.verdict)) "; " (words::count(early.count.n)) " due, 30 days not over" } }
        }
    }
}

fn value(judgement: &Judgement, counted: Option<&MonthFigures>) -> Markup {
    let Some((grr, nrr)) = judgement.value.grr.zip(judgement.value.nrr) else { return html! {} };
    let due = words::short_dollars(counted.map_or(0, |counted| counted.expected_cents));
    tile(
        "By value, gross",
        &words::percent(grr, 0),
        &format!("of {due} due retained; {} with expansion", words::percent(nrr, 0)),
    )
}

fn customers(counted: &MonthFigures) -> Markup {
    let rate = counted.customers_retained as f64 / counted.customers as f64;
    tile(
        "By customer",
        &words::percent(rate, words::decimals(counted.customers)),
        &format!(
            "{} of {} kept a licence",
            words::count(counted.customers_retained),
            words::count(counted.customers)
        ),
    )
}

fn tile(name: &str, figure: &str, note: &str) -> Markup {
    html! { div.tile { dt { (name) } dd { span.figure { (figure) } span.small { (note) } } } }
}
