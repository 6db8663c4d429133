//! Rich text as people type it, in a few marks of Markdown.
//!
//! `**strong**`, `_em_`, `__underlined__`, `~~struck~~`, `` `code` ``, lists with `-` and `1.` (two blanks nest them), `> quote`, three backquotes
//! around a block of code, `[text](address)`, bare addresses, and `@Name` for a person; in descriptions also `# heading`,
//! `## smaller` and `---`. A link to a task, project, person or file of this server becomes a mention. A backslash takes a mark
//! literally. Lines stay lines.

#[cfg(test)]
mod tests;
mod write;

use super::render::Lookup;
use super::{Flavour, Link, Node, RichText};

/// What a source may point at.
#[derive(Debug, Default)]
pub struct Known {
    /// People whom `@` may name, by name or address.
    pub people: Vec<(String, i64)>,
    /// The address of this server, without a slash at the end.
    pub origin: String,
}

const MARKS: [(&str, &str); 5] = [("**", "strong"), ("__", "u"), ("~~", "s"), ("_", "em"), ("*", "em")];
/// Deeper lists than this are read as text; the subset has a limit too.
const DEPTH: usize = 12;

/// Reads a source.
pub fn read(source: &str, flavour: Flavour, known: &Known) -> RichText {
    let source = source.replace("\r\n", "\n");
    let lines: Vec<&str> = source.trim_end_matches('\n').split('\n').collect();
    let reader = Reader { flavour, known };
    let mut out = Vec::new();
    reader.blocks(&lines, &mut out);
    RichText(out)
}

impl RichText {
    /// Whether it is nothing but text, so that it can be kept plain.
    pub fn is_plain(&self) -> bool {
        self.0.iter().all(|node| matches!(node, Node::Text(_)))
    }

    /// A text without marks.
    pub fn plain_text(text: &str) -> Self {
        Self(vec![Node::Text(text.to_owned())])
    }

    /// The source that reads as this text.
    pub fn source(&self, lookup: Lookup<'_>) -> String {
        let mut out = String::new();
        write::write(&self.0, lookup, &mut out);
        out.trim_matches('\n').to_owned()
    }
}

struct Reader<'a> {
    flavour: Flavour,
    known: &'a Known,
}

fn element(tag: &'static str, children: Vec<Node>) -> Node {
    Node::Element { tag, children }
}

fn push_text(out: &mut Vec<Node>, text: &str) {
    match out.last_mut() {
        _ if text.is_empty() => {}
        Some(Node::Text(before)) => before.push_str(text),
        _ => out.push(Node::Text(text.to_owned())),
    }
}

