//! Records of JSON: one walk over the bytes of a record, which keeps the wanted members and steps over the others.

use super::column::{self, Column, Member, Place};
use super::fields::Fields;

/// Reads records. It remembers in which order members came, for they come in the same order in every record of an export.
#[derive(Debug, Default)]
pub struct Reader {
    seen: Vec<(Place, Vec<u8>, Member)>,
    step: usize,
}

/// More levels than this no export has.
const DEPTH_MAX: u32 = 32;

impl Reader {
    /// Calls `each` with every record of the block: where it begins and ends, and its fields or what is wrong with it.
    ///
    /// Between records there may be white space, commas and the brackets of an array.
    pub fn records(
        &mut self,
        block: &[u8],
        is_lines: bool,
        fields: &mut Fields,
        each: &mut impl FnMut(usize, usize, Result<&Fields, String>),
    ) {
        let mut at = 0;
        while let Some(end) = self.one(block, at, is_lines, fields, each) {
            at = end;
        }
    }

    /// Calls `each` with the first record of the block alone.
    pub fn first(
        &mut self,
        block: &[u8],
        is_lines: bool,
        fields: &mut Fields,
        each: &mut impl FnMut(usize, usize, Result<&Fields, String>),
    ) {
        self.one(block, 0, is_lines, fields, each);
    }

    /// Reads the record at or behind `at` and says where it ends.
    #[inline(always)]
    fn one(
        &mut self,
        block: &[u8],
        mut at: usize,
        is_lines: bool,
        fields: &mut Fields,
        each: &mut impl FnMut(usize, usize, Result<&Fields, String>),
    ) -> Option<usize> {
        while block.get(at).is_some_and(|c| c.is_ascii_whitespace() || (!is_lines && *c == b',')) {
            at += 1;
        }
        if at >= block.len() || (!is_lines && block[at] == b']') {
            return None;
        }
        fields.clear();
        self.step = 0;
        let mut walk = Walk { block, at, fields, reader: self };
        let read = walk.object(Place::Top, 0);
        let end = walk.at;
        let line_end = || memchr::memchr(b'\n', &block[at..]).map_or(block.len(), |n| at + n);
        let read = match read {
            Ok(()) if is_lines && !block[end..line_end().max(end)].trim_ascii().is_empty() => {
                Err("something follows the object on its line".to_string())
            }
            other => other,
        };
        let end = match &read {
            Ok(()) => end,
            Err(_) if is_lines => line_end(),
            Err(_) => past_value(block, at, 0).unwrap_or(block.len()).max(at + 1),
        };
        each(at, end, read.map(|()| &*fields));
        Some(end)
    }

    /// The member that the records before had here, if its name is what stands here, too, and where the name ends.
    #[inline(always)]
    fn expected(&mut self, place: Place, rest: &[u8]) -> Option<(Member, usize)> {
        let (at, known, member) = self.seen.get(self.step)?;
        let length = known.len();
        if *at != place || rest.get(length) != Some(&b'"') || rest[..length] != known[..] {
            return None;
        }
        self.step += 1;
        Some((*member, length))
    }

    #[cold]
    fn member(&mut self, place: Place, name: &[u8]) -> Member {
        let member = column::member(place, name);
        self.seen.truncate(self.step);
        if self.step < column::WANTED * 8 && !name.contains(&b'\\') {
            self.seen.push((place, name.to_vec(), member));
        }
        self.step += 1;
        member
    }
}

struct Walk<'a> {
    block: &'a [u8],
    at: usize,
    fields: &'a mut Fields,
    reader: &'a mut Reader,
}

