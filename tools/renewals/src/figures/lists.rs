//! Lists of licences, and what was odd about the input.

use crate::{Day, Month};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
