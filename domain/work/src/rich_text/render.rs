//! Writing a text: as it is stored, as a reader sees it, as plain text and as HTML for pages.

use super::{Link, Node, RichText, escape};

base::text_enum! {
    /// What a mention points at.
    pub enum TargetKind {
        /// A person.
        User = "user",
        /// A task.
        Task = "task",
        /// A project.
        Project = "project",
        /// A tag.
        Tag = "tag",
        /// A team.
        Team = "team",
        /// A file.
        Attachment = "attachment",
    }
}

/// What a mention points at, as its reader may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What it is.
    pub kind: TargetKind,
    /// Its name.
    pub name: String,
    /// Where it is shown.
    pub href: String,
}

impl Target {
    fn label(&self) -> String {
        match self.kind {
            TargetKind::User => format!("@{}", self.name),
            _ => self.name.clone(),
        }
    }
}

/// What stands in place of a name that the reader may not see.
pub const PRIVATE: &str = "Private Link";

/// Finds what a mention points at; none when the reader may not see it or it is gone.
pub type Lookup<'a> = &'a dyn Fn(i64) -> Option<Target>;

impl RichText {
    /// As it is stored: mentions bare.
    pub fn to_stored(&self) -> String {
        let mut out = String::from("<body>");
        stored(&self.0, &mut out);
        out + "</body>"
    }

    /// As its reader sees it: mentions with name, kind and address.
    pub fn expanded(&self, lookup: Lookup<'_>) -> String {
        let mut out = String::from("<body>");
        expanded(&self.0, lookup, &mut out);
        out + "</body>"
    }

    /// As plain text.
    pub fn plain(&self, lookup: Lookup<'_>) -> String {
        let mut out = String::new();
        plain(&self.0, lookup, &mut out);
        out.trim_end_matches('\n').to_owned()
    }

    /// As HTML for a page: nothing in it runs, loads or styles anything.
    pub fn html(&self, lookup: Lookup<'_>) -> String {
        let mut out = String::new();
        html(&self.0, lookup, &mut out);
        out
    }
}

fn open_close(tag: &str, children: &[Node], out: &mut String, write: impl FnOnce(&[Node], &mut String)) {
    out.push('<');
    out.push_str(tag);
    if children.is_empty() && tag == "hr" {
        out.push_str("/>");
        return;
    }
    out.push('>');
    write(children, out);
    out.push_str("</");
    out.push_str(tag);
    out.push('>');
}

fn stored(nodes: &[Node], out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(&escape(text)),
            Node::Element { tag, children } => open_close(tag, children, out, stored),
            Node::Link { link, children } => {
                out.push_str("<a");
                attribute(out, "href", link.href.as_deref());
                attribute(out, "data-asana-gid", link.id.map(|id| id.to_string()).as_deref());
                if !link.is_dynamic {
                    attribute(out, "data-asana-dynamic", Some("false"));
                }
                out.push('>');
                stored(children, out);
                out.push_str("</a>");
            }
            Node::Image { id, src, alt } => image(out, *id, src.as_deref(), alt.as_deref()),
        }
    }
}

fn attribute(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        out.push_str(&format!(" {name}=\"{}\"", escape(value)));
    }
}

fn image(out: &mut String, id: Option<i64>, src: Option<&str>, alt: Option<&str>) {
    out.push_str("<img");
    attribute(out, "data-asana-gid", id.map(|id| id.to_string()).as_deref());
    attribute(out, "src", src);
    attribute(out, "alt", alt);
    out.push_str("/>");
}

fn expanded(nodes: &[Node], lookup: Lookup<'_>, out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(&escape(text)),
            Node::Element { tag, children } => {
                open_close(tag, children, out, |c, out| expanded(c, lookup, out))
            }
            Node::Link { link: Link { id: Some(id), is_dynamic, href }, children } => {
                mention(*id, *is_dynamic, href.as_deref(), children, lookup, out);
            }
            Node::Link { link, children } => {
                out.push_str("<a");
                attribute(out, "href", link.href.as_deref());
                out.push('>');
                expanded(children, lookup, out);
                out.push_str("</a>");
            }
            Node::Image { id, src, alt } => {
                let found = id.and_then(lookup);
                let src = found.as_ref().map(|target| target.href.as_str()).or(src.as_deref());
                image(out, *id, src, alt.as_deref());
            }
        }
    }
}

