//! A file of an export as a sequence of blocks that end behind a record.

use super::column::Kind;
use super::csv::Header;
use super::cut::{Cutter, Format};
use super::digest::{Hashed, Piece};
use super::intake::Intake;
use crate::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A record longer than this is no record: a quote that is never closed, or a file without line ends.
pub const RECORD_BYTES_MAX: usize = 16 << 20;

/// A header longer than this is none.
const HEADER_BYTES_MAX: usize = 1 << 20;

/// A file that is being read.
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// What it is said to be.
    pub kind: Kind,
    /// How its records are told apart.
    pub format: Format,
    /// Whether it is packed with gzip.
    pub is_packed: bool,
    /// The columns of CSV.
    pub header: Option<Arc<Header>>,
    intake: Intake,
    cutter: Cutter,
    /// What was read and belongs to the next block.
    tail: Vec<u8>,
    /// What was read and not yet looked at.
    ahead: Vec<u8>,
    offset: u64,
    line: u64,
    is_draining: bool,
    is_ended: bool,
}

/// Whole records, or what is left of a file that ends amid one.
#[derive(Debug, Default)]
pub struct Block {
    /// The records, and what was read behind them.
    bytes: Vec<u8>,
    /// Where the records end.
    end: usize,
    /// What of the bytes is not yet hashed.
    piece: Option<Piece>,
    /// Where in the (unpacked) file they begin.
    pub offset: u64,
    /// The number of the line they begin in, from 1.
    pub line: u64,
    /// Something is wrong behind these records.
    pub complaint: Option<String>,
}

impl Block {
    /// The records.
    pub fn records(&self) -> &[u8] {
        &self.bytes[..self.end]
    }

    /// Hashes what was read for this block, if the digest of the file is wanted: see [`Source::add`].
    pub fn hashed(&mut self) -> Option<Hashed> {
        self.piece.take().map(|piece| piece.hashed(&self.bytes))
    }
}

impl Source {
    /// Opens a file, plain or gzip, and looks what it is.
    pub fn open(path: &Path, kind: Kind, wants_digest: bool) -> Result<Source> {
        let wrong = |text: &str| Error::input(format!("{}: {text}", path.display()));
        let mut intake = Intake::open(path, wants_digest).map_err(|e| wrong(&e.to_string()))?;
        let mut head = Vec::new();
        intake.take_now(&mut head).map_err(|e| wrong(&format!("cannot be read to its end: {e}")))?;
        let mut skipped = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let text = head[skipped..].trim_ascii_start();
        let format = match text.first() {
            None => return Err(wrong("the file is empty")),
            Some(b'[') => {
                skipped = head.len() - text.len() + 1;
                Format::Array
            }
            Some(b'{') => match wrapped(text) {
                Some(at) => {
                    skipped = head.len() - text.len() + at;
                    Format::Array
                }
                None => Format::Lines,
            },
            Some(_) => Format::Csv,
        };
        let mut header = None;
        if format == Format::Csv {
            let end = first_record(&mut head, skipped, &mut intake).map_err(|e| wrong(&e.to_string()))?;
            if end - skipped > HEADER_BYTES_MAX {
                return Err(wrong(&format!(
                    "line 1 is longer than {} MiB: this is no export",
                    HEADER_BYTES_MAX >> 20
                )));
            }
            header = Some(Arc::new(Header::read(&head[skipped..end], kind).map_err(|e| wrong(&e))?));
            skipped = end;
        }
        let line = 1 + newlines(&head[..skipped]);
        let rest = head.split_off(skipped);
        Ok(Source {
            path: path.to_path_buf(),
            kind,
            format,
            is_packed: intake.is_packed,
            header,
            intake,
            cutter: Cutter::new(format),
            tail: Vec::new(),
            ahead: rest,
            offset: skipped as u64,
            line,
            is_draining: false,
            is_ended: false,
        })
    }

    /// Takes note of what was hashed of a block.
    pub fn add(&mut self, hashed: Hashed) {
        self.intake.add(hashed);
    }

