//! A project as a board: a column for each section.

use super::asked::Asked;
use super::list::{more, own};
use super::load::Loaded;
use super::sections::{add_section, heading};
use crate::tasks::pages::line_form;
use crate::tasks::pages::rows::{Rows, tools};
use maud::{Markup, html};

/// The board with its tools.
pub(super) fn board(loaded: &Loaded, asked: &Asked, rows: &Rows<'_>) -> Markup {
    let project = loaded.full.project.id;
    html! {
        div.board #list data-live={ "project." (project) } data-project=(project) tabindex="0" role="group" aria-label="Board" {
            @for (at, section) in loaded.sections.iter().enumerate() {
                @let own = own(loaded, section);
                section.board-col id={ "sec-" (section.id) } aria-label=(section.name) data-section=(section.id) {
                    (heading(loaded, section, at, rows.can_edit))
                    ul.cards { @for full in &own { (rows.card(full)) } }
                    (more(loaded, asked, section, own.len()))
                    @if rows.can_edit { (line_form(project, section.id, &section.name)) }
                }
            }
            @if rows.can_edit { div.board-col { (add_section(project)) } }
        }
        (tools(&[]))
    }
}
