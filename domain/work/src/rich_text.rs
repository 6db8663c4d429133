//! The rich-text subset: a small XML vocabulary for descriptions and comments.
//!
//! The root is `<body>`; inside are `strong em u s code ol ul li a pre blockquote`, in descriptions also `h1 h2 hr img`. Newlines are
//! newlines. What is not in the subset is refused, never dropped: a script that writes `<b>` learns it at once. Entities and document
//! types are off. A mention is `<a data-asana-gid="ID"/>` (the attribute that existing scripts write); it is stored bare and filled in
//! for each reader ([`render`]), because names change and not everybody may see everything.

mod parse;
pub mod render;
pub mod source;
#[cfg(test)]
mod tests;

use base::Result;

/// Where a text stands; descriptions may hold more than comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// A comment.
    Comment,
    /// The description of a task or a project.
    Notes,
}

/// A parsed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RichText(pub(crate) Vec<Node>);

/// A piece of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Text(String),
    Element { tag: &'static str, children: Vec<Node> },
    Link { link: Link, children: Vec<Node> },
    Image { id: Option<i64>, src: Option<String>, alt: Option<String> },
}

/// What a link points at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link {
    /// An address; of plain links, and of mentions that were written with one.
    pub href: Option<String>,
    /// What is mentioned.
    pub id: Option<i64>,
    /// Whether the text of the mention follows the name of what it points at.
    pub is_dynamic: bool,
}

impl RichText {
    /// Reads what somebody wrote; everything outside the subset is an error that names it.
    pub fn parse(xml: &str, flavour: Flavour) -> Result<Self> {
        parse::parse(xml, flavour)
    }

    /// Everything that is mentioned, images included, each once.
    pub fn mentions(&self) -> Vec<i64> {
        let mut found = Vec::new();
        each_mention(&self.0, &mut |id, _| {
            if !found.contains(&id) {
                found.push(id);
            }
        });
        found
    }

    /// The mentions that were written without an address: those that the writer must be able to see.
    pub fn bare_mentions(&self) -> Vec<i64> {
        let mut found = Vec::new();
        each_mention(&self.0, &mut |id, has_address| {
            if !has_address {
                found.push(id);
            }
        });
        found
    }
}

fn each_mention(nodes: &[Node], visit: &mut impl FnMut(i64, bool)) {
    for node in nodes {
        match node {
            Node::Text(_) => {}
            Node::Element { children, .. } => each_mention(children, visit),
            Node::Link { link, children } => {
                if let Some(id) = link.id {
                    visit(id, link.href.is_some());
                }
                each_mention(children, visit);
            }
            Node::Image { id, src, .. } => {
                if let Some(id) = id {
                    visit(*id, src.is_some());
                }
            }
        }
    }
}

/// Plain text as rich text.
pub fn from_plain(text: &str) -> String {
    format!("<body>{}</body>", escape(text))
}

/// Escapes text for XML and HTML, between tags and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // What XML 1.0 cannot say at all; a script's parser would refuse the whole answer.
            c if !is_xml_char(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

pub(crate) fn is_xml_char(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}
