//! The wanted fields of one record, as places in the block it was read from.

use super::column::{Column, WANTED};

/// The wanted fields of the record that was read last.
///
/// They point into the block; only what was written with escapes is kept apart, in plain form. Nothing is allocated per record.
#[derive(Debug)]
pub struct Fields {
    places: [(u32, u32); WANTED],
    plain: Vec<u8>,
}

/// Set in a place that is not in the block but among what was written with escapes.
const APART: u32 = 1 << 31;

impl Default for Fields {
    fn default() -> Fields {
        Fields { places: [(0, 0); WANTED], plain: Vec::new() }
    }
}

impl Fields {
    /// Forgets the record before.
    pub fn clear(&mut self) {
        self.places = [(0, 0); WANTED];
        self.plain.clear();
    }

    /// Forgets only what was written with escapes, for a reader that fills all places anew.
    #[inline(always)]
    pub fn clear_plain(&mut self) {
        self.plain.clear();
    }

    /// The field is at `from..to` of the block.
    #[inline(always)]
    pub fn set(&mut self, column: usize, from: usize, to: usize) {
        self.places[column] = (from as u32, to as u32);
    }

    /// The field reads `text`, which is not in the block.
    pub fn set_apart(&mut self, column: usize, text: &[u8]) {
        let from = self.plain.len();
        self.plain.extend_from_slice(text);
        self.places[column] = (from as u32 | APART, self.plain.len() as u32 | APART);
    }

    /// The text of a field; empty where there is none.
    #[inline(always)]
    pub fn get<'a>(&'a self, block: &'a [u8], column: Column) -> &'a [u8] {
        let (from, to) = self.places[column as usize];
        if from & APART == 0 {
            &block[from as usize..to as usize]
        } else {
            &self.plain[(from & !APART) as usize..(to & !APART) as usize]
        }
    }

    /// Where in the block a field is; `None` if it is not there but was written with escapes.
    #[inline(always)]
    pub fn place(&self, column: Column) -> Option<(u32, u32)> {
        let (from, to) = self.places[column as usize];
        (from & APART == 0).then_some((from, to))
    }

    /// The same, empty also for the words that stand for nothing.
    #[inline(always)]
    pub fn value<'a>(&'a self, block: &'a [u8], column: Column) -> &'a [u8] {
        let text = self.get(block, column);
        if is_nothing(text) { &[] } else { text }
    }
}

/// The words that exports write where there is nothing.
#[inline(always)]
pub fn is_nothing(text: &[u8]) -> bool {
    match text.len() {
        0 => true,
        2 => text.eq_ignore_ascii_case(b"na"),
        3 => text.eq_ignore_ascii_case(b"n/a"),
        4 => text.eq_ignore_ascii_case(b"null"),
        _ => false,
    }
}
