//! What the statistics say about the figures: the shape that goes into the JSON beside the counts.

use serde::{Deserialize, Serialize};

use super::chart::Count;
pub use super::forecast::ForecastMonth;
pub use super::funnel::{Funnel, FunnelLimit, Partner};
use super::incidence::Step;
use super::interval::Interval;
pub use super::segments::SegmentJudgement;
use crate::Month;
use crate::figures::Age;

/// Everything that is said about a report's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The worse light of `headline` and `early`: what an alert rule should look at.
    pub light: Light,
    /// The last mature month, 30 days after the due days.
    pub headline: Option<Headline>,
    /// The month asked about by its end, when it is too young for the headline: an early warning.
    pub early: Option<Headline>,
    /// The value of the headline's month.
    pub value: Value,
    /// Every month at 30 days.
    pub months: Vec<MonthJudgement>,
    /// Every month at its end; the same months in the same order.
    pub month_ends: Vec<MonthJudgement>,
    /// Whether the headline's month had harder cases than usual.
    pub mix: Option<Mix>,
    /// The same month a year before.
    pub year_ago: Option<YearAgo>,
    /// Every segment of every dimension.
    pub segments: Vec<SegmentJudgement>,
    /// The partners against each other.
    pub funnel: Option<Funnel>,
    /// When renewals come, week by week after the due day; outcomes in the order of [`WAYS`].
    pub incidence: Vec<Step>,
    /// The months to come.
    pub forecast: Vec<ForecastMonth>,
}

/// The ways to be retained that compete with each other.
pub const WAYS: [&str; 4] = ["renewed", "upgraded", "migrated", "repurchased"];

/// A verdict that is seen at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// Cannot be judged: too few, too young, or too little history.
    Grey,
    /// As usual or better.
    Green,
    /// Lower than usual, perhaps by chance.
    Amber,
    /// A significant drop, or below the floor that was set.
    Red,
}

/// What a month is compared with what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Lower than the floor that was set.
    BelowFloor,
    /// So low that chance alone does it less than once in 200 months, or low for months on end.
    SignificantDrop,
    /// Low: chance alone does it less than once in 40 months.
    Worse,
    /// Within what chance does.
    Usual,
    /// High: chance alone does it less than once in 40 months.
    Better,
    /// Fewer due than a month needs to be judged.
    TooFew,
    /// Not old enough to be compared.
    TooYoung,
    /// Fewer mature months before it than a comparison needs.
    NoHistory,
}

impl Verdict {
    /// Returns the light of the verdict.
    pub fn light(self) -> Light {
        match self {
            Verdict::BelowFloor | Verdict::SignificantDrop => Light::Red,
            Verdict::Worse => Light::Amber,
            Verdict::Usual | Verdict::Better => Light::Green,
            Verdict::TooFew | Verdict::TooYoung | Verdict::NoHistory => Light::Grey,
        }
    }
}

/// A month at one maturity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonthJudgement {
    /// The month.
    pub month: Month,
    /// How many of how many; of a month that is too young, so far.
    #[serde(flatten)]
    pub count: Count,
    /// Whether the month is old enough for the maturity.
    pub mature: bool,
    /// x/n of a mature month.
    pub rate: Option<f64>,
    /// The 95 % interval of the rate.
    pub interval: Option<Interval>,
    /// What a young month will likely read when it is mature.
    pub estimate: Option<Estimate>,
    /// The usual rate of the months before it.
    pub usual: Option<f64>,
    /// How many months the usual rate rests on.
    pub usual_months: usize,
    /// The control limits.
    pub limits: Option<Interval>,
    /// How much wider than chance the limits are.
    pub sigma_z: Option<f64>,
    /// How many widened standard deviations from usual.
    pub z: Option<f64>,
    /// The chance of so few or fewer.
    pub p_lower: Option<f64>,
    /// The chance of so many or more.
    pub p_upper: Option<f64>,
    /// The CUSUM for drops after this month.
    pub cusum: Option<f64>,
    /// The EWMA after this month, in standard deviations.
    pub ewma: Option<f64>,
    /// How far from zero the EWMA may be.
    pub ewma_limit: Option<f64>,
    /// Successive months above (positive) or below (negative) usual.
    pub run: i32,
    /// Whether the CUSUM signals.
    pub lasting_drop: bool,
    /// The verdict.
    pub verdict: Verdict,
}

/// What a young month will likely read when it is mature.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The youngest age that all of the month has reached.
    pub from: Age,
    /// The estimate.
    pub rate: f64,
    /// Its 95 % interval.
    pub interval: Interval,
}

/// The sentence of a month, and the numbers in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Headline {
    /// The month.
    pub month: Month,
    /// `R_30` or `R_month_end`.
    pub metric: String,
    /// How many of how many.
    #[serde(flatten)]
    pub count: Count,
    /// x/n.
    pub rate: f64,
    /// Its 95 % interval: Wilson's from 40 due on, else Jeffreys'.
    pub interval: Interval,
    /// The usual rate.
    pub baseline: Option<f64>,
    /// How many months the usual rate rests on.
    pub baseline_months: usize,
    /// The chance of so few or fewer, were everything as usual.
    pub p_lower: Option<f64>,
    /// The chance of so many or more.
    pub p_upper: Option<f64>,
    /// The CUSUM for drops.
    pub cusum: Option<f64>,
    /// For how many months in a row it has been red.
    pub drop_months: u32,
    /// The last three mature months together, when this one has too few.
    pub three_months: Option<Count>,
    /// The verdict.
    pub verdict: Verdict,
    /// Its light.
    pub light: Light,
    /// The same in words.
    pub sentence: String,
}

/// The value of the headline's month.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Value {
    /// Gross revenue retention within 30 days: at most 1.
    pub grr: Option<f64>,
    /// Net revenue retention within 30 days.
    pub nrr: Option<f64>,
    /// Expected value of what was due in the last three whole months, and in this one so far, and did not renew.
    pub overdue_cents: i64,
    /// How many licences that is.
    pub overdue: u64,
}

/// Expected against observed: "worse, or just a harder month?"
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mix {
    /// How many renewed.
    pub observed: u64,
    /// How many would have, had every kind of customer renewed as it usually does.
    pub expected: f64,
    /// Between what bounds that lies by chance alone, 95 %.
    pub range: Interval,
    /// Observed by expected.
    pub ratio: f64,
    /// The chance of so few or fewer, given the month's cases.
    pub p_lower: f64,
    /// How much of a difference to usual the cases alone explain, as a rate.
    pub shift: f64,
}

/// The same month a year before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct YearAgo {
    /// Its count.
    pub count: Count,
    /// This year's rate minus last year's.
    pub difference: f64,
    /// The 95 % interval of the difference (Newcombe).
    pub interval: Interval,
}
