//! What is read, what is refused and why, what `H` stands for, and how it all is told.

use super::{in_dialect, next, next_seconds, schedule, time};
use crate::cron::{Schedule, jitter_s};
use crate::file::Dialect;

#[test]
fn quartz_is_read_as_quartz_means_it() {
    for (expression, from, fires) in [
        ("0 0 12 * * ?", "2026-01-01T12:00:00Z", &["2026-01-02T12:00:00"][..]),
        ("0 0 9 ? * 2", "2026-01-01", &["2026-01-05T09:00:00"]), // 2 is Monday.
        ("0 0 9 ? * 6#3", "2026-01-01", &["2026-01-16T09:00:00"]),
        ("0 0 9 ? * 6L", "2026-01-01", &["2026-01-30T09:00:00"]),
        ("0 0 9 ? * L", "2026-01-01", &["2026-01-03T09:00:00"]),
        ("0 0 9 L-2 * ?", "2026-01-01", &["2026-01-29T09:00:00"]),
        ("0 0 9 L-2W * ?", "2026-01-01", &["2026-01-29T09:00:00", "2026-02-26T09:00:00"]),
        ("0 0 9 LW * ?", "2026-01-01", &["2026-01-30T09:00:00"]),
        ("0 0 9 ? * FRI-MON", "2026-01-06", &["2026-01-09T09:00:00", "2026-01-10T09:00:00"]),
        (
            "0 0 22-2 * * ?",
            "2026-01-01T12:00:00Z",
            &["2026-01-01T22:00:00", "2026-01-01T23:00:00", "2026-01-02T00:00:00"],
        ),
        (
            "0 0 0 1 NOV-FEB ?",
            "2026-02-02",
            &["2026-11-01T00:00:00", "2026-12-01T00:00:00", "2027-01-01T00:00:00"],
        ),
        (
            "0 5/20 * * * ?",
            "2026-01-01",
            &["2026-01-01T00:05:00", "2026-01-01T00:25:00", "2026-01-01T00:45:00"],
        ),
        (
            "0 0 0 1 1 ? 2030-2040/5",
            "2026-01-01",
            &["2030-01-01T00:00:00", "2035-01-01T00:00:00", "2040-01-01T00:00:00"],
        ),
        ("0 0 * * ? *", "2026-01-01", &["2026-01-01T01:00:00"]), // As Bamboo's documentation has it.
        ("*/20 * * ? * *", "2026-01-01", &["2026-01-01T00:00:20", "2026-01-01T00:00:40"]),
    ] {
        let found = next_seconds(&in_dialect(expression, Dialect::Quartz, "UTC"), time(from), fires.len());
        assert_eq!(found, fires, "{expression} from {from}");
    }
}

#[test]
fn seconds_are_read_where_the_file_says_so() {
    let schedule = in_dialect("*/30 59 23 * * *", Dialect::Seconds, "UTC");
    assert_eq!(
        next_seconds(&schedule, time("2026-01-01T23:59:00Z"), 2),
        ["2026-01-01T23:59:30", "2026-01-02T23:59:00"]
    );
}

