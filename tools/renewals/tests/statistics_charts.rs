//! Control charts against published worked examples: every number here has a source.

use renewals::statistics::chart::{Count, Usual};
use renewals::statistics::drift::{Cusum, Ewma, Run};
use renewals::statistics::interval::Interval;

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

/// Orange juice cans, 30 samples of 50: Montgomery, Introduction to Statistical Quality Control, table 7.1 (the
/// wafers of the NIST/SEMATECH e-Handbook, 6.3.3.2, are the same counts).
#[test]
fn the_p_chart_of_the_orange_juice_cans() {
    let cans = [
        12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13,
        9, 6,
    ];
    let samples: Vec<Count> = cans.iter().map(|&x| Count { x, n: 50 }).collect();
    let classic = |usual: Usual| Usual { sigma_z: 1.0, ..usual };
    let first = classic(Usual::of(&samples).expect("cans were looked at"));
    agree(first.rate, 0.2313, 4);
    bounds(first.limits(50).expect("the rate is neither 0 nor 1"), (0.0524, 0.4102), 4);
    let limits = first.limits(50).expect("the rate is neither 0 nor 1");
    let outside: Vec<usize> = samples
        .iter()
        .enumerate()
        .filter(|(_, sample)| !limits.contains(sample.rate().expect("50 cans")))
        .map(|(index, _)| index + 1)
        .collect();
    assert_eq!(outside, [15, 23]);
    // Both had an assignable cause; without them the limits are revised.
    let kept: Vec<Count> = samples
        .iter()
        .enumerate()
        .filter(|(index, _)| ![15, 23].contains(&(index + 1)))
        .map(|(_, sample)| *sample)
        .collect();
    let revised = classic(Usual::of(&kept).expect("cans were looked at"));
    agree(revised.rate, 0.2150, 4);
    bounds(revised.limits(50).expect("the rate is neither 0 nor 1"), (0.0407, 0.3893), 4);
}

/// Patients seen within four hours, 20 weeks: Mohammed, Panesar, Laney and Wilson 2013, "Statistical process
/// control charts for attribute data involving very large sample sizes", BMJ Quality & Safety 22:362–368. The
/// p-chart puts 16 of 20 weeks outside; Laney's p'-chart none.
#[test]
fn laneys_chart_does_not_cry_wolf_over_four_hour_waits() {
    let weeks = [
        (266_501, 280_443),
        (264_225, 276_823),
        (276_532, 291_681),
        (281_461, 296_155),
        (269_071, 282_343),
        (261_215, 275_888),
        (270_409, 283_867),
        (279_778, 295_251),
        (270_483, 284_468),
        (270_320, 282_529),
        (267_923, 279_618),
        (271_478, 283_932),
        (255_353, 266_629),
        (256_820, 268_091),
        (261_835, 276_803),
        (259_144, 271_578),
        (255_910, 266_005),
        (260_863, 273_520),
        (264_465, 278_574),
        (260_989, 273_772),
    ]
    .map(|(x, n)| Count { x, n });
    let usual = Usual::of(&weeks).expect("patients came");
    agree(usual.rate, 0.952_90, 5);
    agree(usual.sigma_z, 10.6404, 4);
    let outside = |usual: &Usual| weeks.iter().filter(|week| usual.z(**week).abs() > 3.0).count();
    assert_eq!(outside(&Usual { sigma_z: 1.0, ..usual }), 16);
    assert_eq!(outside(&usual), 0);
    assert!(weeks.iter().all(|week| usual.chance_of_so_few(*week) > 0.005));
}

/// NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.3 (CUSUM control charts): target 325, h = 4.1959,
/// k = 0.3175. The handbook's increase table signals at group 14.
#[test]
fn the_cusum_of_the_nist_handbook() {
    let groups = [
        324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600, 324.625,
        325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350,
    ];
    let chart = Cusum { slack: 0.3175, decision: 4.1959, cap: f64::INFINITY, sum: 0.0 };
    let (mut rise, mut fall) = (chart, chart);
    let increases: Vec<f64> = groups.iter().map(|x| rise.take(325.0 - x)).collect();
    let decreases: Vec<f64> = groups.iter().map(|x| fall.take(x - 325.0)).collect();
    let rises = [
        0.0, 0.0, 0.0, 0.0, 0.03, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.01, 4.94, 7.45, 10.63, 11.99, 14.44,
        16.0, 19.04,
    ];
    let falls = [0.0, 0.01, 0.0, 0.33, 0.0, 0.0, 0.56, 0.72, 0.17, 0.25, 0.31, 0.0];
    increases.iter().zip(rises).for_each(|(found, wanted)| agree(*found, wanted, 2));
    decreases.iter().zip(falls).for_each(|(found, wanted)| agree(*found, wanted, 2));
    assert_eq!(increases.iter().position(|sum| *sum > 4.1959), Some(13), "group 14 is the first");
}

