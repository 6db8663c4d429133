//! What changed, and whether it matters, in sentences.

use maud::{Markup, html};

use super::charts::incidence as chart;
use super::frame::{self, short};
use super::names::Names;
use crate::figures::Figures;
use crate::statistics::incidence::Step;
use crate::statistics::judgement::{
    ForecastMonth, Funnel, Headline, Judgement, Mix, SegmentJudgement, YearAgo,
};
use crate::statistics::{Light, words};

/// Returns the section of sentences.
pub fn section(figures: &Figures, judgement: &Judgement) -> Markup {
    let mut told: Vec<(&str, String)> = Vec::new();
    if let Some(headline) = &judgement.headline {
        told.extend(lasting(headline).map(|said| ("How long.", said)));
        told.extend(judgement.early.as_ref().map(|early| ("Early sign.", early.sentence.clone())));
        told.extend(judgement.year_ago.map(|ago| ("A year ago.", year_ago(headline, &ago))));
        told.extend(judgement.mix.map(|mix| ("Harder cases?", harder(headline, &mix))));
    }
    told.push(("Segments.", segments(&judgement.segments, &Names::of_apps(figures))));
    told.extend(judgement.funnel.as_ref().map(|funnel| ("Partners.", partners(funnel))));
    told.extend(next(&judgement.forecast).map(|said| ("Ahead.", said)));
    told.extend(restated(figures).map(|said| ("Restated.", said)));
    let list = html! { ul.story { @for (name, said) in told { li { strong { (name) } " " span { (said.replace('–', "\u{2060}–\u{2060}")) } } } } };
    frame::section("story", "What changed, and whether it matters", "", list)
}

fn lasting(headline: &Headline) -> Option<String> {
    match headline.drop_months {
        0 | 1 => None,
        months => Some(format!(
            "{} months in a row are red now. They stay out of what is called usual until somebody says that the \
             lower rate is the new normal.",
            words::count(u64::from(months))
        )),
    }
}

fn year_ago(headline: &Headline, ago: &YearAgo) -> String {
    let digits = words::decimals(headline.count.n.min(ago.count.n));
    let then = words::month(headline.month.plus(-12));
    let (lower, upper) = (ago.interval.lower, ago.interval.upper);
    let verdict = match (lower > 0.0, upper < 0.0) {
        (true, _) => "this year is better, beyond chance",
        (_, true) => "this year is worse, beyond chance",
        _ => "no difference beyond chance",
    };
    format!(
        "In {then} it was {} of {}. The difference is {} (95% interval {} to {}): {verdict}.",
        words::percent(ago.count.rate().unwrap_or_default(), digits),
        words::count(ago.count.n),
        words::points(ago.difference, digits),
        words::points(lower, digits),
        words::points(upper, digits),
    )
}

fn harder(headline: &Headline, mix: &Mix) -> String {
    let cases = match mix.shift {
        shift if shift <= -0.01 => format!("were harder than usual ({})", words::points(shift, 0)),
        shift if shift >= 0.01 => format!("were easier than usual ({})", words::points(shift, 0)),
        _ => "were like those of other months".to_owned(),
    };
    let verdict = match (headline.light, mix.p_lower) {
        (Light::Red | Light::Amber, p) if p < 0.025 => "The mix of customers does not explain it.",
        (Light::Red | Light::Amber, _) => "Much of it may be the mix of customers.",
        (_, p) if p < 0.025 => "For such customers that is low, even if the rate is not.",
        _ => "That fits.",
    };
    format!(
        "By hosting, tenure and tier the month's customers {cases}: {} renewals were to be expected ({}–{}), {} came. \
         {verdict}",
        words::count(mix.expected.round() as u64),
        words::count(mix.range.lower.round() as u64),
        words::count(mix.range.upper.round() as u64),
        words::count(mix.observed),
    )
}

