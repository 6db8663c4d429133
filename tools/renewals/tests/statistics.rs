//! Intervals, tails, rates of false discovery and incidence against published worked examples: every number here
//! has a source. The control charts are in `statistics_charts.rs`.

use renewals::statistics::chart::Count;
use renewals::statistics::discovery::q_values;
use renewals::statistics::incidence::{Seen, aalen_johansen};
use renewals::statistics::interval::{Interval, difference, jeffreys, share, wilson};
use renewals::statistics::shrinkage::Prior;
use renewals::statistics::tail::{self, BetaBinomial, PoissonBinomial};

/// Says that two numbers agree to `digits` decimals.
#[track_caller]
fn agree(found: f64, wanted: f64, digits: i32) {
    // One unit in the last place: a few published values are cut, not rounded.
    let unit = 10f64.powi(-digits);
    assert!((found - wanted).abs() < 1.01 * unit, "found {found}, wanted {wanted} to {digits} decimals");
}

#[track_caller]
fn bounds(found: Interval, wanted: (f64, f64), digits: i32) {
    agree(found.lower, wanted.0, digits);
    agree(found.upper, wanted.1, digits);
}

/// Newcombe 1998, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17:857–872,
/// table I, method 3 (score, no continuity correction).
#[test]
fn wilson_as_newcombe_prints_it() {
    for (x, n, lower, upper) in
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
    {
        bounds(wilson(x, n), (lower, upper), 4);
    }
    // statsmodels 0.15.0, proportion_confint(method="wilson").
    bounds(wilson(54, 86), (0.522_34, 0.722_54), 5);
    bounds(wilson(12, 12), (0.757_51, 1.0), 5);
    bounds(wilson(0, 5), (0.0, 0.434_48), 5);
}

/// Brown, Cai and DasGupta 2001, Statistical Science 16:101–133, table 5: limits of the Jeffreys prior interval.
#[test]
fn jeffreys_as_brown_cai_and_dasgupta_print_it() {
    let table: [(u64, &[(f64, f64)]); 5] = [
        (7, &[(0.0, 0.292), (0.016, 0.501), (0.065, 0.648), (0.139, 0.766)]),
        (8, &[(0.0, 0.262), (0.014, 0.454), (0.056, 0.592), (0.119, 0.705), (0.199, 0.801)]),
        (9, &[(0.0, 0.238), (0.012, 0.414), (0.049, 0.544), (0.104, 0.652), (0.173, 0.746)]),
        (10, &[(0.0, 0.217), (0.011, 0.381), (0.044, 0.503), (0.093, 0.606), (0.153, 0.696), (0.224, 0.776)]),
        (12, &[(0.0, 0.185), (0.009, 0.328), (0.036, 0.436), (0.076, 0.529), (0.124, 0.612), (0.18, 0.688)]),
    ];
    for (n, rows) in table {
        for (x, wanted) in rows.iter().enumerate() {
            bounds(jeffreys(x as u64, n), *wanted, 3);
            // The interval is the same seen from the other side.
            let mirrored = jeffreys(n - x as u64, n);
            bounds(Interval { lower: 1.0 - mirrored.upper, upper: 1.0 - mirrored.lower }, *wanted, 3);
        }
    }
    bounds(jeffreys(54, 86), (0.522_89, 0.724_48), 5);
}

#[test]
fn nobody_due_has_no_interval_and_few_get_jeffreys() {
    assert_eq!(share(0, 0), None);
    assert_eq!(share(3, 39), Some(jeffreys(3, 39)));
    assert_eq!(share(3, 40), Some(wilson(3, 40)));
    // Large months too: the quantile must not lose itself.
    let large = jeffreys(650_000, 1_000_000);
    agree(large.lower, 0.649_065, 5);
    agree(large.upper, 0.650_934, 5);
}

/// Newcombe 1998, "Interval estimation for the difference between independent proportions", Statistics in
/// Medicine 17:873–890, table II, method 10.
#[test]
fn differences_as_newcombe_prints_them() {
    for (first, second, wanted) in [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
        ((10, 10), (0, 20), (0.6791, 1.0)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
    ] {
        bounds(difference(first, second).expect("both were counted"), wanted, 4);
    }
    assert_eq!(difference((1, 2), (0, 0)), None);
}

/// Benjamini and Hochberg 1995, JRSS B 57:289–300, section 3.2: fifteen p-values, four of them at q = 0.05.
#[test]
fn the_example_of_benjamini_and_hochberg() {
    let chances = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
        0.6528, 0.7590, 1.0,
    ];
    let values = q_values(&chances);
    assert_eq!(values.iter().filter(|q| **q <= 0.05).count(), 4);
    agree(values[0], 0.0015, 4);
    agree(values[3], 0.0356, 4);
    // Order does not matter.
    let mut turned = chances;
    turned.reverse();
    let mut back = q_values(&turned);
    back.reverse();
    assert_eq!(back, values);
    assert!(q_values(&[]).is_empty());
}

