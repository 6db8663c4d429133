//! Where a block may be cut: behind a record, so that blocks can be read by several threads at once.

use super::mask::{self, Chunk};

/// How the records of a file are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// CSV, a header first.
    Csv,
    /// One JSON object on each line.
    Lines,
    /// An array of JSON objects.
    Array,
}

/// Follows a file from its beginning and finds the ends of records.
#[derive(Debug)]
pub enum Cutter {
    /// Line ends that are not between quotes.
    Csv {
        /// Whether a quote is open.
        is_quoted: bool,
    },
    /// Line ends.
    Lines,
    /// Braces that close an object which is in no other.
    Array(Braces),
}

impl Cutter {
    /// A cutter at the beginning of a file, or behind a record.
    pub fn new(format: Format) -> Cutter {
        match format {
            Format::Csv => Cutter::Csv { is_quoted: false },
            Format::Lines => Cutter::Lines,
            Format::Array => Cutter::Array(Braces::default()),
        }
    }

    /// Looks at the next bytes; where behind the last record that ends in them one may cut.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        match self {
            Cutter::Csv { is_quoted } => {
                *is_quoted ^= memchr::memchr_iter(b'"', bytes).count() % 2 == 1;
                // From the end backwards, for what is open there is known.
                let mut is_inside = *is_quoted;
                for at in memchr::memrchr2_iter(b'"', b'\n', bytes) {
                    if bytes[at] == b'"' {
                        is_inside = !is_inside;
                    } else if !is_inside {
                        return Some(at + 1);
                    }
                }
                None
            }
            Cutter::Lines => memchr::memrchr(b'\n', bytes).map(|at| at + 1),
            Cutter::Array(braces) => braces.feed(bytes),
        }
    }
}

/// Counts braces outside of strings.
#[derive(Debug, Default)]
pub struct Braces {
    depth: u32,
    is_string: bool,
    is_escaped: bool,
    /// The array is over; what follows belongs to what is around it.
    pub is_over: bool,
}

impl Braces {
    fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut last = None;
        let mut at = 0;
        while at < bytes.len() && !self.is_over {
            let chunk = Chunk::at(bytes, at);
            if self.is_escaped || chunk.mask(b'\\') != 0 {
                self.slowly(&bytes[at..bytes.len().min(at + mask::WIDTH)], at, &mut last);
            } else {
                self.quickly(&chunk, at, &mut last);
            }
            at += mask::WIDTH;
        }
        last
    }

    #[inline(always)]
    fn quickly(&mut self, chunk: &Chunk, at: usize, last: &mut Option<usize>) {
        let inside = mask::between(chunk.mask(b'"')) ^ if self.is_string { !0 } else { 0 };
        self.is_string = inside >> 63 == 1;
        let opened = chunk.mask(b'{') & !inside;
        let closed = chunk.mask(b'}') & !inside;
        if self.depth > closed.count_ones() {
            self.depth = self.depth + opened.count_ones() - closed.count_ones();
            return;
        }
        let mut marks = opened | closed | (chunk.mask(b']') & !inside);
        while marks != 0 && !self.is_over {
            let bit = marks.trailing_zeros();
            marks &= marks - 1;
            let is = |mask: u64| mask >> bit & 1 == 1;
            self.mark(
                if is(opened) {
                    b'{'
                } else if is(closed) {
                    b'}'
                } else {
                    b']'
                },
                at + bit as usize,
                last,
            );
        }
    }

    fn slowly(&mut self, bytes: &[u8], from: usize, last: &mut Option<usize>) {
        for (n, byte) in bytes.iter().enumerate() {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.is_string => self.is_escaped = true,
                b'"' => self.is_string = !self.is_string,
                b'{' | b'}' | b']' if !self.is_string && !self.is_over => self.mark(*byte, from + n, last),
                _ => {}
            }
        }
    }

    fn mark(&mut self, byte: u8, at: usize, last: &mut Option<usize>) {
        match (byte, self.depth) {
            (b'{', _) => self.depth += 1,
            (b'}', 1) => {
                self.depth = 0;
                *last = Some(at + 1);
            }
            (b'}', depth) => self.depth = depth.saturating_sub(1),
            (_, 0) => {
                self.is_over = true;
                *last = Some(at + 1);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_lies_behind_the_last_whole_record_however_the_bytes_come() {
        for (format, text, expected) in [
            (Format::Csv, "a,b\nc,d\ne", "a,b\nc,d\n"),
            (Format::Csv, "a,\"x\ny\"\nc,\"d\n", "a,\"x\ny\"\n"),
            (Format::Csv, "a,\"x\n\"\"y\n", ""),
            (Format::Lines, "{}\n{\"a\":\"\\n\"}\n{", "{}\n{\"a\":\"\\n\"}\n"),
            (Format::Array, "{\"a\":{\"b\":[{}]}} , {\"a\":", "{\"a\":{\"b\":[{}]}}"),
            (Format::Array, "{\"a\":\"}\\\"}{\"},{\"b\":\"\\\\\"},{", "{\"a\":\"}\\\"}{\"},{\"b\":\"\\\\\"}"),
            (Format::Array, "{\"a\":1}],\"links\":{}}", "{\"a\":1}]"),
        ] {
            for pad in [0, 1, 50, 62, 63, 64, 65, 127] {
                let text = format!("{}{text}", " ".repeat(pad));
                for piece in [1, 7, 64, 1000] {
                    let mut cutter = Cutter::new(format);
                    let (mut cut, mut from) = (0, 0);
                    for part in text.as_bytes().chunks(piece) {
                        cut = cutter.feed(part).map_or(cut, |n| from + n);
                        from += part.len();
                    }
                    let wanted = if expected.is_empty() { 0 } else { pad + expected.len() };
                    assert_eq!(cut, wanted, "{format:?} {text:?} by {piece}");
                }
            }
        }
    }
}
