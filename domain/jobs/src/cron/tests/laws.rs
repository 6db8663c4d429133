//! What holds for every expression in every zone at every time.

use crate::cron::Schedule;
use crate::file::Dialect;
use base::Time;
use proptest::prelude::*;
use std::collections::BTreeSet;

const ZONES: [&str; 12] = [
    "UTC",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Beirut",
    "Pacific/Chatham",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/St_Johns",
];

fn field(least: u32, most: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("*".to_owned()),
        3 => (least..=most).prop_map(|value| value.to_string()),
        1 => (2u32..=(most - least).max(2)).prop_map(|step| format!("*/{step}")),
        1 => (least..=most, least..=most).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        1 => proptest::collection::vec(least..=most, 1..4)
            .prop_map(|values| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
        1 => Just("H".to_owned()),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let day = prop_oneof![4 => field(1, 31), 1 => Just("L".to_owned()), 1 => Just("15W".to_owned()), 1 => Just("LW".to_owned())];
    let weekday = prop_oneof![4 => field(0, 6), 1 => Just("5#3".to_owned()), 1 => Just("1L".to_owned())];
    (field(0, 59), field(0, 23), day, field(1, 12), weekday)
        .prop_map(|(minute, hour, day, month, weekday)| format!("{minute} {hour} {day} {month} {weekday}"))
}

/// Instants from 1990 to 2060, many of them near the changes of the clock.
fn instant() -> impl Strategy<Value = Time> {
    prop_oneof![
        (631_152_000i64..2_840_140_800).prop_map(|s| Time::from_millis(s * 1_000)),
        (0i64..14_400_000, 0usize..8).prop_map(|(offset, at)| {
            let near = [
                "2026-03-08T06:00:00Z",
                "2026-11-01T04:30:00Z",
                "2026-03-28T23:30:00Z",
                "2026-10-24T23:00:00Z",
                "2026-10-03T14:00:00Z",
                "2026-04-04T13:30:00Z",
                "2026-04-23T20:30:00Z",
                "2011-12-30T08:30:00Z",
            ][at];
            Time::from_millis(Time::parse(near).expect("a time").millis() + offset)
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn fires_only_ever_come_later(expression in expression(), zone in 0..ZONES.len(), from in instant()) {
        let Ok(schedule) = Schedule::parse(&expression, Dialect::Standard, ZONES[zone], "job") else { return Ok(()) };
        let mut cursor = from;
        for _ in 0..50 {
            let Some(fire) = schedule.after(cursor) else { break };
            prop_assert!(fire > cursor, "{} after {}", fire, cursor);
            prop_assert_eq!(fire.millis() % 1_000, 0);
            cursor = fire;
        }
    }

    /// Asking later never finds an earlier fire, and no fire is left out by asking in between.
    #[test]
    fn asking_in_between_changes_nothing(
        expression in expression(), zone in 0..ZONES.len(), from in instant(), cut in 0.0f64..1.0
    ) {
        let Ok(schedule) = Schedule::parse(&expression, Dialect::Standard, ZONES[zone], "job") else { return Ok(()) };
        let to = Time::from_millis(from.millis() + 36 * 3_600_000);
        let between = Time::from_millis(from.millis() + (36.0 * 3_600_000.0 * cut) as i64);
        let whole = schedule.fires(from, to, 5_000);
        let mut halves = schedule.fires(from, between, 5_000);
        halves.extend(schedule.fires(between, to, 5_000));
        prop_assert_eq!(&whole, &halves);
        // Every question about an instant in between has the same answer.
        for step in 0..24 {
            let asked = Time::from_millis(from.millis() + step * 5_400_000 + 1);
            let expected = whole.iter().find(|fire| **fire > asked);
            if let Some(expected) = expected {
                prop_assert_eq!(schedule.after(asked), Some(*expected), "after {}", asked);
            }
        }
    }

    /// A job that runs at a time of the day runs once on each of them, whatever the clock does.
    #[test]
    fn a_daily_job_runs_once_a_day(
        zone in 0..ZONES.len(), minute in 0u32..60, hour in 0u32..24, year in 2012i16..2038, month in 1i8..=12
    ) {
        let schedule = Schedule::parse(&format!("{minute} {hour} * * *"), Dialect::Standard, ZONES[zone], "job")
            .expect("it is good");
        let zone = base::jiff::tz::TimeZone::get(ZONES[zone]).expect("it exists");
        let first = base::Date::new(year, month, 1).expect("a day");
        let days = 90usize;
        let last = first.checked_add(base::jiff::Span::new().days(days as i64)).expect("a day");
        let start = |day: base::Date| Time::from(zone.to_zoned(day.at(0, 0, 0, 0)).expect("in range").timestamp());
        let fires = schedule.fires(start(first), start(last), 1_000);
        prop_assert_eq!(fires.len(), days);
        let seen: BTreeSet<_> = fires.iter().map(|fire| fire.date_in(&zone)).collect();
        prop_assert_eq!(seen.len(), days, "each on a day of its own");
    }

    /// An interval goes by what the clock shows: every fire shows a matching time, and every matching minute is a fire.
    #[test]
    fn an_interval_fires_whenever_the_clock_shows_it(zone in 0..ZONES.len(), step in 1u32..60, from in instant()) {
        let schedule = Schedule::parse(&format!("*/{step} * * * *"), Dialect::Standard, ZONES[zone], "job").expect("good");
        let zone = base::jiff::tz::TimeZone::get(ZONES[zone]).expect("it exists");
        let to = Time::from_millis(from.millis() + 5 * 3_600_000);
        let fires: BTreeSet<i64> = schedule.fires(from, to, 5_000).iter().map(|fire| fire.millis()).collect();
        let first = (from.millis() + 59_999).div_euclid(60_000) * 60_000;
        let matching: BTreeSet<i64> = (first..to.millis())
            .step_by(60_000)
            .filter(|millis| {
                let shown = zone.to_datetime(Time::from_millis(*millis).timestamp());
                shown.second() == 0 && u32::try_from(shown.minute()).expect("a minute") % step == 0
            })
            .collect();
        prop_assert_eq!(fires, matching);
    }

    #[test]
    fn reading_anything_never_panics(text in ".{0,60}", zone in ".{0,20}", dialect in 0usize..3) {
        let _answer = Schedule::parse(&text, Dialect::ALL[dialect], &zone, "job").map(|schedule| schedule.in_words());
    }

    #[test]
    fn reading_what_looks_like_cron_never_panics(
        text in "[0-9*/,LWH#?()-]{1,6}( [0-9*/,LWH#?()A-Z-]{1,5}){4,6}", dialect in 0usize..3, from in instant()
    ) {
        if let Ok(schedule) = Schedule::parse(&text, Dialect::ALL[dialect], "Europe/London", "job") {
            prop_assert!(!schedule.in_words().is_empty());
            if let Some(fire) = schedule.after(from) {
                prop_assert!(fire > from);
            }
        }
    }
}
