//! CSV by its header: fields are found by masks of quotes, commas and line ends, and only the wanted ones are looked at.

use super::column::{self, Column, Kind};
use super::fields::Fields;
use super::mask::{self, Chunk};

/// Where the wanted columns are.
#[derive(Debug, Clone)]
pub struct Header {
    /// Position in a record, position among the wanted columns.
    wanted: Vec<(usize, usize)>,
    /// Fields of a record.
    width: usize,
}

/// More columns than this no export has; what has more is not split correctly.
pub const COLUMNS_MAX: usize = 1024;

impl Header {
    /// Reads the first record of a file.
    pub fn read(line: &[u8], kind: Kind) -> Result<Header, String> {
        let mut names: Vec<String> = Vec::new();
        let mut splitter = Splitter::new(line);
        if let Some(ends) = splitter.next() {
            let mut from = 0;
            for to in &ends.ends[..ends.count.min(COLUMNS_MAX + 1)] {
                names.push(String::from_utf8_lossy(&unquoted(&line[from..*to as usize])).trim().to_string());
                from = *to as usize + 1;
            }
        }
        let columns: Vec<Column> = names.iter().map(|name| column::of(name.as_bytes())).collect();
        column::check(kind, &columns).map_err(|missing| {
            let hint = if names.len() == 1 && line.contains(&b';') {
                "; its columns seem to be parted by semicolons, but commas are wanted"
            } else if names.len() == 1 && line.contains(&b'\t') {
                "; its columns seem to be parted by tabs, but commas are wanted"
            } else {
                ""
            };
            format!("not a {} export: there is no column {missing}{hint}", kind.name())
        })?;
        if splitter.found.count > COLUMNS_MAX {
            return Err(format!(
                "{} columns are more than the {COLUMNS_MAX} that an export may have",
                splitter.found.count
            ));
        }
        let wanted = columns
            .iter()
            .enumerate()
            .filter(|(_, column)| **column != Column::Other)
            .map(|(at, column)| (at, *column as usize))
            .collect();
        Ok(Header { wanted, width: names.len() })
    }

    /// Calls `each` with every record of the block: where it begins and ends, and its fields or what is wrong with it.
    pub fn records(
        &self,
        block: &[u8],
        fields: &mut Fields,
        each: &mut impl FnMut(usize, usize, Result<&Fields, String>),
    ) {
        let mut splitter = Splitter::new(block);
        while self.one(block, &mut splitter, fields, each) {}
    }

    /// Calls `each` with the first record of the block alone.
    pub fn first(
        &self,
        block: &[u8],
        fields: &mut Fields,
        each: &mut impl FnMut(usize, usize, Result<&Fields, String>),
    ) {
        self.one(block, &mut Splitter::new(block), fields, each);
    }

    #[inline(always)]
    fn one(
        &self,
        block: &[u8],
        splitter: &mut Splitter<'_>,
        fields: &mut Fields,
        each: &mut impl FnMut(usize, usize, Result<&Fields, String>),
    ) -> bool {
        let from = splitter.found.to;
        let Some(found) = splitter.next() else { return false };
        let to = found.to;
        if found.count == self.width {
            // Every record fills the same places, so that the ones before need not be forgotten.
            fields.clear_plain();
            self.fill(block, from, found.ends.as_slice(), fields);
            each(from, to, Ok(fields));
        } else if !block[from..to].trim_ascii().is_empty() {
            each(from, to, Err(format!("{} fields where the header has {}", found.count, self.width)));
        }
        true
    }

    #[inline(always)]
    fn fill(&self, block: &[u8], start: usize, ends: &[u32], fields: &mut Fields) {
        for &(at, wanted) in &self.wanted {
            let from = if at == 0 { start } else { ends[at - 1] as usize + 1 };
            let mut to = ends[at] as usize;
            if at + 1 == self.width && to > from && block[to - 1] == b'\r' {
                to -= 1;
            }
            if to > from && block[from] == b'"' {
                let inner = &block[from + 1..to.max(from + 2) - 1];
                if memchr::memchr(b'"', inner).is_some() {
                    fields.set_apart(wanted, &unquoted(&block[from..to]));
                } else {
                    fields.set(wanted, from + 1, from + 1 + inner.len());
                }
            } else {
                fields.set(wanted, from, to);
            }
        }
    }
}

