//! A log with marks as plain text, for who takes it away: steps and groups have their names, times and the rest of the marks are gone.

use super::marks::{self, Read};

/// A line longer than this is passed on in pieces; only what it begins with can make it a mark.
const LINE_BYTES: usize = 64 << 10;

/// Turns the bytes of a log into plain text, as they come.
#[derive(Debug, Default)]
pub(crate) struct Plain {
    /// A line whose end has not come.
    line: Vec<u8>,
    /// Whether the beginning of the line was passed on already.
    is_amid: bool,
}

impl Plain {
    /// The text of the next bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.is_amid {
                out.extend_from_slice(piece);
                self.is_amid = !piece.ends_with(b"\n");
                continue;
            }
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.end_line(&mut out);
            } else if self.line.len() > LINE_BYTES {
                out.append(&mut self.line);
                self.is_amid = true;
            }
        }
        out
    }

    /// What is left at the end of the log.
    pub(crate) fn end(mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.end_line(&mut out);
        out
    }

    fn end_line(&mut self, out: &mut Vec<u8>) {
        let end = if self.line.ends_with(b"\n") { &b"\n"[..] } else { b"" };
        let line = &self.line[..self.line.len() - end.len()];
        match marks::read(line) {
            Read::Text(text) => out.extend_from_slice(&[text, end].concat()),
            Read::Step(step) => out.extend_from_slice(&[b"== ", step.name.as_bytes(), end].concat()),
            Read::Group(name) => out.extend_from_slice(&[b"-- ", name, end].concat()),
            Read::StepEnd(_) | Read::GroupEnd | Read::At(_) => {}
        }
        self.line.clear();
    }
}

#[cfg(test)]
#[test]
fn marks_are_gone_wherever_the_log_is_cut() {
    let log = b"::step::{\"name\":\"Build\"}\n::at::12\nhello\n::group::Fetch\nx\n::endgroup::\n::raw::::at::5\n::step-end::{\"state\":\"failed\"}\nno end";
    let expected = "== Build\nhello\n-- Fetch\nx\n::at::5\nno end";
    for cut in 0..log.len() {
        let mut plain = Plain::default();
        let text = [plain.feed(&log[..cut]), plain.feed(&log[cut..]), plain.end()].concat();
        assert_eq!(String::from_utf8_lossy(&text), expected, "cut at {cut}");
    }
    let long = vec![b'x'; LINE_BYTES * 3];
    let mut plain = Plain::default();
    let text = [plain.feed(&long), plain.feed(b"\n::at::1\nend"), plain.end()].concat();
    assert_eq!(text, [&long[..], b"\nend"].concat());
}
