//! A project as a list: rows under sections, or under whatever else they are grouped by.

use super::asked::Asked;
use super::load::{Loaded, ROWS, is_by_section};
use super::sections::{add_section, heading};
use crate::sections::Section;
use crate::tasks::FullTask;
use crate::tasks::pages::line_form;
use crate::tasks::pages::rows::{Rows, picker, tools};
use crate::tasks::shown::Group;
use maud::{Markup, html};
use web::ui::{self, Frame};

/// The list with its tools.
pub(super) fn list(loaded: &Loaded, asked: &Asked, rows: &Rows<'_>) -> Markup {
    let project = loaded.full.project.id;
    html! {
        div.tasks #list style=(rows.widths()) data-live={ "project." (project) } data-project=(project) {
            (rows.head())
            @if is_by_section(asked) { (by_section(loaded, asked, rows)) } @else { (by_group(loaded, asked, rows)) }
            @if loaded.rows.is_empty() && asked.is_filtered() {
                (ui::empty("No task fits. Take a filter away to see more."))
            }
            @if let Some(next) = &loaded.next { p.more { a.btn.sm href=(asked.link(project, &[("from", next), ("task", "")])) data-pane="" { "Show more" } } }
            @if rows.can_edit && is_by_section(asked) && !asked.is_filtered() { (add_section(project)) }
        }
        (tools(&loaded.columns))
        @if rows.can_edit { (picker(&loaded.sections)) }
    }
}

/// The tasks of a section that this page shows.
pub(super) fn own<'a>(loaded: &'a Loaded, section: &Section) -> Vec<&'a FullTask> {
    loaded.rows.iter().filter(|(_, own)| *own == Some(section.id)).map(|(full, _)| full).collect()
}

/// The way to the rows that are not shown yet.
pub(super) fn more(loaded: &Loaded, asked: &Asked, section: &Section, shown: usize) -> Markup {
    let all = loaded.counts.get(&section.id).copied().unwrap_or(0);
    let next = format!("{}.{}", section.id, shown + ROWS);
    html! {
        @if asked.is_plain() && all > shown {
            p.more { a.btn.quiet.sm href=(asked.link(loaded.full.project.id, &[("more", &next)])) data-pane="" {
                "Show more " span.faint { "(" (all - shown) " left)" } span.vh { " of " (section.name) }
            } }
        }
    }
}

fn by_section(loaded: &Loaded, asked: &Asked, rows: &Rows<'_>) -> Markup {
    let project = loaded.full.project.id;
    html! {
        @for (at, section) in loaded.sections.iter().enumerate() {
            @let own = own(loaded, section);
            @if !(own.is_empty() && asked.is_filtered()) {
                section id={ "sec-" (section.id) } aria-label=(section.name) data-section=(section.id) {
                    (heading(loaded, section, at, rows.can_edit))
                    ul { @for full in &own { (rows.row(full)) } }
                    (more(loaded, asked, section, own.len()))
                    @if rows.can_edit && !asked.is_filtered() { (line_form(project, section.id, &section.name)) }
                }
            }
        }
    }
}

fn by_group(loaded: &Loaded, asked: &Asked, rows: &Rows<'_>) -> Markup {
    let mut parts: Vec<(String, Vec<&FullTask>)> = Vec::new();
    for (full, _) in &loaded.rows {
        let name = group_name(rows.frame, asked.group(), full);
        match parts.last_mut() {
            Some((last, own)) if *last == name => own.push(full),
            _ => parts.push((name, vec![full])),
        }
    }
    html! {
        @for (name, own) in &parts {
            section aria-label=(name) {
                @if !name.is_empty() { h2.sec { (name) " " span.count { (own.len()) } } }
                ul { @for full in own { (rows.row(full)) } }
            }
        }
    }
}

fn group_name(frame: &Frame, group: Group, full: &FullTask) -> String {
    match group {
        Group::Assignee => full.assignee.as_ref().map_or_else(|| "Nobody".to_owned(), |who| who.name.clone()),
        Group::Due => full.task.due_on.map_or_else(|| "No date".to_owned(), |day| frame.day(day)),
        Group::Section | Group::None => String::new(),
    }
}
