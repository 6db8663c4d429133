//! `/events`: what happened to a thing since a token was given out.
//!
//! A token is a place in the journal. Nothing is used up by reading: the same token gives the same answer again, until it is a day
//! old. The first call has no token and fails by design, with a token beside the error.

mod shape;
#[cfg(test)]
mod tests;

pub use shape::compact;

use crate::call::Call;
use crate::routes::{Route, route};
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::value;
use base::{Error, Kind, Result, Time};
use db::Tx;
use journal::{Entry, Query, Subject};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;
use work::happenings::{self, Happening};

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/events" => events),
    route!(GET "/workspaces/{workspace}/events" => of_workspace),
    route!(GET "/projects/{project}/events" => of_project),
    route!(GET "/tasks/{task}/events" => of_task),
];

/// How long a token holds.
const TOKEN_VALID: Duration = Duration::from_secs(24 * 3_600);
/// Events in one answer.
const PAGE: usize = 100;
/// Events in one answer for a client whose iterator never leaves its second page, and for whole workspaces.
const BIG_PAGE: usize = 1_000;
/// Entries read at once.
const ENTRIES: usize = 500;

/// What the code of the error that carries a fresh token is.
pub const NO_TOKEN: &str = "asana.sync";

/// Finds out what an id names: a project, a task, a tag, a team, a list or the workspace.
pub async fn resource(tx: &mut Tx, id: i64) -> Result<Subject> {
    if people::workspace::current(tx).await?.id.0 == id {
        return Ok(Subject::new("workspace", id));
    }
    let project = work::projects::get(tx, id.into()).await;
    if !is_unknown(&project) {
        return project.map(|_| Subject::new("project", id));
    }
    let task = work::tasks::get(tx, id.into()).await;
    if !is_unknown(&task) {
        return task.map(|_| Subject::new("task", id));
    }
    if work::tags::get(tx, id.into()).await.is_ok() {
        return Ok(Subject::new("tag", id));
    }
    if people::teams::get(tx, id.into()).await.is_ok() {
        return Ok(Subject::new("team", id));
    }
    // A person's own list hears of what is assigned to them.
    if let Ok(list) = work::lists::get(tx, id.into()).await {
        return Ok(Subject::new("user", list.owner.id));
    }
    Err(fault::unknown("resource", id))
}

fn is_unknown<T>(found: &Result<T>) -> bool {
    found
        .as_ref()
        .err()
        .is_some_and(|error| error.kind() == Kind::Missing && !error.code().ends_with(".hidden"))
}

/// The name of a thing that somebody watches; empty when it is gone.
pub async fn name_of(tx: &mut Tx, thing: &Subject) -> Result<String> {
    let id = thing.id;
    let name = match thing.kind.as_ref() {
        "project" => work::projects::get(tx, id.into()).await.map(|it| it.name),
        "task" => work::tasks::get(tx, id.into()).await.map(|it| it.name),
        "tag" => work::tags::get(tx, id.into()).await.map(|it| it.name),
        "team" => people::teams::get(tx, id.into()).await.map(|it| it.name),
        "workspace" => people::workspace::current(tx).await.map(|it| it.name),
        _ => return Ok(String::new()),
    };
    match name {
        Err(error) if error.is_missing() => Ok(String::new()),
        name => name,
    }
}

async fn events(call: &Call<'_>) -> Result<Answer> {
    let id: i64 = call.query.id("resource")?.ok_or_else(|| value::missing_input("resource"))?;
    let mut tx = call.read().await?;
    let resource = resource(&mut tx, id).await?;
    stream(&mut tx, call, resource).await
}

async fn of_workspace(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    crate::workspaces::check(&mut tx, call.id("workspace")?).await?;
    stream(&mut tx, call, Subject::new("workspace", call.id::<i64>("workspace")?)).await
}

async fn of_project(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let project = work::projects::get(&mut tx, call.id("project")?).await?;
    stream(&mut tx, call, Subject::new("project", project.id)).await
}

async fn of_task(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let task = crate::tasks::in_path(&mut tx, call).await?;
    work::tasks::get(&mut tx, task).await?;
    stream(&mut tx, call, Subject::new("task", task)).await
}

/// A place in the journal: after this entry, and after so many happenings of the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    after: i64,
    skip: usize,
}

fn purpose(resource: &Subject) -> String {
    format!("sync {resource}")
}

