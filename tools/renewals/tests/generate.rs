//! Invented exports: the same everywhere, and true to themselves.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use renewals::generate::{self, Args, Format};
use sha2::{Digest, Sha256};

/// A folder of the test's own, gone when the test is.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("renewals-generate-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a place for temporary files");
        Self(path)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).expect("the file is there")
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect("text")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A leftover in the folder for temporary files harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn args(out: &Path) -> Args {
    Args { seed: 7, transactions: 20_000, out: out.to_owned(), ..Args::default() }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

const NAMES: [&str; 4] = ["transactions.csv", "licenses.csv", "truth-obligations.csv", "truth-months.csv"];

#[test]
fn a_seed_gives_the_same_bytes_again_and_on_every_machine() {
    let (one, two, other) = (Folder::new("one"), Folder::new("two"), Folder::new("other"));
    generate::write(&args(&one.0)).expect("written");
    generate::write(&args(&two.0)).expect("written");
    generate::write(&Args { seed: 8, ..args(&other.0) }).expect("written");
    for name in NAMES {
        assert!(one.read(name) == two.read(name), "{name} differs from run to run");
        assert!(one.read(name) != other.read(name), "{name} is the same for another seed");
    }
    // These change when the invention changes, never with the machine.
    let hashes = NAMES.map(|name| hash(&one.read(name)));
    assert_eq!(hashes, EXPECTED);
}

const EXPECTED: [&str; 4] = ["0b7e149f1662456e", "d63efb1fd75172bc", "c6d01f3c6253a4fd", "06336b4e0d258e68"];

#[test]
fn the_number_of_rows_is_about_what_was_asked_for() {
    let folder = Folder::new("number");
    for (asked, tolerance) in [(1, 60), (1000, 200), (50_000, 1000)] {
        let written = generate::write(&Args { transactions: asked, ..args(&folder.0) }).expect("written");
        assert!(written.transactions.abs_diff(asked) <= tolerance, "{asked}: {written:?}");
    }
}

#[test]
fn months_are_the_sum_of_the_obligations() {
    let folder = Folder::new("sums");
    for as_of in ["2026-11-01", "2021-06-15", "2015-01-01"] {
        let as_of = Some(as_of.parse().expect("a date"));
        generate::write(&Args { as_of, ..args(&folder.0) }).expect("written");
        let mut counted: BTreeMap<(String, String), u64> = BTreeMap::new();
        for line in folder.text("truth-obligations.csv").lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            assert_eq!(fields[2], &fields[1][..7]);
            let is_outside = ["superseded", "cancelled", "retro", "future"].contains(&fields[3]);
            let outcome = if fields[7] == "no" && !is_outside { "not_renewable" } else { fields[3] };
            *counted.entry((fields[2].to_owned(), outcome.to_owned())).or_default() += 1;
        }
        let months = folder.text("truth-months.csv");
        let mut lines = months.lines();
        let names: Vec<&str> = lines.next().expect("a header").split(',').collect();
        for line in lines {
            let fields: Vec<&str> = line.split(',').collect();
            let numbers: Vec<u64> =
                fields[1..].iter().map(|field| field.parse().expect("a number")).collect();
            assert_eq!(numbers[0], numbers[1..10].iter().sum::<u64>(), "due is the sum of nine outcomes");
            for (name, number) in names[2..16].iter().zip(&numbers[1..]) {
                let found = counted.remove(&(fields[0].to_owned(), (*name).to_owned())).unwrap_or(0);
                assert_eq!(*number, found, "{name} in {}", fields[0]);
            }
        }
        assert!(counted.is_empty(), "{counted:?} is in no month");
    }
}

#[test]
fn formats_tell_the_same_and_packed_files_unpack_to_it() {
    let (csv, ndjson, json, packed) =
        (Folder::new("csv"), Folder::new("ndjson"), Folder::new("json"), Folder::new("packed"));
    let small = |out: &Folder| Args { transactions: 4000, ..args(&out.0) };
    generate::write(&small(&csv)).expect("written");
    generate::write(&Args { format: Format::Ndjson, ..small(&ndjson) }).expect("written");
    generate::write(&Args { format: Format::Json, ..small(&json) }).expect("written");
    generate::write(&Args { gzip: true, ..small(&packed) }).expect("written");
    for stem in ["transactions", "licenses"] {
        let lines = ndjson.text(&format!("{stem}.ndjson"));
        let lines: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let all: Vec<serde_json::Value> =
            serde_json::from_slice(&json.read(&format!("{stem}.json"))).expect("an array");
        assert!(lines == all, "{stem}");
        let text = csv.text(&format!("{stem}.csv"));
        let columns = text.lines().next().expect("a header").split(',').count();
        let records = records(&text);
        assert!(
            records.iter().all(|record| record.len() == columns),
            "{stem}: every record has every column"
        );
        assert_eq!(records.len(), all.len() + 1, "{stem}");
        let mut unpacked = Vec::new();
        let packed = packed.read(&format!("{stem}.csv.gz"));
        flate2::read::MultiGzDecoder::new(&packed[..]).read_to_end(&mut unpacked).expect("gzip");
        assert!(unpacked == text.as_bytes(), "{stem}");
    }
}

/// Reads CSV the slow way.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field, mut is_quoted) = (vec![], vec![], String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => record.push(std::mem::take(&mut field)),
            '\n' if !is_quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            _ => field.push(letter),
        }
    }
    records
}

#[test]
fn exports_hold_every_flaw_that_real_ones_have() {
    let folder = Folder::new("flaws");
    generate::write(&Args { transactions: 60_000, ..args(&folder.0) }).expect("written");
    let text = folder.text("transactions.csv");
    for flaw in [
        ",RTBF,",
        ",null,",
        ",n/a,",
        ",Refund,",
        ",Downgrade,",
        ",Upgrade,",
        ",Adjustment,",
        ",Uncollectible,",
        ",SOCIAL_IMPACT,",
        ",EVALUATION,",
        ",commercial,",
        ",Data center,",
        ",Monthly,",
        ",-5 Users,",
        "\nAccounts payable\"",
        "Inc.\"",
        "\"\"",
        "@gmail.com",
        "REFUND_CANCELLED_PURCHASE",
    ] {
        assert!(text.contains(flaw), "no {flaw:?}");
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut sorted = lines.clone();
    sorted.sort_unstable();
    assert!(sorted.windows(2).any(|pair| pair[0] == pair[1]), "no row comes twice");
    let truth = folder.text("truth-obligations.csv");
    for outcome in [
        "early",
        "on_time",
        "late",
        "very_late",
        "upgraded",
        "migrated",
        "repurchased",
        "pending",
        "lapsed",
        "superseded",
        "cancelled",
        "retro",
        "future",
    ] {
        assert!(truth.contains(&format!(",{outcome},")), "nothing is {outcome}");
    }
}
