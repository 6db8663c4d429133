//! The agent's own lines among the job's: times, steps, and figures that are read on the way.
//!
//! A line that begins with `::step`, `::at::` or `::raw::` is the agent's. A job's line that begins so gets `::raw::` in
//! front, which a reader takes off; so no job can pretend that a step ended.

use super::figures::Figures;

/// How lines begin that a job must not write as they are.
const OURS: [&[u8]; 3] = [b"::step", b"::at::", b"::raw::"];
const RAW: &[u8] = b"::raw::";
const METRIC: &[u8] = b"::metric ";
/// A line with a figure is not longer than this.
const FIGURE_BYTES_MAX: usize = 1024;

/// Looks at the beginnings of lines as output passes.
#[derive(Default)]
pub struct Lines {
    is_inside: bool,
    /// The beginning of a line that may yet turn out to be special.
    head: Vec<u8>,
    figure: Option<Vec<u8>>,
    due: Option<u64>,
    /// What the lines with figures said.
    pub figures: Figures,
}

enum Beginning {
    Undecided,
    Ours,
    Figure,
    Plain,
}

fn beginning(head: &[u8]) -> Beginning {
    if OURS.iter().any(|ours| head.starts_with(ours)) {
        Beginning::Ours
    } else if head == METRIC {
        Beginning::Figure
    } else if METRIC.starts_with(head) || OURS.iter().any(|ours| ours.starts_with(head)) {
        Beginning::Undecided
    } else {
        Beginning::Plain
    }
}

impl Lines {
    /// Says that the time, in milliseconds since the attempt began, belongs before the next line.
    pub fn stamp(&mut self, at_ms: u64) {
        self.due = Some(at_ms);
    }

    /// Whether the stamp that was asked for waits for a line to begin.
    pub fn is_stamp_due(&self) -> bool {
        self.due.is_some()
    }

    /// Whether the beginning of a line is held back.
    pub fn is_holding(&self) -> bool {
        !self.head.is_empty()
    }

    /// Takes the next piece of output.
    pub fn pass(&mut self, mut piece: &[u8], out: &mut Vec<u8>) {
        while let Some(first) = piece.first() {
            if self.is_inside {
                piece = self.pass_line(piece, out);
                continue;
            }
            if let Some(at) = self.due.take() {
                out.extend_from_slice(format!("::at::{at}\n").as_bytes());
            }
            self.head.push(*first);
            piece = &piece[1..];
            match beginning(&self.head) {
                Beginning::Undecided => continue,
                Beginning::Ours => out.extend_from_slice(RAW),
                Beginning::Figure => self.figure = Some(Vec::new()),
                Beginning::Plain => {}
            }
            self.release(out);
        }
    }

    /// Lets go of what is held back, although it is undecided: somebody may be waiting for a prompt to show.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        if self.head.len() > 1 {
            // What follows may still make it look like ours.
            out.extend_from_slice(RAW);
        }
        if self.is_holding() {
            self.release(out);
        }
    }

    /// Adds a line of the agent's own.
    pub fn say(&mut self, line: &str, out: &mut Vec<u8>) {
        self.flush(out);
        if std::mem::take(&mut self.is_inside) {
            out.push(b'\n');
            self.end_figure();
        }
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }

    fn release(&mut self, out: &mut Vec<u8>) {
        self.is_inside = self.head.last() != Some(&b'\n');
        out.append(&mut self.head);
    }

    /// Passes the rest of a line and returns what follows it.
    fn pass_line<'a>(&mut self, piece: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let end = piece.iter().position(|byte| *byte == b'\n');
        let (line, rest) = piece.split_at(end.map_or(piece.len(), |end| end + 1));
        out.extend_from_slice(line);
        if let Some(figure) = &mut self.figure {
            let room = FIGURE_BYTES_MAX.saturating_sub(figure.len());
            figure.extend_from_slice(&line[..line.len().min(room)]);
        }
        if end.is_some() {
            self.is_inside = false;
            self.end_figure();
        }
        rest
    }

    fn end_figure(&mut self) {
        if let Some(figure) = self.figure.take() {
            self.figures.take_line(&String::from_utf8_lossy(&figure));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(text: &str, size: usize) -> (String, Lines) {
        let mut lines = Lines::default();
        let mut out = Vec::new();
        text.as_bytes().chunks(size).for_each(|piece| lines.pass(piece, &mut out));
        lines.flush(&mut out);
        (String::from_utf8(out).expect("text"), lines)
    }

    #[test]
    fn a_job_cannot_speak_as_the_agent() {
        for (text, expected) in [
            ("::step-end::{}\n", "::raw::::step-end::{}\n"),
            ("a\n::at::5\nb", "a\n::raw::::at::5\nb"),
            ("::raw::x\n", "::raw::::raw::x\n"),
            (" ::step\n:a\n::b\n\n", " ::step\n:a\n::b\n\n"),
            ("::group::x\n::endgroup::\n", "::group::x\n::endgroup::\n"),
            ("::metrics\n", "::metrics\n"),
            ("no end", "no end"),
        ] {
            for size in 1..=text.len() {
                assert_eq!(passed(text, size).0, expected, "in pieces of {size}");
            }
        }
    }

    #[test]
    fn a_pause_inside_a_marker_does_not_help() {
        let mut lines = Lines::default();
        let mut out = Vec::new();
        lines.pass(b"::st", &mut out);
        assert!(out.is_empty() && lines.is_holding());
        lines.flush(&mut out);
        lines.pass(b"ep::{}\n", &mut out);
        assert_eq!(out, b"::raw::::step::{}\n");
    }

    #[test]
    fn figures_are_read_from_lines() {
        let text =
            "::metric name=renewal_rate value=71.4 unit=percent\n::metric name=n value=1\n::metric bad\n";
        for size in 1..=text.len() {
            let (out, lines) = passed(text, size);
            assert_eq!(out, text);
            let found = lines.figures.all();
            assert_eq!(found.len(), 2);
            assert_eq!((found[1].name.as_str(), found[1].value), ("renewal_rate", 71.4));
            assert_eq!(found[1].unit.as_deref(), Some("percent"));
        }
    }

    #[test]
    fn our_lines_and_times_stand_on_lines_of_their_own() {
        let mut lines = Lines::default();
        let mut out = Vec::new();
        lines.stamp(5);
        lines.pass(b"half", &mut out);
        lines.stamp(9);
        lines.pass(b" a line\nnext", &mut out);
        lines.say("::step-end::{}", &mut out);
        assert_eq!(String::from_utf8_lossy(&out), "::at::5\nhalf a line\n::at::9\nnext\n::step-end::{}\n");
    }
}
