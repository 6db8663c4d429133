//! Tasks.

mod fields;

use super::person::Crowd;
use super::{Building, task_name};
use crate::call::Call;
use crate::show;
use crate::wire::fields::{Level, Want};
use crate::wire::record::ids;
use base::Result;
use base::id::{ProjectId, SectionId, TagId, TaskId};
use db::Tx;
use serde_json::Value;
use std::collections::HashMap;
use work::tasks::{FullTask, Task};

const LIKES: [&str; 6] = ["likes", "num_likes", "liked", "hearts", "num_hearts", "hearted"];

/// What has to be loaded for what is wanted.
fn parts(want: Want<'_>) -> work::tasks::Want {
    let full = |key: &str| want.asks(key, Level::Full);
    let opt_in = |key: &str| want.asks(key, Level::OptIn);
    work::tasks::Want {
        people: full("assignee")
            || ["assigned_by", "completed_by", "created_by", "assignee_section"].into_iter().any(opt_in),
        homes: full("memberships") || full("projects"),
        followers: full("followers"),
        tags: full("tags"),
        likes: LIKES.into_iter().any(full),
        fields: full("custom_fields"),
        parent: full("parent"),
        subtasks: opt_in("num_subtasks"),
        dependencies: opt_in("dependencies") || opt_in("dependents"),
    }
}

/// Records of tasks.
pub fn tasks<'a>(
    tx: &'a mut Tx,
    call: &'a Call<'a>,
    tasks: Vec<Task>,
    want: Want<'a>,
) -> Building<'a, Vec<Value>> {
    Box::pin(async move {
        let filled = work::tasks::fill(tx, tasks, &parts(want)).await?;
        let around = Around::load(tx, call, &filled, want).await?;
        let mut html = Vec::new();
        if want.asks("html_notes", Level::OptIn) {
            let texts: Vec<_> =
                filled.iter().map(|it| (it.task.html.as_deref(), it.task.notes.as_str())).collect();
            html = work::mentions::expand_all(tx, &texts, &call.app.link("")).await?;
        }
        let html = html.into_iter().chain(std::iter::repeat(String::new()));
        let chosen = fields::chosen(want);
        let showing = |full, html| fields::Showing { call, full, html, around: &around, want };
        Ok(filled
            .iter()
            .zip(html)
            .map(|(full, html)| fields::record(&showing(full, html), &chosen))
            .collect())
    })
}

/// The record of one task.
pub async fn task(tx: &mut Tx, call: &Call<'_>, task: Task, want: Want<'_>) -> Result<Value> {
    Ok(tasks(tx, call, vec![task], want).await?.pop().unwrap_or(Value::Null))
}

/// What stands around the tasks of a list, loaded once for all of them.
#[derive(Default)]
struct Around {
    workspace: Value,
    assignees: Crowd,
    assigners: Crowd,
    completers: Crowd,
    creators: Crowd,
    followers: Crowd,
    likers: Crowd,
    projects: HashMap<ProjectId, Value>,
    home_projects: HashMap<ProjectId, Value>,
    home_sections: HashMap<SectionId, Value>,
    tags: HashMap<TagId, Value>,
    parents: HashMap<TaskId, Value>,
    linked: HashMap<TaskId, Value>,
}

impl Around {
    async fn load(tx: &mut Tx, call: &Call<'_>, tasks: &[FullTask], want: Want<'_>) -> Result<Self> {
        let mut around = Self::default();
        if want.asks("workspace", Level::Full) && !tasks.is_empty() {
            around.workspace = show::workspace(tx, want.of("workspace")).await?;
        }
        around.assignees =
            Crowd::load(tx, call, tasks.iter().filter_map(|t| t.assignee.as_ref()), want.of("assignee"))
                .await?;
        around.assigners = Crowd::load(
            tx,
            call,
            tasks.iter().filter_map(|t| t.assigned_by.as_ref()),
            want.of("assigned_by"),
        )
        .await?;
        around.completers = Crowd::load(
            tx,
            call,
            tasks.iter().filter_map(|t| t.completed_by.as_ref()),
            want.of("completed_by"),
        )
        .await?;
        around.creators =
            Crowd::load(tx, call, tasks.iter().filter_map(|t| t.created_by.as_ref()), want.of("created_by"))
                .await?;
        around.followers =
            Crowd::load(tx, call, tasks.iter().flat_map(|t| &t.followers), want.of("followers")).await?;
        let likers = tasks.iter().flat_map(|t| &t.likes).map(|like| &like.by);
        around.likers = Crowd::load(tx, call, likers, want.of("likes").of("user")).await?;
        let homes = || tasks.iter().flat_map(|t| &t.homes);
        let (membership, names) = (want.of("memberships"), homes().map(|home| &home.project));
        around.projects = show::project::by_name(tx, call, names.clone(), want.of("projects")).await?;
        around.home_projects = show::project::by_name(tx, call, names, nested(membership, "project")).await?;
        around.home_sections = show::small::sections_by_name(
            tx,
            call,
            homes().map(|home| &home.section),
            nested(membership, "section"),
        )
        .await?;
        around.tags =
            show::small::tags_by_name(tx, call, tasks.iter().flat_map(|t| &t.tags), want.of("tags")).await?;
        around.load_tasks(tx, call, tasks, want).await?;
        Ok(around)
    }

    async fn load_tasks(
        &mut self,
        tx: &mut Tx,
        call: &Call<'_>,
        tasks: &[FullTask],
        want: Want<'_>,
    ) -> Result<()> {
        let names = tasks.iter().filter_map(|t| t.parent.as_ref());
        if want.of("parent").goes_beyond(&["name", "resource_subtype"]) {
            let parents: Vec<TaskId> = names.map(|name| name.id).collect();
            self.parents = by_id(tx, call, &parents, want.of("parent")).await?;
        } else {
            self.parents = names.map(|name| (name.id, task_name(name, want.of("parent")))).collect();
        }
        for key in ["dependencies", "dependents"] {
            let below = want.of(key);
            if want.asks(key, Level::OptIn) && !below.is_ids() {
                let linked: Vec<TaskId> =
                    tasks.iter().flat_map(|t| t.dependencies.iter().chain(&t.dependents)).copied().collect();
                self.linked.extend(by_id(tx, call, &linked, below).await?);
            }
        }
        Ok(())
    }

    fn linked(&self, tasks: &[TaskId]) -> Value {
        tasks.iter().map(|id| self.linked.get(id).cloned().unwrap_or_else(|| ids("task", id))).collect()
    }
}

/// What is wanted of a part of a membership; a membership asked whole shows both of its parts by id.
fn nested<'t>(membership: Want<'t>, key: &str) -> Want<'t> {
    if membership.is_ids() { Want::IDS } else { membership.of(key) }
}

async fn by_id(
    tx: &mut Tx,
    call: &Call<'_>,
    wanted: &[TaskId],
    want: Want<'_>,
) -> Result<HashMap<TaskId, Value>> {
    let mut wanted = wanted.to_vec();
    wanted.sort();
    wanted.dedup();
    let found = work::tasks::visible(tx, &wanted).await?;
    let found_ids: Vec<TaskId> = found.iter().map(|task| task.id).collect();
    let records = tasks(tx, call, found, want).await?;
    Ok(found_ids.into_iter().zip(records).collect())
}
