//! The same by app, hosting and so on; when renewals come; what is due next.

use crate::{Day, Month};
use serde::{Deserialize, Serialize};

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
