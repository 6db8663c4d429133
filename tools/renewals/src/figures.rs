//! The figures of a report: counts and values, nothing estimated.
//!
//! Everything here is an integer that the rules counted as of one day; rates, intervals, limits and forecasts are made of it in
//! [`crate::statistics`]. Money is in cents of a US dollar. Lists are sorted, so that the same input gives the same bytes.

use crate::{Day, Month};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the shape of the figures as JSON.
pub const SCHEMA: u32 = 1;

/// Everything a report is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Sales after this day were not looked at.
    pub as_of: Day,
    /// The version of the program.
    pub program: String,
    /// The month asked about.
    pub month: Month,
    /// The files that were read, in the order given.
    pub inputs: Vec<Input>,
    /// The thresholds of the rules.
    pub params: Parameters,
    /// Every month from the first with an obligation to the one of `as_of`, without gaps.
    pub months: Vec<MonthFigures>,
    /// The same by app, hosting and so on.
    pub dimensions: Vec<Dimension>,
    /// Counts by hosting, tenure and tier together: for "worse, or a harder month?" and for the forecast.
    pub strata: Vec<Stratum>,
    /// When after the due day it was renewed, over the last [`Parameters::baseline`] months before `as_of`.
    pub timing: Timing,
    /// What is due after `as_of`, by month.
    pub future: Vec<FutureMonth>,
    /// Due in the last three months until `as_of` and not renewed; most valuable first.
    pub not_renewed: Vec<Missed>,
    /// Renewed more than [`Parameters::w`] days late, with a sale in the last three months; most valuable first.
    pub won_back: Vec<Missed>,
    /// What a person says happened, for the chart.
    #[serde(default)]
    pub events: Vec<Event>,
    /// Months that read differently than in the report given for comparison.
    pub restated: Vec<Restated>,
    /// What was odd about the input.
    pub quality: Quality,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Its name without folders.
    pub file: String,
    /// `licences` or `transactions`.
    pub kind: String,
    /// BLAKE3 of its bytes.
    pub blake3: String,
    /// Its records.
    pub rows: u64,
    /// Those that could not be used.
    pub bad: u64,
}

/// The thresholds of the rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameters {
    /// A renewal so many days after the due day is on time.
    #[serde(rename = "G")]
    pub g: i32,
    /// A renewal so many days after the due day is late; after that the licence counts as lapsed until it is won back.
    #[serde(rename = "W")]
    pub w: i32,
    /// A new licence may start so many days before the due day and replace the old one.
    #[serde(rename = "LB")]
    pub lb: i32,
    /// A new licence may start so many days after the due day and replace the old one.
    #[serde(rename = "LF")]
    pub lf: i32,
    /// A month with fewer due licences is not judged.
    pub min_n: u64,
    /// How many mature months are the baseline.
    pub baseline: u32,
    /// Whether community licences count.
    pub community: bool,
    /// After this day a licence of that hosting cannot be renewed.
    pub end_of_sale: BTreeMap<String, Day>,
    /// After this day a licence of that app cannot be renewed.
    pub archived: BTreeMap<String, Day>,
    /// Which apps are one product under several keys: key to family.
    pub families: BTreeMap<String, String>,
}

/// How old a cohort is when one looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Age {
    /// Until the due day itself.
    DueDay,
    /// Until the end of the month it is due in.
    MonthEnd,
    /// Until 30 days after the due day: the headline.
    Days30,
    /// Until 60 days after.
    Days60,
    /// Until 90 days after.
    Days90,
    /// Until 180 days after.
    Days180,
    /// Until 365 days after.
    Days365,
}

impl Age {
    /// From the youngest to the oldest.
    pub const ALL: [Age; 7] =
        [Age::DueDay, Age::MonthEnd, Age::Days30, Age::Days60, Age::Days90, Age::Days180, Age::Days365];

    /// The last day on which a sale counts for something due on `due`.
    pub fn until(self, due: Day) -> Day {
        match self {
            Age::DueDay => due,
            Age::MonthEnd => due.month().last(),
            Age::Days30 => due.plus(30),
            Age::Days60 => due.plus(60),
            Age::Days90 => due.plus(90),
            Age::Days180 => due.plus(180),
            Age::Days365 => due.plus(365),
        }
    }
}

/// What became of the obligations of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outcomes {
    /// Renewed before the month began.
    pub early: u64,
    /// Renewed until `G` days after the due day.
    pub on_time: u64,
    /// Renewed until `W` days after the due day.
    pub late: u64,
    /// Renewed later than that: won back.
    pub very_late: u64,
    /// Replaced by an upgrade or another term of the same licence that began before the due day.
    pub upgraded: u64,
    /// Replaced by a licence of another hosting.
    pub migrated: u64,
    /// Replaced by a new licence of the same hosting.
    pub repurchased: u64,
    /// Not renewed, and not yet `W` days over.
    pub pending: u64,
    /// Not renewed.
    pub lapsed: u64,
}

