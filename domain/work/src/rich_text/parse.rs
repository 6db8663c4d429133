//! Reading the subset.

use super::{Flavour, Link, Node, RichText, is_xml_char};
use base::{Error, Result};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// How deep elements may nest, so that nobody exhausts the stack.
const DEPTH_MAX: usize = 50;

const EVERYWHERE: &[&str] = &["strong", "em", "u", "s", "code", "ol", "ul", "li", "pre", "blockquote"];
const IN_NOTES: &[&str] = &["h1", "h2", "hr"];

fn bad(what: impl std::fmt::Display) -> Error {
    Error::invalid("rich_text.invalid", format!("the text is not valid rich text: {what}"))
}

/// What is being read: an element that is still open, and its content so far.
struct Open {
    shape: Shape,
    children: Vec<Node>,
}

enum Shape {
    Body,
    Element(&'static str),
    Link(Link),
    Image(Node),
}

impl Open {
    fn close(self) -> Node {
        match self.shape {
            Shape::Body => Node::Element { tag: "body", children: self.children },
            Shape::Element(tag) => Node::Element { tag, children: self.children },
            Shape::Link(link) => Node::Link { link, children: self.children },
            Shape::Image(image) => image,
        }
    }
}

struct Parser {
    flavour: Flavour,
    open: Vec<Open>,
    body: Option<Vec<Node>>,
}

pub(super) fn parse(xml: &str, flavour: Flavour) -> Result<RichText> {
    if let Some(c) = xml.chars().find(|c| !is_xml_char(*c)) {
        return Err(bad(format!("it holds the character {:?}", c)));
    }
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut parser = Parser { flavour, open: Vec::new(), body: None };
    loop {
        match reader.read_event().map_err(bad)? {
            Event::Start(start) => parser.start(&start)?,
            Event::Empty(start) => {
                parser.start(&start)?;
                parser.end()?;
            }
            Event::End(_) => parser.end()?,
            Event::Text(text) => parser.text(&text.xml10_content())?,
            Event::CData(text) => parser.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let c = resolve(&reference)?;
                parser.text(c.encode_utf8(&mut [0; 4]))?;
            }
            Event::Comment(_) => {}
            Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {
                return Err(bad("declarations and document types are not allowed"));
            }
            Event::Eof => break,
        }
    }
    if !parser.open.is_empty() {
        return Err(bad("a tag is not closed"));
    }
    parser.body.map(RichText).ok_or_else(|| bad("it must be wrapped in <body>...</body>"))
}

fn resolve(reference: &BytesRef<'_>) -> Result<char> {
    if let Some(c) = reference.resolve_char_ref().map_err(bad)? {
        return if is_xml_char(c) { Ok(c) } else { Err(bad("a character reference names no character")) };
    }
    match reference.xml10_content().as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(bad(format!("&{other}; is not known"))),
    }
}

impl Parser {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<()> {
        let name = start.name();
        let name = name.as_ref();
        let name: &str = std::str::from_utf8(name.as_ref()).map_err(bad)?;
        if self.open.is_empty() {
            if name != "body" || self.body.is_some() {
                return Err(bad("it must be wrapped in one <body>...</body>"));
            }
        } else if name == "body" {
            return Err(bad("<body> stands inside another element"));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(bad(format!("its elements are nested more than {DEPTH_MAX} deep")));
        }
        let shape = self.shape(name, start)?;
        self.open.push(Open { shape, children: Vec::new() });
        Ok(())
    }

    fn shape(&self, name: &str, start: &BytesStart<'_>) -> Result<Shape> {
        if name == "a" {
            return link(start).map(Shape::Link);
        }
        if name == "img" && self.flavour == Flavour::Notes {
            return image(start).map(Shape::Image);
        }
        let known = EVERYWHERE.iter().chain(if self.flavour == Flavour::Notes { IN_NOTES } else { &[] });
        let shape = if name == "body" {
            Shape::Body
        } else {
            let tag = known.copied().find(|tag| *tag == name);
            Shape::Element(tag.ok_or_else(|| bad(format!("<{name}> is not supported here")))?)
        };
        if let Some(attribute) = start.attributes().next() {
            attribute.map_err(bad)?;
            return Err(bad(format!("<{name}> takes no attributes")));
        }
        Ok(shape)
    }

    fn end(&mut self) -> Result<()> {
        let open = self.open.pop().ok_or_else(|| bad("a tag is closed that was not opened"))?;
        match (open.close(), self.open.last_mut()) {
            (node, Some(parent)) => parent.children.push(node),
            (Node::Element { children, .. }, None) => self.body = Some(children),
            (_, None) => return Err(bad("it must be wrapped in <body>...</body>")),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        let Some(open) = self.open.last_mut() else {
            return if text.trim().is_empty() { Ok(()) } else { Err(bad("there is text outside <body>")) };
        };
        match open.children.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => open.children.push(Node::Text(text.to_owned())),
        }
        Ok(())
    }
}

fn attributes(start: &BytesStart<'_>) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(bad)?;
        let key = std::str::from_utf8(attribute.key.as_ref().as_ref()).map_err(bad)?.to_owned();
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(bad)?.into_owned();
        found.push((key, value));
    }
    Ok(found)
}

fn gid(text: &str) -> Result<i64> {
    text.parse::<base::id::AnyId>().map(i64::from).map_err(|_| bad(format!("{text:?} is not an id")))
}

fn link(start: &BytesStart<'_>) -> Result<Link> {
    let mut link = Link { is_dynamic: true, ..Link::default() };
    for (key, value) in attributes(start)? {
        match key.as_str() {
            "href" => link.href = Some(address(&value)?),
            "data-asana-gid" => link.id = Some(gid(&value)?),
            "data-asana-dynamic" => link.is_dynamic = value != "false",
            // Filled in by us when the text is read; scripts send back what they have read.
            "data-asana-accessible" | "data-asana-type" | "data-asana-project" | "data-asana-tag" => {}
            other => return Err(bad(format!("<a> takes no attribute {other:?}"))),
        }
    }
    if link.href.is_none() && link.id.is_none() {
        return Err(bad("<a> needs href or data-asana-gid"));
    }
    Ok(link)
}

/// An address that is safe to follow; a scheme that runs code is refused.
fn address(href: &str) -> Result<String> {
    let trimmed = href.trim();
    let scheme = trimmed.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_safe = match scheme.as_deref() {
        Some("http" | "https" | "mailto" | "tel" | "ftp") => true,
        // No scheme: a path, or a name with a colon further on.
        Some(other) => other.contains(['/', '?', '#']),
        None => true,
    };
    if is_safe && !trimmed.chars().any(char::is_control) {
        Ok(trimmed.to_owned())
    } else {
        Err(bad(format!("links to {:?} are not allowed", trimmed.chars().take(40).collect::<String>())))
    }
}

fn image(start: &BytesStart<'_>) -> Result<Node> {
    let (mut id, mut src, mut alt) = (None, None, None);
    for (key, value) in attributes(start)? {
        match key.as_str() {
            "data-asana-gid" => id = Some(gid(&value)?),
            "src" => src = Some(address(&value)?),
            "alt" => alt = Some(value),
            "style"
            | "data-asana-type"
            | "data-src-width"
            | "data-src-height"
            | "data-thumbnail-url"
            | "data-thumbnail-width"
            | "data-thumbnail-height" => {}
            other => return Err(bad(format!("<img> takes no attribute {other:?}"))),
        }
    }
    if id.is_none() && src.is_none() {
        return Err(bad("<img> needs data-asana-gid"));
    }
    Ok(Node::Image { id, src, alt })
}
