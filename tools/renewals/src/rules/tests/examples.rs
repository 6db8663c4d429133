//! Each case of the rules as a customer's story.

use super::{is_in_rate, lasting, settled, sold, told};
use crate::rules::Outcome;

const FIRST: &str = "L1 New 2019-03-10..2020-03-10";

/// What happened after the first year, as of when, what became of which due day.
const CASES: &[(&str, &[&str], &str, &[&str])] = &[
    (
        "on time",
        &["L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-28"],
        "2020-12-01",
        &["2020-03-10 on_time", "2021-03-10 future"],
    ),
    (
        "on the due day",
        &["L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-10"],
        "2020-12-01",
        &["2020-03-10 on_time", "2021-03-10 future"],
    ),
    (
        "on the first of the month it is not early",
        &["L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-01"],
        "2020-12-01",
        &["2020-03-10 on_time", "2021-03-10 future"],
    ),
    (
        "the day before it is",
        &["L1 Renewal 2020-03-10..2021-03-10 sold 2020-02-29"],
        "2020-12-01",
        &["2020-03-10 early", "2021-03-10 future"],
    ),
    (
        "the last day of grace",
        &["L1 Renewal 2020-03-10..2021-03-10 sold 2020-04-09"],
        "2020-12-01",
        &["2020-03-10 on_time", "2021-03-10 future"],
    ),
    (
        "a day after grace",
        &["L1 Renewal 2020-03-10..2021-03-10 sold 2020-04-10"],
        "2020-12-01",
        &["2020-03-10 late", "2021-03-10 future"],
    ),
    (
        "early by months",
        &["L1 Renewal 2020-03-10..2021-03-10 sold 2019-11-05"],
        "2020-12-01",
        &["2020-03-10 early", "2021-03-10 future"],
    ),
    (
        "late",
        &["L1 Renewal 2020-03-10..2021-03-10 sold 2020-05-20"],
        "2020-12-01",
        &["2020-03-10 late", "2021-03-10 future"],
    ),
    (
        "the last late day",
        &["L1 Renewal 2020-03-10..2021-03-10 sold 2020-06-08"],
        "2020-12-01",
        &["2020-03-10 late", "2021-03-10 future"],
    ),
    (
        "late by years, dated back; its own end is no second loss",
        &["L1 Renewal 2020-03-10..2021-03-10 sold 2023-02-01"],
        "2023-06-01",
        &["2020-03-10 very_late", "2021-03-10 retro"],
    ),
    (
        "late by years, three years bought at once",
        &["L1 Renewal 2020-03-10..2023-03-10 sold 2023-02-01"],
        "2023-06-15",
        &["2020-03-10 very_late", "2023-03-10 lapsed"],
    ),
    (
        "late by years, year by year",
        &[
            "L1 Renewal 2020-03-10..2021-03-10 sold 2023-02-01",
            "L1 Renewal 2021-03-10..2022-03-10 sold 2023-02-01",
            "L1 Renewal 2022-03-10..2023-03-10 sold 2023-02-01",
        ],
        "2023-03-20",
        &["2020-03-10 very_late", "2021-03-10 retro", "2022-03-10 retro", "2023-03-10 pending"],
    ),
    (
        "upgraded half a year before: the due day moves",
        &["L1 Upgrade 2019-09-01..2020-09-01 tier 500"],
        "2020-12-01",
        &["2020-03-10 superseded", "2020-09-01 lapsed"],
    ),
    (
        "upgraded in the month it was due",
        &["L1 Upgrade 2020-03-05..2021-03-05 tier 500"],
        "2020-12-01",
        &["2020-03-10 upgraded", "2021-03-05 future"],
    ),
    (
        "upgraded on the due day is a renewal",
        &["L1 Upgrade 2020-03-10..2021-03-10 tier 500"],
        "2020-12-01",
        &["2020-03-10 on_time", "2021-03-10 future"],
    ),
    (
        "downgraded at the renewal",
        &["L1 Downgrade 2020-03-10..2021-03-10 tier 50 sold 2020-03-08"],
        "2020-12-01",
        &["2020-03-10 on_time", "2021-03-10 future"],
    ),
    (
        "downgraded amid the term",
        &["L1 Downgrade 2019-06-01..2020-03-10 tier 50"],
        "2020-12-01",
        &["2020-03-10 superseded", "2020-03-10 lapsed"],
    ),
    (
        "co-termed: due again soon",
        &["L1 Renewal 2020-03-10..2020-06-30 sold 2020-02-20"],
        "2020-12-01",
        &["2020-03-10 early", "2020-06-30 lapsed"],
    ),
    (
        "co-termed and renewed",
        &[
            "L1 Renewal 2020-03-10..2020-06-30 sold 2020-02-20",
            "L1 Renewal 2020-06-30..2021-06-30 sold 2020-06-20",
        ],
        "2020-12-01",
        &["2020-03-10 early", "2020-06-30 on_time", "2021-06-30 future"],
    ),
    (
        "moved to Data Center",
        &["L2 New 2020-02-15..2021-02-15 dc"],
        "2020-12-01",
        &["2020-03-10 migrated", "L2 2021-02-15 future"],
    ),
    (
        "moved to the cloud, month by month",
        &["L2 New 2020-03-12..2020-04-12 cloud monthly", "L2 Renewal 2020-04-12..2020-05-12 cloud monthly"],
        "2020-12-01",
        &["2020-03-10 migrated"],
    ),
    (
        "bought anew instead of renewing",
        &["L2 New 2020-05-01..2021-05-01"],
        "2020-12-01",
        &["2020-03-10 repurchased", "L2 2021-05-01 future"],
    ),
    (
        "bought anew too early to replace",
        &["L2 New 2019-12-01..2020-12-01"],
        "2020-12-01",
        &["2020-03-10 lapsed", "L2 2020-12-01 pending"],
    ),
    (
        "bought anew on the first day that replaces",
        &["L2 New 2019-12-11..2020-12-11"],
        "2020-12-01",
        &["2020-03-10 repurchased", "L2 2020-12-11 future"],
    ),
    (
        "bought anew much later",
        &["L2 New 2021-06-01..2022-06-01"],
        "2021-12-01",
        &["2020-03-10 lapsed", "L2 2022-06-01 future"],
    ),
    (
        "bought by somebody else",
        &["L2 New 2020-03-12..2021-03-12 by other"],
        "2020-12-01",
        &["2020-03-10 lapsed", "L2 2021-03-12 future"],
    ),
    (
        "another app of the same customer",
        &["L2 New 2020-03-12..2021-03-12 app com.example.other"],
        "2020-12-01",
        &["2020-03-10 lapsed", "L2 2021-03-12 future"],
    ),
    (
        "a first sale is no renewal of something else",
        &["L2 Renewal 2020-03-12..2021-03-12"],
        "2020-12-01",
        &["2020-03-10 lapsed", "L2 2021-03-12 future"],
    ),
    (
        "a trial replaces nothing",
        &["L2 New 2020-03-12..2020-04-12 trial"],
        "2020-12-01",
        &["2020-03-10 lapsed"],
    ),
    (
        "renewed and given back",
        &[
            "L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-01",
            "L1 Refund 2020-03-10..2021-03-10 sold 2020-03-20",
        ],
        "2020-12-01",
        &["2020-03-10 lapsed"],
    ),
    (
        "the same before it was given back",
        &[
            "L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-01",
            "L1 Refund 2020-03-10..2021-03-10 sold 2020-03-20",
        ],
        "2020-03-19",
        &["2020-03-10 on_time", "2021-03-10 future"],
    ),
    (
        "given back and sold again",
        &[
            "L1 Renewal 2020-03-10..2021-03-10 sold 2020-02-01",
            "L1 Refund 2020-03-10..2021-03-10 sold 2020-03-20",
            "L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-21",
        ],
        "2020-12-01",
        &["2020-03-10 on_time", "2021-03-10 future"],
    ),
    (
        "given back and moved to another licence by one order",
        &[
            "L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-01",
            "L1 Refund 2020-03-10..2021-03-10 sold 2020-03-20 in AT-9",
            "L2 New 2020-03-20..2021-03-20 dc in AT-9 by other",
        ],
        "2020-12-01",
        &["2020-03-10 migrated", "L2 2021-03-20 future"],
    ),
    (
        "the rest of the year given back",
        &["L1 Refund 2019-09-01..2020-03-10"],
        "2020-12-01",
        &["2019-09-01 cancelled"],
    ),
    (
        "the rest given back for an upgrade of the rest",
        &["L1 Refund 2019-09-01..2020-03-10", "L1 Upgrade 2019-09-01..2020-03-10 tier 500"],
        "2020-12-01",
        &["2019-09-01 superseded", "2020-03-10 lapsed"],
    ),
    (
        "the same for six weeks, when the upgrade is short",
        &[
            "L1 Refund 2020-01-27..2020-03-10 of AT-L1-2019-03-10-New",
            "L1 Upgrade 2020-01-27..2020-03-10 tier 500",
            "L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-12",
        ],
        "2020-12-01",
        &["2020-01-27 superseded", "2020-03-10 on_time", "2021-03-10 future"],
    ),
    (
        "the rest given back, back much later",
        &["L1 Refund 2019-09-01..2020-03-10", "L1 Renewal 2020-05-01..2021-05-01"],
        "2020-12-01",
        &["2019-09-01 cancelled", "2021-05-01 future"],
    ),
    (
        "the middle given back",
        &["L1 Refund 2019-06-01..2019-09-01"],
        "2020-12-01",
        &["2019-06-01 cancelled", "2020-03-10 lapsed"],
    ),
    ("the beginning given back", &["L1 Refund 2019-03-10..2019-06-01"], "2020-12-01", &["2020-03-10 lapsed"]),
    ("all given back", &["L1 Refund 2019-03-10..2020-03-10 sold 2019-04-01"], "2020-12-01", &[]),
    (
        "a refund that fits nothing",
        &["L1 Refund 2025-01-01..2026-01-01 sold 2019-04-01"],
        "2020-12-01",
        &["2020-03-10 lapsed"],
    ),
    ("a term without days", &["L1 Renewal 2020-03-10..2020-03-10"], "2020-12-01", &["2020-03-10 lapsed"]),
    (
        "the same line twice",
        &[
            "L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-28",
            "L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-28",
        ],
        "2020-12-01",
        &["2020-03-10 on_time", "2021-03-10 future"],
    ),
    (
        "two versions of a line: the later holds",
        &[
            "L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-28 line 7 updated 2020-04-01",
            "L1 Renewal 2020-03-10..2021-03-10 sold 2020-05-28 line 7 updated 2020-06-01",
        ],
        "2020-12-01",
        &["2020-03-10 late", "2021-03-10 future"],
    ),
    ("nothing yet", &[], "2020-04-15", &["2020-03-10 pending"]),
    ("nothing on the last day that waits", &[], "2020-06-07", &["2020-03-10 pending"]),
    ("nothing until late was over", &[], "2020-06-08", &["2020-03-10 lapsed"]),
    ("nothing yet on the due day", &[], "2020-03-10", &["2020-03-10 pending"]),
    ("not due yet", &[], "2020-03-09", &["2020-03-10 future"]),
    ("the day before it was sold", &[], "2019-03-09", &[]),
    (
        "never paid",
        &["L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-28 uncollectible"],
        "2020-12-01",
        &["2020-03-10 lapsed"],
    ),
    (
        "an invoice by hand says nothing",
        &["L1 Manual 2020-03-10..2021-03-10 sold 2020-03-28"],
        "2020-12-01",
        &["2020-03-10 lapsed"],
    ),
    (
        "for nothing is still a term",
        &["L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-28 $0"],
        "2020-12-01",
        &["2020-03-10 on_time", "2021-03-10 future"],
    ),
    (
        "renewed as community",
        &["L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-28 community"],
        "2020-12-01",
        &["2020-03-10 on_time"],
    ),
    (
        "renewed by the month",
        &["L1 Renewal 2020-03-10..2020-04-10 sold 2020-03-10 monthly"],
        "2020-12-01",
        &["2020-03-10 on_time"],
    ),
];

