//! Exports as they come: broken, packed, in another order.

use renewals::analysis::{self, Question};
use renewals::figures::{Figures, Parameters};
use renewals::input::column::Kind;
use renewals::input::{BadRecords, Order};
use std::io::Write;
use std::path::PathBuf;

const HEADER: &str = "transactionId,transactionLineItemId,licenseId,addonKey,addonName,saleDate,saleType,licenseType,hosting,billingPeriod,tier,maintenanceStartDate,maintenanceEndDate,purchasePrice,vendorAmount,company,country,region,technicalContactEmail,partnerName,lastUpdated,surprise";
const FIRST: &str = "AT-1,1,SEN-1,com.example.app,App,2019-03-10,New,COMMERCIAL,Cloud,Annual,100 Users,2019-03-10,2020-03-10,100.00,75.00,Acme,Norway,EMEA,it@acme.example,,2019-03-10,x";
const SECOND: &str = "AT-2,2,SEN-1,com.example.app,App,2020-03-28,Renewal,COMMERCIAL,Cloud,Annual,100 Users,2020-03-10,2021-03-10,100.00,75.00,Acme,Norway,EMEA,it@acme.example,,2020-03-28,x";

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("input");
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}

fn read(path: PathBuf, bad: BadRecords) -> Result<Figures, String> {
    read_all(vec![(path, Kind::Transactions)], bad)
}

fn read_all(files: Vec<(PathBuf, Kind)>, bad: BadRecords) -> Result<Figures, String> {
    let order = Order { files, bad, wants_digests: true, ..Order::default() };
    let as_of = "2020-12-01".parse().expect("a day");
    let month = "2020-03".parse().expect("a month");
    let question = Question { order, params: Parameters::default(), as_of, month };
    analysis::figures(&question).map_err(|e| e.to_string())
}

/// March 2020: due and on time.
fn march(figures: &Figures) -> (u64, u64) {
    let month = figures.months.iter().find(|month| month.month.to_string() == "2020-03").expect("March");
    (month.due, month.outcomes.on_time)
}

fn json(csv: &str) -> String {
    let keys: Vec<&str> = HEADER.split(',').collect();
    let value = |key: &str| {
        let at = keys.iter().position(|known| *known == key).expect("a column");
        serde_json::Value::from(csv.split(',').nth(at).expect("a field"))
    };
    let part = |names: &[&str]| {
        names.iter().map(|name| (name.to_string(), value(name))).collect::<serde_json::Map<_, _>>()
    };
    let mut record = part(&[
        "transactionId",
        "transactionLineItemId",
        "licenseId",
        "addonKey",
        "addonName",
        "lastUpdated",
    ]);
    let mut customer = part(&["company", "country", "region"]);
    customer.insert(
        "technicalContact".into(),
        serde_json::json!({"name": "A \"B\" C", "email": value("technicalContactEmail")}),
    );
    let mut purchase = part(&[
        "saleDate",
        "saleType",
        "licenseType",
        "hosting",
        "billingPeriod",
        "tier",
        "maintenanceStartDate",
        "maintenanceEndDate",
    ]);
    purchase.insert("purchasePrice".into(), serde_json::json!(100.0));
    purchase.insert("vendorAmount".into(), serde_json::json!(75));
    purchase.insert("discounts".into(), serde_json::json!([{"type": "EXPERT", "amount": 1}]));
    record.insert("customerDetails".into(), customer.into());
    record.insert("purchaseDetails".into(), purchase.into());
    record.insert("partnerDetails".into(), serde_json::Value::Null);
    serde_json::Value::from(record).to_string()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).expect("packed");
    packer.finish().expect("packed")
}

