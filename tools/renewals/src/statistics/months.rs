//! Month by month: what was usual then, and was this month better, worse or a significant drop?
//!
//! A month is compared with the last mature months *before* it, so it never takes part in its own baseline.
//! The usual rate may rise by itself, but never fall by itself: months that were a significant drop stay out of
//! every later baseline (with the months in which the drop built up), and only a person re-bases by naming the
//! month from which the new usual holds. A month that was surprisingly good stays out too until eight in a row
//! lie above the line; then the improvement is the new usual.

use super::chart::{Count, Usual};
use super::drift::{Cusum, Ewma, RUN, Run};
use super::interval;
use super::judgement::{MonthJudgement, Verdict};
use crate::Month;

/// Below this chance a month is a significant drop.
pub const RED: f64 = 0.005;
/// Below this chance a month is worse (or better) than usual.
pub const AMBER: f64 = 0.025;
/// So many mature months are needed before a month is compared with them.
pub const HISTORY: usize = 12;

/// What the verdicts depend on besides the counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Fewer due than this are not judged.
    pub min_n: u64,
    /// How many mature months are the baseline.
    pub baseline: usize,
    /// A rate below this is red whatever is usual.
    pub floor: Option<f64>,
    /// No month before this one is part of a baseline: set by a person after a change that is there to stay.
    pub rebased: Option<Month>,
}

/// A month's count at one maturity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The month.
    pub month: Month,
    /// How many of how many.
    pub count: Count,
    /// Whether all of the month is old enough.
    pub mature: bool,
}

/// Returns the verdict on every month, in order.
pub fn judge(points: &[Point], rules: &Rules) -> Vec<MonthJudgement> {
    let mut walk = Walk::new(rules);
    points.iter().map(|point| walk.step(point)).collect()
}

/// Returns what is usual for `month`: the baseline of the months judged so far.
pub fn usual_for(judged: &[MonthJudgement], month: Month) -> Option<f64> {
    judged.iter().find(|one| one.month == month).and_then(|one| one.usual)
}

/// A mature month that was passed.
#[derive(Debug, Clone, Copy)]
struct Passed {
    month: Month,
    count: Count,
    standing: Standing,
}

/// Whether a passed month counts as usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Passed before there was enough history to judge it.
    Unjudged,
    Ordinary,
    Low,
    High,
}

struct Walk<'a> {
    rules: &'a Rules,
    passed: Vec<Passed>,
    cusum: Cusum,
    ewma: Ewma,
    run: Run,
    /// Where in `passed` the CUSUM last left zero: the onset of a drop, should it become one.
    onset: usize,
}

impl<'a> Walk<'a> {
    fn new(rules: &'a Rules) -> Self {
        Self {
            rules,
            passed: Vec::new(),
            cusum: Cusum::for_drops(),
            ewma: Ewma::for_drops(),
            run: Run::default(),
            onset: 0,
        }
    }

    fn step(&mut self, point: &Point) -> MonthJudgement {
        let mut judged = unjudged(point);
        if !point.mature || point.count.n == 0 {
            return judged;
        }
        if self.rules.rebased == Some(point.month) {
            // The new usual starts with clean hands.
            (self.cusum, self.ewma, self.run) = (Cusum::for_drops(), Ewma::for_drops(), Run::default());
        }
        let Some(usual) = self.usual() else {
            judged.verdict = self.floored(point.count, Verdict::NoHistory);
            self.pass(point, Standing::Unjudged);
            return judged;
        };
        self.measure(&mut judged, point.count, &usual);
        judged.verdict = self.verdict(&judged);
        let standing = self.standing(&judged);
        self.pass(point, standing);
        if judged.lasting_drop {
            let onset = self.onset;
            self.passed[onset..].iter_mut().for_each(|month| month.standing = Standing::Low);
        }
        if judged.run >= RUN as i32 {
            let from = self.passed.len() - judged.run as usize;
            let high = self.passed[from..].iter_mut().filter(|month| month.standing == Standing::High);
            high.for_each(|month| month.standing = Standing::Ordinary);
        }
        judged
    }

