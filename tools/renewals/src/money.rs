//! Amounts in cents. They are read digit by digit and never become floating point.

/// The amount in cents; parts of a cent are rounded, halves away from zero. `None` if it is no number or beyond what fits.
pub fn cents(text: &[u8]) -> Option<i64> {
    let (is_negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (number, exponent) = match rest.iter().position(|c| matches!(c, b'e' | b'E')) {
        Some(at) => (&rest[..at], exponent(&rest[at + 1..])?),
        None => (rest, 0),
    };
    let (whole, part) = match number.iter().position(|c| *c == b'.') {
        Some(at) => (&number[..at], &number[at + 1..]),
        None => (number, &[][..]),
    };
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    // Digits until the second one behind the point, wherever the exponent moves that.
    let kept = i32::try_from(whole.len()).ok()? + exponent + 2;
    let mut seen = 0;
    let mut round = 0;
    for c in whole.iter().chain(part) {
        if !c.is_ascii_digit() {
            return None;
        }
        let digit = i64::from(c - b'0');
        if seen < kept {
            value = value.checked_mul(10)?.checked_add(digit)?;
        } else if seen == kept {
            round = i64::from(digit >= 5);
        }
        seen += 1;
    }
    for _ in seen..kept {
        value = value.checked_mul(10)?;
    }
    let value = value.checked_add(round)?;
    Some(if is_negative { -value } else { value })
}

fn exponent(text: &[u8]) -> Option<i32> {
    let exponent: i32 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (-18..=18).contains(&exponent).then_some(exponent)
}

/// What a term of `days` that cost `price` costs in a year of 365 days, rounded, halves up.
pub fn per_year(price: i64, days: i32) -> i64 {
    of_year(price, days, 1)
}

/// Half of what a term of `days` that cost `price` costs in a year of 365 days, rounded once, halves up.
pub fn half_per_year(price: i64, days: i32) -> i64 {
    of_year(price, days, 2)
}

fn of_year(price: i64, days: i32, part: i128) -> i64 {
    let days = i128::from(days.max(1)) * part;
    i64::try_from((i128::from(price) * 730 + days).div_euclid(2 * days)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (text, expected) in [
            ("100", Some(10_000)),
            ("100.0", Some(10_000)),
            ("-12.5", Some(-1_250)),
            ("0.07", Some(7)),
            (".5", Some(50)),
            ("5.", Some(500)),
            ("33.335", Some(3_334)),
            ("33.3349", Some(3_333)),
            ("-0.005", Some(-1)),
            ("1e3", Some(100_000)),
            ("1.5E-1", Some(15)),
            ("1.005e2", Some(10_050)),
            ("90071992547409.93", Some(9_007_199_254_740_993)),
            ("", None),
            ("-", None),
            ("$5", None),
            ("1,000", None),
            ("99999999999999999999", None),
            ("NaN", None),
        ] {
            assert_eq!(cents(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_year_has_365_days() {
        assert_eq!(per_year(36_600, 366), 36_500);
        assert_eq!(per_year(100, 730), 50);
        assert_eq!(per_year(-100, 730), -50);
        assert_eq!(per_year(1, 365), 1);
        assert_eq!((half_per_year(100, 365), half_per_year(101, 365), half_per_year(103, 730)), (50, 51, 26));
    }
}