#[test]
fn what_is_wrong_is_refused_with_the_reason() {
    for (expression, dialect, reason) in [
        ("0 0 30 2 *", Dialect::Standard, "it never comes: there is no day 30 in February"),
        ("0 0 31 4,6 *", Dialect::Standard, "it never comes: there is no day 31 in April and June"),
        ("0 0 0 29 2 ? 2027", Dialect::Quartz, "it never comes: there is no day 29 in February"),
        ("75 * * * *", Dialect::Standard, "minute 75 does not exist: it is 0 to 59"),
        ("* 24 * * *", Dialect::Standard, "hour 24 does not exist: it is 0 to 23"),
        ("* * 0 * *", Dialect::Standard, "day of the month 0 does not exist: it is 1 to 31"),
        ("* * * 13 *", Dialect::Standard, "month 13 does not exist: it is 1 to 12"),
        ("* * * * 8", Dialect::Standard, "weekday 8 does not exist: it is 0 to 7"),
        (
            "0 0 * * FRY",
            Dialect::Standard,
            "\"FRY\" is not a weekday: it is a number from 0 to 7 or one of SUN MON TUE WED THU FRI SAT",
        ),
        ("0 22-2 * * *", Dialect::Standard, "the hour \"22-2\" runs backwards; write 22-23,0-2"),
        ("5/15 * * * *", Dialect::Standard, "the minute \"5/15\" has a step without a range; write 5-59/15"),
        (
            "*/90 * * * *",
            Dialect::Standard,
            "the step of the minute \"*/90\" is longer than the whole field, which has 60 values; steps begin anew with each",
        ),
        ("*/0 * * * *", Dialect::Standard, "the step of the minute \"*/0\" is zero"),
        ("1,,2 * * * *", Dialect::Standard, "the minute \"1,,2\" has an empty place in its list"),
        ("-1 * * * *", Dialect::Standard, "\"\" is not a minute: it is a number from 0 to 59"),
        ("0 0 * * L", Dialect::Standard, "weekday \"L\" is not understood; write 5L for the last Friday"),
        ("0 0 * * 5#6", Dialect::Standard, "weekday \"5#6\": a month has a first (#1) to fifth (#5)"),
        ("0 0 L-31 * *", Dialect::Standard, "day \"L-31\" is not understood; write L, L-3 or LW"),
        ("* * * *", Dialect::Standard, "it has 4 fields, and there are 5: minute, hour, day, month, weekday"),
        (
            "0 0 12 * * ?",
            Dialect::Standard,
            "it has 6 fields, and there are 5: minute, hour, day, month, weekday; say dialect: seconds or dialect: quartz if seconds are in front",
        ),
        (
            "0 0 12 1 * 2",
            Dialect::Quartz,
            "day \"1\" and weekday \"2\": Quartz takes only one of them; write ? for the other",
        ),
        ("@reboot", Dialect::Standard, "@reboot has no time: a schedule fires by the clock alone"),
        (
            "@every 5m",
            Dialect::Standard,
            "\"@every 5m\" counts from an unknown moment; write an interval of the clock, like */15 * * * *",
        ),
        (
            "@fortnightly",
            Dialect::Standard,
            "\"@fortnightly\" is not one of @yearly @annually @monthly @weekly @daily @midnight @hourly",
        ),
        (
            "H(5) * * * *",
            Dialect::Standard,
            "\"H(5)\" is not understood; write H, H/15, H(0-29) or H(0-29)/10",
        ),
        ("", Dialect::Standard, "it has 0 fields, and there are 5: minute, hour, day, month, weekday"),
    ] {
        let found = Schedule::parse(expression, dialect, "UTC", "job").map(|_| ());
        assert_eq!(found, Err(reason.to_owned()), "{expression}");
    }
}

#[test]
fn zones_exist_or_are_guessed() {
    for (zone, reason) in [
        (
            "Europe/Londn",
            "\"Europe/Londn\" is not a time zone; write one like Europe/London or UTC; did you mean Europe/London?",
        ),
        (
            "London",
            "\"London\" is not a time zone; write one like Europe/London or UTC; did you mean Europe/London?",
        ),
        ("", "\"\" is not a time zone; write one like Europe/London or UTC"),
        ("../etc/passwd", "\"../etc/passwd\" is not a time zone; write one like Europe/London or UTC"),
    ] {
        let found = Schedule::parse("0 0 * * *", Dialect::Standard, zone, "job").map(|_| ());
        assert_eq!(found, Err(reason.to_owned()), "{zone}");
    }
}

#[test]
fn a_hashed_place_is_the_jobs_own_and_never_moves() {
    let at = |expression: &str, job: &str| -> Vec<String> {
        let schedule =
            Schedule::parse(expression, Dialect::Standard, "UTC", job).expect("the expression is good");
        next(&schedule, time("2026-01-01"), 3)
    };
    // These are promises to whoever planned around them: a release must not move them.
    assert_eq!(at("H H * * *", "nightly-backup"), HASHED[0]);
    assert_eq!(at("H H H * *", "renewals"), HASHED[1]);
    assert_eq!(at("H/15 * * * *", "beta"), HASHED[2]);
    assert_eq!(at("H(0-29)/10 * * * *", "beta"), HASHED[3]);
    let places: std::collections::BTreeSet<_> =
        (0..200).map(|n| at("H * * * *", &format!("job-{n}"))[0].clone()).collect();
    assert!(places.len() > 45, "200 jobs use {} of 60 minutes", places.len());
    for n in 0..300 {
        let day: u32 = at("0 0 H * *", &format!("job-{n}"))[0][3..5].parse().expect("a day");
        assert!((1..=28).contains(&day));
    }
}

