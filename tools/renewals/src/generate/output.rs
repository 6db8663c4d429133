//! Writes exports block by block: several threads tell stories, one writes, and memory holds a few blocks only.
//!
//! Rows of an account come in several passes through all accounts, and within a block in any order, so nobody can
//! rely on the order of rows. Bytes do not depend on the number of threads.

use std::io::Write;
use std::sync::mpsc;

use super::calendar::Day;
use super::dress::{Row, Version};
use super::licences::{self, Entry};
use super::random::{Stream, mix};
use super::story::{Sale, Story, World};
use super::transactions;
use super::truth::{self, Months};
use crate::{Error, Result};

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One record a line, with a header
    Csv,
    /// One array
    Json,
    /// One JSON object a line
    Ndjson,
}

impl Format {
    /// The end of a file's name.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
        }
    }
}

/// What to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) world: World,
    pub(crate) accounts: u64,
    pub(crate) as_of: Day,
    pub(crate) format: Format,
    pub(crate) is_gzip: bool,
}

const PASSES: u64 = 3;
const ACCOUNTS_PER_BLOCK: u64 = 4096;

/// One block of every file.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) transactions: Vec<u8>,
    pub(crate) licences: Vec<u8>,
    pub(crate) obligations: Vec<u8>,
    pub(crate) months: Months,
    pub(crate) rows: u64,
    pub(crate) licence_rows: u64,
}

impl Order {
    fn blocks(&self) -> u64 {
        self.accounts.div_ceil(ACCOUNTS_PER_BLOCK) * PASSES
    }

    /// Hands every block over, in order.
    pub(crate) fn for_each(self, mut take: impl FnMut(Block) -> Result<()>) -> Result<()> {
        let threads = std::thread::available_parallelism().map_or(2, usize::from).min(8);
        std::thread::scope(|scope| {
            let mut lines = Vec::new();
            for thread in 0..threads {
                let (send, receive) = mpsc::sync_channel(2);
                lines.push(receive);
                scope.spawn(move || {
                    let mut work = Work::default();
                    for number in (thread as u64..self.blocks()).step_by(threads) {
                        if send.send(work.block(self, number)).is_err() {
                            return;
                        }
                    }
                });
            }
            for number in 0..self.blocks() {
                let block = lines[number as usize % threads]
                    .recv()
                    .map_err(|_| Error::failed("a thread that tells stories has died"))?;
                take(block)?;
            }
            Ok(())
        })
    }

    /// The account at this place of a pass: every account once, in an order of the pass's own.
    fn account(&self, pass: u64, place: u64) -> u64 {
        // A factor without a common divisor walks through all of them.
        let mut factor = (mix(self.world.seed ^ pass) % self.accounts.max(2)) | 1;
        while gcd(factor, self.accounts) != 1 {
            factor += 2;
        }
        let product = u128::from(factor) * u128::from(place) + u128::from(mix(pass));
        (product % u128::from(self.accounts)) as u64
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[derive(Default)]
struct Work {
    stories: Vec<Story>,
    entries: Vec<(u32, u16, Version)>,
    row: Row,
    licence: Entry,
}

impl Work {
    fn block(&mut self, order: Order, number: u64) -> Block {
        let blocks = order.blocks() / PASSES;
        let (pass, place) = (number / blocks, number % blocks * ACCOUNTS_PER_BLOCK);
        self.stories.clear();
        self.entries.clear();
        for place in place..(place + ACCOUNTS_PER_BLOCK).min(order.accounts) {
            self.stories.push(Story::tell(order.world, order.account(pass, place)));
        }
        self.choose(order, pass);
        let mut stream = Stream::new(order.world.seed, number, 5);
        for place in (1..self.entries.len()).rev() {
            self.entries.swap(place, stream.below(place as u32 + 1) as usize);
        }
        let mut block = Block { rows: self.entries.len() as u64, ..Block::default() };
        for (place, (story, line, version)) in self.entries.iter().enumerate() {
            self.row.fill(order.world, &self.stories[*story as usize], usize::from(*line), *version);
            let is_first = number == 0 && place == 0;
            write_record(&mut block.transactions, order.format, is_first, |out| match order.format {
                Format::Csv => transactions::write_csv(out, &self.row),
                Format::Json | Format::Ndjson => transactions::write_json(out, &self.row),
            });
        }
        if pass == 0 {
            self.write_once(order, number, &mut block);
        }
        if order.is_gzip {
            for bytes in [&mut block.transactions, &mut block.licences] {
                *bytes = pack(bytes);
            }
        }
        block
    }

    /// Chooses the rows of this pass.
    fn choose(&mut self, order: Order, pass: u64) {
        for (number, story) in self.stories.iter().enumerate() {
            for (place, line) in story.lines.iter().enumerate() {
                if line.sale > order.world.until {
                    continue;
                }
                let luck = mix(mix(order.world.seed ^ story.account.number) + place as u64);
                let mut add = |version, home: u64| {
                    if home % PASSES == pass {
                        self.entries.push((number as u32, place as u16, version));
                    }
                };
                add(Version::Last, luck);
                // The export repeats some rows, and of some it shows an older state beside the last one.
                if luck >> 32 & 511 == 0 {
                    add(Version::Last, luck >> 8);
                }
                if luck >> 41 & 511 == 0 && line.kind != Sale::Refund && line.sale < order.world.until {
                    add(Version::Stale, luck >> 8);
                }
            }
        }
    }

    /// Writes what each account has once: licences and truth.
    fn write_once(&mut self, order: Order, number: u64, block: &mut Block) {
        for story in &self.stories {
            truth::write(&mut block.obligations, &mut block.months, story, order.as_of);
            for place in 0..story.licences.len() {
                if !self.licence.fill(order.world, story, place) {
                    continue;
                }
                let is_first = number == 0 && block.licence_rows == 0;
                block.licence_rows += 1;
                write_record(&mut block.licences, order.format, is_first, |out| match order.format {
                    Format::Csv => licences::write_csv(out, &self.licence),
                    Format::Json | Format::Ndjson => licences::write_json(out, &self.licence),
                });
            }
        }
    }
}

fn write_record(out: &mut Vec<u8>, format: Format, is_first: bool, write: impl FnOnce(&mut Vec<u8>)) {
    match format {
        Format::Csv => write(out),
        Format::Json => {
            if !is_first {
                out.extend_from_slice(b",\n");
            }
            write(out);
        }
        Format::Ndjson => {
            write(out);
            out.push(b'\n');
        }
    }
}

/// Packs a block as a gzip stream of its own; streams may follow each other in a file.
pub(crate) fn pack(bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() {
        return vec![];
    }
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).and_then(|()| packer.finish()).expect("memory takes every byte")
}
