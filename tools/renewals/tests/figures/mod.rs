//! Invented figures, the same at every call: what the rules would count for a small vendor.

mod parts;

use parts::{dimensions, future, missed, strata, timing};
use renewals::figures::*;
use renewals::{Day, Month};
use std::collections::BTreeMap;

/// What the invented vendor went through.
#[derive(Debug, Clone, Copy)]
pub struct Story {
    /// Due in an average month.
    pub due: u64,
    /// Months of history until `as_of`.
    pub months: i32,
    /// How many percent fewer renew in the last mature months.
    pub drop: u64,
}

/// A vendor with about 90 renewals a month and six years of history, as usual.
pub const CALM: Story = Story { due: 90, months: 72, drop: 0 };
/// The same with a drop that began four months before the last mature month.
pub const DROP: Story = Story { drop: 16, ..CALM };

/// A number below `below` that depends on the keys alone (splitmix64, as generators without state do).
pub fn pick(keys: [u64; 4], below: u64) -> u64 {
    let mut state = 42u64;
    for key in keys {
        state = mix(state ^ mix(key.wrapping_add(0x9E37_79B9_7F4A_7C15)));
    }
    state % below.max(1)
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

const APPS: [(&str, u64); 6] = [
    ("Gantt for Jira", 66),
    ("Calendar Sync", 64),
    ("Diagrams & Maps", 68),
    ("Audit <Trail>", 61),
    ("Mail Bridge", 57),
    ("Checklists", 70),
];
const HOSTINGS: [(&str, u64); 2] = [("Cloud", 67), ("Data Center", 63)];
const TIERS: [(&str, &str); 5] = [
    ("10 Users", "1-10"),
    ("50 Users", "11-100"),
    ("100 Users", "11-100"),
    ("500 Users", "101-1000"),
    ("2000 Users", ">1000"),
];
const REGIONS: [&str; 4] = ["EMEA", "Americas", "APAC", "Unknown"];
const PARTNERS: [&str; 14] = [
    "(none)",
    "Northwind Partners",
    "Kessel & Söhne",
    "Blue Harbor",
    "Adastra",
    "Ploughman",
    "Six Rivers",
    "Tellus",
    "Moorland",
    "Halden",
    "Quay IT",
    "Ostrava Soft",
    "Lumen",
    "(other)",
];

/// One invented obligation.
struct One {
    month: Month,
    app: usize,
    hosting: usize,
    tier: usize,
    region: usize,
    partner: usize,
    tenure: u8,
    expected: i64,
    /// Days after the due day, or nothing when it never came.
    delay: Option<i32>,
    way: u64,
    due: Day,
}

/// The figures of `story`, as of 1 November 2026, for October 2026.
pub fn figures(story: Story) -> Figures {
    let as_of = Day::new(2026, 11, 1).expect("a day");
    let last = as_of.month();
    let first = last.plus(1 - story.months);
    let mut all = Vec::new();
    for month in (0..story.months + 12).map(|n| first.plus(n)) {
        all.extend(obligations(month, story, last));
    }
    let months: Vec<MonthFigures> = (0..story.months).map(|n| of_month(first.plus(n), &all, as_of)).collect();
    Figures {
        schema: SCHEMA,
        as_of,
        program: "0.1.0".into(),
        month: last.plus(-1),
        inputs: ["transactions.csv", "licences.csv"]
            .map(|file| Input {
                file: file.into(),
                kind: file.trim_end_matches(".csv").into(),
                blake3: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
                rows: 10_171,
                bad: 0,
            })
            .into(),
        params: Parameters {
            g: 30,
            w: 90,
            lb: 90,
            lf: 365,
            min_n: 20,
            baseline: 24,
            community: false,
            end_of_sale: BTreeMap::from([("Server".into(), Day::new(2024, 2, 15).expect("a day"))]),
            archived: BTreeMap::new(),
            families: BTreeMap::new(),
        },
        dimensions: dimensions(&all, as_of),
        strata: strata(&all, as_of),
        timing: timing(&all, as_of),
        future: future(&all, as_of),
        not_renewed: missed(&all, as_of, false),
        won_back: missed(&all, as_of, true),
        events: vec![Event { day: as_of.month().plus(-7).first(), what: "Prices <raised>".into() }],
        restated: vec![Restated {
            month: last.plus(-5),
            due_was: 84,
            retained_was: 57,
            due: 83,
            retained: 55,
            why: "2 refunds, 1 licence merged".into(),
        }],
        quality: Quality {
            bad_records: 3,
            bad_examples: vec!["transactions.csv:812: saleDate `31.02.2026` is no day".into()],
            duplicates: 21,
            monthly: 812,
            rtbf: 104,
            unknown_values: BTreeMap::from([("saleType:Crossgrade".into(), 3), ("tier:-5 Users".into(), 1)]),
            unlinked_new: 61,
            linked_by: BTreeMap::from([("same e-mail".into(), 34), ("same company and country".into(), 11)]),
            licences: 2_341,
            customers: 1_203,
            ..Quality::default()
        },
        months,
    }
}

fn obligations(month: Month, story: Story, last: Month) -> Vec<One> {
    let key = month.0 as u64;
    let due = story.due * (85 + pick([key, 1, 0, 0], 30)) / 100;
    (0..due).map(|index| obligation(month, key, index, story, last)).collect()
}

fn obligation(month: Month, key: u64, index: u64, story: Story, last: Month) -> One {
    let roll = |what: u64, below: u64| pick([key, index + 10, what, 7], below);
    let app = (roll(1, 6) * roll(2, 7) / 6) as usize;
    let hosting = usize::from(roll(3, 100) < 38);
    let tier = roll(4, 5) as usize;
    let partner = (roll(5, 14) * roll(6, 15) / 14) as usize;
    let tenure = 1 + roll(7, 3) as u8;
    let is_low = month >= last.plus(-5) && month <= last;
    let mut chance = (APPS[app].1 + HOSTINGS[hosting].1) / 2 + 2 * u64::from(tenure) - 2;
    if is_low {
        chance -= story.drop;
    }
    if partner == 2 {
        chance -= 22;
    }
    let day = month.first().plus(roll(8, 28) as i32);
    let came = roll(9, 100) < chance;
    let delay = match roll(10, 100) {
        0..20 => -(roll(11, 60) as i32) - 1,
        20..88 => roll(11, 34) as i32 - 4,
        88..96 => 31 + roll(11, 59) as i32,
        _ => 91 + roll(11, 500) as i32,
    };
    One {
        month,
        app,
        hosting,
        tier,
        region: (roll(12, 10) / 3) as usize,
        partner,
        tenure,
        expected: [1_000, 10_000, 25_000, 120_000, 480_000][tier] + roll(13, 900) as i64 * 10,
        delay: came.then_some(delay),
        way: roll(14, 100),
        due: day,
    }
}

impl One {
    fn sold_by(&self, day: Day) -> bool {
        self.delay.is_some_and(|delay| self.due.plus(delay) <= day)
    }

    fn at(&self, age: Age, as_of: Day) -> bool {
        self.sold_by(age.until(self.due).min(as_of))
    }

    fn paid(&self) -> i64 {
        match self.way % 10 {
            0 => self.expected * 3 / 2,
            1 => self.expected * 7 / 10,
            2 => self.expected * 11 / 10,
            _ => self.expected,
        }
    }
}

fn of_month(month: Month, all: &[One], as_of: Day) -> MonthFigures {
    let cohort: Vec<&One> = all.iter().filter(|one| one.month == month && one.due <= as_of).collect();
    let mut outcomes = Outcomes::default();
    let mut value = ValueFlow::default();
    for one in &cohort {
        let slot = match (one.sold_by(as_of), one.delay.unwrap_or(0), one.way) {
            (false, ..) if as_of < one.due.plus(90) => &mut outcomes.pending,
            (false, ..) => &mut outcomes.lapsed,
            (true, _, 0..5) => &mut outcomes.upgraded,
            (true, _, 5..9) => &mut outcomes.migrated,
            (true, _, 9..12) => &mut outcomes.repurchased,
            (true, ..-25, _) => &mut outcomes.early,
            (true, ..=30, _) => &mut outcomes.on_time,
            (true, ..=90, _) => &mut outcomes.late,
            (true, ..) => &mut outcomes.very_late,
        };
        *slot += 1;
        if one.sold_by(as_of) {
            let kept = one.paid().min(one.expected);
            value.kept_cents += kept;
            value.contraction_cents += one.expected - kept;
            let more = one.paid() - kept;
            *(if (5..9).contains(&one.way) {
                &mut value.migration_cents
            } else {
                &mut value.expansion_cents
            }) += more;
        } else if as_of < one.due.plus(90) {
            value.pending_cents += one.expected;
        } else {
            value.lapsed_cents += one.expected;
        }
    }
    let by_age: Vec<AgeFigures> = Age::ALL
        .iter()
        .map(|&age| {
            let kept: Vec<_> = cohort.iter().filter(|one| one.at(age, as_of)).collect();
            AgeFigures {
                age,
                mature: age.until(month.last()) <= as_of,
                retained: kept.len() as u64,
                strict: kept.iter().filter(|one| one.way >= 12).count() as u64,
                gross_cents: kept.iter().map(|one| one.paid().min(one.expected)).sum(),
                net_cents: kept.iter().map(|one| one.paid()).sum(),
            }
        })
        .collect();
    let retained = by_age[2].retained;
    MonthFigures {
        month,
        due: cohort.len() as u64,
        outcomes,
        superseded: cohort.len() as u64 / 20,
        cancelled: 1,
        retro: 2,
        future: all.iter().filter(|one| one.month == month && one.due > as_of).count() as u64,
        not_renewable: NotRenewable::default(),
        mature: by_age[2].mature,
        expected_cents: cohort.iter().map(|one| one.expected).sum(),
        by_age,
        value,
        customers: cohort.len() as u64 * 9 / 10,
        customers_retained: retained * 9 / 10,
    }
}
