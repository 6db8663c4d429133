//! Writing the source that reads as a text.

use super::MARKS;
use crate::rich_text::render::{Lookup, TargetKind};
use crate::rich_text::{Link, Node};

const BLOCKS: [&str; 8] = ["h1", "h2", "ul", "ol", "li", "pre", "blockquote", "hr"];

pub(super) fn write(nodes: &[Node], lookup: Lookup<'_>, out: &mut String) {
    let mut after_text = false;
    for node in nodes {
        let is_block = matches!(node, Node::Element { tag, .. } if BLOCKS.contains(tag));
        if is_block && after_text {
            out.push('\n');
        }
        after_text = !is_block;
        match node {
            Node::Text(text) => out.push_str(&escaped(text)),
            Node::Element { tag, children } => write_element(tag, children, lookup, out),
            Node::Link { link, children } => write_link(link, children, lookup, out),
            Node::Image { id: Some(id), .. } => {
                let name = lookup(*id).map_or_else(|| "picture".to_owned(), |target| target.name);
                out.push_str(&format!("[{}](/attachments/{id})", name.replace(['[', ']'], "")));
            }
            Node::Image { src, .. } => out.push_str(src.as_deref().unwrap_or_default()),
        }
    }
}

fn write_link(link: &Link, children: &[Node], lookup: Lookup<'_>, out: &mut String) {
    let found = link.id.and_then(lookup);
    let mut text = String::new();
    write(children, lookup, &mut text);
    match (&found, &link.href) {
        (Some(target), _) if target.kind == TargetKind::User => out.push_str(&format!("@{}", target.name)),
        (Some(target), _) => {
            out.push_str(&format!("[{}]({})", target.name.replace(['[', ']'], ""), target.href))
        }
        (None, Some(href)) if text.is_empty() || escaped(href) == text => out.push_str(href),
        (None, Some(href)) => out.push_str(&format!("[{text}]({href})")),
        (None, None) => out.push_str(&text),
    }
}

fn write_element(tag: &str, children: &[Node], lookup: Lookup<'_>, out: &mut String) {
    let inside = |children: &[Node]| {
        let mut text = String::new();
        write(children, lookup, &mut text);
        text
    };
    match tag {
        "h1" => out.push_str(&format!("# {}\n", inside(children))),
        "h2" => out.push_str(&format!("## {}\n", inside(children))),
        "hr" => out.push_str("---\n"),
        "pre" => {
            let mut text = String::new();
            raw(children, &mut text);
            out.push_str(&format!("```\n{text}\n```\n"));
        }
        "code" => {
            let mut text = String::new();
            raw(children, &mut text);
            out.push_str(&format!("`{text}`"));
        }
        "blockquote" => {
            for line in inside(children).trim_matches('\n').split('\n') {
                out.push_str(&format!("> {line}\n"));
            }
        }
        "ul" | "ol" => {
            for (n, item) in
                children.iter().filter(|node| matches!(node, Node::Element { tag: "li", .. })).enumerate()
            {
                let Node::Element { children, .. } = item else { continue };
                let mark = if tag == "ol" { format!("{}. ", n + 1) } else { "- ".to_owned() };
                for (line, text) in inside(children).trim_matches('\n').split('\n').enumerate() {
                    out.push_str(&format!("{}{text}\n", if line == 0 { mark.as_str() } else { "  " }));
                }
            }
        }
        _ => match MARKS.iter().find(|(_, of)| *of == tag) {
            Some((mark, _)) => out.push_str(&format!("{mark}{}{mark}", inside(children))),
            None => out.push_str(&inside(children)),
        },
    }
}

fn raw(nodes: &[Node], out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Element { children, .. } | Node::Link { children, .. } => raw(children, out),
            Node::Image { .. } => {}
        }
    }
}

/// Text whose marks mean themselves.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = '\n';
    for (at, c) in text.char_indices() {
        let rest = &text[at..];
        let opens = !before.is_alphanumeric() && matches!(c, '*' | '_' | '~');
        let begins_line = before == '\n'
            && (rest.starts_with("# ")
                || rest.starts_with("## ")
                || rest.starts_with("- ")
                || rest.starts_with("+ ")
                || rest.starts_with("> ")
                || rest.trim_end() == "---");
        let is_address = out.rsplit(char::is_whitespace).next().is_some_and(|word| word.starts_with("http"));
        if (opens && !is_address)
            || begins_line
            || matches!(c, '`' | '\\')
            || (c == '[' && rest.contains("]("))
        {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}
