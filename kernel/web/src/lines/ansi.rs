//! What a terminal would show of a line: its text and the colours of it. Everything else that steers a terminal is left out.

use maud::{Markup, html};

/// The colours that are in force; they last over the end of a line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Style {
    colour: Option<&'static str>,
    is_bold: bool,
    is_dim: bool,
}

/// A piece of text in one style.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    class: &'static str,
    text: String,
}

const COLOURS: [Option<&str>; 8] =
    [Some("k-d"), Some("k-r"), Some("k-g"), Some("k-y"), Some("k-b"), Some("k-m"), Some("k-c"), None];

impl Style {
    fn class(self) -> &'static str {
        match self {
            Self { colour: Some(colour), .. } => colour,
            Self { is_dim: true, .. } => "k-d",
            Self { is_bold: true, .. } => "k-w",
            Self { .. } => "",
        }
    }

    /// Takes the numbers of a `m` sequence.
    fn set(&mut self, numbers: &str) {
        let mut numbers = numbers.split([';', ':']).map(|n| n.parse::<usize>().unwrap_or(0));
        while let Some(n) = numbers.next() {
            match n {
                0 => *self = Self::default(),
                1 => self.is_bold = true,
                2 => self.is_dim = true,
                22 => (self.is_bold, self.is_dim) = (false, false),
                30..=37 => self.colour = COLOURS[n - 30],
                90 => self.colour = Some("k-d"),
                91..=97 => self.colour = COLOURS[n - 90],
                39 => self.colour = None,
                // Colours beyond the sixteen come with numbers of their own.
                38 | 48 => match numbers.next() {
                    Some(5) => {
                        let which = numbers.next().unwrap_or(7);
                        if n == 38 {
                            self.colour = COLOURS.get(which % 8).copied().flatten().filter(|_| which < 16);
                        }
                    }
                    Some(2) => drop(numbers.by_ref().take(3).count()),
                    Some(_) | None => {}
                },
                _ => {}
            }
        }
    }

    fn pieces(&mut self, line: &[u8]) -> Vec<Piece> {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\r', '\n']);
        let mut pieces: Vec<Piece> = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\u{1b}' => match chars.next() {
                    Some('[') => {
                        let mut numbers = String::new();
                        let end = loop {
                            match chars.next() {
                                Some(c @ '@'..='~') => break c,
                                Some(c) => numbers.push(c),
                                None => break ' ',
                            }
                        };
                        if end == 'm' {
                            self.set(&numbers);
                        }
                    }
                    Some(']') => while chars.next().is_some_and(|c| c != '\u{7}' && c != '\u{1b}') {},
                    Some(_) | None => {}
                },
                // A terminal writes over what was there; of a progress line the last state is left.
                '\r' => pieces.clear(),
                '\t' => push(&mut pieces, self.class(), '\t'),
                c if c.is_control() => {}
                c => push(&mut pieces, self.class(), c),
            }
        }
        pieces
    }

    /// A line as markup. What was searched for, in small letters, is marked.
    pub fn line(&mut self, line: &[u8], search: Option<&str>) -> Markup {
        html! {
            @for piece in self.pieces(line) {
                @if piece.class.is_empty() { (marked(&piece.text, search)) } @else { span class=(piece.class) { (marked(&piece.text, search)) } }
            }
        }
    }
}

fn push(pieces: &mut Vec<Piece>, class: &'static str, c: char) {
    match pieces.last_mut() {
        Some(piece) if piece.class == class => piece.text.push(c),
        Some(_) | None => pieces.push(Piece { class, text: c.to_string() }),
    }
}

/// A line as plain text.
pub(super) fn plain(line: &[u8]) -> String {
    Style::default().pieces(line).into_iter().map(|piece| piece.text).collect()
}

fn marked(text: &str, search: Option<&str>) -> Markup {
    let Some(search) = search.filter(|search| !search.is_empty()) else { return html! { (text) } };
    let small = text.to_lowercase();
    // Letters whose small form has another length would shift the places: then nothing is marked.
    let places: Vec<usize> = if small.len() == text.len() {
        small.match_indices(search).map(|(at, _)| at).collect()
    } else {
        Vec::new()
    };
    // Each hit with the text between it and the hit before; then what comes after the last.
    let starts = std::iter::once(0).chain(places.iter().map(|at| at + search.len()));
    let hits = starts
        .zip(&places)
        .filter_map(|(from, at)| Some((text.get(from..*at)?, text.get(*at..at + search.len())?)));
    let rest = places.last().map_or(0, |at| at + search.len());
    html! {
        @for (before, hit) in hits { (before) mark { (hit) } }
        (text.get(rest..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        Style::default().line(line.as_bytes(), None).into_string()
    }

    #[test]
    fn colours_are_kept_and_everything_else_that_steers_a_terminal_is_not() {
        for (given, expected) in [
            ("plain", "plain"),
            ("\u{1b}[32mok\u{1b}[0m done", "<span class=\"k-g\">ok</span> done"),
            (
                "\u{1b}[1;31mbad\u{1b}[39m bold",
                "<span class=\"k-r\">bad</span><span class=\"k-w\"> bold</span>",
            ),
            ("\u{1b}[38;5;2mgreen\u{1b}[m", "<span class=\"k-g\">green</span>"),
            ("\u{1b}[38;2;1;2;3mtrue\u{1b}[m", "true"),
            ("\u{1b}[2K\u{1b}[1Gmoved", "moved"),
            ("\u{1b}]0;title\u{7}text\u{8}\0", "text"),
            ("10 %\r20 %\rdone\r", "done"),
            ("unfinished \u{1b}[3", "unfinished "),
        ] {
            assert_eq!(shown(given), expected, "{given:?}");
        }
    }

    #[test]
    fn what_a_command_prints_stays_text() {
        let hostile = "<script>alert(1)</script> \u{1b}[31m<img src=x onerror=alert(1)>\u{1b}[0m \"&";
        let html = shown(hostile);
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
        assert_eq!(Style::default().line(b"bad \xff byte", None).into_string(), "bad \u{fffd} byte");
    }

    #[test]
    fn what_was_searched_for_is_marked_in_any_case() {
        let html = Style::default().line("Rate of rates <b>".as_bytes(), Some("rate")).into_string();
        assert_eq!(html, "<mark>Rate</mark> of <mark>rate</mark>s &lt;b&gt;");
        // A letter that grows when it becomes small: nothing is marked, nothing breaks.
        assert_eq!(Style::default().line("İ rate".as_bytes(), Some("rate")).into_string(), "İ rate");
    }
}
