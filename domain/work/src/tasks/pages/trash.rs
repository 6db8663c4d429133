//! The trash: what was deleted, and the way back.

use super::common::title;
use crate::page::Page as Part;
use crate::tasks;
use axum::extract::State;
use base::Limit;
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Query, Result};

/// Which part of it.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    after: Option<String>,
}

/// The page.
pub(super) async fn trash(
    State(app): State<App>,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let found = tasks::trash(&mut tx, &Part { after: asked.after, limit: 100 }).await?;
    let days = app.limits.get(Limit::TrashDays);
    let content = html! {
        p.dim { "Deleted tasks wait here for " (days) " days, then they are gone for good." }
        div #list {
            @if found.items.is_empty() { (ui::empty("The trash is empty.")) }
            ul.rows {
                @for task in &found.items {
                    li.item {
                        span.grow.clip { (title(&task.name)) }
                        @if let Some(at) = task.deleted_at { span.t-s.dim.nowrap { "deleted " (frame.time(at)) } }
                        form method="post" action={ "/tasks/" (task.id) "/restore" } data-morph="#list" {
                            button.btn.sm { (ui::icon("undo-2")) "Restore" span.vh { " " (title(&task.name)) } }
                        }
                    }
                }
            }
            @if let Some(next) = &found.next {
                @let address = super::common::with_query("/trash", [("after", next)].into_iter());
                p.more { a.btn.sm href=(address) { "Show more" } }
            }
        }
    };
    Ok(frame.page(Page::new("Trash").reading(content)))
}
