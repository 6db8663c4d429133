//! Which projects a task is in, and where in them.

use super::{facts, lock, store};
use crate::names::{Place, ProjectName, SectionName};
use crate::stories::{self, StoryKind};
use crate::watchers::Watchers;
use crate::{projects, sections};
use base::id::{ProjectId, SectionId, TaskId};
use base::{Error, Limit, Result, Right};
use db::Tx;
use journal::Subject;
use serde_json::json;

/// Puts a task into a project (a second time moves it): at the end of the project when neither section nor place is given, at the
/// end of the section with the section alone.
pub async fn add_to_project(
    tx: &mut Tx,
    task: TaskId,
    project: ProjectId,
    section: Option<SectionId>,
    place: Option<Place<TaskId>>,
) -> Result<()> {
    let found = lock(tx, task, Right::Edit).await?;
    let home = projects::lock(tx, project, Right::Edit).await?;
    let home = ProjectName::new(project, home.name);
    let before = store::seat(tx, task, project).await?;
    if before.is_none() {
        let homes = store::count_homes(tx, task).await?;
        tx.limits().check(Limit::ProjectsPerTask, homes + 1, "the task")?;
    }
    let Some((section, rank)) = seat(tx, task, project, section, place).await? else {
        return Ok(()); // Beside itself: where it is.
    };
    let Some(before) = before else {
        store::join(tx, task, project, section.id, &rank, !found.is_completed()).await?;
        store::touch(tx, task).await?;
        let told = stories::tell_of(tx, task, StoryKind::AddedToProject, json!({"project": home})).await?;
        let data = json!({"project": home, "section": section, "stories": [told]});
        Watchers::of(tx, &found).await?.enter(tx, "task.added_to_project", task, facts(&found, data));
        return Ok(());
    };
    let is_there = before.section == section.id
        && match place {
            Some(Place::Last) | None => store::is_last(tx, section.id, &before.rank).await?,
            _ => before.rank == rank,
        };
    if is_there {
        return Ok(());
    }
    store::reseat(tx, task, project, section.id, &rank).await?;
    store::touch(tx, task).await?;
    let old = sections::store::by_id(tx, before.section).await?.map(|old| SectionName::new(old.id, old.name));
    let mut told = Vec::new();
    if before.section != section.id {
        let data = json!({"project": home, "old": old, "new": section});
        told.push(stories::tell_of(tx, task, StoryKind::SectionChanged, data).await?);
    }
    let data = json!({"project": home, "old": old, "new": section, "stories": told});
    Watchers::of(tx, &found).await?.enter(tx, "task.moved", task, facts(&found, data));
    Ok(())
}

/// Finds section and rank of the place; none when it is where the task is already.
async fn seat(
    tx: &mut Tx,
    task: TaskId,
    project: ProjectId,
    section: Option<SectionId>,
    place: Option<Place<TaskId>>,
) -> Result<Option<(SectionName, String)>> {
    let wanted = match section {
        Some(section) => {
            let found =
                sections::store::by_id(tx, section).await?.filter(|found| found.project.id == project);
            let found = found.ok_or_else(|| {
                Error::invalid("section.elsewhere", format!("the section {section} is not in this project"))
            })?;
            Some(SectionName::new(found.id, found.name))
        }
        None => None,
    };
    let (anchor, is_before) = match place {
        Some(Place::Before(anchor)) => (anchor, true),
        Some(Place::After(anchor)) => (anchor, false),
        Some(Place::First) => {
            let section = match wanted {
                Some(section) => section,
                None => sections::store::first(tx, project).await?,
            };
            let rank = store::rank_in_section(tx, section.id, Place::First, Some(task)).await?;
            return Ok(Some((section, rank)));
        }
        Some(Place::Last) | None => {
            let section = match wanted {
                Some(section) => section,
                None => sections::store::last(tx, project).await?,
            };
            let rank = store::rank_in_section(tx, section.id, Place::Last, Some(task)).await?;
            return Ok(Some((section, rank)));
        }
    };
    let seat = store::seat(tx, anchor, project).await?;
    let seat = seat.filter(|seat| wanted.as_ref().is_none_or(|section| section.id == seat.section));
    let seat = seat.ok_or_else(|| {
        Error::invalid("place.unknown", format!("the task {anchor} is not in this project and section"))
    })?;
    if anchor == task {
        return Ok(None);
    }
    let section = match wanted {
        Some(section) => section,
        None => {
            let found = sections::store::by_id(tx, seat.section).await?;
            found
                .map(|found| SectionName::new(found.id, found.name))
                .ok_or_else(|| Error::bug("section.lost", "a task is in a section that is not there"))?
        }
    };
    let place = if is_before { Place::Before(seat.rank) } else { Place::After(seat.rank) };
    let rank = store::rank_in_section(tx, section.id, place, Some(task)).await?;
    Ok(Some((section, rank)))
}

/// Puts a task into a section of a project: at its top unless a place is given.
pub async fn add_to_section(
    tx: &mut Tx,
    task: TaskId,
    section: SectionId,
    place: Option<Place<TaskId>>,
) -> Result<()> {
    let project = sections::get(tx, section).await?.project.id;
    add_to_project(tx, task, project, Some(section), Some(place.unwrap_or(Place::First))).await
}

/// Takes a task out of a project; taking it out again changes nothing.
pub async fn remove_from_project(tx: &mut Tx, task: TaskId, project: ProjectId) -> Result<()> {
    let found = lock(tx, task, Right::Edit).await?;
    let home = projects::lock(tx, project, Right::Edit).await?;
    if store::seat(tx, task, project).await?.is_none() {
        return Ok(());
    }
    store::leave(tx, task, project).await?;
    store::touch(tx, task).await?;
    let home = ProjectName::new(project, home.name);
    let told = stories::tell_of(tx, task, StoryKind::RemovedFromProject, json!({"project": home})).await?;
    let watchers = Watchers::of(tx, &found).await?.and(Subject::new("project", project));
    let data = json!({"project": home, "stories": [told]});
    watchers.enter(tx, "task.removed_from_project", task, facts(&found, data));
    Ok(())
}