#[test]
fn every_format_reads_the_same() {
    let csv = format!("{HEADER}\n{FIRST}\n{SECOND}\n");
    let reversed = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",");
    let (one, two) = (json(FIRST), json(SECOND));
    let formats: Vec<(&str, Vec<u8>)> = vec![
        ("plain.csv", csv.clone().into()),
        ("no-last-line-end.csv", csv.trim_end().into()),
        ("crlf.csv", csv.replace('\n', "\r\n").into()),
        ("bom.csv", format!("\u{feff}{csv}").into()),
        ("reversed.csv", format!("{}\n{}\n{}\n", reversed(HEADER), reversed(FIRST), reversed(SECOND)).into()),
        ("quoted.csv", csv.replace("Acme", "\"Ac,\n\"\"me\"").into()),
        ("blank-lines.csv", csv.replace('\n', "\n\n").into()),
        ("twice.csv", format!("{csv}{FIRST}\n{SECOND}\n").into()),
        ("array.json", format!("[{one},{two}]").into()),
        ("spaced.json", format!("\u{feff} [ {one} ,\r\n {two} ]\n").into()),
        (
            "pages.json",
            format!("{{\"_links\":{{\"self\":{{}}}},\"transactions\":[{one},{two}],\"x\":[1]}}").into(),
        ),
        ("lines.ndjson", format!("{one}\n{two}\n").into()),
        ("packed.csv.gz", gzip(csv.as_bytes())),
        ("packed.json.gz", gzip(format!("[{one},{two}]").as_bytes())),
    ];
    for (name, bytes) in formats {
        let figures = read(file(name, &bytes), BadRecords::Fail).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(march(&figures), (1, 1), "{name}");
        assert_eq!(figures.inputs[0].rows, if name == "twice.csv" { 4 } else { 2 }, "{name}");
        assert_eq!(figures.quality.duplicates, if name == "twice.csv" { 2 } else { 0 }, "{name}");
        assert_eq!(figures.inputs[0].blake3.len(), 64);
        assert_eq!(
            figures.months[0].expected_cents,
            if figures.months[0].due == 0 { 0 } else { 9_973 },
            "{name}"
        );
    }
}

#[test]
fn what_is_no_export_is_refused_with_a_reason() {
    let csv = format!("{HEADER}\n{FIRST}\n");
    let cut = gzip(csv.repeat(50).as_bytes());
    for (name, bytes, reason) in [
        ("empty.csv", &b""[..], "the file is empty"),
        ("blank.csv", b" \n\n", "the file is empty"),
        ("other.csv", b"a,b,c\n1,2,3\n", "not a transactions export: there is no column addonKey, saleDate"),
        ("semicolons.csv", HEADER.replace(',', ";").as_bytes(), "parted by semicolons"),
        ("header-only.csv", HEADER.as_bytes(), "there is no transaction in the exports"),
        ("cut.csv.gz", &cut[..cut.len() / 2], "cannot be read to its end"),
        ("cut.json", format!("[{}", json(FIRST)).as_bytes(), "the file ends amid the array"),
        (
            "amid.json",
            &format!("[{},{}]", json(FIRST), json(SECOND)).as_bytes()[..900],
            "the file ends amid the array",
        ),
        (
            "amid.csv",
            &format!("{csv}{SECOND}").as_bytes()[..HEADER.len() + FIRST.len() + 40],
            "fields where the header has 22",
        ),
        ("binary.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a transactions export"),
    ] {
        let error = read(file(name, bytes), BadRecords::Fail).expect_err(name);
        assert!(error.contains(reason), "{name}: {error}");
    }
    let missing = read("/nowhere/transactions.csv".into(), BadRecords::Skip).expect_err("no file");
    assert!(missing.contains("/nowhere/transactions.csv"), "{missing}");
}