impl Outcomes {
    /// All of them: the size of the cohort.
    pub fn total(&self) -> u64 {
        self.retained() + self.pending + self.lapsed
    }

    /// Those that stayed customers, at whatever age.
    pub fn retained(&self) -> u64 {
        self.early
            + self.on_time
            + self.late
            + self.very_late
            + self.upgraded
            + self.migrated
            + self.repurchased
    }
}

/// A month's obligations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonthFigures {
    /// The month they were due in.
    pub month: Month,
    /// The cohort: the sum of the nine outcomes.
    pub due: u64,
    /// What became of them.
    #[serde(flatten)]
    pub outcomes: Outcomes,
    /// Not due after all, for an upgrade or re-issue took their place before the month began; outside `due`.
    pub superseded: u64,
    /// Ended early by a refund without continuation; outside `due`.
    pub cancelled: u64,
    /// Terms bought backwards to become current; outside `due`.
    pub retro: u64,
    /// Due after `as_of` and not renewed yet; outside `due`.
    pub future: u64,
    /// Due after the end of sale; outside `due`.
    pub not_renewable: NotRenewable,
    /// Whether `as_of` is at least `G` days after the last due day of the month.
    pub mature: bool,
    /// Value of the cohort: what a renewal of everything would have brought in a year.
    pub expected_cents: i64,
    /// What was retained, by age, in the order of [`Age::ALL`].
    pub by_age: Vec<AgeFigures>,
    /// Value by outcome, for the waterfall.
    pub value: ValueFlow,
    /// Customers times apps with an obligation in the month.
    pub customers: u64,
    /// Those of them that retained at least one licence of the app within 30 days.
    pub customers_retained: u64,
}

/// What was due after the end of sale of its hosting or app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NotRenewable {
    /// All of them.
    pub due: u64,
    /// Those that moved to another hosting.
    pub migrated: u64,
    /// Those that were continued otherwise.
    pub continued: u64,
}

/// A cohort looked at when it is so old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeFigures {
    /// How old.
    pub age: Age,
    /// Whether `as_of` lies late enough for all of the cohort; only then it compares with other months.
    pub mature: bool,
    /// Retained by a sale until then.
    pub retained: u64,
    /// The same, counting only renewals of the same licence (early, on time, late, very late).
    pub strict: u64,
    /// Retained value, at most what was expected of each.
    pub gross_cents: i64,
    /// Retained value with expansion.
    pub net_cents: i64,
}

/// Where the expected value of a cohort went: `expected_cents` = sum of the losses and `kept_cents`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ValueFlow {
    /// Not renewed, and not yet given up.
    pub pending_cents: i64,
    /// Not renewed.
    pub lapsed_cents: i64,
    /// Renewed for less (on the same hosting or another).
    pub contraction_cents: i64,
    /// Expected and retained.
    pub kept_cents: i64,
    /// Renewed for more on the same hosting; on top of `kept_cents`.
    pub expansion_cents: i64,
    /// Moved to another hosting for more; on top of `kept_cents`.
    pub migration_cents: i64,
}

/// A way to divide the obligations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dimension {
    /// `app`, `hosting`, `tier`, `region`, `country`, `partner`, `partner_type`, `tenure` or `term`.
    pub name: String,
    /// Its parts, largest first; what is too small to be shown alone is pooled in the last one, `(other)`.
    pub segments: Vec<Segment>,
}

/// One part of a dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Such as `Data Center`; `(none)` where the export says nothing.
    pub name: String,
    /// The last 36 months until `as_of` in which something was due, in order.
    pub months: Vec<SegmentMonth>,
}

/// A segment's month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentMonth {
    /// The month.
    pub month: Month,
    /// The cohort.
    pub due: u64,
    /// Retained until the end of the month.
    pub month_end: u64,
    /// Retained until 30 days after the due day.
    pub retained: u64,
    /// Expected value.
    pub expected_cents: i64,
    /// Retained value within 30 days, at most what was expected.
    pub gross_cents: i64,
    /// Retained value within 30 days with expansion.
    pub net_cents: i64,
}

/// Obligations alike in what makes renewal likely.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stratum {
    /// Such as `Cloud`.
    pub hosting: String,
    /// Which renewal it is: 1, 2, or 3 for all later ones.
    pub tenure: u8,
    /// Such as `11-100`.
    pub band: String,
    /// The months in which something was due, in order.
    pub months: Vec<StratumMonth>,
}

/// A stratum's month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StratumMonth {
    /// The month.
    pub month: Month,
    /// The cohort.
    pub due: u64,
    /// Retained until the end of the month.
    pub month_end: u64,
    /// Retained until 30 days after the due day.
    pub retained: u64,
}

