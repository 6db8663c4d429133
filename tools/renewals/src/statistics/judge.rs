//! From figures to verdicts.

use std::collections::BTreeSet;

use super::chart::Count;
use super::incidence::{self, Seen, Step};
use super::judgement::{Headline, Judgement, Light, MonthJudgement, Value, Verdict, WAYS, YearAgo};
use super::months::{self, Point, Rules};
use super::strata::Chances;
use super::{forecast, funnel, interval, segments, sentence, young};
use crate::Month;
use crate::figures::{Age, Figures, MonthFigures, TimingWeek};

/// What a person may set beyond the parameters of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Policy {
    /// A rate below this is red whatever is usual.
    pub floor: Option<f64>,
    /// No month before this one is part of a baseline: for a change that is there to stay.
    pub rebased: Option<Month>,
}

/// Overdue is what was due in so many whole months before the day looked from, and in that day's own.
const OVERDUE_MONTHS: i32 = 3;

/// Judges the figures with nothing but their own parameters.
pub fn judge(figures: &Figures) -> Judgement {
    judge_by(figures, Policy::default())
}

/// Judges the figures by what a person set.
pub fn judge_by(figures: &Figures, policy: Policy) -> Judgement {
    let rules = Rules {
        min_n: figures.params.min_n,
        baseline: figures.params.baseline as usize,
        floor: policy.floor,
        rebased: policy.rebased,
    };
    let mut judged = months::judge(&points(&figures.months, Age::Days30), &rules);
    let month_ends = months::judge(&points(&figures.months, Age::MonthEnd), &rules);
    young::estimate(&mut judged, &figures.months, rules.baseline);
    let headline =
        last_mature(&judged, figures.month).map(|index| headline_of(&judged, index, Age::Days30, &rules));
    let early = last_mature(&month_ends, figures.month)
        .filter(|&index| headline.as_ref().is_none_or(|known| month_ends[index].month > known.month))
        .map(|index| headline_of(&month_ends, index, Age::MonthEnd, &rules));
    let month = headline.as_ref().map(|headline| headline.month);
    let recent = month.map(|month| mature_until(&judged, month, rules.baseline)).unwrap_or_default();
    let chances = Chances::of(&figures.strata, &recent);
    let width = judged.iter().rev().find_map(|one| one.sigma_z).unwrap_or(1.0).max(1.0);
    Judgement {
        light: light(headline.as_ref(), early.as_ref()),
        value: value(figures, month),
        mix: headline.as_ref().and_then(|headline| mix(figures, &judged, headline, &rules)),
        year_ago: month.and_then(|month| year_ago(&judged, month)),
        segments: month
            .map(|month| segments::judge(&figures.dimensions, month, rules.min_n))
            .unwrap_or_default(),
        funnel: month.and_then(|month| funnel::judge(&figures.dimensions, month)),
        incidence: when(&figures.timing.weeks),
        forecast: chances
            .map(|chances| forecast::forecast(&figures.future, &chances, width))
            .unwrap_or_default(),
        headline,
        early,
        months: judged,
        month_ends,
    }
}

fn points(months: &[MonthFigures], age: Age) -> Vec<Point> {
    months
        .iter()
        .map(|month| {
            let (count, mature) = young::count(month, age);
            Point { month: month.month, count, mature }
        })
        .collect()
}

/// Returns the index of the last month until `month` that is mature and had something due.
fn last_mature(judged: &[MonthJudgement], month: Month) -> Option<usize> {
    judged.iter().rposition(|one| one.month <= month && one.rate.is_some())
}

/// Returns the last `count` mature months until `last`.
fn mature_until(judged: &[MonthJudgement], last: Month, count: usize) -> BTreeSet<Month> {
    let mature = judged.iter().rev().filter(|one| one.rate.is_some() && one.month <= last);
    mature.take(count).map(|one| one.month).collect()
}

