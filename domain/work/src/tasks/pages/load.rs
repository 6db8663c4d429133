//! What a task's pane shows, loaded in a fixed number of statements.

use super::compose;
use crate::attachments::{self, Attachment};
use crate::mentions;
use crate::page::Page;
use crate::sections::{self, Section};
use crate::stories::{self, Story};
use crate::tasks::{self, Filter, FullTask, Task, Want, Within};
use base::id::{ProjectId, TaskId};
use base::{Result, Right};
use db::Tx;
use people::RightSet;

/// Lines of the history that are shown at first.
pub(crate) const STORIES: usize = 100;

/// A line of the history, as its reader sees it.
pub(super) struct Told {
    pub story: Story,
    /// Safe to put into a page as it is.
    pub html: String,
    /// What its author types to change it.
    pub typed: String,
    /// The pictures that it shows.
    pub pictures: Vec<Attachment>,
}

/// A task and everything around it.
pub(crate) struct Around {
    pub(super) full: FullTask,
    pub(super) rights: RightSet,
    pub(super) notes: String,
    pub(super) typed: String,
    pub(super) told: Vec<Told>,
    /// Comments that are shown above the others, each with its text.
    pub(super) pinned: Vec<(Story, String)>,
    pub(super) has_more: bool,
    pub(super) subtasks: Vec<FullTask>,
    pub(super) files: Vec<Attachment>,
    pub(super) waits_for: Vec<Task>,
    pub(super) waited_by: Vec<Task>,
    pub(super) sections: Vec<Section>,
}

impl Around {
    pub(super) fn can(&self, right: Right) -> bool {
        self.rights.contains(right)
    }
}

/// Loads it for the reader.
pub(crate) async fn around(tx: &mut Tx, task: TaskId, lines: usize) -> Result<Around> {
    let full = tasks::full(tx, task, &Want::ALL).await?;
    let rights = tasks::rights_on(tx, task).await?;
    let mut stories = stories::newest(tx, task, lines + 1).await?;
    let has_more = stories.len() > lines;
    if has_more {
        stories.remove(0);
    }
    let pinned = stories::pinned(tx, task).await?;
    let page = Page::all(tx.limits());
    let files = attachments::list(tx, task, &page).await?.items;
    let below = tasks::list(tx, Within::Parent(task), &Filter::default(), &page).await?.items;
    let want = Want { people: true, subtasks: true, ..Want::default() };
    let subtasks = tasks::fill(tx, below, &want).await?;
    let waits_for = tasks::visible(tx, &full.dependencies).await?;
    let waited_by = tasks::visible(tx, &full.dependents).await?;
    let homes: Vec<ProjectId> = full.homes.iter().map(|home| home.project.id).collect();
    let sections = sections::store::of_projects(tx, &homes).await?;

    let mut texts: Vec<(Option<&str>, &str)> = vec![(full.task.html.as_deref(), &full.task.notes)];
    texts.extend(stories.iter().map(|story| (story.html.as_deref(), story.text.as_str())));
    let pins: Vec<_> = pinned.iter().map(|story| (story.html.as_deref(), story.text.as_str())).collect();
    let pins = mentions::html_all(tx, &pins).await?;
    let mut shown = mentions::html_all(tx, &texts).await?.into_iter();
    let mut typed = compose::typed(tx, &texts).await?.into_iter();
    let (notes, typed_notes) = (shown.next().unwrap_or_default(), typed.next().unwrap_or_default());
    let told = stories.into_iter().zip(shown).zip(typed).map(|((story, html), typed)| {
        let pictures = files
            .iter()
            .filter(|file| super::files::is_picture(file) && mentioned(&story, file))
            .cloned()
            .collect();
        Told { story, html, typed, pictures }
    });
    let told = told.collect();
    Ok(Around {
        notes,
        typed: typed_notes,
        told,
        pinned: pinned.into_iter().zip(pins).collect(),
        has_more,
        subtasks,
        files,
        waits_for,
        waited_by,
        sections,
        rights,
        full,
    })
}

/// Whether a comment shows a file. What is stored names it by its id, and by nothing else.
fn mentioned(story: &Story, file: &Attachment) -> bool {
    let mark = format!("data-asana-gid=\"{}\"", file.id);
    story.html.as_deref().is_some_and(|html| html.contains(&mark))
}
