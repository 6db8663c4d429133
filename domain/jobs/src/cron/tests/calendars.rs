//! Holidays, business days and pauses.

use super::{schedule, time};
use crate::cron::pauses::{Pause, free_from, holding};
use crate::cron::{Calendar, Schedule, is_business_day};
use crate::file::{self, Observed, Weekday};
use base::Date;

fn england() -> Calendar {
    let yearly = [
        "01-01",
        "easter -2",
        "easter +1",
        "first monday of may",
        "last monday of may",
        "last monday of august",
        "12-25",
        "12-26",
    ];
    calendar("england", &yearly, Observed::Following)
}

fn calendar(name: &str, yearly: &[&str], observed: Observed) -> Calendar {
    let yearly = yearly.iter().map(ToString::to_string).collect();
    Calendar::new(name, &file::Calendar { yearly, observed, ..Default::default() })
        .expect("the rules are good")
}

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

fn days(schedule: &Schedule, from: &str, count: usize) -> Vec<String> {
    schedule.preview(time(from), count).into_iter().map(|fire| fire.at.to_string()[..10].to_owned()).collect()
}

#[test]
fn yearly_rules_find_their_days() {
    let england = england();
    // As gov.uk lists them.
    for day in [
        "2026-01-01",
        "2026-04-03",
        "2026-04-06",
        "2026-05-04",
        "2026-05-25",
        "2026-08-31",
        "2026-12-25",
        "2026-12-28",
        "2027-01-01",
        "2027-03-26",
        "2027-03-29",
        "2027-05-03",
        "2027-05-31",
        "2027-08-30",
        "2027-12-27",
        "2027-12-28",
        "2022-01-03",
        "2021-12-27",
        "2021-12-28",
        "2016-12-26",
        "2016-12-27",
    ] {
        assert!(england.contains(date(day)), "{day} is a holiday");
        assert!(!is_business_day(date(day), std::slice::from_ref(&england)));
    }
    for day in ["2026-04-05", "2026-05-18", "2026-12-24", "2026-12-29", "2026-12-31"] {
        assert!(!england.contains(date(day)), "{day} is none");
    }
    let states = calendar("states", &["01-01", "07-04", "4th thursday of november"], Observed::Nearest);
    for day in ["2021-12-31", "2026-07-03", "2027-07-05", "2026-11-26"] {
        assert!(states.contains(date(day)), "{day} is a holiday");
    }
    assert!(calendar("leap", &["02-29"], Observed::No).contains(date("2028-02-29")));
    assert!(!calendar("leap", &["02-29"], Observed::No).contains(date("2027-02-28")));
}

#[test]
fn days_weekdays_and_stretches_are_in_the_set() {
    let calendar = file::Calendar {
        dates: vec![date("2026-07-01")],
        ranges: vec![(date("2026-12-24"), date("2027-01-02"))],
        weekdays: vec![Weekday::Saturday],
        ..Default::default()
    };
    let closed = Calendar::new("closed", &calendar).expect("it is good");
    for day in ["2026-07-01", "2026-12-24", "2027-01-02", "2026-07-04"] {
        assert!(closed.contains(date(day)), "{day}");
    }
    for day in ["2026-07-02", "2026-12-23", "2027-01-03", "2026-07-05"] {
        assert!(!closed.contains(date(day)), "{day}");
    }
}

#[test]
fn yearly_rules_are_refused_when_they_mean_nothing() {
    for rule in [
        "13-01",
        "02-30",
        "",
        "sixth monday of may",
        "last may",
        "easter 2",
        "easter -400",
        "easter -",
        "-1-1",
    ] {
        let calendar = file::Calendar { yearly: vec![rule.to_owned()], ..Default::default() };
        assert!(Calendar::new("c", &calendar).is_err(), "{rule:?} must be refused");
    }
}

#[test]
fn a_business_day_is_counted_with_holidays() {
    let narrowed = |nth| {
        schedule("0 6 * * *", "UTC").narrowed(Vec::new(), vec![england()], Some(nth)).expect("it is possible")
    };
    assert_eq!(
        days(&narrowed(1), "2025-12-15", 5),
        ["2026-01-02", "2026-02-02", "2026-03-02", "2026-04-01", "2026-05-01"]
    );
    assert_eq!(days(&narrowed(-1), "2026-04-01", 2), ["2026-04-30", "2026-05-29"]);
    assert_eq!(days(&narrowed(3), "2026-04-01", 2), ["2026-04-07", "2026-05-06"]);
    assert_eq!(
        narrowed(1).in_words(),
        "at 06:00 each day, on the first business day of the month, except days in england, UTC"
    );
}

#[test]
fn excluded_days_stay_and_are_said_to_be_included_ones_are_all() {
    let excluded =
        schedule("0 6 * * *", "UTC").narrowed(Vec::new(), vec![england()], None).expect("possible");
    let fires = excluded.preview(time("2026-12-24T07:00:00Z"), 3);
    assert_eq!(fires[0].excluded_by.as_deref(), Some("england"));
    assert_eq!(fires[2].excluded_by, None);
    let included =
        schedule("0 6 * * *", "UTC").narrowed(vec![england()], Vec::new(), None).expect("possible");
    assert_eq!(days(&included, "2026-01-02", 2), ["2026-04-03", "2026-04-06"]);
    let never = calendar("never", &[], Observed::No);
    assert!(schedule("0 6 * * *", "UTC").narrowed(vec![never], Vec::new(), None).is_err());
}

#[test]
fn a_pause_holds_at_its_first_instant_and_not_at_its_end() {
    let pause = |from: &str, until: Option<&str>| Pause {
        from: time(from),
        until: until.map(time),
        reason: String::new(),
    };
    let six_to_seven = pause("2026-01-01T06:00:00Z", Some("2026-01-01T07:00:00Z"));
    assert!(six_to_seven.holds_at(time("2026-01-01T06:00:00Z")));
    assert!(!six_to_seven.holds_at(time("2026-01-01T07:00:00Z")));
    assert!(!six_to_seven.holds_at(time("2026-01-01T05:59:59Z")));
    let pauses = [six_to_seven, pause("2026-01-01T07:00:00Z", Some("2026-01-01T08:00:00Z"))];
    assert_eq!(free_from(&pauses, time("2026-01-01T06:30:00Z")), Some(time("2026-01-01T08:00:00Z")));
    assert_eq!(free_from(&pauses, time("2026-01-01T05:00:00Z")), Some(time("2026-01-01T05:00:00Z")));
    let open = [pause("2026-01-01T06:00:00Z", None), pauses[0].clone()];
    assert_eq!(holding(&open, time("2026-01-01T06:30:00Z")).map(|pause| pause.until), Some(None));
    assert_eq!(free_from(&open, time("2026-01-01T06:30:00Z")), None);
    let empty = pause("2026-01-01T06:00:00Z", Some("2026-01-01T06:00:00Z"));
    assert!(!empty.holds_at(time("2026-01-01T06:00:00Z")));
}
