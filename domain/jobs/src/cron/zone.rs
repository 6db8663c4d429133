//! What a time on the wall is in UTC, and what happens to it when clocks are changed.
//!
//! The rules are those of Debian's cron(8), for expressions that ask for *times* (neither hour nor minute begins with an asterisk):
//! what the clock jumped over by up to three hours happens right after the jump, all of it as one fire; what the clock shows twice happens
//! the first time only. Expressions that ask for an *interval* go by what the clock shows: a time that is jumped over is none, a time
//! that comes twice is two. Jumps of more than three hours are corrections (a country changed sides of the date line): nothing is made up for.

use super::expression::Expression;
use base::jiff::civil::DateTime;
use base::jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use base::jiff::{SignedDuration, Timestamp};

/// Longer jumps are corrections of the clock.
const CORRECTION: SignedDuration = SignedDuration::from_hours(3);
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// The first fire after an instant. `allows` narrows the days.
pub(super) fn after(
    expression: &Expression,
    zone: &TimeZone,
    allows: &dyn Fn(i16, i8) -> u32,
    instant: Timestamp,
) -> Option<Timestamp> {
    let instant = Timestamp::from_second(instant.as_millisecond().div_euclid(1_000)).ok()?;
    let search = Search { expression, zone, allows, instant };
    if expression.is_interval { search.interval() } else { search.times() }
}

struct Search<'a> {
    expression: &'a Expression,
    zone: &'a TimeZone,
    allows: &'a dyn Fn(i16, i8) -> u32,
    instant: Timestamp,
}

impl Search<'_> {
    fn next(&self, from: DateTime) -> Option<DateTime> {
        self.expression.next(from, self.allows)
    }

    fn offset(&self, wall: DateTime) -> AmbiguousOffset {
        self.zone.to_ambiguous_timestamp(wall).offset()
    }

    /// Times of the day: each wall clock time is one instant, and later times are never earlier instants.
    fn times(&self) -> Option<Timestamp> {
        let mut wall = self.next(self.zone.to_datetime(self.instant).checked_add(SECOND).ok()?)?;
        loop {
            let fire = match self.offset(wall) {
                AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(wall).ok()?,
                AmbiguousOffset::Fold { before, .. } => before.to_timestamp(wall).ok()?,
                AmbiguousOffset::Gap { before, after } => {
                    let jump = self.jump(before.to_timestamp(wall).ok()?)?;
                    if after.duration_since(before) > CORRECTION {
                        wall = self.next(after.to_datetime(jump))?;
                        continue;
                    }
                    jump
                }
            };
            if fire > self.instant {
                return Some(fire);
            }
            // We stand in the second pass, and the first one had this time: go on behind the fold.
            let AmbiguousOffset::Fold { before, .. } = self.offset(wall) else { return None };
            wall = self.next(before.to_datetime(self.jump(self.instant)?))?;
        }
    }

    /// An interval: whatever the clock shows.
    fn interval(&self) -> Option<Timestamp> {
        let shown = self.zone.to_datetime(self.instant);
        let mut wall = self.next(shown.checked_add(SECOND).ok()?)?;
        if let AmbiguousOffset::Fold { before, after } = self.offset(shown)
            && self.zone.to_offset(self.instant) == before
        {
            // We stand in the first pass: what is left of it comes first, then the second pass from its beginning.
            let jump = self.zone.following(self.instant).next()?.timestamp();
            let end = before.to_datetime(jump);
            if wall < end {
                return before.to_timestamp(wall).ok();
            }
            wall = self.next(after.to_datetime(jump))?;
            if wall < end {
                return after.to_timestamp(wall).ok();
            }
        }
        loop {
            match self.offset(wall) {
                AmbiguousOffset::Unambiguous { offset } => return offset.to_timestamp(wall).ok(),
                AmbiguousOffset::Fold { before, after } => {
                    let first = before.to_timestamp(wall).ok()?;
                    return if first > self.instant { Some(first) } else { after.to_timestamp(wall).ok() };
                }
                AmbiguousOffset::Gap { before, after } => {
                    let jump = self.jump(before.to_timestamp(wall).ok()?)?;
                    wall = self.next(after.to_datetime(jump))?;
                }
            }
        }
    }

    /// The last change of the zone's clock at or before an instant.
    fn jump(&self, instant: Timestamp) -> Option<Timestamp> {
        let behind = instant.checked_add(SECOND).ok()?;
        self.zone.preceding(behind).next().map(|change| change.timestamp())
    }
}

/// The zone with this name, or why there is none.
pub(super) fn named(name: &str) -> Result<TimeZone, String> {
    let unknown = || {
        let meant = closest_zone(name).map(|zone| format!("; did you mean {zone}?")).unwrap_or_default();
        Err(format!("{name:?} is not a time zone; write one like Europe/London or UTC{meant}"))
    };
    if name.is_empty() || name.len() > 64 || name == "Etc/Unknown" {
        return unknown();
    }
    match TimeZone::get(name) {
        Ok(zone) => Ok(zone),
        Err(_) => unknown(),
    }
}

fn closest_zone(name: &str) -> Option<String> {
    let name = &name.chars().take(64).collect::<String>();
    let zones: Vec<String> = base::jiff::tz::db().available().map(|zone| zone.as_str().to_owned()).collect();
    let by_city = zones.iter().find(|zone| {
        zone.rsplit('/').next().is_some_and(|city| city.replace('_', " ").eq_ignore_ascii_case(name))
    });
    by_city
        .cloned()
        .or_else(|| crate::file::closest(name, zones.iter().map(String::as_str)).map(ToOwned::to_owned))
}

/// The offset as people write it: `+01:00`.
pub(super) fn offset_in_words(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", seconds.abs() / 3_600, seconds.abs() / 60 % 60)
}