    /// Fills in where the month lies.
    fn measure(&mut self, judged: &mut MonthJudgement, count: Count, usual: &Usual) {
        let z = usual.z(count);
        if self.cusum.sum == 0.0 {
            self.onset = self.passed.len();
        }
        judged.usual = Some(usual.rate);
        judged.usual_months = usual.months;
        judged.limits = usual.limits(count.n);
        judged.sigma_z = Some(usual.sigma_z);
        judged.z = Some(z);
        judged.p_lower = Some(usual.chance_of_so_few(count));
        judged.p_upper = Some(usual.chance_of_so_many(count));
        judged.cusum = Some(self.cusum.take(z));
        judged.lasting_drop = self.cusum.signals();
        judged.ewma = Some(self.ewma.take(z));
        judged.ewma_limit = Some(self.ewma.limit());
        judged.run = self.run.take(z);
    }

    fn verdict(&self, judged: &MonthJudgement) -> Verdict {
        let below = |chance: Option<f64>, limit: f64| chance.is_some_and(|chance| chance < limit);
        let verdict = if judged.count.n < self.rules.min_n {
            return Verdict::TooFew;
        } else if below(judged.p_lower, RED) || judged.lasting_drop {
            Verdict::SignificantDrop
        } else if below(judged.p_lower, AMBER) || self.ewma.signals() {
            Verdict::Worse
        } else if below(judged.p_upper, AMBER) {
            Verdict::Better
        } else {
            Verdict::Usual
        };
        self.floored(judged.count, verdict)
    }

    /// Puts a rate below the floor before every other verdict, unless too few were due.
    fn floored(&self, count: Count, verdict: Verdict) -> Verdict {
        let is_below = self.rules.floor.is_some_and(|floor| count.rate().is_some_and(|rate| rate < floor));
        if is_below && count.n >= self.rules.min_n { Verdict::BelowFloor } else { verdict }
    }

    fn standing(&self, judged: &MonthJudgement) -> Standing {
        if judged.p_lower.is_some_and(|chance| chance < RED) {
            Standing::Low
        } else if judged.p_upper.is_some_and(|chance| chance < RED) {
            Standing::High
        } else {
            Standing::Ordinary
        }
    }

    fn pass(&mut self, point: &Point, standing: Standing) {
        self.passed.push(Passed { month: point.month, count: point.count, standing });
    }

    /// Returns what is usual by the months passed so far, or nothing with too few of them.
    fn usual(&self) -> Option<Usual> {
        let since = |month: Month| self.rules.rebased.is_none_or(|from| month >= from);
        let eligible = |passed: &&Passed| {
            since(passed.month) && matches!(passed.standing, Standing::Ordinary | Standing::Unjudged)
        };
        let mut window: Vec<Passed> =
            self.passed.iter().rev().filter(eligible).take(self.rules.baseline).copied().collect();
        window.reverse();
        if window.len() < HISTORY.min(self.rules.baseline) {
            return None;
        }
        cleaned(&window)
    }
}

/// Returns what is usual without the outliers among the months that were never judged (phase I: Montgomery 7.2.1
/// revises trial limits the same way), but never without more than a quarter of them.
fn cleaned(window: &[Passed]) -> Option<Usual> {
    let mut kept = window.to_vec();
    loop {
        let counts: Vec<Count> = kept.iter().map(|month| month.count).collect();
        let usual = Usual::of(&counts)?;
        let worst = kept
            .iter()
            .enumerate()
            .filter(|(_, month)| month.standing == Standing::Unjudged)
            .map(|(index, month)| (index, usual.z(month.count).abs()))
            .filter(|(_, z)| *z > 3.0)
            .max_by(|a, b| a.1.total_cmp(&b.1));
        match worst {
            Some((index, _)) if kept.len() * 4 > window.len() * 3 => {
                kept.remove(index);
            }
            _ => return Some(usual),
        }
    }
}

fn unjudged(point: &Point) -> MonthJudgement {
    let count = point.count;
    MonthJudgement {
        month: point.month,
        count,
        mature: point.mature,
        rate: count.rate().filter(|_| point.mature),
        interval: interval::share(count.x, count.n).filter(|_| point.mature),
        estimate: None,
        usual: None,
        usual_months: 0,
        limits: None,
        sigma_z: None,
        z: None,
        p_lower: None,
        p_upper: None,
        cusum: None,
        ewma: None,
        ewma_limit: None,
        run: 0,
        lasting_drop: false,
        verdict: if point.mature { Verdict::TooFew } else { Verdict::TooYoung },
    }
}
