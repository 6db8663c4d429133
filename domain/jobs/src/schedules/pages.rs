//! Trying a schedule: what an expression means and when it would fire, before it stands in a file.

use crate::cron;
use crate::file::Dialect;
use crate::words::{self, Reader};
use axum::Router;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Aspect, Frame, Page};
use web::{App, Query, Result};

/// Fires that are shown.
const SHOWN: usize = 10;

/// What is tried.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    cron: String,
    #[serde(default)]
    tz: String,
}

/// The route of this page.
pub(crate) fn pages() -> Router<App> {
    Router::new().route("/schedules/preview", get(preview))
}

async fn preview(frame: Frame, Query(asked): Query<Asked>) -> Result<Markup> {
    let reader = Reader::of(&frame);
    let own = frame.shell.zone.iana_name().unwrap_or("UTC").to_owned();
    let tz = if asked.tz.trim().is_empty() { own } else { asked.tz.trim().to_owned() };
    let found = (!asked.cron.trim().is_empty())
        .then(|| cron::Schedule::parse(asked.cron.trim(), Dialect::default(), &tz, ""));
    let content = html! {
        form.form action="/schedules/preview" method="get" {
            (ui::field("When", "cron", "text", &asked.cron, "Like 30 2 * * MON-FRI, 0 6 1 * *, @daily or H 3 * * *.", None))
            (ui::field("Time zone", "tz", "text", &tz, "Like Europe/Zurich.", None))
            div.row { button.btn.primary { "Show its fires" } }
        }
        @match &found {
            None => p.dim { "A schedule stands in a job file under on. Try here what it would mean." },
            Some(Err(why)) => div.block { p.note.red role="alert" { (words::sentence(why)) } },
            Some(Ok(schedule)) => (fires(schedule, reader)),
        }
    };
    Ok(frame.page(Page::new("Try a schedule").crumb("Jobs", "/jobs").content(content)))
}

fn fires(schedule: &cron::Schedule, reader: Reader<'_>) -> Markup {
    let all = schedule.preview(reader.now, SHOWN);
    html! {
        section.block {
            div.block-head { h2 { (words::capital(&schedule.in_words())) } }
            @if all.is_empty() { p.dim { "Nothing is to come." } }
            ul.rows {
                @for fire in &all {
                    li.item {
                        (ui::lamp(Aspect::Idle))
                        span.grow { span.num { (fire.local) } @if !reader.shows(fire.at, &fire.local) { " " span.t-s.faint { "for you " (reader.at(fire.at)) } } }
                    }
                }
            }
        }
    }
}