fn headline_of(judged: &[MonthJudgement], index: usize, age: Age, rules: &Rules) -> Headline {
    let one = &judged[index];
    let reds = judged[..=index].iter().rev().filter(|one| one.rate.is_some());
    let mut headline = Headline {
        month: one.month,
        metric: if age == Age::MonthEnd { "R_month_end" } else { "R_30" }.to_owned(),
        count: one.count,
        rate: one.rate.unwrap_or_default(),
        interval: one.interval.unwrap_or(interval::Interval { lower: 0.0, upper: 1.0 }),
        baseline: one.usual,
        baseline_months: one.usual_months,
        p_lower: one.p_lower,
        p_upper: one.p_upper,
        cusum: one.cusum,
        drop_months: reds.take_while(|one| one.verdict.light() == Light::Red).count() as u32,
        three_months: (one.verdict == Verdict::TooFew).then(|| together(&judged[..=index], 3)),
        verdict: one.verdict,
        light: one.verdict.light(),
        sentence: String::new(),
    };
    headline.sentence = sentence::of(&headline, one, age, rules);
    headline
}

/// Sums the last `count` mature months.
fn together(judged: &[MonthJudgement], count: usize) -> Count {
    let mature = judged.iter().rev().filter(|one| one.rate.is_some()).take(count);
    mature.fold(Count::default(), |sum, one| Count { x: sum.x + one.count.x, n: sum.n + one.count.n })
}

/// Returns the worse of the two lights; the early one cannot turn a verdict grey.
fn light(headline: Option<&Headline>, early: Option<&Headline>) -> Light {
    let of = |one: Option<&Headline>| one.map_or(Light::Grey, |one| one.light);
    of(headline).max(of(early))
}

fn value(figures: &Figures, month: Option<Month>) -> Value {
    let mut value = Value::default();
    // Not from the list of them, which is cut where it grows long.
    let since = figures.as_of.month().plus(-OVERDUE_MONTHS);
    for recent in figures.months.iter().filter(|one| one.month >= since) {
        value.overdue += recent.outcomes.pending + recent.outcomes.lapsed;
        value.overdue_cents += recent.value.pending_cents + recent.value.lapsed_cents;
    }
    let Some(month) = figures.months.iter().find(|one| Some(one.month) == month) else { return value };
    if let Some(seen) = young::at(month, Age::Days30).filter(|_| month.expected_cents > 0) {
        value.grr = Some(seen.gross_cents as f64 / month.expected_cents as f64);
        value.nrr = Some(seen.net_cents as f64 / month.expected_cents as f64);
    }
    value
}

/// Compares the headline's month with what its own cases usually give; months of a drop are not usual.
fn mix(
    figures: &Figures,
    judged: &[MonthJudgement],
    headline: &Headline,
    rules: &Rules,
) -> Option<super::judgement::Mix> {
    let ordinary = judged
        .iter()
        .rev()
        .filter(|one| one.month < headline.month && one.rate.is_some() && one.verdict.light() != Light::Red)
        .filter(|one| rules.rebased.is_none_or(|from| one.month >= from))
        .take(rules.baseline)
        .map(|one| one.month)
        .collect();
    Chances::of(&figures.strata, &ordinary)?.mix(&figures.strata, headline.month, headline.baseline?)
}

fn year_ago(judged: &[MonthJudgement], month: Month) -> Option<YearAgo> {
    let find = |month: Month| judged.iter().find(|one| one.month == month && one.rate.is_some());
    let (now, then) = (find(month)?.count, find(month.plus(-12))?.count);
    Some(YearAgo {
        count: then,
        difference: now.rate()? - then.rate()?,
        interval: interval::difference((now.x, now.n), (then.x, then.n))?,
    })
}

fn when(weeks: &[TimingWeek]) -> Vec<Step> {
    let seen: Vec<Seen> = weeks
        .iter()
        .map(|week| Seen {
            age: week.week as i32 * 7,
            outcomes: vec![week.renewed, week.upgraded, week.migrated, week.repurchased],
            censored: week.censored,
        })
        .collect();
    incidence::aalen_johansen(&seen, WAYS.len())
}
