//! Sizes as people write them.

const UNITS: [(&str, u64); 13] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
    ("t", 1 << 40),
    ("b", 1),
];

/// Reads a size: `512MiB`, `1.5 GB`, `2g`, or whole bytes.
pub fn size(text: &str) -> Option<u64> {
    let lower = text.trim().to_ascii_lowercase();
    let (number, unit) = UNITS
        .iter()
        .find_map(|(suffix, unit)| Some((lower.strip_suffix(suffix)?.trim_end(), *unit)))
        .unwrap_or((lower.as_str(), 1));
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(unit);
    }
    // Fractions of bytes mean nothing, and neither do numbers that a float can't hold.
    let bytes = number.parse::<f64>().ok()? * unit as f64;
    (unit > 1 && bytes.is_finite() && bytes < 9e15).then_some(bytes.round() as u64)
}

/// Reads a number of processors as thousandths: `1.5` is 1500.
pub fn cpus_milli(text: &str) -> Option<u32> {
    let cpus: f64 = text.trim().parse().ok()?;
    let milli = (cpus * 1_000.0).round();
    (milli.is_finite() && (1.0..=1_024_000.0).contains(&milli)).then_some(milli as u32)
}
