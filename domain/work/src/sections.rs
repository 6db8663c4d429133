//! Sections order a project: rows of a list under headings, or the columns of a board. A project always has at least one.

pub(crate) mod store;

use crate::names::{Place, ProjectName};
use crate::projects;
use crate::{checks, rank};
use base::id::{ProjectId, SectionId};
use base::{Error, Limit, Result, Right, Time};
use db::Tx;
use journal::Subject;
use serde_json::json;

/// The name of the section that every project starts with.
pub const UNTITLED: &str = "Untitled section";

/// A section.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its id.
    pub id: SectionId,
    /// The project it orders.
    pub project: ProjectName,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Time,
    pub(crate) rank: String,
}

fn enter(tx: &mut Tx, verb: &'static str, section: &Section, mut data: serde_json::Value) {
    data["name"] = json!(section.name);
    data["project"] = json!(section.project);
    let project = Subject::new("project", section.project.id);
    journal::enter(tx, verb, Subject::new("section", section.id), &[project], data);
}

/// Makes the section that a new project starts with.
pub(crate) async fn first(tx: &mut Tx, project: ProjectId) -> Result<SectionId> {
    let id: SectionId = tx.new_id();
    store::insert(tx, id, project, UNTITLED, rank::FIRST).await?;
    Ok(id)
}

/// Lists the sections of a project in their order.
pub async fn list(tx: &mut Tx, project: ProjectId) -> Result<Vec<Section>> {
    projects::get(tx, project).await?;
    store::of_project(tx, project).await
}

/// Returns a section.
pub async fn get(tx: &mut Tx, section: SectionId) -> Result<Section> {
    require(tx, section, Right::View).await
}

async fn require(tx: &mut Tx, section: SectionId, right: Right) -> Result<Section> {
    let found = store::by_id(tx, section).await?;
    let found =
        found.ok_or_else(|| Error::missing("section.unknown", format!("There is no section {section}")))?;
    projects::require(tx, found.project.id, right).await?;
    Ok(found)
}

/// Adds a section.
pub async fn create(tx: &mut Tx, project: ProjectId, name: &str, place: Place<SectionId>) -> Result<Section> {
    // The project's row is locked, so that two sections cannot come to the same place.
    let found = projects::lock(tx, project, Right::Edit).await?;
    let name = checks::name(tx, name, "the name")?;
    let others = store::of_project(tx, project).await?;
    tx.limits().check(Limit::SectionsPerProject, others.len() + 1, "the project")?;
    let rank = rank_at(&others, place, None)?;
    let section = Section {
        id: tx.new_id(),
        project: ProjectName::new(project, found.name),
        name,
        created_at: tx.now(),
        rank,
    };
    store::insert(tx, section.id, project, &section.name, &section.rank).await?;
    enter(tx, "section.created", &section, json!({}));
    Ok(section)
}

/// The rank of a place among `all`, leaving `moved` out.
fn rank_at(all: &[Section], place: Place<SectionId>, moved: Option<SectionId>) -> Result<String> {
    let others: Vec<&Section> = all.iter().filter(|section| Some(section.id) != moved).collect();
    let at = |id: SectionId| {
        others.iter().position(|section| section.id == id).ok_or_else(|| {
            Error::invalid(
                "place.unknown",
                format!("the section {id} is not in this project (or is the one to be moved)"),
            )
        })
    };
    let index = match place {
        Place::First => 0,
        Place::Last => others.len(),
        Place::Before(id) => at(id)?,
        Place::After(id) => at(id)? + 1,
    };
    let before = index.checked_sub(1).map(|i| others[i].rank.as_str());
    rank::between(before, others.get(index).map(|section| section.rank.as_str()))
}

/// Renames a section.
pub async fn rename(tx: &mut Tx, section: SectionId, name: &str) -> Result<Section> {
    let mut found = require(tx, section, Right::Edit).await?;
    let name = checks::name(tx, name, "the name")?;
    if name == found.name {
        return Ok(found);
    }
    let old = std::mem::replace(&mut found.name, name);
    store::rename(tx, section, &found.name).await?;
    enter(tx, "section.changed", &found, json!({"field": "name", "old": old, "new": found.name}));
    Ok(found)
}

/// Moves a section within its project.
pub async fn put(tx: &mut Tx, project: ProjectId, section: SectionId, place: Place<SectionId>) -> Result<()> {
    projects::lock(tx, project, Right::Edit).await?;
    let all = store::of_project(tx, project).await?;
    let Some(found) = all.iter().find(|other| other.id == section) else {
        return Err(Error::invalid(
            "section.elsewhere",
            format!("the section {section} is not in this project"),
        ));
    };
    if matches!(place, Place::Before(id) | Place::After(id) if id == section) {
        return Ok(());
    }
    let rank = rank_at(&all, place, Some(section))?;
    if rank != found.rank {
        store::set_rank(tx, section, &rank).await?;
        enter(tx, "section.moved", found, json!({}));
    }
    Ok(())
}

/// Deletes an empty section that is not the last one (`section.not_empty`, `section.last`).
pub async fn delete(tx: &mut Tx, section: SectionId) -> Result<()> {
    let found = require(tx, section, Right::Edit).await?;
    projects::lock(tx, found.project.id, Right::Edit).await?;
    let others = store::of_project(tx, found.project.id).await?;
    if others.len() < 2 {
        return Err(Error::invalid(
            "section.last",
            "This is the last section of its project, which always has one",
        ));
    }
    if store::has_tasks(tx, section).await? {
        return Err(Error::invalid(
            "section.not_empty",
            "There are tasks in this section; move them out first",
        ));
    }
    // Deleted tasks in it would come back to nowhere: they will find themselves in the first of the others.
    let heir = others.iter().find(|other| other.id != section).map(|other| other.id);
    store::delete(tx, section, heir).await?;
    enter(tx, "section.deleted", &found, json!({}));
    Ok(())
}
