//! Ranks: keys whose order as text is the order of a list, with room between any two.
//!
//! A rank is a whole number and a fraction, in base 62. The number's first letter says how many digits follow (`a` one, `b` two, ... and
//! `Z`, `Y`, ... below zero), so that adding at either end makes the key hardly longer; the fraction makes room in between.
//! A rank never changes because of its neighbours, so that a page that ends at one stays valid whatever happens around it.

use base::{Error, Result};

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The rank of the only thing in a list.
pub const FIRST: &str = "a0";

/// A rank between two others; none stands for the beginning or the end of the list.
pub fn between(before: Option<&str>, after: Option<&str>) -> Result<String> {
    match (before, after) {
        (None, None) => Ok(FIRST.to_owned()),
        (Some(before), None) => {
            let (whole, fraction) = split(before)?;
            match step(whole, true) {
                Some(next) => Ok(next),
                None => Ok(format!("{whole}{}", middle(fraction, None))),
            }
        }
        (None, Some(after)) => {
            let (whole, fraction) = split(after)?;
            if !fraction.is_empty() {
                return Ok(whole.to_owned());
            }
            match step(whole, false) {
                Some(previous) => Ok(previous),
                None => Err(broken(after)),
            }
        }
        (Some(before), Some(after)) if before < after => inside(before, after),
        (Some(before), Some(_)) => Err(broken(before)),
    }
}

/// So many ranks after `before`, in order.
pub fn following(before: Option<&str>, count: usize) -> Result<Vec<String>> {
    let mut ranks: Vec<String> = Vec::with_capacity(count);
    for _ in 0..count {
        let last = ranks.last().map(String::as_str).or(before);
        let next = between(last, None)?;
        ranks.push(next);
    }
    Ok(ranks)
}

fn inside(before: &str, after: &str) -> Result<String> {
    let (whole, fraction) = split(before)?;
    let (whole_after, fraction_after) = split(after)?;
    if whole == whole_after {
        return Ok(format!("{whole}{}", middle(fraction, Some(fraction_after))));
    }
    match step(whole, true) {
        Some(next) if next.as_str() < after => Ok(next),
        // No whole number lies between; there is always room above the fraction of the lower one.
        _ => Ok(format!("{whole}{}", middle(fraction, None))),
    }
}

fn broken(rank: &str) -> Error {
    Error::bug("rank.broken", format!("the order of a list is broken at {rank:?}"))
}

/// How long the whole number is, its first letter included.
fn length(first: u8) -> Option<usize> {
    match first {
        b'a'..=b'z' => Some(usize::from(first - b'a') + 2),
        b'A'..=b'Z' => Some(usize::from(b'Z' - first) + 2),
        _ => None,
    }
}

fn split(rank: &str) -> Result<(&str, &str)> {
    let length = rank.bytes().next().and_then(length).ok_or_else(|| broken(rank))?;
    if rank.len() < length || !rank.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(broken(rank));
    }
    Ok(rank.split_at(length))
}

fn digit(byte: u8) -> usize {
    match byte {
        b'0'..=b'9' => usize::from(byte - b'0'),
        b'A'..=b'Z' => usize::from(byte - b'A') + 10,
        _ => usize::from(byte - b'a') + 36,
    }
}

/// The whole number after (`up`) or before this one; none at the very end.
fn step(whole: &str, up: bool) -> Option<String> {
    let mut bytes = whole.as_bytes().to_vec();
    let (carry_at, wraps_to) = if up { (61, b'0') } else { (0, b'z') };
    for i in (1..bytes.len()).rev() {
        let value = digit(bytes[i]);
        if value != carry_at {
            bytes[i] = DIGITS[if up { value + 1 } else { value - 1 }];
            return String::from_utf8(bytes).ok();
        }
        bytes[i] = wraps_to;
    }
    // Every digit wrapped: the first letter moves on, and with it the number of digits.
    let first = match (bytes[0], up) {
        (b'z', true) | (b'A', false) => return None,
        (b'Z', true) => b'a',
        (b'a', false) => b'Z',
        (letter, true) => letter + 1,
        (letter, false) => letter - 1,
    };
    let digits = length(first)? - 1;
    let mut out = vec![first];
    out.resize(digits + 1, wraps_to);
    String::from_utf8(out).ok()
}

/// A fraction strictly between two; an empty lower one is zero, no upper one is the next whole number. Never ends in `0`, because
/// then nothing would fit below it.
fn middle(low: &str, high: Option<&str>) -> String {
    let mut out = String::new();
    let (low, mut high) = (low.as_bytes(), high.map(str::as_bytes));
    for i in 0.. {
        let l = low.get(i).map_or(0, |b| digit(*b));
        let h = match high {
            None => 62,
            Some(bytes) => bytes.get(i).map_or(0, |b| digit(*b)),
        };
        if l == h {
            out.push(char::from(DIGITS[l]));
        } else if h - l > 1 {
            out.push(char::from(DIGITS[(l + h) / 2]));
            break;
        } else {
            // Neighbouring digits: keep the lower one, and from here on anything above the rest of it will do.
            out.push(char::from(DIGITS[l]));
            high = None;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn adding_at_the_end_keeps_ranks_short() {
        let ranks = following(None, 100_000).expect("ranks");
        assert!(
            ranks.is_sorted() && ranks.iter().all(|rank| rank.len() <= 5),
            "the last is {:?}",
            ranks.last()
        );
        let mut first = FIRST.to_owned();
        for _ in 0..100_000 {
            let next = between(None, Some(&first)).expect("room before");
            assert!(next < first && next.len() <= 5);
            first = next;
        }
    }

    #[test]
    fn a_broken_rank_is_an_error_and_not_a_panic() {
        for (a, b) in [
            (Some(""), None),
            (Some("!"), None),
            (None, Some("b1")),
            (Some("a1"), Some("a0")),
            (Some("é0"), None),
        ] {
            assert!(between(a, b).is_err(), "{a:?} {b:?}");
        }
    }

    proptest! {
        #[test]
        fn there_is_always_room(places in proptest::collection::vec(0usize..1_000, 1..300)) {
            let mut list: Vec<String> = Vec::new();
            for place in places {
                let at = place % (list.len() + 1);
                let before = at.checked_sub(1).map(|i| list[i].clone());
                let rank = between(before.as_deref(), list.get(at).map(String::as_str)).expect("room");
                prop_assert!(!rank.ends_with('0') || rank.len() == length(rank.as_bytes()[0]).expect("a length"));
                list.insert(at, rank);
                prop_assert!(list.is_sorted_by(|a, b| a < b), "{:?}", list);
            }
        }
    }
}
