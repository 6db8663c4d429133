//! The first page: are we OK, and if not, who has it? Below, the day as a timetable. Before the first deployment and the
//! first run it is the three steps to one.

mod concerns;
mod first;
mod verdict;

use super::shell::due_by;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use base::jiff::ToSpan as _;
use base::{Date, Result as Base};
use db::Tx;
use jobs::failing::{Failing, failing};
use maud::{Markup, html};
use releases::stations::{self, Station};
use releases::timetable::{self, Timetable};
use releases::words::Reader;
use repos::Repository;
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Query, Result};
use work::tasks::Task;

/// Repositories whose state is looked at.
const REPOSITORIES: usize = 200;

/// Jobs that are said to fail; more are one page away.
const FAILING: usize = 50;

/// The routes of these pages.
pub(super) fn pages() -> Router<App> {
    Router::new().route("/", get(home)).route("/lamps", get(lamps))
}

/// Which day the timetable shows.
#[derive(Debug, Default, Deserialize)]
struct Shown {
    #[serde(default)]
    day: String,
}

/// Everything that the page is about.
struct Situation {
    stations: Vec<Station>,
    repositories: Vec<Repository>,
    failing: Vec<Failing>,
    overdue: Vec<Task>,
}

async fn load(tx: &mut Tx, frame: &Frame) -> Base<Situation> {
    Ok(Situation {
        stations: stations::stations(tx).await?,
        repositories: repos::repository::list(tx, 0, REPOSITORIES).await?,
        failing: failing(tx, FAILING).await?,
        overdue: due_by(tx, frame.today().yesterday().unwrap_or(frame.today())).await?,
    })
}

async fn home(State(app): State<App>, Query(shown): Query<Shown>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let situation = load(&mut tx, &frame).await?;
    if situation.stations.iter().all(|station| station.recent.is_empty()) && !has_run(&mut tx).await? {
        return first::page(&mut tx, &frame, &situation).await.map_err(Into::into);
    }
    let day = chosen(&shown.day, frame.today());
    let lanes: Vec<_> = situation.stations.iter().map(|s| (s.environment.clone(), s.lamp().aspect)).collect();
    let mut table = timetable::load(&mut tx, &lanes, day, frame.shell.zone.clone()).await?;
    let (from, until) = (table.from, table.until);
    table.others = jobs::day::day(&mut tx, from, until).await?.into_iter().map(row).collect();
    drop(tx);
    let reader = Reader { now: frame.now, zone: &frame.shell.zone };
    let (answer, sentence) =
        verdict::verdict(&verdict::matters(&situation), !situation.stations.is_empty(), reader);
    let topics = topics(&situation);
    let content = html! {
        div.verdict #verdict data-live=(topics) { div { h1 { "Are we OK? " (answer) } p { (sentence) } } }
        ul.rows #concerns data-live=(topics) aria-label="Concerns" { (concerns::rows(&situation, &frame, reader)) }
        section.block.day aria-labelledby="tt-h" { (day_of(&table, frame.today(), &shown.day, &topics)) }
    };
    let now = frame.now.timestamp().to_zoned(frame.shell.zone.clone());
    let beside = html! { span.sep.not-s { "·" } span.not-s { (now.strftime("%A %-d %B, %H:%M %Z")) } };
    let actions = html! { a.btn.sm href="/tasks/new" { (ui::icon("plus")) " New task" } };
    Ok(frame.page(Page::new("Home").with_own_h1().beside(beside).actions(actions).content(content)))
}

/// Whether any job that the reader sees has run: a team may use jobs alone.
async fn has_run(tx: &mut Tx) -> Base<bool> {
    let one = jobs::runs::Filter { limit: 1, ..Default::default() };
    Ok(!jobs::runs::list(tx, &one).await?.is_empty())
}

/// The day of a job, as a row of the timetable.
fn row(day: jobs::day::Day) -> timetable::Other {
    let mark = |slot: jobs::day::Slot| timetable::Mark {
        at: slot.at,
        aspect: slot.aspect,
        is_planned: slot.is_planned,
        words: slot.words,
        href: slot.href,
    };
    timetable::Other { name: day.title, href: day.href, marks: day.slots.into_iter().map(mark).collect() }
}

/// What the page listens to. A task that is ticked off in a lock project opens an environment, too.
fn topics(situation: &Situation) -> String {
    let all = situation
        .stations
        .iter()
        .map(|s| format!(" environment.{} project.{}", s.environment.id, s.environment.lock_project));
    format!("environment repository run{}", all.collect::<String>())
}

/// The day that an address names: `yesterday`, `tomorrow`, a date, or today.
fn chosen(text: &str, today: Date) -> Date {
    match text {
        "yesterday" => today.saturating_sub(1.day()),
        "tomorrow" => today.saturating_add(1.day()),
        text => text.parse().unwrap_or(today),
    }
}

fn day_of(table: &Timetable, today: Date, shown: &str, topics: &str) -> Markup {
    let chooser = |name: &str, value: &str, day: Date| {
        let href = if value.is_empty() { "/".to_owned() } else { format!("/?day={value}") };
        html! { a href=(href) aria-current=[(table.day == day).then_some("true")] { (name) } }
    };
    html! {
        div.tt #timetable data-live=(topics) data-every-minute[shown.is_empty()] {
            div.tt-head {
                h2 #tt-h { "Timetable" }
                div.seg role="group" aria-label="Day" {
                    (chooser("Yesterday", "yesterday", today.saturating_sub(1.day())))
                    (chooser("Today", "", today))
                    (chooser("Tomorrow", "tomorrow", today.saturating_add(1.day())))
                }
                @if (table.day - today).get_days().abs() > 1 { span.dim.t-s { (table.day.strftime("%A %-d %B %Y")) } }
                (key())
            }
            (timetable::draw(table))
            (timetable::list(table))
        }
    }
}

/// What the marks mean.
fn key() -> Markup {
    html! {
        div.key.push aria-hidden="true" {
            span { svg { rect.ok width="5" height="12" x="3" rx="1.5" {} } "succeeded" }
            span { svg { use href="#m-cross" x="6" y="6" transform="scale(.7) translate(2.5 2.5)" {} } "failed" }
            span { svg { circle.held cx="6" cy="6" r="3" {} } "refused" }
            span { svg { rect.run width="7" height="12" x="2" rx="2" {} } "running" }
            span { svg { rect.lock.open width="12" height="8" y="2" rx="2" {} } "lock" }
            span { svg { rect.lock.will width="11" height="8" x=".5" y="2" {} } "expected" }
        }
    }
}

/// The page that the lamps stand on.
#[derive(Debug, Default, Deserialize)]
struct At {
    #[serde(default)]
    at: String,
}

/// The lamps of the sidebar, for pages that hear that one has changed.
async fn lamps(frame: Frame, Query(page): Query<At>) -> Markup {
    frame.lamps(&page.at)
}
