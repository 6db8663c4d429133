//! What the pages of tasks and projects share: who is meant, where one was, how days are said.

use super::words::Here;
use crate::names::{Person, TagName};
use crate::tasks::{self, Task};
use crate::typeahead::{self, Noun};
use crate::{projects, tags};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use base::id::{ProjectId, TagId, TaskId, UserId};
use base::jiff::tz::TimeZone;
use base::{Error, Result};
use db::Tx;
use people::users::UserFilter;
use web::ui::Frame;
pub(crate) use web::ui::back;

/// Candidates that are looked at when a name is not unique.
const NAMED: usize = 20;

/// From where the actor's words are understood.
pub(crate) async fn here(tx: &mut Tx) -> Result<Here> {
    let zone = match tx.actor().user {
        Some(user) => people::users::get(tx, user).await?.time_zone,
        None => String::new(),
    };
    let zone = TimeZone::get(&zone).unwrap_or(TimeZone::UTC);
    Ok(Here { today: tx.now().date_in(&zone), zone })
}

/// The same without the task in the pane, for when there is none any more.
pub(crate) fn back_without(headers: &HeaderMap, task: TaskId, fallback: &str) -> String {
    let address = back(headers, fallback);
    let (path, query) = address.split_once('?').unwrap_or((&address, ""));
    if path == format!("/tasks/{task}") {
        return fallback.to_owned();
    }
    let kept =
        url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key != "task" && key != "open");
    with_query(path, kept)
}

/// An address with parameters.
pub(crate) fn with_query<K: AsRef<str>, V: AsRef<str>>(
    path: &str,
    pairs: impl Iterator<Item = (K, V)>,
) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Leads back without a word: what changed is seen.
pub(crate) fn quietly(next: &str) -> Response {
    let next =
        if next.starts_with('/') && !next.starts_with("//") && !next.contains('\\') { next } else { "/" };
    Redirect::to(next).into_response()
}

/// The person whom somebody means: "me", an address, an id, a name or the beginning of one. No words are nobody.
pub(crate) async fn person(tx: &mut Tx, text: &str) -> Result<Option<UserId>> {
    let text = text.trim().trim_start_matches('@');
    if matches!(text.to_lowercase().as_str(), "" | "-" | "nobody" | "none" | "no one") {
        return Ok(None);
    }
    if text.eq_ignore_ascii_case("me") || text.contains('@') || text.parse::<UserId>().is_ok() {
        return crate::sent::user(tx, text).await.map(Some);
    }
    let filter = UserFilter { query: Some(text.to_owned()), limit: NAMED, ..UserFilter::default() };
    let wanted = text.to_lowercase();
    let found = people::users::list(tx, &filter).await?;
    let named = |is: &dyn Fn(&str) -> bool| -> Vec<(UserId, String)> {
        let fit = found.iter().filter(|user| is(&user.name.to_lowercase()) || is(&user.email.to_lowercase()));
        fit.map(|user| (user.id, user.name.clone())).collect()
    };
    let tests: [&dyn Fn(&str) -> bool; 3] =
        [&|name| name == wanted, &|name| name.starts_with(&wanted), &|name| name.contains(&wanted)];
    for test in tests {
        match named(test).as_slice() {
            [] => {}
            [(one, _)] => return Ok(Some(*one)),
            several => {
                let names: Vec<&str> = several.iter().take(3).map(|(_, name)| name.as_str()).collect();
                let what = format!(
                    "\u{201c}{text}\u{201d} may be {}. Write more of the name, or the address",
                    names.join(" or ")
                );
                return Err(Error::invalid("user.ambiguous", what));
            }
        }
    }
    Err(Error::invalid(
        "user.unknown",
        format!("Nobody here is called \u{201c}{text}\u{201d}. Write a name, an address or me"),
    ))
}

