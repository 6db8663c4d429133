//! Times as people read them: never without a day when it is not today, in the reader's own zone.

use base::jiff::tz::TimeZone;
use base::{Date, Time};
use maud::{Markup, html};

/// An instant in UTC, for places that know no reader.
pub fn time(at: Time) -> Markup {
    html! { time datetime=(at) { (at.timestamp().strftime("%-d %b %Y %H:%M UTC")) } }
}

/// An instant in the reader's zone: `14:32` today, `Mon 14:32` within six days, else with the date.
pub fn time_in(at: Time, now: Time, zone: &TimeZone) -> Markup {
    let civil = zone.to_datetime(at.timestamp());
    let text = match days_from(now.date_in(zone), civil.date()) {
        0 => civil.strftime("%H:%M"),
        -6..=6 => civil.strftime("%a %H:%M"),
        _ if civil.year() == now.date_in(zone).year() => civil.strftime("%-d %b %H:%M"),
        _ => civil.strftime("%-d %b %Y %H:%M"),
    };
    html! { time datetime=(at) { (text) } }
}

/// How many days `day` is after `today`; negative when it is before.
pub fn days_from(today: Date, day: Date) -> i32 {
    today.until(day).map_or(0, |span| span.get_days())
}

/// A day as people say it: `Today`, `Tomorrow`, `Yesterday`, `Fri` within the next six days, else `4 Dec` or `4 Dec 2027`.
pub fn day(day: Date, today: Date) -> String {
    match days_from(today, day) {
        0 => "Today".to_owned(),
        1 => "Tomorrow".to_owned(),
        -1 => "Yesterday".to_owned(),
        2..=6 => day.strftime("%a").to_string(),
        _ if day.year() == today.year() => day.strftime("%-d %b").to_string(),
        _ => day.strftime("%-d %b %Y").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_said_as_people_say_them() {
        let today: Date = "2026-11-22".parse().expect("a date");
        for (given, said) in [
            ("2026-11-22", "Today"),
            ("2026-11-23", "Tomorrow"),
            ("2026-11-21", "Yesterday"),
            ("2026-11-27", "Fri"),
            ("2026-12-04", "4 Dec"),
            ("2026-11-02", "2 Nov"),
            ("2027-01-04", "4 Jan 2027"),
        ] {
            assert_eq!(day(given.parse().expect("a date"), today), said, "{given}");
        }
    }
}