#[test]
fn a_bad_record_is_told_with_its_line_or_ends_it_all() {
    for (bad, reason) in [
        (SECOND.replace("2020-03-28,Renewal", "28.3.2020,Renewal"), "line 4: saleDate `28.3.2020` is no day"),
        (SECOND.replace("2020-03-10,2021-03-10", "2020-03-10,"), "line 4: no maintenanceEndDate"),
        (SECOND.replace("100.00", "a lot"), "line 4: purchasePrice `a lot` is no amount"),
        (SECOND.replace("100.00", "99999999.00"), "line 4: purchasePrice 99999999.00 is beyond 21474836"),
        (SECOND.replace("2021-03-10", "1066-10-14"), "line 4: maintenanceEndDate 1066-10-14 is not within"),
        (SECOND.replace("2021-03-10", "2021-02-29"), "line 4: maintenanceEndDate `2021-02-29` is no day"),
        (SECOND.replace("SEN-1", "null"), "line 4: no licence is named"),
        (SECOND.replace(",x", ""), "line 4: 21 fields where the header has 22"),
    ] {
        // The line end in quotes counts as a line.
        let text = format!("{HEADER}\n{}\n{bad}\n", FIRST.replace("Acme", "\"Ac\nme\""));
        let path = file("bad.csv", text.as_bytes());
        let error = read(path.clone(), BadRecords::Fail).expect_err(reason);
        assert!(error.contains(reason), "{error}");
        let figures = read(path, BadRecords::Skip).expect("figures");
        assert_eq!((march(&figures), figures.quality.bad_records), ((1, 0), 1), "{reason}");
        assert!(figures.quality.bad_examples[0].contains(reason), "{:?}", figures.quality.bad_examples);
    }
}

#[test]
fn what_is_unknown_is_counted_and_shown() {
    let odd = SECOND
        .replace("SEN-1", "SEN-2")
        .replace("Renewal", "Barter")
        .replace("COMMERCIAL", "GALACTIC")
        .replace("Cloud", "Mainframe")
        .replace("Acme", "RTBF");
    let far = SECOND
        .replace("AT-2,2,SEN-1", "AT-3,3,SEN-3")
        .replace("2020-03-10,2021-03-10", "2005-03-10,2049-03-10");
    let figures =
        read(file("odd.csv", format!("{HEADER}\n{FIRST}\n{odd}\n{far}\n").as_bytes()), BadRecords::Fail);
    let quality = figures.expect("figures").quality;
    for value in ["saleType:Barter", "licenseType:GALACTIC", "hosting:Mainframe"] {
        assert_eq!(quality.unknown_values.get(value), Some(&1), "{value}");
    }
    assert_eq!(quality.rtbf, 1);
}

#[test]
fn a_line_that_never_ends_is_given_up() {
    let mut text = format!("{HEADER}\n{FIRST}\n").into_bytes();
    text.extend(std::iter::repeat_n(b'x', 40 << 20));
    text.extend(format!("\n{SECOND}\n").bytes());
    let path = file("endless.csv", &text);
    let error = read(path.clone(), BadRecords::Fail).expect_err("no end");
    assert!(error.contains("line 3") && error.contains("longer than 16 MiB"), "{error}");
    let figures = read(path, BadRecords::Skip).expect("figures");
    assert_eq!((march(&figures), figures.quality.bad_records), ((1, 1), 1));
}

#[test]
fn licences_add_names_and_migrations() {
    let text = format!(
        "{HEADER}\n{}\n{}\n",
        FIRST.replace("Cloud", "Server"),
        SECOND
            .replace("SEN-1", "SEN-9")
            .replace("Renewal", "New")
            .replace("Acme,Norway,EMEA,it@acme", "B,Japan,APAC,x@b"),
    );
    let transactions = file("migrated.csv", text.as_bytes());
    let alone = read(transactions.clone(), BadRecords::Fail).expect("figures");
    assert_eq!((alone.months[0].outcomes.migrated, alone.months[0].outcomes.lapsed), (0, 1));
    let licences =
        "licenseId,addonKey,cmtRelatedOnPremLicense\nSEN-9,com.example.app,SEN-1\nSEN-77,com.example.app,\n";
    let files =
        vec![(transactions, Kind::Transactions), (file("licences.csv", licences.as_bytes()), Kind::Licences)];
    let figures = read_all(files, BadRecords::Fail).expect("figures");
    assert_eq!(figures.months[0].outcomes.migrated, 1);
    assert_eq!(figures.quality.linked_by.get("explicit"), Some(&1));
    assert_eq!(figures.quality.licences_without_transactions, 1);
}

