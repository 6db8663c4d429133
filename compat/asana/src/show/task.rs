//! Tasks.

use super::person::Crowd;
use super::{Building, field, task_name};
use crate::call::Call;
use crate::show;
use crate::wire::fields::{Level, Want};
use crate::wire::record::{Record, ids, named};
use base::Result;
use base::id::{ProjectId, SectionId, TagId, TaskId};
use db::Tx;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use work::tasks::{FullTask, Home, Like, Task};

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
        Ok(filled.iter().zip(html).map(|(task, html)| record(call, task, html, &around, want)).collect())
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

fn membership(home: &Home, around: &Around, want: Want<'_>) -> Value {
    let shows = |key: &str| want.is_ids() || want.asks(key, Level::Compact);
    let mut map = Map::new();
    if shows("project") {
        map.insert(
            "project".to_owned(),
            around.home_projects.get(&home.project.id).cloned().unwrap_or(Value::Null),
        );
    }
    if shows("section") {
        map.insert(
            "section".to_owned(),
            around.home_sections.get(&home.section.id).cloned().unwrap_or(Value::Null),
        );
    }
    Value::Object(map)
}

fn likes(likes: &[Like], around: &Around) -> Value {
    likes
        .iter()
        .map(|like| json!({ "gid": like.id.to_string(), "user": around.likers.person(Some(&like.by)) }))
        .collect()
}

fn record(call: &Call<'_>, full: &FullTask, html: String, around: &Around, want: Want<'_>) -> Value {
    let task = &full.task;
    let time = |at: Option<base::Time>| at.map(|at| at.to_string());
    let date = |on: Option<base::Date>| on.map(|on| on.to_string());
    let liked = full.likes.iter().any(|like| Some(like.by.id) == call.actor.user);
    let section_list =
        full.list_section.as_ref().map(|s| named("section", s.id, &s.name, want.of("assignee_section")));
    let mut record = Record::new("task", task.id, want)
        .compact("name", task.name.as_str())
        .compact("resource_subtype", task.kind.as_str())
        .full("actual_time_minutes", Value::Null)
        .full("assignee", around.assignees.person(full.assignee.as_ref()))
        .full("assignee_status", "inbox")
        .full("completed", task.is_completed())
        .full("completed_at", time(task.completed_at))
        .full("created_at", task.created_at.to_string())
        .full("due_at", time(task.due_at))
        .full("due_on", date(task.due_on))
        .full("followers", around.followers.all(&full.followers))
        .full("hearted", liked)
        .full("liked", liked)
        .full("num_hearts", full.likes.len())
        .full("num_likes", full.likes.len())
        .full("hearts", likes(&full.likes, around))
        .full("likes", likes(&full.likes, around))
        .full("modified_at", task.modified_at.to_string())
        .full("notes", task.notes.as_str())
        .full(
            "parent",
            full.parent
                .as_ref()
                .and_then(|parent| around.parents.get(&parent.id))
                .cloned()
                .unwrap_or(Value::Null),
        )
        .full("permalink_url", call.permalink("tasks", task.id))
        .full("start_at", time(task.start_at))
        .full("start_on", date(task.start_on))
        .full("workspace", around.workspace.clone())
        .opt_in("assigned_by", around.assigners.person(full.assigned_by.as_ref()))
        .opt_in("assignee_section", section_list)
        .opt_in("completed_by", around.completers.person(full.completed_by.as_ref()))
        .opt_in("created_by", around.creators.person(full.created_by.as_ref()))
        .opt_in("dependencies", around.linked(&full.dependencies))
        .opt_in("dependents", around.linked(&full.dependents))
        .opt_in("html_notes", html)
        .opt_in("is_rendered_as_separator", task.is_separator())
        .opt_in("num_subtasks", full.num_subtasks);
    if let Some(approval) = task.approval {
        record = record.full("approval_status", approval.as_str());
    }
    if let Some(external) = &task.external {
        record = record.opt_in("external", json!({ "gid": external.id, "data": external.data }));
    }
    if record.asks("memberships", Level::Full) {
        let below = want.of("memberships");
        record.put(
            "memberships",
            full.homes.iter().map(|home| membership(home, around, below)).collect::<Value>(),
        );
    }
    if record.asks("projects", Level::Full) {
        let projects = full.homes.iter().filter_map(|home| around.projects.get(&home.project.id).cloned());
        record.put("projects", projects.collect::<Value>());
    }
    if record.asks("tags", Level::Full) {
        record.put(
            "tags",
            full.tags.iter().filter_map(|tag| around.tags.get(&tag.id).cloned()).collect::<Value>(),
        );
    }
    if record.asks("custom_fields", Level::Full) {
        // Bare ids of fields would be of no use to anybody: asked whole, the values come along.
        let below = want.of_at_least_compact("custom_fields");
        record.put(
            "custom_fields",
            full.fields.iter().map(|entry| field::entry(entry, below)).collect::<Value>(),
        );
    }
    record.done()
}