fn segments(all: &[SegmentJudgement], names: &Names<'_>) -> String {
    let tested = all.iter().filter(|segment| segment.q.is_some()).count();
    if tested == 0 {
        return "None has enough due to be compared.".to_owned();
    }
    let mut changed: Vec<&SegmentJudgement> = all.iter().filter(|segment| segment.changed).collect();
    changed.sort_by(|a, b| a.q.unwrap_or(1.0).total_cmp(&b.q.unwrap_or(1.0)));
    if changed.is_empty() {
        if tested == 1 {
            return "The one with enough due to be compared is as before.".to_owned();
        }
        return format!(
            "None of {tested} changed in the last three months by more than chance explains, all of them looked at \
             together."
        );
    }
    let told: Vec<String> = changed.iter().take(5).map(|segment| change(segment, names)).collect();
    let more = changed.len().saturating_sub(told.len());
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    // When most changed, the whole changed, and the parts only say so.
    let broad = if changed.len() * 2 > tested { "It goes through the whole: " } else { "" };
    format!(
        "{broad}{} of {tested} changed in the last three months: {}{rest}.",
        changed.len(),
        told.join("; ")
    )
}

/// Returns a segment's change: `Cloud 58% of 120 (66% before)`.
fn change(segment: &SegmentJudgement, names: &Names<'_>) -> String {
    let digits = words::decimals(segment.recent.n.min(segment.before.n));
    format!(
        "{} {} of {} ({} before)",
        names.told(&segment.dimension, &segment.name),
        words::percent(segment.recent.rate().unwrap_or_default(), digits),
        words::count(segment.recent.n),
        words::percent(segment.before.rate().unwrap_or_default(), digits),
    )
}

/// Returns what the partners' funnel says.
pub fn partners(funnel: &Funnel) -> String {
    let odd: Vec<String> = funnel
        .partners
        .iter()
        .filter(|partner| partner.differs)
        .take(6)
        .map(|partner| {
            let rate = partner.count.rate().unwrap_or_default();
            format!(
                "{} ({} of {})",
                short(&partner.name, 40),
                words::percent(rate, 0),
                words::count(partner.count.n)
            )
        })
        .collect();
    let common = words::percent(funnel.rate, 0);
    let count = words::counted(funnel.partners.len() as u64, "partner");
    if odd.is_empty() {
        return format!("{count}, {common} renewed together; none differs by more than chance explains.");
    }
    let verb = if odd.len() == 1 { "differs" } else { "differ" };
    format!("{count}, {common} renewed together; {} {verb} by more than chance explains.", odd.join(", "))
}

/// Returns what the curve of renewals says.
pub fn incidence(figures: &Figures, steps: &[Step]) -> String {
    let share = |days: i32| words::percent(chart::after(steps, days).map_or(0.0, |step| 1.0 - step.out), 0);
    format!(
        "Of what was due between {} and {}: {} had renewed by the due day, {} within 35 days of it, {} within a year.",
        words::day(figures.timing.from),
        words::day(figures.timing.until),
        share(0),
        share(35),
        share(365),
    )
}

/// Returns what the forecast says.
pub fn forecast(months: &[ForecastMonth]) -> String {
    let due: u64 = months.iter().map(|month| month.due).sum();
    let expected: f64 = months.iter().map(|month| month.expected).sum();
    let due_cents: i64 = months.iter().map(|month| month.due_cents).sum();
    let expected_cents: i64 = months.iter().map(|month| month.expected_cents).sum();
    format!(
        "{} worth {} are due. Going by what each kind of customer did lately, {} will renew, for {}.",
        words::counted(due, "licence"),
        words::short_dollars(due_cents),
        words::count(expected.round() as u64),
        words::short_dollars(expected_cents),
    )
}

fn next(months: &[ForecastMonth]) -> Option<String> {
    let next = months.iter().find(|month| month.due > 0)?;
    Some(format!(
        "In {} {} are due for {}; {} renewed already, and {}–{} are to be expected in the end.",
        words::month(next.month),
        words::counted(next.due, "licence"),
        words::short_dollars(next.due_cents),
        match next.done {
            0 => "none is".to_owned(),
            1 => "1 is".to_owned(),
            done => format!("{} are", words::count(done)),
        },
        words::count(next.interval.lower.round() as u64),
        words::count(next.interval.upper.round() as u64),
    ))
}

fn restated(figures: &Figures) -> Option<String> {
    match figures.restated.len() {
        0 => None,
        1 => Some("One month reads differently than in the last report; it is listed below.".to_owned()),
        n => Some(format!("{n} months read differently than in the last report; they are listed below.")),
    }
}
