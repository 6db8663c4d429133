//! Slots: the same instant on every machine that runs the same crontab, so that the server can tell "again" from "new".

use base::Time;
use std::time::Duration;

/// Returns the start of the interval of length `every` that `now` is in, counted from the epoch in UTC.
///
/// Machines whose clocks differ by seconds agree, because cron fires just after the start of an interval.
pub fn floor(now: Time, every: Duration) -> Time {
    let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1);
    Time::from_millis(now.millis() - now.millis().rem_euclid(every))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_the_start_of_its_interval() {
        for (now, every, slot) in [
            ("2026-11-22T10:15:00Z", "15m", "2026-11-22T10:15:00.000Z"),
            ("2026-11-22T10:15:02.500Z", "15m", "2026-11-22T10:15:00.000Z"),
            ("2026-11-22T10:29:59.999Z", "15m", "2026-11-22T10:15:00.000Z"),
            ("2026-11-22T10:29:59Z", "1h", "2026-11-22T10:00:00.000Z"),
            ("2026-11-22T10:29:59Z", "1d", "2026-11-22T00:00:00.000Z"),
            ("2026-11-22T10:29:59Z", "7s", "2026-11-22T10:29:56.000Z"),
            ("1969-12-31T23:59:59Z", "1m", "1969-12-31T23:59:00.000Z"),
        ] {
            let now = Time::parse(now).expect("a time");
            let every = base::time::parse_duration(every).expect("a duration");
            assert_eq!(floor(now, every).to_string(), slot);
        }
    }
}