const HASHED: [[&str; 3]; 4] = [
    ["01-01T12:40", "01-02T12:40", "01-03T12:40"],
    ["01-05T05:48", "02-05T05:48", "03-05T05:48"],
    ["01-01T00:15", "01-01T00:30", "01-01T00:45"],
    ["01-01T00:05", "01-01T00:15", "01-01T00:25"],
];

#[test]
fn jitter_is_the_same_for_everybody_and_spreads() {
    let at = time("2026-11-01T06:00:00Z");
    assert_eq!(jitter_s("7", at, 300), jitter_s("7", at, 300));
    assert_eq!(jitter_s("7", at, 0), 0);
    let all: Vec<u64> = (0..1_000).map(|n| jitter_s(&n.to_string(), at, 9)).collect();
    for second in 0..=9 {
        let count = all.iter().filter(|jitter| **jitter == second).count();
        assert!((60..=140).contains(&count), "{count} of 1000 waited {second} s");
    }
}

#[test]
fn schedules_are_told_in_words() {
    for (expression, words) in [
        ("*/15 * * * *", "every 15 minutes"),
        ("* * * * *", "every minute"),
        ("0 * * * *", "every hour"),
        ("20 * * * *", "every hour at minute 20"),
        ("0 */2 * * *", "every 2 hours"),
        ("5 */3 * * *", "every 3 hours at minute 5"),
        ("5 */6 * * *", "at 00:05, 06:05, 12:05 and 18:05 each day"),
        ("0 6 1 * *", "at 06:00 on day 1 of each month"),
        ("0 6 * * *", "at 06:00 each day"),
        ("30 9,16 * * MON-FRI", "at 09:30 and 16:30 on Monday to Friday"),
        ("0 9 * * 1", "at 09:00 on Monday"),
        ("0 9 * * 6,0", "at 09:00 on Saturday and Sunday"),
        ("0 9 13 * 5", "at 09:00 on day 13 and also each Friday of each month"),
        ("0 0 1 1 *", "at 00:00 on day 1 of January"),
        ("0 0 * 6-8 *", "at 00:00 each day in June to August"),
        ("*/10 9-17 * * 1-5", "every 10 minutes of hours 9 to 17 on Monday to Friday"),
        ("0 9 LW * *", "at 09:00 on the last weekday of each month"),
        ("0 9 1W * *", "at 09:00 on the first weekday of each month"),
        ("0 9 15W * *", "at 09:00 on the weekday nearest to day 15 of each month"),
        ("0 9 L * *", "at 09:00 on the last day of each month"),
        ("0 9 L-1 * *", "at 09:00 on the day before the last of each month"),
        ("0 9 * * 5#3", "at 09:00 on the third Friday of each month"),
        ("0 9 * 3 5L", "at 09:00 on the last Friday of March"),
        (
            "0 0 */2 * 1",
            "at 00:00 on days 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29 and 31, where it is Monday, of each month",
        ),
        ("@monthly", "at 00:00 on day 1 of each month"),
    ] {
        assert_eq!(schedule(expression, "Europe/London").in_words(), format!("{words}, Europe/London"));
    }
    let seconds = in_dialect("*/10 * * * * *", Dialect::Seconds, "UTC");
    assert_eq!(seconds.in_words(), "every 10 seconds, UTC");
    let seconds = in_dialect("30 0 6 * * *", Dialect::Seconds, "UTC");
    assert_eq!(seconds.in_words(), "at second 30, at 06:00 each day, UTC");
    let years = in_dialect("0 0 6 1 1 ? 2030,2031", Dialect::Quartz, "UTC");
    assert_eq!(years.in_words(), "at 06:00 on day 1 of January in 2030 and 2031, UTC");
}

#[test]
fn the_rarest_day_comes_after_forty_years() {
    // 29 February is a Sunday in 2088 and then in 2128: 2100 is no leap year.
    for expression in ["0 0 * 2 0#5", "0 0 29 2 */7"] {
        let fires = schedule(expression, "UTC").preview(time("2088-02-29T00:00:00Z"), 1);
        assert_eq!(fires[0].at, time("2128-02-29T00:00:00Z"), "{expression}");
    }
}
