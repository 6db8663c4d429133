//! Reading exports: several threads take blocks of whole records in turn, pick the wanted fields, and enter them in one book.
//!
//! JSON, lines of JSON and CSV, each also packed with gzip, are told apart by their first bytes. Memory holds a few blocks and what
//! the book keeps, however large the files are.

use crate::book::contact::Contact;
use crate::book::{Book, Draft, Met};
use crate::figures;
use crate::record::Line;
use crate::{Error, Result};
use std::mem::take;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

pub mod column;
pub mod csv;
pub mod cut;
pub mod digest;
pub mod fields;
pub mod gather;
pub mod intake;
pub mod json;
pub mod mask;
pub mod recall;
pub mod source;

use column::Kind;
use cut::Format;
use fields::Fields;
use gather::Gatherer;
use source::{Block, Source};

/// What to do with a record that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum BadRecords {
    /// Count it, keep an example, go on.
    #[default]
    Skip,
    /// Stop with its line and what is wrong with it.
    Fail,
}

/// Which files to read, and how.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Files and what they are.
    pub files: Vec<(PathBuf, Kind)>,
    /// What to do with a record that cannot be used.
    pub bad: BadRecords,
    /// Whether the digests of the files are wanted.
    pub wants_digests: bool,
    /// Whether to say on the standard error how long each part took.
    pub wants_times: bool,
    /// Threads; 0 stands for as many as there are processors.
    pub threads: usize,
}

/// What was read, and from where.
#[derive(Debug)]
pub struct Reading {
    /// Lines, licences and customers.
    pub book: Book,
    /// The files.
    pub inputs: Vec<figures::Input>,
    /// The first bad records, with file, line and reason.
    pub bad_examples: Vec<String>,
}

/// More bad records than this are counted only.
const EXAMPLES_MAX: usize = 20;

/// A number of files that fits a place in [`Line::at`].
const FILES_MAX: usize = 1 << 16;

/// Reads all files of the order.
pub fn read(order: &Order) -> Result<Reading> {
    if order.files.len() >= FILES_MAX {
        return Err(Error::input(format!("more than {FILES_MAX} files")));
    }
    let book = Mutex::new(Book::default());
    let mut inputs = Vec::new();
    let mut examples = Vec::new();
    for (number, (path, kind)) in order.files.iter().enumerate() {
        let source = Source::open(path, *kind, order.wants_digests)?;
        let mut tally = FileTally {
            source: Some(source),
            bad: Vec::new(),
            n_bad: 0,
            rows: 0,
            fatal: None,
            failure: None,
        };
        read_file(order, number, &book, &mut tally);
        if let Some((line, why)) = tally.fatal {
            return Err(Error::input(format!("{}: line {line}: {why}", path.display())));
        }
        if let Some(failure) = tally.failure {
            return Err(failure);
        }
        let digest = tally.source.map(Source::digest).transpose()?.unwrap_or_default();
        let name = file_name(path);
        tally.bad.sort();
        examples.extend(tally.bad.iter().map(|(line, why)| format!("{name}: line {line}: {why}")));
        examples.truncate(EXAMPLES_MAX);
        inputs.push(figures::Input {
            file: name,
            kind: kind.name().to_string(),
            blake3: digest,
            rows: tally.rows,
            bad: tally.n_bad,
        });
    }
    let book = book.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Reading { book, inputs, bad_examples: examples })
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// What the threads share while they read one file.
struct FileTally {
    source: Option<Source>,
    bad: Vec<(u64, String)>,
    n_bad: u64,
    rows: u64,
    fatal: Option<(u64, String)>,
    failure: Option<Error>,
}

fn read_file(order: &Order, number: usize, book: &Mutex<Book>, tally: &mut FileTally) {
    let threads = if order.threads == 0 { available() } else { order.threads };
    let shared = Mutex::new(tally);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| read_blocks(order, number, book, &shared));
        }
        read_blocks(order, number, book, &shared);
    });
}

/// As many threads as the machine has processors for.
pub fn available() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A block whose drafts were made and are not yet in the book.
#[derive(Default)]
struct Gathered {
    block: Block,
    drafts: Vec<Draft>,
    contacts: Vec<(u64, Contact)>,
    /// Contacts that the book has numbered and that are not yet read.
    unread: Vec<(u32, Met)>,
}

/// So many blocks a thread gathers before it waits for another that is at the book.
const GATHERED_MAX: usize = 4;

