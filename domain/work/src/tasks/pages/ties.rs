//! What a task is tied to, in its pane: projects, tags, and the tasks that it waits for. Each has a way off, and a field that adds.

use super::common::title;
use super::load::Around;
use super::pane::REGIONS;
use super::rows::{kind_icon, small_icon};
use crate::tasks::{Home, Task};
use base::Right;
use maud::{Markup, html};
use web::ui;

pub(super) fn homes(around: &Around) -> Markup {
    let (task, can_edit) = (&around.full.task, around.can(Right::Edit));
    html! {
        @for home in &around.full.homes {
            span.home {
                a.chip href={ "/projects/" (home.project.id) } { (home.project.name) }
                @if can_edit { (section_form(around, home)) (remove(task, "remove-project", &home.project.id.to_string(), &format!("Take it out of {}", home.project.name))) }
                @else { span.t-s.dim { (home.section.name) } }
            }
        }
        @if can_edit { (adder(task, "add-project", "Add to project", "projects")) }
    }
}

fn section_form(around: &Around, home: &Home) -> Markup {
    let own = around.sections.iter().filter(|section| section.project.id == home.project.id);
    html! {
        form method="post" action={ "/tasks/" (around.full.task.id) "/set" } data-morph=(REGIONS) {
            select.plain name="section" data-send="" aria-label={ "Section in " (home.project.name) } {
                @for section in own { (ui::option(&section.id.to_string(), &section.name, section.id == home.section.id)) }
            }
            noscript { button.btn.sm { "Move" } }
        }
    }
}

/// A small button that takes something away.
fn remove(task: &Task, key: &str, value: &str, label: &str) -> Markup {
    html! {
        form.remove method="post" action={ "/tasks/" (task.id) "/set" } data-morph=(REGIONS) {
            button name=(key) value=(value) aria-label=(label) { (small_icon("x")) }
        }
    }
}

/// A small field that adds something by its name.
fn adder(task: &Task, key: &str, label: &str, suggest: &str) -> Markup {
    html! {
        form.adder method="post" action={ "/tasks/" (task.id) "/set" } data-morph=(REGIONS) data-reset="" {
            input.plain id={ "in-" (key) } name=(key) placeholder=(label) aria-label=(label) autocomplete="off" data-suggest=(suggest) required;
            span.form-problem hidden role="alert" {}
        }
    }
}

pub(super) fn tags(around: &Around) -> Markup {
    let (task, can_edit) = (&around.full.task, around.can(Right::Edit));
    html! {
        @for tag in &around.full.tags {
            span.chip { a.plain href={ "/search?tag=" (tag.id) } { (tag.name) } @if can_edit { (remove(task, "remove-tag", &tag.id.to_string(), &format!("Take the tag {} away", tag.name))) } }
        }
        @if can_edit { (adder(task, "add-tag", "Add tag", "tags")) }
    }
}

pub(super) fn task_chip(other: &Task) -> Markup {
    html! {
        span.row {
            (small_icon(kind_icon(other.kind).unwrap_or(if other.is_completed() { "circle-check" } else { "clock" })))
            a class=(if other.is_completed() { "dim" } else { "" }) href={ "/tasks/" (other.id) } { (title(&other.name)) }
            @if other.is_completed() { span.vh { ", completed" } }
        }
    }
}

pub(super) fn waits(around: &Around) -> Markup {
    let (task, can_edit) = (&around.full.task, around.can(Right::Edit));
    html! {
        @for other in &around.waits_for {
            span.row { (task_chip(other)) @if can_edit { (remove(task, "remove-wait", &other.id.to_string(), &format!("No longer wait for {}", title(&other.name)))) } }
        }
        @if can_edit { (adder(task, "add-wait", "Add a task it waits for", "tasks")) }
    }
}
