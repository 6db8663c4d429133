//! What others think: a crate that reads cron expressions, where no clock is changed.

use crate::cron::Schedule;
use crate::file::Dialect;
use base::Time;
use proptest::prelude::*;
use std::str::FromStr;

fn field(least: u32, most: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("*".to_owned()),
        2 => (least..=most).prop_map(|value| value.to_string()),
        1 => (2u32..=(most - least).max(2)).prop_map(|step| format!("*/{step}")),
        1 => (least..=most, least..=most, 1u32..4)
            .prop_map(|(a, b, step)| format!("{}-{}/{step}", a.min(b), a.max(b))),
    ]
}

/// No step in the days: there Debian's cron takes `*/2` for an asterisk, and croner does not.
fn plain(least: u32, most: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("*".to_owned()),
        2 => (least..=most).prop_map(|value| value.to_string()),
        1 => (least..=most, least..=most).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
    ]
}

fn day() -> impl Strategy<Value = String> {
    prop_oneof![4 => plain(1, 31), 1 => Just("L".to_owned()), 1 => Just("LW".to_owned()),
        1 => (1u32..=28).prop_map(|day| format!("{day}W"))]
}

fn weekday() -> impl Strategy<Value = String> {
    prop_oneof![4 => plain(0, 6), 1 => (0u32..7, 1u32..6).prop_map(|(day, nth)| format!("{day}#{nth}")),
        1 => (0u32..7).prop_map(|day| format!("{day}L"))]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn croner_finds_the_same_fires_where_no_clock_is_changed(
        minute in field(0, 59), hour in field(0, 23), day in day(), month in field(1, 12), weekday in weekday(),
        from in 946_684_800i64..2_524_608_000
    ) {
        let expression = format!("{minute} {hour} {day} {month} {weekday}");
        let Ok(schedule) = Schedule::parse(&expression, Dialect::Standard, "UTC", "job") else { return Ok(()) };
        let Ok(judge) = croner::Cron::from_str(&expression) else { return Ok(()) };
        let mut cursor = base::jiff::Timestamp::from_second(from).expect("in range").to_zoned(base::jiff::tz::TimeZone::UTC);
        for _ in 0..10 {
            let Ok(found) = judge.find_next_occurrence(&cursor, false) else { break };
            let ours = schedule.after(Time::from(cursor.timestamp()));
            prop_assert_eq!(ours, Some(Time::from(found.timestamp())), "{} after {}", expression, cursor);
            cursor = found;
        }
    }
}
