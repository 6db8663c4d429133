//! Numbers as a reader wants them, always the same way: no locale, no more digits than the count carries.

use crate::{Day, Month};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Returns `8,393,175`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns `1 licence` or `8,393 licences`.
pub fn counted(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(n))
}

/// Returns the decimals that a percentage of `n` deserves: none below 1,000.
pub fn decimals(n: u64) -> usize {
    usize::from(n >= 1_000)
}

/// Returns `63%`, or `62.8%` with one decimal.
pub fn percent(rate: f64, decimals: usize) -> String {
    // Adding zero turns a negative zero into a plain one.
    format!("{:.decimals$}%", rounded(rate * 100.0, decimals) + 0.0)
}

/// Returns `52–72%`.
pub fn range(lower: f64, upper: f64, decimals: usize) -> String {
    format!("{:.decimals$}–{}", rounded(lower * 100.0, decimals) + 0.0, percent(upper, decimals))
}

/// Returns `+2.1 points`, `−0.4 points` or `±0.0 points`.
pub fn points(difference: f64, decimals: usize) -> String {
    let value = rounded(difference * 100.0, decimals);
    let sign = match value {
        value if value > 0.0 => "+",
        value if value < 0.0 => "−",
        _ => "±",
    };
    let noun = if value.abs() == 1.0 { "point" } else { "points" };
    format!("{sign}{:.decimals$} {noun}", value.abs())
}

/// Rounds half away from zero, as people do; formatting alone rounds half to even.
fn rounded(value: f64, decimals: usize) -> f64 {
    let unit = 10f64.powi(decimals as i32);
    // A hair up, so that 62.5 that came out as 62.49999999 is still rounded up.
    (value * unit + value.signum() * 1e-9).round() / unit
}

/// Returns `$1,234,567`; cents are noise in every sum the report shows.
pub fn dollars(cents: i64) -> String {
    let sign = if cents < 0 { "−" } else { "" };
    format!("{sign}${}", count((cents.unsigned_abs() + 50) / 100))
}

/// Returns `$1.2M`, `$34k` or `$560`: three digits at most.
pub fn short_dollars(cents: i64) -> String {
    let sign = if cents < 0 { "−" } else { "" };
    let dollars = cents.unsigned_abs() as f64 / 100.0;
    let text = match dollars {
        d if d >= 99_500_000_000.0 => format!("{:.0}B", d / 1e9),
        d if d >= 999_500_000.0 => format!("{:.1}B", d / 1e9),
        d if d >= 99_950_000.0 => format!("{:.0}M", d / 1e6),
        d if d >= 999_500.0 => format!("{:.1}M", d / 1e6),
        d if d >= 9_950.0 => format!("{:.0}k", d / 1e3),
        d if d >= 999.5 => format!("{:.1}k", d / 1e3),
        d => format!("{d:.0}"),
    };
    format!("{sign}${text}")
}

/// Returns `August 2026`.
pub fn month(month: Month) -> String {
    let (year, number) = month.parts();
    format!("{} {year}", MONTHS[number as usize - 1])
}

/// Returns `Aug`.
pub fn short_month(month: Month) -> &'static str {
    &MONTHS[month.parts().1 as usize - 1][..3]
}

/// Returns `1 November 2026`.
pub fn day(day: Day) -> String {
    let (year, month, number) = day.date();
    format!("{number} {} {year}", MONTHS[month as usize - 1])
}

/// Returns a chance as `once in 55 months`; beyond a million it is `less than once in a million months`.
pub fn once_in(chance: f64) -> String {
    if chance < 1e-6 {
        return "less than once in a million months".to_owned();
    }
    let times = 1.0 / chance;
    // Two digits are plenty for a chance.
    let unit = 10f64.powi((times.log10().floor() as i32 - 1).max(0));
    format!("once in {} months", count(((times / unit).round() * unit) as u64))
}

/// Returns a chance as `0.012` or `<0.001`.
pub fn chance(chance: f64) -> String {
    if chance < 0.001 { "<0.001".to_owned() } else { format!("{chance:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(8_393_175), "8,393,175");
        assert_eq!(percent(0.625, 0), "63%");
        assert_eq!(percent(-0.0001, 0), "0%");
        assert_eq!(range(0.5223, 0.7225, 0), "52–72%");
        assert_eq!(points(-0.004, 0), "±0 points");
        assert_eq!(points(0.0101, 0), "+1 point");
        assert_eq!(dollars(-123_456_789), "−$1,234,568");
        assert_eq!(short_dollars(123_456_789), "$1.2M");
        assert_eq!(short_dollars(99_960), "$1.0k");
        assert_eq!(short_dollars(3_400_000), "$34k");
        assert_eq!(once_in(0.0182), "once in 55 months");
        assert_eq!(once_in(0.000_137), "once in 7,300 months");
    }
}