fn token(call: &Call<'_>, resource: &Subject, place: Place) -> String {
    let text = format!("{} {} {}", place.after, place.skip, call.app.clock.now().millis());
    format!("{}:0", call.seal.close(&purpose(resource), &text))
}

fn opened(call: &Call<'_>, resource: &Subject) -> Option<Place> {
    let sealed = call.query.get("sync")?.strip_suffix(":0")?;
    let text = call.seal.open(&purpose(resource), sealed)?;
    place(&text, call.app.clock.now())
}

fn place(text: &str, now: Time) -> Option<Place> {
    let mut parts = text.split(' ');
    let place = Place { after: parts.next()?.parse().ok()?, skip: parts.next()?.parse().ok()? };
    let made_at = Time::from_millis(parts.next()?.parse().ok()?);
    (made_at.plus(TOKEN_VALID) > now).then_some(place)
}

async fn stream(tx: &mut Tx, call: &Call<'_>, resource: Subject) -> Result<Answer> {
    let Some(start) = opened(call, &resource) else {
        let head = journal::head(tx).await?;
        let fresh = token(call, &resource, Place { after: head, skip: 0 });
        return Err(Error::invalid(NO_TOKEN, "Sync token invalid or too old").with_detail(json!(fresh)));
    };
    let is_wide = resource.kind == "workspace";
    let most = if is_wide || call.style.client.one_event_page { BIG_PAGE } else { PAGE };
    let (found, next, has_more) = read(tx, &resource, start, most).await?;
    let want = call.fields.full();
    let records: Value = found.iter().map(|happening| shape::event(happening, want)).collect();
    // Asking again with the same token gives the same answer only if the answer's own token does not depend on the time;
    // it does not matter to anybody that it is a little fresher.
    let sync = token(call, &resource, next);
    Ok(Answer::ok(records).with("sync", sync).with("has_more", has_more))
}

/// Reads happenings until a page is full or the journal ends; says where the next page starts.
async fn read(
    tx: &mut Tx,
    resource: &Subject,
    start: Place,
    most: usize,
) -> Result<(Vec<Happening>, Place, bool)> {
    let mut seen = Sight::default();
    let (mut found, mut place) = (Vec::new(), start);
    loop {
        let subject = (resource.kind != "workspace").then(|| resource.clone());
        let query = Query { after: place.after, subject, limit: ENTRIES, ..Query::default() };
        let entries = journal::read(tx, &query).await?;
        let is_end = entries.len() < ENTRIES;
        for entry in entries {
            let told = match seen.sees(tx, resource, &entry).await? {
                true => happenings::told(tx, &entry).await?,
                false => Vec::new(),
            };
            let rest = told.len().saturating_sub(place.skip);
            let room = most - found.len();
            found.extend(told.into_iter().skip(place.skip).take(room));
            if rest > room {
                let next = Place { after: entry.seq - 1, skip: place.skip + room };
                return Ok((found, next, true));
            }
            place = Place { after: entry.seq, skip: 0 };
        }
        if is_end {
            return Ok((found, place, false));
        }
    }
}

/// What the reader sees of a stream. Whoever sees a project or a task sees what happens in it; tags, others' lists, teams and the workspace
/// reach beyond what one reader sees, so there each task and project is looked at by itself. The workspace's stream leaves tasks
/// and what hangs on them out.
#[derive(Default)]
struct Sight(HashMap<Subject, bool>);

impl Sight {
    async fn sees(&mut self, tx: &mut Tx, resource: &Subject, entry: &Entry) -> Result<bool> {
        let is_own = resource.kind == "user" && tx.actor().user == Some(resource.id.into());
        if is_own || matches!(resource.kind.as_ref(), "project" | "task") {
            return Ok(true);
        }
        let around = || std::iter::once(&entry.subject).chain(&entry.parents);
        let subject = match (around().find(|it| it.kind == "task"), around().find(|it| it.kind == "project"))
        {
            (Some(_), _) if resource.kind == "workspace" => return Ok(false),
            (Some(task), _) => task.clone(),
            (None, Some(project)) => project.clone(),
            (None, None) => return Ok(true),
        };
        if let Some(known) = self.0.get(&subject) {
            return Ok(*known);
        }
        let seen = match subject.kind.as_ref() {
            "task" => work::tasks::get(tx, subject.id.into()).await.map(drop),
            _ => work::projects::get(tx, subject.id.into()).await.map(drop),
        };
        self.0.insert(subject, seen.is_ok());
        Ok(seen.is_ok())
    }
}
