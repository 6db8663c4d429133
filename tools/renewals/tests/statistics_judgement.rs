//! The verdicts: what a month is called, what it is compared with, and what is kept out of the comparison.

mod figures;

use figures::{CALM, DROP, Story};
use renewals::Month;
use renewals::statistics::chart::Count;
use renewals::statistics::drift::DECISION;
use renewals::statistics::judgement::{Light, MonthJudgement, Verdict};
use renewals::statistics::months::{Point, Rules, judge};
use renewals::statistics::{Policy, judge as judge_figures, judge_by};

const RULES: Rules = Rules { min_n: 20, baseline: 24, floor: None, rebased: None };

fn january() -> Month {
    Month::new(2020, 1).expect("a month")
}

/// Judges months of 80 due with so many renewed, after two years that alternate around 65 %.
fn after_two_years(then: &[u64]) -> Vec<MonthJudgement> {
    let usual = [52, 50, 54, 53, 51, 52, 55, 49];
    let counts = (0..24).map(|n| usual[n % 8]).chain(then.iter().copied());
    judge(&points(counts.map(|x| Count { x, n: 80 })), &RULES)[24..].to_vec()
}

fn points(counts: impl Iterator<Item = Count>) -> Vec<Point> {
    counts
        .enumerate()
        .map(|(at, count)| Point { month: january().plus(at as i32), count, mature: true })
        .collect()
}

/// Of 80 due at 65 % usual: amber at 43 and below, red at 40 and below.
#[test]
fn the_lights_change_where_the_method_says() {
    for (x, light) in [
        (52, Light::Green),
        (44, Light::Green),
        (43, Light::Amber),
        (41, Light::Amber),
        (40, Light::Red),
        (20, Light::Red),
    ] {
        assert_eq!(after_two_years(&[x])[0].verdict.light(), light, "{x} of 80");
    }
    assert_eq!(after_two_years(&[63])[0].verdict, Verdict::Better);
}

#[test]
fn a_month_is_no_part_of_its_own_baseline() {
    let (low, high) = (after_two_years(&[10]), after_two_years(&[75]));
    assert_eq!(low[0].usual, high[0].usual);
    assert_eq!(low[0].limits, high[0].limits);
}

/// A drop that lasts stays red: it does not become the new usual by lasting.
#[test]
fn a_lasting_drop_is_not_forgotten() {
    let judged = after_two_years(&[42; 36]);
    let first_red = judged.iter().position(|one| one.verdict.light() == Light::Red).expect("it is found");
    assert!(first_red <= 3, "13 points below are found within four months, not {first_red}");
    assert!(judged[first_red..].iter().all(|one| one.verdict == Verdict::SignificantDrop));
    let usual = judged[35].usual.expect("there is history");
    assert!((usual - 0.65).abs() < 0.005, "three years later 65 % is still usual: {usual}");
}

#[test]
fn a_small_drop_that_no_month_shows_is_found_by_its_sum() {
    let judged = after_two_years(&[46; 12]);
    let found = judged.iter().position(|one| one.lasting_drop).expect("7 points below add up");
    assert!(judged[found].p_lower.is_some_and(|chance| chance > 0.025), "no single month shows it");
    assert!(judged[found].cusum.is_some_and(|sum| sum > DECISION));
}

#[test]
fn after_a_drop_that_is_over_the_light_turns_green_again() {
    let judged = after_two_years(&[38, 37, 39, 36, 52, 53, 52, 51, 52]);
    assert!(judged[..4].iter().all(|one| one.verdict.light() == Light::Red));
    assert!(judged[7..].iter().all(|one| one.verdict.light() == Light::Green), "{:?}", judged[8].verdict);
}

/// An improvement becomes usual after eight months in a row, so that falling back is then a drop.
#[test]
fn an_improvement_that_lasts_becomes_usual() {
    let judged = after_two_years(&[68; 24]);
    assert_eq!(judged[0].verdict, Verdict::Better);
    let (early, late) = (judged[7].usual.expect("history"), judged[23].usual.expect("history"));
    assert!(early < 0.66, "seven good months are not usual yet: {early}");
    assert!(late > 0.74, "two good years are: {late}");
}

#[test]
fn a_person_rebases_and_only_a_person() {
    let usual = [52, 50, 54, 53, 51, 52, 55, 49];
    let counts = (0..60).map(|n| Count { x: if n < 24 { usual[n % 8] } else { usual[n % 8] - 12 }, n: 80 });
    let all = points(counts);
    let rebased = Rules { rebased: Some(january().plus(24)), ..RULES };
    assert_eq!(judge(&all, &RULES)[59].verdict, Verdict::SignificantDrop);
    assert_eq!(judge(&all, &rebased)[59].verdict, Verdict::Usual);
    assert_eq!(judge(&all, &rebased)[30].verdict, Verdict::NoHistory, "six months are no baseline");
}

#[test]
fn few_young_and_new_months_are_grey() {
    let mut all = points((0..26).map(|_| Count { x: 52, n: 80 }));
    all[24].count = Count { x: 2, n: 19 };
    all[25] = Point { mature: false, count: Count { x: 1, n: 80 }, ..all[25] };
    let judged = judge(&all, &RULES);
    assert_eq!(judged[3].verdict, Verdict::NoHistory);
    assert_eq!(judged[24].verdict, Verdict::TooFew);
    assert_eq!(judged[25].verdict, Verdict::TooYoung);
    assert_eq!((judged[25].rate, judged[25].z), (None, None), "a young month has no value to compare");
    assert!(judged[24].interval.is_some(), "few have a wide interval, but they have one");
}

