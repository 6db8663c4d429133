//! The pages of locks: placing one, releasing one, and the way from a lock to its task.

use super::{Lock, LockKind, NewLock, Placed};
use crate::deployments::Kind;
use crate::environments::View;
use crate::gate::LiveState;
use crate::stations::row;
use crate::words::{self, Reader};
use crate::{environments, locks};
use axum::Router;
use axum::extract::State;
use axum::response::{Redirect, Response};
use axum::routing::get;
use base::id::{TaskId, UserId};
use base::jiff::tz::TimeZone;
use base::jiff::{ToSpan, civil};
use base::{Error, Right, Time};
use db::Tx;
use maud::{Markup, html};
use people::users::{self, UserFilter};
use serde::Deserialize;
use std::time::Duration;
use web::ui::{self, Aspect, Frame, Page};
use web::{App, Auth, Form, Path, Result};

/// People that the form offers.
const PEOPLE: usize = 200;

/// The hour at which a lock until tomorrow ends.
const MORNING: i8 = 9;

/// The routes of these pages.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/environments/{name}/lock", get(form).post(place))
        .route("/locks/{task}", get(task))
        .route("/locks/{task}/release", get(release_form).post(release))
}

/// What a form of a lock offers.
pub(crate) struct Choices {
    people: Vec<(UserId, String)>,
    me: Option<UserId>,
}

impl Choices {
    pub async fn load(tx: &mut Tx) -> base::Result<Self> {
        let filter = UserFilter { limit: PEOPLE, ..UserFilter::default() };
        let mut people: Vec<_> =
            users::list(tx, &filter).await?.into_iter().map(|user| (user.id, user.name)).collect();
        people.sort_by_key(|(_, name)| name.to_lowercase());
        Ok(Self { people, me: tx.actor().user })
    }
}

/// The locks that hold an environment.
pub(crate) fn rows(view: &View, reader: Reader<'_>) -> Markup {
    let station = view.station();
    html! {
        @if station.locks.is_empty() {
            p.dim { "No lock holds " (station.environment.name) ". A lock keeps deployments from starting until somebody releases it, or until a time." }
        } @else {
            ul.rows { @for lock in &station.locks { (lock_row(view, lock, reader)) } }
        }
    }
}

fn lock_row(view: &View, lock: &Lock, reader: Reader<'_>) -> Markup {
    let (aspect, meaning) = match lock.kind {
        LockKind::Block => (Aspect::Red, "Stops everybody"),
        LockKind::Claim => (Aspect::Amber, "Stops everybody but its owner"),
        LockKind::Warn => (Aspect::Amber, "Warns only"),
    };
    let is_own = lock.owner.is_some() && lock.owner == view.choices.me;
    let comments = view.comments.get(&lock.task).copied().unwrap_or(0);
    let attempts = lock.attempts.map_or(0, |attempts| attempts.count);
    // The first line is the title already.
    let why = lock.reason.trim();
    let why = why.strip_prefix(lock.title.trim()).map_or(why, str::trim);
    html! {
        li.lockrow id={ "lock-" (lock.task) } {
            (ui::lamp_named(aspect, meaning))
            div {
                a.plain.strong href={ "/tasks/" (lock.task) } { (lock.title) }
                @if !why.is_empty() { p.why { (words::shortened(why, 400)) } }
                div.meta {
                    span {
                        @match (lock.owner, &lock.owner_name) {
                            (Some(id), Some(name)) => (ui::avatar_named(id, name)),
                            _ => "nobody is responsible",
                        }
                        ", since " (reader.at(lock.since))
                    }
                    span { (ui::icon("clock")) " ends " (row::ends(lock, reader)) }
                    @match lock.kind {
                        LockKind::Block => {}
                        LockKind::Claim => span { "its owner may deploy" },
                        LockKind::Warn => span { "stops nobody" },
                    }
                    @if !lock.applies_to.contains(&Kind::Rollback) && lock.kind != LockKind::Warn { span { "rollbacks pass" } }
                    @if lock.environments.len() > 1 {
                        span { "also closes " (words::both(&lock.environments.iter().filter(|(id, _)| *id != view.station().environment.id).map(|(_, name)| name.clone()).collect::<Vec<_>>())) }
                    }
                    @if attempts > 0 { span { "refused " (words::count(u64::try_from(attempts).unwrap_or(0), "attempt")) } }
                    a href={ "/tasks/" (lock.task) } { (ui::icon("message-circle")) " " @if comments == 0 { "Discuss it" } @else { (words::count(u64::try_from(comments).unwrap_or(0), "comment")) } }
                }
            }
            @if is_own {
                form method="post" action={ "/locks/" (lock.task) "/release" } data-morph {
                    input type="hidden" name="version" value=(lock.version);
                    button.btn.sm { (ui::icon("lock-open")) " Release" }
                }
            } @else if view.may(Right::Lock) {
                div {
                    a.btn.sm href={ "/locks/" (lock.task) "/release" } data-open={ "release-" (lock.task) } { (ui::icon("lock-open")) " Release" }
                    dialog.dialog id={ "release-" (lock.task) } aria-labelledby={ "release-" (lock.task) "-title" } { (release_fields(lock, true)) }
                }
            }
        }
    }
}

