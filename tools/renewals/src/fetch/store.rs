//! Keeps what has been fetched: a part file, the state that says how far it can be trusted, and what is in it.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Report;
use super::record::key;
use super::summary::Fetched;
use crate::{Day, Error, Result};

/// What was asked; a part that was fetched for something else is of no use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Query {
    pub(crate) vendor: String,
    pub(crate) root: String,
    pub(crate) via: String,
    pub(crate) since: Option<Day>,
    pub(crate) updated_since: Option<Day>,
}

/// Where the next page begins, and the record it must begin with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) offset: u64,
    pub(crate) anchor: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct State {
    query: Query,
    windows_done: usize,
    /// Where the window that is being read begins in the part.
    window_bytes: u64,
    place: Place,
    /// So many bytes of the part can be trusted.
    bytes: u64,
    duplicates: u64,
    /// `duplicates` at the beginning of the window.
    window_duplicates: u64,
    /// When the download began.
    begun: Day,
    /// The records of a report that is complete and waits for the other one.
    complete: Option<u64>,
}

/// Older than this a part is too old: the marketplace edits history.
const PART_DAYS_MAX: i32 = 1;

/// What is known of a record by its key.
#[derive(Clone, Copy, Debug)]
struct Known {
    line: u64,
    updated: Day,
}

/// A report that is being fetched.
#[derive(Debug)]
pub(crate) struct Store {
    report: Report,
    path: PathBuf,
    part: PathBuf,
    file: BufWriter<File>,
    state: State,
    is_resumed: bool,
    lines: u64,
    known: HashMap<u128, Known>,
    /// Lines of the part that a later state of the same record has replaced.
    replaced: HashSet<u64>,
}