    /// Fills `block` with the next records; false at the end of the file.
    pub fn next(&mut self, block: &mut Block) -> Result<bool> {
        block.bytes.clear();
        block.bytes.append(&mut self.tail);
        (block.offset, block.line, block.complaint, block.end) = (self.offset, self.line, None, 0);
        if self.is_ended {
            return Ok(false);
        }
        block.end = loop {
            let from = block.bytes.len();
            self.read(block)?;
            let bytes = &mut block.bytes;
            if bytes.len() == from {
                self.is_ended = true;
                block.complaint = self.end(bytes);
                break bytes.len();
            }
            if self.is_draining {
                // What is skipped is hashed at once.
                block.piece.take().into_iter().for_each(|piece| self.intake.add(piece.hashed(bytes)));
                let end = memchr::memchr(b'\n', bytes).map(|at| at + 1);
                if let Some(end) = end {
                    self.is_draining = false;
                    self.cutter = Cutter::new(self.format);
                    self.ahead = bytes.split_off(end);
                }
                self.advance(bytes);
                bytes.clear();
                (block.offset, block.line) = (self.offset, self.line);
                continue;
            }
            if let Some(cut) = self.cutter.feed(&bytes[from..]) {
                break from + cut;
            }
            if bytes.len() > RECORD_BYTES_MAX {
                if self.format == Format::Array {
                    return Err(Error::input(format!(
                        "{}: line {}: a record is longer than {} MiB",
                        self.path.display(),
                        self.line,
                        RECORD_BYTES_MAX >> 20
                    )));
                }
                block.complaint = Some(format!(
                    "a record is longer than {} MiB: a quote that is never closed, or no line ends",
                    RECORD_BYTES_MAX >> 20
                ));
                self.is_draining = true;
                block.piece.take().into_iter().for_each(|piece| self.intake.add(piece.hashed(bytes)));
                self.advance(bytes);
                bytes.clear();
                return Ok(true);
            }
        };
        self.tail.extend_from_slice(&block.bytes[block.end..]);
        self.advance(block.records());
        Ok(block.end > 0 || block.complaint.is_some())
    }

    /// Reads on to the bytes of a block.
    fn read(&mut self, block: &mut Block) -> Result<()> {
        if !self.ahead.is_empty() {
            block.bytes.append(&mut self.ahead);
            return Ok(());
        }
        // Of a record that needs several pieces all but the last are hashed here.
        block.hashed().into_iter().for_each(|hashed| self.intake.add(hashed));
        block.piece = self
            .intake
            .take(&mut block.bytes)
            .map_err(|e| Error::input(format!("{}: cannot be read to its end: {e}", self.path.display())))?;
        Ok(())
    }

    fn advance(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        self.line += newlines(bytes);
    }

    /// What is left at the end of the file, in `bytes`, and what is wrong with it.
    fn end(&self, bytes: &mut Vec<u8>) -> Option<String> {
        if self.is_draining {
            bytes.clear();
        }
        match &self.cutter {
            Cutter::Array(braces) if braces.is_over => {
                bytes.clear();
                None
            }
            Cutter::Array(_) => {
                bytes.clear();
                Some("the file ends amid the array: it was cut off".to_string())
            }
            Cutter::Csv { .. } | Cutter::Lines => None,
        }
    }

    /// The BLAKE3 digest of the whole file, once it was read to its end; empty if it is not wanted.
    pub fn digest(self) -> Result<String> {
        let path = self.path;
        self.intake.digest().map_err(|e| Error::input(format!("{}: {e}", path.display())))
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// The bytes behind the `[` of the records in `{"_links": .., "transactions": [`.
fn wrapped(text: &[u8]) -> Option<usize> {
    [&b"\"transactions\""[..], b"\"licenses\""].iter().find_map(|name| {
        let at = memchr::memmem::find(text, name)? + name.len();
        let rest = text[at..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"[")?;
        Some(text.len() - rest.len())
    })
}

/// Where the first record of `head` ends that begins at `from`; reads on when it is not all there.
fn first_record(head: &mut Vec<u8>, from: usize, intake: &mut Intake) -> std::io::Result<usize> {
    let (mut at, mut is_quoted) = (from, false);
    loop {
        while at < head.len() {
            match head[at] {
                b'"' => is_quoted = !is_quoted,
                b'\n' if !is_quoted => return Ok(at + 1),
                _ => {}
            }
            at += 1;
        }
        let more = intake.take_now(head)?;
        if more == 0 || head.len() > HEADER_BYTES_MAX + from {
            return Ok(head.len());
        }
    }
}
