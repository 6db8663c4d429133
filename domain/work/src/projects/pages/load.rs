//! What a project's page shows, in a number of statements that depends neither on how many tasks nor on how many sections there are.

use super::asked::Asked;
use crate::favourites::{self, FavouriteKind};
use crate::fields::{FieldKind, Setting};
use crate::projects::{self, FullProject};
use crate::sections::{self, Section, UNTITLED};
use crate::tasks::pages::common::person;
use crate::tasks::shown::{Group, Shown, counts, shown};
use crate::tasks::{self, FullTask, Want};
use base::Result;
use base::id::{ProjectId, SectionId};
use base::jiff::ToSpan;
use db::Tx;
use people::RightSet;
use std::collections::HashMap;
use web::ui::Frame;

/// Rows of one page.
pub(super) const ROWS: usize = 100;
/// Rows of one section that "Show more" brings at most; then filters help more.
const MOST: usize = 1_000;
/// Columns of custom fields beside the name; the pane shows all.
const COLUMNS: usize = 4;

/// A project with the tasks of one page.
pub(super) struct Loaded {
    pub full: FullProject,
    pub rights: RightSet,
    pub is_favourite: bool,
    pub sections: Vec<Section>,
    /// How many tasks each section has, open ones unless all were asked for.
    pub counts: HashMap<SectionId, usize>,
    pub columns: Vec<Setting>,
    pub rows: Vec<(FullTask, Option<SectionId>)>,
    pub next: Option<String>,
}

/// Loads it.
pub(super) async fn load(tx: &mut Tx, frame: &Frame, project: ProjectId, asked: &Asked) -> Result<Loaded> {
    let found = projects::get(tx, project).await?;
    let rights = projects::rights_in(tx, project).await?;
    let Some(full) = projects::fill(tx, vec![found]).await?.pop() else {
        return Err(base::Error::bug("project.lost", "a project was lost while it was loaded"));
    };
    let mut sections = sections::store::of_project(tx, project).await?;
    let counts: HashMap<SectionId, usize> =
        counts(tx, project, asked.done.is_empty()).await?.into_iter().collect();
    // What every project begins with; who made sections of their own has no use for it while it is empty.
    let is_idle = |section: &Section| section.name == UNTITLED && !counts.contains_key(&section.id);
    if sections.len() > 1 && sections.first().is_some_and(is_idle) {
        sections.remove(0);
    }
    let columns: Vec<Setting> = full
        .fields
        .iter()
        .filter(|setting| setting.is_important && setting.field.kind != FieldKind::Reference)
        .take(COLUMNS)
        .cloned()
        .collect();
    let is_favourite = match frame.actor.user {
        Some(me) => favourites::list(tx, me, FavouriteKind::Project)
            .await?
            .iter()
            .any(|named| named.id.0 == project.0),
        None => false,
    };
    let mut wanted = wanted(tx, frame, project, asked).await?;
    if asked.is_plain() {
        wanted.of_each = Some(share(&sections, &counts));
    }
    let mut found = shown(tx, &wanted).await?;
    if let Some((section, rows)) = asked.more().filter(|_| asked.is_plain()) {
        let more = Shown { section: Some(section), of_each: None, limit: rows.min(MOST), ..wanted };
        let whole = shown(tx, &more).await?.items;
        found.items.retain(|(_, own)| *own != Some(section));
        found.items.extend(whole);
    }
    let (tasks, places): (Vec<_>, Vec<_>) = found.items.into_iter().unzip();
    let want =
        Want { people: true, tags: true, subtasks: true, fields: !columns.is_empty(), ..Want::default() };
    let rows = tasks::fill(tx, tasks, &want).await?.into_iter().zip(places).collect();
    Ok(Loaded {
        full,
        rights,
        is_favourite,
        sections,
        counts,
        columns,
        rows,
        next: found.next.filter(|_| !asked.is_plain()),
    })
}

/// So many rows of each section that all of them together fill one page: short sections leave their room to long ones.
fn share(sections: &[Section], counts: &HashMap<SectionId, usize>) -> usize {
    let mut sizes: Vec<usize> =
        sections.iter().map(|section| counts.get(&section.id).copied().unwrap_or(0)).collect();
    sizes.sort_unstable();
    let (mut room, mut left) = (ROWS, sizes.len());
    for size in sizes {
        let fair = room / left.max(1);
        if size > fair {
            return fair.max(1);
        }
        room -= size;
        left -= 1;
    }
    ROWS
}

async fn wanted(tx: &mut Tx, frame: &Frame, project: ProjectId, asked: &Asked) -> Result<Shown> {
    let today = frame.today();
    let assignee = match asked.assignee.as_str() {
        "" => None,
        name => Some(person(tx, name).await?),
    };
    let mut wanted = Shown {
        project: Some(project),
        assignee,
        completed: match asked.done.as_str() {
            "all" => None,
            "only" => Some(true),
            _ => Some(false),
        },
        text: Some(asked.q.clone()).filter(|words| !words.trim().is_empty()),
        group: asked.group(),
        sort: asked.sort(),
        skip: asked.from(),
        limit: ROWS,
        ..Shown::default()
    };
    match asked.due.as_str() {
        "late" => wanted.due_to = today.yesterday().ok(),
        "today" => (wanted.due_from, wanted.due_to) = (Some(today), Some(today)),
        "week" => (wanted.due_from, wanted.due_to) = (Some(today), today.checked_add(7.days()).ok()),
        "none" => wanted.undated = true,
        _ => {}
    }
    Ok(wanted)
}

/// Whether rows stand under the sections of the project.
pub(super) fn is_by_section(asked: &Asked) -> bool {
    asked.group() == Group::Section
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::ProjectName;
    use base::Time;

    #[test]
    fn long_sections_get_the_room_that_short_ones_leave() {
        for (sizes, each) in [
            (vec![3, 5, 2], ROWS),
            (vec![10, 10_000], 90),
            (vec![500, 500], 50),
            (vec![40; 300], 1),
            (vec![], ROWS),
        ] {
            let sections: Vec<Section> = (1..=sizes.len() as i64)
                .map(|id| Section {
                    id: SectionId(id),
                    project: ProjectName::new(ProjectId(1), "p"),
                    name: String::new(),
                    created_at: Time::from_millis(0),
                    rank: String::new(),
                })
                .collect();
            let counts = sections.iter().map(|section| section.id).zip(sizes.iter().copied()).collect();
            assert_eq!(share(&sections, &counts), each, "{sizes:?}");
        }
    }
}
