//! How often the lights are wrong, by simulation: false alarms are rare, and real drops are found in time.
//!
//! A month has 80 due and 65 % usual, as in the method's own table. Baselines are estimated from 24 months, not
//! known, so false alarms are somewhat more frequent than textbooks say.

use renewals::Month;
use renewals::statistics::chart::Count;
use renewals::statistics::judgement::Light;
use renewals::statistics::months::{Point, Rules, judge};

const RULES: Rules = Rules { min_n: 20, baseline: 24, floor: None, rebased: None };
const DUE: u64 = 80;

/// A generator without surprises (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn month(&mut self, rate: f64) -> Count {
        Count { x: (0..DUE).filter(|_| self.roll() < rate).count() as u64, n: DUE }
    }
}

fn lights(rates: impl Iterator<Item = f64>, dice: &mut Dice) -> Vec<Light> {
    let first = Month::new(2000, 1).expect("a month");
    let points: Vec<Point> = rates
        .enumerate()
        .map(|(at, rate)| Point { month: first.plus(at as i32), count: dice.month(rate), mature: true })
        .collect();
    judge(&points, &RULES).iter().map(|one| one.verdict.light()).collect()
}

#[test]
fn nothing_happened_and_hardly_a_light_is_red() {
    let mut dice = Dice(1);
    let (mut red, mut amber, mut all) = (0, 0, 0);
    for _ in 0..400 {
        let seen = lights((0..84).map(|_| 0.65), &mut dice);
        red += seen[24..].iter().filter(|light| **light == Light::Red).count();
        amber += seen[24..].iter().filter(|light| **light == Light::Amber).count();
        all += seen.len() - 24;
    }
    let share = |count: usize| count as f64 / all as f64;
    println!("red {:.4}, amber {:.4} of {all} months", share(red), share(amber));
    assert!(share(red) < 0.03, "red in {:.4} of quiet months", share(red));
    assert!(share(amber) < 0.05, "amber in {:.4} of quiet months", share(amber));
}

#[test]
fn a_drop_is_found_in_time() {
    for (drop, within, at_least) in [(0.05, 18, 0.65), (0.10, 6, 0.80), (0.13, 4, 0.80), (0.20, 2, 0.85)] {
        let mut dice = Dice(2);
        let found = (0..400)
            .filter(|_| {
                let rates = (0..30 + within).map(|month| if month < 30 { 0.65 } else { 0.65 - drop });
                lights(rates, &mut dice)[30..].contains(&Light::Red)
            })
            .count();
        let share = found as f64 / 400.0;
        println!("a drop of {drop}: {share:.3} found within {within} months");
        assert!(share >= at_least, "a drop of {drop} is found within {within} months in {share:.3} of cases");
    }
}
