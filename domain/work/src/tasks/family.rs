//! What a task has to do with people and other tasks: followers, parent and subtasks, dependencies.

use super::{Task, facts, lock, require, store, visible};
use crate::names::{Person, Place, TaskName};
use crate::stories::{self, StoryKind};
use crate::watchers::{self, Watchers};
use base::id::{TaskId, UserId};
use base::{Error, Limit, Result, Right};
use db::Tx;
use journal::Subject;
use serde_json::json;

/// Makes people followers. Everybody who sees a task may follow it; making others follow takes the right to comment.
pub async fn add_followers(tx: &mut Tx, task: TaskId, users: &[UserId]) -> Result<()> {
    let found = lock(tx, task, follow_right(tx, users)).await?;
    tx.limits().check(Limit::UnpagedObjects, users.len(), "the list of followers")?;
    let known = people::users::by_ids(tx, users).await?;
    for user in users {
        let person = known.get(user).filter(|user| user.active);
        let person = person.map(|person| Person::new(*user, person.name.clone()));
        let person = person
            .ok_or_else(|| Error::invalid("user.unknown", format!("there is no active user {user}")))?;
        if store::follow(tx, task, *user).await? {
            let text = format!("added {} as a follower", person.name);
            let told =
                stories::tell(tx, task, StoryKind::FollowerAdded, &text, json!({"follower": person})).await?;
            let data = json!({"field": "followers", "added": person, "stories": [told]});
            let watchers = Watchers::of(tx, &found).await?.and(Subject::new("user", *user));
            watchers.enter(tx, "task.changed", task, facts(&found, data));
            store::touch(tx, task).await?;
        }
    }
    Ok(())
}

/// Ends their following.
pub async fn remove_followers(tx: &mut Tx, task: TaskId, users: &[UserId]) -> Result<()> {
    let found = lock(tx, task, follow_right(tx, users)).await?;
    for user in users {
        if store::unfollow(tx, task, *user).await? {
            let data = json!({"field": "followers", "removed": {"id": user}});
            Watchers::of(tx, &found).await?.enter(tx, "task.changed", task, facts(&found, data));
            store::touch(tx, task).await?;
        }
    }
    Ok(())
}

fn follow_right(tx: &Tx, users: &[UserId]) -> Right {
    let is_self = users.iter().all(|user| tx.actor().user == Some(*user));
    if is_self { Right::View } else { Right::Comment }
}

/// Checks that the actor may give `parent` one more subtask.
pub(super) async fn check_new_child(tx: &mut Tx, parent: TaskId) -> Result<()> {
    lock(tx, parent, Right::Edit).await?;
    let above = store::ancestors(tx, parent).await?.len();
    tx.limits().check(Limit::SubtaskLevels, above + 1, "the task")
}

/// Makes a task a subtask of another, or of none; among its siblings at the end unless a place is given.
pub async fn set_parent(
    tx: &mut Tx,
    task: TaskId,
    parent: Option<TaskId>,
    place: Option<Place<TaskId>>,
) -> Result<Task> {
    let old = lock(tx, task, Right::Edit).await?;
    let Some(parent) = parent else {
        if place.is_some_and(|place| matches!(place, Place::Before(_) | Place::After(_))) {
            return Err(Error::invalid(
                "place.unknown",
                "without a parent there are no siblings to stand beside",
            ));
        }
        return leave_parent(tx, old).await;
    };
    check_new_child(tx, parent).await?;
    check_no_circle(tx, task, parent).await?;
    let place = match place.unwrap_or(Place::Last) {
        Place::First => Place::First,
        Place::Last if old.parent == Some(parent) && place.is_none() => return Ok(old),
        Place::Last => Place::Last,
        Place::Before(anchor) | Place::After(anchor) if anchor == task => {
            store::sibling_rank(tx, anchor, parent).await?;
            return Ok(old);
        }
        Place::Before(anchor) => Place::Before(store::sibling_rank(tx, anchor, parent).await?),
        Place::After(anchor) => Place::After(store::sibling_rank(tx, anchor, parent).await?),
    };
    let rank = store::rank_in_parent(tx, parent, place, Some(task)).await?;
    store::set_parent(tx, task, Some(parent), Some(&rank)).await?;
    if old.parent != Some(parent) {
        tell_parent(tx, &old, Some(parent)).await?;
    }
    Ok(Task { parent: Some(parent), modified_at: tx.now(), ..old })
}

async fn leave_parent(tx: &mut Tx, old: Task) -> Result<Task> {
    if old.parent.is_none() {
        return Ok(old);
    }
    store::set_parent(tx, old.id, None, None).await?;
    tell_parent(tx, &old, None).await?;
    Ok(Task { parent: None, modified_at: tx.now(), ..old })
}

async fn check_no_circle(tx: &mut Tx, task: TaskId, parent: TaskId) -> Result<()> {
    let below = store::family(tx, task).await?;
    if below.iter().any(|(id, _)| *id == parent) {
        return Err(Error::invalid(
            "task.circle",
            "a task cannot be a part of itself or of its own subtasks",
        ));
    }
    let height = below.iter().map(|(_, depth)| *depth).max().unwrap_or(0);
    let above = store::ancestors(tx, parent).await?.len() + 1;
    let levels = above + usize::try_from(height).unwrap_or(usize::MAX);
    tx.limits().check(Limit::SubtaskLevels, levels, "the task")
}