const MONTGOMERY: [f64; 30] = [
    9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51, 9.40, 10.08, 9.37,
    10.62, 10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52,
];

/// Montgomery, Introduction to Statistical Quality Control, 9.1.2, tables 9.1 and 9.2: mean 10, sigma 1, k = ½,
/// h = 5. The upper sum reaches 5.28 at period 29, after seven periods above zero.
#[test]
fn the_tabular_cusum_of_montgomery() {
    let mut rise = Cusum { slack: 0.5, decision: 5.0, cap: f64::INFINITY, sum: 0.0 };
    let sums: Vec<f64> = MONTGOMERY.iter().map(|x| rise.take(10.0 - x)).collect();
    let tail = [0.74, 0.0, 1.79, 2.79, 2.89, 3.47, 3.35, 4.47, 5.28, 5.30];
    sums[20..].iter().zip(tail).for_each(|(found, wanted)| agree(*found, wanted, 2));
    assert_eq!(sums.iter().position(|sum| *sum > 5.0), Some(28), "period 29 is the first");
    assert_eq!(sums[..29].iter().rev().take_while(|sum| **sum > 0.0).count(), 7);
}

/// The same data as an EWMA chart with λ = 0.10 and L = 2.7: Montgomery, table 9.10.
#[test]
fn the_ewma_of_montgomery() {
    let mut ewma = Ewma { lambda: 0.1, width: 2.7, average: 0.0, taken: 0 };
    let mut found = Vec::new();
    for x in MONTGOMERY {
        let average = ewma.take(x - 10.0) + 10.0;
        found.push((average, 10.0 + ewma.limit()));
    }
    for (index, average) in
        [(0, 9.945), (1, 9.7495), (2, 9.703_55), (3, 9.8992), (27, 10.5731), (28, 10.6468), (29, 10.6341)]
    {
        agree(found[index].0, average, 4);
    }
    agree(found[0].1, 10.27, 2);
    agree(found[1].1, 10.36, 2);
    agree(found[29].1, 10.62, 2);
    let outside: Vec<usize> = found
        .iter()
        .enumerate()
        .filter(|(_, (average, limit))| average > limit)
        .map(|(at, _)| at + 1)
        .collect();
    assert_eq!(outside, [29, 30]);
}

/// NIST/SEMATECH e-Handbook, 6.3.2.4 (EWMA control charts): target 50, s = 2.0539, λ = 0.3, k = 3, limits
/// 52.5884 and 47.4115.
#[test]
fn the_ewma_of_the_nist_handbook() {
    let data = [
        52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6,
        52.4, 53.6, 52.1,
    ];
    let averages = [
        50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52, 50.05,
        49.38, 49.92, 50.73, 51.23, 51.94, 51.99,
    ];
    let mut ewma = Ewma { lambda: 0.3, width: 3.0, average: 0.0, taken: 0 };
    for (x, wanted) in data.iter().zip(averages) {
        agree(ewma.take((x - 50.0) / 2.0539) * 2.0539 + 50.0, wanted, 2);
    }
    agree(50.0 + ewma.limit() * 2.0539, 52.5884, 2);
    assert!(!ewma.signals());
}

#[test]
fn a_capped_cusum_forgets_a_drop_that_is_over() {
    let mut cusum = Cusum::for_drops();
    for _ in 0..12 {
        cusum.take(-3.0);
    }
    assert!(cusum.signals());
    cusum.take(0.0);
    assert!(cusum.signals(), "one ordinary month does not end a year's drop");
    cusum.take(0.0);
    assert!(!cusum.signals());
}

#[test]
fn runs_are_broken_by_the_line_itself() {
    let mut run = Run::default();
    let lengths: Vec<i32> = [1.0, 0.2, -0.1, -3.0, 0.0, -1.0].iter().map(|z| run.take(*z)).collect();
    assert_eq!(lengths, [1, 2, -1, -2, 0, -1]);
}
