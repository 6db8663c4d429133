//! Compares the analysis with the truth of `renewals generate`, of any size: `against_truth FOLDER [AS-OF]`.

#[path = "../tests/truth/compare.rs"]
mod compare;

use compare::compare;
use std::path::Path;

fn main() {
    let mut words = std::env::args().skip(1);
    let folder = words.next().expect("a folder");
    let as_of = words.next().unwrap_or("2026-11-01".to_string());
    let count = compare(Path::new(&folder), as_of.parse().expect("a day"));
    println!("{count} obligations agree");
}