fn mention(
    id: i64,
    is_dynamic: bool,
    href: Option<&str>,
    children: &[Node],
    lookup: Lookup<'_>,
    out: &mut String,
) {
    let found = lookup(id);
    out.push_str("<a");
    attribute(out, "href", found.as_ref().map(|target| target.href.as_str()).or(href));
    attribute(out, "data-asana-accessible", Some(if found.is_some() { "true" } else { "false" }));
    attribute(out, "data-asana-dynamic", Some(if is_dynamic { "true" } else { "false" }));
    attribute(out, "data-asana-type", found.as_ref().map(|target| target.kind.as_str()));
    attribute(out, "data-asana-gid", Some(&id.to_string()));
    out.push('>');
    match found {
        Some(target) if is_dynamic || children.is_empty() => out.push_str(&escape(&target.label())),
        None if is_dynamic || children.is_empty() => out.push_str(PRIVATE),
        _ => expanded(children, lookup, out),
    }
    out.push_str("</a>");
}

fn plain(nodes: &[Node], lookup: Lookup<'_>, out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Element { tag, children } => {
                let is_block = matches!(*tag, "li" | "h1" | "h2" | "ul" | "ol" | "pre" | "blockquote" | "hr");
                if is_block && !out.is_empty() && !out.ends_with('\n') {
                    out.push('\n');
                }
                plain(children, lookup, out);
                if is_block && !out.ends_with('\n') {
                    out.push('\n');
                }
            }
            Node::Link { link: Link { id: Some(id), is_dynamic, .. }, children }
                if *is_dynamic || children.is_empty() =>
            {
                out.push_str(&lookup(*id).map_or_else(|| PRIVATE.to_owned(), |target| target.label()));
            }
            Node::Link { link, children } => {
                if children.is_empty() {
                    out.push_str(link.href.as_deref().unwrap_or_default());
                }
                plain(children, lookup, out);
            }
            Node::Image { .. } => {}
        }
    }
}

fn html(nodes: &[Node], lookup: Lookup<'_>, out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(&escape(text)),
            // Headings of a description stand below those of the page.
            Node::Element { tag: "h1", children } => {
                open_close("h3", children, out, |c, out| html(c, lookup, out))
            }
            Node::Element { tag: "h2", children } => {
                open_close("h4", children, out, |c, out| html(c, lookup, out))
            }
            Node::Element { tag, children } => open_close(tag, children, out, |c, out| html(c, lookup, out)),
            Node::Link { link, children } => link_html(link, children, lookup, out),
            Node::Image { id, alt, .. } => {
                // Only files kept here are shown: a picture elsewhere would tell its owner who reads this.
                if let Some(target) = id.and_then(lookup) {
                    let alt = alt.as_deref().unwrap_or(&target.name);
                    out.push_str(&format!(
                        "<img loading=\"lazy\" src=\"{}\" alt=\"{}\">",
                        escape(&target.href),
                        escape(alt)
                    ));
                }
            }
        }
    }
}

fn link_html(link: &Link, children: &[Node], lookup: Lookup<'_>, out: &mut String) {
    let found = link.id.and_then(lookup);
    let is_mention = link.id.is_some();
    let href = found.as_ref().map(|target| target.href.as_str()).or(link.href.as_deref());
    let is_external = !is_mention;
    out.push_str("<a");
    attribute(out, "href", href);
    attribute(out, "class", is_mention.then_some("mention"));
    attribute(out, "rel", is_external.then_some("noopener noreferrer nofollow"));
    out.push('>');
    match found {
        Some(target) if link.is_dynamic || children.is_empty() => out.push_str(&escape(&target.label())),
        None if is_mention && (link.is_dynamic || children.is_empty()) => out.push_str(PRIVATE),
        _ if children.is_empty() => out.push_str(&escape(href.unwrap_or_default())),
        _ => html(children, lookup, out),
    }
    out.push_str("</a>");
}
