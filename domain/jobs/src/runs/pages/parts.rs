//! The stages of a run and their parts, where there is more than one.

use super::load::View;
use super::{log, words as how};
use crate::runs::{Part, PartState, State};
use crate::words::{self, Reader};
use base::Right;
use maud::{Markup, html};
use web::ui;

/// Every part with its state and the way to its own log.
pub(super) fn list(view: &View, reader: Reader<'_>) -> Markup {
    let stages = &view.definition.model.stages;
    html! {
        @if view.parts.len() > 1 {
            section.stages {
                @for (place, stage) in stages.iter().enumerate() {
                    @if stages.len() > 1 {
                        div.block-head { h2 { (stage_name(&stage.name, place)) } @if stage.manual { (ui::chip("", "waits for a person")) } }
                    }
                    ul.rows { @for part in view.parts.iter().filter(|part| part.stage == place) { (row(view, part, reader)) } }
                    @if is_held(view, place) { (release(view)) }
                }
            }
        } @else if view.run.state == State::Held { (release(view)) }
        (log::tries(view))
    }
}

fn stage_name(name: &str, place: usize) -> String {
    if name.is_empty() { format!("Stage {}", place + 1) } else { words::capital(name) }
}

fn is_held(view: &View, stage: usize) -> bool {
    let next = view.parts.iter().find(|part| part.state == PartState::Pending).map(|part| part.stage);
    view.run.state == State::Held && next == Some(stage)
}

fn release(view: &View) -> Markup {
    html! {
        div.note.row.state {
            (ui::lamp(ui::Aspect::Amber))
            span.grow { (view.run.sentence.as_deref().map_or_else(|| "It waits for a person to let it go on.".to_owned(), words::sentence)) }
            @if view.rights.contains(Right::Run) {
                form.one method="post" action={ "/runs/" (view.run.id) "/release" } data-morph { button.btn.primary.sm { "Let it go on" } }
            }
        }
    }
}

fn row(view: &View, part: &Part, reader: Reader<'_>) -> Markup {
    let (aspect, meaning) = how::part_lamp(part.state);
    let attempt = view.attempts.iter().rev().find(|attempt| attempt.part == part.id);
    let is_shown = view.shown.as_ref().is_some_and(|(shown, _)| shown.part == part.id);
    let took = attempt.map(|attempt| {
        let until = attempt.ended_at.unwrap_or(reader.now);
        words::length(until.since(attempt.started_at.unwrap_or(attempt.leased_at)))
    });
    let agent = attempt.and_then(|attempt| view.agents.get(&attempt.agent));
    let content = html! {
        (ui::lamp_named(aspect, meaning))
        span.grow {
            b.strong { (part.model.name) }
            @if part.attempts > 1 { " " span.t-s.faint { "try " (part.attempts) } }
            @if let Some(sentence) = &part.sentence { span.t-s.dim.under { (words::sentence(sentence)) } }
            @else if attempt.is_none() { span.t-s.dim.under { (meaning) "." } }
        }
        @if let Some(agent) = agent { span.t-s.faint.not-s { (agent) } }
        @if let Some(took) = took { span.t-s.faint.num.nowrap { (took) } }
    };
    html! {
        li {
            @match attempt {
                Some(attempt) => a.item href={ "/runs/" (view.run.id) "/attempts/" (attempt.id) "#log" } aria-current=[is_shown.then_some("true")] { (content) },
                None => div.item { (content) },
            }
        }
    }
}
