//! The figures of a report: counts and values, nothing estimated.
//!
//! Everything here is an integer that the rules counted as of one day; rates, intervals, limits and forecasts are made of it in
//! [`crate::statistics`]. Money is in cents of a US dollar. Lists are sorted, so that the same input gives the same bytes.

use crate::{Day, Month};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod lists;
mod months;
mod segments;

pub use lists::*;
pub use months::*;
pub use segments::*;

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