/// An item of a list: how far it is indented, whether it is numbered, and what it says.
fn item(line: &str) -> Option<(usize, bool, &str)> {
    let rest = line.trim_start_matches(' ');
    let indent = line.len() - rest.len();
    if let Some(text) = ["- ", "* ", "+ "].iter().find_map(|mark| rest.strip_prefix(mark)) {
        return Some((indent, false, text));
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let text = rest.get(digits..)?.strip_prefix(". ")?;
    (1..=9).contains(&digits).then_some((indent, true, text))
}

impl Reader<'_> {
    fn blocks(&self, lines: &[&str], out: &mut Vec<Node>) {
        let (mut at, mut after_text) = (0, false);
        while let Some(line) = lines.get(at) {
            if let Some((block, taken)) = self.block(lines, at) {
                out.push(block);
                at += taken;
                after_text = false;
                continue;
            }
            if after_text {
                push_text(out, "\n");
            }
            self.inline(line, out);
            at += 1;
            after_text = true;
        }
    }

    fn block(&self, lines: &[&str], at: usize) -> Option<(Node, usize)> {
        let line = lines[at];
        if line.starts_with("```") {
            let end = lines[at + 1..].iter().position(|line| line.trim_end() == "```")?;
            let text = lines[at + 1..at + 1 + end].join("\n");
            return Some((element("pre", vec![Node::Text(text)]), end + 2));
        }
        if line.starts_with("> ") || line == ">" {
            let quoted: Vec<&str> = lines[at..]
                .iter()
                .map_while(|line| line.strip_prefix('>'))
                .map(|line| line.strip_prefix(' ').unwrap_or(line))
                .collect();
            let mut children = Vec::new();
            for (n, line) in quoted.iter().enumerate() {
                push_text(&mut children, if n > 0 { "\n" } else { "" });
                self.inline(line, &mut children);
            }
            return Some((element("blockquote", children), quoted.len()));
        }
        if item(line).is_some() {
            let items: Vec<_> = lines[at..].iter().map_while(|line| item(line)).collect();
            return self.list(&items, 0);
        }
        if self.flavour == Flavour::Notes {
            let (tag, text) = match (line.strip_prefix("# "), line.strip_prefix("## ")) {
                (Some(text), _) => ("h1", text),
                (_, Some(text)) => ("h2", text),
                _ if line.trim_end() == "---" => return Some((element("hr", Vec::new()), 1)),
                _ => return None,
            };
            let mut children = Vec::new();
            self.inline(text, &mut children);
            return Some((element(tag, children), 1));
        }
        None
    }

    /// The list that begins with the first item, and how many items it took. None when it would nest too deep.
    fn list(&self, items: &[(usize, bool, &str)], depth: usize) -> Option<(Node, usize)> {
        let (indent, numbered, _) = *items.first().filter(|_| depth < DEPTH)?;
        let (mut children, mut at) = (Vec::new(), 0);
        while let Some((deep, kind, text)) = items.get(at).copied() {
            if deep > indent + 1
                && let Some(Node::Element { children: last, .. }) = children.last_mut()
            {
                let (inner, taken) = self.list(&items[at..], depth + 1)?;
                last.push(inner);
                at += taken;
                continue;
            }
            if deep < indent || kind != numbered {
                break;
            }
            let mut inside = Vec::new();
            self.inline(text, &mut inside);
            children.push(element("li", inside));
            at += 1;
        }
        Some((element(if numbered { "ol" } else { "ul" }, children), at))
    }

    fn inline(&self, line: &str, out: &mut Vec<Node>) {
        let (mut at, mut before) = (0, ' ');
        while let Some(c) = line[at..].chars().next() {
            let rest = &line[at..];
            if let Some(next) = rest
                .strip_prefix('\\')
                .and_then(|rest| rest.chars().next())
                .filter(char::is_ascii_punctuation)
            {
                push_text(out, next.encode_utf8(&mut [0; 4]));
                (at, before) = (at + 2, next);
                continue;
            }
            if let Some((node, length)) = self.mark(rest, before) {
                out.push(node);
                at += length;
                before = ')';
                continue;
            }
            push_text(out, c.encode_utf8(&mut [0; 4]));
            (at, before) = (at + c.len_utf8(), c);
        }
    }

    fn mark(&self, rest: &str, before: char) -> Option<(Node, usize)> {
        if let Some(inside) = rest.strip_prefix('`') {
            let end = inside.find('`').filter(|end| *end > 0)?;
            return Some((element("code", vec![Node::Text(inside[..end].to_owned())]), end + 2));
        }
        if rest.starts_with('[') {
            return self.link(rest);
        }
        if rest.starts_with('@') && !before.is_alphanumeric() {
            return self.person(rest);
        }
        if (rest.starts_with("https://") || rest.starts_with("http://")) && !before.is_alphanumeric() {
            let end =
                rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')).unwrap_or(rest.len());
            let address = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']);
            let link = self.target(address);
            let children = if link.id.is_some() { Vec::new() } else { vec![Node::Text(address.to_owned())] };
            return (address.len() > 8).then_some((Node::Link { link, children }, address.len()));
        }
        if before.is_alphanumeric() {
            return None;
        }
        let (mark, tag) = MARKS.iter().find(|(mark, _)| rest.starts_with(mark))?;
        let inside = &rest[mark.len()..];
        let end = closing(inside, mark)?;
        let mut children = Vec::new();
        self.inline(&inside[..end], &mut children);
        Some((element(tag, children), end + 2 * mark.len()))
    }

    fn link(&self, rest: &str) -> Option<(Node, usize)> {
        let middle = rest.find("](")?;
        let end = middle + 2 + rest[middle + 2..].find(')')?;
        let (text, address) = (&rest[1..middle], rest[middle + 2..end].trim());
        let is_local = address.starts_with('/') && !address.starts_with("//");
        let scheme =
            ["https://", "http://", "mailto:", "tel:"].iter().any(|scheme| address.starts_with(scheme));
        if !(is_local || scheme) || address.contains(char::is_whitespace) {
            return None;
        }
        let link = self.target(address);
        let mut children = Vec::new();
        if link.id.is_none() {
            let shown = text.replace('\\', "");
            push_text(&mut children, if shown.trim().is_empty() { address } else { &shown });
        }
        Some((Node::Link { link, children }, end + 1))
    }

    /// A link to something of this server is a mention; the address stays with it for those who may not see the thing.
    fn target(&self, address: &str) -> Link {
        let local = address
            .strip_prefix(&self.known.origin)
            .filter(|_| !self.known.origin.is_empty())
            .unwrap_or(address);
        let id = ["/tasks/", "/projects/", "/people/", "/attachments/"]
            .iter()
            .find_map(|noun| local.strip_prefix(noun))
            .and_then(|id| id.parse::<base::id::AnyId>().ok());
        Link {
            href: Some(if id.is_some() { local } else { address }.to_owned()),
            id: id.map(|id| id.0),
            is_dynamic: true,
        }
    }

    fn person(&self, rest: &str) -> Option<(Node, usize)> {
        let named = self.known.people.iter().filter_map(|(name, id)| Some((begins(&rest[1..], name)?, *id)));
        let (length, id) = named.max_by_key(|(length, _)| *length)?;
        let link = Link { href: None, id: Some(id), is_dynamic: true };
        Some((Node::Link { link, children: Vec::new() }, length + 1))
    }
}

/// How many bytes of `text` are `name`, in any case, when no letter follows.
fn begins(text: &str, name: &str) -> Option<usize> {
    let mut rest = text.char_indices();
    for wanted in name.chars() {
        let (_, found) = rest.next()?;
        if found != wanted && !found.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    let end = rest.clone().next().map_or(text.len(), |(at, _)| at);
    (!name.is_empty() && !rest.next().is_some_and(|(_, c)| c.is_alphanumeric())).then_some(end)
}

/// Where the mark closes: after something, and before no letter.
fn closing(inside: &str, mark: &str) -> Option<usize> {
    if inside.starts_with(char::is_whitespace) {
        return None;
    }
    let mut from = 0;
    while let Some(found) = inside[from..].find(mark) {
        let at = from + found;
        let (before, after) = (inside[..at].chars().next_back(), inside[at + mark.len()..].chars().next());
        let is_end = before.is_some_and(|c| !c.is_whitespace() && c != '\\')
            && !after.is_some_and(|c| c.is_alphanumeric() || mark.starts_with(c));
        if is_end {
            return Some(at);
        }
        from = at + mark.len();
    }
    None
}
