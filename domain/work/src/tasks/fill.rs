//! Loading what stands beside many tasks: a fixed number of statements, however many tasks there are.

use super::{FullTask, Like, Task, Want, get, store};
use crate::names::{Person, SectionName, TaskName};
use crate::veil::Veil;
use crate::{fields, projects};
use base::id::{AnyId, SectionId, TaskId, UserId};
use base::{Error, Result};
use db::Tx;
use std::collections::{BTreeMap, HashMap};

/// Returns a task with everything that is wanted.
pub async fn full(tx: &mut Tx, task: TaskId, want: &Want) -> Result<FullTask> {
    let task = get(tx, task).await?;
    let filled = fill(tx, vec![task], want).await?.pop();
    filled.ok_or_else(|| Error::bug("task.lost", "a task was lost while it was loaded"))
}

/// Adds what is wanted to tasks, in a fixed number of statements.
pub async fn fill(tx: &mut Tx, tasks: Vec<Task>, want: &Want) -> Result<Vec<FullTask>> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
    let homes = if want.homes { store::homes_of(tx, &ids).await? } else { Vec::new() };
    let tags = if want.tags { store::tags_of(tx, &ids).await? } else { Vec::new() };
    let followers = if want.followers { store::followers_of(tx, &ids).await? } else { Vec::new() };
    let plain: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let likes = if want.likes { store::likes_of(tx, "task", &plain).await? } else { Vec::new() };
    let mut fields = if want.fields { fields::values::of_tasks(tx, &ids).await? } else { HashMap::new() };
    let counts = if want.subtasks { store::subtask_counts(tx, &ids).await? } else { Vec::new() };
    let (ahead, behind) = match want.dependencies {
        true => (store::waits_of(tx, &ids).await?, store::waited_by(tx, &ids).await?),
        false => (Vec::new(), Vec::new()),
    };
    let parents = if want.parent { parents(tx, &tasks).await? } else { HashMap::new() };
    let sections = list_sections(tx, &tasks).await?;
    let people = people(tx, &tasks, want, &followers, &likes).await?;

    let mut homes = grouped(homes);
    let mut tags = grouped(tags);
    let mut followers = grouped(followers);
    let mut likes = grouped(likes.into_iter().map(|(task, id, by)| (TaskId(task), (id, by))));
    let (mut ahead, mut behind) = (grouped(ahead), grouped(behind));
    let counts: HashMap<TaskId, i64> = counts.into_iter().collect();
    let person =
        |user: Option<UserId>| user.filter(|_| want.people).and_then(|user| people.get(&user).cloned());
    Ok(tasks
        .into_iter()
        .map(|task| FullTask {
            assignee: person(task.assignee),
            assigned_by: person(task.assigned_by),
            completed_by: person(task.completed_by),
            created_by: person(task.created_by),
            list_section: task.list_section.and_then(|id| sections.get(&id).cloned()),
            homes: homes.remove(&task.id).unwrap_or_default(),
            followers: named(followers.remove(&task.id).unwrap_or_default(), &people),
            tags: tags.remove(&task.id).unwrap_or_default(),
            likes: liked(likes.remove(&task.id).unwrap_or_default(), &people),
            fields: fields.remove(&task.id).unwrap_or_default(),
            parent: task.parent.and_then(|id| parents.get(&id).cloned()),
            num_subtasks: counts.get(&task.id).copied().unwrap_or(0),
            dependencies: ahead.remove(&task.id).unwrap_or_default(),
            dependents: behind.remove(&task.id).unwrap_or_default(),
            task,
        })
        .collect())
}

fn grouped<T>(pairs: impl IntoIterator<Item = (TaskId, T)>) -> HashMap<TaskId, Vec<T>> {
    let mut found: HashMap<TaskId, Vec<T>> = HashMap::new();
    for (id, item) in pairs {
        found.entry(id).or_default().push(item);
    }
    found
}

fn named(users: Vec<UserId>, people: &BTreeMap<UserId, Person>) -> Vec<Person> {
    users.into_iter().filter_map(|user| people.get(&user).cloned()).collect()
}

fn liked(likes: Vec<(AnyId, UserId)>, people: &BTreeMap<UserId, Person>) -> Vec<Like> {
    likes.into_iter().filter_map(|(id, by)| Some(Like { id, by: people.get(&by)?.clone() })).collect()
}

async fn people(
    tx: &mut Tx,
    tasks: &[Task],
    want: &Want,
    followers: &[(TaskId, UserId)],
    likes: &[(i64, AnyId, UserId)],
) -> Result<BTreeMap<UserId, Person>> {
    let mut users: Vec<UserId> = followers.iter().map(|(_, user)| *user).collect();
    users.extend(likes.iter().map(|(_, _, user)| *user));
    if want.people {
        users.extend(
            tasks.iter().flat_map(|t| [t.assignee, t.assigned_by, t.completed_by, t.created_by]).flatten(),
        );
    }
    projects::names(tx, &users).await
}

async fn parents(tx: &mut Tx, tasks: &[Task]) -> Result<HashMap<TaskId, TaskName>> {
    let ids: Vec<TaskId> = tasks.iter().filter_map(|task| task.parent).collect();
    // Whoever follows a part of a task need not see the whole.
    let veil = Veil::over_tasks(tx, ids.iter().copied()).await?;
    let seen = store::names_of(tx, &ids).await?.into_iter().filter(|name| !veil.hides(name.id));
    Ok(seen.map(|name| (name.id, name)).collect())
}

/// Sections of the actor's own list only: how others sort their work is theirs.
async fn list_sections(tx: &mut Tx, tasks: &[Task]) -> Result<HashMap<SectionId, SectionName>> {
    let me = tx.actor().user;
    let own = tasks.iter().filter(|task| task.assignee.is_some() && task.assignee == me);
    let ids: Vec<SectionId> = own.filter_map(|task| task.list_section).collect();
    Ok(store::list_sections_of(tx, &ids).await?.into_iter().map(|name| (name.id, name)).collect())
}

/// Who likes these things of one kind.
pub(crate) async fn likes(tx: &mut Tx, kind: &'static str, ids: &[i64]) -> Result<HashMap<i64, Vec<Like>>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = store::likes_of(tx, kind, ids).await?;
    let users: Vec<UserId> = found.iter().map(|(_, _, user)| *user).collect();
    let people = projects::names(tx, &users).await?;
    let mut likes: HashMap<i64, Vec<Like>> = HashMap::new();
    for (subject, id, by) in found {
        if let Some(by) = people.get(&by).cloned() {
            likes.entry(subject).or_default().push(Like { id, by });
        }
    }
    Ok(likes)
}