/// The task that somebody means: an address, an id, or words that only one name contains.
pub(crate) async fn task(tx: &mut Tx, text: &str) -> Result<TaskId> {
    let text = text.trim();
    let last = text.rsplit('/').next().unwrap_or(text).trim_start_matches('#');
    let last = last.split(['?', ' ']).next().unwrap_or(last);
    let in_query = text.split("task=").nth(1).and_then(|rest| rest.split(['&', '#']).next());
    if let Some(id) = in_query.or(Some(last)).and_then(|id| id.parse::<TaskId>().ok()) {
        return tasks::get(tx, id)
            .await
            .map(|task| task.id)
            .map_err(|error| Error::invalid("task.unknown", error.message().to_owned()));
    }
    let found = typeahead::find(tx, Noun::Task, text, NAMED).await?;
    let exact: Vec<_> = found.iter().filter(|hit| hit.name.eq_ignore_ascii_case(text)).collect();
    match (exact.as_slice(), found.as_slice()) {
        _ if text.is_empty() => {
            Err(Error::invalid("task.unknown", "Write the name or the address of a task"))
        }
        ([one], _) => Ok(TaskId(one.id)),
        (_, [one]) => Ok(TaskId(one.id)),
        (_, []) => {
            Err(Error::invalid("task.unknown", format!("There is no task called \u{201c}{text}\u{201d}")))
        }
        _ => Err(Error::invalid(
            "task.ambiguous",
            format!(
                "Several tasks are called like \u{201c}{text}\u{201d}. Paste the address of the one you mean"
            ),
        )),
    }
}

fn folded(name: &str) -> String {
    name.to_lowercase().replace([' ', '-', '_'], "")
}

/// The project called so, whatever stands between its words; none when there is none.
pub(crate) async fn project(tx: &mut Tx, text: &str) -> Result<Option<ProjectId>> {
    let wanted = folded(text);
    let filter = projects::Filter { archived: Some(false), ..projects::Filter::default() };
    let all = projects::list(tx, &filter, &crate::page::Page::all(tx.limits())).await?.items;
    let exact = all.iter().find(|project| folded(&project.name) == wanted);
    let mut begin = all.iter().filter(|project| folded(&project.name).starts_with(&wanted));
    let only = match (begin.next(), begin.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    };
    Ok(exact.or(only).map(|project| project.id))
}

/// The tag called so; it is made when there is none.
pub(crate) async fn tag(tx: &mut Tx, text: &str) -> Result<TagName> {
    let text = text.trim().trim_start_matches('#');
    let found = typeahead::find(tx, Noun::Tag, text, NAMED).await?;
    match found.into_iter().find(|hit| folded(&hit.name) == folded(text)) {
        Some(hit) => Ok(TagName::new(TagId(hit.id), hit.name)),
        None => tags::create(tx, text, None, "").await.map(|tag| TagName::new(tag.id, tag.name)),
    }
}

/// Everybody whom a text may mention: by name, and by address.
pub(crate) async fn mentionable(tx: &mut Tx, text: &str) -> Result<Vec<(String, i64)>> {
    if !text.contains('@') {
        return Ok(Vec::new());
    }
    let filter =
        UserFilter { limit: tx.limits().count(base::Limit::UnpagedObjects), ..UserFilter::default() };
    let found = people::users::list(tx, &filter).await?;
    Ok(found.into_iter().flat_map(|user| [(user.name, user.id.0), (user.email, user.id.0)]).collect())
}

/// When a task is due, as it is said and as it can be typed again.
pub(crate) fn due(frame: &Frame, task: &Task) -> String {
    match (task.due_at, task.due_on) {
        (Some(at), _) => {
            let civil = frame.shell.zone.to_datetime(at.timestamp());
            format!("{}, {}", frame.day(civil.date()), civil.strftime("%H:%M"))
        }
        (None, Some(day)) => frame.day(day),
        (None, None) => String::new(),
    }
}

/// The day a task is due, for narrow columns.
pub(crate) fn due_day(frame: &Frame, task: &Task) -> String {
    let day = task.due_at.map(|at| at.date_in(&frame.shell.zone)).or(task.due_on);
    day.map(|day| frame.day(day)).unwrap_or_default()
}

/// Whether a task should be done by now.
pub(crate) fn is_late(frame: &Frame, task: &Task) -> bool {
    let is_over = match (task.due_at, task.due_on) {
        (Some(at), _) => at < frame.now,
        (None, day) => day.is_some_and(|day| day < frame.today()),
    };
    is_over && !task.is_completed()
}

/// The first name, for narrow columns.
pub(crate) fn short(person: &Person) -> &str {
    person.name.split(' ').next().unwrap_or(&person.name)
}

/// A name to show: tasks may have none.
pub(crate) fn title(name: &str) -> &str {
    if name.trim().is_empty() { "Untitled task" } else { name }
}

/// Several things and a noun: `1 task`, `3 tasks`.
pub(crate) fn several(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
