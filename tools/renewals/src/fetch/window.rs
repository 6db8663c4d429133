//! Windows of time: a long history is read in pieces, so that a fault costs one piece.

use crate::Day;

/// From a day to a day, both included; open where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: Option<Day>,
    pub(crate) end: Option<Day>,
}

/// The first year that has a window of its own; what is older shares one.
const FIRST_YEAR: i32 = 2013;

/// Windows of a year that together hold everything from `since`, or from ever, to whenever.
pub(crate) fn years(since: Option<Day>, today: Day) -> Vec<Window> {
    let (last, ..) = today.date();
    let (first, ..) = since.unwrap_or(Day::new(FIRST_YEAR - 1, 1, 1).unwrap_or_default()).date();
    let mut windows = Vec::new();
    for year in first..=last.max(first) {
        let start = if year == first { since } else { Day::new(year, 1, 1) };
        let end = if year >= last { None } else { Day::new(year, 12, 31) };
        windows.push(Window { start, end });
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_leave_no_day_out_and_hold_none_twice() {
        let day = |text: &str| text.parse::<Day>().expect("a date");
        let today = day("2026-11-22");
        for since in [None, Some(day("2025-03-04")), Some(day("2026-05-01")), Some(day("2027-01-01"))] {
            let windows = years(since, today);
            assert_eq!(windows[0].start, since);
            assert_eq!(windows.last().expect("at least one").end, None);
            for pair in windows.windows(2) {
                assert_eq!(pair[0].end.map(|end| end.plus(1)), pair[1].start);
            }
        }
        assert_eq!(years(None, today).len(), 15);
    }
}
