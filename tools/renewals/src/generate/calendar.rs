//! Dates as plain day numbers: the generator asks for millions of them.

use std::sync::LazyLock;

/// Days since 1970-01-01.
pub(crate) type Day = i32;

/// The day with this year, month and day of month.
pub(crate) const fn day(year: i32, month: i32, of_month: i32) -> Day {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + of_month - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of month.
pub(crate) const fn civil(day: Day) -> (i32, i32, i32) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, of_month)
}

/// The same date `years` later; 29 February becomes the 28th.
pub(crate) fn plus_years(from: Day, years: i32) -> Day {
    let (year, month, of_month) = civil(from);
    day(year + years, month, if month == 2 { of_month.min(28) } else { of_month })
}

/// The same day `months` later, or the last day of a month that is too short.
pub(crate) fn plus_months(from: Day, months: i32) -> Day {
    let (year, month, of_month) = civil(from);
    let count = year * 12 + month - 1 + months;
    let first = day(count.div_euclid(12), count.rem_euclid(12) + 1, 1);
    let next = day((count + 1).div_euclid(12), (count + 1).rem_euclid(12) + 1, 1);
    (first + of_month - 1).min(next - 1)
}

/// The first day of the month.
pub(crate) fn first_of_month(of: Day) -> Day {
    of - civil(of).2 + 1
}

/// Months since year 0.
pub(crate) fn month(of: Day) -> i32 {
    let (year, month, _) = civil(of);
    year * 12 + month - 1
}

/// A month as text: `2026-11`.
pub(crate) fn month_text(month: i32) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

const FIRST: Day = day(1990, 1, 1);
const LAST: Day = day(2060, 1, 1);

static TEXTS: LazyLock<Vec<[u8; 10]>> = LazyLock::new(|| {
    (FIRST..=LAST)
        .map(|at| {
            let (year, month, of_month) = civil(at);
            format!("{year:04}-{month:02}-{of_month:02}").into_bytes().try_into().expect("ten characters")
        })
        .collect()
});

/// Appends `2026-11-30`.
pub(crate) fn write(out: &mut Vec<u8>, at: Day) {
    out.extend_from_slice(&TEXTS[(at.clamp(FIRST, LAST) - FIRST) as usize]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree_with_a_calendar_that_others_wrote() {
        let epoch = jiff::civil::date(1970, 1, 1);
        for number in day(1996, 1, 1)..day(2045, 1, 1) {
            let date = epoch.checked_add(jiff::Span::new().days(number)).expect("in range");
            assert_eq!(civil(number), (date.year().into(), date.month().into(), date.day().into()));
            assert_eq!(day(date.year().into(), date.month().into(), date.day().into()), number);
        }
    }

    #[test]
    fn years_and_months_keep_to_the_length_of_months() {
        for (from, months, expect) in [
            (day(2020, 2, 29), 12, day(2021, 2, 28)),
            (day(2020, 1, 31), 1, day(2020, 2, 29)),
            (day(2020, 12, 15), 1, day(2021, 1, 15)),
            (day(2020, 5, 31), 13, day(2021, 6, 30)),
        ] {
            assert_eq!(plus_months(from, months), expect);
        }
        assert_eq!(plus_years(day(2020, 2, 29), 1), day(2021, 2, 28));
        assert_eq!(month_text(month(day(2026, 11, 30))), "2026-11");
    }
}
