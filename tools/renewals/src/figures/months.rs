//! A month: its cohort by outcome, by age and by value.

use crate::{Day, Month};
use serde::{Deserialize, Serialize};

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
