//! Reads a window page by page.
//!
//! Pages overlap by one record. When the first record of a page is not the last of the page before, the server has sent
//! another page, or records have moved since: the page is asked for again, then the whole window is.

use reqwest::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Report;
use super::client::Client;
use super::record::digest;
use super::store::{Place, Store};
use crate::{Error, Result};

/// What the server gives at most.
const LIMIT: usize = 50;
/// How often a page that does not fit is asked for again.
const PAGE_TRIES: u32 = 2;
/// How often a window is read anew.
const WINDOW_TRIES: u32 = 5;

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "_links", default)]
    links: Links,
    #[serde(default)]
    transactions: Vec<Box<RawValue>>,
    #[serde(default)]
    licenses: Vec<Box<RawValue>>,
}

#[derive(Default, Deserialize)]
struct Links {
    next: Option<serde_json::Value>,
}

/// Reads all records that the filter lets through into the store.
pub(crate) fn read(
    client: &mut Client<'_>,
    store: &mut Store,
    path: &str,
    filter: &str,
    report: Report,
) -> Result<()> {
    for _ in 0..WINDOW_TRIES {
        if try_window(client, store, path, filter, report)? {
            return Ok(());
        }
        client.summary.windows_anew += 1;
        store.forget_window()?;
    }
    Err(Error::download(format!(
        "{path}: records kept moving between pages; run again later, or use --via export"
    )))
}

/// Reads page after page; false when they do not fit together.
fn try_window(
    client: &mut Client<'_>,
    store: &mut Store,
    path: &str,
    filter: &str,
    report: Report,
) -> Result<bool> {
    loop {
        let place = store.place();
        let Some((records, is_last)) = fitting_page(client, path, filter, report, &place)? else {
            return Ok(false);
        };
        let overlap = usize::from(place.anchor.is_some());
        for record in records.iter().skip(overlap) {
            store.put(record.get())?;
        }
        let Some(last) = records.last().filter(|_| !is_last && records.len() > overlap) else {
            return Ok(true);
        };
        store.page_done(place.offset + records.len() as u64 - 1, digest(last.get()))?;
    }
}

/// The page at a place and whether it is the last; nothing when no page fits there.
fn fitting_page(
    client: &mut Client<'_>,
    path: &str,
    filter: &str,
    report: Report,
    place: &Place,
) -> Result<Option<(Vec<Box<RawValue>>, bool)>> {
    let path = format!("{path}?limit={LIMIT}&offset={}{filter}", place.offset);
    for _ in 0..=PAGE_TRIES {
        let page: Page = client.repeat(|client| client.json(Method::GET, &path))?.map_err(Error::download)?;
        let records = match report {
            Report::Transactions => page.transactions,
            Report::Licenses => page.licenses,
        };
        let first = records.first().map(|record| digest(record.get()));
        if place.anchor.is_none() || first == place.anchor {
            return Ok(Some((records, page.links.next.is_none())));
        }
        client.summary.repeated += 1;
    }
    Ok(None)
}
