//! A reader of Rust source that tells code from comments and from strings, so that rules do not trip over prose.

/// One line of a source file: its code with strings and comments blanked, and the strings that begin in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The code of the line; each string is left as `""`.
    pub code: String,
    /// The strings that begin on the line, whole even when they span several.
    pub strings: Vec<String>,
}

/// Splits a source text into lines.
pub fn lines(text: &str) -> Vec<Line> {
    let mut reader = Reader { rest: text, lines: vec![Line::default()] };
    while let Some(c) = reader.rest.chars().next() {
        reader.step(c);
    }
    reader.lines
}

struct Reader<'a> {
    rest: &'a str,
    lines: Vec<Line>,
}

impl Reader<'_> {
    fn step(&mut self, c: char) {
        if self.rest.starts_with("//") {
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.skip(block_comment(self.rest));
        } else if let Some(hashes) = raw_string(self.rest, &self.last().code) {
            let open = self.rest.find('"').unwrap_or(0) + 1;
            let close = format!("\"{}", "#".repeat(hashes));
            let length = self.rest[open..].find(&close).unwrap_or(self.rest.len() - open);
            self.string(open, length, close.len());
        } else if c == '"' {
            let length = plain_string(&self.rest[1..]);
            self.string(1, length, 1);
        } else if c == '\'' {
            let length = char_literal(self.rest);
            self.code(length);
        } else {
            self.code(c.len_utf8());
        }
    }

    fn last(&mut self) -> &mut Line {
        self.lines.last_mut().expect("there is a line from the start")
    }

    fn code(&mut self, length: usize) {
        let (text, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        for c in text.chars() {
            if c == '\n' { self.lines.push(Line::default()) } else { self.last().code.push(c) }
        }
    }

    fn skip(&mut self, length: usize) {
        let (text, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        for _ in text.matches('\n') {
            self.lines.push(Line::default());
        }
    }

    fn string(&mut self, open: usize, length: usize, close: usize) {
        let text = self.rest[open..open + length].to_string();
        self.last().strings.push(text);
        self.last().code.push_str("\"\"");
        self.skip(open + length + close);
    }
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The number of hashes when a raw string begins here. `r` at the end of a name (`bar"..."`) does not begin one.
fn raw_string(text: &str, before: &str) -> Option<usize> {
    let in_name = before.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
    let after = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    (!in_name && after[hashes..].starts_with('"')).then_some(hashes)
}

fn plain_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal, or 1 for the tick of a lifetime.
fn char_literal(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text[3.min(text.len())..].find('\'').map_or(1, |at| at + 4),
        Some(_) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(code: &str, strings: &[&str]) -> Line {
        Line { code: code.into(), strings: strings.iter().map(|s| (*s).to_string()).collect() }
    }

    #[test]
    fn comments_vanish_and_strings_are_set_apart() {
        for (text, expected) in [
            ("a(); // select \"x\"", line("a(); ", &[])),
            ("a(/* b /* c */ d */ e)", line("a( e)", &[])),
            ("let x = \"say \\\"hi\\\" // no\";", line("let x = \"\";", &["say \\\"hi\\\" // no"])),
            ("let x = r#\"a \"b\" c\"#;", line("let x = \"\";", &["a \"b\" c"])),
            ("let c = '\"'; f(\"s\")", line("let c = '\"'; f(\"\")", &["s"])),
            ("let c = '\\''; f(\"s\")", line("let c = '\\''; f(\"\")", &["s"])),
            ("fn f<'a>(x: &'a str) -> &'static str", line("fn f<'a>(x: &'a str) -> &'static str", &[])),
        ] {
            assert_eq!(lines(text), [expected], "{text}");
        }
    }

    #[test]
    fn a_string_over_several_lines_belongs_to_the_first() {
        let read = lines("const Q: &str = \"select a\n  from b\";\nnext()");
        assert_eq!(read.len(), 3);
        assert_eq!(read[0].strings, ["select a\n  from b"]);
        assert_eq!(read[2].code, "next()");
    }
}