#[test]
fn who_did_not_renew_is_listed_with_what_the_export_says() {
    let lapsed =
        FIRST.replace("2019-03-10,2020-03-10", "2019-10-10,2020-10-10").replace("Acme", "\"Ac, \"\"me\"\"\"");
    for (name, text) in [
        ("list.csv", format!("{HEADER}\n{lapsed}\n").into_bytes()),
        ("list.csv.gz", gzip(format!("{HEADER}\n{lapsed}\n").as_bytes())),
    ] {
        let figures = read(file(name, &text), BadRecords::Fail).expect("figures");
        let [missed] = &figures.not_renewed[..] else { panic!("{name}: {:?}", figures.not_renewed) };
        assert_eq!((missed.licence.as_str(), missed.company.as_str()), ("SEN-1", "Ac, \"me\""), "{name}");
        assert_eq!((missed.contact.as_str(), missed.outcome.as_str()), ("it@acme.example", "pending"));
        assert_eq!((missed.days_overdue, missed.last_price_cents), (52, 10_000));
    }
}

/// A sale of one licence, with what differs.
fn sale(id: u32, licence: &str, kind: &str, start: &str, end: &str, company: &str, email: &str) -> String {
    format!(
        "AT-{id},{id},{licence},com.example.app,App,{start},{kind},COMMERCIAL,Cloud,Annual,100 Users,{start},{end},100.00,75.00,{company},Norway,EMEA,{email},,{start},x\n"
    )
}

#[test]
fn a_new_licence_under_a_misspelt_name_is_shown_beside_the_missed_one_and_not_counted() {
    let rows = [
        sale(1, "SEN-1", "New", "2019-10-10", "2020-10-10", "Fjordline Shipping AS", "it@fjordline.example"),
        sale(2, "SEN-2", "New", "2020-10-12", "2021-10-12", "Fjordlin Shipping", "office@gmail.com"),
        sale(3, "SEN-3", "New", "2020-10-12", "2021-10-12", "Baltic Pumps", "office@baltic.example"),
    ];
    let path = file("maybe.csv", format!("{HEADER}\n{}", rows.concat()).as_bytes());
    let figures = read(path, BadRecords::Fail).expect("figures");
    let missed = figures.not_renewed.first().expect("a licence that did not renew");
    assert_eq!((missed.licence.as_str(), missed.maybe.as_deref()), ("SEN-1", Some("SEN-2")));
    let october = figures.months.iter().find(|month| month.month.to_string() == "2020-10").expect("October");
    assert_eq!((october.due, october.outcomes.repurchased), (1, 0), "a hint is no renewal");
}

#[test]
fn a_report_says_what_an_earlier_one_said_otherwise() {
    let report = |name: &str, csv: &[String], previous: Option<&PathBuf>| {
        let path = file(&format!("{name}.csv"), format!("{HEADER}\n{}", csv.concat()).as_bytes());
        let json = path.with_extension("json");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_renewals"));
        command.args([
            "report",
            "--as-of",
            "2021-06-01",
            "--month",
            "2021-03",
            "--event",
            "2021-03-05=Prices raised",
        ]);
        command.arg("--transactions").arg(&path).arg("--json").arg(&json);
        if let Some(previous) = previous {
            command.arg("--previous").arg(previous);
        }
        let done = command.output().expect("it runs");
        assert!(done.stderr.is_ascii() || !done.stderr.is_empty(), "it says what came out");
        json
    };
    let sold = |id, kind, start, end| sale(id, "SEN-1", kind, start, end, "Acme", "it@acme.example");
    let first = sold(1, "New", "2020-03-10", "2021-03-10");
    let second = sold(2, "Renewal", "2021-03-10", "2022-03-10");
    let earlier = report("earlier", &[first.clone(), second.clone()], None);
    let refund = second
        .replace("AT-2,2,", "AT-3,3,")
        .replace("Renewal", "Refund")
        .replace("100.00,75.00", "-100.00,-75.00");
    let later = report("later", &[first, second, refund], Some(&earlier));
    let figures: serde_json::Value =
        serde_json::from_slice(&std::fs::read(later).expect("figures")).expect("JSON");
    let restated = &figures["restated"][0];
    assert_eq!(restated["month"], "2021-03", "{figures:#}");
    assert_eq!((&restated["retained_was"], &restated["retained"]), (&1.into(), &0.into()));
    assert_eq!(restated["why"], "1 fewer on time, 1 more pending or lapsed");
    assert_eq!(figures["events"][0]["what"], "Prices raised");
}
