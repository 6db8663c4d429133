//! What a page consists of, and what is said once on the next one.

use super::done::{self, Said};
use http::HeaderMap;
use maud::{Markup, PreEscaped, html};

/// A page: its title, what stands in the header, its content.
pub struct Page {
    pub(super) title: String,
    pub(super) crumbs: Vec<(String, String)>,
    pub(super) beside: Markup,
    pub(super) actions: Markup,
    pub(super) topics: Vec<String>,
    pub(super) has_own_h1: bool,
    pub(super) body: Markup,
}

fn nothing() -> Markup {
    PreEscaped(String::new())
}

impl Page {
    /// A page with this title. The title is its `h1`, in the header, unless the content has one.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            crumbs: Vec::new(),
            beside: nothing(),
            actions: nothing(),
            topics: Vec::new(),
            has_own_h1: false,
            body: nothing(),
        }
    }

    /// Where the page hangs: names and addresses above it, from the top.
    #[must_use]
    pub fn crumb(mut self, name: impl Into<String>, href: impl Into<String>) -> Self {
        self.crumbs.push((name.into(), href.into()));
        self
    }

    /// The same before those that are there.
    #[must_use]
    pub(super) fn crumb_first(mut self, name: impl Into<String>, href: impl Into<String>) -> Self {
        self.crumbs.insert(0, (name.into(), href.into()));
        self
    }

    /// What stands beside the title.
    #[must_use]
    pub fn beside(mut self, beside: Markup) -> Self {
        self.beside = beside;
        self
    }

    /// The buttons in the header.
    #[must_use]
    pub fn actions(mut self, actions: Markup) -> Self {
        self.actions = actions;
        self
    }

    /// What the page listens to: `environment.7`, or a noun alone. A region refreshes when it has a `data-live` with the
    /// topic, and an `id`.
    #[must_use]
    pub fn topics<T: Into<String>>(mut self, topics: impl IntoIterator<Item = T>) -> Self {
        self.topics.extend(topics.into_iter().map(Into::into));
        self
    }

    /// The content has an `h1` of its own.
    #[must_use]
    pub fn with_own_h1(mut self) -> Self {
        self.has_own_h1 = true;
        self
    }

    /// Content in the usual measure.
    #[must_use]
    pub fn content(mut self, content: Markup) -> Self {
        self.body = html! { main.body.wide #content { (content) } };
        self
    }

    /// Content for reading and forms: narrower.
    #[must_use]
    pub fn reading(mut self, content: Markup) -> Self {
        self.body = html! { main.body.wide.reading #content { (content) } };
        self
    }

    /// A list that people work through, and the pane beside it. The pane's markup is an `aside.pane` with an id.
    #[must_use]
    pub fn split(mut self, list: Markup, pane: Option<Markup>) -> Self {
        let has_pane = pane.is_some();
        self.body = html! {
            div class={ "split" @if !has_pane { " no-pane" } } #split {
                main.list.lists #content { (list) }
                @if let Some(pane) = pane { (pane) }
            }
        };
        self
    }
}

/// What was done a moment ago, said once.
pub(super) struct Flash(Said);

impl Flash {
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        done::said(headers).map(Self)
    }

    pub(super) fn toast(&self) -> Markup {
        html! {
            div.toast role="status" {
                (self.0.text) " "
                @if let Some(undo) = &self.0.undo {
                    form method="post" action=(undo) { button { "Undo" } } kbd { "z" }
                }
            }
        }
    }
}

/// A name as the start of a sentence or an entry of a menu.
pub(super) fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}