/// The form that places a lock; in a dialog it morphs the page under it.
pub(crate) fn lock_form(view: &View, reader: Reader<'_>, in_dialog: bool) -> Markup {
    let station = view.station();
    let name = &station.environment.name;
    html! {
        form method="post" action={ "/environments/" (name) "/lock" } data-morph[in_dialog] data-reset[in_dialog] {
            div.dlg-body {
                div {
                    h2 #lock-title { "Lock " (name) }
                    p.dim { "No deployment starts while this lock is open. Everyone sees your reason." }
                }
                (ui::refusal())
                label.field {
                    span { "Why" }
                    textarea.input name="reason" rows="2" required maxlength="10000" autofocus aria-describedby="lock-why" {}
                    small #lock-why { "The first line is its title. People read it when they are stopped." }
                }
                div.pair {
                    label.field {
                        span { "Responsible" }
                        select.input name="assignee" {
                            @for (id, person) in &view.choices.people { (ui::option(&id.to_string(), person, view.choices.me == Some(*id))) }
                        }
                    }
                    label.field {
                        span { "Ends" }
                        select.input name="ends" {
                            (ui::option("hand", "when somebody releases it", true))
                            (ui::option("30m", "in 30 minutes", false))
                            (ui::option("1h", "in 1 hour", false))
                            (ui::option("4h", "in 4 hours", false))
                            (ui::option("morning", "tomorrow at 09:00", false))
                        }
                    }
                    label.field {
                        span { "Stops" }
                        select.input name="kind" {
                            (ui::option("block", "everybody", true))
                            (ui::option("claim", "everybody but who is responsible", false))
                            (ui::option("warn", "nobody, it is only shown", false))
                        }
                    }
                    label.field {
                        span { "Or ends at a time" }
                        input.input type="datetime-local" name="until" min=(local(reader.now, reader.zone));
                    }
                }
                (ui::tick("rollbacks", "1", false, "Let rollbacks pass"))
                @if let Some(live) = &view.live {
                    p.note { "Deployment " (live.number) " started " (words::length(reader.now.since(live.started_at.unwrap_or(live.requested_at)))) " ago and will finish. Your lock takes effect after it." }
                }
            }
            div.dlg-foot {
                @if in_dialog { button.btn.quiet type="button" data-close { "Cancel" } } @else { a.btn.quiet href={ "/environments/" (name) } { "Cancel" } }
                button.btn.primary { (ui::icon("lock")) " Lock " (name) }
            }
        }
    }
}

fn local(at: Time, zone: &TimeZone) -> String {
    zone.to_datetime(at.timestamp()).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// The same form, for who has no dialogs.
async fn form(State(app): State<App>, Path(name): Path<String>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    environments::named(&mut tx, &name, Right::Lock).await?;
    let view = View::load(&mut tx, &name).await?;
    let reader = Reader { now: frame.now, zone: &frame.shell.zone };
    let page = Page::new(format!("Lock {name}"))
        .crumb("Environments", "/environments")
        .crumb(view.station().title(), view.station().href())
        .reading(html! { div.box { (lock_form(&view, reader, false)) } });
    Ok(frame.page(page))
}

/// What the form sends.
#[derive(Debug, Deserialize)]
struct New {
    reason: String,
    assignee: Option<UserId>,
    #[serde(default)]
    ends: String,
    #[serde(default)]
    until: String,
    kind: LockKind,
    rollbacks: Option<String>,
}

/// When a lock ends by itself: at the time that was given, otherwise as was chosen.
fn until(form: &New, now: Time, zone: &TimeZone) -> base::Result<Option<Time>> {
    let given = form.until.trim();
    if !given.is_empty() {
        let at = given.parse::<civil::DateTime>().ok().and_then(|at| at.to_zoned(zone.clone()).ok());
        let at = at
            .ok_or_else(|| Error::invalid("lock.until", "Choose a day and a time, like 22 November 16:00"))?;
        return Ok(Some(at.timestamp().into()));
    }
    Ok(match form.ends.as_str() {
        "30m" => Some(now.plus(Duration::from_secs(30 * 60))),
        "1h" => Some(now.plus(Duration::from_secs(3_600))),
        "4h" => Some(now.plus(Duration::from_secs(4 * 3_600))),
        "morning" => {
            let tomorrow = now.date_in(zone).saturating_add(1.day());
            let at = tomorrow.at(MORNING, 0, 0, 0).to_zoned(zone.clone());
            at.ok().map(|at| at.timestamp().into())
        }
        _ => None,
    })
}

async fn place(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Form(form): Form<New>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let environment = environments::named(&mut tx, &name, Right::Lock).await?;
    let until = until(&form, tx.now(), &zone(&mut tx).await?)?;
    let all_but_rollbacks = || Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Rollback).collect();
    let applies_to = form.rollbacks.as_ref().map(|_| all_but_rollbacks());
    let new = NewLock {
        kind: form.kind,
        applies_to,
        until,
        assignee: form.assignee,
        ..NewLock::because(form.reason)
    };
    let Placed { already_running, .. } = locks::place(&mut tx, environment.id, new).await?;
    tx.commit().await?;
    let state = match form.kind {
        LockKind::Block => "is locked",
        LockKind::Claim => "is claimed",
        LockKind::Warn => "has a warning",
    };
    let mut text = format!("{} {state}", words::capital(&environment.name));
    if let Some(live) = already_running.filter(|live| live.state != LiveState::Lost) {
        text.push_str(&format!(". Deployment {} had already started and will finish", live.number));
    }
    Ok(ui::done(&format!("/environments/{}", environment.name), &text))
}