impl Store {
    /// Opens the report in a folder, where an earlier run stopped or afresh.
    pub(crate) fn open(folder: &Path, report: Report, query: Query, today: Day) -> Result<Self> {
        let path = folder.join(format!("{}.ndjson", report.name()));
        let part = path.with_extension("ndjson.part");
        let earlier = std::fs::read(state_path(&part)).ok();
        let earlier: Option<State> = earlier.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let length = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        let earlier = earlier.filter(|state| {
            let home = if state.complete.is_some() { &path } else { &part };
            let is_young = (today.0 - PART_DAYS_MAX..=today.0).contains(&state.begun.0);
            state.query == query && is_young && state.bytes <= length(home)
        });
        let is_resumed = earlier.is_some();
        let mut bytes = 0;
        if !is_resumed && query.updated_since.is_some() && path.exists() {
            // Changes are merged into what is there.
            bytes = std::fs::copy(&path, &part).map_err(|error| Error::file(&part, error))?;
        }
        let state = earlier.unwrap_or(State {
            query,
            windows_done: 0,
            window_bytes: bytes,
            place: Place::default(),
            bytes,
            duplicates: 0,
            window_duplicates: 0,
            begun: today,
            complete: None,
        });
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&part);
        let file = file.map_err(|error| Error::file(&part, error))?;
        let mut store = Self {
            report,
            path,
            part,
            file: BufWriter::with_capacity(1 << 18, file),
            state,
            is_resumed,
            lines: 0,
            known: HashMap::new(),
            replaced: HashSet::new(),
        };
        if store.state.complete.is_none() {
            store.cut(store.state.bytes)?;
        }
        Ok(store)
    }

    /// The report, when an earlier run has completed it and was interrupted in another one.
    pub(crate) fn completed(&self) -> Option<Fetched> {
        let records = self.state.complete?;
        Some(self.fetched(records))
    }

    pub(crate) fn windows_done(&self) -> usize {
        self.state.windows_done
    }

    pub(crate) fn place(&self) -> Place {
        self.state.place.clone()
    }

    fn failed(&self, error: std::io::Error) -> Error {
        Error::file(&self.part, error)
    }

    /// Cuts the part back to its first `bytes` and learns what is in them.
    fn cut(&mut self, bytes: u64) -> Result<()> {
        self.file.flush().map_err(|error| self.failed(error))?;
        self.known.clear();
        self.replaced.clear();
        self.lines = 0;
        let file = self.file.get_mut();
        let done = file.set_len(bytes).and_then(|()| file.seek(SeekFrom::Start(0)).map(drop));
        done.map_err(|error| self.failed(error))?;
        let reader = BufReader::new(self.file.get_ref().try_clone().map_err(|error| self.failed(error))?);
        for line in reader.lines() {
            let (key, updated) = key(self.report, &line.map_err(|error| self.failed(error))?)?;
            self.learn(key, updated);
        }
        self.file.get_mut().seek(SeekFrom::End(0)).map_err(|error| self.failed(error))?;
        self.state.bytes = bytes;
        Ok(())
    }

    /// Notes the next line as the latest state of its record.
    fn learn(&mut self, key: u128, updated: Day) {
        if let Some(earlier) = self.known.insert(key, Known { line: self.lines, updated }) {
            self.replaced.insert(earlier.line);
        }
        self.lines += 1;
    }

    /// Keeps a record, unless it is known in this state or a later one.
    pub(crate) fn put(&mut self, record: &str) -> Result<()> {
        let (key, updated) = key(self.report, record)?;
        if let Some(known) = self.known.get(&key) {
            self.state.duplicates += 1;
            if known.updated >= updated {
                return Ok(());
            }
        }
        self.learn(key, updated);
        // Line ends within JSON stand between values only: a blank says the same.
        let line = record.replace(['\n', '\r'], " ");
        self.state.bytes += line.len() as u64 + 1;
        let done = self.file.write_all(line.as_bytes()).and_then(|()| self.file.write_all(b"\n"));
        done.map_err(|error| self.failed(error))
    }

    /// Goes back to the beginning of the window, if anything of it was read.
    pub(crate) fn rewind(&mut self) -> Result<()> {
        if self.state.bytes != self.state.window_bytes {
            self.forget_window()?;
        }
        self.state.duplicates = self.state.window_duplicates;
        Ok(())
    }

    /// Forgets all that was read of the window.
    pub(crate) fn forget_window(&mut self) -> Result<()> {
        self.cut(self.state.window_bytes)?;
        self.state.duplicates = self.state.window_duplicates;
        self.state.place = Place::default();
        self.save()
    }

    /// A page has been read; the next begins at `offset` with the record `anchor`.
    pub(crate) fn page_done(&mut self, offset: u64, anchor: String) -> Result<()> {
        self.state.place = Place { offset, anchor: Some(anchor) };
        self.save()
    }

    /// The window has been read.
    pub(crate) fn window_done(&mut self) -> Result<()> {
        self.state.windows_done += 1;
        self.state.window_bytes = self.state.bytes;
        self.state.window_duplicates = self.state.duplicates;
        self.state.place = Place::default();
        self.save()
    }

    /// Puts the part on the disk, then the state that vouches for it.
    fn save(&mut self) -> Result<()> {
        self.file.flush().map_err(|error| self.failed(error))?;
        let path = state_path(&self.part);
        let next = path.with_extension("next");
        let text = serde_json::to_vec(&self.state).map_err(|error| Error::failed(error.to_string()))?;
        std::fs::write(&next, text)
            .and_then(|()| std::fs::rename(&next, &path))
            .map_err(|error| Error::file(&path, error))
    }

    /// Gives the complete report its name.
    pub(crate) fn finish(mut self) -> Result<Fetched> {
        self.file.flush().map_err(|error| self.failed(error))?;
        if !self.replaced.is_empty() {
            self.drop_replaced()?;
        }
        let done = self.file.get_ref().sync_all().and_then(|()| std::fs::rename(&self.part, &self.path));
        done.map_err(|error| self.failed(error))?;
        let records = self.lines - self.replaced.len() as u64;
        self.state.complete = Some(records);
        self.state.bytes = std::fs::metadata(&self.path).map_or(0, |file| file.len());
        self.save()?;
        Ok(self.fetched(records))
    }

    fn fetched(&self, records: u64) -> Fetched {
        Fetched {
            report: self.report.name(),
            file: self.path.display().to_string(),
            records,
            bytes: self.state.bytes,
            duplicates: self.state.duplicates,
            resumed: self.is_resumed,
        }
    }

    /// Writes the part anew without the lines that have been replaced.
    fn drop_replaced(&mut self) -> Result<()> {
        let clean = self.part.with_extension("clean");
        let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(&clean);
        let mut out = BufWriter::with_capacity(1 << 18, file.map_err(|error| Error::file(&clean, error))?);
        let part = File::open(&self.part).map_err(|error| self.failed(error))?;
        let mut reader = BufReader::with_capacity(1 << 18, part);
        let mut line = Vec::new();
        for number in 0.. {
            line.clear();
            if reader.read_until(b'\n', &mut line).map_err(|error| self.failed(error))? == 0 {
                break;
            }
            if !self.replaced.contains(&number) {
                out.write_all(&line).map_err(|error| Error::file(&clean, error))?;
            }
        }
        out.flush().map_err(|error| Error::file(&clean, error))?;
        std::fs::rename(&clean, &self.part).map_err(|error| Error::file(&clean, error))?;
        self.file = out;
        // Should the rename to the final name never come, the next run must not trust lengths of the old part.
        let _ = std::fs::remove_file(state_path(&self.part));
        Ok(())
    }
}

/// Forgets how the reports came about, once all of them are there.
pub(crate) fn forget(folder: &Path, report: Report) {
    let part = folder.join(format!("{}.ndjson.part", report.name()));
    for path in [state_path(&part), part] {
        // The state is of no use any more, and a part without one is none: both may stay where they cannot go.
        let _ = std::fs::remove_file(path);
    }
}

fn state_path(part: &Path) -> PathBuf {
    part.with_extension("state")
}