/// What one thread has gathered. While another is at the book it goes on reading.
#[derive(Default)]
struct Waiting {
    full: Vec<Gathered>,
    empty: Vec<Gathered>,
    /// Contacts that were read and are not yet in the book.
    read: Vec<(u32, Contact)>,
    parts: Vec<Vec<Line>>,
}

impl Waiting {
    /// Room for the next block.
    fn room(&mut self) -> Gathered {
        self.empty.pop().unwrap_or_default()
    }

    fn push(&mut self, gathered: Gathered, book: &Mutex<Book>) {
        self.full.push(gathered);
        if self.full.len() >= GATHERED_MAX {
            self.enter(locked(book));
            return;
        }
        match book.try_lock() {
            Ok(book) => self.enter(book),
            Err(TryLockError::Poisoned(book)) => self.enter(book.into_inner()),
            Err(TryLockError::WouldBlock) => {}
        }
    }

    /// Enters all that was gathered. Contacts are numbered in the book and read when it is free for others again.
    fn enter(&mut self, mut book: MutexGuard<'_, Book>) {
        book.tell(&mut self.read);
        for gathered in &mut self.full {
            book.enter(&gathered.drafts, &mut gathered.contacts, &mut self.parts, &mut gathered.unread);
        }
        drop(book);
        for mut gathered in self.full.drain(..) {
            let records = gathered.block.records();
            self.read.extend(gathered.unread.drain(..).map(|(number, met)| (number, met.read(records))));
            gathered.drafts.clear();
            self.empty.push(gathered);
        }
    }
}

/// Takes blocks until there are none.
fn read_blocks(order: &Order, number: usize, book: &Mutex<Book>, shared: &Mutex<&mut FileTally>) {
    let mut fields = Fields::default();
    let mut gatherer = Gatherer::new(book);
    let mut json = json::Reader::default();
    let mut waiting = Waiting::default();
    let mut bad: Vec<(u64, String)> = Vec::new();
    let (mut rows, mut n_bad) = (0, 0);
    let mut hashed = None;
    loop {
        let Gathered { mut block, drafts, contacts, unread } = waiting.room();
        (gatherer.drafts, gatherer.contacts) = (drafts, contacts);
        let (format, header, kind) = {
            let mut tally = locked(shared);
            tally.rows += take(&mut rows);
            tally.n_bad += take(&mut n_bad);
            tally.bad.append(&mut bad);
            if tally.bad.len() > EXAMPLES_MAX * 8 {
                tally.bad.sort();
                tally.bad.truncate(EXAMPLES_MAX);
            }
            if tally.failure.is_some() || tally.fatal.is_some() {
                break;
            }
            let Some(source) = tally.source.as_mut() else { break };
            hashed.take().into_iter().for_each(|piece| source.add(piece));
            match source.next(&mut block) {
                Ok(true) => (source.format, source.header.clone(), source.kind),
                Ok(false) => break,
                Err(error) => {
                    tally.failure = Some(error);
                    break;
                }
            }
        };
        hashed = block.hashed();
        let records = block.records();
        let place = (number as u64) << 48 | block.offset;
        let mut complain = |from: usize, why: String| {
            n_bad += 1;
            if bad.len() < EXAMPLES_MAX {
                let line = block.line + memchr::memchr_iter(b'\n', &records[..from]).count() as u64;
                bad.push((line, why));
            }
        };
        let mut each = |from: usize, _to: usize, read: Result<&Fields, String>| {
            rows += 1;
            let taken = read.and_then(|fields| gatherer.take(kind, records, fields, place + from as u64));
            if let Err(why) = taken {
                complain(from, why);
            }
        };
        match (&header, format) {
            (Some(header), _) => header.records(records, &mut fields, &mut each),
            (None, format) => json.records(records, format == Format::Lines, &mut fields, &mut each),
        }
        if let Some(why) = &block.complaint {
            complain(records.len(), why.clone());
        }
        if order.bad == BadRecords::Fail
            && let Some((line, why)) = bad.iter().min()
        {
            let mut tally = locked(shared);
            let name =
                tally.source.as_ref().map(|source| source.path.display().to_string()).unwrap_or_default();
            tally.failure.get_or_insert(Error::input(format!("{name}: line {line}: {why}")));
            break;
        }
        let (drafts, contacts) = (take(&mut gatherer.drafts), take(&mut gatherer.contacts));
        waiting.push(Gathered { block, drafts, contacts, unread }, book);
    }
    waiting.enter(locked(book));
    let mut book = locked(book);
    book.tell(&mut waiting.read);
    book.oddities.add(gatherer.oddities);
    book.lines.append(&mut waiting.parts);
}