/// The zone of whoever asks.
async fn zone(tx: &mut Tx) -> base::Result<TimeZone> {
    let user = match tx.actor().user {
        Some(user) => users::opt(tx, user).await?,
        None => None,
    };
    Ok(user.and_then(|user| TimeZone::get(&user.time_zone).ok()).unwrap_or(TimeZone::UTC))
}

fn release_fields(lock: &Lock, in_dialog: bool) -> Markup {
    let places = words::both(&lock.environments.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>());
    let home = lock
        .environments
        .first()
        .map_or("/environments".to_owned(), |(_, name)| format!("/environments/{name}"));
    html! {
        form method="post" action={ "/locks/" (lock.task) "/release" } data-morph[in_dialog] {
            input type="hidden" name="version" value=(lock.version);
            div.dlg-body {
                div {
                    h2 id={ "release-" (lock.task) "-title" } { "Release this lock on " (places) }
                    p.dim {
                        "“" (words::shortened(&lock.title, 120)) "” is "
                        @match &lock.owner_name { Some(name) => { (name) "’s lock. They are told that you released it." }, None => "a lock without an owner." }
                    }
                }
                (ui::refusal())
                label.field {
                    span { "Why may it go? " span.faint { "(optional)" } }
                    textarea.input name="reason" rows="2" maxlength="10000" autofocus {}
                }
            }
            div.dlg-foot {
                @if in_dialog { button.btn.quiet type="button" data-close { "Cancel" } } @else { a.btn.quiet href=(home) { "Cancel" } }
                button.btn.primary { (ui::icon("lock-open")) " Release lock" }
            }
        }
    }
}

async fn release_form(State(app): State<App>, Path(task): Path<TaskId>, frame: Frame) -> Result<Markup> {
    let lock = locks::get(&mut app.db.read(&frame.actor).await?, task).await?;
    if let Some(at) = lock.released_at {
        let text = format!("\"{}\" was released at {at}", lock.title);
        return Err(Error::conflict("lock.already_released", text).into());
    }
    let mut page = Page::new("Release a lock").crumb("Environments", "/environments");
    if let Some((_, name)) = lock.environments.first() {
        page = page.crumb(words::capital(name), format!("/environments/{name}"));
    }
    Ok(frame.page(page.reading(html! { div.box { (release_fields(&lock, false)) } })))
}

/// What the release sends.
#[derive(Debug, Deserialize)]
struct Release {
    #[serde(default)]
    reason: String,
    version: Option<i64>,
}

async fn release(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    Form(form): Form<Release>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let released = locks::release(&mut tx, task, Some(&form.reason), form.version).await?;
    tx.commit().await?;
    let names: Vec<&str> = released.environments.iter().map(|(_, name)| name.as_str()).collect();
    let next = names.first().map_or("/environments".to_owned(), |name| format!("/environments/{name}"));
    Ok(ui::done(&next, &format!("The lock on {} is released", words::both(&names))))
}

/// A lock is its task; this address is for whoever has only the lock's.
async fn task(State(app): State<App>, Auth(actor): Auth, Path(task): Path<TaskId>) -> Result<Redirect> {
    let mut tx = app.db.read(&actor).await?;
    let lock = locks::get(&mut tx, task).await?;
    Ok(Redirect::to(&format!("/tasks/{}", lock.task)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(ends: &str, until: &str) -> New {
        New {
            reason: "why".to_owned(),
            assignee: None,
            ends: ends.to_owned(),
            until: until.to_owned(),
            kind: LockKind::Block,
            rollbacks: None,
        }
    }

    #[test]
    fn a_lock_ends_at_the_time_that_was_given_in_the_zone_of_who_gave_it() {
        let now = Time::parse("2026-11-22T14:32:00Z").expect("a time");
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        for (ends, given, expected) in [
            ("hand", "", None),
            ("1h", "", Some("2026-11-22T15:32:00Z")),
            ("morning", "", Some("2026-11-23T08:00:00Z")),
            ("hand", "2026-11-22T16:00", Some("2026-11-22T15:00:00Z")),
            // A time that somebody wrote counts more than a choice that was left as it was.
            ("4h", "2026-11-22T16:00", Some("2026-11-22T15:00:00Z")),
        ] {
            let expected = expected.map(|time| Time::parse(time).expect("a time"));
            assert_eq!(
                until(&form(ends, given), now, &zone).expect("understood"),
                expected,
                "{ends} {given}"
            );
        }
        assert_eq!(until(&form("hand", "soon"), now, &zone).map_err(|e| e.code()), Err("lock.until"));
    }
}