async fn tell_parent(tx: &mut Tx, old: &Task, parent: Option<TaskId>) -> Result<()> {
    let ids: Vec<TaskId> = [old.parent, parent].into_iter().flatten().collect();
    let names = store::names_of(tx, &ids).await?;
    let name = |id: Option<TaskId>| names.iter().find(|name| Some(name.id) == id).cloned();
    let (before, after) = (name(old.parent), name(parent));
    let (kind, about) = match (&after, &before) {
        (Some(after), _) => (StoryKind::AddedToTask, after),
        (None, Some(before)) => (StoryKind::RemovedFromTask, before),
        (None, None) => return Ok(()),
    };
    let told = stories::tell_of(tx, old.id, kind, json!({"task": about})).await?;
    let new = Task { parent, ..old.clone() };
    let mut watchers = Watchers::of(tx, &new).await?;
    if let Some(before) = old.parent {
        watchers = watchers.and(watchers::task(before));
    }
    let data = json!({"field": "parent", "old": before, "new": after, "stories": [told]});
    watchers.enter(tx, "task.changed", old.id, facts(old, data));
    Ok(())
}

/// Makes `task` wait for others.
pub async fn add_dependencies(tx: &mut Tx, task: TaskId, waits_for: &[TaskId]) -> Result<()> {
    let found = lock(tx, task, Right::Edit).await?;
    let others = seen(tx, waits_for).await?;
    for other in &others {
        wait(tx, &found, other).await?;
    }
    check_counts(tx, &[task]).await?;
    check_counts(tx, &others.iter().map(|other| other.id).collect::<Vec<_>>()).await
}

/// Makes others wait for `task`.
pub async fn add_dependents(tx: &mut Tx, task: TaskId, waiting: &[TaskId]) -> Result<()> {
    let found = require(tx, task, Right::View).await?;
    let name = name_of(&found);
    let mut others = waiting.to_vec();
    others.sort_unstable();
    for other in &others {
        let other = lock(tx, *other, Right::Edit).await?;
        wait(tx, &other, &name).await?;
    }
    check_counts(tx, &[task]).await?;
    check_counts(tx, &others).await
}

/// Ends the waiting.
pub async fn remove_dependencies(tx: &mut Tx, task: TaskId, waits_for: &[TaskId]) -> Result<()> {
    let found = lock(tx, task, Right::Edit).await?;
    for other in store::names_of(tx, waits_for).await? {
        end_wait(tx, &found, &other).await?;
    }
    Ok(())
}

/// Ends their waiting.
pub async fn remove_dependents(tx: &mut Tx, task: TaskId, waiting: &[TaskId]) -> Result<()> {
    let found = require(tx, task, Right::View).await?;
    for other in waiting {
        let other = lock(tx, *other, Right::Edit).await?;
        end_wait(tx, &other, &name_of(&found)).await?;
    }
    Ok(())
}

fn name_of(task: &Task) -> TaskName {
    TaskName { id: task.id, name: task.name.clone(), kind: task.kind }
}

async fn seen(tx: &mut Tx, ids: &[TaskId]) -> Result<Vec<TaskName>> {
    let found = visible(tx, ids).await?;
    if let Some(unknown) = ids.iter().find(|id| !found.iter().any(|task| task.id == **id)) {
        return Err(Error::invalid(
            "task.unknown",
            format!("there is no task {unknown}, or you may not see it"),
        ));
    }
    Ok(found.iter().map(name_of).collect())
}

async fn wait(tx: &mut Tx, task: &Task, other: &TaskName) -> Result<()> {
    if store::reaches(tx, other.id, task.id).await? {
        return Err(Error::invalid("task.circle", "tasks cannot wait for each other in a circle"));
    }
    if !store::add_wait(tx, task.id, other.id).await? {
        return Ok(());
    }
    store::touch(tx, task.id).await?;
    let about = json!({"dependency": other});
    let told = stories::tell_of(tx, task.id, StoryKind::DependencyAdded, about).await?;
    let data = json!({"field": "dependencies", "added": other, "stories": [told]});
    Watchers::of(tx, task).await?.enter(tx, "task.changed", task.id, facts(task, data));
    Ok(())
}

async fn end_wait(tx: &mut Tx, task: &Task, other: &TaskName) -> Result<()> {
    if !store::remove_wait(tx, task.id, other.id).await? {
        return Ok(());
    }
    store::touch(tx, task.id).await?;
    let about = json!({"dependency": other});
    let told = stories::tell_of(tx, task.id, StoryKind::DependencyRemoved, about).await?;
    let data = json!({"field": "dependencies", "removed": other, "stories": [told]});
    Watchers::of(tx, task).await?.enter(tx, "task.changed", task.id, facts(task, data));
    Ok(())
}

/// Dependencies and dependents of a task together stay below the limit.
async fn check_counts(tx: &mut Tx, ids: &[TaskId]) -> Result<()> {
    let mut count = std::collections::HashMap::<TaskId, usize>::new();
    for (id, _) in store::waits_of(tx, ids).await?.into_iter().chain(store::waited_by(tx, ids).await?) {
        *count.entry(id).or_default() += 1;
    }
    let most = count.into_values().max().unwrap_or(0);
    tx.limits().check(Limit::DependenciesPerTask, most, "the task")
}

/// What it waits for (of what the actor sees).
pub async fn dependencies(tx: &mut Tx, task: TaskId) -> Result<Vec<Task>> {
    require(tx, task, Right::View).await?;
    let ids: Vec<TaskId> = store::waits_of(tx, &[task]).await?.into_iter().map(|(_, id)| id).collect();
    visible(tx, &ids).await
}

/// What waits for it (of what the actor sees).
pub async fn dependents(tx: &mut Tx, task: TaskId) -> Result<Vec<Task>> {
    require(tx, task, Right::View).await?;
    let ids: Vec<TaskId> = store::waited_by(tx, &[task]).await?.into_iter().map(|(_, id)| id).collect();
    visible(tx, &ids).await
}