#[test]
fn every_story_ends_as_the_rules_say() {
    for (story, then, as_of, expected) in CASES {
        let lines: Vec<&str> = [FIRST].iter().chain(*then).copied().collect();
        let expected: Vec<String> = expected
            .iter()
            .map(|text| if text.starts_with('L') { text.to_string() } else { format!("L1 {text}") })
            .collect();
        let mut found = told(&lines, as_of);
        // Two obligations of one day are listed by outcome.
        found.sort();
        let mut wanted = expected.clone();
        wanted.sort();
        assert_eq!(found, wanted, "{story}");
    }
}

#[test]
fn a_licence_with_partial_refunds_of_one_day() {
    let lines = [
        "L1 New 2025-01-20..2026-12-12 tier 2000",
        "L1 Refund 2025-05-23..2025-12-12 tier 2000",
        "L1 Refund 2025-12-12..2026-12-12 tier 2000 sold 2025-05-23",
        "L1 Upgrade 2025-05-23..2025-12-12 tier 2500",
        "L1 Renewal 2025-12-12..2026-12-12 tier 2500 sold 2025-05-23",
    ];
    assert_eq!(
        told(&lines, "2026-06-01"),
        ["L1 2025-05-23 superseded", "L1 2025-12-12 early", "L1 2026-12-12 future"]
    );
}

