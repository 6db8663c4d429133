//! What became of the headline's month: licences, value, and the cohorts around it.

use maud::{Markup, html};

use super::charts::cohorts;
use super::charts::ladder::{self, Rung};
use super::frame;
use crate::figures::{Figures, MonthFigures};
use crate::statistics::{Judgement, words};

/// Returns the three sections.
pub fn sections(figures: &Figures, judgement: &Judgement) -> Markup {
    let month = judgement.headline.as_ref().map(|headline| headline.month);
    let counted = figures.months.iter().find(|one| Some(one.month) == month && one.due > 0);
    let until = figures.months.iter().take_while(|one| one.month <= figures.month).count();
    html! {
        @if let Some(counted) = counted {
            (became(figures, counted))
            @if counted.expected_cents > 0 { (value(counted)) }
        }
        @if figures.months[..until].iter().any(|one| one.due > 0) {
            (frame::section(
                "cohorts",
                "Month by month, as they age",
                "Each row is the licences of one due month, each column how long one waits. Compare down a column, \
                 never along a row with another row's age.",
                cohorts::chart(&figures.months[..until]),
            ))
        }
    }
}

fn became(figures: &Figures, month: &MonthFigures) -> Markup {
    let outcomes = month.outcomes;
    let parts = [
        ("Renewed early", outcomes.early, "kept a"),
        ("Renewed on time", outcomes.on_time, "kept b"),
        ("Upgraded", outcomes.upgraded, "kept c"),
        ("Moved to another hosting", outcomes.migrated, "kept c"),
        ("Bought a new licence", outcomes.repurchased, "kept c"),
        ("Renewed late", outcomes.late, "kept d"),
        ("Won back much later", outcomes.very_late, "kept d"),
        ("May still come", outcomes.pending, "open"),
        ("Lapsed", outcomes.lapsed, "lost"),
    ];
    let whole = month.due as f64;
    let mut rungs = vec![rung("Due", 0.0, whole, words::count(month.due), "whole")];
    let mut sum = 0.0;
    for (label, count, class) in parts {
        if count == 0 {
            continue;
        }
        let share = words::percent(count as f64 / whole, words::decimals(month.due));
        rungs.push(rung(label, sum, sum + count as f64, format!("{} · {share}", words::count(count)), class));
        sum += count as f64;
    }
    let title = format!("What became of {}", words::month(month.month));
    let says = format!(
        "By {}, {} of {} stayed, {} may still come, and {} lost.{}",
        words::day(figures.as_of),
        words::count(outcomes.retained()),
        words::count(month.due),
        words::count(outcomes.pending),
        match outcomes.lapsed {
            0 => "none is".to_owned(),
            1 => "1 is".to_owned(),
            n => format!("{} are", words::count(n)),
        },
        beside(month),
    );
    frame::section("outcomes", &title, &says, ladder::chart("became", &title, &says, &rungs))
}

/// Says what was left out of the month, and why.
fn beside(month: &MonthFigures) -> String {
    let parts = [
        (month.superseded, "replaced before they were due"),
        (month.cancelled, "refunded early"),
        (month.retro, "bought backwards"),
        (month.not_renewable.due, "no longer for sale"),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, why)| format!("{} {why}", words::count(*count)))
        .collect();
    if told.is_empty() { String::new() } else { format!(" Not counted: {}.", told.join(", ")) }
}

fn value(month: &MonthFigures) -> Markup {
    let flow = month.value;
    let whole = month.expected_cents as f64;
    let mut rungs = vec![rung("Value due", 0.0, whole, words::dollars(month.expected_cents), "whole")];
    let mut at = whole;
    let losses = [
        ("Lapsed", flow.lapsed_cents, "lost"),
        ("May still come", flow.pending_cents, "open"),
        ("Renewed for less", flow.contraction_cents, "less"),
    ];
    for (label, cents, class) in losses.into_iter().filter(|(_, cents, _)| *cents != 0) {
        rungs.push(rung(label, at, at - cents as f64, words::dollars(-cents), class));
        at -= cents as f64;
    }
    let kept = |cents: i64| {
        format!(
            "{} · {}",
            words::dollars(cents),
            words::percent(cents as f64 / whole, words::decimals(month.due))
        )
    };
    rungs.push(rung("Retained, gross", 0.0, at, kept(flow.kept_cents), "kept b"));
    let gains = [
        ("Renewed for more", flow.expansion_cents, "kept c"),
        ("Moved for more", flow.migration_cents, "kept c"),
    ];
    for (label, cents, class) in gains.into_iter().filter(|(_, cents, _)| *cents != 0) {
        rungs.push(rung(label, at, at + cents as f64, format!("+{}", words::dollars(cents)), class));
        at += cents as f64;
    }
    let net = flow.kept_cents + flow.expansion_cents + flow.migration_cents;
    rungs.push(rung("Retained, net", 0.0, at, kept(net), "kept a"));
    let title = format!("Where the value of {} went", words::month(month.month));
    let says = format!(
        "{} a year was due. {} of it was retained, and {} with what customers added.",
        words::short_dollars(month.expected_cents),
        words::short_dollars(flow.kept_cents),
        words::short_dollars(net),
    );
    frame::section("value", &title, &says, ladder::chart("value", &title, &says, &rungs))
}

fn rung(label: &str, from: f64, to: f64, says: String, class: &'static str) -> Rung {
    Rung { label: label.to_owned(), from, to, says, class }
}
