//! What stands beside the log of a run: figures, files, parameters, who may.

use super::load::View;
use super::who;
use crate::attempts::Artifact;
use crate::runs::Metric;
use crate::words::{self, Reader};
use base::Right;
use maud::{Markup, html};
use notify::deliveries::{Delivery, State};

/// The height of a chart, as the styles have it.
const HEIGHT: f64 = 22.0;

pub(super) fn aside(view: &View, reader: Reader<'_>) -> Markup {
    html! {
        section {
            div.block-head { h2 { "Metrics" } }
            @if view.metrics.is_empty() {
                p.dim {
                    @if view.run.state.is_bad() { "No metrics. The run stopped before it could count." }
                    @else if view.run.state.is_over() { "None. A step reports one with the line " code { "::metric name=rate value=71.4 unit=percent" } "." }
                    @else { "None yet." }
                }
            } @else { (charts(&view.metrics, Some(view.run.number))) }
        }
        section.block {
            div.block-head { h2 { "Artifacts" } }
            @if !view.rights.contains(Right::Log) { p.dim { "What it kept is not for you to read." } }
            @else if view.files.is_empty() { p.dim { @if view.run.state.is_over() { "It kept no files." } @else { "None yet." } } }
            @for file in &view.files { (entry(view, file, reader)) }
        }
        @if !view.run.params.is_empty() {
            section.block {
                div.block-head { h2 { "Parameters" } }
                dl.kv.short { @for (name, value) in &view.run.params { dt.mono.clip { (name) } dd { @if value.is_empty() { span.faint { "empty" } } @else { (words::shortened(value, 200)) } } } }
            }
        }
        (told(view))
        (who::block(&view.who))
    }
}

/// Who was told of it, each once, with what became of that where it did not arrive.
fn told(view: &View) -> Markup {
    let mut names: Vec<(&str, Vec<&Delivery>)> = Vec::new();
    for delivery in &view.told {
        match names.iter_mut().find(|(name, _)| *name == delivery.recipient) {
            Some((_, all)) => all.push(delivery),
            None => names.push((&delivery.recipient, vec![delivery])),
        }
    }
    html! {
        @if !names.is_empty() {
            section.block {
                div.block-head { h2 { "Who was told" } }
                dl.kv { @for (name, all) in &names {
                    dt.clip title=(name) { (name) }
                    dd { @for (at, one) in all.iter().enumerate() { @if at > 0 { ", " } (arrived(one)) } }
                } }
            }
        }
    }
}

fn arrived(delivery: &Delivery) -> String {
    let state = match delivery.state {
        State::Sent => return delivery.channel.to_string(),
        State::Waiting if delivery.attempts == 0 => "on its way",
        State::Waiting => "tried again",
        State::Failed => "failed",
        State::Held => "held: no mail server is set",
        State::Withdrawn => "withdrawn",
    };
    format!("{} ({state})", delivery.channel)
}

/// Figures, each with its chart over the last runs; `here` is the number of the run that is looked at.
pub(crate) fn charts(metrics: &[(Metric, Vec<(i64, f64)>)], here: Option<i64>) -> Markup {
    html! {
        ul.rows.metrics {
            @for (metric, history) in metrics {
                li {
                    div.row { span.dim.mono.clip { (metric.name) } b.push.num.nowrap { (words::figure(metric.value, metric.unit.as_deref())) } }
                    @if history.len() > 1 { (spark(metric, history, here)) }
                }
            }
        }
    }
}

fn spark(metric: &Metric, history: &[(i64, f64)], here: Option<i64>) -> Markup {
    let most = history.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let least = history.iter().map(|(_, value)| *value).fold(0.0, f64::min);
    let span = if most > least { most - least } else { 1.0 };
    let pitch = 100.0 / history.len().max(18) as f64;
    let unit = metric.unit.as_deref();
    let (first, last) = (history.first().map_or(0, |(n, _)| *n), history.last().map_or(0, |(n, _)| *n));
    html! {
        svg.spark role="img" aria-label={ (metric.name) " from run " (first) " to run " (last) } {
            @for (place, (number, value)) in history.iter().enumerate() {
                @let height = (value.abs() / span * HEIGHT).max(1.0);
                @let top = (most - value.max(0.0)) / span * HEIGHT;
                rect class=[(here == Some(*number)).then_some("here")] x={ (format!("{:.2}", place as f64 * pitch)) "%" } y=(format!("{:.1}", top.min(HEIGHT - 1.0)))
                    width={ (format!("{:.2}", pitch * 0.7)) "%" } height=(format!("{height:.1}")) rx="1" { title { "Run " (number) ": " (words::figure(*value, unit)) } }
            }
        }
    }
}

fn entry(view: &View, file: &Artifact, reader: Reader<'_>) -> Markup {
    let kind = file.file_name().rsplit_once('.').map_or("", |(_, end)| end);
    let kind: String = kind.chars().filter(char::is_ascii_alphanumeric).take(4).collect();
    html! {
        a.file href={ "/runs/" (view.run.id) "/files/" (file.id) } {
            span.ft { (if kind.is_empty() { "FILE".to_owned() } else { kind.to_uppercase() }) }
            span.grow {
                b.strong.clip title=(file.path) { (file.file_name()) }
                small { (words::size(file.size)) @if let Some(until) = file.kept_until { ", kept until " (reader.at(until)) } }
            }
        }
    }
}
