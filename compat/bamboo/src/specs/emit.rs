//! Writes YAML that people keep: in blocks, scripts as literals, everything else quoted where it could be misread.

/// A value to write.
#[derive(Clone, Debug, PartialEq)]
pub enum Out {
    /// A text.
    Text(String),
    /// A number or boolean, as it is to stand there.
    Plain(String),
    /// A list.
    List(Vec<Out>),
    /// A map in this order.
    Map(Vec<(String, Out)>),
}

impl Out {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn boolean(value: bool) -> Self {
        Self::Plain(value.to_string())
    }

    pub fn texts(texts: impl IntoIterator<Item = String>) -> Self {
        Self::List(texts.into_iter().map(Self::Text).collect())
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Text(_) | Self::Plain(_) => false,
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
        }
    }
}

/// A map that is put together key by key.
#[derive(Debug, Default)]
pub struct Keys(pub Vec<(String, Out)>);

impl Keys {
    pub fn put(&mut self, key: &str, value: Out) {
        self.0.push((key.to_owned(), value));
    }

    /// Leaves empty lists and maps out.
    pub fn put_some(&mut self, key: &str, value: Out) {
        if !value.is_empty() {
            self.put(key, value);
        }
    }

    pub fn out(self) -> Out {
        Out::Map(self.0)
    }
}

/// Writes a document.
pub fn document(value: &Out) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text
}

fn write(value: &Out, depth: usize, text: &mut String) {
    let pad = "  ".repeat(depth);
    match value {
        Out::Map(entries) => {
            for (key, value) in entries {
                text.push_str(&format!("{pad}{}:", scalar(key)));
                below(value, depth, text);
            }
        }
        Out::List(items) => {
            for item in items {
                text.push_str(&format!("{pad}-"));
                match item {
                    Out::Map(entries) if !entries.is_empty() => {
                        // The first key stands on the line of the hyphen.
                        let mut inner = String::new();
                        write(item, depth + 1, &mut inner);
                        text.push(' ');
                        text.push_str(inner.trim_start_matches(' '));
                    }
                    _ => below(item, depth, text),
                }
            }
        }
        Out::Text(_) | Out::Plain(_) => below(value, depth, text),
    }
}

/// What stands behind a key or a hyphen.
fn below(value: &Out, depth: usize, text: &mut String) {
    match value {
        Out::List(items) if items.is_empty() => text.push_str(" []\n"),
        Out::Map(entries) if entries.is_empty() => text.push_str(" {}\n"),
        Out::List(_) | Out::Map(_) => {
            text.push('\n');
            write(value, depth + 1, text);
        }
        Out::Plain(plain) => text.push_str(&format!(" {plain}\n")),
        Out::Text(content) if is_literal(content) => {
            text.push_str(if content.ends_with('\n') { " |\n" } else { " |-\n" });
            let pad = "  ".repeat(depth + 1);
            for line in content.strip_suffix('\n').unwrap_or(content).split('\n') {
                if line.is_empty() {
                    text.push('\n');
                } else {
                    text.push_str(&format!("{pad}{line}\n"));
                }
            }
        }
        Out::Text(content) => text.push_str(&format!(" {}\n", scalar(content))),
    }
}

/// Whether a text keeps every byte as a literal block.
fn is_literal(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with([' ', '\n', '\t'])
        && !text.ends_with("\n\n")
        && text.chars().all(|c| c == '\n' || c == '\t' || !(c.is_control() || is_break(c)))
}

/// YAML's older line breaks and the mark at the beginning of a file.
fn is_break(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A text on one line.
fn scalar(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_./- ".contains(c);
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.' || c == '/')
        && !text.ends_with(' ')
        && !text.starts_with("...")
        && text.chars().all(is_word)
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n" | ".inf" | ".nan"
        )
        && text.parse::<f64>().is_err();
    // The key `on` is written as people write it.
    if is_plain || text == "on" {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() || is_break(c) => quoted.push_str(&format!("\\u{:04x}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
