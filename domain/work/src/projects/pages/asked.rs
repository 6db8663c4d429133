//! What the address of a project asks for. Everything is in it, so that it can be sent to somebody and shows the same.

use crate::projects::View;
use crate::tasks::pages::common::with_query;
use crate::tasks::shown::{Group, Sort};
use base::id::{ProjectId, SectionId, TaskId};
use serde::Deserialize;

/// The query of a project's address; what is absent or unknown is as usual.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub view: String,
    /// The task in the pane.
    pub task: String,
    /// `me`, `nobody`, or a name.
    pub assignee: String,
    /// `late`, `today`, `week` or `none`.
    pub due: String,
    /// `all`, or `only`; open ones otherwise.
    pub done: String,
    /// Words of the name.
    pub q: String,
    pub sort: String,
    pub group: String,
    /// More rows of one section: `SECTION.ROWS`.
    pub more: String,
    /// How many rows are passed over.
    pub from: String,
    /// `2026-11`, of the calendar.
    pub month: String,
}

impl Asked {
    pub(super) fn view(&self, usual: View) -> View {
        match self.view.as_str() {
            "list" => View::List,
            "board" => View::Board,
            "calendar" => View::Calendar,
            _ if usual == View::Timeline => View::List,
            _ => usual,
        }
    }

    pub(super) fn task(&self) -> Option<TaskId> {
        self.task.parse().ok()
    }

    pub(super) fn sort(&self) -> Sort {
        Sort::parse(&self.sort).unwrap_or(Sort::Place)
    }

    pub(super) fn group(&self) -> Group {
        Group::parse(&self.group).unwrap_or(Group::Section)
    }

    pub(super) fn more(&self) -> Option<(SectionId, usize)> {
        let (section, rows) = self.more.split_once('.')?;
        Some((section.parse().ok()?, rows.parse().ok()?))
    }

    pub(super) fn from(&self) -> usize {
        self.from.parse().ok().filter(|from| *from <= 1_000_000).unwrap_or(0)
    }

    /// Whether only some tasks are shown.
    pub(super) fn is_filtered(&self) -> bool {
        !(self.assignee.is_empty() && self.due.is_empty() && self.done.is_empty() && self.q.trim().is_empty())
    }

    /// Whether the order is the one that people made, section by section.
    pub(super) fn is_plain(&self) -> bool {
        self.assignee.is_empty()
            && self.due.is_empty()
            && self.done != "only"
            && self.q.trim().is_empty()
            && self.sort() == Sort::Place
            && self.group() == Group::Section
    }

    fn pairs(&self) -> [(&'static str, &str); 11] {
        [
            ("view", &self.view),
            ("assignee", &self.assignee),
            ("due", &self.due),
            ("done", &self.done),
            ("q", &self.q),
            ("sort", &self.sort),
            ("group", &self.group),
            ("more", &self.more),
            ("from", &self.from),
            ("month", &self.month),
            ("task", &self.task),
        ]
    }

    /// The address with some of it said differently; empty is not said.
    pub(super) fn link(&self, project: ProjectId, changes: &[(&str, &str)]) -> String {
        let said = self.pairs().into_iter().map(|(key, value)| {
            (key, changes.iter().find(|(other, _)| *other == key).map_or(value, |(_, value)| *value))
        });
        with_query(&format!("/projects/{project}"), said.filter(|(_, value)| !value.is_empty()))
    }

    /// The address that a task's id is put behind.
    pub(super) fn open(&self, project: ProjectId) -> String {
        let closed = self.link(project, &[("task", "")]);
        format!("{closed}{}task=", if closed.contains('?') { '&' } else { '?' })
    }

    /// What a form that asks anew has to say again.
    pub(super) fn kept<'a>(&'a self, but: &'a [&str]) -> impl Iterator<Item = (&'static str, &'a str)> {
        self.pairs().into_iter().filter(move |(key, value)| !but.contains(key) && !value.is_empty())
    }
}