/// Freireich's trial of 6-mercaptopurine (Freireich et al. 1963; the worked table in Collett, Modelling Survival
/// Data in Medical Research, and in Kleinbaum and Klein, Survival Analysis, table 2.2): with one outcome only
/// the Aalen-Johansen estimate is Kaplan and Meier's.
#[test]
fn one_outcome_alone_is_kaplan_meier() {
    let weeks = [
        (6, 3, 1),
        (7, 1, 0),
        (9, 0, 1),
        (10, 1, 1),
        (11, 0, 1),
        (13, 1, 0),
        (16, 1, 0),
        (17, 0, 1),
        (19, 0, 1),
        (20, 0, 1),
        (22, 1, 0),
        (23, 1, 0),
        (25, 0, 1),
        (32, 0, 2),
        (34, 0, 1),
        (35, 0, 1),
    ];
    let seen: Vec<Seen> = weeks
        .iter()
        .map(|&(age, relapsed, censored)| Seen { age, outcomes: vec![relapsed], censored })
        .collect();
    let steps = aalen_johansen(&seen, 1);
    for (age, survival, error) in [
        (6, 0.8571, 0.0764),
        (7, 0.8067, 0.0869),
        (10, 0.7529, 0.0963),
        (13, 0.6902, 0.1068),
        (16, 0.6275, 0.1141),
        (22, 0.5378, 0.1282),
        (23, 0.4482, 0.1346),
    ] {
        let step = steps.iter().find(|step| step.age == age).expect("this week is in the table");
        agree(step.out, survival, 4);
        agree(step.error, error, 4);
        agree(step.incidence[0], 1.0 - survival, 4);
    }
}

/// Ten customers, two competing ways back; the expected curve is that of lifelines 0.30.3 (AalenJohansenFitter).
#[test]
fn competing_outcomes_share_the_whole() {
    let order = [1, 2, 1, 0, 2, 1, 0, 1, 2, 1];
    let seen: Vec<Seen> = order
        .iter()
        .enumerate()
        .map(|(at, &kind)| Seen {
            age: at as i32 + 1,
            outcomes: vec![u64::from(kind == 1), u64::from(kind == 2)],
            censored: u64::from(kind == 0),
        })
        .collect();
    let steps = aalen_johansen(&seen, 2);
    let first = [0.1, 0.1, 0.2, 0.2, 0.2, 0.316_667, 0.316_667, 0.472_222, 0.472_222, 0.627_778];
    let second = [0.0, 0.1, 0.1, 0.1, 0.216_667, 0.216_667, 0.216_667, 0.216_667, 0.372_222, 0.372_222];
    for (step, (first, second)) in steps.iter().zip(first.iter().zip(second)) {
        agree(step.incidence[0], *first, 5);
        agree(step.incidence[1], second, 5);
        agree(step.incidence.iter().sum::<f64>() + step.out, 1.0, 9);
    }
    // 1 − Kaplan-Meier of the first way alone treats the others as if they might still come this way.
    let alone: Vec<Seen> = seen
        .iter()
        .map(|one| Seen {
            age: one.age,
            outcomes: vec![one.outcomes[0]],
            censored: one.censored + one.outcomes[1],
        })
        .collect();
    let overstated = aalen_johansen(&alone, 1)[7].incidence[0];
    assert!(overstated > steps[7].incidence[0] + 0.05, "{overstated}");
}

/// scipy 1.17.1: binom.cdf and betabinom.cdf. The thresholds are those of the method section: of 80 due at 65 %
/// usual, 43 renewals are amber and 40 are red.
#[test]
fn tails_agree_with_scipy() {
    agree(tail::binomial(40, 80, 0.65), 0.004_110_504_7, 9);
    agree(tail::binomial(43, 80, 0.65), 0.024_691_998_8, 9);
    agree(tail::binomial(44, 80, 0.65), 0.041_068_854_3, 9);
    agree(tail::binomial(41, 80, 0.65), 0.007_815_733_9, 9);
    agree(tail::binomial_upper(41, 80, 0.65), 1.0 - 0.004_110_504_7, 9);
    let varying = BetaBinomial::with_correlation(80, 0.65, 0.02);
    agree(varying.lower(40), 0.051_914_705_4, 9);
    agree(varying.lower(40) + varying.upper(41), 1.0, 9);
    let inflated = BetaBinomial::inflated(80, 0.65, 1.0 + 79.0 * 0.02).expect("it is inflated");
    agree(inflated.lower(40), 0.051_914_705_4, 9);
    assert_eq!(BetaBinomial::inflated(80, 0.65, 1.0), None);
}

#[test]
fn unequal_chances_add_up_exactly_and_then_nearly() {
    // Equal chances are the binomial distribution.
    let equal = PoissonBinomial::new([(50, 0.65), (30, 0.65)]);
    agree(equal.lower(40), tail::binomial(40, 80, 0.65), 9);
    agree(equal.mean(), 52.0, 9);
    // Two coins of 0.2 and 0.5: P(X ≤ 0) = 0.4, P(X ≤ 1) = 0.9.
    let two = PoissonBinomial::new([(1, 0.2), (1, 0.5)]);
    agree(two.lower(0), 0.4, 9);
    agree(two.lower(1), 0.9, 9);
    // Large sums are approximated, and hardly differ.
    let large = PoissonBinomial::new([(700, 0.6)]);
    agree(large.lower(400), tail::binomial(400, 700, 0.6), 3);
}

#[test]
fn three_of_three_is_not_the_best() {
    let partners = [(60, 100), (190, 250), (80, 150), (330, 400), (3, 3)].map(|(x, n)| Count { x, n });
    let prior = Prior::of(&partners).expect("somebody was due");
    let shrunk: Vec<f64> = partners.iter().map(|partner| prior.shrink(*partner)).collect();
    assert!(shrunk[4] < shrunk[3], "3 of 3 ranks below 330 of 400: {shrunk:?}");
    assert!(shrunk[0] > 0.6 && shrunk[3] < 0.825, "everybody moves towards the middle");
    // Groups that differ by less than chance are all alike.
    let alike = Prior::of(&[Count { x: 65, n: 100 }, Count { x: 66, n: 100 }]).expect("somebody was due");
    assert!(alike.weight >= 1_000.0);
    assert_eq!(Prior::of(&[]), None);
}
