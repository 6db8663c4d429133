//! A file of an export as a sequence of blocks that end behind a record.

use super::column::Kind;
use super::csv::Header;
use super::cut::{Cutter, Format};
use crate::{Error, Result};
use blake3::Hasher;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What is read at once: enough for a thousand records, little enough for a processor's cache.
const BLOCK_BYTES: u64 = 512 << 10;

/// A record longer than this is no record: a quote that is never closed, or a file without line ends.
pub const RECORD_BYTES_MAX: usize = 16 << 20;

/// A header longer than this is none.
const HEADER_BYTES_MAX: usize = 1 << 20;

/// What is looked at to tell the format.
const PEEK_BYTES: u64 = 64 << 10;

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
    reader: Box<dyn Read + Send>,
    digest: Option<Arc<Mutex<Hasher>>>,
    cutter: Cutter,
    tail: Vec<u8>,
    offset: u64,
    line: u64,
    is_draining: bool,
    is_ended: bool,
}

/// Whole records, or what is left of a file that ends amid one.
#[derive(Debug, Default)]
pub struct Block {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where in the (unpacked) file they begin.
    pub offset: u64,
    /// The number of the line they begin in, from 1.
    pub line: u64,
    /// Something is wrong behind these records.
    pub complaint: Option<String>,
}

/// Computes the digest of what passes.
struct Digesting(File, Option<Arc<Mutex<Hasher>>>);

impl Read for Digesting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(buffer)?;
        if let Some(digest) = &self.1 {
            digest.lock().unwrap_or_else(PoisonError::into_inner).update(&buffer[..n]);
        }
        Ok(n)
    }
}

impl Source {
    /// Opens a file, plain or gzip, and looks what it is.
    pub fn open(path: &Path, kind: Kind, wants_digest: bool) -> Result<Source> {
        let wrong = |text: &str| Error::input(format!("{}: {text}", path.display()));
        let file = File::open(path).map_err(|e| wrong(&e.to_string()))?;
        let digest = wants_digest.then(|| Arc::new(Mutex::new(Hasher::new())));
        let mut raw = Digesting(file, digest.clone());
        let magic = peek(&mut raw, 2).map_err(|e| wrong(&e.to_string()))?;
        let is_gzip = magic == [0x1f, 0x8b];
        let raw = Cursor::new(magic).chain(raw);
        let mut reader: Box<dyn Read + Send> = if is_gzip {
            Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 18, raw)))
        } else {
            Box::new(raw)
        };
        let cut_off = |e: io::Error| wrong(&format!("cannot be read to its end: {e}"));
        let mut head = peek(&mut reader, PEEK_BYTES).map_err(cut_off)?;
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
            let end = first_record(&mut head, skipped, &mut reader).map_err(|e| wrong(&e.to_string()))?;
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
            is_packed: is_gzip,
            header,
            reader: Box::new(Cursor::new(rest).chain(reader)),
            digest,
            cutter: Cutter::new(format),
            tail: Vec::new(),
            offset: skipped as u64,
            line,
            is_draining: false,
            is_ended: false,
        })
    }

    /// Fills `block` with the next records; false at the end of the file.
    pub fn next(&mut self, block: &mut Block) -> Result<bool> {
        let bytes = &mut block.bytes;
        bytes.clear();
        bytes.append(&mut self.tail);
        (block.offset, block.line, block.complaint) = (self.offset, self.line, None);
        if self.is_ended {
            return Ok(false);
        }
        let cut = loop {
            let from = bytes.len();
            self.reader.by_ref().take(BLOCK_BYTES).read_to_end(bytes).map_err(|e| {
                Error::input(format!("{}: cannot be read to its end: {e}", self.path.display()))
            })?;
            if bytes.len() == from {
                self.is_ended = true;
                block.complaint = self.end(bytes);
                break bytes.len();
            }
            if self.is_draining {
                match memchr::memchr(b'\n', bytes) {
                    Some(at) => {
                        self.is_draining = false;
                        self.cutter = Cutter::new(self.format);
                        self.tail.extend_from_slice(&bytes[at + 1..]);
                        self.reader = Box::new(
                            Cursor::new(std::mem::take(&mut self.tail))
                                .chain(std::mem::replace(&mut self.reader, Box::new(io::empty()))),
                        );
                        bytes.truncate(at + 1);
                        self.advance(bytes);
                        bytes.clear();
                        (block.offset, block.line) = (self.offset, self.line);
                    }
                    None => {
                        self.advance(bytes);
                        bytes.clear();
                    }
                }
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
                self.advance(bytes);
                bytes.clear();
                return Ok(true);
            }
        };
        self.tail.extend_from_slice(&bytes[cut..]);
        bytes.truncate(cut);
        self.advance(bytes);
        Ok(!bytes.is_empty() || block.complaint.is_some())
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

    /// The BLAKE3 digest of the whole file as `b3sum` prints it, once it was read to its end. (SHA-256 took an eighth of all the time.)
    pub fn digest(mut self) -> Result<String> {
        io::copy(&mut self.reader, &mut io::sink())
            .map_err(|e| Error::input(format!("{}: {e}", self.path.display())))?;
        let Some(digest) = &self.digest else { return Ok(String::new()) };
        let digest = digest.lock().unwrap_or_else(PoisonError::into_inner).finalize();
        Ok(digest.to_hex().to_string())
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

fn peek(reader: &mut impl Read, bytes: u64) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(bytes).read_to_end(&mut head)?;
    Ok(head)
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
fn first_record(head: &mut Vec<u8>, from: usize, reader: &mut impl Read) -> io::Result<usize> {
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
        let more = reader.take(PEEK_BYTES).read_to_end(head)?;
        if more == 0 || head.len() > HEADER_BYTES_MAX + from {
            return Ok(head.len());
        }
    }
}
