//! Small components: functions from values to markup.

use crate::assets;
use maud::{Markup, html};

/// What a lamp or a signal shows. Never by colour alone: each has a shape and a place of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// Ended, unknown, nothing there: a ring.
    Idle,
    /// Running: a turning arc.
    Live,
    /// Open, passed: a circle, the first lamp.
    Green,
    /// Look at it today: a triangle, the second lamp.
    Amber,
    /// Closed, failed: a square, the third lamp.
    Red,
}

impl Aspect {
    /// The word of the aspect, as the styles know it.
    pub fn word(self) -> &'static str {
        match self {
            Aspect::Idle => "idle",
            Aspect::Live => "live",
            Aspect::Green => "green",
            Aspect::Amber => "amber",
            Aspect::Red => "red",
        }
    }
}

/// A reference into the sprite: `svg_use("l-green")`.
pub fn svg_use(id: &str) -> Markup {
    let href = format!("{}#{id}", assets::path("icons.svg"));
    html! { use href=(href) {} }
}

/// An icon beside its word.
pub fn icon(name: &str) -> Markup {
    html! { svg.ic aria-hidden="true" { (svg_use(&format!("i-{name}"))) } }
}

/// A lamp beside its word.
pub fn lamp(aspect: Aspect) -> Markup {
    html! { svg class={ "lamp " (aspect.word()) } aria-hidden="true" { (svg_use(&format!("l-{}", aspect.word()))) } }
}

/// A lamp that stands alone, with its meaning for screen readers.
pub fn lamp_named(aspect: Aspect, meaning: &str) -> Markup {
    html! {
        svg class={ "lamp " (aspect.word()) } role="img" aria-label=(meaning) { (svg_use(&format!("l-{}", aspect.word()))) }
    }
}

/// The signal head: three lamps in a dark housing.
pub fn signal(aspect: Aspect, meaning: &str) -> Markup {
    html! { span.signal data-is=(aspect.word()) role="img" aria-label=(meaning) { i {} i {} i {} } }
}

/// A small word in a box; `tone` is an aspect's word, `blue`, or empty.
pub fn chip(tone: &str, text: &str) -> Markup {
    html! { span class={ "chip " (tone) } { (text) } }
}

/// What a place says when nothing is in it: what would be here, and the one action that fills it.
pub fn empty(sentence: &str) -> Markup {
    html! { div.empty { p { (sentence) } } }
}

/// A labelled field of a form. `problem` is said beside the field and tied to it.
pub fn field(label: &str, name: &str, kind: &str, value: &str, hint: &str, problem: Option<&str>) -> Markup {
    let note = format!("{name}-note");
    html! {
        label class={ "field" @if problem.is_some() { " bad" } } {
            span { (label) }
            input.input type=(kind) name=(name) value=(value) aria-invalid=[problem.map(|_| "true")] aria-describedby=(note);
            small id=(note) { (problem.unwrap_or(hint)) }
        }
    }
}

/// An option of a select.
pub fn option(value: &str, text: &str, is_chosen: bool) -> Markup {
    html! { option value=(value) selected[is_chosen] { (text) } }
}

/// Names and values as the query of an address.
pub fn query<'a, V: AsRef<str>>(pairs: impl IntoIterator<Item = (&'a str, V)>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
