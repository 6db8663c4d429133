//! Reads a window as one export: ask for it, wait until it is made, download it.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::client::{Client, Trouble};
use super::store::Store;
use crate::clock::Stopwatch;
use crate::{Error, Result};

/// How often an export is asked for anew before giving up.
const EXPORTS_MAX: u32 = 5;
/// How long an export may be in the making.
const MAKING_MAX: Duration = Duration::from_secs(1800);

#[derive(Deserialize)]
struct Envelope {
    export: Export,
}

#[derive(Deserialize)]
struct Export {
    #[serde(default)]
    id: serde_json::Value,
    #[serde(default)]
    status: String,
}

/// Reads all records that the filter lets through into the store.
pub(crate) fn read(
    client: &mut Client<'_>,
    store: &mut Store,
    path: &str,
    filter: &str,
    poll: Duration,
) -> Result<()> {
    for attempt in 1.. {
        let gone = match try_export(client, store, path, filter, poll)? {
            Ok(()) => return Ok(()),
            Err(message) => message,
        };
        if attempt >= EXPORTS_MAX {
            return Err(Error::download(format!("{gone}; asked for it {attempt} times, run again to go on")));
        }
        client.summary.exports_anew += 1;
    }
    Ok(())
}

/// One export from beginning to end; `Err` inside when it failed or is gone.
fn try_export(
    client: &mut Client<'_>,
    store: &mut Store,
    path: &str,
    filter: &str,
    poll: Duration,
) -> Result<Result<(), String>> {
    let start = format!("{path}/async/export?accept=json{filter}");
    let envelope: Envelope =
        client.repeat(|client| client.json(Method::POST, &start))?.map_err(Error::download)?;
    let id = match envelope.export.id {
        serde_json::Value::String(id) => id,
        serde_json::Value::Number(id) => id.to_string(),
        _ => String::new(),
    };
    // Links in answers leave out parts of the path, or point to another version: the id is enough.
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err(Error::download(format!("{start}: an export without a usable id")));
    }
    let export = format!("{path}/async/export/{id}");
    let status = format!("{export}/status");
    let since = Stopwatch::start();
    // A small export is made at once, and there are two for each year: asked for soon first, then less and less often.
    let mut pause = poll / 32;
    loop {
        let envelope: Envelope = match client.repeat(|client| client.json(Method::GET, &status))? {
            Ok(envelope) => envelope,
            Err(gone) => return Ok(Err(gone)),
        };
        match envelope.export.status.to_ascii_uppercase().as_str() {
            "COMPLETED" | "COMPLETE" | "DONE" => break,
            "FAILED" | "ERROR" | "CANCELLED" => return Ok(Err(format!("{export} failed on the server"))),
            _ if since.elapsed() > MAKING_MAX => {
                return Err(Error::download(format!("{export} is still being made; run again later")));
            }
            _ => {
                client.wait(pause);
                pause = (pause * 2).min(poll);
            }
        }
    }
    client.repeat(|client| {
        store.rewind().map_err(Trouble::Over)?;
        let answer = client.send(Method::GET, &export)?;
        take(store, std::io::BufReader::with_capacity(1 << 16, answer))
    })
}

/// Takes the array in record by record: an export may be larger than the memory.
fn take(store: &mut Store, body: impl std::io::Read) -> Result<(), Trouble> {
    let mut failed = None;
    let mut reader = serde_json::Deserializer::from_reader(body);
    let taken = Records { store, failed: &mut failed }.deserialize(&mut reader).and_then(|()| reader.end());
    match (failed, taken) {
        (Some(error), _) => Err(Trouble::Over(error)),
        (None, Err(error)) => Err(Trouble::broken(format!("the export broke off: {error}"))),
        (None, Ok(())) => Ok(()),
    }
}

struct Records<'a> {
    store: &'a mut Store,
    failed: &'a mut Option<Error>,
}

impl<'de> DeserializeSeed<'de> for Records<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Records<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<(), A::Error> {
        while let Some(record) = records.next_element::<Box<RawValue>>()? {
            if let Err(error) = self.store.put(record.get()) {
                *self.failed = Some(error);
                return Err(serde::de::Error::custom("the record could not be kept"));
            }
        }
        Ok(())
    }
}
