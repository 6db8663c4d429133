//! The records that are served.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Args;
use crate::generate::{self, Format};
use crate::{Day, Error, Result};

/// All records of one kind.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) records: Vec<Record>,
    /// The first line of the CSV export; none when the data came without CSV.
    pub(crate) csv_header: Option<String>,
}

/// One record, in both formats, with what filters ask for.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) json: Box<str>,
    pub(crate) csv: Box<str>,
    date: Day,
    updated: Day,
    hosting: String,
    addon: String,
}

/// Which records are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) start: Option<Day>,
    pub(crate) end: Option<Day>,
    pub(crate) updated: Option<Day>,
    pub(crate) hosting: Vec<String>,
    pub(crate) addon: Vec<String>,
}

impl Filter {
    /// Whether it lets the record through. A reversed range lets nothing through, and is no error.
    pub(crate) fn takes(&self, record: &Record) -> bool {
        let is_among =
            |wanted: &[String], value: &str| wanted.is_empty() || wanted.iter().any(|one| one == value);
        self.start.is_none_or(|start| record.date >= start)
            && self.end.is_none_or(|end| record.date <= end)
            && self.updated.is_none_or(|updated| record.updated >= updated)
            && is_among(&self.hosting, &record.hosting)
            && is_among(&self.addon, &record.addon)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filed {
    last_updated: Day,
    addon_key: String,
    hosting: Option<String>,
    maintenance_start_date: Option<Day>,
    purchase_details: Option<Purchase>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Purchase {
    sale_date: Day,
    hosting: String,
}

fn file(json: Box<str>, csv: Box<str>) -> Result<Record> {
    let filed: Filed =
        serde_json::from_str(&json).map_err(|error| Error::input(format!("a record to serve: {error}")))?;
    let (date, hosting) = match filed.purchase_details {
        Some(purchase) => (Some(purchase.sale_date), Some(purchase.hosting)),
        None => (filed.maintenance_start_date, filed.hosting),
    };
    let hosting = hosting.unwrap_or_default().to_lowercase().replace(' ', "");
    Ok(Record {
        json,
        csv,
        date: date.unwrap_or(filed.last_updated),
        updated: filed.last_updated,
        hosting,
        addon: filed.addon_key,
    })
}

/// Transactions and licences, invented or from a folder.
pub(crate) fn load(args: &Args) -> Result<[Records; 2]> {
    match &args.data {
        Some(folder) => Ok([read(folder, "transactions")?, read(folder, "licenses")?]),
        None => invent(args),
    }
}

fn invent(args: &Args) -> Result<[Records; 2]> {
    let ask = |format| generate::Args {
        seed: args.seed,
        transactions: args.transactions,
        format,
        ..generate::Args::default()
    };
    let mut records = [Records::default(), Records::default()];
    let [transactions, licences] = &mut records;
    let mut json = [Vec::new(), Vec::new()];
    ask(Format::Ndjson).order()?.for_each(|block| {
        json[0].extend_from_slice(&block.transactions);
        json[1].extend_from_slice(&block.licences);
        Ok(())
    })?;
    let mut csv = [Vec::new(), Vec::new()];
    ask(Format::Csv).order()?.for_each(|block| {
        csv[0].extend_from_slice(&block.transactions);
        csv[1].extend_from_slice(&block.licences);
        Ok(())
    })?;
    let headers = [generate::transactions::HEADER, generate::licences::HEADER];
    for (place, kind) in [transactions, licences].into_iter().enumerate() {
        // Both formats come in the same order, so the n-th record of one is the n-th of the other.
        let json = text(&json[place])?;
        let csv = text(&csv[place])?;
        for (json, csv) in json.lines().zip(split(csv)) {
            kind.records.push(file(json.into(), csv.into())?);
        }
        kind.csv_header = Some(headers[place].to_owned());
    }
    Ok(records)
}

fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| Error::input(format!("the data to serve: {error}")))
}

/// Splits CSV into records, each with the end of its line; a quoted field may go over lines.
fn split(csv: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    csv.split_inclusive(move |letter| {
        is_quoted ^= letter == '"';
        letter == '\n' && !is_quoted
    })
}

fn read(folder: &Path, stem: &str) -> Result<Records> {
    for ending in ["ndjson", "json", "ndjson.gz", "json.gz"] {
        let path = folder.join(format!("{stem}.{ending}"));
        let Ok(mut opened) = File::open(&path) else { continue };
        let mut bytes = Vec::new();
        let done = if ending.ends_with(".gz") {
            flate2::read::MultiGzDecoder::new(opened).read_to_end(&mut bytes)
        } else {
            opened.read_to_end(&mut bytes)
        };
        done.map_err(|error| Error::file(&path, error))?;
        let text = text(&bytes)?;
        let mut records = Records::default();
        if text.trim_start().starts_with('[') {
            let all: Vec<&RawValue> = serde_json::from_str(text)
                .map_err(|error| Error::input(format!("{}: {error}", path.display())))?;
            for one in all {
                records.records.push(file(one.get().into(), "".into())?);
            }
        } else {
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                records.records.push(file(line.into(), "".into())?);
            }
        }
        return Ok(records);
    }
    Err(Error::input(format!("{} holds neither {stem}.json nor {stem}.ndjson", folder.display())))
}