#[test]
fn overdispersed_months_need_more_to_stand_out() {
    // Two years that swing between 55 and 75 percent of 2,000.
    let swing = |n: usize| if n.is_multiple_of(2) { 1_100 } else { 1_500 };
    let counts = (0..24).map(swing).chain([1_140]).map(|x| Count { x, n: 2_000 });
    let judged = judge(&points(counts), &RULES);
    assert!(judged[24].sigma_z.is_some_and(|width| width > 10.0));
    assert_eq!(judged[24].verdict, Verdict::Usual, "57 % is nothing new here");
    // The same month after two quiet years is a significant drop.
    let counts = (0..24).map(|n| 1_290 + n % 3 * 10).chain([1_140]).map(|x| Count { x: x as u64, n: 2_000 });
    assert_eq!(judge(&points(counts), &RULES)[24].verdict, Verdict::SignificantDrop);
}

#[test]
fn a_floor_is_red_whatever_is_usual() {
    let figures = figures::figures(CALM);
    let judged = judge_by(&figures, Policy { floor: Some(0.9), rebased: None });
    let headline = judged.headline.expect("there is a mature month");
    assert_eq!((headline.verdict, judged.light), (Verdict::BelowFloor, Light::Red));
    assert!(headline.sentence.ends_with("below the floor of 90% that was set."), "{}", headline.sentence);
}

#[test]
fn a_calm_vendor_is_green_and_a_drop_is_red() {
    let calm = judge_figures(&figures::figures(CALM));
    let headline = calm.headline.expect("there is a mature month");
    assert_eq!(headline.light, Light::Green, "{}", headline.sentence);
    // As of 1 November all of September is 30 days old (its last due day is the 28th), October is not.
    assert_eq!(headline.month.to_string(), "2026-09");
    let early = calm.early.expect("October is known at its end");
    assert_eq!((early.month.to_string().as_str(), early.metric.as_str()), ("2026-10", "R_month_end"));
    let drop = judge_figures(&figures::figures(DROP));
    let headline = drop.headline.expect("there is a mature month");
    assert_eq!(
        (headline.verdict, drop.light),
        (Verdict::SignificantDrop, Light::Red),
        "{}",
        headline.sentence
    );
    assert!(headline.drop_months >= 2, "it has lasted: {}", headline.drop_months);
}

#[test]
fn young_months_are_read_ahead_but_not_judged() {
    let judged = judge_figures(&figures::figures(CALM));
    let october = judged.months.iter().find(|one| one.month.to_string() == "2026-10").expect("it is there");
    assert_eq!(october.verdict, Verdict::TooYoung);
    let estimate = october.estimate.expect("its end is known");
    let so_far = october.count.x as f64 / october.count.n as f64;
    assert!(estimate.rate >= so_far && estimate.interval.contains(estimate.rate));
    assert!((0.5..0.8).contains(&estimate.rate), "{}", estimate.rate);
}

#[test]
fn the_forecast_lies_between_what_is_done_and_what_is_due() {
    let judged = judge_figures(&figures::figures(CALM));
    assert_eq!(judged.forecast.len(), 12);
    for month in &judged.forecast {
        assert!(month.done as f64 <= month.interval.lower && month.interval.upper <= month.due as f64);
        assert!(month.interval.contains(month.expected));
        assert!(month.lower_cents <= month.expected_cents && month.expected_cents <= month.upper_cents);
        let rate = month.expected / month.due as f64;
        assert!((0.5..0.8).contains(&rate), "{}: {rate}", month.month);
    }
}

#[test]
fn harder_months_and_odd_partners_are_told_apart_from_chance() {
    let drop = judge_figures(&figures::figures(DROP));
    let mix = drop.mix.expect("there are strata");
    assert!(mix.ratio < 1.0 && mix.p_lower < 0.05, "the drop is not the cases' doing: {mix:?}");
    assert!(mix.shift.abs() < 0.03, "{mix:?}");
    let large = judge_figures(&figures::figures(Story { due: 900, ..CALM }));
    let funnel = large.funnel.expect("there are partners");
    let odd: Vec<&str> =
        funnel.partners.iter().filter(|one| one.differs).map(|one| one.name.as_str()).collect();
    assert_eq!(odd, ["Kessel & Söhne"]);
    let changed = large.segments.iter().filter(|segment| segment.changed).count();
    assert!(changed <= 2, "hardly any segment of a calm vendor changed: {changed}");
}

#[test]
fn nothing_due_says_nothing() {
    let empty = judge_figures(&figures::figures(Story { due: 0, months: 3, drop: 0 }));
    assert_eq!((empty.light, empty.headline, empty.funnel), (Light::Grey, None, None));
    assert!(empty.forecast.is_empty() || empty.forecast.iter().all(|month| month.due == 0));
}

/// The sentence of a month carries the rate, its interval, its n and what is usual: never a percentage alone.
#[test]
fn the_sentence_says_how_many_and_how_sure() {
    let mut figures = figures::figures(CALM);
    let september = figures.months.iter_mut().find(|month| month.month.to_string() == "2026-09");
    let september = september.expect("it is there");
    september.due = 86;
    for seen in &mut september.by_age {
        seen.retained = 54;
    }
    let headline = judge_figures(&figures).headline.expect("it is mature");
    assert_eq!((headline.count, headline.verdict), (Count { x: 54, n: 86 }, Verdict::Usual));
    let start = "63% (52–72%) of 86 licences due in September 2026 renewed within 30 days; usual is ";
    assert!(headline.sentence.starts_with(start), "{}", headline.sentence);
    assert!(headline.sentence.ends_with("%. No significant change."), "{}", headline.sentence);
}