/// How long after the due day obligations were retained, for a survival curve with competing outcomes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Timing {
    /// Due days from here ...
    pub from: Day,
    /// ... until before here.
    pub until: Day,
    /// Events and censorings by week, in order; week 0 is until the due day, week n ends 7 n days after it; empty weeks are left out.
    pub weeks: Vec<TimingWeek>,
}

/// What happened in one week after the due day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TimingWeek {
    /// 0 is until the due day.
    pub week: u32,
    /// Renewed on the same licence.
    pub renewed: u64,
    /// Upgraded.
    pub upgraded: u64,
    /// Moved to another hosting.
    pub migrated: u64,
    /// Bought anew.
    pub repurchased: u64,
    /// Not retained, and `as_of` is in this week: nothing is known of later.
    pub censored: u64,
}

/// A month of which something is due after `as_of`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FutureMonth {
    /// The month.
    pub month: Month,
    /// What is due, by stratum.
    pub groups: Vec<FutureGroup>,
}

/// What is due in a future month of one stratum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FutureGroup {
    /// As in [`Stratum`].
    pub hosting: String,
    /// As in [`Stratum`].
    pub tenure: u8,
    /// As in [`Stratum`].
    pub band: String,
    /// Still to be renewed.
    pub open: u64,
    /// Expected value of those, as the customer pays.
    pub open_cents: i64,
    /// Sum of squares of the expected values, in whole dollars: the variance needs it.
    pub open_square_dollars: u64,
    /// Expected value of those, as the vendor receives.
    pub open_vendor_cents: i64,
    /// Renewed already.
    pub done: u64,
    /// Value of those renewals, as the customer pays.
    pub done_cents: i64,
    /// Value of those renewals, as the vendor receives.
    pub done_vendor_cents: i64,
}

/// A licence that should have been renewed and was not, or only much later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Missed {
    /// As the customer knows it: SEN, entitlement number, or what there is.
    pub licence: String,
    /// The key of the app.
    pub app: String,
    /// The name of the app.
    pub app_name: String,
    /// Such as `Data Center`.
    pub hosting: String,
    /// As the export gives it.
    pub tier: String,
    /// The due day.
    pub due: Day,
    /// `pending`, `lapsed` or `very_late`.
    pub outcome: String,
    /// Days from the due day to `as_of`, or to the sale that won it back.
    pub days_overdue: i32,
    /// What was paid for the last term.
    pub last_price_cents: i64,
    /// What a renewal for a year should bring.
    pub expected_cents: i64,
    /// Empty where forgotten or unknown.
    pub company: String,
    /// Empty where unknown.
    pub country: String,
    /// Empty where unknown.
    pub region: String,
    /// Empty where sold without one.
    pub partner: String,
    /// Technical, else billing e-mail; empty where forgotten.
    pub contact: String,
    /// A licence that may be the renewal but is linked too weakly.
    pub maybe: Option<String>,
}

/// Something that may explain a change: a release, a change of prices.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub day: Day,
    /// What.
    pub what: String,
}

/// A month that reads differently than it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Restated {
    /// The month.
    pub month: Month,
    /// Its cohort then.
    pub due_was: u64,
    /// Retained within 30 days then.
    pub retained_was: u64,
    /// Its cohort now.
    pub due: u64,
    /// Retained within 30 days now.
    pub retained: u64,
    /// In words.
    pub why: String,
}

/// What was odd about the input. Nothing of it stops a report.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Quality {
    /// Records that could not be used.
    pub bad_records: u64,
    /// The first of them, with file, line and reason.
    pub bad_examples: Vec<String>,
    /// Lines that were there more than once.
    pub duplicates: u64,
    /// Sold after `as_of`.
    pub after_as_of: u64,
    /// Uncollectible.
    pub uncollectible: u64,
    /// Manual invoices: lines without a sale type.
    pub manual_invoices: u64,
    /// Value of those.
    pub manual_invoices_cents: i64,
    /// Terms of no days.
    pub empty_terms: u64,
    /// Lines of monthly subscriptions: they have no due month.
    pub monthly: u64,
    /// Lines of licence types that do not count, such as community.
    pub other_licence_types: u64,
    /// Refunds that fit no term.
    pub unlinked_refunds: u64,
    /// Values that are not in the documentation, such as `saleType:X`, with how often.
    pub unknown_values: BTreeMap<String, u64>,
    /// Lines with a customer who asked to be forgotten.
    pub rtbf: u64,
    /// First sales of a licence that replaced nothing: new business.
    pub unlinked_new: u64,
    /// Replacements by the rule that linked the customer.
    pub linked_by: BTreeMap<String, u64>,
    /// Licences by the exports.
    pub licences: u64,
    /// Licences in the licence export that no transaction speaks of.
    pub licences_without_transactions: u64,
    /// Customers after linking.
    pub customers: u64,
}
