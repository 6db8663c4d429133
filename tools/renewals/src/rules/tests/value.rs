//! Values: what a renewal should bring, and what it brought.

use super::{lasting, settled, sold};

#[test]
fn a_renewal_is_worth_what_it_costs_a_year() {
    for (lines, expected, renewed) in [
        (
            vec!["L1 New 2018-12-31..2019-12-31 $100 cloud", "L1 Renewal 2019-12-31..2020-12-30 $120 cloud"],
            10_000,
            12_000,
        ),
        // The first renewal on Server costs half.
        (vec!["L1 New 2018-12-31..2019-12-31 $101", "L1 Renewal 2019-12-31..2020-12-30 $60"], 5_050, 6_000),
        (
            vec!["L1 Renewal 2018-12-31..2019-12-31 $100", "L1 Renewal 2019-12-31..2020-12-30 $60"],
            10_000,
            6_000,
        ),
        // Two years cost twice as much.
        (
            vec!["L1 New 2018-01-01..2020-01-01 $200 dc", "L1 Renewal 2020-01-01..2020-12-31 $100 dc"],
            10_000,
            10_000,
        ),
        // The price of an upgrade is a difference: the next full term says what the licence is worth.
        (
            vec!["L1 New 2018-12-31..2019-12-31 $100 cloud", "L1 Upgrade 2019-12-01..2020-11-30 $7 cloud"],
            10_000,
            10_000,
        ),
        (
            vec![
                "L1 New 2018-12-31..2019-12-31 $100 cloud",
                "L1 Upgrade 2019-12-01..2020-11-30 $7 cloud",
                "L1 Renewal 2020-11-30..2021-11-30 $130 cloud",
            ],
            10_000,
            13_000,
        ),
        (vec!["L1 New 2018-12-31..2019-12-31 $0 cloud", "L1 Renewal 2019-12-31..2020-12-30 $0 cloud"], 0, 0),
        (vec!["L1 New 2018-12-31..2019-12-31 $100 cloud"], 10_000, 0),
    ] {
        let lines: Vec<_> = lines.into_iter().map(sold).collect();
        let all = settled(&lines, "2022-06-01", &lasting());
        assert_eq!((all[0].1.expected, all[0].1.renewed), (expected, renewed), "{lines:?}");
    }
}

#[test]
fn tenure_counts_renewals_and_not_what_never_was_due() {
    let lines: Vec<_> = [
        "L1 New 2015-01-01..2016-01-01",
        "L1 Upgrade 2015-06-01..2016-06-01",
        "L1 Renewal 2016-06-01..2017-06-01",
        "L1 Renewal 2017-06-01..2018-06-01",
        "L1 Renewal 2018-06-01..2019-06-01",
    ]
    .map(sold)
    .to_vec();
    let tenures: Vec<u8> = settled(&lines, "2020-01-01", &lasting()).iter().map(|(_, o)| o.tenure).collect();
    assert_eq!(tenures, [1, 1, 2, 3, 3]);
}
