//! Reading again: the texts of the few records that are shown.
//!
//! While exports are read no text of a customer is kept, only where its record begins. What a list shows is fetched from there.

use super::column::Column;
use super::csv::Header;
use super::cut::Format;
use super::fields::Fields;
use super::source::{Block, Source};
use super::{Order, json};
use crate::{Error, Result};
use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// What a list shows of a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    /// SEN, entitlement number, or what there is.
    pub licence: String,
    /// The customer; empty where forgotten.
    pub company: String,
    /// Technical, else billing e-mail; empty where forgotten.
    pub contact: String,
}

const OFFSET: u64 = (1 << 48) - 1;

/// Most records are shorter than this; longer ones are asked for again.
const RECORD_BYTES: usize = 8 << 10;

/// The texts of the records at these places.
pub fn texts(order: &Order, mut places: Vec<u64>) -> Result<HashMap<u64, Texts>> {
    places.sort_unstable();
    places.dedup();
    let mut found = HashMap::new();
    for one_file in places.chunk_by(|a, b| a >> 48 == b >> 48) {
        let Some((path, kind)) = order.files.get((one_file[0] >> 48) as usize) else { continue };
        let mut source = Source::open(path, *kind, false)?;
        if source.is_packed {
            stream(&mut source, one_file, &mut found)?;
        } else {
            let file = File::open(path).map_err(|e| Error::input(format!("{}: {e}", path.display())))?;
            let threads = if order.threads == 0 { super::available() } else { order.threads };
            let fetched = fetch_all(&file, &source, one_file, threads)
                .map_err(|e| Error::failed(format!("{}: cannot be read again: {e}", path.display())))?;
            found.extend(fetched);
        }
    }
    Ok(found)
}

/// Reads records of a plain file, a share on each thread.
fn fetch_all(
    file: &File,
    source: &Source,
    places: &[u64],
    threads: usize,
) -> std::io::Result<Vec<(u64, Texts)>> {
    let form = (source.header.as_deref(), source.format);
    let fetch_some = move |places: &[u64]| -> std::io::Result<Vec<(u64, Texts)>> {
        places.iter().map(|place| Ok((*place, fetch(file, form, place & OFFSET)?))).collect()
    };
    let (own, others) = places.split_at(places.len().div_ceil(threads.max(1)));
    std::thread::scope(|scope| {
        let share = own.len().max(1);
        let running: Vec<_> =
            others.chunks(share).map(|places| scope.spawn(move || fetch_some(places))).collect();
        let mut all = fetch_some(own)?;
        for thread in running {
            all.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(all)
    })
}

/// What it takes to read a record: the header of CSV, and how records are told apart.
type Form<'a> = (Option<&'a Header>, Format);

/// Reads one record of a plain file.
fn fetch(file: &File, form: Form<'_>, offset: u64) -> std::io::Result<Texts> {
    let mut size = RECORD_BYTES;
    loop {
        let mut bytes = vec![0; size];
        let mut filled = 0;
        while filled < size {
            match file.read_at(&mut bytes[filled..], offset + filled as u64)? {
                0 => break,
                n => filled += n,
            }
        }
        let is_all = filled < size || size > super::source::RECORD_BYTES_MAX;
        bytes.truncate(filled);
        let (texts, end) = first(&bytes, form);
        // A record that ends with the bytes may go on behind them.
        if is_all || end < filled {
            return Ok(texts);
        }
        size *= 8;
    }
}

/// Reads a packed file from its beginning and picks the records.
fn stream(source: &mut Source, places: &[u64], found: &mut HashMap<u64, Texts>) -> Result<()> {
    let mut block = Block::default();
    let mut rest = places;
    let header = source.header.clone();
    let form = (header.as_deref(), source.format);
    while !rest.is_empty() && source.next(&mut block)? {
        let end = block.offset + block.records().len() as u64;
        while let Some((place, after)) = rest.split_first() {
            let Some(at) = (place & OFFSET).checked_sub(block.offset).filter(|_| place & OFFSET < end) else {
                break;
            };
            found.insert(*place, first(&block.records()[at as usize..], form).0);
            rest = after;
        }
    }
    Ok(())
}

/// The texts of the record that the bytes begin with, and where it ends.
fn first(bytes: &[u8], (header, format): Form<'_>) -> (Texts, usize) {
    let mut out = None;
    let mut fields = Fields::default();
    let mut each = |_: usize, to: usize, read: std::result::Result<&Fields, String>| {
        out.get_or_insert((read.map(|fields| texts_of(bytes, fields)).unwrap_or_default(), to));
    };
    match header {
        Some(header) => header.first(bytes, &mut fields, &mut each),
        None => json::Reader::default().first(bytes, format == Format::Lines, &mut fields, &mut each),
    }
    out.unwrap_or((Texts::default(), bytes.len()))
}

fn texts_of(bytes: &[u8], fields: &Fields) -> Texts {
    let text = |columns: &[Column]| {
        columns
            .iter()
            .map(|column| fields.value(bytes, *column))
            .find(|text| !text.is_empty() && *text != b"RTBF")
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .unwrap_or_default()
    };
    Texts {
        licence: text(&[
            Column::LicenseId,
            Column::EntitlementNumber,
            Column::AddonLicenseId,
            Column::EntitlementId,
        ]),
        company: text(&[Column::Company]),
        contact: text(&[Column::TechnicalEmail, Column::BillingEmail]),
    }
}
