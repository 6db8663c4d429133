//! Status updates say how a project is doing.

mod store;

use crate::names::{Person, ProjectName, Text};
use crate::page::{Listed, Page};
use crate::{checks, mentions, projects};
use base::id::{AnyId, ProjectId};
use base::{Error, Result, Right, Time};
use db::Tx;
use journal::Subject;
use serde_json::json;
use std::collections::BTreeMap;

base::text_enum! {
    /// How a project is doing, in a word.
    pub enum Status {
        /// As planned.
        OnTrack = "on_track",
        /// It may slip.
        AtRisk = "at_risk",
        /// It has slipped.
        OffTrack = "off_track",
        /// Nobody works on it for now.
        OnHold = "on_hold",
        /// Done.
        Complete = "complete",
        /// Given up.
        Dropped = "dropped",
    }
}

/// One status update.
#[derive(Clone, Debug)]
pub struct StatusUpdate {
    /// Its id.
    pub id: AnyId,
    /// The project it is about.
    pub project: ProjectName,
    /// Its heading.
    pub title: String,
    /// What it says, as plain text.
    pub text: String,
    /// The same as rich text, when it was written so; mentions are bare.
    pub html: Option<String>,
    /// The word.
    pub status: Status,
    /// When it was written.
    pub created_at: Time,
    /// Who wrote it.
    pub created_by: Option<Person>,
    /// When it was last changed.
    pub modified_at: Time,
}

fn subject(update: AnyId) -> Subject {
    Subject::new("status_update", update)
}

/// Writes a status update; the title may be empty.
pub async fn create(
    tx: &mut Tx,
    project: ProjectId,
    title: &str,
    text: Text,
    status: Status,
) -> Result<StatusUpdate> {
    let found = projects::require(tx, project, Right::Edit).await?;
    let title = checks::line(tx, title, "the title")?;
    let text = mentions::accept_comment(tx, text).await?;
    let (now, me) = (tx.now(), tx.actor().user);
    let update = StatusUpdate {
        id: tx.new_id(),
        project: ProjectName::new(project, found.name),
        title,
        text: text.plain,
        html: text.html,
        status,
        created_at: now,
        created_by: me.map(|me| Person::new(me, tx.actor().name.clone())),
        modified_at: now,
    };
    store::insert(tx, &update).await?;
    let data =
        json!({"status": status, "title": update.title, "text": update.text, "project": update.project});
    journal::enter(tx, "status_update.added", subject(update.id), &[Subject::new("project", project)], data);
    Ok(update)
}

/// Returns one.
pub async fn get(tx: &mut Tx, update: AnyId) -> Result<StatusUpdate> {
    let found = store::by_id(tx, update).await?;
    let found = found.ok_or_else(|| {
        Error::missing("status_update.unknown", format!("There is no status update {update}"))
    })?;
    projects::get(tx, found.project.id).await?;
    named(tx, vec![found])
        .await?
        .pop()
        .ok_or_else(|| Error::bug("status_update.lost", "a status update vanished"))
}

async fn named(tx: &mut Tx, mut updates: Vec<StatusUpdate>) -> Result<Vec<StatusUpdate>> {
    let users: Vec<_> =
        updates.iter().filter_map(|update| update.created_by.as_ref().map(|by| by.id)).collect();
    let names = projects::names(tx, &users).await?;
    for update in &mut updates {
        update.created_by = update.created_by.take().map(|by| names.get(&by.id).cloned().unwrap_or(by));
    }
    Ok(updates)
}

/// Lists a project's, newest first.
pub async fn list(tx: &mut Tx, project: ProjectId, page: &Page) -> Result<Listed<StatusUpdate>> {
    projects::get(tx, project).await?;
    let before = page.after.is_some().then(|| page.after_id()).transpose()?;
    let found = store::of_project(tx, project, before.unwrap_or(i64::MAX), page.limit + 1).await?;
    let found = named(tx, found).await?;
    Ok(Listed::cut(found, page.limit, |update| update.id.to_string()))
}

/// The newest of each project.
pub(crate) async fn latest(tx: &mut Tx, projects: &[ProjectId]) -> Result<BTreeMap<ProjectId, StatusUpdate>> {
    let found = store::latest(tx, projects).await?;
    Ok(named(tx, found).await?.into_iter().map(|update| (update.project.id, update)).collect())
}

/// Deletes one: its author, or who administers the project.
pub async fn delete(tx: &mut Tx, update: AnyId) -> Result<()> {
    let found = get(tx, update).await?;
    let is_own = found.created_by.as_ref().is_some_and(|by| tx.actor().user == Some(by.id));
    projects::require(tx, found.project.id, if is_own { Right::Comment } else { Right::Admin }).await?;
    store::delete(tx, update).await?;
    let project = Subject::new("project", found.project.id);
    journal::enter(tx, "status_update.deleted", subject(update), &[project], json!({"title": found.title}));
    Ok(())
}
