//! The analysis against the truth that the generator tells: to the last licence, for every format.

#[path = "truth/compare.rs"]
mod compare;

use compare::compare;
use renewals::{Day, generate};
use std::path::Path;

/// Writes a sample and compares; how many obligations agree.
fn sampled(folder: &Path, seed: u64, format: generate::Format, gzip: bool, as_of: Day) -> usize {
    let args = generate::Args {
        seed,
        transactions: 10_000,
        out: folder.to_path_buf(),
        format,
        gzip,
        until: "2026-11-01".parse().expect("a day"),
        as_of: Some(as_of),
    };
    generate::write(&args).expect("a sample");
    compare(folder, as_of)
}

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

#[test]
fn every_obligation_is_what_the_generator_meant() {
    let day = |text: &str| text.parse().expect("a day");
    for (n, format, gzip, as_of) in [
        (1, generate::Format::Csv, false, day("2026-11-01")),
        (2, generate::Format::Json, false, day("2026-11-01")),
        (3, generate::Format::Csv, true, day("2022-06-15")),
    ] {
        let count = sampled(&folder(&format!("truth-{n}")), n, format, gzip, as_of);
        assert!(count > 3000, "{count}");
    }
}