#[test]
fn one_new_licence_replaces_one_old_one() {
    let lines =
        ["L1 New 2019-03-10..2020-03-10", "L2 New 2019-03-20..2020-03-20", "L3 New 2020-03-15..2021-03-15"];
    let expected = ["L1 2020-03-10 repurchased", "L2 2020-03-20 lapsed", "L3 2021-03-15 future"];
    assert_eq!(told(&lines, "2020-12-01"), expected);
    let nearer =
        ["L1 New 2019-03-10..2020-03-10", "L2 New 2019-03-20..2020-03-20", "L3 New 2020-03-16..2021-03-16"];
    assert_eq!(told(&nearer, "2020-12-01")[..2], ["L1 2020-03-10 lapsed", "L2 2020-03-20 repurchased"]);
    let tiers = [
        "L1 New 2019-03-10..2020-03-10 tier 50",
        "L2 New 2019-03-20..2020-03-20 tier 500",
        "L3 New 2020-03-15..2021-03-15 tier 500",
    ];
    assert_eq!(told(&tiers, "2020-12-01")[..2], ["L1 2020-03-10 lapsed", "L2 2020-03-20 repurchased"]);
}

#[test]
fn a_cohort_counts_who_was_due_and_when_they_came() {
    let years = (1..=8).map(|n| format!("L{n} New 2019-03-10..2020-03-10 by c{n}"));
    let then = [
        "L1 Renewal 2020-03-10..2021-03-10 sold 2020-03-28 by c1",
        "L2 Renewal 2020-03-10..2021-03-10 sold 2019-11-05 by c2",
        "L3 Renewal 2020-03-10..2021-03-10 sold 2020-05-20 by c3",
        "L4 Upgrade 2019-09-01..2020-09-01 by c4",
        "L5 Upgrade 2020-03-05..2021-03-05 by c5",
        "L9 New 2020-05-01..2021-05-01 by c6",
        "L7 Renewal 2020-03-10..2021-03-10 sold 2020-04-01 by c7",
    ];
    let lines: Vec<_> = years.chain(then.map(String::from)).map(|line| sold(&line)).collect();
    let all = settled(&lines, "2020-12-01", &lasting());
    let due: Vec<_> = all.iter().map(|(_, o)| o).filter(|o| o.due == super::day("2020-03-10")).collect();
    let rate = |days| due.iter().filter(|o| is_in_rate(o, days)).count();
    assert_eq!(due.iter().filter(|o| o.outcome.is_in_cohort()).count(), 7);
    assert_eq!((rate(0), rate(30), rate(90)), (2, 4, 6));
    assert_eq!(due.iter().filter(|o| o.outcome.is_strict() && is_in_rate(o, 30)).count(), 3);
}

