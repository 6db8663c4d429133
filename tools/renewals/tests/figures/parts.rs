//! The parts of the invented figures that are counted across months.

use super::{APPS, HOSTINGS, One, PARTNERS, REGIONS, TIERS};
use renewals::figures::*;
use renewals::{Day, Month};
use std::collections::BTreeMap;

pub fn dimensions(all: &[One], as_of: Day) -> Vec<Dimension> {
    type Part = (&'static str, fn(&One) -> String);
    let parts: [Part; 6] = [
        ("app", |one| APPS[one.app].0.into()),
        ("hosting", |one| HOSTINGS[one.hosting].0.into()),
        ("tier", |one| TIERS[one.tier].1.into()),
        ("region", |one| REGIONS[one.region].into()),
        ("partner", |one| PARTNERS[one.partner].into()),
        ("tenure", |one| ["first renewal", "second", "third or later"][usize::from(one.tenure) - 1].into()),
    ];
    parts.iter().map(|(name, part)| dimension(name, *part, all, as_of)).collect()
}

fn dimension(name: &str, part: fn(&One) -> String, all: &[One], as_of: Day) -> Dimension {
    let from = as_of.month().plus(-35);
    let mut cells: BTreeMap<String, BTreeMap<Month, SegmentMonth>> = BTreeMap::new();
    for one in all.iter().filter(|one| one.due <= as_of && one.month >= from) {
        let empty = SegmentMonth {
            month: one.month,
            due: 0,
            month_end: 0,
            retained: 0,
            expected_cents: 0,
            gross_cents: 0,
            net_cents: 0,
        };
        let cell = cells.entry(part(one)).or_default().entry(one.month).or_insert(empty);
        cell.due += 1;
        cell.month_end += u64::from(one.at(Age::MonthEnd, as_of));
        cell.expected_cents += one.expected;
        if one.at(Age::Days30, as_of) {
            cell.retained += 1;
            cell.gross_cents += one.paid().min(one.expected);
            cell.net_cents += one.paid();
        }
    }
    let mut segments: Vec<Segment> = cells
        .into_iter()
        .map(|(name, months)| Segment { name, months: months.into_values().collect() })
        .collect();
    let size = |segment: &Segment| segment.months.iter().map(|month| month.due).sum::<u64>();
    segments.sort_by(|a, b| size(b).cmp(&size(a)).then_with(|| a.name.cmp(&b.name)));
    Dimension { name: name.into(), segments }
}

pub fn strata(all: &[One], as_of: Day) -> Vec<Stratum> {
    let mut cells: BTreeMap<(usize, u8, usize), BTreeMap<Month, StratumMonth>> = BTreeMap::new();
    for one in all.iter().filter(|one| one.due <= as_of) {
        let empty = StratumMonth { month: one.month, due: 0, month_end: 0, retained: 0 };
        let kind = (one.hosting, one.tenure, one.tier);
        let cell = cells.entry(kind).or_default().entry(one.month).or_insert(empty);
        cell.due += 1;
        cell.month_end += u64::from(one.at(Age::MonthEnd, as_of));
        cell.retained += u64::from(one.at(Age::Days30, as_of));
    }
    cells
        .into_iter()
        .map(|((hosting, tenure, tier), months)| Stratum {
            hosting: HOSTINGS[hosting].0.into(),
            tenure,
            band: TIERS[tier].0.into(),
            months: months.into_values().collect(),
        })
        .collect()
}

pub fn timing(all: &[One], as_of: Day) -> Timing {
    let from = as_of.month().plus(-24).first();
    let mut weeks: BTreeMap<u32, TimingWeek> = BTreeMap::new();
    for one in all.iter().filter(|one| one.due >= from && one.due <= as_of) {
        let days = if one.sold_by(as_of) { one.delay.unwrap_or(0) } else { as_of.0 - one.due.0 };
        let week = days.max(0).unsigned_abs().div_ceil(7);
        let cell = weeks.entry(week).or_insert(TimingWeek { week, ..TimingWeek::default() });
        let slot = match (one.sold_by(as_of), one.way) {
            (false, _) => &mut cell.censored,
            (true, 0..5) => &mut cell.upgraded,
            (true, 5..9) => &mut cell.migrated,
            (true, 9..12) => &mut cell.repurchased,
            (true, _) => &mut cell.renewed,
        };
        *slot += 1;
    }
    Timing { from, until: as_of, weeks: weeks.into_values().collect() }
}

pub fn future(all: &[One], as_of: Day) -> Vec<FutureMonth> {
    let mut months: BTreeMap<Month, BTreeMap<(usize, u8, usize), FutureGroup>> = BTreeMap::new();
    for one in all.iter().filter(|one| one.due > as_of) {
        let groups = months.entry(one.month).or_default();
        let group = groups.entry((one.hosting, one.tenure, one.tier)).or_insert_with(|| FutureGroup {
            hosting: HOSTINGS[one.hosting].0.into(),
            tenure: one.tenure,
            band: TIERS[one.tier].0.into(),
            open: 0,
            open_cents: 0,
            open_square_dollars: 0,
            open_vendor_cents: 0,
            done: 0,
            done_cents: 0,
            done_vendor_cents: 0,
        });
        if one.sold_by(as_of) {
            group.done += 1;
            group.done_cents += one.paid();
            group.done_vendor_cents += one.paid() * 3 / 4;
        } else {
            group.open += 1;
            group.open_cents += one.expected;
            group.open_square_dollars += (one.expected.unsigned_abs() / 100).pow(2);
            group.open_vendor_cents += one.expected * 3 / 4;
        }
    }
    months
        .into_iter()
        .map(|(month, groups)| FutureMonth { month, groups: groups.into_values().collect() })
        .collect()
}

pub fn missed(all: &[One], as_of: Day, won_back: bool) -> Vec<Missed> {
    let from = as_of.month().plus(-3).first();
    let is_listed = |one: &&One| {
        if won_back {
            one.delay.is_some_and(|delay| delay > 90 && one.sold_by(as_of) && one.due.plus(delay) >= from)
        } else {
            one.due >= from && one.due <= as_of && !one.sold_by(as_of)
        }
    };
    let mut list: Vec<Missed> = all
        .iter()
        .filter(is_listed)
        .enumerate()
        .map(|(index, one)| Missed {
            licence: format!("SEN-{}", 10_000 + index * 37 + one.expected as usize % 89),
            app: format!("com.example.app{}", one.app),
            app_name: APPS[one.app].0.into(),
            hosting: HOSTINGS[one.hosting].0.into(),
            tier: TIERS[one.tier].0.into(),
            due: one.due,
            outcome: if won_back {
                "very_late"
            } else if as_of < one.due.plus(90) {
                "pending"
            } else {
                "lapsed"
            }
            .into(),
            days_overdue: if won_back { one.delay.unwrap_or(0) } else { as_of.0 - one.due.0 },
            last_price_cents: one.expected,
            expected_cents: one.expected,
            company: if index % 17 == 3 {
                String::new()
            } else {
                format!("{} {}", ["Acme", "Globex", "Initech & Co", "Umbrella", "Hooli"][index % 5], index)
            },
            country: ["Germany", "United States", "Japan", ""][index % 4].into(),
            region: REGIONS[one.region].into(),
            partner: match one.partner {
                0 => String::new(),
                13 => "A partner of its own".into(),
                at => PARTNERS[at].into(),
            },
            contact: if index % 9 == 2 {
                String::new()
            } else {
                format!("it{index}@customer{index}.example")
            },
            maybe: (index % 23 == 5).then(|| format!("SEN-{}", 90_000 + index)),
        })
        .collect();
    list.sort_by(|a, b| b.expected_cents.cmp(&a.expected_cents).then_with(|| a.licence.cmp(&b.licence)));
    list
}
