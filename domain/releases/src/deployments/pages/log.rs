//! The log on a page: a window of its lines, what was searched for in it, and what comes while it grows.

use super::numbered;
use crate::deployments::api::logs::Output;
use crate::deployments::{Deployment, State as Life};
use crate::words;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use base::Right;
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;
use web::lines::{self, LINES, Shown, Wanted};
use web::ui;
use web::{App, Auth, Path, Query, Result};

/// Lines of a running deployment that the page of its environment shows.
const TAIL: usize = 10;

/// Which part of the log.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Look {
    /// A line that is to be seen.
    line: Option<u64>,
    /// Only lines that contain this.
    #[serde(default)]
    pub find: String,
}

/// The output of a deployment that somebody was let see.
fn output(app: &App, deployment: &Deployment) -> Output {
    Output { app: app.clone(), actor: base::Actor::system(), deployment: deployment.clone() }
}

/// The log of a deployment as the page shows it, and the last words of it.
pub(super) async fn panel(
    app: &App,
    deployment: &Deployment,
    environment: &str,
    look: &Look,
) -> base::Result<(Markup, Shown)> {
    let home = format!("/environments/{environment}/deployments/{}", deployment.number);
    let find = look.find.trim();
    let wanted = match look.line {
        _ if !find.is_empty() => Wanted::With(find.to_owned()),
        Some(line) => Wanted::Around(line.max(1)),
        // Whoever opens what went wrong, or what is going on, looks at its end.
        None if deployment.state == Life::Succeeded => Wanted::Around(1),
        None => Wanted::Last(LINES),
    };
    let shown = lines::look(&output(app, deployment), wanted).await?;
    let follows = !deployment.state.is_over() && find.is_empty() && look.line.is_none();
    let said = if find.is_empty() {
        words::count(shown.total, "line")
    } else {
        format!("{} of {}", words::number(shown.hits), words::count(shown.total, "line"))
    };
    let (aspect, meaning) = super::words::lamp(deployment.state);
    let markup = html! {
        div.log #log data-follow=[follows.then(|| format!("{home}/lines"))] data-offset=(shown.next) data-line=(shown.total) {
            div.log-bar {
                span.row { (ui::lamp_named(aspect, meaning)) " " span.log-lines { (said) } }
                span.grow {}
                form.row method="get" action=(home) role="search" {
                    input.input.sm type="search" name="find" value=(find) placeholder="Find in the log" aria-label="Find in the log";
                    @if !find.is_empty() { a.btn.sm href={ (home) "#log" } { "All lines" } }
                }
                a.btn.icon.sm href={ (home) "/log" } download={ "deployment-" (deployment.number) ".log" } aria-label="Download the log" title="Download the log" { (ui::icon("download")) }
            }
            (windows(&home, &shown, find))
            @if shown.span().is_none() {
                p.log-none data-until[follows] {
                    @if !find.is_empty() { "No line contains “" (find) "”." }
                    @else if deployment.state.is_over() { "It printed nothing." }
                    @else { "Nothing yet. Lines appear here as they are printed." }
                }
            }
            ol tabindex="0" aria-label="Log" { (shown.items(&home)) }
            @if deployment.output_kept < deployment.output_bytes {
                p.log-none { "What came after this was too much to keep; the end of it is in the task." }
            }
        }
    };
    Ok((markup, shown))
}

/// The way to the lines before and after those that are shown.
fn windows(home: &str, shown: &Shown, find: &str) -> Markup {
    let Some((first, last)) = shown.span().filter(|_| find.is_empty()) else {
        return html! { @if shown.hits > LINES as u64 { p.log-none { "The first " (words::number(LINES as u64)) " of them." } } };
    };
    html! {
        @if first > 1 || last < shown.total {
            nav.log-none aria-label="Parts of the log" {
                "Lines " (words::number(first)) " to " (words::number(last)) " of " (words::number(shown.total)) ". "
                @if first > 1 { a href={ (home) "?line=" (first.saturating_sub(1)) "#log" } { "Show earlier lines" } " " }
                @if last < shown.total { a href={ (home) "?line=" (last + 1) "#log" } { "Show more lines" } }
            }
        }
    }
}

/// The end of the log of what runs, for the page of its environment.
pub(crate) async fn tail(app: &App, deployment: &Deployment, environment: &str) -> base::Result<Markup> {
    let home = format!("/environments/{environment}/deployments/{}", deployment.number);
    let shown = lines::look(&output(app, deployment), Wanted::Last(TAIL)).await?;
    let follow = format!("{home}/lines");
    Ok(html! {
        div.log.tail #log data-follow=(follow) data-offset=(shown.next) data-line=(shown.total) {
            div.log-bar {
                span { (words::shortened(if shown.last_words.is_empty() { "Starting" } else { &shown.last_words }, 60)) }
                span.push.faint.num.log-lines { (words::count(shown.total, "line")) }
            }
            ol tabindex="0" aria-label="Log" { (shown.items(&home)) }
        }
    })
}

/// From where on lines are wanted.
#[derive(Debug, Deserialize)]
pub(super) struct From {
    #[serde(default)]
    from: i64,
    #[serde(default)]
    line: u64,
}

/// The lines that came since: a list, with where to ask next.
pub(super) async fn lines(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((name, number)): Path<(String, i64)>,
    Query(asked): Query<From>,
) -> Result<Markup> {
    let mut tx = app.db.read(&actor).await?;
    let (_, deployment) = numbered(&mut tx, &name, number, Right::View).await?;
    drop(tx);
    let from = asked.from.clamp(0, deployment.output_kept);
    let more = lines::more(&output(&app, &deployment), from, asked.line).await?;
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head { title { "Log of deployment " (number) } }
            body { ol data-offset=(more.next) data-line=(more.line) data-ended=[more.is_over.then_some("true")] { (more.items) } }
        }
    })
}

/// The whole log, as it was printed.
pub(super) async fn download(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((name, number)): Path<(String, i64)>,
) -> Result<Response> {
    let mut tx = app.db.read(&actor).await?;
    let (_, deployment) = numbered(&mut tx, &name, number, Right::View).await?;
    Ok(Redirect::to(&format!("/api/v1/deployments/{}/log", deployment.id)).into_response())
}