/// A field without its quotes, and with pairs of quotes made one.
fn unquoted(field: &[u8]) -> Vec<u8> {
    let field = field.strip_suffix(b"\r").unwrap_or(field);
    let Some(inner) = field.strip_prefix(b"\"") else { return field.to_vec() };
    let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
    let mut plain = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        plain.push(*byte);
        if *byte == b'"' && bytes.as_slice().first() == Some(&b'"') {
            bytes.next();
        }
    }
    plain
}

/// Finds the ends of fields and records.
struct Splitter<'a> {
    block: &'a [u8],
    /// Where the masks speak of, and what of them is not used up.
    at: usize,
    ends_left: u64,
    lines: u64,
    /// All ones while between quotes.
    inside: u64,
    found: Found,
}

/// A record.
struct Found {
    /// Where its fields end: all of a chunk at once, so that there is room for a chunk more than the columns there may be.
    ends: Box<[u32; ENDS]>,
    count: usize,
    /// Behind its line end.
    to: usize,
}

const ENDS: usize = COLUMNS_MAX + mask::WIDTH;

impl<'a> Splitter<'a> {
    fn new(block: &'a [u8]) -> Splitter<'a> {
        let found = Found { ends: Box::new([0; ENDS]), count: 0, to: 0 };
        let mut splitter = Splitter { block, at: 0, ends_left: 0, lines: 0, inside: 0, found };
        splitter.load();
        splitter
    }

    #[inline(always)]
    fn load(&mut self) {
        if self.at >= self.block.len() {
            return;
        }
        let chunk = Chunk::at(self.block, self.at);
        let quoted = mask::between(chunk.mask(b'"')) ^ self.inside;
        // The highest bit, spread over all: whether the next chunk begins between quotes.
        self.inside = (quoted as i64 >> 63) as u64;
        self.lines = chunk.mask(b'\n') & !quoted;
        self.ends_left = (chunk.mask(b',') & !quoted) | self.lines;
    }

    /// The next record. What a file ends with needs no line end.
    #[inline(always)]
    fn next(&mut self) -> Option<&Found> {
        if self.found.to >= self.block.len() {
            return None;
        }
        self.found.count = 0;
        loop {
            // Up to the first line end of the chunk, or all of it.
            let line = self.lines & self.lines.wrapping_neg();
            let here = self.ends_left & (line.wrapping_sub(1) | line);
            self.push(here);
            if line != 0 {
                self.ends_left &= !here;
                self.lines &= !line;
                self.found.to = self.at + line.trailing_zeros() as usize + 1;
                return Some(&self.found);
            }
            self.at += mask::WIDTH;
            if self.at >= self.block.len() {
                let end = self.block.len();
                let place = self.found.count.min(COLUMNS_MAX);
                self.found.ends[place] = end as u32;
                self.found.count += 1;
                self.found.to = end;
                return Some(&self.found);
            }
            self.load();
        }
    }

    /// Notes the ends that are the bits of `here`.
    #[inline(always)]
    fn push(&mut self, mut here: u64) {
        // What has too many fields is no record; only their number is wanted.
        let place = self.found.count.min(COLUMNS_MAX);
        self.found.count += here.count_ones() as usize;
        // Eight at a time, whether there are so many or not: the processor would guess wrong at nearly every last one. What is too
        // much is overwritten by the next.
        for eight in self.found.ends[place..place + mask::WIDTH].as_chunks_mut::<8>().0 {
            for end in eight {
                *end = self.at as u32 + here.trailing_zeros();
                here &= here.wrapping_sub(1);
            }
            if here == 0 {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests;