impl Walk<'_> {
    fn object(&mut self, place: Place, depth: u32) -> Result<(), String> {
        self.expect(b'{')?;
        if depth > DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} levels"));
        }
        if self.peek() == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.expect(b'"')?;
            let member = match self.reader.expected(place, &self.block[self.at..]) {
                Some((member, length)) => {
                    self.at += length + 1;
                    member
                }
                None => {
                    let name = self.at;
                    let end = self.string_end()?;
                    self.reader.member(place, &self.block[name..end])
                }
            };
            self.expect(b':')?;
            match (member, self.peek()) {
                (Member::Part(part), b'{') => self.object(part, depth + 1)?,
                (Member::Value(column), c) if column != Column::Other && c != b'{' && c != b'[' => {
                    self.scalar(column)?;
                }
                _ => self.at = past_value(self.block, self.at, depth).ok_or("it is no JSON")?,
            }
            match self.peek() {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.unexpected("`,` or `}`")),
            }
        }
    }

    #[inline(always)]
    fn scalar(&mut self, column: Column) -> Result<(), String> {
        let from = self.at;
        if self.block[from] != b'"' {
            self.at = past_scalar(self.block, from).ok_or_else(|| self.unexpected("a value"))?;
            self.fields.set(column as usize, from, self.at);
            return Ok(());
        }
        self.at += 1;
        let end = self.string_end()?;
        if memchr::memchr(b'\\', &self.block[from..end]).is_some() {
            let text: String = serde_json::from_slice(&self.block[from..=end]).map_err(|e| e.to_string())?;
            self.fields.set_apart(column as usize, text.as_bytes());
        } else {
            self.fields.set(column as usize, from + 1, end);
        }
        Ok(())
    }

    /// Steps behind the string whose first character is here; its end is the place of the closing quote.
    #[inline(always)]
    fn string_end(&mut self) -> Result<usize, String> {
        let end = string_end(self.block, self.at).ok_or("a string is not closed")?;
        self.at = end + 1;
        Ok(end)
    }

    #[inline(always)]
    fn peek(&mut self) -> u8 {
        self.at = past_space(self.block, self.at);
        self.block.get(self.at).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn expect(&mut self, wanted: u8) -> Result<(), String> {
        if self.peek() != wanted {
            return Err(self.unexpected(&format!("`{}`", wanted as char)));
        }
        self.at += 1;
        Ok(())
    }

    fn unexpected(&self, wanted: &str) -> String {
        match self.block.get(self.at) {
            Some(c) => format!("`{}` where {wanted} is wanted", char::from(*c).escape_default()),
            None => format!("it ends where {wanted} is wanted"),
        }
    }
}

#[inline(always)]
fn past_space(block: &[u8], mut at: usize) -> usize {
    while block.get(at).is_some_and(|c| matches!(c, b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

/// Where the string ends whose first character is at `at`.
#[inline(always)]
fn string_end(block: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    loop {
        // Eight bytes at once: a byte that becomes 0 is the one that is looked for.
        while let Some(bytes) = block.get(at..)?.first_chunk::<8>() {
            let word = u64::from_le_bytes(*bytes);
            let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
            let found = zeros(word ^ (ONES * b'"' as u64)) | zeros(word ^ (ONES * b'\\' as u64));
            if found != 0 {
                at += found.trailing_zeros() as usize / 8;
                break;
            }
            at += 8;
        }
        at += block.get(at..)?.iter().position(|c| matches!(c, b'"' | b'\\'))?;
        if block[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

#[inline(always)]
fn past_scalar(block: &[u8], from: usize) -> Option<usize> {
    if block[from..].starts_with(b"null,") {
        return Some(from + 4);
    }
    let is_part = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'+' | b'.');
    let length = block[from..].iter().position(|c| !is_part(c)).unwrap_or(block.len() - from);
    (length > 0).then_some(from + length)
}

/// Steps behind the value at `at`; `None` where there is none.
pub fn past_value(block: &[u8], at: usize, depth: u32) -> Option<usize> {
    let at = past_space(block, at);
    match block.get(at)? {
        b'"' => string_end(block, at + 1).map(|end| end + 1),
        b'{' | b'[' => past_nested(block, at, depth),
        _ => past_scalar(block, at),
    }
}

fn past_nested(block: &[u8], mut at: usize, depth: u32) -> Option<usize> {
    let mut open = depth;
    loop {
        match block.get(at)? {
            b'"' => at = string_end(block, at + 1)?,
            b'{' | b'[' => open += 1,
            b'}' | b']' => {
                open -= 1;
                if open == depth {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests;