#[test]
fn after_the_end_of_sale_nothing_can_be_renewed() {
    let mut params = lasting();
    params.end_of_sale.insert("Server".into(), super::day("2020-03-09"));
    let all = settled(&[sold(FIRST), sold("L2 New 2020-03-12..2021-03-12 cloud")], "2020-12-01", &params);
    assert_eq!((all[0].1.outcome, all[0].1.is_renewable), (Outcome::Migrated, false));
    params.end_of_sale.insert("Server".into(), super::day("2020-03-10"));
    assert!(settled(&[sold(FIRST)], "2020-12-01", &params)[0].1.is_renewable);
}

#[test]
fn leap_days_are_due_days_like_any() {
    let lines = ["L1 New 2019-02-28..2020-02-29", "L1 Renewal 2020-02-29..2021-02-28 sold 2020-01-31"];
    assert_eq!(told(&lines, "2020-12-01"), ["L1 2020-02-29 early", "L1 2021-02-28 future"]);
}

#[test]
fn community_counts_when_asked_for() {
    let line = sold("L1 New 2019-03-10..2020-03-10 community");
    assert!(settled(std::slice::from_ref(&line), "2020-12-01", &lasting()).is_empty());
    let params = crate::figures::Parameters { community: true, ..lasting() };
    assert_eq!(settled(&[line], "2020-12-01", &params)[0].1.outcome, Outcome::Lapsed);
}
