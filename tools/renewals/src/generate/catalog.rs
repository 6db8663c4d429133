//! What the imagined vendor sells: apps, hostings, tiers, prices; and the days on which the marketplace changed.

use super::calendar::{self, Day, day};

/// No new Server licence after this day.
pub(crate) const SERVER_NEW_UNTIL: Day = day(2021, 2, 1);
/// A Server licence that ends after this day cannot be renewed on Server.
pub(crate) const SERVER_UNTIL: Day = day(2024, 2, 15);
/// Data Center exists from this day.
pub(crate) const DATA_CENTER_FROM: Day = day(2017, 9, 1);
/// No new Data Center licence after this day.
pub(crate) const DATA_CENTER_NEW_UNTIL: Day = day(2026, 3, 29);
/// Data Center rows show entitlement numbers from this day.
pub(crate) const DATA_CENTER_ENTITLED_FROM: Day = day(2025, 9, 1);
/// Cloud rows show entitlements from this day.
pub(crate) const CLOUD_ENTITLED_FROM: Day = day(2022, 1, 1);

/// Where the app runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hosting {
    Server,
    DataCenter,
    Cloud,
}

impl Hosting {
    /// As the exports spell it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Hosting::Server => "Server",
            Hosting::DataCenter => "Data Center",
            Hosting::Cloud => "Cloud",
        }
    }
}

/// What the licence is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LicenceType {
    Commercial,
    Academic,
    Community,
    OpenSource,
    /// Not in the marketplace's own list, yet seen in exports.
    SocialImpact,
}

impl LicenceType {
    /// As the exports spell it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            LicenceType::Commercial => "COMMERCIAL",
            LicenceType::Academic => "ACADEMIC",
            LicenceType::Community => "COMMUNITY",
            LicenceType::OpenSource => "OPEN_SOURCE",
            LicenceType::SocialImpact => "SOCIAL_IMPACT",
        }
    }

    /// Whether its holders owe a renewal.
    pub(crate) fn is_renewable(self) -> bool {
        matches!(self, LicenceType::Commercial | LicenceType::Academic)
    }
}

/// Key, name and parent product of each app.
pub(crate) const APPS: [(&str, &str, &str); 12] = [
    ("com.example.charts", "Charts for Jira", "Jira"),
    ("com.example.planner", "Planner for Jira", "Jira"),
    ("com.example.checklists", "Checklists for Jira", "Jira"),
    ("com.example.timesheets", "Timesheets for Jira", "Jira"),
    ("com.example.releases", "Release Notes for Jira", "Jira"),
    ("com.example.forms", "Forms for Jira", "Jira"),
    ("com.example.diagrams", "Diagrams for Confluence", "Confluence"),
    ("com.example.tables", "Tables for Confluence", "Confluence"),
    ("com.example.approvals", "Approvals for Confluence", "Confluence"),
    ("com.example.translations", "Translations for Confluence", "Confluence"),
    ("com.example.reviews", "Reviews for Bitbucket", "Bitbucket"),
    ("com.example.mirrors", "Mirrors for Bitbucket", "Bitbucket"),
];

/// The number of users of each tier; the last has no limit.
pub(crate) const TIERS: [u32; 10] = [10, 25, 50, 100, 250, 500, 1000, 2000, 10_000, 0];

const LIST_DOLLARS: [i64; 10] = [10, 220, 440, 820, 1500, 2600, 4300, 7200, 14_500, 21_000];

/// The position of the highest tier.
pub(crate) const TIER_MAX: u8 = (TIERS.len() - 1) as u8;

/// What a year costs when bought on this day, in cents.
pub(crate) fn price_per_year(app: u8, hosting: Hosting, tier: u8, sale: Day) -> i64 {
    let dollars = LIST_DOLLARS[usize::from(tier)];
    let by_app = 60 + 15 * i64::from(app % 6);
    let by_hosting = match hosting {
        Hosting::Server => 100,
        Hosting::DataCenter => 135,
        Hosting::Cloud => 118,
    };
    let years = i64::from(calendar::civil(sale).0 - 2014).max(0);
    // Cents times two percentages and a price rise of 4 % of the first price a year.
    dollars * 100 * by_app * by_hosting * (100 + 4 * years) / 1_000_000
}

/// Country and region.
pub(crate) const COUNTRIES: [(&str, &str); 20] = [
    ("United States", "Americas"),
    ("Germany", "EMEA"),
    ("United Kingdom", "EMEA"),
    ("France", "EMEA"),
    ("Australia", "APAC"),
    ("Japan", "APAC"),
    ("Canada", "Americas"),
    ("Netherlands", "EMEA"),
    ("Switzerland", "EMEA"),
    ("India", "APAC"),
    ("Sweden", "EMEA"),
    ("Brazil", "Americas"),
    ("Spain", "EMEA"),
    ("Italy", "EMEA"),
    ("Austria", "EMEA"),
    ("Poland", "EMEA"),
    ("Singapore", "APAC"),
    ("Korea, Republic of", "APAC"),
    ("Côte d'Ivoire", "EMEA"),
    ("Mexico", "Americas"),
];
