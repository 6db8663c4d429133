//! The heat map: each month's cohort at each age. A table whose cells are coloured is its own table.

use maud::{Markup, html};

use crate::figures::{Age, MonthFigures};
use crate::statistics::words;

/// How many months it shows.
const MONTHS: usize = 24;

/// How much colour a cell takes at most, in percent: text on it must stay readable.
const DEPTH: f64 = 46.0;

/// Returns the heat map of the last months, newest first.
pub fn chart(months: &[MonthFigures]) -> Markup {
    let shown: Vec<&MonthFigures> = months.iter().rev().filter(|month| month.due > 0).take(MONTHS).collect();
    let rates: Vec<f64> = shown.iter().flat_map(|month| cells(month)).filter_map(|cell| cell.rate).collect();
    let low = rates.iter().copied().fold(1.0, f64::min);
    let high = rates.iter().copied().fold(0.0, f64::max);
    html! {
        table.heat {
            caption.unseen { "Share retained by due month and age" }
            thead { tr {
                th scope="col" { "Due in" }
                th.n scope="col" { "Due" }
                @for age in Age::ALL { th.n scope="col" { (heading(age)) } }
            } }
            tbody { @for month in shown { tr {
                th scope="row" { (words::short_month(month.month)) " " (month.month.parts().0) }
                td.n { (words::count(month.due)) }
                @for cell in cells(month) { (square(&cell, low, high)) }
            } } }
        }
        p.key {
            span { span.swatch.shade {} "more retained" }
            span { span.swatch.dash {} "too young: so far, not comparable" }
        }
    }
}

struct Cell {
    rate: Option<f64>,
    so_far: Option<f64>,
}

fn cells(month: &MonthFigures) -> Vec<Cell> {
    let of = |age: Age| {
        let seen = month.by_age.iter().find(|seen| seen.age == age);
        let share = seen.map(|seen| seen.retained as f64 / month.due as f64);
        let is_mature = seen.is_some_and(|seen| seen.mature);
        Cell { rate: share.filter(|_| is_mature), so_far: share.filter(|_| !is_mature) }
    };
    let mut cells: Vec<Cell> = Age::ALL.into_iter().map(of).collect();
    // So far is so far: it is said once, at the first age that is not reached.
    let mut is_said = false;
    for cell in &mut cells {
        let is_young = cell.so_far.is_some();
        cell.so_far = cell.so_far.filter(|_| !is_said);
        is_said |= is_young;
    }
    cells
}

fn square(cell: &Cell, low: f64, high: f64) -> Markup {
    match (cell.rate, cell.so_far) {
        (Some(rate), _) => {
            let depth = 4.0 + (DEPTH - 4.0) * if high > low { (rate - low) / (high - low) } else { 0.5 };
            html! { td.n.full style={ "--d:" (format!("{depth:.0}%")) } { (words::percent(rate, 0)) } }
        }
        (None, Some(so_far)) => html! { td.n.young { (words::percent(so_far, 0)) } },
        (None, None) => html! { td.n.soft { "·" } },
    }
}

fn heading(age: Age) -> &'static str {
    match age {
        Age::DueDay => "Due day",
        Age::MonthEnd => "Month end",
        Age::Days30 => "30 d",
        Age::Days60 => "60 d",
        Age::Days90 => "90 d",
        Age::Days180 => "180 d",
        Age::Days365 => "365 d",
    }
}
