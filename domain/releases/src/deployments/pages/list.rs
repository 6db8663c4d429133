//! The deployments of an environment, newest first.

use crate::deployments::brief;
use crate::environments::{history_row, seen};
use crate::stations::Station;
use crate::words::Reader;
use axum::extract::State;
use base::id::DeploymentId;
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{Frame, Page};
use web::{App, Path, Query, Result};

/// Deployments on a page.
const LISTED: usize = 100;

/// Which part of the list.
#[derive(Debug, Deserialize)]
pub(super) struct Part {
    before: Option<DeploymentId>,
}

/// The list.
pub(super) async fn list(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(part): Query<Part>,
    frame: Frame,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let environment = seen(&mut tx, &name).await?;
    let mut found = brief::recent(&mut tx, environment.id, part.before, LISTED + 1).await?;
    let station = Station::of(&mut tx, environment).await?;
    let has_more = found.len() > LISTED;
    found.truncate(LISTED);
    let reader = Reader { now: frame.now, zone: &frame.shell.zone };
    let content = html! {
        div #deployments data-live={ "environment." (station.environment.id) } {
            @if found.is_empty() { div.empty { h2 { "No deployments" } p { "Everything that is deployed to " (name) " is listed here." } } }
            ul.rows { @for brief in &found { (history_row(&station, brief, reader)) } }
            @if let Some(last) = found.last().filter(|_| has_more) {
                p { a href={ (station.href()) "/deployments?before=" (last.id) } { "Earlier deployments" } }
            }
        }
    };
    let page = Page::new("Deployments")
        .crumb("Environments", "/environments")
        .crumb(station.title(), station.href());
    Ok(frame.page(page.reading(content)))
}
